"""Keys as they are configured, and whose things they open."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from backend.api_keys import MAX_WRONG_KEYS, ApiKeys, WrongKeyLimiter
from backend.errors import MissingKeyError, TooManyWrongKeysError, UnknownKeyError
from backend.settings import BackendSettings

ONE, TWO = "first-0123456789", "second-0123456789"


def test_an_owner_follows_from_the_key_and_does_not_show_it():
    keys = ApiKeys([ONE, TWO])
    assert keys.owner_of(ONE) == ApiKeys([ONE]).owner_of(ONE), "the history would be lost"
    assert keys.owner_of(ONE) != keys.owner_of(TWO)
    assert ONE not in keys.owner_of(ONE)
    assert ApiKeys([]).owner_of(None) == ApiKeys([]).owner_of("any") == "local"
    for error, sent in ((MissingKeyError, None), (MissingKeyError, ""), (UnknownKeyError, "x")):
        with pytest.raises(error):
            keys.owner_of(sent)


def test_keys_are_read_and_those_that_cannot_be_sent_are_refused():
    assert BackendSettings(_env_file=None, api_keys=f" {ONE},{TWO}, ").keys == (ONE, TWO)
    assert ONE not in repr(BackendSettings(_env_file=None, api_keys=ONE))
    for unfit in (",", f"{ONE} {TWO}", "ключ" * 4, "x" * 257, "x" * 15):
        with pytest.raises(ValidationError) as refused:
            BackendSettings(_env_file=None, api_keys=f"{unfit}")
        assert "in API_KEYS" in str(refused.value) or "API_KEYS contains" in str(refused.value)
        assert "ключ" not in str(refused.value)
        assert "xxx" not in str(refused.value)


def test_short_key_stops_the_start_unless_the_minimum_is_lowered():
    """Otherwise an upgrade locks a client with a short key out of its history."""
    with pytest.raises(ValidationError, match="lower API_KEY_MIN_LENGTH"):
        BackendSettings(_env_file=None, api_keys="12345")
    settings = BackendSettings(_env_file=None, api_keys="12345", api_key_min_length=5)
    assert settings.keys == ("12345",)


def test_keys_are_read_from_a_file_too(tmp_path: Path):
    """Environment variables show in `docker inspect` and in /proc."""
    file = tmp_path / "api_keys"
    file.write_text(f"{TWO}\n\n")
    settings = BackendSettings(_env_file=None, api_keys=ONE, api_keys_file=str(file))
    assert settings.keys == (ONE, TWO)
    assert BackendSettings(_env_file=None, api_keys_file=str(file)).keys == (TWO,)


@pytest.mark.parametrize("content", [None, b"", b"\n", b"short\n", b"\xff" * 16])
def test_key_file_without_a_fit_key_stops_the_start(tmp_path: Path, content: bytes | None):
    """Otherwise the backend would be open to everybody."""
    file = tmp_path / "api_keys"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValidationError, match="API_KEYS_FILE"):
        BackendSettings(_env_file=None, api_keys_file=str(file))


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def _guess(keys: ApiKeys, n: int, client: str) -> None:
    for number in range(n):
        with pytest.raises(UnknownKeyError):
            keys.owner_of(f"wrong-{number}", client)


def test_wrong_keys_are_limited_for_each_client():
    """Otherwise somebody tries hundreds of keys a second."""
    clock = _Clock()
    keys = ApiKeys([ONE, TWO], WrongKeyLimiter(clock))
    _guess(keys, MAX_WRONG_KEYS, "192.0.2.1")
    for key in ("wrong", ONE):  # no key is checked: the answer says nothing about it
        with pytest.raises(TooManyWrongKeysError) as refused:
            keys.owner_of(key, "192.0.2.1")
        assert refused.value.headers == {"Retry-After": "6"}
    assert keys.owner_of(ONE, "192.0.2.2")
    clock.now += 6
    _guess(keys, 1, "192.0.2.1")
    with pytest.raises(TooManyWrongKeysError):
        keys.owner_of("wrong", "192.0.2.1")
    clock.now += 3600
    _guess(keys, MAX_WRONG_KEYS, "192.0.2.1")


def test_script_with_an_old_key_does_not_shut_out_its_neighbours():
    keys = ApiKeys([ONE, TWO], WrongKeyLimiter(_Clock()))
    owner = keys.owner_of(ONE, "192.0.2.1")
    _guess(keys, MAX_WRONG_KEYS, "192.0.2.1")
    assert keys.owner_of(ONE, "192.0.2.1") == owner
    with pytest.raises(TooManyWrongKeysError):
        keys.owner_of(TWO, "192.0.2.1")


def test_ipv6_client_cannot_evade_the_limit_with_its_many_addresses():
    keys = ApiKeys([ONE], WrongKeyLimiter(_Clock()))
    for number in range(MAX_WRONG_KEYS):
        _guess(keys, 1, f"2001:db8::{number}")
    with pytest.raises(TooManyWrongKeysError):
        keys.owner_of("wrong", "2001:db8::ffff")
    _guess(keys, 1, "2001:db8:0:1::1")


@pytest.mark.parametrize(
    ("bound", "published", "keys", "is_open"),
    [
        ("127.0.0.1", "", "", False),
        ("::1", "", "", False),
        ("localhost", "", "", False),
        ("0.0.0.0", "", "", True),
        ("192.0.2.1", "", "", True),
        ("0.0.0.0", "127.0.0.1", "", False),
        ("0.0.0.0", "0.0.0.0", "", True),
        ("0.0.0.0", "", ONE, False),
    ],
)
def test_without_keys_only_this_machine_may_connect(bound, published, keys, is_open):
    settings = BackendSettings(
        _env_file=None, bind_address=bound, published_address=published, api_keys=keys
    )
    assert settings.is_open_to_others is is_open
