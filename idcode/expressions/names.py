"""Which words and functions there are, by dialect, and what a wrong one was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

import idcode.expressions.functions  # noqa: F401 - enters the library into the table
from idcode.expressions.errors import ExpressionError
from idcode.expressions.functions.registry import ALL, TABLE, Dialect, Function
from idcode.expressions.tree import Call
from idcode.model.values import Special

VALUES: dict[str, str | bool | None] = {"True": True, "False": False, "NULL": None, "CRLF": "\r\n"}
"""Words that are values anywhere."""
_MIM_VALUES: dict[str, str | bool | None] = {**VALUES, "Null": None}
FLOW: dict[str, Special] = {
    "AuthoritativeNull": Special.AUTHORITATIVE_NULL,
    "IgnoreThisFlow": Special.ABSENT,
    "IgnoreAttributeFlow": Special.ABSENT,
    "IgnoreObjectFlow": Special.IGNORE_OBJECT,
}
"""Words that decide about the flow: they stand where the result of the whole expression is chosen."""
CHOICES = frozenset(
    {"Unicode", "ASCII", "UTF8", "vbTextCompare", "vbBinaryCompare", "CaseSensitive", "CaseInsensitive", "DC"}
)
"""Words that some functions take as an argument."""


def values_of(dialect: Dialect) -> Mapping[str, str | bool | None]:
    """Return the words that are values in ``dialect``."""
    return _MIM_VALUES if dialect == "mim" else VALUES


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return what ``name`` was probably meant to be, or ``None``."""
    names = sorted(known)
    by_case = {other.lower(): other for other in names}
    if name.lower() in by_case:
        return by_case[name.lower()]
    found = difflib.get_close_matches(name.lower(), list(by_case), n=1, cutoff=0.7)
    return by_case[found[0]] if found else None


def names_of(dialect: Dialect) -> set[str]:
    """Return the functions that an expression of ``dialect`` may call without naming a dialect."""
    return {name for name, _ in TABLE if _lent(name, dialect)}


def find_function(call: Call, dialect: Dialect) -> Function:
    """Return the function that ``call`` means. Raise :class:`ExpressionError` where there is none.

    A function that only one other dialect has is lent to this one.
    """
    if call.dialect is None:
        functions = _lent(call.name, dialect)
    else:
        functions = next((TABLE.get((call.name, named), []) for named in ALL if named == call.dialect), [])
    if not functions:
        raise _unknown(call, dialect)
    count = len(call.arguments)
    for function in functions:
        if function.accepts(count):
            return function
    raise ExpressionError(
        f"{call.name} does not take {count} argument{'' if count == 1 else 's'}",
        offset=call.start,
        length=call.end - call.start,
        code="wrong-arity",
        hint="write " + " or ".join(function.signature for function in functions),
    )


def _lent(name: str, dialect: Dialect) -> list[Function]:
    """Return the meanings of ``name`` in ``dialect``, or in the others where they agree."""
    own = TABLE.get((name, dialect))
    if own:
        return own
    others = [found for other in ALL if (found := TABLE.get((name, other)))]
    return others[0] if others and all(found == others[0] for found in others) else []


def _unknown(call: Call, dialect: Dialect) -> ExpressionError:
    elsewhere = [other for other in ALL if (call.name, other) in TABLE]
    length = len(call.name) + (len(call.dialect) + 1 if call.dialect else 0)
    if elsewhere:
        return ExpressionError(
            f"{call.name} is not available in dialect {call.dialect or dialect}",
            offset=call.start,
            length=length,
            code="function-not-in-dialect",
            hint=f"write {' or '.join(f'{other}.{call.name}(…)' for other in elsewhere)}",
        )
    here, anywhere = names_of(dialect), {name for name, _ in TABLE}
    meant = nearest(call.name, here) or nearest(call.name, anywhere)
    where = ", ".join(other for other in ALL if (meant, other) in TABLE)
    return ExpressionError(
        f"there is no function {call.name}",
        offset=call.start,
        length=length,
        code="unknown-function",
        hint=f"did you mean {meant}?" + (f" (dialect {where})" if meant not in here else "") if meant else None,
    )
