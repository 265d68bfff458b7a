"""Zips of transcripts, against a real HTTP stand-in of the backend."""

import io
import zipfile

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from contracts.jobs import JobStatus
from frontend.backend_client import BackendClient, ExportedFile
from frontend.bulk_export import MAX_TRANSCRIPTS, bulk_export, zip_of
from unit.frontend.stand_in_backend import StandInBackend, make_job

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def page(backend: StandInBackend) -> TestClient:
    for number, name in enumerate(["Звонок.ogg", "Звонок.mp3", "Лекция.mp3"]):
        job = make_job(f"job-{number}", status=JobStatus.COMPLETED)
        job.file.name = name
        backend.jobs[job.id] = job
    route = bulk_export(BackendClient(backend.url, {}))
    return TestClient(Starlette(routes=[route]), headers=SAME_ORIGIN)


def _names(files: list[ExportedFile]) -> list[str]:
    content = io.BytesIO(b"".join(zip_of(files)))
    return zipfile.ZipFile(content).namelist()


def test_every_transcript_is_in_the_zip_under_a_name_of_its_own(page: TestClient):
    answer = page.post(
        "/transcripts.zip", json={"format": "srt", "ids": ["job-0", "job-1", "job-2", "job-2"]}
    )
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == {
        "Звонок.srt": b"job-0 as srt",
        "Звонок (2).srt": b"job-1 as srt",
        "Лекция.srt": b"job-2 as srt",
    }


def test_a_transcript_that_is_gone_does_not_keep_the_others_back(page: TestClient):
    answer = page.post("/transcripts.zip", json={"format": "txt", "ids": ["gone", "../x", "job-2"]})
    assert zipfile.ZipFile(io.BytesIO(answer.content)).namelist() == ["Лекция.txt"]


def test_without_any_text_there_is_no_zip(page: TestClient):
    assert page.post("/transcripts.zip", json={"format": "txt", "ids": ["gone"]}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"format": "exe", "ids": ["job-1"]}',
        b'{"format": "txt", "ids": []}',
        b'{"format": "txt", "ids": ["job-1"], "more": 1}',
        b'{"format": "txt", "ids": [' + b",".join([b'"job-1"'] * (MAX_TRANSCRIPTS + 1)) + b"]}",
        b'{"format": "txt", "ids": ["' + b"x" * 200_000 + b'"]}',
    ],
    ids=["empty", "list", "format", "none", "extra", "many", "long"],
)
def test_a_request_that_makes_no_sense_is_refused_as_one(page: TestClient, body: bytes):
    answer = page.post("/transcripts.zip", content=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_another_origin_gets_nothing(page: TestClient):
    headers = {"Sec-Fetch-Site": "cross-site"}
    body = {"format": "txt", "ids": ["job-1"]}
    assert page.post("/transcripts.zip", json=body, headers=headers).status_code == 403


def test_a_backend_that_is_away_is_told_before_a_zip_begins():
    page = TestClient(Starlette(routes=[bulk_export(BackendClient("http://127.0.0.1:9", {}))]))
    body = {"format": "txt", "ids": ["job-1"]}
    assert page.post("/transcripts.zip", json=body, headers=SAME_ORIGIN).status_code == 503


def test_names_are_safe_on_every_file_system_and_differ_by_more_than_case():
    names = [
        "../../etc/passwd.txt",
        "con.txt",
        'a<b>:"/\\|?*\n.txt',
        "... .txt",
        "Ж" * 300 + ".txt",
        "Й.txt",
        "й.txt",
        "й.txt",
    ]
    assert _names([ExportedFile(name, b"x") for name in names]) == [
        "_.._etc_passwd.txt",
        "_con.txt",
        "a_b_________.txt",
        "_.txt",
        "Ж" * 90 + ".txt",
        "Й.txt",
        "й (2).txt",
        "й (3).txt",
    ]


def test_a_zip_goes_out_before_it_is_whole():
    """Else the memory that it takes would grow with what is in it."""
    taken = 0

    def files():
        nonlocal taken
        for number in range(3):
            taken += 1
            yield ExportedFile(f"{number}.txt", b"x" * 1000)

    pieces = zip_of(files())
    assert next(pieces).startswith(b"PK")
    assert taken == 1
