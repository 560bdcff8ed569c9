"""Dates as the provisioning service reads and writes them.

All moments are UTC; a text without an offset is UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

from idcode.expressions.errors import EvaluationError

_TEXT = re.compile(
    r"(?:(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"|(?P<us_month>[0-9]{1,2})/(?P<us_day>[0-9]{1,2})/(?P<us_year>[0-9]{4}))"
    r"(?:[T ]\s*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,7}))?)?(?:\s*(?P<half>[AaPp][Mm]))?)?"
    r"\s*(?P<offset>[Zz]|[+-][0-9]{1,2}(?::?[0-9]{2})?)?"
)


# The same few thousand days come again and again: in the records of many people, and in several flows of one.
@lru_cache(maxsize=16_384)
def read_moment(text: str) -> datetime:
    """Read an ISO date or date-time, or ``M/d/yyyy [h:mm:ss tt]``, each with an optional offset, as UTC.

    Raises :class:`EvaluationError` for anything else, and for moments outside the years 1 to 9999.
    """
    match = _TEXT.fullmatch(text.strip())
    if not match:
        raise EvaluationError(f'"{text}" is not a date that can be read')
    try:
        local = datetime(
            int(match["year"] or match["us_year"]),
            int(match["month"] or match["us_month"]),
            int(match["day"] or match["us_day"]),
            hour_of_day(int(match["hour"] or 0), match["half"]),
            int(match["minute"] or 0),
            int(match["second"] or 0),
            int((match["fraction"] or "").ljust(6, "0")[:6]),
            tzinfo=read_offset(match["offset"]),
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise EvaluationError(f'"{text}" is not a date of the calendar') from None


def hour_of_day(hour: int, half: str | None) -> int:
    """Return the hour from 0 to 23 of a clock time with or without ``AM`` or ``PM``; ``ValueError`` otherwise."""
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(f"{hour} {half} is no time of day")
    return hour % 12 + (12 if half.upper() == "PM" else 0)


def read_offset(text: str | None) -> timezone:
    """Return the zone of ``Z``, ``-8``, ``-08``, ``-0800`` or ``-08:00``; UTC for none. ``ValueError`` over a day."""
    if text is None or text in "Zz":
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    shift = timedelta(hours=hours, minutes=minutes)
    return timezone(-shift if text[0] == "-" else shift)


def moment_text(moment: datetime) -> str:
    """Return the text form ``M/d/yyyy h:mm:ss tt`` in UTC."""
    utc = moment.astimezone(UTC)
    half = "AM" if utc.hour < 12 else "PM"
    return f"{utc.month}/{utc.day}/{utc.year:04} {utc.hour % 12 or 12}:{utc.minute:02}:{utc.second:02} {half}"


def start_of(day: date) -> datetime:
    """Return the first moment of ``day`` in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
