"""Numbers: bits. Arithmetic is done by operators."""

from __future__ import annotations

from idcode.expressions.functions.registry import function


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
