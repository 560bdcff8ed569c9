"""Regular expressions of .NET, translated to Python's and bounded.

A pattern from a rule file runs on values from outside, so one that can take exponential time must not run at
all, and one that can take polynomial time only on texts short enough. While a pattern is translated, the ways
in which it can match are counted: the product over everything in it that offers a choice. An unlimited
repetition of something that itself offers a choice is refused; every other one multiplies the ways by the
length of the text.

Supported: literals, ``.``, classes, ``\\d \\w \\s \\b`` and their opposites, ``^ $ \\A \\z \\Z``, groups (also
``(?<name>…)``, ``(?:…)``), alternatives, quantifiers with ``?`` for lazy ones, look-around without unlimited
repetition, back-references, and ``(?i)``, ``(?s)``, ``(?m)`` at the start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import comb
from typing import NamedTuple, NoReturn

from idcode.expressions.errors import EvaluationError

MAX_PATTERN = 1_000
"""Characters a pattern may have."""
MAX_GROUPS = 50
MAX_STEPS = 50_000_000
"""Ways a match may be tried on one text: about a second in the worst case."""
_QUANTIFIER = re.compile(r"(?:[*+?]|\{(?P<least>\d{1,4})(?P<comma>,(?P<most>\d{1,4})?)?\})(?P<lazy>\??)", re.ASCII)
_NAMED = re.compile(r"\(\?(?:<(\w+)>|'(\w+)')", re.ASCII)
_FLAGS = re.compile(r"(?:\(\?([ims]+)\))+", re.ASCII)
_CODE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})")
_LOOKS = ("(?=", "(?!", "(?<=", "(?<!")


class Ways(NamedTuple):
    """In how many ways a part can match: at most ``choices`` times the length of the text to the power ``degree``."""

    choices: int = 1
    degree: int = 0


class Part(NamedTuple):
    """A translated part. ``last`` counts its ways where nothing follows that could fail and make it retry."""

    pattern: str
    ways: Ways = Ways()
    last: Ways = Ways()


@dataclass(frozen=True, slots=True)
class Regex:
    """A translated pattern. ``numbers`` maps .NET's group numbers to Python's: named groups come last there."""

    pattern: re.Pattern[str]
    ways: Ways
    numbers: tuple[int, ...]

    def check_length(self, text: str) -> None:
        """Raise :class:`EvaluationError` where matching ``text`` could take too long."""
        # The parts of a match follow each other, so their borders are an ordered choice of positions.
        if self.ways.choices * comb(len(text) + self.ways.degree, self.ways.degree) > MAX_STEPS:
            raise EvaluationError(
                f"Replace: a text of {len(text):,} characters is too long for this regular expression; "
                "use fewer repetitions such as .*"
            )


@lru_cache(maxsize=1024)
def compile_regex(pattern: str) -> Regex:
    """Translate a .NET pattern. Raise :class:`EvaluationError` where it is wrong, unsupported or unbounded."""
    if len(pattern) > MAX_PATTERN:
        raise EvaluationError(f"a regular expression has at most {MAX_PATTERN:,} characters")
    translator = _Translator(pattern)
    part = translator.whole()
    try:
        compiled = re.compile(part.pattern)
    except (re.error, OverflowError) as problem:
        raise EvaluationError(f"the regular expression {pattern} is wrong: {problem}") from None
    starts = 0 if translator.anchored else 1
    ways = Ways(part.last.choices, part.last.degree + starts)
    if ways.choices > MAX_STEPS:
        raise EvaluationError(f"the regular expression {pattern} can match in too many ways")
    return Regex(compiled, ways, (0, *translator.unnamed, *translator.named.values()))


class _Translator:
    """Reads a pattern from left to right; ``at`` is the next character."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.groups = 0
        self.depth = 0
        self.unnamed: list[int] = []
        self.named: dict[str, int] = {}
        self.anchored = False

    def whole(self) -> Part:
        flags = _FLAGS.match(self.text)
        self.at = flags.end() if flags else 0
        begin = self.at
        part = self._alternatives()
        if self.at < len(self.text):
            self._fail("has a ) too many")
        several_lines = flags is not None and "m" in flags[0]
        self.anchored = self.text[begin : begin + 1] == "^" and not several_lines and "|" not in self.text
        return part._replace(pattern=(flags[0] if flags else "") + part.pattern)

    def _fail(self, problem: str) -> NoReturn:
        raise EvaluationError(f"the regular expression {self.text} {problem}")

    def _alternatives(self) -> Part:
        parts = [self._sequence()]
        while self.text[self.at : self.at + 1] == "|":
            self.at += 1
            parts.append(self._sequence())
        return Part("|".join(part.pattern for part in parts), _sum(p.ways for p in parts), _sum(p.last for p in parts))

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._quantified(self._atom()))
        before = _product(part.ways for part in parts[:-1])
        last = parts[-1] if parts else Part("")
        pattern = "".join(part.pattern for part in parts)
        return Part(pattern, _product((before, last.ways)), _product((before, last.last)))

    def _quantified(self, part: Part) -> Part:
        match = _QUANTIFIER.match(self.text, self.at)
        if not match:
            return part
        self.at = match.end()
        if self.text[self.at : self.at + 1] in ("*", "+", "?") and self.at < len(self.text):
            self._fail("has two quantifiers in a row")
        pattern = part.pattern + match[0]
        least, most = _range(match)
        if most is not None and most < least:
            self._fail("has a quantifier whose limits are reversed")
        if part.ways == (1, 0):
            ways = Ways(1, 1) if most is None else Ways(most - least + 1)
            return Part(pattern, ways)
        if most is None:
            self._fail("repeats without limit a part that can match in several ways; that could take forever")
        ways = _product([Ways(most - least + 1), *[part.ways] * most])
        return Part(pattern, ways, ways)

    def _atom(self) -> Part:
        character = self.text[self.at]
        if character == "(":
            return self._group()
        if character == "[":
            return Part(self._class())
        if character == "\\":
            return Part(self._escape())
        if character in "*+?":
            self._fail(f"has a {character} with nothing to repeat")
        self.at += 1
        return Part(character if character in "^$." else re.escape(character))

    def _group(self) -> Part:
        opening = self._opening()
        self.depth += 1
        if self.depth > MAX_GROUPS or self.groups > MAX_GROUPS:
            self._fail(f"has more than {MAX_GROUPS} groups")
        inner = self._alternatives()
        self.depth -= 1
        if self.text[self.at : self.at + 1] != ")":
            self._fail("has a ( that is never closed")
        self.at += 1
        pattern = f"{opening}{inner.pattern})"
        if opening in _LOOKS:
            if inner.ways.degree:
                self._fail("repeats without limit inside a look-around, which is not supported")
            return Part(pattern, inner.ways, inner.ways)
        return Part(pattern, inner.ways, inner.last)

    def _opening(self) -> str:
        """Read how a group begins, count it, and return its beginning in Python's notation."""
        if not self.text.startswith("(?", self.at):
            self.at += 1
            self.groups += 1
            self.unnamed.append(self.groups)
            return "("
        for plain in ("(?:", *_LOOKS):
            if self.text.startswith(plain, self.at):
                self.at += len(plain)
                return plain
        match = _NAMED.match(self.text, self.at)
        name = (match[1] or match[2]) if match else ""
        if not match or not name.isidentifier() or name in self.named:
            self._fail(f"has a kind of group that is not supported: {self.text[self.at : self.at + 6]}…")
        self.at = match.end()
        self.groups += 1
        self.named[name] = self.groups
        return f"(?P<{name}>"

    def _escape(self) -> str:
        """Translate a backslash and what follows it, outside a class."""
        following = self.text[self.at + 1 : self.at + 2]
        reference = re.compile(r"\\k<([A-Za-z_]\w*)>", re.ASCII).match(self.text, self.at)
        if reference:
            self.at = reference.end()
            return f"(?P={reference[1]})"
        if following in ("A", "z", "Z", "b", "B"):
            self.at += 2
            return {"z": r"\Z", "Z": r"(?=\n?\Z)"}.get(following, "\\" + following)
        if following in tuple("123456789"):
            if self.named or "(?<" in self.text or "(?'" in self.text:
                self._fail("mixes numbered references with named groups; use \\k<name>")
            self.at += 2
            return f"(?:\\{following})"
        return self._character()

    def _character(self) -> str:
        """Translate an escape that stands for a character or a set of characters, in a class or outside."""
        code = _CODE.match(self.text, self.at)
        if code:
            self.at = code.end()
            return code[0]
        following = self.text[self.at + 1 : self.at + 2]
        if not following:
            self._fail("ends in a lone backslash")
        self.at += 2
        if following in "dDwWsStnrfv":
            return "\\" + following
        if following.isalnum():
            self._fail(f"uses \\{following}, which is not supported")
        return re.escape(following)

    def _class(self) -> str:
        """Translate ``[…]``; brackets and hyphens in it are escaped, since Python reads some of them otherwise."""
        self.at += 1
        out = ["["]
        if self.text[self.at : self.at + 1] == "^":
            out.append("^")
            self.at += 1
        first = True
        while first or self.text[self.at : self.at + 1] != "]":
            if self.at >= len(self.text):
                self._fail("has a [ that is never closed")
            if self.text.startswith("-[", self.at) and not first:
                self._fail("takes one class from another, which is not supported")
            if self.text[self.at] == "\\":
                out.append(self._character())
            else:
                out.append(self._class_character(first))
            first = False
        self.at += 1
        return "".join(out) + "]"

    def _class_character(self, first: bool) -> str:
        character = self.text[self.at]
        self.at += 1
        is_range = character == "-" and not first and self.text[self.at : self.at + 1] not in ("]", "")
        return "-" if is_range else re.escape(character)


def _range(match: re.Match[str]) -> tuple[int, int | None]:
    simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(match[0][0])
    if simple:
        return simple
    least = int(match["least"])
    return least, (int(match["most"]) if match["most"] else None) if match["comma"] else least


def _sum(parts: Iterable[Ways]) -> Ways:
    ways = list(parts)
    return Ways(sum(way.choices for way in ways), max(way.degree for way in ways))


def _product(parts: Iterable[Ways]) -> Ways:
    choices, degree = 1, 0
    for way in parts:
        choices, degree = min(choices * way.choices, MAX_STEPS + 1), degree + way.degree
    return Ways(choices, degree)
