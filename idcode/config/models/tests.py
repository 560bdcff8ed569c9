"""``rules/*.test.yaml``: what is given to the rules, and what must come of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from idcode.config.models.base import Node, YesNo


def _read_moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    try:
        # Only the forms with hyphens, as --as-of has them: "20270331" is more likely a mistake than a date.
        if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value):
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError("moment", "expected a date such as 2026-12-01 or a time such as 2026-12-01T08:00:00Z")


Moment = Annotated[
    datetime,
    BeforeValidator(_read_moment),
    WithJsonSchema({"type": "string", "description": "A date (its start in UTC), or a date and time in ISO 8601."}),
]


def _read_cell(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise PydanticCustomError("cell", "expected a text, a list of texts, or null")


def _read_wanted(value: Any) -> Any:
    found = _read_cell(value)
    if found is not None and (not found or (isinstance(found, tuple) and "" in found)):
        raise PydanticCustomError("empty_wanted", "no attribute holds an empty text or an empty list; it has no value")
    return found


_SCALAR = {"type": ["string", "number", "boolean"]}
_CELL = WithJsonSchema({"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}, {"type": "null"}]})
Value = str | tuple[str, ...] | None
Cell = Annotated[Value, BeforeValidator(_read_cell), _CELL]
"""A text, several, or null."""
Wanted = Annotated[Value, BeforeValidator(_read_wanted), _CELL]
"""A text, several, or null; never an empty one."""


class GivenObject(Node):
    """An object that a directory holds beforehand; the OUs of its ``path`` are there with it."""

    object: Literal["user", "contact", "group", "ou"] = "user"
    name: str = Field(min_length=1)
    path: str = ""
    enabled: YesNo = True
    mark: Literal["disabled", "new"] | None = None
    deleted: YesNo = False
    attributes: dict[str, Cell] = {}

    @model_validator(mode="after")
    def _only_accounts_are_enabled(self) -> GivenObject:
        if self.object != "user" and self.model_fields_set & {"enabled", "mark"}:
            raise ValueError("only users have enabled and mark")
        return self


class Given(Node):
    """What the rules get to see: records by source, objects by directory."""

    sources: dict[str, list[dict[str, Cell]]] = {}
    objects: dict[str, list[GivenObject]] = {}


class ObjectExpectation(Node):
    """The object of one outbound rule as it is once the plan is applied; what is not named is not compared."""

    state: Literal["created", "kept", "restored", "deleted", "absent", "frozen"] | None = None
    enabled: YesNo | None = None
    path: str | None = None
    attributes: dict[str, Wanted] = {}
    shadow: dict[str, Wanted] = {}
    in_: list[str] = Field(default=[], validation_alias="in", serialization_alias="in")
    not_in: list[str] = []

    @model_validator(mode="after")
    def _nothing_of_nobody(self) -> ObjectExpectation:
        if self.state in ("absent", "deleted") and self.model_fields_set != {"state"}:
            raise ValueError(f"an object that is {self.state} has nothing else to compare")
        return self


class Expectation(Node):
    """One person (or other identity), and their objects by outbound rule; what is not named is not compared."""

    state: Literal["present", "missing", "frozen", "absent"] | None = None
    stage: str | None = None
    attributes: dict[str, Wanted] = {}
    absent: list[str] = []
    unknown: list[str] = []
    objects: dict[str, ObjectExpectation] = {}
    diagnostics: list[str] | None = None

    @model_validator(mode="after")
    def _nothing_of_nobody(self) -> Expectation:
        if self.state == "absent" and self.model_fields_set - {"state", "diagnostics"}:
            raise ValueError("somebody who is absent has nothing else to compare")
        return self


class RuleTest(Node):
    """One test: given these records and objects at this moment, that comes of it."""

    name: str = Field(min_length=1)
    as_of: Moment | None = None
    given: Given = Given()
    expect: Annotated[dict[str, Expectation], Field(min_length=1)]


class RuleTestFile(Node):
    """``rules/*.test.yaml``; ``as_of`` and ``given`` hold for all tests of the file, who may say otherwise."""

    as_of: Moment | None = None
    given: Given = Given()
    tests: list[RuleTest]
