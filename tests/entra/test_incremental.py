"""Readings that ask only for what has changed give what a whole reading gives, and cost next to nothing."""

from __future__ import annotations

import sqlite3
import stat
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idcode.directories.entra.cache import Cache
from idcode.directories.entra.directory import EntraDirectory
from idcode.directories.entra.incremental import Incremental
from idcode.directories.entra.objects import Flat
from idcode.directories.entra.schema import entra_schema
from idcode.model.records import LiveObject, Query, collect
from tests.entra.estate import TENANT, Estate, number, person

PEOPLE = [number(n) for n in range(1, 6)]
GROUPS = [number(n) for n in range(5101, 5104)]
QUERY = Query(
    {
        "user": frozenset({"city", "manager", "extensionAttribute1", "otherMails", "employeeHireDate"}),
        "group": frozenset({"displayName", "members", "owners"}),
    }
)


def objects(directory: EntraDirectory, query: Query = QUERY) -> dict[str, LiveObject]:
    found, proof = collect(directory.read(query))
    assert proof.complete
    assert proof.count == len(found) == len({live.anchor for live in found})
    return {live.anchor: live for live in found}


def estate_of(people: int = 5, groups: int = 3) -> Estate:
    return Estate(
        [person(n, f"person.{n}", city="Oslo") for n in range(1, people + 1)],
        [{"id": number(5100 + n), "displayName": f"sg-{n}"} for n in range(1, groups + 1)],
        [("members", GROUPS[0], PEOPLE[0]), ("manager", PEOPLE[0], PEOPLE[1])],
    )


def reference(anchor: str) -> dict[str, str]:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{anchor}"}


person_ids, group_ids = st.sampled_from(PEOPLE), st.sampled_from(GROUPS)
steps = st.one_of(
    st.tuples(st.just("city"), person_ids, st.sampled_from(["Oslo", "Rome", None])),
    st.tuples(st.just("mark"), person_ids, st.sampled_from(["x", None])),
    st.tuples(st.just("manager"), person_ids, st.one_of(person_ids, st.none())),
    st.tuples(st.sampled_from(["join", "leave", "own"]), group_ids, person_ids),
    st.tuples(st.sampled_from(["delete", "restore", "purge"]), st.one_of(person_ids, group_ids), st.none()),
    st.tuples(st.just("create"), st.integers(1, 10_000), st.none()),
    st.tuples(st.just("read"), st.none(), st.none()),
)


def take(tenant: Estate, step: tuple[str, Any, Any]) -> None:
    """Do something in the tenant; what is not possible is left undone."""
    what, one, other = step
    place = "users" if one in PEOPLE else "groups"
    match what:
        case "city":
            tenant.ask("PATCH", f"/users/{one}", {"city": other})
        case "mark":
            tenant.ask("PATCH", f"/users/{one}", {"onPremisesExtensionAttributes": {"extensionAttribute1": other}})
        case "manager" if other is None:
            tenant.ask("DELETE", f"/users/{one}/manager/$ref")
        case "manager":
            tenant.ask("PUT", f"/users/{one}/manager/$ref", reference(other))
        case "join":
            tenant.ask("POST", f"/groups/{one}/members/$ref", reference(other))
        case "own":
            tenant.ask("POST", f"/groups/{one}/owners/$ref", reference(other))
        case "leave":
            tenant.ask("DELETE", f"/groups/{one}/members/{other}/$ref")
        case "delete":
            tenant.ask("DELETE", f"/{place}/{one}")
        case "restore":
            tenant.ask("POST", f"/directory/deletedItems/{one}/restore", {})
        case "purge":
            tenant.ask("DELETE", f"/directory/deletedItems/{one}")
        case "create":
            body = person(0, f"new.{one}")
            profile = {"password": "Correct-horse-1!", "forceChangePasswordNextSignIn": True}
            del body["id"]
            tenant.ask("POST", "/users", {**body, "accountEnabled": True, "passwordProfile": profile})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=14))
def test_whatever_happens_in_between_both_ways_of_reading_agree(history: list[tuple[str, Any, Any]]) -> None:
    tenant = estate_of()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache.db"
        try:
            directory = tenant.directory(cache)
            for step in [("read", None, None), *history, ("read", None, None)]:
                if step[0] == "read":
                    assert objects(directory) == objects(tenant.directory())
                else:
                    take(tenant, step)
        finally:
            tenant.close()


def test_a_second_reading_asks_only_for_what_has_changed(estate: Any, tmp_path: Path) -> None:
    tenant = estate(
        [person(n, f"person.{n}") for n in range(1, 1201)],
        [{"id": number(5100 + n), "displayName": f"sg-{n}"} for n in range(1, 60)],
    )
    objects(tenant.directory(tmp_path / "cache.db"))
    assert len(tenant.asked()) > 100
    tenant.ask("PATCH", f"/users/{PEOPLE[0]}", {"city": "Rome"})
    tenant.asked()
    found = objects(tenant.directory(tmp_path / "cache.db"))
    assert found[PEOPLE[0]].get("city") == ("Rome",)
    assert len(found) == 1259
    asked = tenant.asked()
    assert "GET /users" not in [path for path in asked if asked.count(path) > 1]
    assert len(asked) <= 8


def test_the_cache_is_for_its_owner_only(estate: Any, tmp_path: Path) -> None:
    tenant = estate([person(1, "ada.brisling")])
    objects(tenant.directory(tmp_path / "deep" / "cache.db"))
    assert stat.S_IMODE((tmp_path / "deep" / "cache.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700


def test_other_attributes_are_read_anew_and_leave_nothing_of_the_former_reading(estate: Any, tmp_path: Path) -> None:
    tenant = estate([person(1, "ada.brisling", department="IT"), person(2, "greta.hummer")])
    cache = tmp_path / "cache.db"
    city, department = (Query({"user": frozenset({name})}) for name in ("city", "department"))
    objects(tenant.directory(cache), city)
    tenant.ask("DELETE", f"/users/{PEOPLE[1]}")
    tenant.ask("DELETE", f"/directory/deletedItems/{PEOPLE[1]}")
    for _ in range(2):
        found = objects(tenant.directory(cache), department)
        assert found[PEOPLE[0]].attributes == {"department": ("IT",)}
        assert PEOPLE[1] not in found
    tenant.asked()
    objects(tenant.directory(cache), city)
    assert "GET /users" in tenant.asked()


def test_a_token_that_graph_has_forgotten_begins_anew(estate: Any, tmp_path: Path) -> None:
    tenant = estate([person(1, "ada.brisling", city="Oslo")])
    cache = tmp_path / "cache.db"
    objects(tenant.directory(cache))
    tenant.clock.advance(8 * 86_400)
    tenant.ask("PATCH", f"/users/{PEOPLE[0]}", {"city": "Rome"})
    assert objects(tenant.directory(cache))[PEOPLE[0]].get("city") == ("Rome",)
    tenant.asked()
    objects(tenant.directory(cache))
    assert "GET /users" not in tenant.asked()


def test_a_cache_that_is_broken_is_thrown_away(estate: Any, tmp_path: Path) -> None:
    tenant = estate([person(1, "ada.brisling", city="Oslo")])
    cache = tmp_path / "cache.db"
    cache.write_bytes(b"no database at all" * 100)
    assert objects(tenant.directory(cache))[PEOPLE[0]].get("city") == ("Oslo",)
    objects(tenant.directory(cache))
    with sqlite3.connect(cache) as connection:
        connection.execute("UPDATE objects SET flat = '{'")
    connection.close()
    assert objects(tenant.directory(cache))[PEOPLE[0]].get("city") == ("Oslo",)


def test_a_reading_that_broke_off_is_not_kept(estate: Any, tmp_path: Path) -> None:
    tenant = estate([person(n, f"person.{n}") for n in range(1, 1201)])
    reading = tenant.directory(tmp_path / "cache.db").read(QUERY)
    for _ in range(3):
        next(reading)
    reading.close()
    assert len(objects(tenant.directory(tmp_path / "cache.db"))) == 1200


def test_licences_of_people_and_who_masters_them_are_never_taken_from_the_cache(estate: Any, tmp_path: Path) -> None:
    tenant = estate([person(1, "ada.brisling", usageLocation="SE", onPremisesSyncEnabled=True)])
    query = Query({"user": frozenset({"licences", "isCloudManaged"})})
    objects(tenant.directory(tmp_path / "cache.db"), query)
    sku = next(item for item in tenant.ask("GET", "/subscribedSkus").body["value"])
    body = {"addLicenses": [{"skuId": sku["skuId"], "disabledPlans": []}], "removeLicenses": []}
    tenant.ask("POST", f"/users/{PEOPLE[0]}/assignLicense", body)
    tenant.ask("PATCH", f"/users/{PEOPLE[0]}/onPremisesSyncBehavior", {"isCloudManaged": True})
    tenant.asked()
    live = objects(tenant.directory(tmp_path / "cache.db"), query)[PEOPLE[0]]
    assert "GET /users" in tenant.asked()
    assert live.get("licences") == (sku["skuPartNumber"],)
    assert not live.synced
    plain = Query({"user": frozenset({"isCloudManaged"})})
    objects(tenant.directory(tmp_path / "cache.db"), plain)
    tenant.ask("PATCH", f"/users/{PEOPLE[0]}/onPremisesSyncBehavior", {"isCloudManaged": False})
    tenant.asked()
    assert objects(tenant.directory(tmp_path / "cache.db"), plain)[PEOPLE[0]].synced
    assert "GET /users" not in tenant.asked()


def test_what_changed_within_an_hour_is_read_again_and_everything_once_a_day(estate: Any, tmp_path: Path) -> None:
    tenant = estate([person(1, "ada.brisling"), person(2, "greta.hummer")])
    clock = [1_000_000.0]
    whole: list[float] = []
    again: list[list[str]] = []

    def everything() -> list[Flat]:
        whole.append(clock[0])
        return [{"id": (PEOPLE[0],)}, {"id": (PEOPLE[1],)}]

    def some(anchors: list[str]) -> list[Flat]:
        again.append(anchors)
        return [{"id": (anchor,)} for anchor in anchors]

    def read(hours: float) -> int:
        clock[0] += hours * 3600
        made = Incremental(tenant.client(), entra_schema(), Cache(tmp_path / "c.db"), TENANT, lambda: clock[0])
        return len(list(made.flats("user", "id,city", frozenset(), everything, some)))

    assert read(0) == 2
    tenant.ask("PATCH", f"/users/{PEOPLE[0]}", {"city": "Rome"})
    assert [read(0.5), read(0.6), read(0.5), read(10)] == [2, 2, 2, 2]
    assert again == [[PEOPLE[0]], [PEOPLE[0]], [], []]
    assert len(whole) == 1
    read(13)
    assert len(whole) == 2
