"""Several values: splitting, counting, picking. A single value counts as a list of one, null as an empty list."""

from __future__ import annotations

from idcode.expressions.conversions import text
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import function
from idcode.expressions.functions.text import lower
from idcode.model.values import Ref, Scalar


@function(
    "Split(source: text, delimiter: text) -> list",
    "The parts of the source between delimiters, blanks kept; null stays null.",
    example='Split("a,b,c", ",")',
    result=("a", "b", "c"),
    dialects=("entra", "mim"),
)
def _split(source: str | None, delimiter: str | None) -> tuple[str, ...] | None:
    if source is None:
        return None
    if not delimiter:
        raise EvaluationError("Split: the delimiter is empty")
    return tuple(source.split(delimiter)) if source else ()


@function(
    "Count(values: list) -> integer",
    "How many values there are.",
    example="Count([proxyAddresses])",
    inputs={"proxyAddresses": ("a", "b")},
    result=2,
)
def _count(values: tuple[Scalar, ...]) -> int:
    return len(values)


@function(
    "Item(values: list, number: integer) -> any",
    "The value with that number, from 1; a number outside is an error.",
    example="Item([proxyAddresses], 2)",
    inputs={"proxyAddresses": ("a", "b")},
    result="b",
)
def _item(values: tuple[Scalar, ...], number: int) -> Scalar:
    if not 1 <= number <= len(values):
        raise EvaluationError(f"Item: there is no value number {number} among {len(values)}")
    return values[number - 1]


@function(
    "Contains(values: list, find: text, case?: word) -> integer",
    "The number of the first value that contains find (a reference must equal it), from 1; 0 if none does. "
    "CaseInsensitive ignores letter case.",
    example='Contains([entitlements], "tier0") > 0',
    inputs={"entitlements": ("vpn", "tier0-admin")},
    result=True,
)
def _contains(values: tuple[Scalar, ...], find: str | None, case: str | None = None) -> int:
    if case not in (None, "CaseSensitive", "CaseInsensitive"):
        raise EvaluationError("Contains: case is CaseSensitive or CaseInsensitive")
    if find is None:
        return 0
    wanted = lower(find) if case == "CaseInsensitive" else find
    for number, value in enumerate(values, 1):
        held = text(value, "value of Contains") or ""
        held = lower(held) if case == "CaseInsensitive" else held
        if held == wanted if isinstance(value, Ref) else wanted in held:
            return number
    return 0


@function(
    "RemoveDuplicates(values: list) -> list",
    "Every value once, in the order of first appearance; letter case counts.",
    example="RemoveDuplicates([proxyAddresses])",
    inputs={"proxyAddresses": ("b", "a", "b")},
    result=("b", "a"),
)
def _remove_duplicates(values: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    # The type belongs to the key because True, 1 and Decimal(1) are equal in Python.
    return tuple({(type(value), value): value for value in values}.values())
