"""Several values: splitting, counting, picking. A single value counts as a list of one, null as an empty list."""

from __future__ import annotations

from idcode.expressions.characters import lower
from idcode.expressions.conversions import text
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import function
from idcode.expressions.functions.text import glued
from idcode.model.values import Ref, Scalar


@function(
    "Split(source: text, delimiter: text) -> list",
    "The parts of the source between delimiters, blanks kept; null stays null.",
    example='Split("a,b,c", ",")',
    result=("a", "b", "c"),
    dialects=("entra", "mim"),
)
def _split(source: str | None, delimiter: str | None) -> tuple[str, ...] | None:
    return _parts(source, delimiter, -1)


@function(
    "Split(source: text, delimiter: text, limit?: integer) -> list",
    "The parts of the source between delimiters, blanks kept, at most limit ones, of which the last holds the rest; -1 "
    "is no limit, null stays null.",
    example='Split("a,b,c", ",", 2)',
    result=("a", "b,c"),
    dialects=("connect",),
)
def _split_of_connect(source: str | None, delimiter: str | None, limit: int | None = None) -> tuple[str, ...] | None:
    if limit is not None and limit < 1 and limit != -1:
        raise EvaluationError("Split: the limit is at least 1, or -1 for none")
    return _parts(source, delimiter, -1 if limit is None or limit == -1 else limit - 1)


def _parts(source: str | None, delimiter: str | None, most: int) -> tuple[str, ...] | None:
    """Split at the first ``most`` delimiters, -1 for all."""
    if source is None:
        return None
    if not delimiter:
        raise EvaluationError("Split: the delimiter is empty")
    return tuple(source.split(delimiter, most)) if source else ()


@function(
    "Join(values: list, delimiter?: text) -> text",
    "All values with the delimiter between them, a space where none is given; null stays null.",
    example='Join([proxyAddresses], ",")',
    inputs={"proxyAddresses": ("SMTP:ada@contoso.com", "smtp:ab@contoso.com")},
    result="SMTP:ada@contoso.com,smtp:ab@contoso.com",
    dialects=("connect",),
)
def _join_of_connect(values: tuple[Scalar, ...], delimiter: str | None = " ") -> str | None:
    if not values:
        return None
    return glued(delimiter or "", [text(value, "value of Join") or "" for value in values], "Join")


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
    "ItemOrNull(values: list, number: integer) -> any",
    "The value with that number, from 1; null for a number outside.",
    example="ItemOrNull([proxyAddresses], 3)",
    inputs={"proxyAddresses": ("a", "b")},
    result=None,
)
def _item_or_null(values: tuple[Scalar, ...], number: int) -> Scalar | None:
    return values[number - 1] if 1 <= number <= len(values) else None


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
