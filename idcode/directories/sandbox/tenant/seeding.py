"""Tenants filled at once, without a history: for practice, benchmarks and tests."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idcode.directories.sandbox.tenant.born import INITIAL_DOMAIN, organization, security_identifier
from idcode.directories.sandbox.tenant.clock import stamp
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.state import State
from idcode.directories.sandbox.tenant.view import View


@dataclass(frozen=True, slots=True)
class Seed:
    """What a tenant begins with, as plain data.

    ``users`` and ``groups`` are bodies of Graph's with an ``id``; what is left out is made up from the rest where Entra
    would have made it. ``links`` are kind, source id and target id (``("members", group, user)``, ``("owners", …)``,
    ``("manager", user, manager)``). ``others`` are whole objects of other types, such as roles and subscriptions.
    """

    display_name: str = "Contoso"
    tenant_id: str = "84841066-274d-4ec0-a5c1-276be684bdd3"
    domains: Sequence[str] = (INITIAL_DOMAIN,)
    users: Iterable[Mapping[str, Any]] = ()
    groups: Iterable[Mapping[str, Any]] = ()
    links: Iterable[tuple[str, str, str]] = ()
    others: Iterable[Entity] = field(default_factory=tuple)


def planted(seed: Seed, now: datetime) -> State:
    """Return the state of a tenant that holds what a seed says; nothing is checked."""
    created = stamp(now)
    entities = [
        *organization(seed.display_name, seed.tenant_id, seed.domains, created),
        *(_user(body, created) for body in seed.users),
        *(_group(body, created) for body in seed.groups),
        *seed.others,
    ]
    return State(View(entities, seed.links))


def _user(body: Mapping[str, Any], created: str) -> Entity:
    name = str(body["userPrincipalName"])
    filled = {
        "accountEnabled": True,
        "displayName": name.partition("@")[0],
        "mailNickname": name.partition("@")[0],
        "userType": "Member",
        **({"proxyAddresses": [f"SMTP:{body['mail']}"]} if body.get("mail") else {}),
    }
    return _entity("user", body, filled, created)


def _group(body: Mapping[str, Any], created: str) -> Entity:
    nickname = "".join(each for each in str(body["displayName"]) if each.isascii() and each.isalnum())
    filled = {"mailEnabled": False, "mailNickname": nickname or "group", "securityEnabled": True}
    return _entity("group", body, {**filled, "renewedDateTime": created}, created)


def _entity(type_name: str, body: Mapping[str, Any], filled: Mapping[str, Any], created: str) -> Entity:
    entity_id = str(body.get("id") or uuid.uuid4()).lower()
    given = {name: value for name, value in body.items() if name != "id" and value not in (None, [])}
    known = {"createdDateTime": created, "securityIdentifier": security_identifier(entity_id)}
    return Entity(entity_id, type_name, {**known, **filled, **given})
