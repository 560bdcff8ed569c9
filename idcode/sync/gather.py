"""Read every source and directory that a plan needs, and only the attributes its rules use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from idcode.config.models.objects import ObjectFile
from idcode.config.models.project import SourceLimits
from idcode.config.project import Repository
from idcode.directories.port import Directory
from idcode.model import dn
from idcode.model.addresses import split_path
from idcode.model.desired import DirectoryView
from idcode.model.diagnostics import Diagnostic
from idcode.model.records import Fingerprint, LiveObject, ObjectType, Proof, Query, Record, Scope, collect
from idcode.model.schema import AUTHORITY
from idcode.sources.port import Source
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


@dataclass(frozen=True, slots=True)
class SourceReading:
    """The records of one source by key, and how the read ended."""

    name: str
    type: str
    limits: SourceLimits
    records: Mapping[str, Record]
    proof: Proof


@dataclass(frozen=True, slots=True)
class DirectoryReading:
    """A directory as read, with the indexes that joins need."""

    view: DirectoryView
    fingerprint: Fingerprint
    proof: Proof
    by_dn: Mapping[tuple[tuple[str, str], ...], LiveObject] = field(repr=False)

    @property
    def name(self) -> str:
        """The directory's name in the files."""
        return self.view.name

    def at(self, text: str) -> LiveObject | None:
        """Return the object (not a deleted one) with this DN, in any spelling."""
        return self.by_dn.get(dn.key(text)) if self.by_dn else None


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything a plan is computed from."""

    sources: Mapping[str, SourceReading]
    directories: Mapping[str, DirectoryReading]
    diagnostics: tuple[Diagnostic, ...]


def queries(repository: Repository, rules: Mapping[str, IdentityRules]) -> dict[str, Query]:
    """Infer, per directory that is written or read, the attributes and managed scopes that the rules use."""
    wanted: dict[str, dict[ObjectType, set[str]]] = defaultdict(lambda: defaultdict(set))
    scopes: dict[str, list[Scope]] = defaultdict(list)
    for kind in rules.values():
        _identity_queries(kind, wanted, scopes)
    for index, file in enumerate(repository.objects):
        _object_queries(file.directory, index, repository, wanted, scopes)
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
    directory: str,
    index: int,
    repository: Repository,
    wanted: dict[str, dict[ObjectType, set[str]]],
    scopes: dict[str, list[Scope]],
) -> None:
    file = repository.objects[index]
    project = repository.project
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


def gather(
    repository: Repository,
    rules: Mapping[str, IdentityRules],
    sources: Mapping[str, Source],
    directories: Mapping[str, Directory],
    now: datetime,
    progress: Callable[[str, int], None],
) -> Gathered:
    """Read it all. ``progress`` is called with what is being read and how many items came so far.

    ``now`` is the wall clock for ``max_age``. Raises ``DirectoryError`` where a directory cannot be read; a source
    that cannot be read is an incomplete one.
    """
    diagnostics: list[Diagnostic] = []
    read_sources = {}
    for name, source in sources.items():
        records, proof = collect(source.read(now))
        progress(name, len(records))
        settings = repository.sources[name]
        assert isinstance(settings, SourceLimits)
        kind = str(getattr(settings, "type", ""))
        read_sources[name] = SourceReading(name, kind, settings, {record.key: record for record in records}, proof)
        diagnostics += proof.diagnostics
    read_directories = {}
    for name, query in queries(repository, rules).items():
        if name not in directories:
            continue
        reading = read_directory(repository, directories[name], query, progress)
        read_directories[name] = reading
        diagnostics += reading.proof.diagnostics
    return Gathered(read_sources, read_directories, tuple(diagnostics))


def read_directory(
    repository: Repository, directory: Directory, query: Query, progress: Callable[[str, int], None]
) -> DirectoryReading:
    """Read one directory to its end. Raises ``DirectoryError`` where it cannot be read at all."""
    # Before the read: apply compares the server's state with this number, and must not miss what came meanwhile.
    fingerprint = directory.fingerprint()
    schema = directory.schema()
    objects: dict[str, LiveObject] = {}
    reading = directory.read(query)
    while True:
        try:
            live = next(reading)
        except StopIteration as end:
            proof: Proof = end.value
            break
        objects[live.anchor] = live
        if len(objects) % 500 == 0:
            progress(directory.name, len(objects))
    progress(directory.name, len(objects))
    settings = repository.directories[directory.name]
    base_dn = str(getattr(settings, "base_dn", ""))
    view = DirectoryView(directory.name, fingerprint.type, base_dn, schema, objects, proof.unread)
    in_tree = () if view.flat else objects.values()
    by_dn = {dn.key(live.dn): live for live in in_tree if not live.deleted}
    return DirectoryReading(view, fingerprint, proof, by_dn)


def ask_authority(
    gathered: Gathered, directories: Mapping[str, Directory], anchors: Mapping[str, Collection[str]]
) -> Gathered:
    """Read whether tenants have become the masters of synced objects, which they tell object by object only.

    Returns what was gathered with these objects as they are. Raises ``DirectoryError``.
    """
    readings = dict(gathered.directories)
    for name, asked in anchors.items():
        found = directories[name].fetch(sorted(asked), [AUTHORITY])
        objects = dict(readings[name].view.objects)
        for anchor, live in found.items():
            known = objects[anchor]
            attributes = {**known.attributes, AUTHORITY: live.get(AUTHORITY) or (False,)}
            objects[anchor] = replace(known, synced=live.synced, attributes=attributes)
        readings[name] = replace(readings[name], view=replace(readings[name].view, objects=objects))
    return replace(gathered, directories=readings)
