"""What compiled expressions call for the parts of the language that are no plain functions.

An argument of type ``Later`` is evaluated only when it is called.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from idcode.expressions import operators
from idcode.expressions.errors import EvaluationError, UnknownValueError
from idcode.expressions.switches import key_text
from idcode.model.values import Result, Scalar, Special, Value

if TYPE_CHECKING:
    from idcode.expressions.program import Environment

Later = Callable[[], Result]
MAX_STEPS = 100_000
"""Values that ``Select`` and ``Where``, also inside each other, may look at for one result.

Also how many a list may have that is made value by value."""
MAX_CHARACTERS = 10_000_000
"""Characters of all texts of a list that is made."""
SECONDS = 5.0
"""How long making one list value by value may take."""


def known(value: Result, name: str) -> Value:
    """Return an attribute's value; one that was left alone is null, one that is unknown an error."""
    if isinstance(value, Special):
        if value is Special.UNKNOWN:
            raise UnknownValueError(name)
        return None
    return value


def imported(environment: Environment, name: str) -> Value:
    """Return the value of an attribute that the last import confirmed; without any telling, its value."""
    values = environment.values if environment.imported is None else environment.imported
    return known(values.get(name), name)


def parameter(environment: Environment, name: str) -> Value:
    """Return the value of a parameter. Raise :class:`EvaluationError` where it has none."""
    if name not in environment.params:
        raise EvaluationError(f"there is no parameter %{name}% here")
    return environment.params[name]


def note(environment: Environment, value: Result, start: int, end: int) -> Result:
    """Put a value into the trace, and return it."""
    if environment.trace is not None:
        environment.trace.append((start, end, value))
    return value


def choose(table: Mapping[str, Result], source: Value, default: Later) -> Result:
    """Return what a ``Switch`` of constants gives."""
    key = key_text(source)
    return table[key] if key in table else default()


def switch(source: Value, default: Later, *pairs: Later) -> Result:
    """Return the value behind the first key that equals ``source`` as text."""
    wanted = key_text(source)
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        if key_text(key()) == wanted:
            return value()
    return default()


def cases(conditions: Sequence[bool], *values: Later) -> Result:
    """Return the value behind the first condition that holds, null where none does."""
    for holds, value in zip(conditions, values, strict=True):
        if holds:
            return value()
    return None


def coalesce(*values: Later) -> Result:
    """Return the first value that is not null."""
    for value in values:
        found = value()
        if found is not None and found != ():
            return found
    return None


def select(
    environment: Environment, values: Sequence[Scalar], body: Callable[[Scalar], Value], outermost: bool
) -> Value:
    """Return what ``body`` gives for each value, without nulls."""
    _spend(environment, len(values), outermost)
    return _flat((body(value) for value in values), "Select")


def where(environment: Environment, values: Sequence[Scalar], body: Callable[[Scalar], bool], outermost: bool) -> Value:
    """Return the values for which ``body`` holds."""
    _spend(environment, len(values), outermost)
    return _flat((value if body(value) else None for value in values), "Where")


def _spend(environment: Environment, steps: int, outermost: bool) -> None:
    environment.steps = steps + (0 if outermost else environment.steps)
    if environment.steps > MAX_STEPS:
        raise EvaluationError(f"Select and Where look at more than {MAX_STEPS:,} values")


def choose_by_value(condition: bool | tuple[bool, ...], chosen: Later, other: Later) -> Result:
    """Return what ``IIF`` gives; a condition of several values decides value by value, nulls left out."""
    if not isinstance(condition, tuple):
        return chosen() if condition else other()
    results = {holds: chosen() if holds else other() for holds in dict.fromkeys(condition)}
    if len(condition) == 1 and isinstance(results[condition[0]], tuple | Special):
        return results[condition[0]]
    chosen_ones = (_for_one(results[holds], index, len(condition)) for index, holds in enumerate(condition))
    return _flat(chosen_ones, "IIF")


def _for_one(result: Result, index: int, count: int) -> Result:
    """Return what a branch of ``IIF`` gives for one of several values."""
    if isinstance(result, Special):
        raise EvaluationError(f"IIF: {result.value} cannot be the result for one value of several")
    if not isinstance(result, tuple):
        return result
    if len(result) not in (0, 1, count):
        raise EvaluationError(f"IIF: a condition of {count} values chooses among {len(result)}")
    return result[index % len(result)] if result else None


@cache
def by_value(run: Callable[..., Value], positions: tuple[int, ...], use: str) -> Callable[..., Value]:
    """Return ``run`` for lists at the ``positions``: called for each value, nulls left out of the result."""

    def run_each(*arguments: Any) -> Value:
        for position in positions:
            if arguments[position].__class__ is tuple:
                break
        else:
            return run(*arguments)
        lists = [position for position in positions if arguments[position].__class__ is tuple]
        count = _same_count([len(arguments[position]) for position in lists], use)
        given = list(arguments)

        def run_for(index: int) -> Value:
            for position in lists:
                given[position] = arguments[position][index % len(arguments[position])]
            return run(*given)

        return _flat(map(run_for, range(count)), use)

    return run_each


@cache
def operator_by_value(run: Callable[..., Value], operator: str) -> Callable[..., Value]:
    """Return an operator for lists; two lists are equal or not as wholes."""

    def run_each(*operands: Any) -> Value:
        lists = [operand for operand in operands if isinstance(operand, tuple) and operand]
        if not lists or (operator in ("=", "<>") and len(lists) > 1):
            return run(*operands)
        count = _same_count([len(part) for part in lists], operator)
        spread = [part * count if part in lists and len(part) == 1 else part for part in operands]
        rows = (
            [part[index] if isinstance(part, tuple) and part else part for part in spread] for index in range(count)
        )
        return _flat((run(*row) for row in rows), operator)

    return run_each


@cache
def logic_by_value(operator: str) -> Callable[..., Value]:
    """Return ``&&`` or ``||`` for operands of which some may be lists: decided for each of their values."""
    decide, decisive, both = _LOGIC[operator]
    combined = operator_by_value(lambda *row: both(row), operator)

    def run(*operands: Callable[[], bool | tuple[bool, ...]]) -> Value:
        lists: list[tuple[bool, ...]] = []

        def single(operand: Callable[[], bool | tuple[bool, ...]]) -> bool:
            held = operand()
            if isinstance(held, tuple):
                lists.append(held)
                # A list decides nothing for all values, so that the other operands do.
                return not decisive
            return held

        result = decide(*[partial(single, operand) for operand in operands])
        return combined(*lists) if lists and result is not decisive else result

    return run


_LOGIC: dict[str, tuple[Callable[..., bool], bool, Callable[[Sequence[bool]], bool]]] = {
    "&&": (operators.kleene_and, False, all),
    "||": (operators.kleene_or, True, any),
}


def _same_count(counts: Sequence[int], use: str) -> int:
    """Return how many values the lists have; a list of one goes with any other."""
    several = {count for count in counts if count != 1}
    if len(several) > 1:
        raise EvaluationError(f"{use}: lists of {' and '.join(map(str, sorted(several)))} values do not go together")
    return several.pop() if several else 1


def _flat(results: Iterable[Any], use: str) -> Value:
    """Return a list of all results that are not null; a result that is a list brings its values.

    Raises :class:`EvaluationError` where the list becomes too long, or takes too long.
    """
    found: list[Scalar] = []
    characters = 0
    ends = time.monotonic() + SECONDS
    for result in results:
        if result is None:
            continue
        made = result if isinstance(result, tuple) else (result,)
        found += made
        characters += sum([len(value) for value in made if isinstance(value, str)])
        if len(found) > MAX_STEPS:
            raise EvaluationError(f"{use}: a list has at most {MAX_STEPS:,} values")
        if characters > MAX_CHARACTERS:
            raise EvaluationError(f"{use}: the texts of a list have at most {MAX_CHARACTERS:,} characters together")
        if time.monotonic() > ends:
            raise EvaluationError(f"{use}: takes more than {SECONDS:.0f} seconds for a list")
    return tuple(found)
