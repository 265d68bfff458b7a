"""Keys as they are configured, and whose things they open."""

import pytest
from pydantic import ValidationError

from backend.api_keys import ApiKeys
from backend.errors import MissingKeyError, UnknownKeyError
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
    for unfit in (",", "a b", "ключ", "x" * 257):
        with pytest.raises(ValidationError) as refused:
            BackendSettings(_env_file=None, api_keys=f"{unfit}")
        assert "ключ" not in str(refused.value)


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
