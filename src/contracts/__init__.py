"""Every type that crosses a service border, and nothing else.

Only pydantic and the standard library are imported here, so that the image of each
service can hold this package at no cost. `docs/API.md` tells the same story in words.
"""

VERSION = "0.1.0"
"""Of all three services, which are made and started together."""
