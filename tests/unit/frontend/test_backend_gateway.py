"""Which requests of the browser pass to the backend."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from starlette.applications import Starlette

from contracts.problems import Problem, ProblemType
from contracts.sign_in import SignIn
from frontend.backend_gateway import BackendGateway
from live_server import serving
from testbed.services import free_port

pytestmark = pytest.mark.whole_app

KEY = "key-of-the-backend"
OWN = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Echo:
    """A backend that records requests and can be made to wait."""

    asked: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    received: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    n_streams: int = 0
    has_hung_up: asyncio.Event = field(default_factory=asyncio.Event)


def _backend(echo: Echo) -> FastAPI:
    app = FastAPI()

    @app.patch("/v1/uploads/{upload_id}")
    async def receive(request: Request) -> Response:
        async for piece in request.stream():
            if piece:
                echo.received.put_nowait(piece)
        echo.headers = dict(request.headers)
        return Response(status_code=204, headers={"Upload-Offset": "6"})

    @app.post("/v1/uploads/")
    async def create() -> Response:
        return Response(status_code=201, headers={"Location": "http://inside:1/v1/uploads/u1"})

    @app.get("/v1/transcriptions/{job_id}/events")
    async def events() -> StreamingResponse:
        async def tell() -> AsyncIterator[bytes]:
            echo.n_streams += 1
            yield b"event: progress\n\n"
            await echo.go_on.wait()
            yield b"event: completed\n\n"

        return StreamingResponse(tell(), media_type="text/event-stream")

    @app.get("/v1/uploads/slow/recording")
    async def preview(request: Request) -> Response:
        return await _answer_never(request, echo)

    @app.get("/v1/transcriptions/{job_id}/audio")
    async def audio(request: Request) -> Response:
        headers = {"Content-Range": "bytes 2-4/10", "Set-Cookie": "a=b", "Server": "inside"}
        echo.headers = dict(request.headers)
        return Response(b"234", 206, headers, "audio/wav")

    @app.api_route("/{path:path}", methods=["GET", "POST", "PATCH", "DELETE"])
    async def anything(request: Request) -> Response:
        echo.asked.append(f"{request.method} {request.url.path}?{request.url.query}")
        return Response(b"{}", media_type="application/json")

    return app


async def _answer_never(request: Request, echo: Echo) -> Response:
    echo.received.put_nowait(b"")
    while not await request.is_disconnected():
        await asyncio.sleep(0.01)
    echo.has_hung_up.set()
    return Response()


@pytest.fixture
async def echo() -> Echo:
    return Echo()


def _page(backend_url: str) -> Starlette:
    gateway = BackendGateway(backend_url, {"Authorization": f"Bearer {KEY}"})
    return Starlette(routes=[gateway.route], lifespan=gateway.open)


@pytest.fixture
async def page(echo: Echo) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(_backend(echo)) as backend_url,
        serving(_page(backend_url)) as page_url,
        httpx.AsyncClient(base_url=page_url, timeout=10, trust_env=False) as client,
    ):
        yield client


async def _raw(page: httpx.AsyncClient, target: str, *headers: str) -> bytes:
    """Send a request target that no client would send and return the status line."""
    reader, writer = await asyncio.open_connection(page.base_url.host, page.base_url.port)
    lines = [f"GET {target} HTTP/1.1", "Host: page", "Connection: close", *headers, "", ""]
    writer.write("\r\n".join(lines).encode())
    line = await reader.readline()
    writer.close()
    return line


async def test_an_upload_is_streamed_to_the_backend(page, echo):
    """Otherwise the page would hold whole files, as large as they come."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"abc"
        assert await asyncio.wait_for(echo.received.get(), 5) == b"abc"
        yield b"def"

    headers = {**OWN, "Content-Length": "6", "Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    answer = await page.patch("/backend/v1/uploads/u1", content=pieces(), headers=headers)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "6")
    assert echo.headers["content-length"] == "6"
    assert echo.headers["upload-offset"] == "0"


async def test_events_are_streamed_to_the_browser(page, echo):
    """Otherwise a page would see no progress until the job has ended."""
    async with page.stream("GET", "/backend/v1/transcriptions/j1/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        assert await asyncio.wait_for(anext(lines), 5) == "event: progress"
        echo.go_on.set()
        assert [line async for line in lines if line] == ["event: completed"]


async def test_range_requests_pass(page, echo):
    """Otherwise the player could not seek."""
    answer = await page.get("/backend/v1/transcriptions/j1/audio", headers={"Range": "bytes=2-4"})
    assert (answer.status_code, answer.content) == (206, b"234")
    assert answer.headers["content-range"] == "bytes 2-4/10"
    assert echo.headers["range"] == "bytes=2-4"


async def test_neither_key_nor_cookies_cross_the_gateway(page, echo):
    headers = {"Cookie": "session=1", "Authorization": "Bearer other", "X-Forwarded-For": "1.1.1.1"}
    answer = await page.get("/backend/v1/transcriptions/j1/audio", headers=headers)
    assert echo.headers["authorization"] == f"Bearer {KEY}"
    assert not {"cookie", "x-forwarded-for"} & echo.headers.keys()
    assert not {"set-cookie", "authorization"} & answer.headers.keys()
    assert KEY not in str(answer.headers)
    assert "inside" not in str(answer.headers)


async def test_the_location_of_an_upload_points_to_the_page(page):
    """Otherwise the browser would be sent to a host that it cannot reach."""
    answer = await page.post("/backend/v1/uploads/", headers=OWN)
    assert answer.headers["Location"] == "/backend/v1/uploads/u1"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v1/uploads/u1/recording?normalization=peak&target_peak=0.5"),
        ("GET", "/v1/uploads/u1/excerpt?start_s=1"),
        ("GET", "/v1/transcriptions/j-1_?"),
        ("GET", "/v1/transcriptions/j1/report?"),
        ("GET", "/v1/transcriptions/j1/waveform?"),
        ("PATCH", "/v1/transcriptions/j1/segments/12?"),
        ("POST", "/v1/transcriptions/j1/segments/12/split?"),
        ("POST", "/v1/transcriptions/j1/segments/12/join?"),
        ("POST", "/v1/transcriptions/export?"),
        ("POST", "/v1/transcriptions/j1/cancel?"),
        ("POST", "/v1/transcriptions/j1/resume?"),
        ("POST", "/v1/transcriptions/j1/repeat?"),
        ("POST", "/v1/transcriptions/j1/text?"),
        ("GET", "/v1/glossary?"),
        ("POST", "/v1/glossary?"),
        ("DELETE", "/v1/uploads/u1?"),
    ],
)
async def test_allowed_calls_pass_with_their_query(page, echo, method: str, target: str):
    assert (await page.request(method, f"/backend{target}", headers=OWN)).is_success
    assert echo.asked == [f"{method} {target}"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/transcriptions", 404),
        ("GET", "/v1/models", 404),
        ("GET", "/metrics", 404),
        ("GET", "/docs", 404),
        ("POST", "/v1/audio/transcriptions", 404),
        ("POST", "/v1/transcriptions/j1", 405),
        ("GET", "/v1/transcriptions/export", 405),
        ("DELETE", "/v1/glossary", 405),
        ("GET", "/v1/uploads/", 405),
        ("PATCH", "/v1/transcriptions/j1/segments/x", 404),
    ],
)
async def test_other_calls_are_refused(page, echo, method: str, path: str, status: int):
    answer = await page.request(method, f"/backend{path}", headers=OWN)
    assert Problem.model_validate_json(answer.content).status == answer.status_code == status
    assert echo.asked == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/transcriptions/../models",
        "/v1/transcriptions/%2e%2e/models",
        "/v1/transcriptions/..%2fmodels",
        "/v1/transcriptions/j1%2faudio",
        "/v1/transcriptions/j1%00",
        "/v1/transcriptions/j1;a",
        "/v1/transcriptions//audio",
        "//v1/transcriptions/j1",
        "/%76%31/transcriptions/j1",
        "/v1/transcriptions/j1/../../../metrics",
        "@elsewhere/v1/transcriptions/j1",
    ],
)
async def test_no_spelling_of_a_path_bypasses_the_list(page, echo, path: str):
    assert b" 404 " in await _raw(page, f"/backend{path}")
    assert echo.asked == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "own"},
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
        {},
    ],
    ids=str,
)
async def test_another_origin_cannot_change_anything(page, echo, headers: dict[str, str]):
    own = str(page.base_url).rstrip("/")
    sent = {name: own if value == "own" else value for name, value in headers.items()}
    answer = await page.post("/backend/v1/transcriptions/j1/cancel", headers=sent)
    assert Problem.model_validate_json(answer.content).status == answer.status_code == 403
    assert echo.asked == []


async def test_without_tls_the_origin_header_is_checked(page, echo):
    """Browsers send no Sec-Fetch-Site to a plain http address."""
    origin = {"Origin": str(page.base_url).rstrip("/")}
    answer = await page.post("/backend/v1/transcriptions/j1/cancel", headers=origin)
    assert answer.is_success


async def test_a_link_from_another_site_is_refused(page, echo):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert (await page.get("/backend/v1/uploads/u1/excerpt", headers=headers)).status_code == 403
    assert echo.asked == []


async def test_an_aborted_response_is_not_completed_and_logs_one_line(caplog):
    """Otherwise half a transcript would be shown for all of it, or each restart fill the log."""

    async def break_off(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(break_off, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        server,
        serving(_page(f"http://127.0.0.1:{port}")) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as page,
    ):
        with pytest.raises(httpx.RemoteProtocolError):
            await page.get("/backend/v1/transcriptions/j1")
    assert "backend_response_aborted error=RemoteProtocolError" in caplog.text
    assert "Traceback" not in caplog.text


async def test_an_unavailable_backend_is_a_problem_without_its_address():
    port = free_port()
    async with (
        serving(_page(f"http://127.0.0.1:{port}")) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as page,
    ):
        answer = await page.get("/backend/v1/transcriptions/j1")
    problem = Problem.model_validate_json(answer.content)
    assert (answer.status_code, problem.type) == (503, ProblemType.NOT_READY.uri)
    assert answer.headers["Retry-After"]
    assert str(port) not in answer.text
    assert KEY not in answer.text


async def test_calls_pass_beside_hundreds_of_open_event_streams(page, echo):
    """Otherwise 200 open pages make every other call of the page a 503."""
    limits = httpx.Limits(max_connections=None)
    async with (
        httpx.AsyncClient(base_url=page.base_url, limits=limits, timeout=30) as browsers,
        AsyncExitStack() as stack,
    ):
        url = "/backend/v1/transcriptions/j1/events"
        for _ in range(250):
            stream = await stack.enter_async_context(browsers.stream("GET", url))
            assert stream.status_code == 200
        assert echo.n_streams == 250
        answer = await page.get("/backend/v1/transcriptions/j1")
        assert answer.status_code == 200
        echo.go_on.set()


async def test_the_backend_is_hung_up_on_when_the_browser_is_gone(page, echo):
    """Otherwise the backend goes on to decode for a preview that nobody waits for."""
    asking = asyncio.create_task(page.get("/backend/v1/uploads/slow/recording"))
    async with asyncio.timeout(10):
        await echo.received.get()
        asking.cancel()
        await echo.has_hung_up.wait()


SECRET = "secret-0123456789"
SIGN_IN = SignIn.parse("X-Forwarded-User", SECRET)


@pytest.fixture
async def signed_in_page(echo: Echo) -> AsyncIterator[httpx.AsyncClient]:
    """The page behind a proxy at which visitors sign in."""

    def with_sign_in(backend_url: str) -> Starlette:
        gateway = BackendGateway(backend_url, {}, SIGN_IN)
        return Starlette(routes=[gateway.route], lifespan=gateway.open)

    async with (
        serving(_backend(echo)) as backend_url,
        serving(with_sign_in(backend_url)) as page_url,
        httpx.AsyncClient(base_url=page_url, timeout=10, trust_env=False) as client,
    ):
        yield client


async def test_each_call_is_made_for_the_visitor_who_signed_in(signed_in_page, echo):
    """Otherwise all visitors share one history, or see that of another."""
    for user in ("anna", "Борис"):
        sent = dict(SIGN_IN.headers_of(user))
        answer = await signed_in_page.get("/backend/v1/transcriptions/j1/audio", headers=sent)
        assert answer.status_code == 206
        assert echo.headers["x-forwarded-user"].encode("latin-1").decode() == user
        assert echo.headers["x-sign-in-secret"] == SECRET
        assert "authorization" not in echo.headers
        assert SECRET not in str(answer.headers)


async def test_nothing_passes_for_a_visitor_who_has_not_signed_in(signed_in_page, echo):
    for headers in (
        {},
        {"X-Forwarded-User": "anna"},
        {"X-Forwarded-User": "anna", "X-Sign-In-Secret": "wrong-0123456789"},
        {"X-Sign-In-Secret": SECRET},
    ):
        answer = await signed_in_page.get("/backend/v1/transcriptions/j1/audio", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthorized")
    assert echo.headers == {}


async def test_a_reader_of_a_link_is_nobody(signed_in_page, echo):
    """Otherwise a link would be asked for as the visitor, or refused without a sign-in."""
    assert (await signed_in_page.get("/backend/v1/shared/abc")).status_code == 200
    assert echo.asked == ["GET /v1/shared/abc?"]


async def test_without_a_sign_in_its_headers_do_not_pass(page, echo):
    sent = dict(SIGN_IN.headers_of("anna"))
    await page.get("/backend/v1/transcriptions/j1/audio", headers=sent)
    assert echo.headers["authorization"] == f"Bearer {KEY}"
    assert not {"x-forwarded-user", "x-sign-in-secret"} & echo.headers.keys()
