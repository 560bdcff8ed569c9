"""A small tenant with people in it, and directories that work on it through the real client."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
from azure.core.credentials import AccessToken

from idcode.directories.entra.directory import EntraDirectory
from idcode.directories.entra.graph.client import GraphClient
from idcode.directories.entra.graph.clock import Clock
from idcode.directories.entra.graph.retry import Budget
from idcode.directories.entra.settings import EntraSettings
from idcode.directories.sandbox.tenant.clock import ScaledClock
from idcode.directories.sandbox.tenant.exchange import Reply, Request, Service
from idcode.directories.sandbox.tenant.http.asgi import application
from idcode.directories.sandbox.tenant.http.batch import Batches
from idcode.directories.sandbox.tenant.http.recorder import Recorder
from idcode.directories.sandbox.tenant.roles import built_in_roles
from idcode.directories.sandbox.tenant.seeding import Seed, planted
from idcode.directories.sandbox.tenant.skus import subscription
from idcode.directories.sandbox.tenant.switches import Switches
from idcode.directories.sandbox.tenant.tenant import Tenant
from idcode.model.plans import AttributeChange, Change, Expect, Target
from idcode.model.values import Ref, Scalar
from idcode.model.writes import Outcome, Write

TENANT = "84841066-274d-4ec0-a5c1-276be684bdd3"
SPEED = 500.0
"""How much faster time passes for the client and in the tenant."""
DOMAIN = "contoso.example"


def number(position: int) -> str:
    """Return an id that is easy to recognise."""
    return str(uuid.UUID(int=(0xABCD << 112) | position))


def person(position: int, name: str, **more: Any) -> dict[str, Any]:
    """Return a user of the tenant called ``ada.brisling`` and the like."""
    return {
        "id": number(position),
        "userPrincipalName": f"{name}@{DOMAIN}",
        "displayName": name.replace(".", " ").title(),
        "mailNickname": name,
        **more,
    }


class Credential:
    """Gives out a token that nobody looks at."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("token", 4_000_000_000)

    def close(self) -> None:
        """Do nothing."""


@dataclass
class Sink:
    """Takes passwords, and can be told to refuse them."""

    delivered: list[tuple[Mapping[str, str], str]] = field(default_factory=list)
    problem: Exception | None = None
    made: int = 0

    def new_password(self) -> str:
        self.made += 1
        return f"Correct-horse-{self.made}-battery!"

    def deliver(self, account: Mapping[str, str], password: str) -> None:
        if self.problem is not None:
            raise self.problem
        self.delivered.append((dict(account), password))


class Estate:
    """A tenant, what went over the wire (``wire``) and what its requests were (``asked``), and its directories."""

    def __init__(
        self,
        users: Sequence[Mapping[str, Any]] = (),
        groups: Sequence[Mapping[str, Any]] = (),
        links: Iterable[tuple[str, str, str]] = (),
        *,
        others: Sequence[Any] = (),
        switches: Switches | None = None,
        before: Callable[[Service], Service] = lambda service: service,
        units: int = 100,
        speed: float = SPEED,
    ) -> None:
        self.switches = switches or Switches()
        self.speed = speed
        self.clock = ScaledClock(speed)
        skus = [subscription(TENANT, name, units) for name in ("SPE_E5", "FLOW_FREE")]
        seed = Seed(
            tenant_id=TENANT,
            domains=[DOMAIN],
            users=users,
            groups=groups,
            links=links,
            others=[*built_in_roles(), *skus, *others],
        )
        self.tenant = Tenant(planted(seed, self.clock.now()), self.clock, self.switches)
        self.requests: list[tuple[Request, Reply]] = []
        self.calls = Recorder(self.tenant, lambda request, reply: self.requests.append((request, reply)))
        self.wire = Recorder(before(Batches(self.calls)))
        self._clients: list[GraphClient] = []

    def client(self) -> GraphClient:
        """Return a new client of the tenant."""
        settings = EntraSettings(type="entra", tenant_id=TENANT)
        made = GraphClient(
            settings,
            Path(),
            transport=httpx.ASGITransport(application(self.wire)),
            credential=Credential,
            clock=Clock(self.speed),
            random=Random(0),
            budget=Budget(),
        )
        self._clients.append(made)
        return made

    def directory(self, cache: Path | None = None, **settings: Any) -> EntraDirectory:
        """Return a new adapter of the tenant, which remembers nothing but what is in ``cache``."""
        known = EntraSettings(type="entra", tenant_id=TENANT, **settings)
        return EntraDirectory("cloud", known, Path(), self.client(), clock=Clock(self.speed), cache=cache)

    def close(self) -> None:
        """Close all clients."""
        for client in self._clients:
            client.close()

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Reply:
        """Do something in the tenant as somebody else would."""
        options = {f"${name}": value for name, value in query.items()}
        return self.tenant.handle(Request(method, path, options, {}, body))

    def user(self, name: str, *fields: str) -> dict[str, Any]:
        """Return properties of a user as the tenant has them."""
        reply = self.ask("GET", f"/users/{name}", select=",".join(["id", *fields]))
        assert reply.status == 200, reply.body
        return dict(reply.body)

    def ids(self, path: str) -> set[str]:
        """Return the ids of a list of the tenant."""
        reply = self.ask("GET", path, top="999")
        assert reply.status == 200, reply.body
        return {item["id"] for item in reply.body["value"]}

    def asked(self) -> list[str]:
        """Return the single requests so far, as ``METHOD /path``, and forget them."""
        found = [f"{request.method} {request.path}" for request, _ in self.requests]
        self.requests.clear()
        return found


def change(
    op: Any,
    attributes: Mapping[str, AttributeChange] | None = None,
    *,
    kind: Any = "user",
    anchor: str | None = None,
    name: str = "ada.brisling@contoso.example",
    number: int = 1,
    password: bool = False,
) -> Change:
    """Return a change of one object."""
    return Change(
        id=f"c{number}",
        key="",
        directory="cloud",
        object_type=kind,
        address=f"person:E{number}@cloud/account",
        object=Target(anchor, name, name),
        op=op,
        phase="update",
        attributes=attributes or {},
        expect=Expect(),
        password=password,
    )


def to(*after: Scalar, was: tuple[Scalar, ...] = ()) -> AttributeChange:
    """Return the change of an attribute to these values."""
    return AttributeChange(was, after, single=len(after) < 2)


def delta(add: Iterable[str] = (), remove: Iterable[str] = ()) -> AttributeChange:
    """Return the change of a list of references."""
    return AttributeChange(
        add=tuple(Ref(one) for one in add), remove=tuple(Ref(one) for one in remove), delta=True, single=False
    )


def carry_out(directory: EntraDirectory, *changes: Change, sink: Sink | None = None) -> dict[str, Outcome]:
    """Lower and write changes, and return the outcomes by write."""
    lowered = [directory.lower(one, {}) for one in changes]
    return {outcome.write_id: outcome for outcome in directory.write(lowered, sink or Sink())}


def requests(writes: Iterable[Write]) -> list[Mapping[str, Any]]:
    """Return what writes ask for."""
    return [write.request for write in writes]
