"""A foreign host or origin that passed could read and delete through a visitor's browser."""

import re

import pytest

from contracts.hosts import HOSTS_PATTERN, AllowedHosts, is_cross_origin


def _hosts(configured: str = "", bind_address: str = "127.0.0.1") -> AllowedHosts:
    return AllowedHosts.parse(configured, bind_address)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:8009", "127.0.0.1:8009", "[::1]", "[::1]:8009", "backend:8009",
     "llm:4321", "frontend", "localhost.:8010"],
)  # fmt: skip
def test_this_machine_and_the_services_are_allowed(host: str):
    assert _hosts().allows(host)


@pytest.mark.parametrize(
    "host",
    ["attacker.example", "localhost.attacker.example", "127.0.0.1.attacker.example:8009",
     "attacker.example:8009", "192.0.2.1", "[2001:db8::1]", "", None, "localhost/", "a@localhost",
     "localhost:8009:8009", "[localhost]", "localhost\x00", "*", "http://localhost"],
)  # fmt: skip
def test_any_other_host_is_refused(host: str | None):
    assert not _hosts().allows(host)


def test_bind_address_is_allowed_and_a_wildcard_stands_for_every_address():
    assert _hosts(bind_address="192.0.2.1").allows("192.0.2.1:8009")
    assert not _hosts(bind_address="192.0.2.1").allows("192.0.2.2:8009")
    for wildcard in ("0.0.0.0", "::"):
        assert _hosts(bind_address=wildcard).allows("192.0.2.2:8009")
        assert _hosts(bind_address=wildcard).allows("[2001:db8::1]:8009")
        assert not _hosts(bind_address=wildcard).allows("attacker.example")


def test_configured_names_are_allowed_beside_the_own_ones():
    hosts = _hosts("speech.example.com, *.office.example,[2001:db8::1]")
    for allowed in ("Speech.example.com:443", "a.b.office.example", "[2001:db8::1]", "localhost"):
        assert hosts.allows(allowed)
    for foreign in ("example.com", "office.example", "badoffice.example", "x.speech.example.com"):
        assert not hosts.allows(foreign)
    assert _hosts("*").allows("attacker.example")


@pytest.mark.parametrize("wrong", ["https://a.example", "a.example:8009", "a b", "*a.example", ","])
def test_setting_that_could_never_match_is_refused(wrong: str):
    assert not re.match(HOSTS_PATTERN, wrong)
    for right in ("", "a.example", "*", "*.a.example, b , 10.0.0.1,[::1]"):
        assert re.match(HOSTS_PATTERN, right)


@pytest.mark.parametrize(
    ("headers", "is_foreign"),
    [
        ({}, False),
        ({"sec-fetch-site": "same-origin", "origin": "https://rewritten.example"}, False),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "http://own:1"}, True),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "none", "origin": "https://attacker.example"}, True),
        ({"origin": "http://own:1"}, False),
        ({"origin": "http://own:2"}, True),
        ({"origin": "https://attacker.example"}, True),
        ({"origin": "null"}, True),
        ({"origin": "http://["}, True),
        ({"origin": "https://allowed.example", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "https://allowed.example"}, False),
    ],
    ids=str,
)
def test_browser_on_another_page_is_recognised(headers: dict[str, str], is_foreign: bool):
    allowed = ["https://allowed.example"]
    assert is_cross_origin({"host": "own:1", **headers}, allowed) is is_foreign
