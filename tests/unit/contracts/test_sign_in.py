"""If these fail, somebody signs in as another user by writing a header."""

import pytest

from contracts.sign_in import NO_SIGN_IN, SignIn

SECRET = "secret-0123456789"
SIGN_IN = SignIn.parse("X-Forwarded-User", SECRET)


def test_a_user_is_believed_with_the_secret_only():
    assert SIGN_IN.user_of([SECRET], ["anna"]) == "anna"
    for secrets in ([], [""], [SECRET[:-1]], [SECRET + "x"], ["ключ"], [SECRET, SECRET]):
        assert SIGN_IN.user_of(secrets, ["anna"]) is None
    assert NO_SIGN_IN.user_of([""], ["anna"]) is None


@pytest.mark.parametrize(
    "users",
    [[], [""], [" "], ["anna", "boris"], ["x" * 257], ["a\tb"], ["\x7f"], ["\xff"]],
    ids=repr,
)
def test_what_is_no_single_name_signs_nobody_in(users: list[str]):
    assert SIGN_IN.user_of([SECRET], users) is None


def test_a_name_passes_from_the_proxy_over_the_page_to_the_backend():
    """Servers decode headers as Latin-1, proxies send UTF-8."""
    raw = "Анна".encode().decode("latin-1")
    assert SIGN_IN.user_of([SECRET], [raw]) == "Анна"
    passed = dict(SIGN_IN.headers_of("Анна"))
    assert passed == {
        b"X-Sign-In-Secret": SECRET.encode(),
        b"X-Forwarded-User": "Анна".encode(),
    }


@pytest.mark.parametrize(
    ("header", "secret"),
    [("X-Forwarded-User", ""), ("", SECRET), ("X-Forwarded-User", "short")],
)
def test_half_a_sign_in_stops_the_start(header: str, secret: str):
    """Otherwise everybody could sign in, or nobody."""
    with pytest.raises(ValueError, match="SIGN_IN_SECRET") as refused:
        SignIn.parse(header, secret)
    assert not secret or secret not in str(refused.value)


def test_the_secret_is_not_shown():
    assert SECRET not in repr(SIGN_IN)
