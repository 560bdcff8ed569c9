"""The checked tree: names resolved, conversions made explicit, literals already converted.

The compiler turns it into a function without further questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from idcode.expressions.functions.registry import Function
from idcode.expressions.kinds import Conversion


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is known now, or a marker such as ``OMITTED``."""

    value: object


@dataclass(frozen=True, slots=True)
class Lookup:
    """The value of an attribute; with ``imported`` the one that the last import confirmed."""

    name: str
    imported: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of a parameter."""

    name: str


@dataclass(frozen=True, slots=True)
class Variable:
    """The value that a variable is bound to."""

    name: str


@dataclass(frozen=True, slots=True)
class Convert:
    """``operand`` brought to the type that is asked for. ``use`` is for the message if that fails."""

    conversion: Conversion
    operand: Checked
    use: str


@dataclass(frozen=True, slots=True)
class Apply:
    """A function and all its arguments; those at the positions of ``maps`` may be lists, taken value by value."""

    function: Function
    arguments: tuple[Checked, ...]
    maps: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bind:
    """``Select``, ``Where`` or ``With`` (``form``): ``body`` with ``variable`` bound to ``source`` or each value of it.

    ``outermost`` where it stands in no other one's body.
    """

    form: str
    variable: str
    source: Checked
    body: Checked
    outermost: bool


@dataclass(frozen=True, slots=True)
class Operate:
    """An operator and its operands; with ``maps`` they may be lists, taken value by value."""

    operator: str
    operands: tuple[Checked, ...]
    maps: bool = False


@dataclass(frozen=True, slots=True)
class Traced:
    """``tree``, whose value is noted with its place in the text; only where somebody asked for a trace."""

    tree: Checked
    start: int
    end: int


Checked = Constant | Lookup | Setting | Variable | Convert | Apply | Bind | Operate | Traced


def below(tree: Checked) -> tuple[Checked, ...]:
    """Return the parts of ``tree``, in the order of the text."""
    if isinstance(tree, Convert):
        return (tree.operand,)
    if isinstance(tree, Traced):
        return (tree.tree,)
    if isinstance(tree, Apply):
        return tree.arguments
    if isinstance(tree, Bind):
        return (tree.source, tree.body)
    return tree.operands if isinstance(tree, Operate) else ()


def walk(tree: Checked) -> Iterator[Checked]:
    """Yield ``tree`` and everything below it."""
    yield tree
    for part in below(tree):
        yield from walk(part)
