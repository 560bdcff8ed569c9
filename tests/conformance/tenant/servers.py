"""The two ways to a practice tenant: in the same process, and behind HTTPS with lag and quotas.

Both are the same tenant. The one behind HTTPS shows what was written half a minute late, and refuses what is too much
at once; its time and the client's run a hundred times as fast as the wall clock's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest

from idcode.cli import wiring
from idcode.directories.entra.directory import EntraDirectory
from idcode.directories.entra.graph.clock import Clock
from idcode.directories.entra.settings import EntraSettings
from idcode.directories.sandbox.tenant.clock import ScaledClock
from idcode.directories.sandbox.tenant.http import tls
from idcode.directories.sandbox.tenant.http.asgi import application
from idcode.directories.sandbox.tenant.http.batch import Batches
from idcode.directories.sandbox.tenant.http.recorder import Recorder
from idcode.directories.sandbox.tenant.http.serve import serving
from idcode.directories.sandbox.tenant.http.throttle import SMALL, Throttle
from idcode.directories.sandbox.tenant.http.tokens import Login, Registration
from idcode.directories.sandbox.tenant.roles import built_in_roles
from idcode.directories.sandbox.tenant.seeding import Seed, planted
from idcode.directories.sandbox.tenant.state import State
from idcode.directories.sandbox.tenant.storage import create, open_state
from idcode.directories.sandbox.tenant.switches import Switches
from idcode.directories.sandbox.tenant.tenant import Tenant
from tests.conformance.tenant.hands import Hands

DOMAINS = ("contoso.com", "contoso.example")
TENANT_ID = "84841066-274d-4ec0-a5c1-276be684bdd3"
CLIENT_ID = "1dc0de00-0000-4000-8000-000000000001"
SECRET = "practice-only"
FILE = "cloud.tenant.db"
SPEED = 100.0
LAG = 30.0
QUOTA = 0.03
"""Share of what Microsoft allows a small tenant: 105 units in 10 seconds, 90 writes in 150."""
_LONG = 60.0
"""Seconds in which a tenant does all that it does by and by."""


class TenantServer(Protocol):
    """A new tenant, with hands to prepare and inspect it."""

    name: str
    hands: Hands

    def settings(self) -> Mapping[str, Any]:
        """Return what ``idcode.yaml`` says about it."""

    def settle(self) -> None:
        """Let time pass until everybody sees all that was prepared."""


class InProcess:
    """A practice tenant in a file, seen by whoever opens it."""

    name = "process"

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True)
        create(root / FILE, _new())
        clock = ScaledClock()
        # Dynamic groups and licences of groups have followed when somebody looks.
        self.hands = Hands(Tenant(open_state(root / FILE), clock), lambda: clock.advance(_LONG))

    def settings(self) -> Mapping[str, Any]:
        """Return a ``sandbox-tenant``; whatever is not to be seen at once never is."""
        return {"type": "sandbox-tenant", "path": FILE, "patience": "PT1S"}

    def settle(self) -> None:
        """Nothing is late here."""


class Served:
    """A practice tenant at ``address``. ``traffic`` counts the single requests to it, ``hands`` see it without lag."""

    name = "https"

    def __init__(self, root: Path, tenant: Tenant, traffic: Recorder, address: str) -> None:
        assert isinstance(tenant.clock, ScaledClock)
        self._root, self._clock, self._address = root, tenant.clock, address
        self.traffic = traffic
        self.hands = Hands(Tenant(tenant.state, tenant.clock, replace(tenant.switches, lag=0.0)))

    def settings(self) -> Mapping[str, Any]:
        """Return an ``entra`` directory; a busy machine may make a scaled minute long."""
        return {
            "type": "entra",
            "tenant_id": TENANT_ID,
            "credential": "client-secret",
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            "graph_url": self._address,
            "login_url": self._address,
            "ca_file": "tls/localhost.pem",
            "patience": "PT10M",
        }

    def settle(self) -> None:
        """Put the clock forward by more than the lag, and until the quota is as good as unused."""
        self._clock.advance(10 * _LONG)


class ScaledDirectory(EntraDirectory):
    """The adapter, whose time runs as fast as the tenant's."""

    def __init__(self, name: str, settings: EntraSettings, root: Path) -> None:
        super().__init__(name, settings, root, clock=Clock(SPEED))


@contextmanager
def served(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Serve a new tenant over HTTPS; the command line talks to it in scaled time meanwhile."""
    kind = wiring.DIRECTORIES["entra"]
    scaled = f"{ScaledDirectory.__module__}:{ScaledDirectory.__name__}"
    monkeypatch.setitem(wiring.DIRECTORIES, "entra", replace(kind, adapter=scaled))
    clock = ScaledClock(SPEED, datetime(2026, 12, 1, 12, tzinfo=UTC))
    tenant = Tenant(_new(), clock, Switches(lag=LAG, licence_seconds=0.0, rule_seconds=0.0))
    throttle = Throttle(tenant, clock, SMALL.scaled(QUOTA), tenant_id=TENANT_ID, client_id=CLIENT_ID)
    traffic = Recorder(throttle)
    login = Login(TENANT_ID, [Registration(CLIENT_ID, [SECRET])])
    with serving(application(Batches(traffic), login), tls.identity(root / "tls")) as address:
        yield Served(root, tenant, traffic, address)


def _new() -> State:
    seed = Seed(tenant_id=TENANT_ID, domains=DOMAINS, others=tuple(built_in_roles()))
    return planted(seed, datetime.now(UTC))
