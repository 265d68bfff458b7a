"""If these fail, a client does not learn what a path supports, or shows a raw error body."""

import httpx
import openai
import pytest

pytestmark = pytest.mark.whole_app

CALLS = {
    ("PUT", "/v1/transcriptions"): "GET, HEAD, POST",
    ("POST", "/v1/transcriptions/1"): "GET, HEAD, PATCH, DELETE",
    ("PUT", "/v1/models"): "GET, HEAD",
    ("GET", "/v1/audio/transcriptions"): "POST",
    ("GET", "/asr"): "POST",
    ("POST", "/metrics"): "GET, HEAD",
    ("PUT", "/v1/uploads/"): "POST, OPTIONS",
}


async def test_the_answer_to_a_wrong_method_names_all_methods_of_the_path(
    client: httpx.AsyncClient,
) -> None:
    """Not those of the first route only. Source: RFC 9110, section 10.2.1."""
    for (method, path), allowed in CALLS.items():
        answer = await client.request(method, path)
        assert (path, answer.status_code, answer.headers["Allow"]) == (path, 405, allowed)
        assert answer.json()["type"] == "/problems/method-not-allowed"


async def test_calls_that_only_openai_has_fail_in_its_form(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/chat/completions", json={})
    assert answer.json()["error"] == {
        "message": "Not Found", "type": "invalid_request_error", "param": None, "code": "not_found"
    }  # fmt: skip
    assert answer.json()["type"] == "/problems/not-found"
    own = openai.AsyncOpenAI(
        base_url="http://backend/v1", api_key="any", max_retries=0, http_client=client
    )
    with pytest.raises(openai.NotFoundError) as failure:
        await own.audio.speech.create(input="Да", model="tts-1", voice="alloy")
    assert failure.value.code == "not_found"


async def test_a_path_outside_of_v1_is_a_plain_problem(client: httpx.AsyncClient) -> None:
    assert "error" not in (await client.get("/v2")).json()


REFUSED = [
    ({"Host": "attacker.example"}, 421, "unknown_host"),
    ({"Origin": "https://attacker.example"}, 403, "cross_origin"),
]


@pytest.mark.parametrize(("headers", "status", "code"), REFUSED)
async def test_requests_that_are_refused_before_the_routes_fail_in_the_form_of_their_api(
    client: httpx.AsyncClient, headers: dict[str, str], status: int, code: str
) -> None:
    """Otherwise OpenAI's clients show no reason, and nobody thinks of ALLOWED_HOSTS."""
    kind = f"/problems/{code.replace('_', '-')}"
    audio = await client.post("/v1/audio/transcriptions", headers=headers)
    assert audio.status_code == status
    assert audio.headers["Content-Type"] == "application/json"
    assert set(audio.json()) == {"error"}
    assert audio.json()["error"]["code"] == code
    models = await client.put("/v1/models", headers=headers)
    assert (models.status_code, models.json()["type"]) == (status, kind)
    assert models.json()["error"]["code"] == code
    own = await client.post("/v1/transcriptions", headers=headers)
    assert (own.status_code, own.json()["type"]) == (status, kind)
    assert "error" not in own.json()
    for answer in (audio, models, own):
        assert answer.headers["X-Request-ID"]
