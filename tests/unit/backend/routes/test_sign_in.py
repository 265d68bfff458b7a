"""Users whom a proxy signs in: if these fail, one reads what belongs to another."""

import logging
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from backend.api_keys import MAX_WRONG_KEYS
from backend.app import create_app
from backend.settings import BackendSettings
from contracts.sign_in import SECRET_HEADER
from servicekit.logs import configure_logging
from unit.backend.routes.conftest import NOBODY

pytestmark = pytest.mark.whole_app

SECRET, KEY = "secret-0123456789", "configured-0123456789"
URL, USER = "/v1/transcriptions", "X-Forwarded-User"


def settings(folder: Path, **chosen: str) -> BackendSettings:
    return BackendSettings(
        _env_file=None,
        data_dir=folder / "data",
        llm_url=NOBODY,
        min_free_disk_bytes=0,
        **{
            "api_keys": KEY,
            "sign_in_header": USER,
            "sign_in_secret": SECRET,
            "sign_in_admins": "olga, Ольга",
        }
        | chosen,
    )


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(settings(tmp_path))


def signed_in(user: str) -> dict[str, str]:
    return {SECRET_HEADER: SECRET, USER: user.encode().decode("latin-1")}


async def name(client: httpx.AsyncClient, headers: dict[str, str]) -> tuple[str, str]:
    raw = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]
    told = (await client.get("/v1/account", headers=raw)).json()
    return told["name"], told["role"]


async def test_a_user_has_a_name_and_a_role(client: httpx.AsyncClient) -> None:
    assert await name(client, signed_in("anna")) == ("anna", "user")
    assert await name(client, signed_in("olga")) == ("olga", "admin")
    assert await name(client, signed_in("Ольга")) == ("Ольга", "admin")


async def test_each_user_has_a_history_of_their_own(
    client: httpx.AsyncClient, silence: bytes
) -> None:
    file = {"file": ("a.wav", silence)}
    job = (await client.post(URL, files=file, headers=signed_in("anna"))).json()
    address = f"{URL}/{job['id']}"
    assert (await client.get(address, headers=signed_in("anna"))).status_code == 200
    for other in (
        signed_in("Anna"),
        signed_in("olga"),
        {"Authorization": f"Bearer {KEY}"},
    ):
        assert (await client.get(address, headers=other)).status_code == 404
        assert (await client.get(URL, headers=other)).json()["items"] == []


async def test_the_header_alone_signs_nobody_in(client: httpx.AsyncClient) -> None:
    """Otherwise anybody writes the name of another into it."""
    key = {"Authorization": f"Bearer {KEY}"}
    assert (await client.get(URL, headers={USER: "olga"})).status_code == 401
    assert (await client.get(URL, headers={SECRET_HEADER: SECRET})).status_code == 401
    assert await name(client, {USER: "olga"} | key) == await name(client, key)
    twice = [(USER, "anna"), (USER, "olga"), (SECRET_HEADER, SECRET)]
    assert (await client.get(URL, headers=twice)).status_code == 401


async def test_a_wrong_secret_is_refused_beside_a_valid_key_and_limited(
    client: httpx.AsyncClient,
) -> None:
    """Otherwise whoever has a key guesses the secret as fast as he can."""
    wrong = {SECRET_HEADER: "wrong", USER: "olga", "Authorization": f"Bearer {KEY}"}
    for _ in range(MAX_WRONG_KEYS):
        assert (await client.get(URL, headers=wrong)).status_code == 401
    assert (await client.get(URL, headers=wrong)).status_code == 429
    assert (await client.get(URL, headers=wrong | {SECRET_HEADER: ""})).status_code == 429


async def test_without_the_setting_the_headers_mean_nothing(tmp_path: Path) -> None:
    chosen = {"sign_in_header": "", "sign_in_secret": "", "sign_in_admins": ""}
    app = create_app(settings(tmp_path, **chosen))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://backend") as client,
    ):
        for headers in (signed_in("olga"), {USER: "olga", SECRET_HEADER: ""}):
            assert (await client.get(URL, headers=headers)).status_code == 401


def test_a_sign_in_closes_the_backend_to_everybody_else(tmp_path: Path) -> None:
    only_sign_in = settings(tmp_path, api_keys="", bind_address="0.0.0.0")
    assert not only_sign_in.is_open_to_others
    with pytest.raises(ValidationError, match="SIGN_IN_SECRET") as refused:
        settings(tmp_path, sign_in_secret="short")
    assert "short" not in str(refused.value)


async def test_neither_the_secret_nor_a_user_is_logged(
    client: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logging("DEBUG", "backend")
    try:
        await client.get(URL, headers=signed_in("anna"))
        await client.get(URL, headers=signed_in("anna") | {SECRET_HEADER: "wrong-012345"})
    finally:
        logging.getLogger().handlers.clear()
    logged = capfd.readouterr().err
    assert "request_finished" in logged
    assert not [private for private in (SECRET, "anna", "wrong-012345") if private in logged]
