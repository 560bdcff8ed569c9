"""Dates in the formats of .NET: from one into another, and from a date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from idcode.expressions.dateformats import Stamp, elements, write
from idcode.expressions.datereading import read, read_styles
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import Check, Problem, function
from idcode.expressions.moments import read_moment

if TYPE_CHECKING:
    from idcode.expressions.program import Environment


def _checks(*looks: Callable[[str], object] | None) -> Check:
    """Return a check that tries each argument that is a literal."""

    def check(arguments: Sequence[object]) -> Problem | None:
        for index, (look, argument) in enumerate(zip(looks, arguments, strict=True)):
            try:
                if look and isinstance(argument, str):
                    look(argument)
            except EvaluationError as problem:
                return Problem(problem.message, index)
        return None

    return check


@function(
    "FormatDateTime(source: text, inputFormat?: text, outputFormat: text) -> text",
    "A date text of one .NET format in another; it must have the input format exactly. Without an input format it is "
    "read as CDate does.",
    example='FormatDateTime("20150123105347.1Z", "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")',
    result="2015-01-23",
    dialects=("entra", "mim"),
    environment=True,
    check=_checks(None, elements, elements),
)
def _format(environment: Environment, source: str | None, form: str | None, output: str | None) -> str | None:
    if form is None and source is not None:
        with _named("FormatDateTime"):
            return write(Stamp(read_moment(source)), output or "")
    return _reformatted(source, form, None, output, environment.now)


@function(
    "FormatDateTime(source: text, styles?: text, inputFormat: text, outputFormat: text) -> text",
    "The same with .NET's DateTimeStyles; without them, blanks around the text are allowed and Z stays UTC.",
    example='FormatDateTime("31.12. 2025 7 PM", "AllowInnerWhite", "d.M.yyyy h tt", "yyyy-MM-dd HH:mm")',
    result="2025-12-31 19:00",
    dialects=("entra", "mim"),
    environment=True,
    check=_checks(None, read_styles, elements, elements),
)
def _format_with_styles(
    environment: Environment, source: str | None, styles: str | None, form: str | None, output: str | None
) -> str | None:
    return _reformatted(source, form, styles, output, environment.now)


@function(
    "FormatDateTime(date: moment, format: text) -> text",
    "A date in a .NET format; null stays null.",
    example='FormatDateTime(CDate("12/25/2007"), "yyyy-MM-dd")',
    result="2007-12-25",
    dialects=("connect",),
    check=_checks(None, elements),
)
def _format_of_connect(date: datetime | None, form: str | None) -> str | None:
    return _written(date, form, "FormatDateTime")


@function(
    "DateTimeFormat(date: moment, format: text) -> text",
    "A date, which may be a text that CDate can read, in a .NET format; null stays null.",
    example='DateTimeFormat("12/25/2007", "yyyy-MM-dd")',
    result="2007-12-25",
    check=_checks(None, elements),
)
def _format_of_mim(date: datetime | None, form: str | None) -> str | None:
    return _written(date, form, "DateTimeFormat")


def _reformatted(
    source: str | None, form: str | None, styles: str | None, output: str | None, now: datetime
) -> str | None:
    if source is None:
        return None
    with _named("FormatDateTime"):
        return write(read(source, form or "", read_styles(styles), now), output or "")


def _written(date: datetime | None, form: str | None, use: str) -> str | None:
    if date is None:
        return None
    with _named(use):
        return write(Stamp(date), form or "")


@contextmanager
def _named(function: str) -> Iterator[None]:
    """Say which function it was in the message of an error."""
    try:
        yield
    except EvaluationError as problem:
        raise EvaluationError(f"{function}: {problem.message}") from None
