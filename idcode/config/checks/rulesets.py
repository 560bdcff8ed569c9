"""All rule files of one identity type as one rule set, in file order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from idcode.config.checks.context import Context, Names
from idcode.config.models.base import Dialect
from idcode.config.models.rules import ATTRIBUTE_KIND, Generate, InboundRule, Lifecycle, OutboundRule, RuleFile
from idcode.model.diagnostics import Span

RESERVED_TYPES = ("group", "ou", "administrative_unit", "role_assignment")
"""Address types of declared objects, which no identity type may take."""
_NAME = re.compile(r"[\w-]+")


@dataclass(slots=True)
class RuleSet:
    """One identity type while it is being checked; see :class:`~idcode.config.project.IdentityType`."""

    name: str
    key: str
    dialect: Dialect
    files: list[RuleFile] = field(default_factory=list)
    inbound: list[InboundRule] = field(default_factory=list)
    outbound: list[OutboundRule] = field(default_factory=list)
    generate: dict[str, Generate] = field(default_factory=dict)
    lifecycle: Lifecycle | None = None
    declared: dict[str, tuple[str, Span]] = field(default_factory=dict)
    precedence: dict[str, tuple[list[str], Span]] = field(default_factory=dict)

    def writers(self, attribute: str) -> list[InboundRule]:
        """Return the inbound rules that flow ``attribute``, in file order."""
        return [rule for rule in self.inbound if attribute in rule.flow]

    def kinds(self) -> dict[str, str]:
        """Return every attribute that is declared or written, with its kind."""
        written = [name for rule in self.inbound for name in rule.flow] + list(self.generate)
        kinds = {name: kind for name, (kind, _) in self.declared.items()}
        kinds.update({name: "string" for name in written if name not in kinds})
        if self.lifecycle:
            kinds.setdefault("stage", "string")
        return dict(sorted(kinds.items()))

    def names(self, *, stage: bool = True, live: bool = False) -> Names:
        """Return what expressions over identities of this type may use."""
        return Names([name for name in self.kinds() if stage or name != "stage"], live=live)

    def rules_in(self, directory: str) -> list[OutboundRule]:
        """Return the outbound rules of one directory."""
        return [rule for rule in self.outbound if rule.directory == directory]

    def reference_type(self, attribute: str) -> str | None:
        """Return T where ``attribute`` is a ``ref(T)``."""
        match = ATTRIBUTE_KIND.fullmatch(self.kinds().get(attribute, ""))
        return match[2] if match else None


def merge(files: Iterable[RuleFile], context: Context) -> dict[str, RuleSet]:
    """Merge rule files by identity type and report what they contradict each other in."""
    sets: dict[str, RuleSet] = {}
    for file in files:
        span = file.place("identity")
        if file.identity in RESERVED_TYPES:
            context.findings.error("reserved-name", f"{file.identity!r} names a kind of declared object", span)
        dialect = file.dialect or context.project.dialect
        rules = sets.setdefault(file.identity, RuleSet(file.identity, file.key, dialect))
        if file.key != rules.key:
            first = rules.files[0].place("key")
            message = f"{file.identity!r} has the key {rules.key!r} in {first.file}, not {file.key!r}"
            context.findings.error("key-differs", message, file.place("key"), "one identity type has one key")
        _add(rules, file, dialect, context)
    for rules in sets.values():
        _unique_names(rules, context)
    _unique_scopes(sets, context)
    return sets


def _add(rules: RuleSet, file: RuleFile, dialect: Dialect, context: Context) -> None:
    rules.files.append(file)
    rules.inbound += [rule.model_copy(update={"dialect": rule.dialect or dialect}) for rule in file.inbound]
    rules.outbound += [rule.model_copy(update={"dialect": rule.dialect or dialect}) for rule in file.outbound]
    for name, kind in file.attributes.items():
        span = file.place("attributes", name)
        known, first = rules.declared.setdefault(name, (kind, span))
        if known != kind:
            message = f"{name!r} is {known} in {first.file}:{first.line}, not {kind}"
            context.findings.error("attribute-differs", message, span, "declare each attribute once")
    for name, made in file.generate.items():
        if name in rules.generate:
            context.findings.error(
                "declared-twice",
                f"the value {name!r} is generated already in {rules.generate[name].at}",
                file.place_of_key("generate", name),
            )
        made = made.model_copy(update={"dialect": made.dialect or dialect})
        rules.generate.setdefault(name, made)
    for name, order in file.precedence.items():
        span = file.place_of_key("precedence", name)
        if name in rules.precedence:
            message = f"the precedence of {name!r} is given already in {rules.precedence[name][1]}"
            context.findings.error("declared-twice", message, span)
        rules.precedence.setdefault(name, (order, span))
    if file.lifecycle and rules.lifecycle:
        message = f"{rules.name!r} has a lifecycle already in {rules.lifecycle.at}"
        context.findings.error("declared-twice", message, file.key_at("lifecycle"))
    elif file.lifecycle:
        rules.lifecycle = file.lifecycle
        rules.dialect = dialect


def _unique_names(rules: RuleSet, context: Context) -> None:
    for kind, found in (("inbound", rules.inbound), ("outbound", rules.outbound)):
        first: dict[str, Span] = {}
        for rule in found:
            span = rule.place("name")
            if not _NAME.fullmatch(rule.name):
                context.findings.error("bad-name", f"{rule.name!r} may hold only letters, digits, '-' and '_'", span)
            if rule.name in first:
                message = f"the {kind} rule {rule.name!r} is there already, in {first[rule.name]}"
                context.findings.error("duplicate-rule", message, span, "give each rule a name of its own")
            first.setdefault(rule.name, span)


def _unique_scopes(sets: Mapping[str, RuleSet], context: Context) -> None:
    first: dict[tuple[str, str], tuple[str, Span]] = {}
    for rules in sets.values():
        for rule in rules.outbound:
            span = rule.place("name")
            owner, place = first.setdefault((rule.directory, rule.name), (rules.name, span))
            if owner != rules.name:
                message = f"{rule.directory}/{rule.name} is a rule of {owner!r} already, in {place}"
                context.findings.error("duplicate-rule", message, span, "give each rule a name of its own")
