"""A practice tenant for tests, and short ways to talk to it. Its clock stands still until it is put forward."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from idcode.directories.sandbox.tenant.clock import ScaledClock
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.exchange import Reply, Request
from idcode.directories.sandbox.tenant.roles import built_in_roles
from idcode.directories.sandbox.tenant.seeding import Seed, planted
from idcode.directories.sandbox.tenant.skus import products, subscription
from idcode.directories.sandbox.tenant.switches import Switches
from idcode.directories.sandbox.tenant.tenant import Tenant

TENANT = "84841066-274d-4ec0-a5c1-276be684bdd3"
NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
DOMAIN = "contoso.example"
PASSWORD = "Kp7-tandem-Quartz-41"
NOBODY = "99999999-0000-4000-8000-000000000000"


class Practice:
    """A tenant with subscriptions (units by part number) and the built-in roles. What is not refused has to work."""

    def __init__(self, units: Mapping[str, int] | None = None, others: tuple[Entity, ...] = ()) -> None:
        self.clock = ScaledClock(0, NOW)
        bought = [subscription(TENANT, name, number) for name, number in (units or {}).items()]
        seed = Seed(tenant_id=TENANT, domains=[DOMAIN], others=[*bought, *built_in_roles(), *others])
        self.tenant = Tenant(planted(seed, NOW), self.clock, Switches())

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        path, _, text = path.partition("?")
        query = dict(each.split("=", 1) for each in text.split("&")) if text else {}
        return self.tenant.handle(Request(method, path, query, headers, body))

    def get(self, path: str, **headers: str) -> Any:
        reply = self.send("GET", path, **headers)
        assert reply.status == 200, reply.body
        return reply.body

    def values(self, path: str) -> list[Any]:
        found: list[Any] = self.get(path)["value"]
        return found

    def ids(self, path: str) -> set[str]:
        return {each["id"] for each in self.values(path)}

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        reply = self.send("POST", path, body)
        assert reply.status == status, reply.body
        return reply.body

    def patch(self, path: str, body: Any, status: int = 204) -> None:
        reply = self.send("PATCH", path, body)
        assert reply.status == status, reply.body

    def delete(self, path: str) -> None:
        reply = self.send("DELETE", path)
        assert reply.status == 204, reply.body

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str, str]:
        """Return status, code and message of a refusal."""
        reply = self.send(method, path, body)
        assert reply.status >= 400, reply.body
        return reply.status, reply.body["error"]["code"], reply.body["error"]["message"]

    def user(self, name: str, **properties: Any) -> str:
        body = {
            "accountEnabled": True,
            "displayName": name.title(),
            "mailNickname": name,
            "userPrincipalName": f"{name}@{DOMAIN}",
            "passwordProfile": {"password": PASSWORD},
            "usageLocation": "SE",
            **properties,
        }
        new_id: str = self.post("/users", {key: value for key, value in body.items() if value is not None})["id"]
        return new_id

    def group(self, name: str, **properties: Any) -> str:
        body = {"displayName": name, "mailEnabled": False, "mailNickname": name, "securityEnabled": True, **properties}
        new_id: str = self.post("/groups", body)["id"]
        return new_id

    def join(self, group: str, *members: str) -> None:
        for member in members:
            self.post(f"/groups/{group}/members/$ref", ref(member), 204)

    def members(self, group: str) -> set[str]:
        return self.ids(f"/groups/{group}/members")

    def wait(self, seconds: float = 120) -> None:
        """Put the clock forward."""
        self.clock.advance(seconds)


def ref(object_id: str) -> dict[str, str]:
    """Return the body that refers to an object."""
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{object_id}"}


def sku(part_number: str) -> str:
    """Return the id of a product."""
    return products()[part_number].sku_id


def plan(part_number: str, name: str) -> str:
    """Return the id of a service plan of a product."""
    return products()[part_number].plans[name]


def licences(
    *part_numbers: str, without: Mapping[str, str] | None = None, remove: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the body of ``assignLicense``; ``without`` maps a product to one of its plans to switch off."""
    off = without or {}
    added = [
        {"skuId": sku(name), "disabledPlans": [plan(name, off[name])] if name in off else []} for name in part_numbers
    ]
    return {"addLicenses": added, "removeLicenses": [sku(name) for name in remove]}
