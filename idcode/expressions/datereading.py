"""Reading a date that has a given format exactly, as .NET's ``DateTime.ParseExact`` does, where the clock shows UTC.

Specifiers take what they can from left to right and never give it back. One that occurs twice must say the same both
times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from idcode.expressions.characters import BLANKS
from idcode.expressions.dateformats import DAYS, FRACTION_DIGITS, MONTHS, Element, Stamp, Zone, elements
from idcode.expressions.errors import EvaluationError

Styles = frozenset[str]
_LEADING, _TRAILING, _INNER = "AllowLeadingWhite", "AllowTrailingWhite", "AllowInnerWhite"
_STYLES = {
    "None": (),
    "AllowLeadingWhite": (_LEADING,),
    "AllowTrailingWhite": (_TRAILING,),
    "AllowInnerWhite": (_INNER,),
    "AllowWhiteSpaces": (_LEADING, _TRAILING, _INNER),
    "NoCurrentDateDefault": ("NoCurrentDateDefault",),
    "AdjustToUniversal": ("AdjustToUniversal",),
    "AssumeLocal": ("AssumeLocal",),
    "AssumeUniversal": ("AssumeUniversal",),
    "RoundtripKind": ("RoundtripKind",),
}
_CONTRARY = (
    ("AssumeLocal", "AssumeUniversal"),
    ("RoundtripKind", "AssumeLocal"),
    ("RoundtripKind", "AssumeUniversal"),
    ("RoundtripKind", "AdjustToUniversal"),
)
USUAL: Styles = frozenset({"RoundtripKind", _LEADING, _TRAILING})
"""What applies where no styles are given."""
_FIELDS = {"d": "day", "M": "month", "y": "year", "H": "hour", "h": "hour", "m": "minute", "s": "second"}
_FARTHEST = timedelta(hours=14)
_LATEST_SHORT_YEAR = 49
"""Years of two digits up to this one are of this century."""


def read_styles(text: str | None) -> Styles:
    """Return .NET's ``DateTimeStyles`` of a list such as ``AssumeUniversal, AllowInnerWhite``; none is ``USUAL``.

    Raises :class:`EvaluationError` for a name that is none, and for names that exclude each other.
    """
    if text is None or not text.strip(BLANKS):
        return USUAL
    found: set[str] = set()
    for name in text.split(","):
        bare = name.strip(BLANKS).removeprefix("DateTimeStyles.")
        if bare not in _STYLES:
            raise EvaluationError(f"there is no style {bare}; styles are {', '.join(_STYLES)}")
        found.update(_STYLES[bare])
    for one, other in _CONTRARY:
        if {one, other} <= found:
            raise EvaluationError(f"the styles {one} and {other} exclude each other")
    return frozenset(found)


def read(text: str, form: str, styles: Styles, now: datetime) -> Stamp:
    """Read ``text``. What the format leaves out of the date is of the day of ``now``, or the first one.

    Raises :class:`EvaluationError` for a text of another form and for a format that is none.
    """
    parts = _regrouped(elements(form))
    if _TRAILING in styles:
        text = text.rstrip(BLANKS)
        while parts and _is_blank(parts[-1]):
            parts.pop()
    if _LEADING in styles:
        text = text.lstrip(BLANKS)
        while parts and _is_blank(parts[0]):
            parts.pop(0)
    try:
        return _Reading(text, styles).whole(parts, now)
    except _OtherFormError:
        raise EvaluationError(f'"{text}" does not have the form "{form}"') from None
    except (ValueError, OverflowError):
        raise EvaluationError(f'"{text}" is not a date of the calendar') from None


def _regrouped(parts: Sequence[Element]) -> list[Element]:
    """Put together what only belongs together for reading: ``.F``, of which the point may be missing, and ``GMT``."""
    found: list[Element] = []
    for part in parts:
        if part.specifier and part.text[0] == "F" and found[-1:] == [Element(".")]:
            found[-1] = Element("." + part.text, specifier=True)
        elif part == Element("T") and found[-2:] == [Element("G"), Element("M", specifier=True)]:
            found[-2:] = [Element("GMT")]
        else:
            found.append(part)
    return found


def _is_blank(part: Element) -> bool:
    return not part.specifier and not part.text.strip(BLANKS)


class _OtherFormError(Exception):
    """The text is not of the form."""


@dataclass(slots=True)
class _Reading:
    """``at`` is the next character; ``found`` what is known, as numbers; ``half`` is AM or PM."""

    text: str
    styles: Styles
    at: int = 0
    found: dict[str, int] = field(default_factory=dict)
    half: str = ""
    twelve: bool = False
    short_year: bool = False
    offset: timedelta | None = None
    zulu: bool = False

    def whole(self, parts: list[Element], now: datetime) -> Stamp:
        for part in parts:
            if _INNER in self.styles:
                self._skip_blanks()
            if part.specifier:
                self._specifier(part.text[0], len(part.text))
            elif part in (Element("Z"), Element("GMT")):
                self._greenwich(part.text)
            else:
                self._literal(part.text)
        if self.at < len(self.text):
            raise _OtherFormError
        return self._stamp(now)

    def _skip_blanks(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in BLANKS:
            self.at += 1

    def _literal(self, text: str) -> None:
        for character in text:
            if character == " " and _INNER in self.styles:
                self._skip_blanks()
            elif not self._take(character):
                raise _OtherFormError

    def _take(self, wanted: str) -> bool:
        """Go past ``wanted`` if it is next."""
        if not self.text.startswith(wanted, self.at):
            return False
        self.at += len(wanted)
        return True

    def _word(self, words: tuple[str, ...]) -> int:
        """Go past one of the words, of any letter case, and return its index."""
        for index, word in enumerate(words):
            if self.text[self.at : self.at + len(word)].lower() == word.lower():
                self.at += len(word)
                return index
        raise _OtherFormError

    def _digits(self, least: int, most: int) -> str:
        begin = self.at
        while self.at < min(len(self.text), begin + most) and self.text[self.at] in "0123456789":
            self.at += 1
        if self.at - begin < least:
            raise _OtherFormError
        return self.text[begin : self.at]

    def _know(self, name: str, value: int) -> None:
        if self.found.setdefault(name, value) != value:
            raise _OtherFormError

    def _specifier(self, letter: str, count: int) -> None:
        if letter in "dM" and count > 2:
            names = DAYS if letter == "d" else MONTHS
            index = self._word(tuple(name[:3] for name in names) if count == 3 else names)
            self._know("weekday" if letter == "d" else "month", index if letter == "d" else index + 1)
        elif letter in _FIELDS:
            width = count if letter == "y" else min(count, 2)
            self.short_year |= letter == "y" and count <= 2
            self.twelve |= letter == "h"
            self._know(_FIELDS[letter], int(self._digits(width, max(width, 2))))
        elif letter in "fF":
            self._fraction(count if letter == "f" else 0, count)
        elif letter == ".":
            if self._take("."):
                self._fraction(0, count - 1)
        elif letter == "t":
            self._half_day(count)
        elif letter == "g":
            self._word(("A.D.", "AD"))
        else:
            self._zone(letter, count)

    def _fraction(self, least: int, most: int) -> None:
        self._know("ticks", int(self._digits(least, most).ljust(FRACTION_DIGITS, "0")))

    def _half_day(self, count: int) -> None:
        if count == 1 and self.text[self.at : self.at + 1] not in ("A", "P"):
            raise _OtherFormError
        half = ("AM", "PM")[self._word(("A", "P") if count == 1 else ("AM", "PM"))]
        if self.half not in ("", half):
            raise _OtherFormError
        self.half = half

    def _zone(self, letter: str, count: int) -> None:
        if letter == "K" and self._take("Z"):
            self._know_offset(timedelta())
            self.zulu = True
        elif letter == "z" or self.text[self.at : self.at + 1] in ("+", "-"):
            self._know_offset(self._signed_offset(3 if letter == "K" else count))

    def _greenwich(self, name: str) -> None:
        if self.offset is not None:
            raise _OtherFormError
        self._word(("GMT", "Z") if name == "Z" else ("GMT",))
        self.offset, self.zulu = timedelta(), name == "Z"

    def _signed_offset(self, count: int) -> timedelta:
        sign = 1 if self._take("+") else -1 if self._take("-") else 0
        hours = int(self._digits(2 if count == 2 else 1, 2))
        minutes = 0
        if count > 2:
            self._take(":")
            minutes = int(self._digits(2, 2))
        if not sign or minutes > 59:
            raise _OtherFormError
        return sign * timedelta(hours=hours, minutes=minutes)

    def _know_offset(self, offset: timedelta) -> None:
        if self.offset not in (None, offset) or abs(offset) > _FARTHEST:
            raise _OtherFormError
        self.offset = offset

    def _stamp(self, now: datetime) -> Stamp:
        year, month, day = self._date(now)
        ticks = self.found.get("ticks", 0)
        minute, second = self.found.get("minute", 0), self.found.get("second", 0)
        moment = datetime(year, month, day, self._hour(), minute, second, ticks // 10, tzinfo=UTC)
        if self.found.get("weekday", moment.weekday()) != moment.weekday():
            raise ValueError("another day of the week")
        return Stamp(moment - (self.offset or timedelta()), self._kind(), ticks % 10)

    def _date(self, now: datetime) -> tuple[int, int, int]:
        if not self.found.keys() & {"year", "month", "day"}:
            return (1, 1, 1) if "NoCurrentDateDefault" in self.styles else (now.year, now.month, now.day)
        year = self.found.get("year", now.year)
        if self.short_year:
            year += 2000 if year <= _LATEST_SHORT_YEAR else 1900
        return year, self.found.get("month", 1), self.found.get("day", 1)

    def _hour(self) -> int:
        hour = self.found.get("hour", 0)
        if self.twelve:
            if hour > 12:
                raise ValueError("no hour of half a day")
            return hour % 12 + (12 if self.half == "PM" else 0)
        if self.half and (self.half == "PM") != (hour >= 12):
            raise ValueError("another half of the day")
        return hour

    def _kind(self) -> Zone:
        adjusted: Zone = "utc" if "AdjustToUniversal" in self.styles else "local"
        if self.offset is None:
            return adjusted if self.styles & {"AssumeLocal", "AssumeUniversal"} else "unspecified"
        return "utc" if self.zulu and "RoundtripKind" in self.styles else adjusted
