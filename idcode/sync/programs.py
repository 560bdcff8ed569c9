"""The compiled form of a repository's rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from idcode.config.models.base import Dialect, Expression
from idcode.config.models.rules import Flow, InboundRule, OutboundRule
from idcode.config.places import parse_place
from idcode.config.project import IdentityType, Repository
from idcode.expressions import Environment, EvaluationError, Program, compile_expression, compile_rule
from idcode.model.diagnostics import Span
from idcode.model.values import Result

Joins = tuple[tuple[tuple[str, Program], ...], ...]
RuleFunction = Callable[[Environment], dict[str, "Result | EvaluationError"]]


Language = tuple[Dialect, Mapping[str, str]]
"""The dialect of expressions, and the project's parameters (``%name%``)."""


def program(expression: Expression, dialect: Dialect, parameters: Mapping[str, str]) -> Program:
    """Compile an expression that ``validate`` has accepted; a constant becomes a text literal."""
    if expression.constant is not None:
        escaped = expression.constant.replace("\\", "\\\\").replace('"', '\\"')
        return compile_expression(f'"{escaped}"', dialect="entra")
    return compile_expression(expression.text, dialect=dialect, parameters=parameters)


def _optional(expression: Expression | None, language: Language) -> Program | None:
    return program(expression, *language) if expression else None


def _joins(joins: list[dict[str, Expression]], language: Language) -> Joins:
    return tuple(tuple((name, program(value, *language)) for name, value in join.items()) for join in joins)


@dataclass(frozen=True, slots=True)
class Inbound:
    """An inbound rule, compiled: ``run`` computes all flows of a record at once."""

    rule: InboundRule
    scope: Program | None
    joins: Joins
    flows: Mapping[str, Program]
    run: RuleFunction

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.rule.name


@dataclass(frozen=True, slots=True)
class OutboundFlow:
    """One flow of an outbound rule, compiled; ``aliases`` only for mail flows."""

    attribute: str
    flow: Flow
    value: Program
    aliases: Program | None
    span: Span


@dataclass(frozen=True, slots=True)
class Outbound:
    """An outbound rule, compiled."""

    rule: OutboundRule
    scope: Program | None
    joins: Joins
    path: Program | None
    segments: tuple[Program, ...]
    enabled: Program | None
    flows: tuple[OutboundFlow, ...]

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.rule.name

    @property
    def key(self) -> str:
        """``directory/rule``: the guard scope, and the name of the managed scope in a query."""
        return f"{self.rule.directory}/{self.rule.name}"

    def programs(self) -> list[Program]:
        """Every program of the rule that sees the linked object."""
        found = [self.scope, self.path, self.enabled, *self.segments]
        found += [part for flow in self.flows for part in (flow.value, flow.aliases)]
        return [part for part in found if part is not None]

    def object_attributes(self) -> frozenset[str]:
        """The attributes of the linked object that the rule's expressions read (``[object.x]``)."""
        return object_attributes(self.programs())


def object_attributes(programs: Iterable[Program]) -> frozenset[str]:
    """Return the attributes of the live object that expressions read (``[object.x]``)."""
    names = {name for part in programs for name in part.attributes}
    return frozenset(name.removeprefix("object.") for name in names if name.startswith("object."))


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """All rules of one identity type, compiled."""

    type: IdentityType
    inbound: Mapping[str, Inbound]
    outbound: Mapping[str, Outbound]
    generate: Mapping[str, Program]
    timezone: Program | None
    stages: tuple[tuple[str, Program | None, Program | None], ...] = field(default=())

    def source_rules(self) -> list[Inbound]:
        """Inbound rules that read a source."""
        return [rule for rule in self.inbound.values() if rule.rule.source]

    def creating_rules(self) -> list[Inbound]:
        """Inbound rules that may create identities."""
        return [rule for rule in self.source_rules() if rule.rule.creates]

    def place(self, text: str) -> tuple[str, str | None, str]:
        """Split ``directory[/rule].attribute``; without a rule the primary one is meant."""
        found = parse_place(text)
        primary = self.type.primary_rule(found.directory)
        return found.directory, found.rule or (primary.name if primary else None), found.attribute

    def key_join(self, rule: Outbound) -> str | None:
        """The directory attribute by which ``rule`` joins on the identity's key alone, if it does."""
        for join in rule.joins:
            if len(join) == 1 and join[0][1].direct == self.type.key:
                return join[0][0]
        return None


def compile_rules(repository: Repository) -> dict[str, IdentityRules]:
    """Compile every identity type of a validated repository."""
    parameters = repository.project.parameters
    return {name: _compile_type(kind, parameters) for name, kind in repository.identities.items()}


def _compile_type(kind: IdentityType, parameters: Mapping[str, str]) -> IdentityRules:
    lifecycle, language = kind.lifecycle, (kind.dialect, parameters)
    stages = lifecycle.stages if lifecycle else []
    return IdentityRules(
        type=kind,
        inbound={rule.name: _compile_inbound(rule, language) for rule in kind.inbound},
        outbound={rule.name: _compile_outbound(rule, language) for rule in kind.outbound},
        generate={
            name: program(made.value, made.dialect or kind.dialect, parameters) for name, made in kind.generate.items()
        },
        timezone=program(lifecycle.timezone, *language) if lifecycle else None,
        stages=tuple((s.name, _optional(s.from_, language), _optional(s.after, language)) for s in stages),
    )


def _compile_inbound(rule: InboundRule, default: Language) -> Inbound:
    language = (rule.dialect or default[0], default[1])
    flows = {name: program(flow.value, *language) for name, flow in rule.flow.items()}
    return Inbound(rule, _optional(rule.scope, language), _joins(rule.join, language), flows, compile_rule(flows))


def _compile_outbound(rule: OutboundRule, default: Language) -> Outbound:
    language = (rule.dialect or default[0], default[1])
    flows = tuple(outbound_flow(name, flow, language, rule.key_at("flow")) for name, flow in rule.flow.items())
    return Outbound(
        rule=rule,
        scope=_optional(rule.scope, language),
        joins=_joins(rule.join, language),
        path=_optional(rule.path, language),
        segments=tuple(program(part, *language) for part in rule.segments or ()),
        enabled=_optional(rule.enabled.expression, language) if rule.enabled else None,
        flows=flows,
    )


def outbound_flow(name: str, flow: Flow, language: Language, span: Span) -> OutboundFlow:
    """Compile one flow; ``span`` is where it stands when its value has no place of its own."""
    aliases = _optional(flow.mail.aliases, language) if flow.mail else None
    return OutboundFlow(
        name, flow, program(flow.value, *language), aliases, flow.value.span if flow.value.span.file else span
    )
