"""Outbound rules: their directory, stages, joins, expressions, passwords and primary accounts."""

from __future__ import annotations

from collections.abc import Mapping

from idcode.config.checks.context import Context, literal_text
from idcode.config.checks.rulesets import RuleSet
from idcode.config.models.rules import OutboundRule
from idcode.model.addresses import split_path
from idcode.model.diagnostics import Span


def check_outbound(rules: RuleSet, context: Context) -> None:
    """Check the outbound rules of one identity type."""
    for rule in rules.outbound:
        known = context.known_directory(rule.directory, rule.place("directory"))
        _stages(rule, rules, context)
        _joins(rule, context)
        _expressions(rule, rules, context)
        if rule.manages:
            check_path(rule.manages.base, rule.manages.place("base"), context)
        if known:
            _object_kind(rule, context)
            _naming(rule, context)
            _credentials(rule, context)
            _disable_mark(rule, context)
        lowered: dict[str, str] = {}
        for attribute in rule.flow:
            other = lowered.setdefault(attribute.lower(), attribute)
            if other != attribute:
                span = rule.place_of_key("flow", attribute)
                message = f"{other!r} and {attribute!r} are one attribute: directories do not tell case apart"
                context.findings.error("duplicate-key", message, span, "keep one of them")


def check_path(path: str, span: Span, context: Context) -> None:
    """Report a path of OU names that cannot be read."""
    try:
        split_path(path)
    except ValueError as problem:
        hint = "write People/Staff; a slash inside a name is \\/"
        context.findings.error("bad-path", str(problem), span, hint)


def _stages(rule: OutboundRule, rules: RuleSet, context: Context) -> None:
    if not rule.stages:
        return
    if not rules.lifecycle:
        message = f"{rules.name!r} has no lifecycle, so there are no stages"
        context.findings.error("unknown-stage", message, rule.place("stages"))
        return
    names = [stage.name for stage in rules.lifecycle.stages]
    for position, stage in enumerate(rule.stages):
        context.known("stage", stage, names, rule.place("stages", position))
    places = sorted({names.index(stage) for stage in rule.stages if stage in names})
    if places and places != list(range(places[0], places[-1] + 1)):
        left_out = ", ".join(repr(names[place]) for place in range(places[0], places[-1]) if place not in places)
        message = f"the stages leave out {left_out} between {names[places[0]]!r} and {names[places[-1]]!r}"
        context.findings.error("stages-with-gap", message, rule.place("stages"), "list neighbouring stages only")


def _joins(rule: OutboundRule, context: Context) -> None:
    synced = bool(getattr(context.directories.get(rule.directory), "synced_from", ()))
    if not rule.join and synced and not rule.creates:
        return  # synced people are found by what their account was synced from
    if not rule.join:
        context.findings.error(
            "no-join",
            f"the rule {rule.name!r} joins by nothing, so it could never find its objects again",
            rule.at,
            "add a join, for instance join: [{employeeID: [employeeId]}]",
        )
        return
    flowed = {attribute.lower() for attribute in rule.flow}
    for attribute in rule.join[0]:
        if attribute.lower() not in flowed and attribute.lower() != "onpremisesimmutableid":
            context.findings.error(
                "join-not-flowed",
                f"the first join of {rule.name!r} is by {attribute!r}, which the rule does not flow",
                rule.place_of_key("join", 0, attribute),
                f"add {attribute} to its flow, so that the next run finds the object again",
            )


def _expressions(rule: OutboundRule, rules: RuleSet, context: Context) -> None:
    dialect = rule.dialect or rules.dialect
    names = rules.names(live=True)
    context.compile(rule.scope, dialect, names)
    for join in rule.join:
        for expression in join.values():
            # A join looks for the object, so it cannot read it.
            context.compile(expression, dialect, rules.names())
    context.compile(rule.path, dialect, names)
    for segment in rule.segments or ():
        context.compile(segment, dialect, names)
    path = literal_text(rule.path, dialect) if rule.path else None
    if rule.path and path is not None:
        check_path(path, rule.path.span, context)
    context.compile(rule.enabled.expression if rule.enabled else None, dialect, names)
    for name, flow in rule.flow.items():
        if flow.mail:
            context.compile(flow.mail.primary, dialect, names)
            context.compile(flow.mail.aliases, dialect, names)
            continue
        program = context.compile(flow.expression, dialect, names, unique=True)
        target = rules.reference_type(program.direct) if program and program.direct else None
        if target:
            why = f"{name!r} refers to the object of another {target!r}"
            context.need_primary(target, rule.directory, rule.place("flow", name), why)


def _object_kind(rule: OutboundRule, context: Context) -> None:
    """Report a kind of object that the directory has not, and settings of accounts on objects that are none."""
    if rule.object == "guest" and context.directory_type(rule.directory) == "ad":
        context.findings.error(
            "not-in-this-directory",
            f"guests are objects of Entra ID, and {rule.directory!r} is Active Directory",
            rule.place("object"),
            "write object: user or object: contact, or name a directory of type entra",
        )
    if rule.object != "contact":
        return
    of_accounts = {
        "enabled": "enabled" in rule.model_fields_set,
        "initial_password": "initial_password" in rule.model_fields_set,
        "orphans: disable": rule.orphans == "disable",
        "on_exit: disable": rule.on_exit == "disable",
    }
    for written in (written for written, given in of_accounts.items() if given):
        key = written.partition(":")[0]
        message = f"`{written}` means nothing for object: contact, since nobody signs in as a contact"
        context.findings.error("invalid-combination", message, rule.key_at(key), f"remove {key}")


_NEEDED = {
    ("ad", "user"): ("cn", "sAMAccountName"),
    ("ad", "contact"): ("cn",),
    ("entra", "user"): ("userPrincipalName", "displayName", "mailNickname"),
    ("entra", "guest"): ("mail",),
}


def _naming(rule: OutboundRule, context: Context) -> None:
    """Report a creating rule without the attributes that a new object needs.

    In Active Directory: without ``cn``, the RDN of both kinds, it has no name; without ``sAMAccountName`` the domain
    controller makes up a random one for a user (MS-SAMR 3.1.1.8). In Entra: what Graph requires (page "Create user"
    and "Create invitation").
    """
    needed = _NEEDED.get((context.directory_type(rule.directory) or "", rule.object), ())
    if not rule.creates or rule.mode == "shadow":
        return
    flowed = {attribute.lower() for attribute in rule.flow}
    missing = [attribute for attribute in needed if attribute.lower() not in flowed]
    if missing:
        context.findings.error(
            "missing-flow",
            f"the rule {rule.name!r} creates {rule.object}s and does not flow {' and '.join(missing)}",
            rule.key_at("flow"),
            f"flow {' and '.join(missing)}, or write creates: false where the rule only joins objects that exist",
        )


def _credentials(rule: OutboundRule, context: Context) -> None:
    if context.project.credentials or not rule.creates or rule.object != "user" or rule.mode == "shadow":
        return
    if rule.initial_password == "none":
        return
    context.findings.error(
        "no-credentials-sink",
        f"the rule {rule.name!r} creates users with a random password, and nothing is told to receive it",
        rule.place("initial_password") if rule.written("initial_password") else rule.at,
        "add credentials: {command: [./deliver-password.sh]} to idcode.yaml, or initial_password: none",
    )


def _disable_mark(rule: OutboundRule, context: Context) -> None:
    mark = getattr(context.directories.get(rule.directory), "disable_mark_in", None)
    for attribute in rule.flow:
        if isinstance(mark, str) and attribute.lower() == mark.lower():
            context.findings.error(
                "mark-attribute-flowed",
                f"{attribute!r} holds idcode's own disable mark in {rule.directory!r}",
                rule.place_of_key("flow", attribute),
                "flow into another attribute, or set disable_mark_in of the directory",
            )


def check_primary(sets: Mapping[str, RuleSet], context: Context) -> None:
    """Check that every bare address that something relies on means exactly one rule."""
    for rules in sets.values():
        for directory in dict.fromkeys(rule.directory for rule in rules.outbound):
            primary = [rule for rule in rules.rules_in(directory) if rule.primary]
            for rule in primary[1:]:
                message = f"{primary[0].name!r} is the primary rule of {rules.name!r} in {directory!r} already"
                context.findings.error("several-primary", message, rule.place("primary"), "mark one rule only")
    for (identity, directory), (span, why) in sorted(context.needs.items()):
        if identity not in sets or directory not in context.project.directories:
            continue
        there = sets[identity].rules_in(directory)
        names = ", ".join(dict.fromkeys(repr(rule.name) for rule in there))
        if "," in names and not any(rule.primary for rule in there):
            context.findings.error(
                "no-primary",
                f"which of the rules {names} a bare {identity}:… means in {directory!r} is not said, and {why}",
                span,
                "mark one of the rules with primary: true",
            )
