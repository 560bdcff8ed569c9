"""Filling texts up to a length with one character."""

from __future__ import annotations

from idcode.expressions.conversions import check_length
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import function


@function(
    "PadLeft(source: text, length: integer, character: text) -> text",
    "The source with the character before it as often as it takes to be that long; null gives the empty text.",
    example='PadLeft("User", 10, "0")',
    result="000000User",
)
def _pad_left(source: str | None, length: int, character: str | None) -> str:
    return _missing(source, length, character, "PadLeft") + (source or "")


@function(
    "PadRight(source: text, length: integer, character: text) -> text",
    "The source with the character behind it as often as it takes to be that long; null gives the empty text.",
    example='PadRight("User", 10, "0")',
    result="User000000",
)
def _pad_right(source: str | None, length: int, character: str | None) -> str:
    return (source or "") + _missing(source, length, character, "PadRight")


@function(
    "LeftPad(source: text, length: integer, character: text) -> text",
    "The source with the character before it as often as it takes to be that long; null gives the empty text.",
    example='LeftPad([employeeId], 8, "0")',
    inputs={"employeeId": 12345},
    result="00012345",
)
def _left_pad(source: str | None, length: int, character: str | None) -> str:
    return _missing(source, length, character, "LeftPad") + (source or "")


@function(
    "RightPad(source: text, length: integer, character: text) -> text",
    "The source with the character behind it as often as it takes to be that long; null gives the empty text.",
    example='RightPad("User", 10, "0")',
    result="User000000",
)
def _right_pad(source: str | None, length: int, character: str | None) -> str:
    return (source or "") + _missing(source, length, character, "RightPad")


def _missing(source: str | None, length: int, character: str | None, use: str) -> str:
    if character is None or len(character) != 1:
        raise EvaluationError(f"{use}: a single character is needed to pad with")
    check_length(length, use)
    return "" if source is None else character * (length - len(source))
