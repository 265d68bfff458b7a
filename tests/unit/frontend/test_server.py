"""`python -m frontend`: the page, its static files and the backend gateway on one port."""

import re
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from contracts.problems import Problem, ProblemType
from testbed.services import Service, free_port, running_service


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("page")
    away = f"http://127.0.0.1:{free_port()}"
    with running_service("frontend", folder, BACKEND_URL=away, BACKEND_API_KEY="s3cret") as page:
        yield page


def _get(page: Service, path: str, **headers: str) -> httpx.Response:
    return httpx.get(page.url + path, headers=headers, trust_env=False)


def test_page_health_and_scripts_share_one_port(page: Service):
    assert "<!doctype html>" in _get(page, "/").text.lower()
    assert _get(page, "/_stcore/health").text == "ok"
    script = _get(page, "/page/uploader/uploader.js")
    assert script.headers["content-type"].startswith(("text/javascript", "application/javascript"))


def test_an_unchanged_script_is_not_sent_again(page: Service):
    """Otherwise an update of the service would leave browsers with yesterday's script."""
    first = _get(page, "/page/uploader/uploader.js")
    assert first.headers["cache-control"] == "no-cache"
    again = _get(page, "/page/uploader/uploader.js", **{"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/foo", "/history/", "/v1/transcriptions"])
def test_an_unknown_address_leads_to_the_page(page: Service, path: str):
    """Streamlit answers with a page whose files are elsewhere, and which lacks its style sheet."""
    answer = _get(page, path, Accept="text/html,application/xhtml+xml")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_an_address_that_exists_leads_nowhere_else(page: Service):
    for path in ("/", "/?view=history", "/_stcore/health", "/page/page/page.css"):
        assert _get(page, path, Accept="text/html").status_code == 200
    assert _get(page, "/backend/v1/nothing", Accept="text/html").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/", "/page/uploader/uploader.js", "/_stcore/health", "/missing", "/backend/v1/nothing"],
)
def test_every_response_keeps_the_page_to_itself(page: Service, path: str):
    """Otherwise another site frames the page, or a text that a browser takes for a script runs."""
    headers = _get(page, path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["frame-ancestors"] == "'none'"
    assert policy["default-src"] == "'self'"
    assert "unsafe" not in policy["script-src"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_inline_scripts_of_the_page_are_allowed_by_their_hash(page: Service):
    """An update of Streamlit changes them; the page would stay blank without this."""
    answer = _get(page, "/")
    n_inline = len(re.findall(r"<script>", answer.text))
    assert n_inline == answer.headers["content-security-policy"].count("'sha256-") > 0


@pytest.mark.parametrize("path", ["/page/%2e%2e/settings.py", "/page/..%2fsettings.py", "/page/"])
def test_only_the_static_folder_is_served(page: Service, path: str):
    assert _get(page, path).status_code in (400, 404)


def test_the_gateway_does_not_reveal_the_key(page: Service):
    answer = _get(page, "/backend/v1/transcriptions/j1")
    assert answer.status_code == 503
    assert "s3cret" not in answer.text + str(answer.headers) + page.log.read_text()


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/page/uploader/uploader.js",
                                  "/backend/v1/transcriptions/j1"])  # fmt: skip
def test_foreign_host_is_refused_on_every_path(page: Service, path: str):
    """Otherwise a site whose name is rebound to this machine reads the whole history."""
    answer = _get(page, path, Host=f"attacker.example:{page.port}")
    assert (answer.status_code, Problem.model_validate_json(answer.content).type) == (
        421,
        ProblemType.UNKNOWN_HOST.uri,
    )


def test_other_sites_cannot_upload(page: Service):
    upload = f"{page.url}/_stcore/upload_file/session/file"
    headers = {"Origin": "https://attacker.example"}
    assert httpx.put(upload, headers=headers, trust_env=False).status_code == 403


def _handshake(page: Service, **headers: str) -> int:
    """Ask for the page's WebSocket and return the status; 101 opens it."""
    connection = HTTPConnection("127.0.0.1", page.port, timeout=10)
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    connection.request("GET", "/_stcore/stream", headers=handshake | headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_websocket_is_open_to_the_page_itself(page: Service):
    assert _handshake(page) == _handshake(page, Origin=page.url) == 101


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example"},
        {"Host": "attacker.example", "Origin": "http://attacker.example"},
        {"Origin": "http://attacker.example"},
        {"Origin": "http://localhost:1"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_websocket_is_closed_to_other_sites(page: Service, headers: dict[str, str]):
    """The whole page comes through it, with all transcripts."""
    assert _handshake(page, **headers) == 403


@pytest.mark.slow
def test_half_open_connections_are_closed(page: Service):
    """Otherwise a few hundred of them stop the page for everybody."""
    opened = [socket.create_connection(("127.0.0.1", page.port), timeout=20) for _ in range(300)]
    for each in opened[::2]:
        each.sendall(b"GET / HTTP/1.1\r\nHost: local")
    for each in opened:
        assert each.recv(1) == b""
        each.close()
    assert _get(page, "/_stcore/health").text == "ok"


def test_the_server_stops_while_a_browser_is_connected(page: Service):
    """Last: else a restart would take until the connection ends, or Docker's kill."""
    with httpx.stream("GET", page.url, trust_env=False):
        page.stop()
    assert page.process is not None
    assert page.process.returncode in (0, -15)
