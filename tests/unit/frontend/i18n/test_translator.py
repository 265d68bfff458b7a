import pytest

from frontend.i18n import Language, Translator
from frontend.i18n.translator import clock

RU, EN = Translator(Language.RU), Translator(Language.EN)


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 слов"), (1, "1 слово"), (2, "2 слова"), (5, "5 слов"), (11, "11 слов"),
     (21, "21 слово"), (112, "112 слов"), (1234, "1\xa0234 слова")],
)  # fmt: skip
def test_russian_plurals(count: int, words: str):
    assert RU("result.words", count=count) == words


@pytest.mark.parametrize(
    ("seconds", "russian", "english"),
    [
        (3, "осталось несколько секунд", "a few seconds left"),
        (40, "осталось меньше минуты", "less than a minute left"),
        (59, "осталось около 1 минуты", "about 1 minute left"),
        (125, "осталось около 2 минут", "about 2 minutes left"),
        (21 * 60, "осталось около 21 минуты", "about 21 minutes left"),
        (3600, "осталось около 1 часа", "about 1 hour left"),
        (2 * 3600 + 19 * 60, "осталось около 2 часов 20 минут", "about 2 hours 20 minutes left"),
        (2 * 3600 + 58 * 60, "осталось около 3 часов", "about 3 hours left"),
    ],
)
def test_time_left_is_rounded_and_put_into_words(seconds: float, russian: str, english: str):
    assert RU.time_left(seconds) == russian
    assert EN.time_left(seconds) == english


@pytest.mark.parametrize(
    ("size", "russian", "english"),
    [
        (0, "0\xa0Б", "0\xa0B"),
        (1023, "1\xa0023\xa0Б", "1,023\xa0B"),
        (1536, "1,5\xa0КБ", "1.5\xa0KB"),
        (300 * 1024**2, "300\xa0МБ", "300\xa0MB"),
        (4 * 1024**3, "4\xa0ГБ", "4\xa0GB"),
    ],
)
def test_sizes_use_the_decimal_sign_of_the_language(size: int, russian: str, english: str):
    assert RU.file_size(size) == russian
    assert EN.file_size(size) == english


@pytest.mark.parametrize(
    ("seconds", "russian"),
    [
        (0.4, "1\xa0с"),
        (59.6, "1\xa0мин"),
        (3605, "1\xa0ч"),
        (372.4, "6\xa0мин 12\xa0с"),
        (7384, "2\xa0ч 3\xa0мин"),
    ],
)
def test_durations_carry_over_to_the_next_unit(seconds: float, russian: str):
    assert RU.duration(seconds) == russian


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (59.96, "0:59"), (61.24, "1:01"), (3661.2, "1:01:01"), (36_000.05, "10:00:00")],
)
def test_a_position_is_formatted_as_in_a_player(seconds: float, shown: str):
    assert clock(seconds) == shown


def test_percent_is_rounded_down():
    assert RU.percent(0.999) == "99\xa0%"
    assert EN.percent(1.0) == "100%"
