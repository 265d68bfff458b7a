"""The saved glossary, as a client sees it."""

import pytest

from contracts.glossary import MAX_GLOSSARY_LINES

pytestmark = pytest.mark.whole_app

URL = "/v1/glossary"


async def test_a_saved_glossary_is_tidied_extended_and_deleted(client) -> None:
    """If this fails, the user's terms are lost, or stay after the user removed them."""
    assert (await client.get(URL)).json() == {"glossary": ""}
    saved = await client.put(URL, json={"glossary": ["Лось ", "", "Аэлита"]})
    assert saved.json() == (await client.get(URL)).json() == {"glossary": "Лось\nАэлита"}
    added = await client.post(URL, json={"terms": "лось = ЛОСЬ"})
    assert added.json() == (await client.get(URL)).json() == {"glossary": "Аэлита\nлось = ЛОСЬ"}
    assert (await client.put(URL, json={"glossary": ""})).status_code == 200
    assert (await client.get(URL)).json() == {"glossary": ""}


@pytest.mark.parametrize(
    ("method", "body", "pointer"),
    [
        ("PUT", {}, "/glossary"),
        ("PUT", {"glossary": None}, "/glossary"),
        ("PUT", {"glossary": "я" * 201}, "/glossary"),
        ("PUT", {"glossary": ".*"}, "/glossary"),
        ("POST", {"terms": "= Лось"}, "/terms"),
        ("POST", {"glossary": "Лось"}, "/terms"),
    ],
)
async def test_a_bad_glossary_is_pointed_at(client, method, body, pointer) -> None:
    """If this fails, a client gets a 500, or cannot tell the user which line is wrong."""
    answer = await client.request(method, URL, json=body)
    assert answer.status_code == 422, answer.text
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]
    assert (await client.request(method, URL, content=b"{")).status_code == 400


async def test_a_full_glossary_takes_no_more(client) -> None:
    """If this fails, a saved glossary is larger than a request may have, and no job starts."""
    lines = [f"слово{n}" for n in range(MAX_GLOSSARY_LINES)]
    await client.put(URL, json={"glossary": lines})
    answer = await client.post(URL, json={"terms": "ещё"})
    assert (answer.status_code, "501" in answer.json()["detail"]) == (422, True)
    assert (await client.get(URL)).json()["glossary"] == "\n".join(lines)


async def test_a_job_gets_the_saved_glossary_unless_it_brings_one(client, silence) -> None:
    """If this fails, saving a glossary changes nothing, or it cannot be switched off."""
    await client.put(URL, json={"glossary": "Лось"})
    for sent, stored in (({}, "Лось"), ({"glossary": ""}, ""), ({"glossary": "Гусев"}, "Гусев")):
        files = {"file": ("a.wav", silence)}
        job = (await client.post("/v1/transcriptions", files=files, data=sent)).json()
        assert job["options"]["glossary"] == stored


async def test_a_repeated_job_keeps_its_glossary(client, silence) -> None:
    """If this fails, a recording whose glossary was switched off gets the saved one after all."""
    await client.put(URL, json={"glossary": "Лось"})
    form = {"glossary": ""}
    old = await client.post("/v1/transcriptions", files={"file": ("a.wav", silence)}, data=form)
    repeat = f"{old.headers['location']}/repeat"
    assert (await client.post(repeat, json={})).json()["options"]["glossary"] == ""
    again = await client.post(repeat, json={"glossary": None})
    assert again.json()["options"]["glossary"] == "Лось"
