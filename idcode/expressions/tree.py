"""The parse tree: what was written, and where.

``start`` and ``end`` are offsets in characters of the expression's text; ``depth`` is the number of levels
below and including a node. Nothing here knows which functions exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

MAX_DEPTH = 100
"""Levels an expression may be nested; checker and compiler recurse once or twice for each."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or number as written, decoded."""

    value: str | int | Decimal
    start: int
    end: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Attribute:
    """``[name]``."""

    name: str
    start: int
    end: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class SettingName:
    """``%name%``: a parameter of the connector or of the project."""

    name: str
    start: int
    end: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class VariableName:
    """``$name``: what ``Select``, ``Where`` and ``With`` bind."""

    name: str
    start: int
    end: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word: a keyword such as ``True``, a choice such as ``UTF8``, or in the dialect ``mim`` an attribute."""

    name: str
    start: int
    end: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Empty:
    """An argument that was left out; its place is the comma or parenthesis that follows."""

    start: int
    end: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Call:
    """``Name(argument, …)``; ``dialect`` where one is written before the name, as in ``connect.Switch(…)``."""

    name: str
    arguments: tuple[Node | Empty, ...]
    start: int
    end: int
    depth: int
    dialect: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """Two or more operands joined by one operator, left to right; ``negate`` has a single one.

    Runs of one operator are kept flat, so that a long list of alternatives is not deep. ``grouped`` marks
    parentheses, which end a run.
    """

    operator: str
    operands: tuple[Node, ...]
    start: int
    end: int
    depth: int
    grouped: bool = False


Node = Literal | Attribute | SettingName | VariableName | Word | Call | Operation


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and everything below it, in the order of the text."""
    yield node
    below = node.arguments if isinstance(node, Call) else node.operands if isinstance(node, Operation) else ()
    for child in below:
        if not isinstance(child, Empty):
            yield from walk(child)
