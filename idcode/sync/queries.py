"""What a plan asks each directory for: only the attributes that its rules and objects use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from idcode.config.models.objects import ObjectFile
from idcode.config.project import Repository
from idcode.model.addresses import split_path
from idcode.model.records import ObjectType, Query, Scope
from idcode.sync.programs import IdentityRules, object_attributes, program

_IN_A_TREE: Mapping[ObjectType, frozenset[str]] = {
    "user": frozenset({"cn", "sAMAccountName", "userPrincipalName", "displayName"}),
    "group": frozenset({"cn", "sAMAccountName", "objectSid", "member", "description", "category", "scope"}),
    "ou": frozenset({"ou", "description", "protected"}),
}
"""What is always asked for. ``objectSid`` tells which groups are privileged, whatever language their names are in."""
_IN_ENTRA: Mapping[ObjectType, frozenset[str]] = {
    "user": frozenset({"userPrincipalName", "displayName", "userType"}),
    "group": frozenset({"displayName", "mailNickname", "uniqueName", "description", "category", "members"}),
}
_IN_ENTRA_WHERE_DECLARED: Mapping[ObjectType, frozenset[str]] = {
    "administrative_unit": frozenset({"displayName", "description", "members", "membershipRule"}),
    "role_assignment": frozenset({"displayName", "members"}),
    "app_role_assignment": frozenset({"displayName", "members"}),
}
"""Kinds of objects that are read only where a file declares one."""
SYNC_ANCHOR = "onPremisesImmutableId"


def queries(repository: Repository, rules: Mapping[str, IdentityRules]) -> dict[str, Query]:
    """Infer, per directory that is written or read, the attributes and managed scopes that the rules use."""
    wanted: dict[str, dict[ObjectType, set[str]]] = defaultdict(lambda: defaultdict(set))
    scopes: dict[str, list[Scope]] = defaultdict(list)
    for kind in rules.values():
        _identity_queries(kind, wanted, scopes)
    for index, file in enumerate(repository.objects):
        _object_queries(index, file, repository, wanted, scopes)
    _hybrid_queries(repository, wanted)
    project = repository.project
    protect = {
        name
        for expression in project.guards.protect
        for name in program(expression, project.dialect, project.parameters).attributes
    }
    result = {}
    for directory, attributes in wanted.items():
        always = _IN_ENTRA if is_entra(repository.directories[directory]) else _IN_A_TREE
        for object_type, names in always.items():
            attributes[object_type] |= names
        for object_type in {*always, "contact"} if always is _IN_A_TREE else always:
            attributes[object_type] |= protect
        asked = {kind: frozenset(names) for kind, names in attributes.items()}
        result[directory] = Query(asked, tuple(scopes[directory]))
    return result


_ENTRA_GROUP_KEYS = {
    "owners": "owners",
    "licences": "licences",
    "membership_rule": "membershipRule",
    "role_assignable": "isAssignableToRole",
}
"""Key of a declared group → the attribute that holds it."""


def _identity_queries(
    kind: IdentityRules, wanted: dict[str, dict[ObjectType, set[str]]], scopes: dict[str, list[Scope]]
) -> None:
    for rule in kind.outbound.values():
        object_type: ObjectType = "contact" if rule.rule.object == "contact" else "user"
        names = wanted[rule.rule.directory][object_type]
        names |= {flow.attribute for flow in rule.flows} | rule.object_attributes()
        names |= {name for join in rule.joins for name, _ in join}
        if rule.rule.manages:
            scopes[rule.rule.directory].append(
                Scope(rule.key, object_type, split_path(rule.rule.manages.base), rule.rule.manages.filter)
            )
    for inbound in kind.inbound.values():
        if inbound.rule.directory:
            linked = kind.outbound.get(inbound.rule.rule or "")
            kind_read: ObjectType = "contact" if linked and linked.rule.object == "contact" else "user"
            read = {name for flow in inbound.flows.values() for name in flow.attributes}
            wanted[inbound.rule.directory][kind_read] |= read | (inbound.scope.attributes if inbound.scope else set())
    places = [place for made in kind.type.generate.values() for place in (*made.kept_in, *made.unique_in)]
    if kind.type.lifecycle and kind.type.lifecycle.missing:
        places.append(kind.type.lifecycle.missing.since_in)
    for place in places:
        directory, _, attribute = kind.place(place)
        for object_type in ("user", "group", "contact"):
            wanted[directory][object_type].add(attribute)


def is_entra(settings: object) -> bool:
    """Whether settings are those of an Entra tenant, or of one to practise on."""
    return getattr(settings, "type", "") in ("entra", "sandbox-tenant")


def _hybrid_queries(repository: Repository, wanted: dict[str, dict[ObjectType, set[str]]]) -> None:
    """Ask for what tells which object of a tenant was synced from which account, and since when that is there."""
    for name, settings in repository.directories.items():
        for synced in getattr(settings, "synced_from", ()) if name in wanted else ():
            wanted[name]["user"].add(SYNC_ANCHOR)
            if synced.directory in wanted:
                anchors = {anchor for anchor in synced.anchor if anchor.lower() != "objectguid"}
                wanted[synced.directory]["user"] |= {*anchors, "whenCreated"}


def _object_queries(
    index: int,
    file: ObjectFile,
    repository: Repository,
    wanted: dict[str, dict[ObjectType, set[str]]],
    scopes: dict[str, list[Scope]],
) -> None:
    project, directory = repository.project, file.directory
    names, language = wanted[directory]["group"], (file.dialect or project.dialect, project.parameters)
    for group in file.groups:
        names |= set(group.flow)
        names |= {name for key, name in _ENTRA_GROUP_KEYS.items() if key in group.model_fields_set}
        for flow in group.flow.values():
            names |= object_attributes([program(flow.value, *language)])
        if group.for_each:
            names.add(group.for_each.kept_in)
    if is_entra(repository.directories.get(directory)) and _deletes_groups(file):
        names.add("licences")  # Graph deletes no group that gives some
    if file.manages:
        scopes[directory].append(
            Scope(f"{directory}/objects/{index}", "group", split_path(file.manages.base), file.manages.filter)
        )
    declared: dict[ObjectType, bool] = {
        "administrative_unit": bool(file.administrative_units)
        or any(one.scope for one in file.role_assignments)
        or any(text.startswith("administrative_unit:") for text in file.absent),
        "role_assignment": bool(file.role_assignments),
        "app_role_assignment": bool(file.app_role_assignments),
    }
    for object_type in (object_type for object_type, given in declared.items() if given):
        wanted[directory][object_type] |= _IN_ENTRA_WHERE_DECLARED[object_type]


def _deletes_groups(file: ObjectFile) -> bool:
    emptied = any(group.for_each is not None and group.for_each.on_empty == "delete" for group in file.groups)
    return file.orphans == "delete" or emptied or any(text.startswith("group:") for text in file.absent)
