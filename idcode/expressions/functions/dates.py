"""Dates: reading, adding, counting, Windows file times.

A bare date stays one while whole days are added to it; everything else is a moment in UTC.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from idcode.expressions.conversions import moment, single
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import function
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
_INTERVALS = "yyyy, m, ww, d, h, n or s"


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
)
def _to_moment(value: datetime | None) -> datetime | None:
    return value


@function(
    "DateAdd(interval: text, number: integer, date: any) -> any",
    "The date moved by a number of intervals: yyyy, m, ww, d, h, n (minutes) or s; null stays null.",
    example='DateAdd("d", 7, CDate("2012-03-16-07:00"))',
    result=datetime(2012, 3, 23, 7, tzinfo=UTC),
    dialects=("entra", "mim"),
)
def _date_add(interval: str | None, number: int, value: Value) -> date | datetime | None:
    only = single(value, "date of DateAdd")
    bare = isinstance(only, date) and not isinstance(only, datetime)
    begin = moment(only, "date of DateAdd")
    if begin is None:
        return None
    try:
        moved = _moved(begin, interval, number)
    except (OverflowError, ValueError):
        raise EvaluationError("DateAdd: the result is outside the years 1 to 9999") from None
    return moved.date() if bare and interval in ("yyyy", "m", "ww", "d") else moved


def _moved(begin: datetime, interval: str | None, number: int) -> datetime:
    if interval in _SPANS:
        return begin + number * _SPANS[interval]
    if interval not in _MONTHS:
        raise EvaluationError(f"DateAdd: the interval is {_INTERVALS}")
    months = begin.year * 12 + begin.month - 1 + number * _MONTHS[interval]
    year, month = months // 12, months % 12 + 1
    if not 1 <= year <= 9999:
        raise OverflowError(year)
    return begin.replace(year=year, month=month, day=min(begin.day, calendar.monthrange(year, month)[1]))


@function(
    "DateDiff(interval: text, date1: moment, date2: moment) -> integer",
    "How many intervals date2 is later than date1: calendar years (yyyy) and months (m), Sundays passed (ww), or whole "
    "days (d), hours (h), minutes (n) and seconds (s).",
    example='DateDiff("d", CDate("2021-08-18"), CDate("2021-08-31"))',
    result=13,
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
        raise EvaluationError(f"DateDiff: the interval is {_INTERVALS}")
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
