"""If these fail, the README's way to open the page to colleagues does not work."""

import base64
import http.client
import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from testbed.debian_packages import PackagesUnavailableError, libraries, unpacked
from testbed.services import REPOSITORY, free_port, running_service

pytestmark = pytest.mark.slow

HOST = "speech.example.com"
START_S = 10
LARGE = b"x" * 3_000_000
"""More than nginx accepts by default."""


@pytest.fixture(scope="module")
def nginx() -> Path:
    """Return Debian's nginx, from the system or unpacked, or skip the tests."""
    if installed := shutil.which("nginx"):
        return Path(installed)
    try:
        return unpacked("nginx", "nginx") / "usr" / "sbin" / "nginx"
    except PackagesUnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a certificate of the host and its key, or skip the tests."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder: Path = tmp_path_factory.mktemp("proxy")
    subject = ["-subj", f"/CN={HOST}", "-keyout", "privkey.pem", "-out", "fullchain.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def proxy(nginx: Path, certificates: Path) -> Iterator[httpx.Client]:
    """A client of the page behind `deploy/nginx.conf`, with other ports and files."""
    folder = certificates
    (folder / "speech.htpasswd").write_text("anna:{PLAIN}s3cret\n")
    away = f"http://127.0.0.1:{free_port()}"
    with running_service(
        "frontend", folder, BACKEND_URL=away, BACKEND_API_KEY="k" * 16, ALLOWED_HOSTS=HOST
    ) as page:
        port = free_port()
        configuration = _configuration(folder, port, page.port)
        environment = {**os.environ, **libraries("nginx")}
        with subprocess.Popen([nginx, "-p", folder, "-c", configuration], env=environment) as run:
            try:
                with httpx.Client(
                    base_url=f"https://127.0.0.1:{port}",
                    headers={"Host": f"{HOST}:{port}"},
                    verify=_trusting(folder),
                    trust_env=False,
                ) as client:
                    _wait_until_open(client)
                    yield client
            finally:
                run.terminate()


def _trusting(certificates: Path) -> ssl.SSLContext:
    """Trust the test's own certificate, whose name is not that of this machine."""
    context = ssl.create_default_context(cafile=certificates / "fullchain.pem")
    context.check_hostname = False
    return context


def _configuration(folder: Path, port: int, page_port: int) -> Path:
    """Write a configuration that includes the example, with the test's ports and files."""
    example = (REPOSITORY / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    replaced = {
        "listen 80": f"listen 127.0.0.1:{free_port()}",
        "listen 443": f"listen 127.0.0.1:{port}",
        f"/etc/letsencrypt/live/{HOST}": str(folder),
        "/etc/nginx": str(folder),
        "127.0.0.1:8010": f"127.0.0.1:{page_port}",
    }
    for old, new in replaced.items():
        assert old in example
        example = example.replace(old, new)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    logs = f"error_log {folder}/error.log; pid {folder}/pid;"
    path = folder / "nginx.conf"
    path.write_text(
        f"daemon off; master_process off; {logs} events {{}} "
        f"http {{ access_log off; {temporary}\n{example} }}"
    )
    return path


def _wait_until_open(client: httpx.Client) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            client.get("/_stcore/health")
            return
        time.sleep(0.1)
    raise TimeoutError("nginx does not answer")


def test_nothing_is_shown_without_the_password(proxy: httpx.Client) -> None:
    for path in ("/", "/_stcore/health", "/backend/v1/transcriptions/j1"):
        assert proxy.get(path).status_code == 401
    assert proxy.get("/", auth=("anna", "wrong")).status_code == 401


def test_a_shared_transcript_needs_no_password_and_opens_nothing_else(proxy: httpx.Client) -> None:
    """Readers of a link would be asked for a password, or would get past it."""
    shared = proxy.get("/shared/abc")
    assert shared.status_code == 200
    assert "/page/shared/shared.js" in shared.text
    assert proxy.get("/page/shared/shared.js").status_code == 200
    assert proxy.get("/backend/v1/shared/abc").status_code == 503, "there is no backend here"
    for path in ("/shared/../", "/shared/%2e%2e/", "/backend/v1/shared/../transcriptions/j1"):
        assert proxy.get(path).status_code in (400, 401)


def test_the_page_is_shown_with_it(proxy: httpx.Client) -> None:
    answer = proxy.get("/", auth=("anna", "s3cret"))
    assert answer.status_code == 200
    assert re.search("<!doctype html>", answer.text, re.IGNORECASE)


def test_the_page_can_be_worked_with(proxy: httpx.Client, certificates: Path) -> None:
    """Streamlit draws it through a WebSocket."""
    address = proxy.base_url
    context = _trusting(certificates)
    connection = http.client.HTTPSConnection("127.0.0.1", address.port, context=context)
    password = base64.b64encode(b"anna:s3cret").decode()
    headers = {
        "Host": f"{HOST}:{address.port}",
        "Origin": f"https://{HOST}:{address.port}",
        "Authorization": f"Basic {password}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    connection.request("GET", "/_stcore/stream", headers=headers)
    assert connection.getresponse().status == 101
    connection.close()


def test_large_parts_of_a_recording_pass(proxy: httpx.Client) -> None:
    """The answer is the page's own, whose backend is away here, and not that it is too large."""
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/offset+octet-stream"}
    answer = proxy.patch(
        "/backend/v1/uploads/u1", content=LARGE, headers=headers, auth=("anna", "s3cret")
    )
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
