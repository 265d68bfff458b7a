"""Limits for connections, which uvicorn does not have: the number, and the time until a request.

uvicorn closes a connection that is idle after a response. It waits forever for the first request,
or for the rest of a request's head; its `limit_concurrency` refuses requests and keeps the
connections. When the process runs out of file descriptors, asyncio tries again in a busy loop.
"""

import asyncio
import resource
from functools import cache
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

HEAD_TIMEOUT_S = 10.0
"""Time to send a request's head, or the rest of a body that the response did not wait for."""
MAX_CONNECTIONS = 1000
BACKLOG = 256
"""Connections that wait in the kernel; asyncio accepts as many in one go."""

_MIN_DESCRIPTORS = 4096
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 10\r\n"
    b"Connection: close\r\n\r\n"
)


@cache
def max_connections() -> int:
    """Return the limit for this process; half of its file descriptors stay free for files.

    Raises the process's soft limit of descriptors, which is often as low as 1024.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < _MIN_DESCRIPTORS:
        soft = _MIN_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_MIN_DESCRIPTORS, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, soft // 2)


class LimitedConnection(H11Protocol):
    """A connection of HTTP/1.1 that is closed when its client keeps it waiting.

    Pass the class to uvicorn as `http`.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer, or refuse a connection over the limit."""
        super().connection_made(transport)
        if len(self.connections) > max_connections():
            transport.write(_REFUSAL)
            transport.close()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Handle a piece of a request; the timer runs until the head is complete."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Run the timer while no request is being handled; a byte does not restart it."""
        is_upgraded = self.transport.get_protocol() is not self  # to a WebSocket
        is_handling = self.cycle and not self.cycle.response_complete
        if is_upgraded or is_handling or self.transport.is_closing():
            self._stop_timer()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.close)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
