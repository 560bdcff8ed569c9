"""Graph's quotas: what a request costs, when it is refused, and after how long it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.directories.sandbox.tenant.clock import ScaledClock
from idcode.directories.sandbox.tenant.exchange import Reply, Request
from idcode.directories.sandbox.tenant.http.batch import Batches
from idcode.directories.sandbox.tenant.http.recorder import Recorder
from idcode.directories.sandbox.tenant.http.templates import template
from idcode.directories.sandbox.tenant.http.throttle import SMALL, Limits, Quota, Throttle, cost, limits_for
from tests.tenant.shelf import Shelf, create, step, upn

ID = "8c5c1d3e-7a44-4a3e-9f0e-3b1f5ad0c001"


def still() -> ScaledClock:
    """A clock that moves only when it is put forward."""
    return ScaledClock(0, datetime(2026, 11, 23, tzinfo=UTC))


def throttled(clock: ScaledClock, limits: Limits) -> Throttle:
    return Throttle(Shelf(), clock, limits, tenant_id="t", client_id="c")


def read(count: int, service: Throttle) -> list[Reply]:
    return [service.handle(Request("GET", f"/users/{number}")) for number in range(count)]


def write(count: int, service: Throttle) -> list[Reply]:
    return [service.handle(create(f"u{number}")) for number in range(count)]


@pytest.mark.parametrize(
    ("request_", "units", "writes"),
    [
        # The table of "Throttling limits", identity and access.
        (Request("GET", "/applications"), 2, 0),
        (Request("GET", f"/applications/{ID}"), 1, 0),
        (Request("GET", "/users"), 2, 0),
        (Request("GET", f"/users/{ID}"), 1, 0),
        (Request("GET", "/users/delta"), 1, 0),
        (Request("GET", "/groups"), 1, 0),
        (Request("GET", f"/groups/{ID}/members"), 3, 0),
        (Request("GET", f"/groups/{ID}/transitiveMembers"), 5, 0),
        (Request("GET", f"/users/{ID}/memberOf"), 2, 0),
        (Request("GET", f"/users/{ID}/licenseDetails"), 2, 0),
        (Request("GET", f"/servicePrincipals/{ID}/appRoleAssignments"), 2, 0),
        (Request("GET", f"/servicePrincipals/{ID}/appRoleAssignedTo"), 1, 0),
        (Request("GET", "/subscribedSkus"), 3, 0),
        (Request("POST", "/directoryObjects/getByIds", body={}), 5, 0),
        (Request("POST", "/directoryObjects/getByIds", {"$select": "id"}, body={}), 2, 0),
        (Request("POST", f"/users/{ID}/checkMemberGroups", body={}), 4, 0),
        (Request("POST", f"/users/{ID}/getMemberObjects", body={}), 2, 0),
        (Request("POST", "/users", body={}), 1, 1),
        (Request("PATCH", f"/users/{ID}", body={}), 1, 1),
        (Request("DELETE", f"/groups/{ID}/members/{ID}/$ref"), 1, 1),
        # Its modifiers.
        (Request("GET", "/users", {"$select": "id", "$top": "999"}), 1, 0),
        (Request("GET", f"/groups/{ID}/members", {"$select": "id"}), 2, 0),
        (Request("GET", f"/groups/{ID}/members", {"$select": "id", "$top": "5"}), 1, 0),
        (Request("GET", "/users", {"$top": "20"}), 2, 0),
        (Request("GET", "/users", {"$expand": "manager"}), 3, 0),
        (Request("GET", f"/users/{ID}", {"$select": "id", "$top": "1"}), 1, 0),
    ],
    ids=lambda value: f"{value.method} {value.path}" if isinstance(value, Request) else str(value),
)
def test_requests_cost_what_the_documentation_says(request_: Request, units: int, writes: int) -> None:
    found = cost(request_)
    assert (found.resource_units, found.writes) == (units, writes)


@pytest.mark.parametrize(("count", "writes"), [(1, 1), (3, 1), (4, 2), (20, 7)])
def test_bound_members_cost_one_write_for_about_three(count: int, writes: int) -> None:
    bound = [f"https://graph.microsoft.com/v1.0/directoryObjects/{number}" for number in range(count)]
    request = Request("PATCH", f"/groups/{ID}", body={"members@odata.bind": bound})
    assert cost(request, references_per_write=3).writes == writes
    assert cost(request).writes == 1


@pytest.mark.parametrize(("users", "units"), [(0, 3_500), (49, 3_500), (50, 5_000), (500, 5_000), (501, 8_000)])
def test_the_quota_follows_the_size_of_the_tenant(users: int, units: int) -> None:
    assert limits_for(users).resource_units == Quota(units, 10)


def test_three_thousand_writes_pass_and_the_next_one_waits_for_the_bucket() -> None:
    clock = still()
    service = throttled(clock, replace(SMALL, resource_units=Quota(1_000_000, 10)))
    assert {reply.status for reply in write(3_000, service)} == {201}
    (refused,) = write(1, service)
    assert refused.status == 429
    assert refused.body["error"]["code"] == "TooManyRequests"
    assert refused.headers["x-ms-throttle-information"] == "WriteLimitExceeded"
    assert refused.headers["x-ms-throttle-scope"] == "Tenant_Application/Write/c/t"
    assert refused.headers["Retry-After"] == "1"  # 20 writes a second fill it
    clock.advance(1)
    assert write(1, service)[0].status == 201


def test_reads_are_counted_in_resource_units() -> None:
    service = throttled(still(), Limits(Quota(100, 10)))
    replies = read(101, service)
    assert [reply.status for reply in replies].count(429) == 1
    assert replies[0].headers["x-ms-resource-unit"] == "1"
    assert replies[-1].headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"


def test_the_share_that_is_used_is_told_from_four_fifths_on() -> None:
    told = [
        reply.headers.get("x-ms-throttle-limit-percentage")
        for reply in read(300, throttled(still(), Limits(Quota(100, 10))))
    ]
    assert told[:79] == [None] * 79
    assert told[79] == "0.80"
    assert told[99] == "1.00"
    assert told[100] == "1.01"
    assert told[299] == "1.80"


def test_a_quota_that_nobody_uses_does_not_grow() -> None:
    clock = still()
    service = throttled(clock, Limits(Quota(10, 10)))
    clock.advance(86_400)
    assert [reply.status for reply in read(11, service)].count(429) == 1


def test_a_request_that_costs_more_than_the_quota_passes_when_all_of_it_is_there() -> None:
    clock = still()
    service = throttled(clock, Limits(Quota(2, 10)))
    members = Request("GET", f"/groups/{ID}/members")
    assert service.handle(members).status == 404
    refused = service.handle(members)
    assert refused.status == 429
    clock.advance(int(refused.headers["Retry-After"]))
    assert service.handle(members).status == 404


def test_refused_requests_count_so_that_insisting_makes_it_worse() -> None:
    service = throttled(still(), Limits(Quota(10, 10)))
    waits = [int(reply.headers["Retry-After"]) for reply in read(15, service) if reply.status == 429]
    assert waits == [2, 3, 4, 5, 6]


@given(
    units=st.integers(1, 50),
    seconds=st.integers(1, 30),
    steps=st.lists(st.tuples(st.integers(1, 30), st.floats(0, 20)), min_size=1, max_size=10),
)
def test_who_waits_as_long_as_told_gets_through(units: int, seconds: int, steps: list[tuple[int, float]]) -> None:
    clock = still()
    service = throttled(clock, Limits(Quota(units, seconds)))
    for count, pause in steps:
        replies = read(count, service)
        waits = [int(reply.headers["Retry-After"]) for reply in replies if reply.status == 429]
        if waits:
            clock.advance(max(waits))
            assert read(1, service)[0].status == 404
        clock.advance(pause)


@given(count=st.integers(1, 200), rate=st.integers(1, 20))
def test_never_more_passes_than_the_quota_and_what_has_flown_in(count: int, rate: int) -> None:
    clock = still()
    service = throttled(clock, Limits(Quota(1_000, 1), writes=Quota(10 * rate, 10)))
    passed = 0
    for _ in range(count):
        passed += write(1, service)[0].status == 201
        clock.advance(0.01)
    assert passed <= 10 * rate + count * 0.01 * rate + 1e-6


def test_requests_of_a_batch_are_refused_one_by_one() -> None:
    clock = still()
    service = Batches(throttled(clock, Limits(Quota(5, 10))))
    steps: list[Any] = [step(str(number), "GET", f"/users/{ID}") for number in range(8)]
    reply = service.handle(Request("POST", "/$batch", body={"requests": steps}))
    assert reply.status == 200
    refused = [answer for answer in reply.body["responses"] if answer["status"] == 429]
    assert len(refused) == 3
    assert all(int(answer["headers"]["Retry-After"]) >= 2 for answer in refused)


def test_limits_can_be_scaled_for_tests() -> None:
    small = SMALL.scaled(0.01)
    assert (small.resource_units, small.writes, small.tenant_writes) == (Quota(35, 10), Quota(30, 150), Quota(180, 300))


def test_the_tenant_has_a_quota_over_all_its_applications() -> None:
    service = throttled(still(), Limits(Quota(100, 10), writes=Quota(100, 10), tenant_writes=Quota(2, 10)))
    assert write(3, service)[2].headers["x-ms-throttle-scope"] == "Tenant/Write/c/t"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/users", "/users"),
        ("/users/ada@contoso.example", "/users/{id}"),
        (f"/groups/{ID}/members/{ID}/$ref", "/groups/{id}/members/{id}/$ref"),
        (f"/groups/{ID}/members/$ref", "/groups/{id}/members/$ref"),
        ("/groups(uniqueName='sg-a')", "/groups/{id}"),
        ("/users/$count", "/users/$count"),
        ("/users/delta()", "/users/delta"),
        ("/directoryObjects/getByIds", "/directoryObjects/getByIds"),
        ("/directory/deletedItems/microsoft.graph.user", "/directory/deletedItems/microsoft.graph.user"),
        (f"/directory/deletedItems/{ID}/restore", "/directory/deletedItems/{id}/restore"),
        ("/roleManagement/directory/roleAssignments/x-1", "/roleManagement/directory/roleAssignments/{id}"),
        (
            f"/users/{ID}/authentication/temporaryAccessPassMethods/{ID}",
            "/users/{id}/authentication/temporaryAccessPassMethods/{id}",
        ),
    ],
)
def test_an_operation_is_its_path_without_identifiers(path: str, expected: str) -> None:
    assert template(path) == expected


def test_what_went_through_is_counted_inside_batches_and_out() -> None:
    seen: list[tuple[str, int]] = []
    inside = Recorder(Shelf(), lambda request, reply: seen.append((request.path, reply.status)))
    outside = Recorder(Batches(inside))
    steps = [step(name, "GET", f"/users/{upn(name)}") for name in ("ada", "cid")]
    outside.handle(Request("POST", "/$batch", body={"requests": steps}))
    outside.handle(Request("GET", "/users"))
    assert outside.requests == {"POST /$batch": 1, "GET /users": 1}
    assert inside.requests == {"GET /users/{id}": 2, "GET /users": 1}
    assert inside.statuses == {404: 2, 200: 1}
    assert inside.resource_units == 4
    assert seen == [(f"/users/{upn('ada')}", 404), (f"/users/{upn('cid')}", 404), ("/users", 200)]
