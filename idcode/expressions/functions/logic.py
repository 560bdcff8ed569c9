"""Choosing between values, asking whether there is one, and deciding about the flow."""

from __future__ import annotations

from decimal import Decimal
from typing import NoReturn

from idcode.expressions.conversions import describe, is_empty, read_number, single, truth
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import function
from idcode.model.values import Result, Special, Value


def _by_form(*_arguments: object) -> NoReturn:
    raise TypeError("the compiler has a shape of its own for this function")


function(
    "IIF(condition: condition, whenTrue: result, whenFalse: result) -> result",
    "One of two values; only the chosen one is evaluated.",
    example='IIF([country] = "SE", "EUR-01", "ROW-01")',
    inputs={"country": "SE"},
    result="EUR-01",
    form="iif",
)(_by_form)

function(
    "Switch(source: any, default?: result, key: any, value: result, key*: any, value*: result) -> result",
    "The value behind the first key that equals the source as text, with letter case; otherwise the default, or null. "
    'A null source matches the key "".',
    example='Switch([state], "Australia/Sydney", "QLD", "Australia/Brisbane", "SA", "Australia/Adelaide")',
    inputs={"state": "QLD"},
    result="Australia/Brisbane",
    dialects=("entra", "mim"),
    form="switch",
)(_by_form)

function(
    "Switch(condition: condition, value: result, condition*: condition, value*: result) -> result",
    "The value behind the first condition that is true, or null. All conditions are evaluated, of the values only one.",
    example='Switch([city] = "Rome", "Italian", [city] = "Paris", "French", True, "English")',
    inputs={"city": "Paris"},
    result="French",
    dialects=("connect",),
    form="cases",
)(_by_form)

function(
    "Coalesce(value: result, value*: result) -> result",
    "The first value that is not null; the empty text counts as a value.",
    example="Coalesce([mail], [userPrincipalName])",
    inputs={"userPrincipalName": "ada@contoso.com"},
    result="ada@contoso.com",
    form="coalesce",
)(_by_form)

function(
    "ImportedValue(attribute: text) -> any",
    "The value that the last import confirmed; the attribute's name is a text. In a plan that is simply its value, "
    "since nothing but what was read counts there.",
    example='ImportedValue("sourceAnchor")',
    inputs={"sourceAnchor": "a1"},
    result="a1",
    form="imported",
)(_by_form)

function(
    "SelectUniqueValue(candidate: any, candidate: any, candidate*: any) -> flow",
    "The first candidate that is not taken yet; it must be the outermost function.",
    example='SelectUniqueValue("ada", "ada.brisling")',
    result="ada",
    form="unique",
)(_by_form)


@function(
    "IgnoreFlowIfNullOrEmpty(value: result) -> flow",
    "The value; where it is null or empty, nothing flows and the target stays as it is.",
    example="IgnoreFlowIfNullOrEmpty([department])",
    inputs={"department": ""},
    result=Special.ABSENT,
)
def _ignore_if_empty(value: Result) -> Result:
    return Special.ABSENT if not isinstance(value, Special) and is_empty(value) else value


@function(
    "Error(message: text) -> any",
    "Always fails with the message, if it is evaluated: the flow is frozen.",
    example='IIF(IsNullOrEmpty([id]), Error("id is required"), [id])',
    inputs={"id": "E1001"},
    result="E1001",
)
def _error(message: str | None) -> NoReturn:
    raise EvaluationError(message or "Error")


@function(
    "Null() -> any",
    "No value: a rule of lower precedence may have one.",
    example="IIF(IsPresent([nick]), [nick], Null())",
    result=None,
)
def _null() -> None:
    return None


@function("CRLF() -> text", "A line break: carriage return and line feed.", example="Len(CRLF())", result=2)
def _line_break() -> str:
    return "\r\n"


@function("IsNull(value: any) -> condition", "Whether there is no value.", example="IsNull([mail])", result=True)
def _is_null(value: Value) -> bool:
    return value is None or value == ()


@function(
    "IsNullOrEmpty(value: any) -> condition",
    "Whether there is no value, or the empty text.",
    example='IsNullOrEmpty("")',
    result=True,
)
def _is_null_or_empty(value: Value) -> bool:
    return is_empty(value)


@function(
    "IsPresent(value: any) -> condition",
    "Whether there is a value that is not the empty text.",
    example='IsPresent("x")',
    result=True,
    dialects=("entra", "connect"),
)
def _is_present(value: Value) -> bool:
    return not is_empty(value)


@function(
    "IsPresent(value: any) -> condition",
    "Whether there is a value; the empty text is one.",
    example="IsPresent(nick)",
    inputs={"nick": ""},
    result=True,
    dialects=("mim",),
)
def _is_not_null(value: Value) -> bool:
    return not _is_null(value)


@function(
    "IsEmpty(value: any) -> condition",
    "Whether there is a value and it is the empty text.",
    example='IsEmpty("")',
    result=True,
)
def _is_empty_text(value: Value) -> bool:
    return value == ""


@function(
    "Not(value: any) -> condition",
    "False for True and the text True, in this letter case; otherwise True.",
    example='Not([stage] = "active")',
    inputs={"stage": "leaver"},
    result=True,
)
def _negation(value: Value) -> bool:
    only = single(value, "Not")
    return not (only is True or only == "True")


@function(
    "CBool(value: scalar) -> condition",
    "False for null and zero, True for other numbers; truth values and their texts as they are.",
    example="CBool(-3)",
    result=True,
)
def _to_boolean(value: Value) -> bool:
    only = single(value, "CBool")
    if only is None:
        return False
    found = truth(only)
    if found is not None:
        return found
    number = read_number(only) if isinstance(only, str) else only
    if isinstance(number, int | Decimal):
        return number != 0
    raise EvaluationError(f"CBool: {describe(only)} is neither a truth value nor a number")
