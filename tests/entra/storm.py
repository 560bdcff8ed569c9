"""A company that moves into a tenant while everything goes wrong between idcode and Graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from idcode.apply.credentials import PracticeSink
from idcode.cli import wiring
from idcode.cli.main import run_main
from idcode.directories.entra.directory import EntraDirectory
from idcode.directories.entra.graph.client import GraphClient
from idcode.directories.entra.graph.clock import Clock
from idcode.directories.entra.settings import EntraSettings
from idcode.directories.sandbox.tenant.clock import ScaledClock
from idcode.directories.sandbox.tenant.http.asgi import application
from idcode.directories.sandbox.tenant.http.batch import Batches
from idcode.directories.sandbox.tenant.http.faults import Fault, Faults, Rule
from idcode.directories.sandbox.tenant.http.recorder import Recorder
from idcode.directories.sandbox.tenant.http.throttle import Throttle, limits_for
from idcode.directories.sandbox.tenant.roles import built_in_roles
from idcode.directories.sandbox.tenant.seeding import Seed, planted
from idcode.directories.sandbox.tenant.settings import TenantSettings, as_entra
from idcode.directories.sandbox.tenant.skus import subscription
from idcode.directories.sandbox.tenant.switches import Switches
from idcode.directories.sandbox.tenant.tenant import Tenant
from idcode.model.records import Fingerprint
from tests.entra.estate import DOMAIN, TENANT, Credential

DEPARTMENTS = 10
PROJECT = """
version: 1
project: storm
directories:
  cloud: {type: sandbox-tenant, patience: PT10M}
sources:
  hr: {type: csv, path: hr.csv, delimiter: ";", encoding: utf-8, key: Id, proof: {min_rows: 1}}
credentials: {command: ["true"]}
"""
RULES = """
identity: person
key: employeeId
attributes: {manager: ref(person)}
inbound:
  - name: hr
    source: hr
    flow: {employeeId: [Id], department: [Department], manager: [Manager], country: {constant: SE}}
outbound:
  - name: user
    directory: cloud
    object: user
    join: [{employeeId: [employeeId]}]
    flow:
      employeeId: [employeeId]
      displayName: [employeeId]
      mailNickname: [employeeId]
      userPrincipalName: Join("", [employeeId], "@contoso.example")
      department: [department]
      usageLocation: [country]
      manager: [manager]
"""
GROUPS = """
directory: cloud
groups:
  - for_each: {key: [department], kept_in: description}
    name: {expression: '[department]'}
    owners: [person:E1]
  - name: everybody
    licences: [{sku: SPE_E5}]
    members: {mode: exact, match: 'Len([employeeId]) > 0'}
"""


@dataclass
class Storm:
    """A repository of ``people`` people, a tenant, and what happens between them.

    ``speed`` is how much faster time passes than on the wall; ``wire`` counts what crosses the network, ``calls`` the
    single requests.
    """

    root: Path
    people: int
    speed: float = 2000.0

    def __post_init__(self) -> None:
        self.clock = ScaledClock(self.speed)
        seed = Seed(
            tenant_id=TENANT,
            domains=[DOMAIN],
            others=[*built_in_roles(), subscription(TENANT, "SPE_E5", 2 * self.people)],
        )
        self.tenant = Tenant(planted(seed, self.clock.now()), self.clock, Switches(lag=30.0))
        self.faults: list[Faults] = []
        for name, text in (("idcode.yaml", PROJECT), ("rules/people.yaml", RULES), ("objects/groups.yaml", GROUPS)):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text, "utf-8")
        rows = (f"E{n};D{n % DEPARTMENTS};{f'E{n // 10}' if n >= 10 else ''}" for n in range(1, self.people + 1))
        (self.root / "hr.csv").write_text("\n".join(["Id;Department;Manager", *rows]) + "\n", "utf-8")

    @contextmanager
    def blowing(self, single: Sequence[Rule], whole: Sequence[Rule]) -> Iterator[None]:
        """Break ``single`` requests of batches and ``whole`` batches while the command line works on the tenant."""
        limits = limits_for(self.people)
        throttle = Throttle(self.tenant, self.clock, limits, tenant_id=TENANT, client_id="storm")
        inside = Faults(throttle, single, seed=1)
        self.calls = Recorder(inside)
        outside = Faults(Batches(self.calls), whole, seed=2)
        self.faults = [inside, outside]
        self.wire = Recorder(outside)
        storm = self

        class Adapter(EntraDirectory):
            def __init__(self, name: str, settings: TenantSettings, root: Path) -> None:
                entra: EntraSettings = as_entra(settings)
                transport = httpx.ASGITransport(application(storm.wire))
                clock = Clock(storm.speed)
                client = GraphClient(
                    entra, root, transport=transport, credential=Credential, clock=clock, random=Random(0)
                )
                super().__init__(name, entra, root, client, clock=clock)

            def fingerprint(self) -> Fingerprint:
                return replace(super().fingerprint(), type="sandbox")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(wiring, "_class", _in_place_of_tenants(wiring._class, Adapter))
            patch.setattr(wiring, "build_secrets", lambda _repository: PracticeSink())
            yield

    def run(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
        """Run a command in the repository; return its exit code and what it printed."""
        capsys.readouterr()
        code = run_main([*arguments, "--dir", str(self.root)])
        out, err = capsys.readouterr()
        return code, out + err

    def happened(self) -> Counter[str]:
        """Return how often each fault happened."""
        found: Counter[str] = Counter()
        for faults in self.faults:
            found.update({fault.name: number for fault, number in faults.done.items()})
        return found

    def found(self) -> dict[str, Any]:
        """Return what the tenant holds, without lag: who there is, in which group, under whom."""
        view = self.tenant.state.newest
        users = [view.get(each) for each in view.ids("user")]
        groups = [view.get(each) for each in view.ids("group")]
        names = {each.id: each.get("employeeId") for each in users if each is not None}
        return {
            "people": Counter(names.values()),
            "enabled": {each.get("employeeId") for each in users if each is not None and each.get("accountEnabled")},
            "managers": {(names[user], names[manager]) for user in names for manager in view.targets("manager", user)},
            "groups": Counter(each.get("displayName") for each in groups if each is not None),
            "members": {
                each.get("displayName"): {names[member] for member in view.targets("members", each.id)}
                for each in groups
                if each is not None
            },
        }

    def wanted(self) -> dict[str, Any]:
        """Return what it should hold once everything is done, and done once."""
        people = [f"E{n}" for n in range(1, self.people + 1)]
        departments = [f"D{n}" for n in range(DEPARTMENTS)]
        members = {
            name: {f"E{n}" for n in range(1, self.people + 1) if f"D{n % DEPARTMENTS}" == name} for name in departments
        }
        return {
            "people": Counter(people),
            "enabled": set(people),
            "managers": {(f"E{n}", f"E{n // 10}") for n in range(10, self.people + 1)},
            "groups": Counter([*departments, "everybody"]),
            "members": {**members, "everybody": set(people)},
        }


def _in_place_of_tenants(real: Any, adapter: type[EntraDirectory]) -> Any:
    def chosen(path: str) -> Any:
        return adapter if path.endswith(":TenantDirectory") else real(path)

    return chosen


def of_every_kind(times: int) -> tuple[list[Rule], list[Rule]]:
    """Return faults of every kind, each at most ``times`` times: of single requests, and of whole batches."""
    single = [
        Rule(Fault.THROTTLED, times=10 * times, chance=0.15, retry_after=5),
        Rule(Fault.THROTTLED, times=times, chance=0.05, retry_after=None),
        Rule(Fault.UNAVAILABLE, times=times, chance=0.03, retry_after=None),
        Rule(Fault.TIMED_OUT, times=times, chance=0.03, retry_after=None),
        Rule(Fault.CUT, times=max(1, times // 5), chance=0.002),
    ]
    batch = r"^/\$batch$"
    whole = [
        Rule(Fault.THROTTLED, times=times, chance=0.1, path=batch, retry_after=10),
        Rule(Fault.UNAVAILABLE, times=times, chance=0.1, path=batch, retry_after=None),
        Rule(Fault.TIMED_OUT, times=times, chance=0.05, path=batch, retry_after=None),
        Rule(Fault.CUT, times=times, chance=0.05, path=batch),
    ]
    return single, whole
