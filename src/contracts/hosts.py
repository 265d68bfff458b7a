"""Which hosts and origins a service accepts; all three services check them alike."""

import re
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Self
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, section 9.2.1)."""

_NAME = r"(\*|(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[?[0-9A-Fa-f:.]+\]?)"
HOSTS_PATTERN = rf"^ *({_NAME}( *, *{_NAME})*)? *$"
"""What `ALLOWED_HOSTS` may hold."""

_OWN_NAMES = ("localhost", "127.0.0.1", "::1", "frontend", "backend", "llm")
"""This machine, and the services as docker-compose.yaml names them."""

_parse_host = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::[0-9]{0,5})?").fullmatch


@dataclass(frozen=True)
class AllowedHosts:
    """Host names and addresses under which clients may call a service.

    A site that rebinds its own name to this machine's address (DNS rebinding) makes a browser
    call the service under the site's name, so that name is refused.
    """

    names: frozenset[str]
    """In lower case; `*.example.com` stands for all subdomains, `*` for any host."""
    any_address: bool
    """Whether every IP address is allowed: an address cannot be rebound."""

    @classmethod
    def parse(cls, configured: str, bind_address: str) -> Self:
        """Return this machine's own names and the configured ones.

        Args:
            configured: comma-separated, as in `ALLOWED_HOSTS`.
            bind_address: where the service listens; a wildcard such as 0.0.0.0 stands for
                addresses that the service, perhaps in a container, does not know.
        """
        host_name = socket.gethostname()
        names = {
            *_OWN_NAMES,
            bind_address,
            host_name,
            f"{host_name}.local",
            *(name.strip(" []") for name in configured.split(",")),
        }
        address = _address(bind_address)
        is_wildcard = address is not None and address.is_unspecified
        return cls(frozenset(name.lower() for name in names if name), is_wildcard)

    def allows(self, host: str | None) -> bool:
        """Return whether the value of a `Host` header names this service."""
        if "*" in self.names:
            return True
        parsed = _parse_host(host or "")
        if parsed is None:
            return False
        name = (parsed[1] or parsed[2]).lower().rstrip(".")
        if name in self.names or (self.any_address and _address(name) is not None):
            return True
        return any(name.endswith(known[1:]) for known in self.names if known.startswith("*."))


def is_cross_origin(headers: Mapping[str, str], allowed_origins: Collection[str] = ()) -> bool:
    """Return whether a browser sent a request for a page of another origin.

    Browsers send `Sec-Fetch-Site` (not to plain http on other machines) and `Origin`; other
    programs send neither, and no site can make them call.

    Args:
        headers: by names in lower case.
        allowed_origins: such as `https://example.com`.
    """
    origin = headers.get("origin")
    if origin in allowed_origins:
        return False
    site = headers.get("sec-fetch-site")
    if site in ("same-origin", "same-site", "cross-site"):
        return site != "same-origin"
    return origin is not None and _authority(origin) != headers.get("host")


def _authority(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
