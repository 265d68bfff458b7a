"""Translate keys into texts; format numbers, sizes and times for the language."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal, format_percent

from frontend.i18n import en, ru

Text = str | dict[str, str]
"""A template, or one per plural form of CLDR, chosen by `count`."""


class Language(StrEnum):
    """Languages of the page; the first one is the default."""

    RU = "ru"
    EN = "en"


TEXTS: dict[Language, dict[str, Text]] = {Language.RU: ru.TEXTS, Language.EN: en.TEXTS}


@dataclass(frozen=True)
class Translator:
    """The texts of the page in one language."""

    language: Language

    def __call__(self, key: str, *, count: float | None = None, **values: object) -> str:
        """Return the text of a key.

        Args:
            key: a key of `TEXTS`.
            count: chooses the plural form and fills `{count}`.
            values: fill the other placeholders; numbers are formatted for the language.
        """
        template = TEXTS[self.language][key]
        if isinstance(template, dict):
            template = template[self._plural_form(count or 0)]
        values["count"] = count
        return template.format(**{name: self._formatted(value) for name, value in values.items()})

    def templates(self, prefixes: tuple[str, ...]) -> dict[str, Text]:
        """Return the templates whose keys have one of the prefixes, for the browser to fill in."""
        texts = TEXTS[self.language]
        return {key: text for key, text in texts.items() if key.startswith(prefixes)}

    def number(self, value: float, digits: int = 3) -> str:
        """Format a number with the decimal sign and thousands separator of the language.

        Args:
            value: the number.
            digits: maximum number of decimals; ties round away from zero, as in browsers.
        """
        exact = Decimal(str(value))
        rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        return format_decimal(rounded, locale=self.language.value)

    def labels(self, prefix: str) -> dict[str, Text]:
        """Return the templates whose keys have a prefix, with the prefix removed from the keys."""
        texts = TEXTS[self.language].items()
        return {key.removeprefix(prefix): text for key, text in texts if key.startswith(prefix)}

    def share(self, share: float) -> str:
        """Format a share of 1 as the nearest whole percent."""
        return self.percent(math.floor(share * 100 + 0.5) / 100)

    def percent(self, share: float) -> str:
        """Format progress, a share of 1, as whole percent, rounded down: only 1.0 is 100 %."""
        whole = math.floor(min(1, share) * 100 + 1e-6) / 100
        return format_percent(whole, locale=self.language.value)

    def file_size(self, size_bytes: int) -> str:
        """Format a size with at most one decimal, in units of 1024."""
        size, unit = float(size_bytes), "bytes"
        for larger in ("kilobytes", "megabytes", "gigabytes"):
            if size < 1024:
                break
            size, unit = size / 1024, larger
        digits = 0 if size >= 100 or unit == "bytes" else 1
        return self(f"size.{unit}", amount=self.number(size, digits))

    def duration(self, seconds: float) -> str:
        """Format a duration in at most two units, such as `6 min 12 s` or `6 min`."""
        whole = max(1, _round_half_up(seconds)) if seconds > 0 else 0
        minutes, rest = divmod(whole, 60)
        hours, minutes = divmod(minutes, 60)
        parts = [("hours", hours), ("minutes", minutes), ("seconds", rest)]
        first = next((place for place, (_, count) in enumerate(parts) if count), 2)
        large, *small = parts[first : first + 2]
        shown = [large, *(part for part in small if part[1])]
        return " ".join(self(f"duration.{unit}", count=count) for unit, count in shown)

    def day(self, day: date, *, with_year: bool = True) -> str:
        """Format a date, such as `22 November 2026`."""
        pattern = "d MMMM y" if with_year else "d MMMM"
        return format_date(day, pattern, locale=self.language.value)

    def moment(self, moment: datetime, now: datetime) -> str:
        """Format a moment relative to now; both are in the visitor's time zone."""
        time = format_time(moment, "short", tzinfo=moment.tzinfo, locale=self.language.value)
        days_ago = (now.date() - moment.date()).days
        if days_ago == 0:
            return self("history.today", time=time)
        if days_ago == 1:
            return self("history.yesterday", time=time)
        day = self.day(moment.date(), with_year=moment.year != now.year)
        return f"{day}, {time}"

    def time_left(self, seconds: float) -> str:
        """Format a remaining time, rounded to the precision of the estimate."""
        if seconds < 10:
            return self("time_left.moments")
        if seconds < 50:
            return self("time_left.under_a_minute")
        minutes = max(1, _round_half_up(seconds / 60))
        if minutes < 60:
            return self("time_left.minutes", count=minutes)
        hours, rest = divmod(_round_half_up(minutes / 10) * 10, 60)
        if not rest:
            return self("time_left.hours", count=hours)
        return self("time_left.hours_minutes", count=hours, minutes=rest)

    def _formatted(self, value: object) -> object:
        return self.number(value) if isinstance(value, int | float) else value

    def _plural_form(self, count: float) -> str:
        return Locale.parse(self.language.value).plural_form(count)


def _round_half_up(value: float) -> int:
    """Round as browsers do; Python's own `round` turns 0.5 into 0 and 1.5 into 2."""
    return math.floor(value + 0.5)


def clock(seconds: float) -> str:
    """Format a position in a recording as `m:ss`, or `h:mm:ss` from one hour."""
    minutes, rest = divmod(int(seconds + 1e-6), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
