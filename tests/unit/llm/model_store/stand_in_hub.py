"""A local model hub that answers the calls of a download."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = "owner/model"


class StandInHub(ThreadingHTTPServer):
    """Answers the calls of a download, and records which files it sent."""

    def __init__(self, files: Mapping[str, bytes], name: str = NAME) -> None:
        self.name = name
        super().__init__(("127.0.0.1", 0), _Answers)
        self.commit = "a" * 40
        self.files = dict(files)
        self.announced: dict[str, str] = {}
        self.sent: list[str] = []
        self.may_send = threading.Event()
        self.may_send.set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: StandInHub

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        hub = self.server
        path = self.path.partition("?")[0]
        if path.startswith(f"/api/models/{hub.name}/revision/"):
            siblings = [self._sibling(name) for name in hub.files]
            about = {"id": hub.name, "modelId": hub.name, "sha": hub.commit, "siblings": siblings}
            self._send(json.dumps(about).encode(), "info", with_body=with_body)
        elif path.startswith(f"/{hub.name}/resolve/{hub.commit}/"):
            name = path.removeprefix(f"/{hub.name}/resolve/{hub.commit}/")
            if with_body:
                assert hub.may_send.wait(10)
                hub.sent.append(name)
            self._send(hub.files[name], name, with_body=with_body)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _sibling(self, name: str) -> dict[str, object]:
        content = self.server.files[name]
        sibling: dict[str, object] = {"rfilename": name, "size": len(content)}
        if name.endswith((".safetensors", ".bin", ".onnx")):
            digest = self.server.announced.get(name) or hashlib.sha256(content).hexdigest()
            sibling["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 100}
        return sibling

    def _send(self, content: bytes, etag: str, *, with_body: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content + etag.encode()).hexdigest()}"')
        self.send_header("X-Repo-Commit", self.server.commit)
        self.end_headers()
        if with_body:
            self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def stand_in_hub(files: Mapping[str, bytes], name: str = NAME) -> Iterator[StandInHub]:
    """Run a hub with one model on a free port."""
    with StandInHub(files, name) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
