"""The stand-in for the sync of an Active Directory domain into the tenant: what one cycle of Entra Connect does.

Objects are recognised by their ``onPremisesImmutableId``; one that the tenant does not know takes over the cloud object
with its logon name or address (soft match), and is made otherwise. What leaves the scope is soft-deleted, what comes
back is restored, what the tenant was made the master of is left alone (Entra pages "Microsoft Entra Connect: design
concepts", "When you have an existing tenant" and "Group source of authority").
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idcode.directories.sandbox.tenant.authority import synced
from idcode.directories.sandbox.tenant.born import new_id, security_identifier
from idcode.directories.sandbox.tenant.clock import stamp
from idcode.directories.sandbox.tenant.connect import Synced, domain_of, exported, in_scope
from idcode.directories.sandbox.tenant.deleted import soft_delete
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.names import domain_of as verified_domain_of
from idcode.directories.sandbox.tenant.names import initial_domain
from idcode.directories.sandbox.tenant.tenant import Tenant
from idcode.directories.sandbox.tenant.view import View
from idcode.directories.sandbox.tenant.work import Moment
from idcode.model import dn
from idcode.model.identifiers import is_guid
from idcode.model.records import LiveObject

ANCHOR = ("mS-DS-ConsistencyGuid", "objectGUID")


@dataclass(frozen=True, slots=True)
class Cycle:
    """What a cycle has done, by ids of the tenant's objects. ``left_alone`` are those that the tenant masters."""

    created: Sequence[str] = ()
    updated: Sequence[str] = ()
    restored: Sequence[str] = ()
    deleted: Sequence[str] = ()
    left_alone: Sequence[str] = ()


def synchronise(
    tenant: Tenant,
    domain: str,
    objects: Iterable[LiveObject],
    *,
    anchor: Sequence[str] = ANCHOR,
    scope: Sequence[str] = (),
) -> Cycle:
    """Carry out one cycle with all ``objects`` of an AD domain, as one transaction.

    ``domain`` is the distinguished name of the domain (or anything in it), ``anchor`` the attributes of which the first
    with a value identifies an object, ``scope`` the distinguished names of the containers that are synchronised, all
    where it is empty. Objects that the tenant has from the domain and that are not in ``objects`` are soft-deleted.
    """
    there = [each for each in objects if in_scope(each.dn, scope)]
    coming = [each for each in (exported(live, anchor) for live in there) if each is not None]
    return tenant.carry_out(lambda moment: _Exporter(moment, domain_of(domain)).export(coming))


class _Exporter:
    """One cycle while it is carried out."""

    def __init__(self, moment: Moment, domain: str) -> None:
        self._moment = moment
        self._draft = moment.draft
        self._domain = domain
        self._done: dict[str, list[str]] = {name: [] for name in Cycle.__dataclass_fields__}
        self._by_name: dict[Any, str] = {}

    def export(self, coming: Sequence[Synced]) -> Cycle:
        """Carry all over: first who is there, then how they refer to each other."""
        anchors = {(each.type_name, each.anchor) for each in coming}
        # First those who go: their names may be what others take.
        for entity in self._of_domain():
            if (entity.type, entity.get("onPremisesImmutableId")) not in anchors and synced(entity):
                soft_delete(self._moment, entity)
                self._done["deleted"].append(entity.id)
        mastered = []
        for each in coming:
            entity = self._carry_over(each)
            self._by_name[dn.key(each.live.dn)] = self._by_name[each.live.anchor] = entity.id
            if synced(entity):
                mastered.append((each, entity))
        for each, entity in mastered:
            self._refer(each, entity)
        return Cycle(**{name: tuple(ids) for name, ids in self._done.items()})

    def _of_domain(self) -> list[Entity]:
        view = self._draft.view
        everybody = [*view.of_type("user"), *view.of_type("group")]
        return [each for each in everybody if each.get("onPremisesDomainName") == self._domain]

    def _carry_over(self, each: Synced) -> Entity:
        """Put an object into the tenant, and return what it is there."""
        known = _by_anchor(self._draft.view, each)
        if known is not None and not known.deleted and not synced(known) and known.get("onPremisesSyncEnabled"):
            self._done["left_alone"].append(known.id)
            return known
        before = known or _soft_match(self._draft.view, each)
        entity = (before or self._born(each)).having(**self._fitting(each, before), deletedDateTime=None)
        if entity == before:
            return entity
        done = "created" if before is None else "restored" if before.deleted else "updated"
        self._done[done].append(entity.id)
        return self._draft.put(entity.having(onPremisesLastSyncDateTime=stamp(self._moment.now)))

    def _born(self, each: Synced) -> Entity:
        entity_id, now = new_id(), stamp(self._moment.now)
        born: dict[str, Any] = {"createdDateTime": now, "securityIdentifier": security_identifier(entity_id)}
        if each.type_name == "user":
            born |= {"userType": "Member"}
        else:
            born |= {"renewedDateTime": now}
        return Entity(entity_id, each.type_name, born)

    def _fitting(self, each: Synced, before: Entity | None) -> Mapping[str, Any]:
        """Return the properties of an object, without names and addresses that others have."""
        properties = dict(each.properties)
        own = before.id if before is not None else ""
        if each.type_name == "user":
            properties["userPrincipalName"] = self._logon_name(each, own)
        addresses = properties["proxyAddresses"] or ()
        properties["proxyAddresses"] = [at for at in addresses if not self._taken("proxyAddresses", at, own)] or None
        return properties

    def _logon_name(self, each: Synced, own: str) -> str:
        """Return the logon name: in the initial domain where its own is not verified, with digits where it is taken."""
        view = self._draft.view
        wanted: str = each.properties["onPremisesUserPrincipalName"] or each.properties["onPremisesSamAccountName"]
        local, _, suffix = wanted.partition("@")
        initial = initial_domain(view)
        if not suffix or verified_domain_of(view, wanted) is None:
            wanted = f"{local}@{initial}"
        if self._taken("userPrincipalName", wanted, own):
            wanted = f"{local}{zlib.crc32(each.anchor.encode('ascii')) % 10000:04}@{initial}"
        return wanted

    def _taken(self, name: str, value: str, own: str) -> bool:
        return any(other.id != own and not other.deleted for other in self._draft.view.find(name, value))

    def _refer(self, each: Synced, entity: Entity) -> None:
        """Let an object refer to those that its AD object does, as far as they are in the tenant."""
        kind = "manager" if each.type_name == "user" else "members"
        wanted = {self._by_name.get(name if is_guid(name) else dn.key(name)) for name in each.refers} - {None}
        had = set(self._draft.view.targets(kind, entity.id))
        for target in sorted(had - wanted):
            self._draft.unlink(kind, entity.id, target)
        for target in sorted(each for each in wanted - had if each is not None):
            self._draft.link(kind, entity.id, target)


def _by_anchor(view: View, each: Synced) -> Entity | None:
    found = view.find("onPremisesImmutableId", each.anchor, each.type_name)
    # Anchors are Base64, in which case counts, unlike in the index.
    same = [entity for entity in found if entity.get("onPremisesImmutableId") == each.anchor]
    return min(same, key=lambda entity: entity.deleted, default=None)


def _soft_match(view: View, each: Synced) -> Entity | None:
    """Return the cloud object that an AD object takes over: never one that was synchronised, or a guest."""
    found: list[Entity] = []
    if each.type_name == "user" and each.properties["userPrincipalName"]:
        found += view.find("userPrincipalName", each.properties["userPrincipalName"], "user")
    for address in each.properties["proxyAddresses"] or ():
        if address.startswith("SMTP:"):
            found += view.find("proxyAddresses", address, each.type_name)
    for entity in found:
        free = not entity.deleted and entity.get("onPremisesImmutableId") is None
        if free and entity.get("userType") != "Guest":
            return entity
    return None
