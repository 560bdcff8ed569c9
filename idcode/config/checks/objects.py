"""Declared objects: one declaration each, in a directory that can hold them, with references that lead somewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from idcode.config.checks.addresses import Declared, check_address, check_identity_rule
from idcode.config.checks.context import Context, Names
from idcode.config.checks.outbound import check_path
from idcode.config.checks.rulesets import RuleSet
from idcode.config.models.base import Dialect
from idcode.config.models.objects import (
    AdministrativeUnit,
    AppRoleAssignment,
    Group,
    Members,
    ObjectFile,
    RoleAssignment,
)
from idcode.config.nearest import suggestion
from idcode.model.addresses import Address
from idcode.model.diagnostics import Span
from idcode.model.identifiers import is_guid

_ENTRA_ONLY = ("administrative_units", "role_assignments", "app_role_assignments")
_ENTRA_GROUP_KEYS = ("membership_rule", "licences", "owners", "role_assignable")
_AD_GROUP_KEYS = ("path", "scope")


@dataclass(slots=True)
class ObjectChecks:
    """The state of one pass over all object files."""

    context: Context
    sets: Mapping[str, RuleSet]
    declared: Declared
    identity_names: Names
    labels: dict[tuple[str, str, str | None], Span] = field(default_factory=dict)


def check_objects(files: Sequence[ObjectFile], sets: Mapping[str, RuleSet], context: Context) -> Declared:
    """Check all object files and return what they declare."""
    names = {name for rules in sets.values() for name in rules.kinds()}
    checks = ObjectChecks(context, sets, declare(files, context), Names(names))
    for file in files:
        if context.known_directory(file.directory, file.place("directory")):
            _check_file(file, checks)
    return checks.declared


def declare(files: Sequence[ObjectFile], context: Context) -> Declared:
    """Collect what the files declare; two declarations of one object are an error that names both places."""
    declared = Declared()
    for file in files:
        for position, unit in enumerate(file.organizational_units):
            span = file.place("organizational_units", position, "path")
            check_path(unit.path, span, context)
            declared.add("ou", file.directory, unit.path, span, context)
        for position, group in enumerate(file.groups):
            if isinstance(group.name, str):
                span = file.place("groups", position, "name")
                declared.add("group", file.directory, group.name, span, context)
            else:
                declared.computed.add(file.directory)
        for position, admin in enumerate(file.administrative_units):
            span = file.place("administrative_units", position, "name")
            declared.add("administrative_unit", file.directory, admin.name, span, context)
    return declared


def _check_file(file: ObjectFile, checks: ObjectChecks) -> None:
    context = checks.context
    dialect = file.dialect or context.project.dialect
    kind = context.directory_type(file.directory)
    if file.manages:
        check_path(file.manages.base, file.manages.place("base"), context)
    if kind == "entra" and file.organizational_units:
        _not_here("organizational_units", file.key_at("organizational_units"), file.directory, kind, context)
    for section in _ENTRA_ONLY:
        if kind == "ad" and getattr(file, section):
            _not_here(section, file.key_at(section), file.directory, kind, context)
    for position, unit in enumerate(file.organizational_units):
        for index, previous in enumerate(unit.previously):
            check_path(previous, file.place("organizational_units", position, "previously", index), context)
    for group in file.groups:
        _check_group(group, file, dialect, checks)
    for admin in file.administrative_units:
        _one_kind_of_members(admin, "an administrative unit", context)
        _check_members(admin.members, file, dialect, checks)
    assigned: list[RoleAssignment | AppRoleAssignment] = [*file.role_assignments, *file.app_role_assignments]
    for held in assigned:
        for index, text in enumerate(held.principals):
            _check_member(text, held.place("principals", index), file.directory, checks)
    for assignment in file.role_assignments:
        if assignment.scope is not None:
            span = assignment.place("scope")
            address = check_address(assignment.scope, span, context)
            if address and address.type != "administrative_unit":
                hint = "write administrative_unit:NAME, or leave scope out for the whole tenant"
                context.findings.error("bad-address", f"{assignment.scope!r} is no administrative unit", span, hint)
            elif address:
                checks.declared.check(address, span, file.directory, context)
    _check_absent(file, checks)


def _not_here(what: str, span: Span, directory: str, kind: str, context: Context) -> None:
    where = {"ad": "Active Directory", "entra": "Entra ID"}[kind]
    context.findings.error("not-in-this-directory", f"{what} cannot be in {directory!r}, which is {where}", span)


def _check_group(group: Group, file: ObjectFile, dialect: Dialect, checks: ObjectChecks) -> None:
    context = checks.context
    kind = context.directory_type(file.directory)
    refused = {"ad": _ENTRA_GROUP_KEYS, "entra": _AD_GROUP_KEYS}.get(kind or "", ())
    for name in refused:
        if group.written(name) is not None or (name in ("licences", "owners") and getattr(group, name)):
            _not_here(name, group.key_at(name), file.directory, kind or "", context)
    if kind == "ad" and group.category == "microsoft365":
        _not_here("category: microsoft365", group.place("category"), file.directory, kind, context)
    check_path(group.path, group.place("path"), context)
    _one_kind_of_members(group, "a group", context)
    _check_for_each(group, file, dialect, checks)
    _check_members(group.members, file, dialect, checks)
    _check_members(group.owners, file, dialect, checks)
    names = Names(checks.identity_names if group.for_each else (), live=True)
    for attribute, flow in group.flow.items():
        if flow.mail:
            span = group.place_of_key("flow", attribute)
            context.findings.error("invalid-combination", "a mail flow belongs into an outbound rule", span)
        context.compile(flow.expression, dialect, names)
    _check_previous(group, file, checks)


def _one_kind_of_members(declared: Group | AdministrativeUnit, what: str, context: Context) -> None:
    if declared.membership_rule and declared.members:
        message = f"{what} has either a membership_rule or members: Entra refuses members of a dynamic one"
        context.findings.error("invalid-combination", message, declared.key_at("members"))


def _check_previous(group: Group, file: ObjectFile, checks: ObjectChecks) -> None:
    for index, previous in enumerate(group.previously):
        other = checks.declared.find("group", file.directory, previous)
        if other:
            checks.context.findings.error(
                "previously-declared",
                f"{previous!r} is still declared in {other}, so it cannot be what this group was called before",
                group.place("previously", index),
            )


def _check_for_each(group: Group, file: ObjectFile, dialect: Dialect, checks: ObjectChecks) -> None:
    context, block = checks.context, group.for_each
    if block is None:
        if not isinstance(group.name, str):
            message = "a computed name needs for_each, which says for what"
            context.findings.error("invalid-combination", message, group.place("name"))
        return
    if isinstance(group.name, str):
        message = "every group of a for_each needs a name of its own"
        hint = "write name: {expression: …} over the attribute that for_each uses"
        context.findings.error("invalid-combination", message, group.place("name"), hint)
    else:
        context.compile(group.name.expression, dialect, checks.identity_names)
    context.compile(block.key, dialect, checks.identity_names)
    context.compile(block.where, dialect, checks.identity_names)
    if block.identity is not None:
        context.known("identity type", block.identity, checks.sets, block.place("identity"))
    key = (file.directory, block.kept_in.lower(), block.label)
    first = checks.labels.setdefault(key, block.at)
    if first != block.at:
        named = f"the label {block.label!r}" if block.label else "no label"
        message = f"the for_each in {first} keeps its keys in {block.kept_in!r} too, also with {named}"
        context.findings.error("same-label", message, block.place("kept_in"), "give each block a label of its own")


def _check_members(members: Members | None, file: ObjectFile, dialect: Dialect, checks: ObjectChecks) -> None:
    if members is None:
        return
    context = checks.context
    context.compile(members.match, dialect, checks.identity_names)
    if members.match:
        for name in checks.sets:
            why = "a match puts its objects into groups there"
            context.need_primary(name, file.directory, members.place("match"), why)
    for section in ("include", "exclude"):
        for index, text in enumerate(getattr(members, section)):
            _check_member(text, members.place(section, index), file.directory, checks)


def _check_member(text: str, span: Span, directory: str, checks: ObjectChecks) -> None:
    """Check the address of a group or a person in a list of members, owners or principals."""
    context = checks.context
    place, _, anchor = text.partition("/")
    if place == directory and is_guid(anchor):
        return
    address = check_address(text, span, context)
    if not address:
        return
    if address.directory not in (None, directory):
        _other_directory(text, span, directory, context)
    elif address.type == "group":
        checks.declared.check(address, span, directory, context)
    elif address.type not in checks.sets:
        hint = suggestion(address.type, [*checks.sets, "group"], "kinds of addresses")
        context.findings.error("unknown-identity-type", f"there is no identity type {address.type!r}", span, hint)
    elif address.rule is None:
        context.need_primary(address.type, directory, span, f"{text!r} names no rule")
    else:
        check_identity_rule(Address(address.type, address.key, directory, address.rule), span, checks.sets, context)


def _other_directory(text: str, span: Span, directory: str, context: Context) -> None:
    message = f"{text!r} is an object of another directory than {directory!r}"
    hint = f"this document is about {directory!r}; objects of another directory need a document of their own"
    context.findings.error("other-directory", message, span, hint)


def _check_absent(file: ObjectFile, checks: ObjectChecks) -> None:
    for index, text in enumerate(file.absent):
        span = file.place("absent", index)
        address = check_address(text, span, checks.context)
        if not address:
            continue
        if address.type not in ("group", "ou", "administrative_unit"):
            message = f"{text!r} is no declared object; people are removed by their source"
            checks.context.findings.error("bad-address", message, span, "write group:NAME or ou:PATH")
            continue
        if address.directory not in (None, file.directory):
            _other_directory(text, span, file.directory, checks.context)
            continue
        if address.type == "ou":
            check_path(address.key, span, checks.context)
        other = checks.declared.find(address.type, file.directory, address.key)
        if other:
            message = f"{text!r} is declared in {other}, so it cannot be absent as well"
            checks.context.findings.error("absent-and-declared", message, span, "remove one of the two")
