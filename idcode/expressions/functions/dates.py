"""Dates: reading, adding, counting, Windows file times.

A bare date stays one while whole days are added to it; everything else is a moment in UTC.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from idcode.expressions.conversions import moment, single
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import Check, Problem, function
from idcode.expressions.moments import read_moment
from idcode.model.values import Value

if TYPE_CHECKING:
    from idcode.expressions.program import Environment

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
"""Where Windows file times begin (MS-DTYP, section 2.3.3)."""
_SPANS = {
    "ww": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "n": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_MONTHS = {"yyyy": 12, "m": 1}
_SPANS_OF_CONNECT = {**_SPANS, "y": timedelta(days=1), "w": timedelta(days=1)}
_MONTHS_OF_CONNECT = {**_MONTHS, "q": 3}
_WHOLE_DAYS = frozenset({"yyyy", "m", "ww", "d"})


def _interval_check(known: Collection[str]) -> Check:
    def check(arguments: Sequence[object]) -> Problem | None:
        interval = arguments[0]
        if interval in known or not isinstance(interval, str):
            return None
        return Problem(_no_interval(interval, known), 0)

    return check


def _no_interval(interval: str | None, known: Collection[str]) -> str:
    return f"there is no interval {interval}; it is {', '.join(known)}"


@function(
    "Now() -> moment",
    "The moment the plan is made for.",
    example='IIF(Now() >= CDate("2020-01-01"), "late", "early")',
    result="late",
    environment=True,
)
def _now(environment: Environment) -> datetime:
    return environment.now


@function(
    "CDate(text: moment) -> moment",
    "The moment that a text spells: ISO 8601 or M/d/yyyy h:mm:ss tt, UTC where no offset is given; null stays null.",
    example='CDate("2021-06-30+08:00")',
    result=datetime(2021, 6, 29, 16, tzinfo=UTC),
    dialects=("entra", "mim"),
)
def _to_moment(value: datetime | None) -> datetime | None:
    # The text that Entra's CDate gives has no fractions of a second.
    return value if value is None or not value.microsecond else value.replace(microsecond=0)


@function(
    "CDate(text: text) -> moment",
    "The moment that a text spells: ISO 8601 or M/d/yyyy h:mm:ss tt, UTC where no offset is given; null stays null.",
    example='CDate("2013-01-10 4:00 PM -8")',
    result=datetime(2013, 1, 11, tzinfo=UTC),
    dialects=("connect",),
)
def _to_moment_of_connect(source: str | None) -> datetime | None:
    return moment(source, "text of CDate")


@function(
    "IsDate(value: scalar) -> condition",
    "Whether the value is a date, or a text that CDate can read.",
    example='IsDate("2013-01-10 4:00 PM -8")',
    result=True,
)
def _is_date(value: Value) -> bool:
    only = single(value, "IsDate")
    if isinstance(only, str):
        try:
            read_moment(only)
        except EvaluationError:
            return False
    return isinstance(only, str | date)


@function(
    "DateAdd(interval: text, number: integer, date: any) -> any",
    "The date moved by a number of intervals: yyyy, m, ww, d, h, n (minutes) or s; null stays null.",
    example='DateAdd("d", 7, CDate("2012-03-16-07:00"))',
    result=datetime(2012, 3, 23, 7, tzinfo=UTC),
    dialects=("entra", "mim"),
    check=_interval_check((*_MONTHS, *_SPANS)),
)
def _date_add(interval: str | None, number: int, value: Value) -> date | datetime | None:
    only = single(value, "date of DateAdd")
    bare = isinstance(only, date) and not isinstance(only, datetime)
    begin = moment(only, "date of DateAdd")
    if begin is None:
        return None
    moved = _moved(begin, interval, number, _SPANS, _MONTHS)
    return moved.date() if bare and interval in _WHOLE_DAYS else moved


@function(
    "DateAdd(interval: text, number: integer, date: moment) -> moment",
    "The date moved by a number of intervals: yyyy, q (quarters), m, ww, d, y and w (days, too), h, n (minutes) or s; "
    "null stays null.",
    example='DateAdd("q", 1, CDate("2001-01-01"))',
    result=datetime(2001, 4, 1, tzinfo=UTC),
    dialects=("connect",),
    check=_interval_check((*_MONTHS_OF_CONNECT, *_SPANS_OF_CONNECT)),
)
def _date_add_of_connect(interval: str | None, number: int, begin: datetime | None) -> datetime | None:
    if begin is None:
        return None
    return _moved(begin, interval, number, _SPANS_OF_CONNECT, _MONTHS_OF_CONNECT)


def _moved(
    begin: datetime, interval: str | None, number: int, spans: dict[str, timedelta], months: dict[str, int]
) -> datetime:
    if interval is None or (interval not in spans and interval not in months):
        raise EvaluationError(f"DateAdd: {_no_interval(interval, (*months, *spans))}")
    try:
        if interval in spans:
            return begin + number * spans[interval]
        return _later_by_months(begin, number * months[interval])
    except (OverflowError, ValueError):
        raise EvaluationError("DateAdd: the result is outside the years 1 to 9999") from None


def _later_by_months(begin: datetime, count: int) -> datetime:
    """Return the same day of another month, or its last one. ``ValueError`` outside the years 1 to 9999."""
    year, month = divmod(begin.year * 12 + begin.month - 1 + count, 12)
    if not 1 <= year <= 9999:
        raise ValueError(year)
    day = begin.day if begin.day <= 28 else min(begin.day, calendar.monthrange(year, month + 1)[1])
    return begin.replace(year=year, month=month + 1, day=day)


@function(
    "DateDiff(interval: text, date1: moment, date2: moment) -> integer",
    "How many intervals date2 is later than date1: calendar years (yyyy) and months (m), Sundays passed (ww), or whole "
    "days (d), hours (h), minutes (n) and seconds (s).",
    example='DateDiff("d", CDate("2021-08-18"), CDate("2021-08-31"))',
    result=13,
    check=_interval_check((*_MONTHS, *_SPANS)),
)
def _date_diff(interval: str | None, date1: datetime | None, date2: datetime | None) -> int:
    if date1 is None or date2 is None:
        raise EvaluationError("DateDiff: one of the dates has no value")
    if interval == "yyyy":
        return date2.year - date1.year
    if interval == "m":
        return (date2.year - date1.year) * 12 + date2.month - date1.month
    if interval == "ww":
        # Sundays are the ordinals divisible by 7.
        return date2.toordinal() // 7 - date1.toordinal() // 7
    if interval not in _SPANS:
        raise EvaluationError(f"DateDiff: {_no_interval(interval, (*_MONTHS, *_SPANS))}")
    whole = abs(date2 - date1) // _SPANS[interval]
    return whole if date2 >= date1 else -whole


@function(
    "DateFromNum(number: integer) -> moment",
    "The moment of a Windows file time, in units of 100 ns since 1601.",
    example="DateFromNum(129699324000000000)",
    result=datetime(2012, 1, 1, 23, tzinfo=UTC),
)
def _from_filetime(number: int) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=number // 10)
    except OverflowError:
        raise EvaluationError("DateFromNum: the result is outside the years 1 to 9999") from None


@function(
    "NumFromDate(date: moment) -> integer",
    "The Windows file time of a moment, in units of 100 ns since 1601; null stays null.",
    example='NumFromDate("2012-01-01T23:00:00Z")',
    result=129699324000000000,
)
def _to_filetime(value: datetime | None) -> int | None:
    if value is None:
        return None
    return (value - _EPOCH) // timedelta(microseconds=1) * 10
