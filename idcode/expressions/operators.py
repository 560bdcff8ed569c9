"""Operators at run time: comparison, arithmetic, joining, and logic with unknown values.

Comparison of texts is by code points and heeds letter case. A number compares with a digit text as numbers, a
date with a text that can be read as one as moments, a truth value with a text by its spelling. Against null
only null is equal, and nothing is less or greater.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, DivisionByZero, InvalidOperation

from idcode.expressions.conversions import Number, bounded, check_length, describe, read_number, single, truth
from idcode.expressions.errors import EvaluationError, UnknownValueError
from idcode.expressions.moments import read_moment, start_of
from idcode.model.values import Ref, Scalar, Value

Comparable = tuple[str, str] | tuple[Number, Number] | tuple[datetime, datetime]

_USUAL = frozenset({str, int, datetime})
"""Classes whose own order is the one that is wanted."""


def equals(left: Value, right: Value) -> bool:
    """Whether both values are the same (``=``)."""
    if left.__class__ is str and right.__class__ is str:
        return left == right
    if isinstance(left, tuple) and isinstance(right, tuple):
        return left == right
    one, other = single(left, "="), single(right, "=")
    if one is None or other is None:
        return one is other
    if isinstance(one, bool) or isinstance(other, bool):
        return truth(one) is not None and truth(one) == truth(other)
    if isinstance(one, bytes) or isinstance(other, bytes):
        return one == other
    pair = _comparable(one, other)
    return pair is not None and pair[0] == pair[1]


def differs(left: Value, right: Value) -> bool:
    """Whether the values differ (``<>``)."""
    return not equals(left, right)


def less(left: Value, right: Value) -> bool:
    """Whether ``left`` comes before ``right``."""
    if left.__class__ is right.__class__ and left.__class__ in _USUAL:
        return left < right  # type: ignore[operator]
    pair = _ordered(left, right, "<")
    return pair is not None and _compare(pair) < 0


def greater(left: Value, right: Value) -> bool:
    """Whether ``left`` comes after ``right``."""
    if left.__class__ is right.__class__ and left.__class__ in _USUAL:
        return left > right  # type: ignore[operator]
    pair = _ordered(left, right, ">")
    return pair is not None and _compare(pair) > 0


def at_most(left: Value, right: Value) -> bool:
    """Whether ``left`` does not come after ``right``."""
    if left.__class__ is right.__class__ and left.__class__ in _USUAL:
        return left <= right  # type: ignore[operator]
    pair = _ordered(left, right, "<=")
    return pair is not None and _compare(pair) <= 0


def at_least(left: Value, right: Value) -> bool:
    """Whether ``left`` does not come before ``right``."""
    if left.__class__ is right.__class__ and left.__class__ in _USUAL:
        return left >= right  # type: ignore[operator]
    pair = _ordered(left, right, ">=")
    return pair is not None and _compare(pair) >= 0


def _ordered(left: Value, right: Value, operator: str) -> Comparable | None:
    one, other = single(left, operator), single(right, operator)
    if one is None or other is None:
        return None
    pair = None if isinstance(one, bool | bytes) or isinstance(other, bool | bytes) else _comparable(one, other)
    if pair is None:
        raise EvaluationError(f"{operator}: {describe(one)} and {describe(other)} have no order")
    return pair


def _compare(pair: Comparable) -> int:
    # Written out per type because a tuple of mixed types has no common order for the type checker.
    one, other = pair
    if isinstance(one, str) and isinstance(other, str):
        return (one > other) - (one < other)
    if isinstance(one, datetime) and isinstance(other, datetime):
        return (one > other) - (one < other)
    if isinstance(one, int | Decimal) and isinstance(other, int | Decimal):
        return (one > other) - (one < other)
    raise TypeError(f"{type(one).__name__} against {type(other).__name__}")


def _comparable(one: Scalar, other: Scalar) -> Comparable | None:
    """Bring two values to one type, or return ``None`` where there is none."""
    if isinstance(one, str | Ref) and isinstance(other, str | Ref):
        return str(one), str(other)
    if isinstance(one, date) or isinstance(other, date):
        first, second = _as_moment(one), _as_moment(other)
        return None if first is None or second is None else (first, second)
    left, right = _as_number(one), _as_number(other)
    return None if left is None or right is None else (left, right)


def _as_number(value: Scalar) -> Number | None:
    if isinstance(value, str):
        return read_number(value)
    return bounded(value, "comparison") if isinstance(value, int | Decimal) else None


def _as_moment(value: Scalar) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return start_of(value)
    if not isinstance(value, str):
        return None
    try:
        return read_moment(value)
    except EvaluationError:
        return None


def join(*parts: str | None) -> str:
    """Return the texts one after the other; null counts as empty."""
    texts = [part for part in parts if part is not None]
    check_length(sum(map(len, texts)), "&")
    return "".join(texts)


def add(first: Number, *others: Number) -> Number:
    """Return the sum."""
    return _fold(lambda left, right: left + right, "+", first, others)


def subtract(first: Number, *others: Number) -> Number:
    """Return the first number less the others."""
    return _fold(lambda left, right: left - right, "-", first, others)


def multiply(first: Number, *others: Number) -> Number:
    """Return the product."""
    return _fold(lambda left, right: left * right, "*", first, others)


def divide(first: Number, *others: Number) -> Number:
    """Return the quotient: whole where it comes out even, otherwise decimal."""
    return _fold(_divide, "/", first, others)


def negate(value: Number) -> Number:
    """Return the number with the other sign."""
    return -value


def _divide(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int) and right and left % right == 0:
        return left // right
    return Decimal(left) / Decimal(right)


def _fold(step: Callable[[Number, Number], Number], operator: str, first: Number, others: tuple[Number, ...]) -> Number:
    result = first
    for other in others:
        try:
            result = bounded(step(*_same_type(result, other)), operator)
        except (DivisionByZero, InvalidOperation):
            raise EvaluationError(f"{operator}: division by zero") from None
    return result


def _same_type(left: Number, right: Number) -> tuple[Number, Number]:
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return Decimal(left), Decimal(right)
    return left, right


def kleene_and(*operands: Callable[[], bool]) -> bool:
    """Decide ``&&`` where operands may be unknown: false if any is false, else unknown if any is, else true."""
    return _kleene(operands, decisive=False)


def kleene_or(*operands: Callable[[], bool]) -> bool:
    """Decide ``||`` where operands may be unknown: true if any is true, else unknown if any is, else false."""
    return _kleene(operands, decisive=True)


def _kleene(operands: tuple[Callable[[], bool], ...], *, decisive: bool) -> bool:
    unknown: UnknownValueError | None = None
    for operand in operands:
        try:
            if operand() is decisive:
                return decisive
        except UnknownValueError as problem:
            unknown = unknown or problem
        except EvaluationError:
            # The operand to the left failed first; that it was unknown is the truer reason.
            if unknown:
                raise unknown from None
            raise
    if unknown:
        raise unknown
    return not decisive
