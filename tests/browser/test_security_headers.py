"""The content security policy keeps other sites out and lets the page itself work."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, expect

from browser.visits import OpenVisit
from contracts.jobs import Job
from testbed.services import Services

pytestmark = pytest.mark.slow


def test_no_view_logs_an_error_in_the_console(open_visit: OpenVisit, recorded: list[Job]):
    """A script, style or picture that the policy forbids is an error there."""
    visit = open_visit()
    page = visit.page
    errors: list[str] = []
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    views = {
        "/": page.get_by_role("link", name="История"),
        "/?view=history": page.locator("li.row").first,
        "/?view=system": page.locator(".bars div").first,
        f"/?job={recorded[0].id}": page.get_by_text(recorded[0].file.name).first,
    }
    for address, there in views.items():
        page.goto(visit.home + address)
        expect(there).to_be_visible()
        page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Слушать").first.click()
    page.wait_for_timeout(500)
    assert errors == []


@pytest.fixture
def framing_site(services: Services) -> Iterator[str]:
    """A site of another origin with the page in a frame."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{services.frontend.url}/"></iframe>'.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_no_other_site_can_show_the_page_in_a_frame(chromium: Browser, framing_site: str):
    """Otherwise a visitor clicks on buttons of a page that they do not see."""
    context = chromium.new_context()
    page = context.new_page()
    with page.expect_console_message(lambda line: "frame-ancestors" in line.text):
        page.goto(framing_site)
    frame = page.frames[1]
    assert "stApp" not in frame.content()
    context.close()
