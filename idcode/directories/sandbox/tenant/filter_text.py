"""The language of ``$filter``, read into a tree (OData 4.01 URL Conventions, 5.1.1, as far as the directory has it)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from idcode.directories.sandbox.tenant.errors import malformed

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^']|'')*')
    | (?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))
    | (?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<mark>[(),:])
    | (?P<word>[A-Za-z_][\w.$/]*)
    )""",
    re.VERBOSE,
)
_COMPARISONS = ("eq", "ne", "ge", "gt", "le", "lt")
_FUNCTIONS = ("startswith", "endswith", "contains")
_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Compare:
    """``path op value``; ``op`` is one of eq ne ge gt le lt in startswith endswith contains (lower case)."""

    op: str
    path: str
    value: Any


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801
    """``path/any(variable:body)``; without a body: the collection is not empty."""

    path: str
    variable: str
    body: Node | None


@dataclass(frozen=True, slots=True)
class IsOf:
    """``isof('microsoft.graph.user')``."""

    type_name: str


@dataclass(frozen=True, slots=True)
class Not:
    """``not …``."""

    body: Node


@dataclass(frozen=True, slots=True)
class Both:
    """``left and right``, or ``left or right``."""

    op: str
    left: Node
    right: Node


Node = Compare | Any_ | IsOf | Not | Both


def parse(text: str) -> Node:
    """Return the tree of a filter. Raises ``GraphError`` where it is none."""
    reader = _Reader(text)
    node = reader.disjunction(0)
    if reader.kind is not None:
        raise reader.wrong()
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text.strip()
        self._at = 0
        self.kind: str | None = None
        self.value = ""
        self._advance()

    def wrong(self) -> Exception:
        return malformed(f"Invalid filter clause: Syntax error at position {self._at} in '{self._text}'.")

    def _advance(self) -> None:
        if self._at == len(self._text):
            self.kind, self.value = None, ""
            return
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise self.wrong()
        self.kind, self.value, self._at = found.lastgroup, found[found.lastgroup or 0], found.end()

    def _take(self, value: str | None = None) -> str:
        if self.kind is None or (value is not None and self.value.lower() != value):
            raise self.wrong()
        taken = self.value
        self._advance()
        return taken

    def _next_is(self, value: str) -> bool:
        return self.kind in ("word", "mark") and self.value.lower() == value

    def disjunction(self, depth: int) -> Node:
        left = self._conjunction(depth)
        while self._next_is("or"):
            self._advance()
            left = Both("or", left, self._conjunction(depth))
        return left

    def _conjunction(self, depth: int) -> Node:
        left = self._single(depth)
        while self._next_is("and"):
            self._advance()
            left = Both("and", left, self._single(depth))
        return left

    def _single(self, depth: int) -> Node:
        if depth > _DEPTH:
            raise self.wrong()
        if self._next_is("not"):
            self._advance()
            return Not(self._single(depth + 1))
        if self._next_is("("):
            self._advance()
            inner = self.disjunction(depth + 1)
            self._take(")")
            return inner
        if self.kind != "word":
            raise self.wrong()
        name = self._take()
        if self._next_is("("):
            return self._call(name, depth)
        return self._comparison(name)

    def _call(self, name: str, depth: int) -> Node:
        self._take("(")
        lowered = name.lower()
        if lowered == "isof":
            type_name = self._literal()
            self._take(")")
            return IsOf(str(type_name).rpartition(".")[2])
        if lowered.endswith("/any"):
            return self._lambda(name[:-4], depth)
        if lowered not in _FUNCTIONS or self.kind != "word":
            raise self.wrong()
        path = self._take()
        self._take(",")
        value = self._literal()
        self._take(")")
        if self._next_is("eq"):  # startsWith(…) eq true
            self._advance()
            node = Compare(lowered, path, value)
            return node if self._literal() is True else Not(node)
        return Compare(lowered, path, value)

    def _lambda(self, path: str, depth: int) -> Node:
        if self._next_is(")"):
            self._advance()
            return Any_(path, "", None)
        variable = self._take()
        self._take(":")
        body = self.disjunction(depth + 1)
        self._take(")")
        return Any_(path, variable, body)

    def _comparison(self, path: str) -> Node:
        op = self._take().lower()
        if op == "in":
            self._take("(")
            values = [self._literal()]
            while self._next_is(","):
                self._advance()
                values.append(self._literal())
            self._take(")")
            return Compare("in", path, tuple(values))
        if op not in _COMPARISONS:
            raise self.wrong()
        return Compare(op, path, self._literal())

    def _literal(self) -> Any:
        kind, value = self.kind, self._take()
        if kind == "text":
            return value[1:-1].replace("''", "'")
        if kind == "number":
            return float(value) if "." in value else int(value)
        if kind in ("time", "guid"):
            return value
        constants = {"true": True, "false": False, "null": None}
        if kind == "word" and value.lower() in constants:
            return constants[value.lower()]
        raise self.wrong()
