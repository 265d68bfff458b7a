"""HTTP routes: they parse a request, call a service and build the response."""
