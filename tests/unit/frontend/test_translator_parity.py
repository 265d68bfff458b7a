"""The server and the page's scripts must write the same number, plural, size or time alike."""

import json
from collections.abc import Iterator

import pytest

from frontend.i18n import Language, Translator
from frontend.i18n.translator import TEXTS, clock
from unit.frontend.node import SCRIPT_TESTS, run_node

COUNTS = (0, 1, 2, 3, 4, 5, 10, 11, 12, 14, 20, 21, 22, 25, 100, 101, 111, 112, 121, 999, 1000,
          1234, 10_000, 1_234_567, 0.5, 1.5, 2.25, 21.1)  # fmt: skip
NUMBERS = (*COUNTS, -1, -0.5, 0.05, 0.25, 0.35, 0.0005, 0.0015, 1.005, 2.675, 1234.5678, 1e9)
SHARES = (0, 0.001, 0.01, 0.07, 0.28, 0.29, 0.5, 0.57, 0.58, 0.594, 0.595, 0.995, 0.999, 1, 1.2)
SIZES = (0, 1, 2, 5, 11, 21, 22, 111, 1000, 1023, 1024, 1025, 1075, 1076, 1126, 1177, 1280, 1331,
         1536, 2000, 10_137, 10_240, 102_348, 102_349, 102_400, 999_999, 1024**2 - 1, 1024**2,
         1_310_720, 1_415_577, 300 * 1024**2, 1024**3 - 1, 1024**3, 4 * 1024**3,
         4_563_402_752, 1024**4 - 1, 1024**4, 5000 * 1024**3)  # fmt: skip
DURATIONS = (0, 0.01, 0.4, 0.5, 1, 1.5, 2, 2.5, 3.5, 9.9, 10, 11, 21, 22, 49.9, 50, 59, 59.4, 59.5,
             59.6, 60, 61, 89, 90, 91, 111, 125, 149, 150, 151, 372.4, 599, 600, 1260, 3540, 3569,
             3570, 3599, 3599.5, 3600, 3900, 3901, 4500, 5100, 5400, 7384, 8340, 10_680, 20_100,
             39_600, 75_600, 79_200, 82_800, 86_399, 86_400, 86_460, 90_000, 172_800, 266_400,
             399_600, 1_000_000, 4_000_000)  # fmt: skip
PLURALS = [key for key, text in TEXTS[Language.RU].items() if isinstance(text, dict)]
VALUES = {"minutes": 1234, "duration": "1 s"} | dict.fromkeys(
    ("name", "day", "model", "words", "corrected"), "1"
)
"""Stand for every other value in a text with a plural."""


def _calls(t: Translator) -> Iterator[tuple[list[object], str]]:
    """Yield calls of the page's translator, each with what the server's one returns."""
    for key in PLURALS:
        for count in COUNTS:
            values = {**VALUES, "count": count}
            yield ["text", key, values], t(key, **values)
    for value in NUMBERS:
        yield ["number", value], t.number(value)
        for digits in (0, 1, 2):
            yield ["number", value, digits], t.number(value, digits)
    for share in SHARES:
        yield ["percent", share], t.percent(share)
        yield ["share", share], t.share(share)
    for size in SIZES:
        yield ["size", size], t.file_size(size)
    for seconds in DURATIONS:
        yield ["duration", seconds], t.duration(seconds)
        yield ["timeLeft", seconds], t.time_left(seconds)
        yield ["clock", seconds], clock(seconds)


@pytest.mark.parametrize("language", list(Language))
def test_the_page_and_the_server_write_the_same(language: Language):
    t = Translator(language)
    calls = list(_calls(t))
    request = {
        "language": language.value,
        "labels": TEXTS[language],
        "calls": [call for call, _ in calls],
    }
    done = run_node(str(SCRIPT_TESTS / "translate.mjs"), stdin=json.dumps(request))
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    differing = [
        (call, expected, answer)
        for (call, expected), answer in zip(calls, answers, strict=True)
        if expected != answer
    ]
    assert differing == []
