"""Date formats of .NET, of the invariant culture, and writing dates in them.

A format of one letter is a standard format, any other a custom one. Source: .NET documentation, "Standard date and
time format strings" and "Custom date and time format strings". Dates are written where the clock shows UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from idcode.expressions.errors import EvaluationError

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MAX_FORMAT = 200
FRACTION_DIGITS = 7
"""Digits of a second that .NET knows."""
_SPECIFIERS = "dfFghHKmMstyz"
_SORTABLE = "yyyy'-'MM'-'dd'T'HH':'mm':'ss"
_LONG = "dddd, dd MMMM yyyy HH:mm:ss"
_STANDARD = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": _LONG,
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "m": "MMMM dd",
    "M": "MMMM dd",
    "o": _SORTABLE + "'.'fffffffK",
    "O": _SORTABLE + "'.'fffffffK",
    "r": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "R": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "s": _SORTABLE,
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
    "U": _LONG,
    "y": "yyyy MMMM",
    "Y": "yyyy MMMM",
}

Zone = Literal["utc", "local", "unspecified"]
"""What is known of the zone of a moment (.NET's ``DateTimeKind``); it shows in ``K`` only, since local time is UTC."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment in UTC; ``tick`` is the seventh digit of its second."""

    moment: datetime
    zone: Zone = "utc"
    tick: int = 0


class Element(NamedTuple):
    """A part of a format: a specifier such as ``yyyy``, or text where ``quoted`` says whether it stood in quotes."""

    text: str
    specifier: bool = False
    quoted: bool = False


@lru_cache(maxsize=512)
def elements(form: str) -> tuple[Element, ...]:
    """Return the parts of a format. Raise :class:`EvaluationError` where it is none."""
    if not form or len(form) > MAX_FORMAT:
        raise EvaluationError(f"a format has 1 to {MAX_FORMAT} characters")
    if len(form) == 1:
        if form not in _STANDARD:
            hint = f"; write %{form} for the specifier" if form in _SPECIFIERS else ""
            raise EvaluationError(f'there is no standard format "{form}"{hint}')
        form = _STANDARD[form]
    return tuple(_split(form))


def _split(form: str) -> Iterator[Element]:
    at = 0
    while at < len(form):
        letter = form[at]
        end = at + 1
        if letter in "'\"":
            text, end = _quoted(form, at)
            yield Element(text, quoted=True)
        elif letter in "\\%":
            if end == len(form):
                raise EvaluationError(f'the {letter} belongs to nothing in the format "{form}"')
            end += 1
            yield Element(form[at + 1], quoted=True) if letter == "\\" else next(_split(form[at + 1]))
        elif letter in _SPECIFIERS:
            while letter != "K" and form[end : end + 1] == letter:
                end += 1
            if letter in "fF" and end - at > FRACTION_DIGITS:
                raise EvaluationError(f"a second has {FRACTION_DIGITS} digits after the point, not {end - at}")
            yield Element(form[at:end], specifier=True)
        else:
            yield Element(letter)
        at = end


def _quoted(form: str, at: int) -> tuple[str, int]:
    """Return the text of the quotation that begins at ``at``, and where it has ended."""
    out = []
    end = at + 1
    while form[end : end + 1] not in ("", form[at]):
        end += form[end] == "\\"
        out.append(form[end : end + 1])
        end += 1
    if end >= len(form):
        raise EvaluationError(f'a quotation is never closed in the format "{form}"')
    return "".join(out), end + 1


def write(stamp: Stamp, form: str) -> str:
    """Return the text of a moment. Raise :class:`EvaluationError` for a format that is none."""
    out = ""
    for element in elements(form):
        if not element.specifier:
            out += element.text
        elif element.text[0] == "F" and not (digits := _fraction(stamp, len(element.text)).rstrip("0")):
            out = out.removesuffix(".")
        else:
            out += digits if element.text[0] == "F" else _written(stamp, element.text[0], len(element.text))
    return out


def _fraction(stamp: Stamp, count: int) -> str:
    return f"{stamp.moment.microsecond:06}{stamp.tick}"[:count]


def _written(stamp: Stamp, letter: str, count: int) -> str:
    moment = stamp.moment
    if letter == "f":
        return _fraction(stamp, count)
    if letter in "dM" and count > 2:
        name = DAYS[moment.weekday()] if letter == "d" else MONTHS[moment.month - 1]
        return name[:3] if count == 3 else name
    if letter == "y":
        return str(moment.year % 100 if count <= 2 else moment.year).zfill(count)
    if letter == "t":
        half = "AM" if moment.hour < 12 else "PM"
        return half[:count]
    if letter == "z":
        return ("+0", "+00", "+00:00")[min(count, 3) - 1]
    if letter == "K":
        return {"utc": "Z", "local": "+00:00", "unspecified": ""}[stamp.zone]
    if letter == "g":
        return "A.D."
    number = {
        "d": moment.day,
        "M": moment.month,
        "H": moment.hour,
        "h": moment.hour % 12 or 12,
        "m": moment.minute,
        "s": moment.second,
    }[letter]
    return str(number).zfill(min(count, 2))
