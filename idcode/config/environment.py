"""``${env:NAME}`` in settings: checked by ``validate``, replaced only by commands that need the value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from idcode.config.located import LocatedDict, LocatedList, LocatedStr
from idcode.config.models.base import Node
from idcode.config.positions import locate
from idcode.config.validation import key_of
from idcode.model.diagnostics import Diagnostic, Span
from idcode.model.errors import ConfigError

N = TypeVar("N", bound=Node)
_VARIABLE = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_SHORTEST = 4
"""Shorter values say little, and hiding them would garble other words."""
_seen: set[str] = set()
_BEGINNING = re.compile(r"\$\{env:[^}]*\}?")


def malformed_variables(data: Any) -> Iterator[tuple[Span, str]]:
    """Yield place and text of everything in located data that begins like a variable and is none."""
    if isinstance(data, dict):
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from malformed_variables(item)
    elif isinstance(data, LocatedStr):
        for match in _BEGINNING.finditer(data):
            if not _VARIABLE.fullmatch(match[0]):
                yield locate(data, match.start(), len(match[0])), match[0]


def without_variables(text: str) -> str:
    """Return ``text`` without the values of variables that were used so far in this process.

    For what other libraries say of a defect: a driver may repeat the address, password included, that it was given.
    """
    for value in sorted(_seen, key=len, reverse=True):
        text = text.replace(value, "(hidden)")
    return text


def resolve_environment(settings: N, environ: Mapping[str, str], otherwise: str = "") -> N:
    """Return ``settings`` with every ``${env:NAME}`` in its texts replaced by the variable's value.

    Raises ``ConfigError`` that names every variable that is not set, and where it is used; its hint ends with
    ``otherwise``. The values themselves are never part of an error.
    """
    resolver = _Resolver(environ)
    resolved = resolver.node(settings)
    if resolver.missing:
        names = ", ".join(dict.fromkeys(name for name, _ in resolver.missing))
        raise ConfigError(
            f"environment variables that the configuration uses are not set: {names}",
            [_unset(name, span) for name, span in resolver.missing],
            hint=f"set them where idcode runs, for instance as secrets of the pipeline{otherwise}",
        )
    return resolved


def _unset(name: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "error",
        "variable-not-set",
        f"the environment variable {name} is not set",
        f"set {name} where idcode runs",
        span,
    )


class _Resolver:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.missing: list[tuple[str, Span]] = []

    def node(self, node: N) -> N:
        changed = {}
        for name, field in type(node).model_fields.items():
            value = getattr(node, name)
            new = self._value(value, node, (key_of(name, field),))
            if new != value:
                changed[name] = new
        return node.model_copy(update=changed) if changed else node

    def _value(self, value: Any, owner: Node, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, LocatedDict | LocatedList):
            return value  # raw data of the project file, which other settings models hold in their own form
        if isinstance(value, Node):
            return self.node(value)
        if isinstance(value, list):
            return [self._value(item, owner, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, dict):
            return {name: self._value(item, owner, (*path, name)) for name, item in value.items()}
        if not isinstance(value, str):
            return value
        return _VARIABLE.sub(lambda match: self._lookup(match, owner, path), value)

    def _lookup(self, match: re.Match[str], owner: Node, path: tuple[str | int, ...]) -> str:
        name = match[1]
        if name in self.environ:
            if len(self.environ[name]) >= _SHORTEST:
                _seen.add(self.environ[name])
            return self.environ[name]
        written = owner.written(*path)
        span = locate(written, match.start(), len(match[0])) if written is not None else owner.place(*path)
        self.missing.append((name, span))
        return match[0]
