"""The language as data, for documentation and for completion in editors."""

from __future__ import annotations

from dataclasses import dataclass

from idcode.expressions.functions import FAMILIES
from idcode.expressions.functions.registry import TABLE, Dialect
from idcode.model.values import Result


@dataclass(frozen=True, slots=True)
class Entry:
    """One function: ``example``, with ``inputs`` as attribute values, gives ``result``."""

    family: str
    name: str
    signature: str
    doc: str
    dialects: tuple[Dialect, ...]
    example: str
    inputs: tuple[tuple[str, Result], ...]
    result: Result


OPERATORS: tuple[tuple[str, str], ...] = (
    ("* / + - &", "arithmetic and joining of texts, left to right; * does not bind tighter than +"),
    ("= <> < <= > >=", "comparison; after arithmetic"),
    ("&& ||", "and, or, left to right; after comparison"),
)
"""Operators by tier, the first binding tightest, and what they do."""

WORDS: tuple[tuple[str, str], ...] = (
    ("True", "the truth value"),
    ("False", "the truth value"),
    ("NULL", "no value: a rule of lower precedence may have one, otherwise the target is cleared"),
    ("CRLF", "a line break: carriage return and line feed"),
    ("AuthoritativeNull", "no value, and no rule of lower precedence may have one"),
    ("IgnoreThisFlow", "as if the flow did not exist: the target stays as it is"),
    ("IgnoreAttributeFlow", "the same in Entra's words"),
    ("IgnoreObjectFlow", "the whole object stays as it is"),
)
"""Words that have a meaning anywhere, or where the result of the expression is chosen."""


def entries() -> tuple[Entry, ...]:
    """Return every declared function once, by family in the order of documentation, then by name."""
    families = {module.__name__: family for family, modules in FAMILIES.items() for module in modules}
    order = list(FAMILIES)
    unique = {id(function): function for functions in TABLE.values() for function in functions}
    found = [
        Entry(
            family=families[function.module],
            name=function.name,
            signature=function.signature,
            doc=function.doc,
            dialects=function.dialects,
            example=function.example,
            inputs=function.inputs,
            result=function.result,
        )
        for function in unique.values()
    ]
    return tuple(sorted(found, key=lambda entry: (order.index(entry.family), entry.name, entry.signature)))
