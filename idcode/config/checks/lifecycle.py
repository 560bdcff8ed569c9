"""Lifecycle stages and generated values."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from idcode.config.checks.context import Context
from idcode.config.checks.rulesets import RuleSet
from idcode.config.models.base import Expression
from idcode.config.models.rules import Generate, Lifecycle


def check_lifecycle(rules: RuleSet, context: Context) -> None:
    """Check stages, what becomes of missing identities, and generated values."""
    if rules.lifecycle:
        _stages(rules.lifecycle, rules, context)
        _missing(rules.lifecycle, rules, context)
        if "stage" in rules.generate:
            span = rules.generate["stage"].at
            context.findings.error("reserved-attribute", "'stage' is set by the lifecycle", span, "use another name")
    for name, made in rules.generate.items():
        _generated(name, made, rules, context)


def _stages(lifecycle: Lifecycle, rules: RuleSet, context: Context) -> None:
    names = rules.names(stage=False)
    context.compile(lifecycle.timezone, rules.dialect, names)
    _time_zone(lifecycle.timezone, context)
    seen: dict[str, int] = {}
    for position, stage in enumerate(lifecycle.stages):
        if stage.name in seen:
            message = f"the stage {stage.name!r} is there already, in line {seen[stage.name]}"
            context.findings.error("duplicate-stage", message, stage.place("name"))
        seen.setdefault(stage.name, stage.at.line)
        context.compile(stage.from_, rules.dialect, names)
        context.compile(stage.after, rules.dialect, names)
        if position and stage.from_ is None and stage.after is None:
            message = f"the stage {stage.name!r} says neither from nor after, so everybody would reach it at once"
            context.findings.error("stage-without-start", message, stage.at, "only the first stage may leave both out")


def _time_zone(zone: Expression | None, context: Context) -> None:
    if zone is None or not zone.constant:
        return
    try:
        ZoneInfo(zone.constant)
    except (KeyError, ValueError, OSError):
        known = available_timezones()
        if known:  # there are systems without time zone data
            context.known("time zone", zone.constant, known, zone.span)


def _missing(lifecycle: Lifecycle, rules: RuleSet, context: Context) -> None:
    missing = lifecycle.missing
    if not missing:
        return
    names = [stage.name for stage in lifecycle.stages]
    context.known("stage", missing.stage, names, missing.place("stage"))
    span = missing.place("since_in")
    place = context.place(missing.since_in, span)
    if not place:
        return
    there = rules.rules_in(place.directory)
    if place.rule is not None:
        known = [rule.name for rule in there]
        if not context.known("rule", place.rule, known, span, f"outbound rules in {place.directory}"):
            return
        there = [rule for rule in there if rule.name == place.rule]
    elif not there and all(rule.directory in context.project.directories for rule in rules.outbound):
        message = f"{rules.name!r} has no outbound rule in {place.directory!r} whose objects could hold it"
        context.findings.error("unknown-rule", message, span)
    for rule in there:
        for attribute in rule.flow:
            if attribute.lower() == place.attribute.lower():
                context.findings.error(
                    "mark-attribute-flowed",
                    f"{attribute!r} holds idcode's own mark of missing identities (since_in in line {span.line})",
                    rule.place_of_key("flow", attribute),
                    "flow into another attribute, or keep the mark in another one",
                )
    mark = getattr(context.directories.get(place.directory), "disable_mark_in", None)
    if isinstance(mark, str) and mark.lower() == place.attribute.lower():
        message = f"{place} already holds the disable mark of {place.directory!r}"
        context.findings.error("mark-attribute-flowed", message, span, "keep the two marks in different attributes")


def _generated(name: str, made: Generate, rules: RuleSet, context: Context) -> None:
    context.compile(made.value, made.dialect or rules.dialect, rules.names(stage=False), unique=True)
    linked = False
    for section in ("kept_in", "unique_in"):
        for position, text in enumerate(getattr(made, section)):
            span = made.place(section, position)
            place = context.place(text, span)
            if not place:
                linked = True
                continue
            there = [rule.name for rule in rules.rules_in(place.directory)]
            linked = linked or (section == "kept_in" and bool(there))
            if place.rule is not None:
                context.known("rule", place.rule, there, span, f"outbound rules in {place.directory}")
    if not linked:
        message = f"{name!r} is kept where no outbound rule of {rules.name!r} writes, so it could never be read back"
        context.findings.error("kept-in-nowhere", message, made.place("kept_in"))
