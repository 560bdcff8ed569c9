"""Guards: scopes that there are, accounts that can be meant, allowances for something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from idcode.config.checks.context import Context
from idcode.config.checks.decisions import check_object
from idcode.config.checks.rulesets import RuleSet
from idcode.config.models.decisions import DecisionFile
from idcode.model.diagnostics import Span

_DECLARED = ("groups", "ou", "administrative_units", "role_assignments", "app_role_assignments")


def check_guards(files: Sequence[DecisionFile], sets: Mapping[str, RuleSet], context: Context) -> None:
    """Check ``guards:`` of the project, and the allowances of all decision files."""
    guards = context.project.guards
    for expression in guards.protect:
        # Any attribute of any directory or identity may protect an object.
        context.compile(expression, context.project.dialect, None)
    _licence_guard(context)
    for scope in guards.scopes:
        _scope(scope, guards.place_of_key("scopes", scope), sets, context)
    for index, text in enumerate(guards.break_glass):
        check_object(text, guards.place("break_glass", index), sets, context)
    for file in files:
        for allowance in file.allowances:
            if allowance.scope is not None:
                _scope(allowance.scope, allowance.place("scope"), sets, context)


def _scope(text: str, span: Span, sets: Mapping[str, RuleSet], context: Context) -> None:
    directory, slash, _ = text.partition("/")
    if not context.known_directory(directory, span) or not slash:
        return
    rules = (rule.name for rules in sets.values() for rule in rules.rules_in(directory))
    context.known("guard scope", text, [f"{directory}/{name}" for name in (*rules, *_DECLARED)], span)


def _licence_guard(context: Context) -> None:
    guards = context.project.guards
    types = {raw.get("type") for raw in context.project.directories.values() if isinstance(raw, dict)}
    if guards.licence_loss and not types & {"entra", "sandbox-tenant"}:
        context.findings.warning(
            "guard-counts-nothing",
            "licence_loss counts nothing here: only Entra ID has licences, and no directory is of type entra",
            guards.key_at("licence_loss"),
            "remove it, or limit membership_loss of the groups that give licences elsewhere",
        )
