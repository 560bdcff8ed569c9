"""Delta queries: everything once, then only what has happened."""

from __future__ import annotations

from typing import Any

import pytest

from idcode.directories.sandbox.tenant.seeding import Seed
from idcode.directories.sandbox.tenant.switches import Switches
from tests.tenant.office import Office, group, person
from tests.tenant.practice import DOMAIN, NOBODY, ref

DAY = 24 * 3600


@pytest.fixture
def office() -> Office:
    return Office()


def ids(entries: list[Any]) -> list[str]:
    return [each["id"] for each in entries]


def test_the_first_round_holds_everything_and_the_next_nothing() -> None:
    people = [person(number) for number in range(450)]
    office = Office(seed=Seed(domains=[DOMAIN], users=people))
    pages = office.pages("/users/delta?$select=displayName")
    assert len(pages) > 2
    assert all(("@odata.nextLink" in page) != ("@odata.deltaLink" in page) for page in pages)
    entries = [each for page in pages for each in page["value"]]
    assert ids(entries) == ids(people)
    assert entries[0].keys() == {"id", "displayName"}
    assert office.since(pages[-1]["@odata.deltaLink"])[0] == []


def test_later_rounds_hold_what_is_new_changed_and_gone(office: Office) -> None:
    ada, greta, cid = (office.user(name) for name in ("ada", "greta", "cid"))
    link = office.delta("/users/delta?$select=displayName,jobTitle")[1]
    office.patch(f"/users/{ada}", {"jobTitle": "Captain"})
    office.patch(f"/users/{ada}", {"department": "Works"})
    office.patch(f"/users/{greta}", {"department": "Works"})
    office.delete(f"/users/{cid}")
    new = office.user("new")
    entries, link = office.since(link)
    assert {each["id"]: each for each in entries} == {
        ada: {"id": ada, "displayName": "Ada", "jobTitle": "Captain"},
        cid: {"id": cid, "@removed": {"reason": "changed"}},
        new: {"id": new, "displayName": "New", "jobTitle": None},
    }
    office.delete(f"/directory/deletedItems/{cid}")
    office.patch(f"/users/{ada}", {"jobTitle": None})
    entries, link = office.since(link)
    assert {each["id"]: each for each in entries} == {
        ada: {"id": ada, "displayName": "Ada", "jobTitle": None},
        cid: {"id": cid, "@removed": {"reason": "deleted"}},
    }
    assert office.since(link)[0] == []


def test_a_restored_object_is_told_of_again(office: Office) -> None:
    ada, crew = office.user("ada"), office.group("crew")
    office.join(crew, ada)
    office.delete(f"/groups/{crew}")
    link = office.delta("/groups/delta?$select=displayName,members")[1]
    office.post(f"/directory/deletedItems/{crew}/restore", None, 200)
    entries, _ = office.since(link)
    assert entries == [
        {"id": crew, "displayName": "crew", "members@delta": [{"@odata.type": "#microsoft.graph.user", "id": ada}]}
    ]


def test_changes_between_the_pages_of_the_first_round_are_in_the_second() -> None:
    people = [person(number) for number in range(250)]
    office = Office(seed=Seed(domains=[DOMAIN], users=people))
    page = office.get("/users/delta?$select=displayName")
    office.patch(f"/users/{people[0]['id']}", {"displayName": "Ada Brisling"})
    entries, link = office.since(page["@odata.nextLink"])
    assert len(entries) == 50
    assert [each["displayName"] for each in office.since(link)[0]] == ["Ada Brisling"]


def test_members_are_told_of_as_they_come_and_go(office: Office) -> None:
    ada, greta, crew = office.user("ada"), office.user("greta"), office.group("crew")
    office.join(crew, ada)
    entries, link = office.delta("/groups/delta?$select=members")
    told = {"@odata.type": "#microsoft.graph.user"}
    assert entries == [{"id": crew, "members@delta": [{**told, "id": ada}]}]
    office.join(crew, greta)
    office.delete(f"/groups/{crew}/members/{ada}/$ref")
    (entry,), link = office.since(link)
    assert sorted(entry["members@delta"], key=lambda each: len(each)) == [
        {**told, "id": greta},
        {**told, "id": ada, "@removed": {"reason": "deleted"}},
    ]
    office.delete(f"/users/{greta}")
    (entry,), link = office.since(link)
    assert entry["members@delta"] == [{**told, "id": greta, "@removed": {"reason": "deleted"}}]
    office.post(f"/directory/deletedItems/{greta}/restore", None, 200)
    (entry,), link = office.since(link)
    assert entry["members@delta"] == [{**told, "id": greta}]


def test_the_members_of_a_large_group_stand_on_several_pages() -> None:
    people = [person(number) for number in range(2600)]
    crews = [group(1), group(2)]
    links = [("members", crews[0]["id"], each["id"]) for each in people] + [
        ("members", crews[1]["id"], people[0]["id"])
    ]
    office = Office(seed=Seed(domains=[DOMAIN], users=people, groups=crews, links=links))
    pages = office.pages("/groups/delta?$select=id,members")
    assert sum(any(each["id"] == crews[0]["id"] for each in page["value"]) for page in pages) > 1
    entries = [each for page in pages for each in page["value"]]
    told = [row["id"] for each in entries if each["id"] == crews[0]["id"] for row in each["members@delta"]]
    assert sorted(told) == ids(people)
    assert entries[-1] == {
        "id": crews[1]["id"],
        "members@delta": [{"@odata.type": "#microsoft.graph.user", "id": people[0]["id"]}],
    }


def test_a_change_of_manager_is_told_of_where_it_is_selected(office: Office) -> None:
    ada, greta = office.user("ada"), office.user("greta")
    with_manager = office.delta("/users/delta?$select=id,manager")[1]
    without = office.delta("/users/delta?$select=id")[1]
    office.send("PUT", f"/users/{ada}/manager/$ref", ref(greta))
    assert office.since(with_manager)[0] == [
        {"id": ada, "manager@delta": [{"@odata.type": "#microsoft.graph.user", "id": greta}]}
    ]
    assert office.since(without)[0] == []
    again = office.since(with_manager)[1]
    office.send("PUT", f"/users/{ada}/manager/$ref", ref(greta))
    assert office.since(again)[0] == []


def test_the_latest_token_begins_with_now(office: Office) -> None:
    office.user("ada")
    entries, link = office.delta("/users/delta?$deltatoken=latest&$select=displayName")
    assert entries == []
    greta = office.user("greta")
    assert ids(office.since(link)[0]) == [greta]


def test_only_changed_properties_are_told_of_where_that_is_preferred(office: Office) -> None:
    ada = office.user("ada", department="Works")
    link = office.delta("/users/delta?$select=displayName,department,jobTitle")[1]
    office.patch(f"/users/{ada}", {"jobTitle": "Captain"})
    assert office.since(link, prefer="return=minimal")[0] == [{"id": ada, "jobTitle": "Captain"}]


def test_a_query_can_be_narrowed_to_some_ids(office: Office) -> None:
    ada, greta, cid = (office.user(name) for name in ("ada", "greta", "cid"))
    query = f"/users/delta?$select=id&$filter=id eq '{ada}' or id eq '{greta}'"
    entries, link = office.delta(query)
    assert set(ids(entries)) == {ada, greta}
    for each in (ada, cid):
        office.delete(f"/users/{each}")
    assert office.since(link)[0] == [{"id": ada, "@removed": {"reason": "changed"}}]
    many = " or ".join([f"id eq '{NOBODY}'"] * 51)
    for condition in ("displayName eq 'Ada'", many):
        assert office.send("GET", "/users/delta?$filter=" + condition).status == 400


@pytest.mark.parametrize("option", ["$top=5", "$expand=manager", "$orderby=displayName", "$search=x", "$select=colour"])
def test_other_options_are_refused(office: Office, option: str) -> None:
    assert office.send("GET", f"/users/delta?{option}").status == 400


def test_a_token_is_good_for_seven_days(office: Office) -> None:
    link = office.delta("/users/delta")[1]
    office.user("ada")
    office.wait(7 * DAY)
    assert len(office.since(link)[0]) == 1
    office.wait(1)
    reply = office.follow(link)
    assert (reply.status, reply.body["error"]["code"]) == (410, "resyncRequired")
    again = office.follow(reply.headers["Location"])
    assert (again.status, len(again.body["value"])) == (200, 1)


def test_a_token_of_another_tenant_needs_a_new_round(office: Office) -> None:
    for name in ("ada", "greta"):
        office.user(name)
    link = office.delta("/users/delta")[1]
    assert Office().follow(link).status == 410
    assert office.send("GET", "/users/delta?$deltatoken=garbage").status == 400


def test_changes_are_told_of_when_reads_show_them() -> None:
    office = Office(Switches(lag=30))
    ada = office.user("ada")
    entries, link = office.delta("/users/delta?$select=id")
    assert entries == []
    assert office.since(link)[0] == []
    office.wait(30)
    entries, link = office.since(link)
    assert ids(entries) == [ada]
    assert office.since(link)[0] == []


def test_units_and_roles_have_delta_queries_too(office: Office) -> None:
    unit = office.post("/directory/administrativeUnits", {"displayName": "Oslo"})["id"]
    entries, link = office.delta("/directory/administrativeUnits/delta")
    assert ids(entries) == [unit]
    office.patch(f"/directory/administrativeUnits/{unit}", {"description": "North"})
    assert office.since(link)[0][0]["description"] == "North"
    assert office.delta("/servicePrincipals/delta")[0] == []
