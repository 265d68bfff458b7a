"""Notes over HTTP: if these fail, a wrong request gives a 500, or a note the wrong answer."""

import zipfile
from io import BytesIO

import httpx
import pytest
from docx import Document

from backend.api_keys import ApiKeys
from backend.storage.database import Stores
from unit.backend.storage.database.test_speakers import conversation

pytestmark = pytest.mark.whole_app

URL = "/v1/transcriptions"


@pytest.fixture
async def notes_url(stores: Stores) -> str:
    job_id = await conversation(stores, owner=ApiKeys([]).owner_of(None))
    return f"{URL}/{job_id}/notes"


async def test_a_note_is_added_changed_listed_and_deleted(
    client: httpx.AsyncClient, notes_url: str
) -> None:
    added = await client.post(notes_url, json={"time": 1.5, "text": "проверить"})
    assert added.status_code == 201
    note = f"{notes_url}/{added.json()['id']}"
    changed = await client.patch(note, json={"text": "проверено"})
    assert changed.json() == {"id": added.json()["id"], "time": 1.5, "text": "проверено"}
    assert (await client.get(notes_url)).json() == {"items": [changed.json()]}
    assert (await client.delete(note)).status_code == 204
    assert (await client.get(notes_url)).json() == {"items": []}
    for gone in (client.delete(note), client.patch(note, json={"text": "а"})):
        assert (await gone).status_code == 404
    assert (await client.get(f"{URL}/nothing/notes")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        '{"time": -1, "text": "а"}',
        '{"time": 1e9, "text": "а"}',
        '{"time": NaN, "text": "а"}',
        '{"time": 1, "text": " \\n "}',
        '{"time": 1}',
        '{"text": "а"}',
        '{"time": 1, "text": "а", "author": "б"}',
        '{"time": 1, "text": "' + "а" * 2001 + '"}',
        "[]",
    ],
)
async def test_a_wrong_note_is_refused(
    client: httpx.AsyncClient, notes_url: str, body: str
) -> None:
    answer = await client.post(notes_url, content=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_a_note_that_is_no_number_is_refused(
    client: httpx.AsyncClient, notes_url: str
) -> None:
    for note, status in {"1": 404, "x": 422, "-1": 422, str(2**63): 422}.items():
        assert (await client.delete(f"{notes_url}/{note}")).status_code == status


async def test_exports_end_with_the_notes_where_they_are_no_bare_text_or_subtitles(
    client: httpx.AsyncClient, notes_url: str
) -> None:
    """A protocol without them would have to be written together by hand."""
    await client.post(notes_url, json={"time": 65, "text": "# спросить *Анну*"})
    export = notes_url.replace("/notes", "/export")

    async def exported(kind: str, language: str = "ru") -> bytes:
        headers = {"Accept-Language": language}
        answer = await client.get(export, params={"format": kind}, headers=headers)
        return answer.content

    assert (
        (await exported("md"))
        .decode()
        .endswith("\n## Заметки\n\n- [0:01:05] \\# спросить \\*Анну\\*\n")
    )
    assert "## Notes" in (await exported("md", "en")).decode()
    *_, heading, note = Document(BytesIO(await exported("docx"))).paragraphs
    assert (heading.text, note.text) == ("Заметки", "[0:01:05] # спросить *Анну*")
    answer = await client.get(export, params={"format": "json"})
    (stored,) = answer.json()["notes"]
    assert (stored["time"], stored["text"]) == (65, "# спросить *Анну*")
    for kind in ("txt", "srt", "vtt", "tsv"):
        assert "Анну" not in (await exported(kind)).decode()

    job_id = notes_url.split("/")[-2]
    answer = await client.post(f"{URL}/export", json={"format": "md", "ids": [job_id]})
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        assert "Анну" in archive.read(archive.namelist()[0]).decode()


async def test_a_transcript_without_notes_has_no_such_section(
    client: httpx.AsyncClient, notes_url: str
) -> None:
    answer = await client.get(notes_url.replace("/notes", "/export"), params={"format": "md"})
    assert "Заметки" not in answer.text
