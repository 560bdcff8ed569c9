"""Regular expressions of .NET, on a matcher whose time is limited.

A pattern from a rule file runs on values from outside, and some patterns take exponential time on some values. Most
of .NET's notation is also that of the ``regex`` package; what differs is translated, and what has no counterpart is
refused: options in the middle of a pattern, conditions, balancing groups.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

from idcode.expressions.conversions import check_length
from idcode.expressions.errors import EvaluationError

if TYPE_CHECKING:
    from regex import Match, Pattern

SECONDS = 1.0
"""How long one match or replacement may take."""
SHORT = 1_000
"""Characters up to which a pattern with a single choice needs no limit, which costs more than most matches."""
MAX_PARTS = 10_000
"""Characters that a pattern may stand for with each ``{n}`` written out, as the matcher does."""
_CHOICES = "*+?{|"
_FLAGS = re.compile(r"\(\?[ims]+\)")
_OPENING = re.compile(r"\((?!\?)|\(\?(?:[:=!>]|<[=!]|[ims]*(?:-[ims]+)?:|#[^)]*\)|<([^\W\d]\w*)>|'([^\W\d]\w*)')")
_QUANTIFIER = re.compile(r"\{([0-9]+)(?:,[0-9]*)?\}")
_ESCAPE = re.compile(
    r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|c(?P<control>[A-Za-z])|[pP]\{\w+\}|k(?:<(?P<name>\w+)>|'(?P<quoted>\w+)')"
    r"|(?P<number>[1-9])|[dDwWsStnrfvabBAzZe]|[^0-9A-Za-z])",
    re.DOTALL,
)
_ESCAPES = {"z": r"\Z", "Z": r"(?=\n?\Z)", "e": r"\x1b"}


@dataclass(frozen=True, slots=True)
class Regex:
    """A translated pattern. ``numbers`` maps .NET's group numbers to the matcher's: named groups come last there.

    ``single`` says that it has at most one quantifier or alternative: its time grows with the square of the text.
    """

    text: str
    pattern: Pattern[str]
    numbers: tuple[int, ...]
    single: bool

    def replace(self, source: str, filler: str | Callable[[Match[str]], str]) -> str:
        """Replace each match by ``filler`` or what it gives.

        Raises :class:`EvaluationError` where it takes too long, or the result would be too long.
        """
        if isinstance(filler, str):
            check_length((len(source) + 1) * (len(filler) + 1), "Replace")
            return self._replace(source, filler.replace("\\", r"\\"))
        return self._replace(source, _counting(source, filler))

    def _replace(self, source: str, filler: str | Callable[[Match[str]], str]) -> str:
        try:
            return self.pattern.sub(filler, source, timeout=self._limit(source))
        except TimeoutError:
            self._give_up(source)

    def search(self, source: str) -> Match[str] | None:
        """Return the first match. Raise :class:`EvaluationError` where it takes too long to find."""
        try:
            return self.pattern.search(source, timeout=self._limit(source))
        except TimeoutError:
            self._give_up(source)

    def _limit(self, source: str) -> float | None:
        return None if self.single and len(source) <= SHORT else SECONDS

    def _give_up(self, source: str) -> NoReturn:
        raise EvaluationError(
            f"Replace: the regular expression {self.text} takes too long on a text of {len(source):,} characters; "
            "use fewer repetitions inside or next to each other"
        ) from None


def _counting(source: str, filler: Callable[[Match[str]], str]) -> Callable[[Match[str]], str]:
    """Return ``filler``, which also sees to it that the result does not become too long."""
    made = len(source)

    def fill(match: Match[str]) -> str:
        nonlocal made
        filled = filler(match)
        made += len(filled) - len(match[0])
        check_length(made, "Replace")
        return filled

    return fill


@lru_cache(maxsize=1024)
def compile_regex(text: str) -> Regex:
    """Translate a .NET pattern. Raise :class:`EvaluationError` where it is wrong or not supported."""
    # Expressions without regular expressions need not load the package.
    import regex

    translator = _Translator(text)
    translated = translator.whole()
    try:
        compiled = regex.compile(translated, flags=regex.V0)
    except (regex.error, OverflowError, RecursionError) as problem:
        raise EvaluationError(f"the regular expression {text} is wrong: {problem}") from None
    single = sum(map(text.count, _CHOICES)) <= 1
    return Regex(text, compiled, (0, *translator.unnamed, *translator.named.values()), single)


class _Translator:
    """Reads a pattern from left to right; ``at`` is the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.unnamed: list[int] = []
        self.named: dict[str, int] = {}
        self.sizes = [0]
        self.last = 0

    def whole(self) -> str:
        """Return the pattern in the matcher's notation."""
        parts: list[str] = []
        while flags := _FLAGS.match(self.text, self.at):
            parts.append(self._take(flags))
        while self.at < len(self.text):
            parts.append(self._part())
        return "".join(parts)

    def _fail(self, problem: str) -> NoReturn:
        raise EvaluationError(f"the regular expression {self.text} {problem}")

    def _take(self, match: re.Match[str]) -> str:
        self.at = match.end()
        return match[0]

    def _part(self) -> str:
        character = self.text[self.at]
        if character == "(":
            return self._opening()
        if character == "{":
            quantifier = _QUANTIFIER.match(self.text, self.at)
            if quantifier:
                self._add(self.last * (max(int(quantifier[1]), 1) - 1), repeated=True)
                return self._take(quantifier)
        if character == ")" and len(self.sizes) > 1:
            self._add(self.sizes.pop())
        elif character not in "*+?|":
            self._add(1)
        if character == "\\":
            return self._escape(in_class=False)
        if character == "[":
            return self._class()
        self.at += 1
        return "\\" + character if character in "{}" else character

    def _add(self, size: int, *, repeated: bool = False) -> None:
        """Count what the group that is open, or the pattern as a whole, stands for."""
        self.last = self.last + size if repeated else size
        self.sizes[-1] += size
        if self.sizes[-1] > MAX_PARTS:
            self._fail(f"repeats more than {MAX_PARTS:,} characters")

    def _opening(self) -> str:
        opening = _OPENING.match(self.text, self.at)
        if not opening:
            self._fail(f"has a kind of group that is not supported: {self.text[self.at : self.at + 6]}…")
        taken, name = self._take(opening), opening[1] or opening[2]
        if not taken.endswith(")"):
            self.sizes.append(0)
        if name:
            self.named.setdefault(name, len(self.unnamed) + len(self.named) + 1)
            return f"(?P<{name}>"
        if taken == "(":
            self.unnamed.append(len(self.unnamed) + len(self.named) + 1)
        return taken

    def _escape(self, *, in_class: bool) -> str:
        match = _ESCAPE.match(self.text, self.at)
        if not match:
            following = self.text[self.at + 1 : self.at + 2]
            self._fail(f"uses \\{following}, which is not supported" if following else "ends in a lone backslash")
        taken = self._take(match)
        if match["control"]:
            return f"\\x{ord(match['control'].upper()) - 64:02x}"
        if in_class:
            return r"\x1b" if taken == r"\e" else taken
        if match["number"]:
            if "(?<" in self.text.replace("(?<=", "").replace("(?<!", "") or "(?'" in self.text:
                self._fail("mixes numbered references with named groups; use \\k<name>")
            return f"(?:{taken})"
        name = match["name"] or match["quoted"]
        return f"(?P={name})" if name else _ESCAPES.get(taken[1:], taken)

    def _class(self) -> str:
        """Translate ``[…]``, also one from which another is taken, as in ``[a-z-[aeiou]]``."""
        self.at += 1
        out = ["["]
        if self.text.startswith("^", self.at):
            out.append("^")
            self.at += 1
        first = True
        while first or not self.text.startswith("]", self.at):
            if self.at >= len(self.text):
                self._fail("has a [ that is never closed")
            if self.text.startswith("-[", self.at) and not first:
                self.at += 1
                without = self._class()
                if not self.text.startswith("]", self.at):
                    self._fail("takes one class from another in the middle of a class")
                self.at += 1
                return f"(?:(?!{without}){''.join(out)}])"
            out.append(self._class_part())
            first = False
        self.at += 1
        return "".join(out) + "]"

    def _class_part(self) -> str:
        character = self.text[self.at]
        if character == "\\":
            return self._escape(in_class=True)
        self.at += 1
        return "\\" + character if character in "[]" else character
