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

_UNDOCUMENTED = {
    "ValueCount": "Count([name]) counts the values of an attribute",
    "CBin": "rules of Entra Connect use it, but nothing says what it does exactly",
    "Thumbprint": "rules of Entra Connect use it, but nothing says what it does exactly",
}
"""Functions that Microsoft's own rules call and its references leave out."""


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
    """Return the functions of ``dialect``."""
    return {name for name, known in TABLE if known == dialect}


def find_function(call: Call, dialect: Dialect) -> Function:
    """Return the function that ``call`` means: that of the dialect before its name, or of ``dialect``.

    Raises :class:`ExpressionError` where there is none, or none with so many arguments.
    """
    meant = next((other for other in ALL if other == call.dialect), dialect)
    functions = TABLE.get((call.name, meant), [])
    if not functions:
        raise _unknown(call, meant)
    count = len(call.arguments)
    for function in functions:
        if function.accepts(count):
            return function
    raise ExpressionError(
        f"{call.name} does not take {count} argument{'' if count == 1 else 's'}",
        offset=call.start,
        length=call.end - call.start,
        code="wrong-arity",
        hint="write " + " or ".join(function.signature for function in functions) + _elsewhere(call, meant),
    )


def _elsewhere(call: Call, dialect: Dialect) -> str:
    """Return which dialect has the function as it is called, if another one does."""
    for other in ALL:
        for function in TABLE.get((call.name, other), []) if other != dialect else ():
            if function.accepts(len(call.arguments)):
                return f"; with dialect: {other} it is {function.signature}"
    return ""


def _unknown(call: Call, dialect: Dialect) -> ExpressionError:
    meant = nearest(call.name, names_of(dialect))
    return ExpressionError(
        f"there is no function {call.name}",
        offset=call.start,
        length=len(call.name) + (len(call.dialect) + 1 if call.dialect else 0),
        code="unknown-function",
        hint=_UNDOCUMENTED.get(call.name) or (f"did you mean {meant}?" if meant else None),
    )
