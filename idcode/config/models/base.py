"""What all models share: unknown keys are errors, scalars are typed from what was written, places are kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    PrivateAttr,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from idcode.config.located import LocatedDict, LocatedList, LocatedStr
from idcode.model.diagnostics import Span

Dialect = Literal["entra", "connect", "mim"]


class Node(BaseModel):
    """A mapping in a file. ``at`` is where it stands, ``key_at(name)`` where one of its keys does."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True, arbitrary_types_allowed=True)
    _at: Span = PrivateAttr(default_factory=lambda: Span(""))
    _keys_at: dict[str, Span] = PrivateAttr(default_factory=dict)
    _data: LocatedDict | None = PrivateAttr(default=None)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_place(cls, data: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        node = handler(data)
        if isinstance(data, LocatedDict):
            node._at, node._keys_at, node._data = data.span, dict(data.keys_at), data
        return node

    @property
    def at(self) -> Span:
        """Where the mapping begins."""
        return self._at

    def key_at(self, name: str) -> Span:
        """Where key ``name`` stands; the mapping's own place where the key was left out."""
        return self._keys_at.get(name, self._at)

    def standing_at(self, other: Node) -> Self:
        """Take over where ``other`` was written, so that errors about what was taken from it point there."""
        self._at, self._keys_at, self._data = other._at, other._keys_at, other._data
        return self

    def place(self, *path: str | int) -> Span:
        """Where the value at ``path`` (keys as written, list positions) stands, or the nearest part that was written.

        ``rule.place("stages", 1)`` is the second stage, ``rule.place("source")`` the name of the source.
        """
        return place_in(self._data, path, self._at)

    def place_of_key(self, *path: str | int) -> Span:
        """Where the last key of ``path`` stands, rather than its value."""
        node: Any = self._data
        for step in path[:-1]:
            node = _child(node, step)
        keys = node.keys_at if isinstance(node, LocatedDict) else {}
        return keys.get(str(path[-1]), self.place(*path[:-1]))

    def written(self, *path: str | int) -> LocatedStr | None:
        """Return the scalar that was written at ``path``, for placing a finding inside it."""
        node: Any = self._data
        for step in path:
            node = _child(node, step)
        return node if isinstance(node, LocatedStr) else None


@dataclass(frozen=True, slots=True)
class Expression:
    """The text of an expression and where it stands; compiled later by the ``expressions`` room.

    ``source`` is the YAML scalar it came from, for placing an error inside it; ``None`` for a constant. ``constant``
    holds the value of ``{constant: …}``, whose ``text`` is empty.
    """

    text: str
    span: Span = Span("")
    source: LocatedStr | None = None
    constant: str | None = None

    @property
    def is_constant(self) -> bool:
        """Whether this is ``{constant: …}`` rather than something to evaluate."""
        return self.constant is not None


def place_in(node: Any, path: Iterable[str | int], span: Span) -> Span:
    """Follow ``path`` into located data and return the place of what it leads to; ``span`` is the place of ``node``.

    Where the path leaves the data (a key that was left out), the place of the last part that is there counts.
    """
    for step in path:
        if isinstance(node, LocatedDict) and isinstance(step, str) and step in node.keys_at:
            span = node.keys_at[step]
        node = _child(node, step)
        if isinstance(node, LocatedStr | LocatedList | LocatedDict):
            span = node.span
    return span


def _child(node: Any, step: str | int) -> Any:
    if isinstance(node, dict) and isinstance(step, str):
        return node.get(step)
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return node[step]
    return None


def _place(value: Any) -> Span:
    return value.span if isinstance(value, LocatedStr | LocatedList | LocatedDict) else Span("")


def read_expression(value: Any) -> Any:
    """Accept a text, a one-element list ``[Name]`` (a direct mapping), or ``{constant: text}``."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, LocatedList | list) and len(value) == 1 and isinstance(value[0], str):
        name = value[0]
        return Expression(f"[{name}]", _place(value), name if isinstance(name, LocatedStr) else None)
    if isinstance(value, dict) and set(value) == {"constant"} and isinstance(value["constant"], str):
        return Expression("", _place(value["constant"]), constant=str(value["constant"]))
    if isinstance(value, str) and value.strip():
        return Expression(str(value), _place(value), value if isinstance(value, LocatedStr) else None)
    raise PydanticCustomError(
        "expression",
        "expected an expression: text such as 'Trim([Name])', a direct mapping [Name], or {{constant: text}}",
    )


def one_of(*keys: str) -> JsonDict:
    """Return the JSON Schema that asks for exactly one of ``keys``."""
    return {"oneOf": [{"required": [key]} for key in keys]}


def _read_bool(value: Any) -> Any:
    if isinstance(value, str):
        if value in ("true", "false"):
            return value == "true"
        raise PydanticCustomError("bool_word", "expected true or false")
    return value


_DURATION = re.compile(r"P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")

_LONGEST = timedelta(days=36_500)
"""Moments are reckoned with durations, and there is none after the year 9999."""


def read_duration(value: Any) -> Any:
    """Read an ISO 8601 duration of days, hours, minutes and seconds, at most a hundred years."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if isinstance(value, timedelta):
        return value
    if not match:
        raise PydanticCustomError("duration", "expected an ISO 8601 duration such as P1D, PT26H or PT90M")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        read = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        read = timedelta.max
    if read > _LONGEST:
        raise PydanticCustomError("duration", "expected a duration of at most a hundred years, P36500D")
    return read


def _read_percent(value: Any) -> Any:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", value) if isinstance(value, str) else None
    if not match or float(match[1]) > 100:
        raise PydanticCustomError("percent", "expected a percentage such as 2% or 0.5%, at most 100%")
    return float(match[1])


def _read_day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    try:
        # Only the calendar form: pydantic by itself takes "20270331" for a number of seconds.
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("date_word", "expected a date such as 2027-03-31")


_SCALAR = {"type": ["string", "number", "boolean"]}
ExpressionField = Annotated[
    Expression,
    BeforeValidator(read_expression),
    WithJsonSchema(
        {
            "description": "An expression, [Name] for a direct mapping, or {constant: text}.",
            "anyOf": [
                {**_SCALAR, "minLength": 1},
                {"type": "array", "items": _SCALAR, "minItems": 1, "maxItems": 1},
                {
                    "type": "object",
                    "properties": {"constant": _SCALAR},
                    "required": ["constant"],
                    "additionalProperties": False,
                },
            ],
        }
    ),
]
"""An expression, ``[Name]`` or ``{constant: text}``."""
YesNo = Annotated[bool, BeforeValidator(_read_bool)]
Duration = Annotated[
    timedelta,
    BeforeValidator(read_duration),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$", "description": "An ISO 8601 duration."}),
]
Day = Annotated[date, BeforeValidator(_read_day), WithJsonSchema({"type": "string", "format": "date"})]
Percent = Annotated[
    float,
    BeforeValidator(_read_percent),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$", "description": "A percentage such as 2%."}),
]
