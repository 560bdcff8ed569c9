"""Query options: what is selected, found, sorted, counted, and how lists are paged."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.directories.sandbox.tenant.seeding import Seed
from idcode.directories.sandbox.tenant.switches import Switches
from tests.tenant.office import EVENTUAL, Office, group, person
from tests.tenant.practice import DOMAIN

CITIES = ("Bergen", "Malmö", None)


def _people(number: int) -> list[dict[str, Any]]:
    return [
        person(
            each,
            department="Works" if each % 2 else "Sales",
            city=CITIES[each % 3],
            mail=f"p{each:05}@{DOMAIN}",
            employeeHireDate=f"2026-01-{each % 28 + 1:02}T00:00:00Z",
            otherMails=[f"o{each}@contoso.com"] if each % 2 else [],
            accountEnabled=each != 5,
        )
        for each in range(number)
    ]


@pytest.fixture(scope="module")
def office() -> Office:
    people = _people(30)
    crews = [group(1), group(2, groupTypes=["Unified"], mailEnabled=True, securityEnabled=False)]
    links = [("members", crews[0]["id"], each["id"]) for each in people]
    return Office(seed=Seed(domains=[DOMAIN], users=people, groups=crews, links=links))


def numbers(office: Office, condition: str, **headers: str) -> list[int]:
    """Return which of the thirty people a filter selects."""
    more = "&$count=true" if headers else ""
    found = office.everything(f"/users?$filter={condition}{more}&$select=displayName&$top=7", **headers)
    return [int(each["displayName"].split()[1]) for each in found]


EVEN, ODD = list(range(0, 30, 2)), list(range(1, 30, 2))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("department eq 'Works'", ODD),
        ("department EQ 'WORKS'", ODD),
        ("accountEnabled eq false", [5]),
        ("department eq 'Works' and city eq 'Bergen'", [3, 9, 15, 21, 27]),
        ("department eq 'Works' and (city eq 'Bergen' or city eq 'malmö')", [1, 3, 7, 9, 13, 15, 19, 21, 25, 27]),
        ("city eq null", list(range(2, 30, 3))),
        ("displayName in ('Person 00003', 'Person 00007', 'nobody')", [3, 7]),
        ("startsWith(displayName, 'person 0002')", list(range(20, 30))),
        ("startswith(displayName,'Person 0002') eq true", list(range(20, 30))),
        ("otherMails/any(m:m eq 'o7@contoso.com')", [7]),
        ("otherMails/any(m:startsWith(m,'o1'))", [1, 11, 13, 15, 17, 19]),
        ("proxyAddresses/any(p:p eq 'smtp:p00004@contoso.example')", [4]),
        (f"userPrincipalName eq 'P00008@{DOMAIN}'", [8]),
        (f"mail eq 'p00008@{DOMAIN}' and department eq 'Works'", []),
        (f"mail eq 'p00008@{DOMAIN}' or displayName eq 'Person 00003'", [3, 8]),
        ("id eq '00000003-0000-4000-8000-000000000000'", [3]),
        ("id in ('00000003-0000-4000-8000-000000000000','00000004-0000-4000-8000-000000000000')", [3, 4]),
        ("displayName eq 'it''s nobody'", []),
    ],
)
def test_filters_of_the_directory(office: Office, condition: str, expected: list[int]) -> None:
    assert numbers(office, condition) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("department ne 'Works'", EVEN),
        ("not(startsWith(displayName,'Person 0002'))", list(range(20))),
        ("NOT (department eq 'Works')", EVEN),
        (f"endsWith(mail,'9@{DOMAIN}')", [9, 19, 29]),
        ("employeeHireDate ge 2026-01-25T00:00:00Z and employeeHireDate le 2026-01-26T00:00:00Z", [24, 25]),
        ("otherMails/$count eq 0", EVEN),
        ("otherMails/$count ne 0", ODD),
        (f"endsWith(userPrincipalName,'0007@{DOMAIN}') or city ne null and department eq 'Sales'", None),
    ],
)
def test_advanced_filters_need_both_the_header_and_the_count(
    office: Office, condition: str, expected: list[int] | None
) -> None:
    wanted = expected or [each for each in range(30) if each == 7 or (each % 3 != 2 and each % 2 == 0)]
    assert numbers(office, condition, **EVENTUAL) == wanted
    for path, headers in ((f"/users?$filter={condition}", EVENTUAL), (f"/users?$filter={condition}&$count=true", {})):
        reply = office.send("GET", path, **headers)
        assert (reply.status, reply.body["error"]["code"]) == (400, "Request_UnsupportedQuery")
        assert "Unsupported or invalid query filter clause specified for property" in reply.body["error"]["message"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("$filter=favouriteColour eq 'blue'", "BadRequest"),
        ("$filter=department eq", "BadRequest"),
        ("$filter=department eq 'Works", "BadRequest"),
        ("$filter=(department eq 'Works'", "BadRequest"),
        ("$filter=department like 'Works'", "BadRequest"),
        ("$filter=" + "not " * 80 + "department eq 'x'", "BadRequest"),
        ("$filter=otherMails eq 'x'", "Request_UnsupportedQuery"),
        ("$filter=department/any(d:d eq 'x')", "Request_UnsupportedQuery"),
        ("$filter=startsWith(department,'W')", "Request_UnsupportedQuery"),
        ("$filter=streetAddress/x eq 'x'", "Request_UnsupportedQuery"),
        ("$select=favouriteColour", "BadRequest"),
        ("$expand=favouriteColour", "BadRequest"),
        ("$expand=manager,memberOf", "Request_BadRequest"),
        ("$orderby=favouriteColour", "BadRequest"),
        ("$orderby=department", "Request_UnsupportedQuery"),
        ("$orderby=displayName sideways", "BadRequest"),
        ("$orderby=displayName&$filter=department eq 'Works'", "Request_UnsupportedQuery"),
        ('$search="displayName:x"', "Request_UnsupportedQuery"),
        ("$top=0", "Request_UnsupportedQuery"),
        ("$top=1000", "Request_UnsupportedQuery"),
        ("$top=many", "BadRequest"),
        ("$skip=5", "BadRequest"),
        ("$apply=x", "BadRequest"),
        ("$count=perhaps", "BadRequest"),
        ("$skiptoken=garbage", "Request_BadRequest"),
    ],
)
def test_options_that_are_unknown_or_not_supported_are_refused(office: Office, query: str, code: str) -> None:
    reply = office.send("GET", "/users?" + query)
    assert (reply.status, reply.body["error"]["code"]) == (400, code)


def test_the_largest_page_size_is_named(office: Office) -> None:
    message = office.refused("GET", "/users?$top=1000")[2]
    assert message == "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive."


def test_what_is_not_selected_is_absent_and_what_is_empty_is_null(office: Office) -> None:
    user = office.values("/users?$select=id,city,assignedLicenses&$top=3")[2]
    assert user == {"id": "00000002-0000-4000-8000-000000000000", "city": None, "assignedLicenses": []}
    assert "city" not in office.values("/users?$top=1")[0]
    assert "assignedLicenses" not in office.values("/groups?$top=1")[0]


def test_one_relationship_can_be_expanded_to_twenty_objects() -> None:
    people, crew = _people(25), group(1)
    links = [("members", crew["id"], each["id"]) for each in people]
    links += [("manager", each["id"], people[0]["id"]) for each in people[1:]]
    office = Office(seed=Seed(domains=[DOMAIN], users=people, groups=[crew], links=links))
    shown = office.get(f"/groups/{crew['id']}?$select=id&$expand=members($select=id,displayName)")
    assert len(shown["members"]) == 20
    assert shown["members"][0].keys() == {"@odata.type", "id", "displayName"}
    users = office.everything("/users?$select=id&$expand=manager($select=id)&$top=10")
    assert [each["manager"]["id"] for each in users if "manager" in each] == [people[0]["id"]] * 24
    condition = "$filter=department ne 'x'&$count=true"
    assert office.send("GET", f"/users?$expand=manager&{condition}", **EVENTUAL).status == 400


def test_lists_are_sorted(office: Office) -> None:
    def found(query: str, **headers: str) -> list[int]:
        return [int(each["displayName"].split()[1]) for each in office.everything(f"/users?$top=7&{query}", **headers)]

    assert found("$orderby=displayName") == list(range(30))
    assert found("$orderby=displayName desc") == list(range(29, -1, -1))
    assert found("$orderby=userPrincipalName desc&$filter=department eq 'Works'&$count=true", **EVENTUAL) == ODD[::-1]


def test_words_are_searched(office: Office) -> None:
    def found(text: str) -> list[int]:
        users = office.everything(f"/users?$search={text}&$count=true", **EVENTUAL)
        return [int(each["displayName"].split()[1]) for each in users]

    assert found('"displayName:person"') == list(range(30))
    assert found('"displayName:00007"') == [7]
    assert found('"displayName:00007" OR "mail:p00008"') == [7, 8]
    assert found('"displayName:00007" AND "mail:p00008"') == []
    assert office.send("GET", "/users?$search=displayName:x&$count=true", **EVENTUAL).status == 400


def test_a_count_is_on_the_first_page_only_and_needs_the_header(office: Office) -> None:
    first, *others = office.pages("/users?$count=true&$top=7", **EVENTUAL)
    assert first["@odata.count"] == 30
    assert not any("@odata.count" in page for page in others)
    assert office.get("/users/$count?$filter=department eq 'Works'", **EVENTUAL) == 15
    page = office.get("/groups/00000001-1111-4000-8000-000000000000/members?$count=true&$top=1", **EVENTUAL)
    assert page["@odata.count"] == 30


def test_a_count_without_the_header_is_ignored(office: Office, bad_requests: None) -> None:
    assert "@odata.count" not in office.get("/users?$count=true")


def test_members_can_be_narrowed_by_type_and_filter(office: Office) -> None:
    path = "/groups/00000001-1111-4000-8000-000000000000/members"
    users, crews = (f"{path}/microsoft.graph.{name}?$top=7&$select=id&$count=true" for name in ("user", "group"))
    assert len(office.everything(users, **EVENTUAL)) == 30
    assert office.get(crews, **EVENTUAL)["value"] == []
    assert office.refused("GET", f"{path}/microsoft.graph.user")[1:] == (
        "Request_UnsupportedQuery",
        "Unsupported Query.",
    )
    found = office.get(f"{path}?$count=true&$filter=startswith(displayName,'Person 0002')", **EVENTUAL)
    assert found["@odata.count"] == 10
    assert office.refused("GET", f"{path}/microsoft.graph.boat")[0] == 400


def test_groups_are_found_by_their_kind(office: Office) -> None:
    path = "/groups?$select=displayName&$filter="
    assert office.values(path + "groupTypes/any(c:c eq 'Unified')") == [{"displayName": "Group 00002"}]
    query = path + "mailEnabled eq false and NOT(groupTypes/any(s:s eq 'Unified'))&$count=true"
    assert office.get(query, **EVENTUAL)["value"] == [{"displayName": "Group 00001"}]


def test_a_next_link_repeats_the_options_and_carries_no_headers(office: Office) -> None:
    page = office.get("/users?$filter=department ne 'x'&$count=true&$top=5", **EVENTUAL)
    link = page["@odata.nextLink"]
    asked = parse_qs(urlsplit(link).query)
    assert link.startswith("https://graph.microsoft.com/v1.0/users?")
    assert (asked["$filter"], asked["$count"], asked["$top"]) == (["department ne 'x'"], ["true"], ["5"])
    assert office.follow(link).status == 400
    assert office.follow(link, **EVENTUAL).status == 200


def test_a_next_link_gets_too_old() -> None:
    office = Office(Switches(page_seconds=600), Seed(domains=[DOMAIN], users=_people(3)))
    link = office.get("/users?$top=1")["@odata.nextLink"]
    office.wait(600)
    assert office.follow(link).status == 200
    office.wait(1)
    reply = office.follow(link)
    assert (reply.status, reply.body["error"]["code"]) == (400, "Directory_ExpiredPageToken")


@given(st.integers(0, 45), st.integers(1, 20))
def test_pages_hold_everything_once(number: int, size: int) -> None:
    people = _people(number)
    office = Office(seed=Seed(domains=[DOMAIN], users=people))
    pages = office.pages(f"/users?$select=id&$top={size}")
    assert [each["id"] for page in pages for each in page["value"]] == [each["id"] for each in people]
    assert len(pages) == max(1, -(-number // size))


def test_a_listing_survives_what_happens_between_its_pages() -> None:
    people = _people(10)
    office = Office(seed=Seed(domains=[DOMAIN], users=people))
    page = office.get("/users?$select=id&$top=4")
    for gone in (people[3], people[4]):
        office.delete(f"/users/{gone['id']}")
    rest = office.follow(page["@odata.nextLink"]).body["value"]
    assert [each["id"] for each in rest] == [each["id"] for each in people[5:9]]


def test_pages_are_of_a_hundred_unless_asked_otherwise() -> None:
    office = Office(seed=Seed(domains=[DOMAIN], users=_people(150)))
    assert [len(page["value"]) for page in office.pages("/users?$select=id")] == [100, 50]
