"""The types that cross a service border.

The package imports only pydantic and the standard library, so that it adds nothing to a
service's image. `docs/API.md` describes the same contract in prose.
"""

VERSION = "0.1.0"
"""Version of all three services, which are released together."""
