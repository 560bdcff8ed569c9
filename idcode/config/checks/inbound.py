"""Inbound rules: their source or directory, key, joins, attributes and precedence."""

from __future__ import annotations

from collections.abc import Mapping

from idcode.config.checks.context import Context, Names
from idcode.config.checks.rulesets import RuleSet
from idcode.config.models.base import Dialect, Node
from idcode.config.models.rules import ATTRIBUTE_KIND, InboundRule
from idcode.config.nearest import suggestion
from idcode.model.diagnostics import Span


def check_inbound(rules: RuleSet, sets: Mapping[str, RuleSet], context: Context) -> None:
    """Check the inbound rules and attributes of one identity type."""
    for rule in rules.inbound:
        if rule.source is not None:
            _source_rule(rule, rules, context)
        else:
            _directory_rule(rule, rules, context)
        _expressions(rule, rule.dialect or rules.dialect, context)
        if "stage" in rule.flow and rules.lifecycle:
            span = rule.place_of_key("flow", "stage")
            context.findings.error("reserved-attribute", "'stage' is set by the lifecycle", span, "use another name")
    _attributes(rules, sets, context)
    _precedence(rules, context)


def _source_rule(rule: InboundRule, rules: RuleSet, context: Context) -> None:
    context.known("source", rule.source or "", context.project.sources, rule.place("source"))
    if rule.rule is not None:
        message = "a rule that reads a source has no `rule`; that is for reading back from a directory"
        context.findings.error("invalid-combination", message, rule.key_at("rule"))
    for position, join in enumerate(rule.join):
        for attribute in join:
            span = rule.place_of_key("join", position, attribute)
            context.known("attribute", attribute, rules.kinds(), span)
    if not rule.creates and not rule.join:
        message = f"the rule {rule.name!r} neither joins nor creates, so it can never add anything"
        context.findings.error(
            "no-join", message, rule.at, "add a join, for instance join: [{employeeId: [EmployeeID]}]"
        )
    if rule.creates and rules.key not in rule.flow:
        message = f"the rule {rule.name!r} creates identities but does not flow their key {rules.key!r}"
        if rule.join:
            context.findings.warning("key-not-flowed", message, rule.at, "add `creates: false`, or flow the key")
        else:
            context.findings.error("key-not-flowed", message, rule.at, f"add to its flow: {rules.key}: [COLUMN]")
    settings = context.sources.get(rule.source or "")
    if settings is not None and "proof" in type(settings).model_fields and getattr(settings, "proof", None) is None:
        context.findings.warning(
            "source-without-proof",
            f"the source {rule.source!r} has no proof that it was read completely, so it creates nobody "
            "and nobody counts as missing",
            settings.at,
            "add proof: with trailer, manifest or min_rows",
        )


def _directory_rule(rule: InboundRule, rules: RuleSet, context: Context) -> None:
    directory = rule.directory or ""
    if rule.join:
        message = "a rule that reads back from a directory joins nothing: it reads the linked object"
        context.findings.error("invalid-combination", message, rule.key_at("join"))
    if not context.known_directory(directory, rule.place("directory")):
        return
    there = rules.rules_in(directory)
    if rule.rule is not None:
        names = [other.name for other in there]
        context.known("rule", rule.rule, names, rule.place("rule"), f"outbound rules in {directory}")
    elif not there:
        message = f"no outbound rule of {rules.name!r} links objects in {directory!r}, so there is nothing to read back"
        context.findings.error("unknown-rule", message, rule.place("directory"))
    else:
        context.need_primary(rules.name, directory, rule.place("directory"), "this rule names no `rule` to read from")


def _expressions(rule: InboundRule, dialect: Dialect, context: Context) -> None:
    names: Names | None = None
    settings = context.sources.get(rule.source or "")
    if rule.source is not None and settings is not None:
        names = _columns(rule.source, settings, context)
    context.compile(rule.scope, dialect, names)
    for join in rule.join:
        for expression in join.values():
            context.compile(expression, dialect, names)
    for name, flow in rule.flow.items():
        if flow.mail:
            span = rule.place_of_key("flow", name)
            context.findings.error("invalid-combination", "a mail flow belongs into an outbound rule", span)
        else:
            context.compile(flow.expression, dialect, names)


def _columns(source: str, settings: Node, context: Context) -> Names | None:
    """Return the columns of a source; ``None`` where they are not known, or its header was not split into them."""
    columns = context.columns(source, settings)
    if columns is None:
        return None
    if len(columns) == 1 and getattr(settings, "key", None) not in columns:
        message = f"the header of source {source!r} is read as the one column {next(iter(columns))!r}"
        hint = "Is delimiter what stands between the names? Spreadsheets may write another one when they save a file."
        context.findings.error("csv-column-missing", message, settings.place("delimiter"), hint)
        return None
    return Names(columns)


def _attributes(rules: RuleSet, sets: Mapping[str, RuleSet], context: Context) -> None:
    for name, (kind, span) in rules.declared.items():
        match = ATTRIBUTE_KIND.fullmatch(kind)
        if match and match[2]:
            context.known("identity type", match[2], sets, span)
        written = rules.writers(name) or name in rules.generate or (name == "stage" and rules.lifecycle)
        if not written:
            others = [other for other in rules.kinds() if other not in rules.declared]
            hint = suggestion(name, others, "undeclared attributes") if others else "remove it, or add a flow"
            context.findings.error(
                "attribute-never-written",
                f"no rule writes the attribute {name!r}",
                _declaration(rules, name, span),
                hint,
            )
    if rules.key not in rules.kinds() and not any(rule.creates and rule.source for rule in rules.inbound):
        message = f"no rule writes the key {rules.key!r}"
        context.findings.error("attribute-never-written", message, rules.files[0].place("key"))
    for name, made in rules.generate.items():
        if rules.writers(name):
            rule = rules.writers(name)[0]
            message = f"{name!r} is generated and flowed by the rule {rule.name!r}; only one can write it"
            context.findings.error("generated-and-flowed", message, made.at, "generate it, or let it flow")


def _declaration(rules: RuleSet, name: str, span: Span) -> Span:
    for file in rules.files:
        if file.at.file == span.file and name in file.attributes:
            return file.place_of_key("attributes", name)
    return span


def _precedence(rules: RuleSet, context: Context) -> None:
    names = [rule.name for rule in rules.inbound]
    for attribute, (order, span) in rules.precedence.items():
        context.known("attribute", attribute, rules.kinds(), span)
        file = next(file for file in rules.files if file.at.file == span.file)
        for position, name in enumerate(order):
            place = file.place("precedence", attribute, position)
            context.known("rule", name, names, place, "inbound rules")
            if name in order[:position]:
                context.findings.error("duplicate-rule", f"the rule {name!r} is listed twice", place)
    for attribute in rules.kinds():
        writers = rules.writers(attribute)
        listed = rules.precedence.get(attribute, ([], Span("")))[0]
        left = [rule for rule in writers if rule.name not in listed]
        if left and len({rule.at.file for rule in writers}) > 1:
            last = left[-1]
            others = ", ".join(f"{rule.name!r} in {rule.at.file}" for rule in writers if rule is not last)
            strongest = ", ".join(rule.name for rule in writers)
            context.findings.error(
                "no-precedence",
                f"{attribute!r} comes from {last.name!r} here and from {others}; which one wins is not said",
                last.place_of_key("flow", attribute),
                f"add precedence: {{{attribute}: [{strongest}]}}",
            )


def precedence_of(rules: RuleSet) -> dict[str, tuple[str, ...]]:
    """Return for every attribute the inbound rules that write it, strongest first."""
    resolved = {}
    for attribute in rules.kinds():
        names = list(dict.fromkeys(rule.name for rule in rules.writers(attribute)))
        listed = rules.precedence.get(attribute, ([], Span("")))[0]
        first = [name for name in dict.fromkeys(listed) if name in names]
        resolved[attribute] = (*first, *(name for name in names if name not in first))
    return resolved
