"""Numbers: reading them, and bits. Arithmetic is done by operators."""

from __future__ import annotations

from decimal import Decimal

from idcode.expressions.conversions import Number, read_number, single
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import function
from idcode.model.values import Value


@function(
    "CNum(text: text) -> number",
    "The number that a text spells in decimal digits; null stays null.",
    example='CNum("42") + 1',
    result=43,
)
def _to_number(source: str | None) -> Number | None:
    if source is None:
        return None
    found = read_number(source)
    if found is None:
        raise EvaluationError(f'CNum: "{source}" is not a number')
    return found


@function(
    "IsNumeric(value: scalar) -> condition",
    "Whether the value is a number, or a text that CNum can read.",
    example='IsNumeric("-5.5")',
    result=True,
)
def _is_numeric(value: Value) -> bool:
    only = single(value, "IsNumeric")
    if isinstance(only, str):
        return read_number(only) is not None
    return isinstance(only, int | Decimal) and not isinstance(only, bool)


@function(
    "BitAnd(value1: integer, value2: integer) -> integer",
    "The bits that both numbers have; negative numbers in two's complement.",
    example="BitAnd(&HF, &HF7)",
    result=7,
)
def _bit_and(value1: int, value2: int) -> int:
    return value1 & value2


@function(
    "BitOr(value1: integer, value2: integer) -> integer",
    "The bits that either number has.",
    example="BitOr(512, 2)",
    result=514,
)
def _bit_or(value1: int, value2: int) -> int:
    return value1 | value2


@function(
    "IsBitSet(value: integer, flag: integer) -> condition",
    "Whether the number has a bit of the flag, which is a mask and not the number of a bit.",
    example="IsBitSet([userAccountControl], 2)",
    inputs={"userAccountControl": 514},
    result=True,
)
def _is_bit_set(value: int, flag: int) -> bool:
    return value & flag != 0
