"""``rules/*.yaml``: identity types, inbound rules, generated values, lifecycle and outbound rules."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from idcode.config.models.base import (
    Dialect,
    Duration,
    Expression,
    ExpressionField,
    Node,
    YesNo,
    one_of,
    read_expression,
)

AttributeKind = str
"""``string``, ``integer``, ``boolean``, ``date``, ``datetime``, ``binary``, ``ref(TYPE)``, each also with ``[]``."""

ATTRIBUTE_KIND = re.compile(r"(string|integer|boolean|date|datetime|binary|ref\(([\w-]+)\))(\[\])?")


def _attribute_kind(value: Any) -> Any:
    if not isinstance(value, str) or not ATTRIBUTE_KIND.fullmatch(value):
        raise PydanticCustomError(
            "attribute_type",
            "expected string, integer, boolean, date, datetime, binary or ref(TYPE), with [] for several values",
        )
    return str(value)


AttributeKindField = Annotated[
    AttributeKind,
    BeforeValidator(_attribute_kind),
    WithJsonSchema({"type": "string", "pattern": f"^{ATTRIBUTE_KIND.pattern}$"}),
]


class MailFlow(Node):
    """Mail addresses with one primary: ``on_change`` says what becomes of the old primary."""

    primary: ExpressionField
    aliases: ExpressionField | None = None
    on_change: Literal["demote", "drop"] = "demote"


class Flow(Node):
    """One target attribute. Exactly one of ``expression``, ``constant`` and ``mail`` is given.

    ``apply: once`` writes only when the object is created; ``merge: add-only`` never removes values; ``mode: shadow``
    computes and reports without writing; ``compare: exact`` also writes changes of letter case only.
    """

    model_config = ConfigDict(json_schema_extra=one_of("expression", "constant", "mail"))
    expression: ExpressionField | None = None
    constant: str | None = None
    mail: MailFlow | None = None
    apply: Literal["always", "once"] = "always"
    merge: Literal["replace", "add-only"] = "replace"
    mode: Literal["live", "shadow"] = "live"
    compare: Literal["schema", "exact"] = "schema"

    @model_validator(mode="after")
    def _exactly_one(self) -> Flow:
        given = [name for name in ("expression", "constant", "mail") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of expression, constant and mail")
        return self

    @property
    def value(self) -> Expression:
        """The expression (or constant) of the flow; of a mail flow, that of its primary address."""
        if self.mail:
            return self.mail.primary
        if self.expression:
            return self.expression
        return Expression("", self.key_at("constant"), constant=self.constant)


def _read_flow(value: Any) -> Any:
    """Let the short forms stand for ``{expression: …}``."""
    if isinstance(value, Flow):
        return value
    if isinstance(value, dict):
        return value
    expression = read_expression(value)
    return Flow(expression=expression)


FlowField = Annotated[Flow, BeforeValidator(_read_flow, json_schema_input_type=ExpressionField | Flow)]
Join = dict[str, ExpressionField]
"""Attribute of the joined record or object → expression over the other side; several pairs must all hold."""


class InboundRule(Node):
    """From records of a source (or linked objects of a directory) into identities."""

    model_config = ConfigDict(json_schema_extra=one_of("source", "directory"))
    name: str
    source: str | None = None
    directory: str | None = None
    rule: str | None = None
    dialect: Dialect | None = None
    scope: ExpressionField | None = None
    join: list[dict[str, ExpressionField]] = []
    creates: YesNo = True
    flow: dict[str, FlowField]

    @model_validator(mode="after")
    def _one_side(self) -> InboundRule:
        if (self.source is None) == (self.directory is None):
            raise ValueError("name either a source or a directory")
        return self


class Generate(Node):
    """A value made once and read back from where it lives (``directory[/rule].attribute``) ever after."""

    kept_in: list[str] = Field(min_length=1)
    unique_in: list[str] = []
    value: ExpressionField
    dialect: Dialect | None = None


class Stage(Node):
    """A step of the lifecycle: reached at the start of local day ``from``, or after the end of day ``after``."""

    name: str
    from_: ExpressionField | None = Field(
        default=None, validation_alias=AliasChoices("from", "from_"), serialization_alias="from"
    )
    after: ExpressionField | None = None

    @model_validator(mode="after")
    def _one(self) -> Stage:
        if self.from_ and self.after:
            raise ValueError("give from or after, not both")
        return self


class Missing(Node):
    """What becomes of an identity that no complete source has any more, after ``grace``."""

    stage: str
    grace: Duration = Field(default="PT48H", validate_default=True)
    since_in: str


class Lifecycle(Node):
    """Stages in order; the last one reached counts."""

    timezone: ExpressionField = Expression("", constant="UTC")
    stages: Annotated[list[Stage], Field(min_length=1)]
    missing: Missing | None = None


class Manages(Node):
    """The part of a directory where objects that nothing owns are orphans."""

    base: str = ""
    filter: str | None = None


class Enabled(Node):
    """When an account is enabled, and whether both ways are enforced."""

    expression: ExpressionField
    enforce: Literal["disable-only", "exact"] = "disable-only"


def _read_enabled(value: Any) -> Any:
    return value if isinstance(value, dict | Enabled) else Enabled(expression=read_expression(value))


EnabledField = Annotated[Enabled, BeforeValidator(_read_enabled, json_schema_input_type=ExpressionField | Enabled)]


class OutboundRule(Node):
    """From identities to objects of one directory."""

    name: str
    primary: YesNo = False
    directory: str
    object: Literal["user", "contact", "guest"] = "user"
    dialect: Dialect | None = None
    scope: ExpressionField | None = None
    stages: list[str] = []
    join: list[dict[str, ExpressionField]] = []
    creates: YesNo = True
    manages: Manages | None = None
    orphans: Literal["report", "disable", "delete"] = "report"
    on_exit: Literal["keep", "disable", "delete"] = "keep"
    path: ExpressionField | None = None
    segments: list[ExpressionField] | None = None
    missing_ou: Literal["error", "create"] = "error"
    enabled: EnabledField | None = None
    initial_password: Literal["random", "none"] = "random"
    mode: Literal["live", "shadow"] = "live"
    flow: dict[str, FlowField]

    @model_validator(mode="after")
    def _one_path(self) -> OutboundRule:
        if self.path and self.segments:
            raise ValueError("give path or segments, not both")
        return self


class RuleFile(Node):
    """``rules/people.yaml``; several files may add to one identity type."""

    identity: str = Field(pattern=r"^[A-Za-z_][\w-]*$")
    key: str
    dialect: Dialect | None = None
    attributes: dict[str, AttributeKindField] = {}
    inbound: list[InboundRule] = []
    precedence: dict[str, list[str]] = {}
    generate: dict[str, Generate] = {}
    lifecycle: Lifecycle | None = None
    outbound: list[OutboundRule] = []
