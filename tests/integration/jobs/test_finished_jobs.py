"""If these fail, a finished job cannot be played, found or corrected."""

import pytest

from integration.jobs.backend_client import (
    ONE_CHUNK,
    URL,
    ended,
    read,
    send,
)

pytestmark = pytest.mark.slow


async def test_a_recording_is_served_by_byte_ranges(client, llm, short_speech) -> None:
    job = await send(client, short_speech, **ONE_CHUNK)
    address = f"{URL}/{job.id}/audio"
    whole = await client.get(address)
    assert (whole.status_code, whole.content) == (200, short_speech)
    assert whole.headers["content-type"] == "audio/wav"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-disposition"].startswith("inline")
    part = await client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, short_speech[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(short_speech)}"
    last = await client.get(address, headers={"Range": "bytes=-5"})
    assert last.content == short_speech[-5:]
    same = {"Range": "bytes=0-4", "If-Range": whole.headers["etag"]}
    assert (await client.get(address, headers=same)).status_code == 206
    other = {"Range": "bytes=0-4", "If-Range": '"another"'}
    assert (await client.get(address, headers=other)).status_code == 200
    outside = await client.get(address, headers={"Range": f"bytes={len(short_speech)}-"})
    assert outside.status_code == 416
    assert outside.headers["content-range"] == f"bytes */{len(short_speech)}"
    assert outside.headers["content-type"] == "application/problem+json"


async def test_history_finds_corrections_and_the_cache_never_hides_them(
    client, llm, short_speech
) -> None:
    job = await ended(client, await send(client, short_speech, **ONE_CHUNK))
    await read(client, job)
    address = f"{URL}/{job.id}/segments/0"
    answer = await client.patch(address, json={"text": "Исправленные встречи"})
    assert answer.status_code == 200
    assert answer.json()["original_text"]
    corrected = await read(client, job)
    assert corrected.result
    assert corrected.result.segments[0].text == "Исправленные встречи"
    page = (await client.get(URL, params={"query": "встреча"})).json()
    assert [hit["id"] for hit in page["items"]] == [job.id]
    assert "встречи" in page["items"][0]["snippet"]
    assert (await client.get(URL, params={"query": "отсутствует"})).json()["items"] == []
    assert (await client.get(URL, params={"limit": 0})).status_code == 422
    assert (await client.get(URL, params={"cursor": "x"})).status_code == 400
    assert (await client.patch(f"{URL}/{job.id}/segments/99", json={"text": ""})).status_code == 404
    assert (await client.patch(address, json={"words": ""})).status_code == 422
    assert (await client.patch(address, content=b"{")).status_code == 400
