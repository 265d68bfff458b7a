"""Splitting segments, joining them and moving their borders, by HTTP."""

import pytest

from backend.storage.database import Stores
from unit.backend.routes.test_speakers import URL, result
from unit.backend.storage.database.recorded import completed, running

pytestmark = pytest.mark.whole_app

TEXTS = ("Добрый день, Анна.", "Здравствуйте, Пётр!")


async def texts(client, job_id: str) -> list[str]:
    return [each["text"] for each in (await result(client, job_id))["segments"]]


async def test_split_border_and_join_change_result_and_exports(client, stores: Stores) -> None:
    job_id = await completed(stores, *TEXTS, with_words=True)
    assert await texts(client, job_id) == list(TEXTS)  # and caches it
    url = f"{URL}/{job_id}/segments/0"
    split = await client.post(f"{url}/split?word_timestamps=true", json={"word": 2})
    assert split.status_code == 200
    first, second = split.json()["items"]
    assert (first["index"], first["text"], second["index"], second["text"]) == (
        0, "Добрый день,", 2, "Анна.",
    )  # fmt: skip
    assert [word["word"] for word in second["words"]] == ["Анна."]
    assert await texts(client, job_id) == ["Добрый день,", "Анна.", TEXTS[1]]
    export = await client.get(f"{URL}/{job_id}/export", params={"format": "tsv"})
    assert "\tДобрый день,\r\n" in export.text or "\tДобрый день,\n" in export.text
    events = await client.get(f"{URL}/{job_id}/events")
    assert events.text.count("event: segment") == 3

    moved = await client.post(f"{url}/border", json={"text_offset": 6})
    assert [each["text"] for each in moved.json()["items"]] == ["Добрый", "день, Анна."]
    assert moved.json()["items"][0]["words"] is None  # the job's own option
    assert await texts(client, job_id) == ["Добрый", "день, Анна.", TEXTS[1]]

    joined = await client.post(f"{url}/join")
    assert [each["text"] for each in joined.json()["items"]] == [TEXTS[0]]
    assert await texts(client, job_id) == list(TEXTS)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("0/split", {}, 422),
        ("0/split", {"word": 0}, 422),
        ("0/split", {"word": 3}, 422),
        ("0/split", {"word": 2**70}, 422),
        ("0/split", {"word": True}, 422),
        ("0/split", {"text_offset": -1}, 422),
        ("0/split", {"text_offset": 500}, 422),
        ("0/split", {"word": 1, "at": 5}, 422),
        ("0/split", b"{", 400),
        ("2/split", {"word": 1}, 409),
        ("9/split", {"word": 1}, 404),
        ("-1/split", {"word": 1}, 422),
        ("0/border", {"word": 5}, 422),
        ("1/border", {"word": 3}, 422),
        ("2/border", {"word": 1}, 409),
        ("2/join", None, 409),
        ("9/join", None, 404),
        ("x/join", None, 422),
    ],
)
async def test_what_makes_no_sense_is_refused(
    client,
    stores: Stores,
    path: str,
    body: dict | bytes | None,
    status: int,
) -> None:
    job_id = await completed(stores, *TEXTS, "Да.", with_words=True)
    before = await result(client, job_id)
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    answer = await client.post(f"{URL}/{job_id}/segments/{path}", **content)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert await result(client, job_id) == before


async def test_borders_of_a_running_job_and_of_an_unknown_one_stay(
    client,
    stores: Stores,
) -> None:
    """A running or stopped job appends segments by their index."""
    job_id = await running(stores)
    for path, body in (("split", {"word": 1}), ("border", {"word": 1}), ("join", None)):
        answer = await client.post(f"{URL}/{job_id}/segments/0/{path}", json=body)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wrong-state")
        answer = await client.post(f"{URL}/none/segments/0/{path}", json=body)
        assert answer.status_code == 404
