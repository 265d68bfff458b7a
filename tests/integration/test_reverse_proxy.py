"""If these fail, the README's way to open the page to colleagues does not work."""

import base64
import http.client
import io
import os
import re
import shutil
import ssl
import subprocess
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from frontend.i18n import Language, Translator
from testbed.debian_packages import PackagesUnavailableError, libraries, unpacked
from testbed.services import REPOSITORY, Service, free_port, running_service

pytestmark = pytest.mark.slow

HOST = "speech.example.com"
START_S = 10
START_BACKEND_S = 60
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
    away = f"http://127.0.0.1:{free_port()}"
    with (
        running_service(
            "frontend", certificates, BACKEND_URL=away, BACKEND_API_KEY="k" * 16, ALLOWED_HOSTS=HOST
        ) as page,
        _running_nginx(nginx, certificates, page.port) as client,
    ):
        yield client


@contextmanager
def _running_nginx(
    nginx: Path, folder: Path, page_port: int, secret: str = ""
) -> Iterator[httpx.Client]:
    """Run nginx with the example; give a client of it that has not signed in."""
    (folder / "speech.htpasswd").write_text("anna:{PLAIN}s3cret\nboris:{PLAIN}s3cret\n")
    port = free_port()
    configuration = _configuration(folder, port, page_port, secret)
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


def _configuration(folder: Path, port: int, page_port: int, secret: str) -> Path:
    """Write a configuration that includes the example, with the test's ports and files."""
    example = (REPOSITORY / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    replaced = {
        "listen 80": f"listen 127.0.0.1:{free_port()}",
        "listen 443": f"listen 127.0.0.1:{port}",
        f"/etc/letsencrypt/live/{HOST}": str(folder),
        "/etc/nginx": str(folder),
        "127.0.0.1:8010": f"127.0.0.1:{page_port}",
        'X-Sign-In-Secret "";': f'X-Sign-In-Secret "{secret}";',
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


def _wait_until_open(client: httpx.Client, timeout_s: float = START_S) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            client.get("/_stcore/health")
            return
        time.sleep(0.1)
    raise TimeoutError("nothing answers")


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


SECRET = "secret-0123456789"
USER = "X-Forwarded-User"
OWN = {"Sec-Fetch-Site": "same-origin"}
ANNA, BORIS = ("anna", "s3cret"), ("boris", "s3cret")
JOBS = "/v1/transcriptions"
EMPTY = Translator(Language.RU)("history.ui.empty")


@dataclass(frozen=True)
class Team:
    """nginx, the page and the backend, which believe who signed in at nginx."""

    proxy: httpx.Client
    page: Service
    backend: Service


@pytest.fixture(scope="module")
def team(
    nginx: Path, certificates: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Team]:
    folder: Path = tmp_path_factory.mktemp("team")
    for name in ("fullchain.pem", "privkey.pem"):
        shutil.copy(certificates / name, folder)
    sign_in = {"SIGN_IN_HEADER": USER, "SIGN_IN_SECRET": SECRET, "ALLOWED_HOSTS": HOST}
    with (
        _running_backend(folder, sign_in) as backend,
        running_service("frontend", folder, BACKEND_URL=backend.url, **sign_in) as page,
        _running_nginx(nginx, folder, page.port, SECRET) as proxy,
    ):
        yield Team(proxy, page, backend)


@contextmanager
def _running_backend(folder: Path, sign_in: dict[str, str]) -> Iterator[Service]:
    """Run a backend without an llm, which therefore never gets ready."""
    port = free_port()
    environment = {
        "PYTHONPATH": str(REPOSITORY / "src"),
        "BACKEND_PORT": str(port),
        "LLM_URL": f"http://127.0.0.1:{free_port()}",
        "DATA_DIR": str(folder / "data"),
        "MIN_FREE_DISK_BYTES": "0",
    }
    service = Service("backend", port, environment | sign_in, folder / "backend.log")
    service.start()
    try:
        with httpx.Client(base_url=service.url, trust_env=False) as client:
            _wait_until_open(client, START_BACKEND_S)
        yield service
    finally:
        service.stop()


@pytest.fixture(scope="module")
def job_of_anna(team: Team) -> str:
    """Return the id of a recording that the backend got from Anna."""
    sent = {"X-Sign-In-Secret": SECRET, USER: "anna"}
    file = {"file": ("Аннина.wav", _silence())}
    answer = httpx.post(team.backend.url + JOBS, files=file, headers=sent, trust_env=False)
    return answer.raise_for_status().json()["id"]


def _silence() -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(32_000))
    return content.getvalue()


def test_who_signs_in_sees_only_their_own_recordings(team: Team, job_of_anna: str) -> None:
    """Otherwise colleagues read each other's."""
    path = f"/backend{JOBS}/{job_of_anna}"
    assert team.proxy.get(path, auth=ANNA, headers=OWN).status_code == 200
    assert team.proxy.get(path, auth=BORIS, headers=OWN).status_code == 404
    assert team.proxy.get(path, headers=OWN).status_code == 401


def test_nobody_signs_in_by_writing_the_headers(team: Team, job_of_anna: str) -> None:
    """At nginx, at the page behind it, or at the backend."""
    path = f"{JOBS}/{job_of_anna}"
    forged = OWN | {USER: "anna", "x-forwarded-user": "anna"}
    assert team.proxy.get(f"/backend{path}", auth=BORIS, headers=forged).status_code == 404
    for base, own_path in ((team.page.url, f"/backend{path}"), (team.backend.url, path)):
        for secret in ({}, {"X-Sign-In-Secret": ""}, {"X-Sign-In-Secret": "wrong"}):
            answer = httpx.get(base + own_path, headers=forged | secret, trust_env=False)
            assert answer.status_code == 401
    # without a password nginx still knows the name in a made-up Authorization
    shared = team.proxy.get("/backend/v1/shared/abc", auth=("anna", "wrong"))
    assert shared.status_code == 404


def test_the_page_shows_each_visitor_their_own_history(team: Team, job_of_anna: str) -> None:
    """Streamlit has the name from its WebSocket, which nginx opened."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    address = f"https://{HOST}:{team.proxy.base_url.port}/?view=history"
    resolve = f"--host-resolver-rules=MAP {HOST} 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", resolve]
        )
        for user, shown, hidden in (("anna", "Аннина", EMPTY), ("boris", EMPTY, "Аннина")):
            context = browser.new_context(
                ignore_https_errors=True,
                locale="ru",
                http_credentials={"username": user, "password": "s3cret"},
            )
            page = context.new_page()
            page.goto(address)
            expect(page.get_by_text(shown).first).to_be_visible(timeout=60_000)
            expect(page.get_by_text(hidden)).to_have_count(0)
            context.close()
        browser.close()
