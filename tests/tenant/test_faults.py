"""Faults on purpose: each leaves behind exactly what it says, as often as it says, and the same each time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken

from idcode.directories.entra.graph.calls import Call
from idcode.directories.entra.graph.client import GraphClient
from idcode.directories.entra.graph.clock import Clock
from idcode.directories.entra.settings import EntraSettings
from idcode.directories.sandbox.tenant.clock import ScaledClock
from idcode.directories.sandbox.tenant.exchange import Request, Service
from idcode.directories.sandbox.tenant.http.asgi import application
from idcode.directories.sandbox.tenant.http.batch import Batches
from idcode.directories.sandbox.tenant.http.faults import ConnectionLost, Fault, Faults, Late, Rule
from idcode.directories.sandbox.tenant.http.serve import serving
from idcode.directories.sandbox.tenant.http.throttle import Limits, Quota, Throttle
from idcode.directories.sandbox.tenant.seeding import Seed, planted
from idcode.directories.sandbox.tenant.tenant import Tenant
from tests.tenant.shelf import Shelf, batch, create, upn, user


@pytest.mark.parametrize(
    ("fault", "status", "done"),
    [(Fault.THROTTLED, 429, False), (Fault.UNAVAILABLE, 503, False), (Fault.TIMED_OUT, 504, True)],
)
def test_a_refusal_says_nothing_about_what_was_done(fault: Fault, status: int, done: bool) -> None:
    shelf = Shelf()
    service = Faults(shelf, [Rule(fault, retry_after=7)])
    reply = service.handle(create("ada"))
    assert reply.status == status
    assert reply.headers["Retry-After"] == "7"
    assert ("Ada" in shelf.names) is done
    assert service.handle(create("cid")).status == 201
    assert service.done == {fault: 1}


def test_a_refusal_may_leave_out_how_long_to_wait() -> None:
    reply = Faults(Shelf(), [Rule(Fault.THROTTLED, retry_after=None)]).handle(create("ada"))
    assert "Retry-After" not in reply.headers


def test_a_cut_connection_leaves_the_write_behind_and_no_answer() -> None:
    shelf = Shelf()
    with pytest.raises(ConnectionLost):
        Faults(shelf, [Rule(Fault.CUT)]).handle(create("ada"))
    assert "Ada" in shelf.names


def test_rules_choose_by_method_and_path() -> None:
    service = Faults(Shelf(), [Rule(Fault.UNAVAILABLE, times=9, method="GET", path="^/users$")])
    assert service.handle(create("ada")).status == 201
    assert service.handle(Request("GET", f"/users/{upn('ada')}")).status == 200
    assert service.handle(Request("GET", "/users")).status == 503


def test_a_seed_breaks_the_same_requests_each_time_and_another_one_others() -> None:
    def broken(seed: int) -> list[int]:
        service = Faults(Shelf(), [Rule(Fault.UNAVAILABLE, times=20, chance=0.3)], seed)
        return [number for number in range(100) if service.handle(create(str(number))).status == 503]

    assert broken(1) == broken(1)
    assert broken(1) != broken(2)
    assert len(broken(1)) == 20


def test_requests_of_a_batch_are_broken_one_by_one() -> None:
    shelf = Shelf()
    service = Batches(Faults(shelf, [Rule(Fault.THROTTLED, times=2)]))
    reply = service.handle(Request("POST", "/$batch", body=batch("ada", "cid", "greta")))
    assert reply.status == 200
    assert sorted(answer["status"] for answer in reply.body["responses"]) == [201, 429, 429]
    assert shelf.names == {"Greta"}


def test_a_whole_batch_is_broken_before_any_request_of_it() -> None:
    shelf = Shelf()
    service = Faults(Batches(shelf), [Rule(Fault.UNAVAILABLE, path=r"^/\$batch$")])
    assert service.handle(Request("POST", "/$batch", body=batch("ada", "cid"))).status == 503
    assert shelf.requests == []


def in_process(service: Service, what: Callable[[httpx.AsyncClient], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        transport = httpx.ASGITransport(application(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://tenant/v1.0") as client:
            return await what(client)

    return asyncio.run(run())


def cut_in_the_midst(shelf: Shelf) -> Service:
    return Batches(Faults(shelf, [Rule(Fault.CUT, after=1)]))


def test_a_batch_that_is_cut_in_its_midst_has_no_answer_in_process() -> None:
    shelf = Shelf()
    with pytest.raises(httpx.RemoteProtocolError):
        in_process(cut_in_the_midst(shelf), lambda c: c.post("/$batch", json=batch("ada", "cid", "greta")))
    assert shelf.names == {"Ada", "Cid"}


def test_a_batch_that_is_cut_in_its_midst_breaks_the_connection_of_a_client_elsewhere() -> None:
    shelf = Shelf()
    with serving(application(cut_in_the_midst(shelf))) as address, httpx.Client(base_url=f"{address}/v1.0") as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("/$batch", json=batch("ada", "cid", "greta"))
        assert client.get(f"/users/{upn('ada')}").status_code == 200, "the next connection works"
    assert shelf.names == {"Ada", "Cid"}


def test_a_slow_answer_comes_after_the_patience_of_a_client() -> None:
    shelf = Shelf()
    service = Faults(shelf, [Rule(Fault.SLOW, seconds=0.3)])
    with serving(application(service)) as address, httpx.Client(base_url=f"{address}/v1.0") as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/users", json=user("ada"), timeout=0.1)
        assert client.get(f"/users/{upn('ada')}").json() == {"displayName": "Ada"}
    late = Faults(Shelf(), [Rule(Fault.SLOW, seconds=9)]).handle(create("cid"))
    assert isinstance(late, Late)
    assert late.seconds == 9


SPEED = 500.0
"""How much faster time passes in the tenant and for its client."""


def test_idcodes_client_comes_through_a_storm_with_an_account_of_every_write() -> None:
    names = [f"u{number}" for number in range(200)]
    tenant = Tenant(planted(Seed(domains=["contoso.example"]), datetime.now(UTC)), clock := ScaledClock(SPEED))
    single = Faults(
        Throttle(tenant, clock, Limits(Quota(1_000, 10), writes=Quota(100, 10))),
        [
            Rule(Fault.THROTTLED, times=40, chance=0.2, retry_after=3),
            Rule(Fault.UNAVAILABLE, times=10, after=20),
            Rule(Fault.TIMED_OUT, times=5, after=50),
            Rule(Fault.CUT, times=2, after=90),
        ],
        seed=7,
    )
    whole = Faults(Batches(single), [Rule(Fault.THROTTLED, times=2), Rule(Fault.UNAVAILABLE, times=1, after=3)])
    settings = EntraSettings(type="entra", tenant_id="t")
    client = GraphClient(
        settings,
        Path(),
        transport=httpx.ASGITransport(application(whole)),
        credential=AnyToken,
        clock=Clock(SPEED),
    )
    try:
        answers = {each.id: each.status for each in client.send([Call(n, "POST", "/users", user(n)) for n in names])}
        there = {
            each["userPrincipalName"] for page in client.pages("/users?$select=userPrincipalName") for each in page
        }
    finally:
        client.close()
    assert set(answers) == set(names)
    assert single.done.keys() == {Fault.THROTTLED, Fault.UNAVAILABLE, Fault.TIMED_OUT, Fault.CUT}
    assert whole.done == {Fault.THROTTLED: 2, Fault.UNAVAILABLE: 1}
    confirmed = {upn(name) for name, status in answers.items() if status == 201}
    unanswered = {upn(name) for name, status in answers.items() if status == 0}
    assert confirmed <= there
    assert there <= confirmed | unanswered
    assert len(confirmed) + len(unanswered) == len(names)


class AnyToken:
    """A credential for a tenant that asks for none."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("any", 4_000_000_000)

    def close(self) -> None:
        """Nothing is open."""
