"""Replacing parts of a text by others, without regular expressions: Connect's and MIM's ways."""

from __future__ import annotations

from collections.abc import Sequence

from idcode.expressions.characters import BLANKS
from idcode.expressions.conversions import check_length
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import Problem, function

_MONIKERS = {r"\n": "\n", r"\r": "\r", r"\t": "\t"}
_WITHOUT_BLANKS = str.maketrans(dict.fromkeys(BLANKS, ""))


@function(
    "Replace(source: text, oldValue: text, newValue: text) -> text",
    r"The source with newValue wherever it has oldValue, with letter case. \n, \r and \t in them stand for line feed, "
    "carriage return and tab.",
    example='Replace([address], "\\r\\n", ", ")',
    inputs={"address": "1 Quay Street\r\nHarbour"},
    result="1 Quay Street, Harbour",
    dialects=("connect",),
)
def _replace(source: str | None, old: str | None, new: str | None) -> str | None:
    return None if source is None else replaced(source, _decoded(old), _decoded(new), "Replace")


@function(
    "ReplaceString(source: text, oldValue: text, newValue: text) -> text",
    r"The source with newValue wherever it has oldValue, with letter case. \n, \r and \t stand for line feed, carriage "
    "return and tab; in the source oldValue may also be spelled that way.",
    example='ReplaceString("ada.brisling", ".", " ")',
    result="ada brisling",
)
def _replace_string(source: str | None, old: str | None, new: str | None) -> str | None:
    if source is None:
        return None
    decoded = _decoded(old)
    return replaced(source.replace(old, decoded) if old else source, decoded, _decoded(new), "ReplaceString")


def _decoded(text: str | None) -> str:
    found = text or ""
    for moniker, character in _MONIKERS.items():
        found = found.replace(moniker, character)
    return found


def replaced(source: str, old: str, new: str, use: str) -> str:
    """Return ``source`` with ``new`` for every ``old``; an empty ``old`` is nowhere.

    Raises :class:`EvaluationError` where the result would be too long.
    """
    if not old:
        return source
    if len(new) > len(old):
        check_length(len(source) + source.count(old) * (len(new) - len(old)), use)
    return source.replace(old, new)


def _check(arguments: Sequence[object]) -> Problem | None:
    pattern = arguments[1]
    try:
        if isinstance(pattern, str):
            _table(pattern)
    except EvaluationError as problem:
        return Problem(problem.message, 1)
    return None


@function(
    "ReplaceChars(source: text, pattern: text) -> text",
    'The source with characters replaced: the pattern "ö:oe,’:" makes ö oe and removes ’. Each character is replaced '
    "once, with letter case; blanks in the pattern do not count.",
    example='ReplaceChars("Größe", "ö:oe, ß:ss")',
    result="Groesse",
    check=_check,
)
def _replace_characters(source: str | None, pattern: str | None) -> str | None:
    if source is None:
        return None
    table = _table(pattern or "")
    check_length(len(source) + sum(source.count(each) * len(target) for each, target in table.items()), "ReplaceChars")
    return source.translate({ord(character): target for character, target in table.items()})


def _table(pattern: str) -> dict[str, str]:
    """Return what stands for which character. Raise :class:`EvaluationError` for a wrong pattern."""
    table: dict[str, str] = {}
    bare = pattern.translate(_WITHOUT_BLANKS)
    for pair in bare.split(",") if bare else ():
        character, colon, target = pair.partition(":")
        if len(character) != 1 or not colon or ":" in target:
            raise EvaluationError(f'ReplaceChars: "{pair}" is not one character, a colon and what stands for it')
        if character in table:
            raise EvaluationError(f"ReplaceChars: the pattern has {character} twice")
        table[character] = target
    return table
