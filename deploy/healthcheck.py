"""`python healthcheck.py PORT PATH [HOST]`: exit code 0 when the answer is 200, else 1.

For Docker's health checks and for the runners, neither of which can rely on curl.
"""

import sys
from http.client import HTTPConnection, HTTPException

TIMEOUT_S = 4


def answers(host: str, port: int, path: str) -> bool:
    """Return whether a GET of the path is answered with 200; no proxy is asked."""
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
    sys.exit(not answers(host[0] if host else "127.0.0.1", int(port), path))
