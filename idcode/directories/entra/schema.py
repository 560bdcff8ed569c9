"""What users, groups and the like can hold, as Graph has them (``attributes.tsv``).

The properties and their lengths are those of the resource pages *user*, *group* and *administrativeUnit*; what
Active Directory masters on synced objects is what Graph refuses there ("on-premises mastered Directory Sync objects"),
and their names there are those of *Microsoft Entra Connect Sync: Attributes synchronized to Microsoft Entra ID*.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from idcode.model.records import ObjectType
from idcode.model.schema import AttributeType, DirectorySchema, Kind, Terms

NESTED = {
    "onPremisesExtensionAttributes": tuple(f"extensionAttribute{number}" for number in range(1, 16)),
    "employeeOrgData": ("costCenter", "division"),
}
"""Graph properties with parts, which idcode treats as attributes of their own."""
RELATIONS = frozenset({"members", "owners", "manager"})
"""Attributes that are relationships in Graph: read and written at addresses of their own."""
_CONTAINER = {part: whole for whole, parts in NESTED.items() for part in parts}
_ELSEWHERE: dict[ObjectType, dict[str, tuple[str, ...]]] = {
    "user": {"licences": ("licenseAssignmentStates",)},
    "group": {"licences": ("assignedLicenses",), "category": ("groupTypes", "mailEnabled", "securityEnabled")},
}
"""Attributes that idcode makes of other properties."""
_TECHNICAL: dict[ObjectType, tuple[str, ...]] = {
    "user": ("id", "userPrincipalName", "accountEnabled", "onPremisesSyncEnabled"),
    "group": (
        "id",
        "displayName",
        "groupTypes",
        "mailEnabled",
        "securityEnabled",
        "onPremisesSyncEnabled",
        "uniqueName",
    ),
    "administrative_unit": ("id", "displayName"),
    "other": ("id", "displayName"),
}
"""Properties that every object is read with: they say what it is."""


_READ = frozenset({Kind.TIME, Kind.GUID, Kind.REFERENCE, Kind.LICENCE})
"""Kinds whose values are not taken as they stand."""


@dataclass(frozen=True, slots=True)
class EntraSchema:
    """The attribute types of a tenant, and what Graph says of them beyond what every directory has.

    ``kinds`` finds kinds by exact names; ``plain`` are the names whose values stand in Graph's JSON as they are (a set
    of its own, since every value of every object is looked at). ``holds`` names the attributes of each object type.
    ``apart`` are those that Graph reads from single objects only and wants written in a request of their own; ``fixed``
    can be given at creation only; ``required`` cannot be cleared.
    """

    attributes: DirectorySchema
    kinds: dict[str, Kind]
    plain: frozenset[str]
    holds: dict[ObjectType, frozenset[str]]
    apart: frozenset[str]
    fixed: frozenset[str]
    required: frozenset[str]

    def canonical(self, object_type: ObjectType, names: Iterable[str]) -> frozenset[str]:
        """Return those of ``names`` that objects of the type have, in the schema's spelling."""
        held = self.holds.get(object_type, frozenset())
        return frozenset(spelled for name in names if (spelled := self.attributes.spelled(name)) in held)

    def select(self, object_type: ObjectType, names: Iterable[str], mark_in: str) -> str:
        """Return the value of ``$select`` that reads ``names`` in a listing of objects of the type."""
        wanted = set(_TECHNICAL[object_type])
        if object_type == "user":
            wanted.add(_CONTAINER.get(mark_in, mark_in))
        for name in self.canonical(object_type, names) - RELATIONS - self.apart:
            wanted.update(_ELSEWHERE.get(object_type, {}).get(name) or (_CONTAINER.get(name, name),))
        return ",".join(sorted(wanted))


def container_of(name: str) -> str | None:
    """Return the Graph property that ``name`` is a part of, ``None`` where it is a property itself."""
    return _CONTAINER.get(name)


def _on_premises(name: str, traits: Iterable[str]) -> str | None:
    """Return what ``on-premises`` says, which may be followed by the name that the attribute has in AD."""
    for trait in traits:
        what, _, in_ad = trait.partition(":")
        if what == "on-premises":
            return in_ad or name
    return None


@cache
def entra_schema() -> EntraSchema:
    """Return the schema, which is the same in every tenant."""
    attributes: list[AttributeType] = []
    holds: dict[ObjectType, set[str]] = {}
    marked: dict[str, set[str]] = {"apart": set(), "fixed": set(), "required": set()}
    text = files(__package__).joinpath("attributes.tsv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        name, traits = row["name"], set(row["traits"].split())
        attributes.append(
            AttributeType(
                name=name,
                kind=Kind(row["kind"]),
                single="many" not in traits,
                max_length=int(row["length"]) if row["length"] else None,
                read_only="read-only" in traits,
                unique="tenant" if "unique" in traits else None,
                on_premises=_on_premises(name, traits),
            )
        )
        for trait, names in marked.items():
            if trait in traits:
                names.add(name)
        for object_type in row["held by"].split():
            holds.setdefault(object_type, set()).add(name)  # type: ignore[arg-type]
    terms = Terms(name="mailNickname", members="members", label="displayName", naming=None, keeps_passwords=True)
    return EntraSchema(
        DirectorySchema(attributes, terms),
        {attribute.name: attribute.kind for attribute in attributes},
        frozenset(attribute.name for attribute in attributes if attribute.kind not in _READ),
        {object_type: frozenset(names) for object_type, names in holds.items()},
        *(frozenset(marked[trait]) for trait in ("apart", "fixed", "required")),
    )
