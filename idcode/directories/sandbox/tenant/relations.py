"""How objects are related: which links a relationship of Graph's goes along, and in which direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idcode.directories.sandbox.tenant.view import View


@dataclass(frozen=True, slots=True)
class Relation:
    """A relationship: the targets of links of ``kind``, or (not ``forward``) their sources.

    ``types`` are those that it leads to, all where it is empty.
    """

    name: str
    kind: str
    forward: bool = True
    single: bool = False
    transitive: bool = False
    types: tuple[str, ...] = ()


_MEMBERSHIPS = (
    Relation("memberOf", "members", forward=False),
    Relation("transitiveMemberOf", "members", forward=False, transitive=True),
)
_OWNED = Relation("ownedObjects", "owners", forward=False)
_RELATIONS: Mapping[str, tuple[Relation, ...]] = {
    "user": (
        *_MEMBERSHIPS,
        _OWNED,
        Relation("manager", "manager", single=True),
        Relation("directReports", "manager", forward=False),
        Relation("sponsors", "sponsors"),
    ),
    "group": (
        *_MEMBERSHIPS,
        Relation("members", "members"),
        Relation("transitiveMembers", "members", transitive=True),
        Relation("owners", "owners"),
    ),
    "servicePrincipal": (*_MEMBERSHIPS, _OWNED, Relation("owners", "owners")),
    "device": _MEMBERSHIPS,
    "orgContact": (*_MEMBERSHIPS, Relation("manager", "manager", single=True)),
    "administrativeUnit": (Relation("members", "members"),),
    "directoryRole": (Relation("members", "members"),),
    "application": (Relation("owners", "owners"),),
    "unifiedRoleAssignment": (
        Relation("principal", "roleAssignments", forward=False, single=True),
        Relation("roleDefinition", "roleDefinition", single=True),
    ),
}


def relations(type_name: str) -> Mapping[str, Relation]:
    """Return the relationships of a type by name."""
    return {relation.name: relation for relation in _RELATIONS.get(type_name, ())}


def related(view: View, entity_id: str, relation: Relation) -> Sequence[str]:
    """Return the sorted ids of what a relationship leads to; deleted objects may be among them."""
    step = view.targets if relation.forward else view.sources
    if not relation.transitive:
        return step(relation.kind, entity_id)
    found: set[str] = set()
    todo = [entity_id]
    while todo:
        for each in step(relation.kind, todo.pop()):
            if each not in found and view.live(each) is not None:
                found.add(each)
                todo.append(each)
    return sorted(found)
