"""Titles, tags, the history's filters and statistics, as a client sees them."""

import httpx
import pytest

from backend.app import create_app
from backend.settings import BackendSettings
from unit.backend.routes.conftest import NOBODY

pytestmark = pytest.mark.whole_app

URL = "/v1/transcriptions"


async def new_job(client: httpx.AsyncClient, silence: bytes) -> str:
    """Return a job's address; not a fixture: jobs run while the test does."""
    answer = await client.post(URL, files={"file": ("Тихо.wav", silence)})
    return answer.headers["location"]


async def test_a_job_is_called_what_its_owner_wishes(client, silence) -> None:
    wanted = {"title": " Совет\nдома \u202e", "tags": ["Работа", "работа", " архив "]}
    job_url = await new_job(client, silence)
    answer = await client.patch(job_url, json=wanted)
    assert answer.status_code == 200, answer.text
    assert answer.json()["title"] == "Совет дома", "one line, and nothing that turns it around"
    assert answer.json()["tags"] == ["архив", "Работа"]
    assert answer.json()["result"] is None
    (listed,) = (await client.get(URL, params={"query": "совета"})).json()["items"]
    assert (listed["title"], listed["tags"]) == ("Совет дома", ["архив", "Работа"])
    tags = await client.get("/v1/tags")
    assert tags.json() == {"items": [{"tag": "архив", "n_jobs": 1}, {"tag": "Работа", "n_jobs": 1}]}
    cleared = await client.patch(job_url, json={"title": None, "tags": []})
    assert (cleared.json()["title"], cleared.json()["tags"]) == (None, [])
    assert (await client.get("/v1/tags")).json() == {"items": []}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": "я" * 201}, "/title"),
        ({"title": 5}, "/title"),
        ({"tags": None}, "/tags"),
        ({"tags": ["\u200b \n"]}, "/tags/0"),
        ({"tags": ["я" * 51]}, "/tags/0"),
        ({"tags": [str(n) for n in range(21)]}, "/tags"),
        ({"name": "a"}, "/name"),
    ],
)
async def test_what_cannot_be_a_title_or_a_tag_is_pointed_at(
    client, silence, body, pointer
) -> None:
    answer = await client.patch(await new_job(client, silence), json=body)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_recording_is_transcribed_again_with_the_options_that_are_sent(
    client, silence
) -> None:
    options = {"language": "de", "normalization": "peak", "target_peak": "0.5"}
    old = await client.post(URL, files={"file": ("Тихо.wav", silence)}, data=options)
    repeat_url = f"{old.headers['location']}/repeat"
    answer = await client.post(repeat_url, json={"language": "en", "normalization": "rms"})
    assert answer.status_code == 202, answer.text
    new = (await client.get(answer.headers["location"])).json()
    assert new["id"] == answer.json()["id"] != old.json()["id"]
    own = {name: new["options"][name] for name in ("language", "normalization", "target_peak")}
    assert own == {"language": "en", "normalization": "rms", "target_peak": None}
    for body in ({"target_peak": 0.5, "normalization": "rms"}, {"colour": 1}, {"language": 5}):
        refused = await client.post(repeat_url, json=body)
        assert refused.status_code == 422, refused.text
    assert (await client.post(repeat_url, content=b"[")).status_code == 400
    assert (await client.post(repeat_url, json=[])).status_code == 422
    assert (await client.post(f"{URL}/no/repeat", json={})).status_code == 404


async def test_a_text_without_words_cannot_be_written_anew(client, silence) -> None:
    """If this fails, an impossible request is a success that changes nothing, or a 500."""
    url = f"{await new_job(client, silence)}/text"
    for body in ({"numbers": "roman"}, {"colour": 1}, {"glossary": ".*"}):
        assert (await client.post(url, json=body)).status_code == 422
    assert (await client.post(url, json={"numbers": "digits"})).status_code == 409
    assert (await client.post(f"{URL}/no/text", json={})).status_code == 404


async def test_a_body_that_is_no_json_and_a_job_that_is_none(client, silence) -> None:
    job_url = await new_job(client, silence)
    assert (await client.patch(job_url, content=b"{")).status_code == 400
    assert (await client.patch(job_url, content=b'{"title": "\\ud800"}')).status_code < 500
    for call in (client.patch(f"{URL}/no", json={}), client.post(f"{URL}/no/resume")):
        assert (await call).status_code == 404
    assert (await client.get(f"{URL}/no/waveform")).status_code == 404


async def test_filters_select(client, silence) -> None:
    async def n_found(**filters: str) -> int:
        answer = await client.get(URL, params=filters)
        assert answer.status_code == 200, answer.text
        return len(answer.json()["items"])

    await client.patch(await new_job(client, silence), json={"tags": ["архив"]})
    assert await n_found(tag="архив", since="2020-01-01T00:00:00+03:00") == 1
    assert await n_found(tag=" архив ") == 1
    assert await n_found(tag="\0архив") == 1
    assert await n_found(tag="другой") == 0
    assert await n_found(until="2020-01-01T00:00:00Z") == 0
    assert await n_found(since="9999-01-01T00:00:00Z") == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since", "2020-01-01"),
        ("since", "1577836800"),
        ("since", "2020-01-01T00:00:00"),
        ("until", "9999-12-31T23:59:59-12:00"),
        ("since", "0001-01-01T00:00:00+12:00"),
        ("until", "yesterday"),
        ("tag", ""),
        ("tag", "я" * 51),
    ],
)
async def test_a_filter_that_makes_no_sense_is_pointed_at(client, name, value) -> None:
    answer = await client.get(URL, params={name: value})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == f"/{name}"


async def test_statistics_name_the_folder_by_its_full_path(monkeypatch, tmp_path) -> None:
    """`data` alone does not tell an operator where the recordings are."""
    monkeypatch.chdir(tmp_path)
    app = create_app(BackendSettings(_env_file=None, data_dir="data", llm_url=NOBODY))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://backend") as client,
    ):
        found = (await client.get("/v1/statistics")).json()
    assert found["data_dir"] == str(tmp_path / "data")


async def test_statistics_tell_of_the_backend(client, silence, tmp_path) -> None:
    await new_job(client, silence)
    found = (await client.get("/v1/statistics")).json()
    assert found["n_recordings"] in (0, 1)
    assert (found["database"], found["cache"]) == ("sqlite", "memory")
    assert found["data_dir"] == str(tmp_path / "data")
    assert found["version"] == (await client.get("/openapi.json")).json()["info"]["version"]
    assert found["disk"]["recordings_bytes"] == len(silence)
    assert found["disk"]["database_bytes"] > 10_000
    assert found["disk"]["free_bytes"] > 0
    assert len(found["by_day"]) == 90
