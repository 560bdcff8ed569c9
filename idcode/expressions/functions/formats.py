"""FormatDateTime: .NET's custom date formats, read and written with the invariant culture.

Source: .NET documentation, "Custom date and time format strings". Supported are ``d dd ddd dddd M MM MMM MMMM
yy yyyy H HH h hh m mm s ss t tt z zz zzz K``, up to seven ``f`` or ``F``, quoted text and ``\\x``; every
other character stands for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import Problem, function
from idcode.expressions.moments import hour_of_day, read_offset

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TOKEN = re.compile(
    r"'[^']*'|\"[^\"]*\"|\\.|d{1,4}|M{1,4}|y{1,5}|H{1,2}|h{1,2}|m{1,2}|s{1,2}|t{1,2}|z{1,3}|K|f+|F+|.", re.S
)
_MAX_FORMAT = 200

_READ = {
    "d": r"(?P<day>[0-9]{1,2})",
    "dd": r"(?P<day>[0-9]{2})",
    "ddd": "(?:" + "|".join(day[:3] for day in _DAYS) + ")",
    "dddd": "(?:" + "|".join(_DAYS) + ")",
    "M": r"(?P<month>[0-9]{1,2})",
    "MM": r"(?P<month>[0-9]{2})",
    "MMM": "(?P<month_name>" + "|".join(month[:3] for month in _MONTHS) + ")",
    "MMMM": "(?P<month_name>" + "|".join(_MONTHS) + ")",
    "yy": r"(?P<short_year>[0-9]{2})",
    "yyyy": r"(?P<year>[0-9]{4})",
    "H": r"(?P<hour>[0-9]{1,2})",
    "HH": r"(?P<hour>[0-9]{2})",
    "h": r"(?P<hour>[0-9]{1,2})",
    "hh": r"(?P<hour>[0-9]{2})",
    "m": r"(?P<minute>[0-9]{1,2})",
    "mm": r"(?P<minute>[0-9]{2})",
    "s": r"(?P<second>[0-9]{1,2})",
    "ss": r"(?P<second>[0-9]{2})",
    "t": r"(?P<half>[AP])",
    "tt": r"(?P<half>AM|PM)",
    "z": r"(?P<offset>[+-][0-9]{1,2})",
    "zz": r"(?P<offset>[+-][0-9]{2})",
    "zzz": r"(?P<offset>[+-][0-9]{2}:[0-9]{2})",
    "K": r"(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?",
}
_WRITE: dict[str, Callable[[datetime], str]] = {
    "d": lambda t: str(t.day),
    "dd": lambda t: f"{t.day:02}",
    "ddd": lambda t: _DAYS[t.weekday()][:3],
    "dddd": lambda t: _DAYS[t.weekday()],
    "M": lambda t: str(t.month),
    "MM": lambda t: f"{t.month:02}",
    "MMM": lambda t: _MONTHS[t.month - 1][:3],
    "MMMM": lambda t: _MONTHS[t.month - 1],
    "yy": lambda t: f"{t.year % 100:02}",
    "yyyy": lambda t: f"{t.year:04}",
    "H": lambda t: str(t.hour),
    "HH": lambda t: f"{t.hour:02}",
    "h": lambda t: str(t.hour % 12 or 12),
    "hh": lambda t: f"{t.hour % 12 or 12:02}",
    "m": lambda t: str(t.minute),
    "mm": lambda t: f"{t.minute:02}",
    "s": lambda t: str(t.second),
    "ss": lambda t: f"{t.second:02}",
    "t": lambda t: "A" if t.hour < 12 else "P",
    "tt": lambda t: "AM" if t.hour < 12 else "PM",
    "z": lambda _: "+0",
    "zz": lambda _: "+00",
    "zzz": lambda _: "+00:00",
    "K": lambda _: "Z",
}


def _tokens(form: str) -> list[str]:
    if not form or len(form) > _MAX_FORMAT:
        raise EvaluationError(f"FormatDateTime: a format has 1 to {_MAX_FORMAT} characters")
    return _TOKEN.findall(form)


def _literal(token: str) -> str | None:
    """Return the text that a token stands for, or ``None`` where it is a specifier."""
    if len(token) > 1 and token[0] in "'\"":
        return token[1:-1]
    if len(token) == 2 and token[0] == "\\":
        return token[1]
    return None if token[0] in "dMyHhmstzKfF" else token


def _specifier(token: str) -> str:
    """Return a letter sequence that is known; ``y`` and ``yyyyy`` for example are not."""
    if token in _READ or (token[0] in "fF" and len(token) <= 7):
        return token
    raise EvaluationError(f"FormatDateTime: {token} is not supported in a format")


@lru_cache(maxsize=512)
def reader(form: str) -> re.Pattern[str]:
    """Return the pattern that a text of format ``form`` matches as a whole.

    Raises :class:`EvaluationError` for a format that is not supported or names one part of a date twice.
    """
    parts = []
    for token in _tokens(form):
        literal = _literal(token)
        if literal is not None:
            parts.append(re.escape(literal))
        elif _specifier(token)[0] == "f":
            parts.append(f"(?P<fraction>[0-9]{{{len(token)}}})")
        elif token[0] == "F":
            parts.append(f"(?P<fraction>[0-9]{{0,{len(token)}}})")
        else:
            parts.append(_READ[token])
    try:
        return re.compile("".join(parts), re.IGNORECASE | re.ASCII)
    except re.error:
        raise EvaluationError(f'FormatDateTime: the format "{form}" names one part of a date twice') from None


def read(text: str, form: str) -> datetime:
    """Read ``text``, exactly of format ``form``, as a moment in UTC. Raise :class:`EvaluationError` otherwise."""
    match = reader(form).fullmatch(text)
    if not match:
        raise EvaluationError(f'FormatDateTime: "{text}" does not have the form "{form}"')
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    half = found.get("half")
    try:
        return datetime(
            _year(found),
            _month(found),
            int(found.get("day", 1)),
            hour_of_day(int(found.get("hour", 12 if half else 0)), f"{half[0]}M" if half else None),
            int(found.get("minute", 0)),
            int(found.get("second", 0)),
            int(found.get("fraction", "").ljust(6, "0")[:6]),
            tzinfo=read_offset(found.get("offset")),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        raise EvaluationError(f'FormatDateTime: "{text}" is not a date of the calendar') from None


def _year(found: dict[str, str]) -> int:
    if "short_year" in found:
        # .NET's calendar puts two digits into 1950 to 2049.
        year = int(found["short_year"])
        return year + (2000 if year < 50 else 1900)
    return int(found.get("year", 1))


def _month(found: dict[str, str]) -> int:
    if "month_name" in found:
        return [month[:3].lower() for month in _MONTHS].index(found["month_name"][:3].lower()) + 1
    return int(found.get("month", 1))


def write(moment: datetime, form: str) -> str:
    """Write a moment in UTC. Raise :class:`EvaluationError` for a format that is not supported."""
    out: list[str] = []
    for token in _tokens(form):
        literal = _literal(token)
        if literal is not None:
            out.append(literal)
        elif _specifier(token)[0] in "fF":
            digits = f"{moment.microsecond:06}0"[: len(token)]
            out.append(digits if token[0] == "f" else digits.rstrip("0"))
            if token[0] == "F" and not digits.strip("0") and out[-2:-1] == ["."]:
                out[-2:] = []
        else:
            out.append(_WRITE[token](moment))
    return "".join(out)


@function(
    "FormatDateTime(source: text, inputFormat: text, outputFormat: text) -> text",
    "A date text of one format in another (.NET custom formats); it must have the input format exactly.",
    example='FormatDateTime("20150123105347.1Z", "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")',
    result="2015-01-23",
    dialects=("entra", "mim"),
    check=lambda arguments: _check(arguments, 1),
)
def _format(source: str | None, input_format: str | None, output_format: str | None) -> str | None:
    return _reformat(source, input_format, output_format)


@function(
    "FormatDateTime(source: text, styles?: text, inputFormat: text, outputFormat: text) -> text",
    "The same with .NET's styles, which have no effect: leave them out.",
    example='FormatDateTime("12/31/2025 12:00:00 AM", , "M/d/yyyy hh:mm:ss tt", "yyyyMMddHHmmss.fZ")',
    result="20251231000000.0Z",
    dialects=("entra", "mim"),
    check=lambda arguments: _check(arguments, 2),
)
def _format_with_styles(
    source: str | None, _styles: str | None, input_format: str | None, output_format: str | None
) -> str | None:
    return _reformat(source, input_format, output_format)


def _reformat(source: str | None, input_format: str | None, output_format: str | None) -> str | None:
    return None if source is None else write(read(source, input_format or ""), output_format or "")


def _check(arguments: Sequence[object], index: int) -> Problem | None:
    """Try the two formats, of which the first is argument ``index``, where they are literals."""
    form, written = arguments[index], arguments[index + 1]
    place = index
    try:
        if isinstance(form, str):
            reader(form)
        place = index + 1
        if isinstance(written, str):
            write(datetime(2000, 1, 1, tzinfo=UTC), written)
    except EvaluationError as problem:
        return Problem(problem.message, place)
    return None
