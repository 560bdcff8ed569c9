"""The words of a membership rule."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s*(?:
        "(?P<double>(?:[^"`]|`.)*)"
      | '(?P<single>(?:[^']|'')*)'
      | (?P<mark>[()\[\],])
      | (?P<word>[^\s()\[\],"']+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_HYPHENS = "–—"


class RuleError(ValueError):
    """The text is not a membership rule that is understood; the message says why."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a mark, or (``quoted``) a text in quotation marks, without them."""

    text: str
    quoted: bool = False

    def says(self, text: str) -> bool:
        """Whether it is this mark or operator; an operator may do without its hyphen."""
        return not self.quoted and self.text.lower() in (text, text.removeprefix("-"))


def tokens(text: str) -> list[Token]:
    """Return the words of a rule. Raises :class:`RuleError` where a quotation mark is left open."""
    found: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise RuleError("a quotation mark is left open")
        at = match.end()
        if match["double"] is not None:
            found.append(Token(re.sub(r"`(.)", r"\1", match["double"]), quoted=True))
        elif match["single"] is not None:
            found.append(Token(match["single"].replace("''", "'"), quoted=True))
        else:
            word = match["mark"] or match["word"]
            found.append(Token("-" + word[1:] if word[0] in _HYPHENS else word))
    return found
