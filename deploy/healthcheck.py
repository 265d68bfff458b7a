"""Exit with 0 if a service answers with status 200: `python healthcheck.py PORT PATH [HOST]`.

Docker's health checks and the runners use it, because curl may not be installed.
"""

import sys
from http.client import HTTPConnection, HTTPException

TIMEOUT_S = 4


def responds(host: str, port: int, path: str) -> bool:
    """Return whether a GET of the path returns status 200; ignore any proxy."""
    connection = HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    port, path, *host = sys.argv[1:]
    sys.exit(not responds(host[0] if host else "127.0.0.1", int(port), path))
