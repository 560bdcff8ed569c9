"""Writes whose answer never came, or whose effect is not visible yet: what is known of them in the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from idcode.directories.entra.memory import Memory
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.exchange import Reply, Request
from idcode.directories.sandbox.tenant.http.faults import Fault, Faults, Rule
from idcode.directories.sandbox.tenant.switches import Switches
from idcode.model.plans import AttributeChange, Change
from idcode.model.values import Ref
from tests.entra.estate import DOMAIN, Estate, Sink, carry_out, change, delta, number, person, to
from tests.entra.test_reading import APP, APP_ROLE, HELPDESK, application

ADA, GRETA, GROUP, UNIT = (number(n) for n in (1, 2, 5100, 5200))
NAME = f"ida.dorsch@{DOMAIN}"
NEW = {"userPrincipalName": to(NAME), "displayName": to("Ida Dorsch"), "enabled": to(False), "city": to("Oslo")}
RULE = 'user.department -eq "Sales"'


def small(before: Any = lambda service: service, switches: Switches | None = None) -> Estate:
    return Estate(
        [
            person(1, "ada.brisling", usageLocation="SE"),
            person(2, "greta.hummer"),
            person(3, "cid.dorsch", onPremisesSyncEnabled=True),
        ],
        [{"id": GROUP, "displayName": "sg-one"}],
        [("members", GROUP, GRETA), ("manager", GRETA, ADA)],
        others=[application(), Entity(UNIT, "administrativeUnit", {"displayName": "rome"})],
        before=before,
        switches=switches,
    )


CHANGES: Mapping[str, Change] = {
    "create a user": change("create", NEW, name=NAME),
    "create a group": change(
        "create",
        {"mailNickname": to("sg-two"), "uniqueName": to("sg-two"), "members": to(Ref(ADA))},
        kind="group",
    ),
    "create a unit": change("create", {"displayName": to("oslo")}, kind="administrative_unit", name="oslo"),
    "update a unit": change("update", {"description": to("Rome")}, kind="administrative_unit", anchor=UNIT),
    "delete a unit": change("delete", kind="administrative_unit", anchor=UNIT),
    "fill a unit": change("update", {"members": delta([ADA])}, kind="administrative_unit", anchor=UNIT),
    "invite": change(
        "create",
        {"userType": to("Guest"), "mail": to("ida@fabrikam.example"), "displayName": to("Ida"), "enabled": to(True)},
    ),
    "update": change("update", {"city": to("Oslo"), "extensionAttribute2": to("x")}, anchor=ADA),
    "merge": change("update", {"otherMails": AttributeChange(add=("a@b.example",), delta=True)}, anchor=ADA),
    "disable": change("disable", {"enabled": to(False)}, anchor=ADA),
    "manager": change("update", {"manager": to(Ref(GRETA))}, anchor=ADA),
    "no manager": change("update", {"manager": to(was=(Ref(ADA),))}, anchor=GRETA),
    "add": change("update", {"members": delta([ADA])}, kind="group", anchor=GROUP),
    "remove": change("update", {"members": delta([], [GRETA])}, kind="group", anchor=GROUP),
    "licence": change("update", {"licences": to("SPE_E5 -SWAY")}, anchor=ADA),
    "group licence": change("update", {"licences": to("SPE_E5")}, kind="group", anchor=GROUP),
    "rule": change("update", {"membershipRule": to(RULE)}, kind="group", anchor=GROUP),
    "delete": change("delete", anchor=ADA),
    "role": change("update", {"members": delta([ADA])}, kind="role_assignment", anchor=f"{HELPDESK}@/"),
    "app role": change("update", {"members": delta([ADA])}, kind="app_role_assignment", anchor=f"{APP}@{APP_ROLE}"),
    "authority": change("update", {"isCloudManaged": to(True)}, anchor=number(3)),
}
every_change = pytest.mark.parametrize("one", CHANGES.values(), ids=CHANGES)


class Dropped:
    """Loses writes before they take effect: no answer, and nothing done."""

    def __init__(self, service: Any) -> None:
        self._service = service

    def handle(self, request: Request) -> Reply:
        inner = request.body["requests"] if request.path == "/$batch" else []
        writes = [one for one in inner if one["method"] != "GET" and not one["url"].endswith("getByIds")]
        if writes:
            bodies = [{"id": one["id"], "status": 504, "headers": {}, "body": None} for one in inner]
            return Reply(200, {"responses": bodies})
        reply: Reply = self._service.handle(request)
        return reply


@every_change
def test_what_was_done_without_an_answer_is_found_done(one: Change) -> None:
    lost = Rule(Fault.CUT, path=r"\$batch")
    tenant = small(lambda service: Faults(service, [lost]))
    try:
        directory = tenant.directory()
        (item,) = directory.lower(one, {})
        (outcome,) = directory.write([[item]], Sink())
        assert outcome.status == "unknown"
        settled = directory.settle(item)
        assert settled.status == "done"
        assert (settled.anchor is not None) == (one.op == "create" or item.kind == "grant")
        assert directory.settle(item) == settled
    finally:
        tenant.close()


@every_change
def test_what_was_not_done_is_found_not_done(one: Change) -> None:
    tenant = small(Dropped)
    try:
        directory = tenant.directory(patience="PT2S")
        (item,) = directory.lower(one, {})
        (outcome,) = directory.write([[item]], Sink())
        assert outcome.status == "unknown"
        assert directory.settle(item).status == "failed"
    finally:
        tenant.close()


def test_settling_waits_for_replicas_before_it_says_that_nothing_was_done() -> None:
    lost = Rule(Fault.CUT, path=r"\$batch")
    tenant = small(lambda service: Faults(service, [lost]), Switches(lag=30))
    try:
        directory = tenant.directory()
        (item,) = directory.lower(CHANGES["update"], {})
        (outcome,) = directory.write([[item]], Sink())
        assert outcome.status == "unknown"
        assert directory.settle(item).status == "done"
    finally:
        tenant.close()


def test_writes_that_an_earlier_process_left_unanswered_are_waited_for_together(
    estate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = estate([person(1, "ada.brisling"), person(2, "greta.hummer")])
    directory = tenant.directory(patience="PT1S")
    waited: list[float] = []
    attempts = Memory.attempts

    def noted(self: Memory, since: float) -> Any:
        waited.append(since)
        return attempts(self, since)

    monkeypatch.setattr(Memory, "attempts", noted)
    for anchor in (ADA, GRETA):
        (item,) = directory.lower(change("update", {"city": to("Oslo")}, anchor=anchor), {})
        assert directory.settle(item).status == "failed"
    assert len(waited) == 2
    assert len(set(waited)) == 1, "the second one has no patience of its own"


def test_a_password_is_never_taken_for_set(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")])
    directory = tenant.directory()
    item = directory.lower(change("enable", {"enabled": to(True)}, anchor=ADA, password=True), {})[0]
    assert directory.settle(item).status == "failed"


def test_an_employee_with_the_address_is_not_taken_for_the_guest_who_was_invited() -> None:
    tenant = small(Dropped)
    try:
        directory = tenant.directory(patience="PT1S")
        guest = {"userType": to("Guest"), "mail": to(f"ada.brisling@{DOMAIN}"), "enabled": to(True)}
        tenant.ask("PATCH", f"/users/{ADA}", {"mail": f"ada.brisling@{DOMAIN}"})
        (item,) = directory.lower(change("create", guest), {})
        assert directory.settle(item).status == "failed"
    finally:
        tenant.close()


def test_a_restore_is_settled_by_finding_the_object(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")])
    tenant.ask("DELETE", f"/users/{ADA}")
    directory = tenant.directory(patience="PT1S")
    (item,) = directory.lower(change("restore", anchor=ADA), {})
    assert directory.settle(item).status == "failed"
    tenant.ask("POST", f"/directory/deletedItems/{ADA}/restore", {})
    assert tenant.directory().settle(item).status == "done"


@pytest.mark.parametrize("fault", [Fault.TIMED_OUT, Fault.CUT, Fault.UNAVAILABLE, Fault.THROTTLED])
def test_what_is_repeated_after_a_doubt_is_done_once(fault: Fault) -> None:
    tenant = small(lambda service: Faults(service, [Rule(fault, path=r"\$batch", times=2)]))
    try:
        directory = tenant.directory()
        item = directory.lower(CHANGES["create a user"], {})[0]
        for _ in range(4):
            (outcome,) = directory.write([[item]], Sink())
            if outcome.status == "unknown":
                outcome = directory.settle(item)
            if outcome.status == "done":
                break
        assert outcome.status == "done"
        assert tenant.user(NAME)["id"] == outcome.anchor
    finally:
        tenant.close()


def test_a_group_without_its_first_members_was_not_created_as_wanted(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")])
    bare = {"displayName": "sg-two", "mailNickname": "sg-two", "mailEnabled": False, "securityEnabled": True}
    made = tenant.ask("POST", "/groups", {**bare, "uniqueName": "sg-two"}).body["id"]
    directory = tenant.directory(patience="PT1S")
    (item,) = directory.lower(CHANGES["create a group"], {})
    assert directory.settle(item).status == "failed"
    member = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{ADA}"}
    tenant.ask("POST", f"/groups/{made}/members/$ref", member)
    assert tenant.directory().settle(item).anchor == made


def test_a_role_that_nobody_holds_is_not_taken_from_anybody(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")])
    one = change("update", {"members": delta([], [ADA])}, kind="role_assignment", anchor=f"{HELPDESK}@/")
    outcomes = carry_out(tenant.directory(), one)
    assert outcomes["c1.1"].status == "done"
    assert not [path for path in tenant.asked() if path.startswith("DELETE")]


# --- lag ---


def late(estate: Any, lag: float = 20.0) -> Estate:
    people = [person(1, "ada.brisling", city="Rome"), person(2, "greta.hummer")]
    links = [("members", GROUP, GRETA)]
    made: Estate = estate(people, [{"id": GROUP, "displayName": "sg-one"}], links, switches=Switches(lag=lag))
    made.clock.advance(100)
    return made


def test_what_was_written_is_waited_for_until_it_can_be_read(estate: Any) -> None:
    tenant = late(estate)
    directory = tenant.directory()
    directory.fetch([ADA, GROUP], ["city", "members"])
    carry_out(
        directory,
        change("update", {"city": to("Oslo")}, anchor=ADA),
        change("update", {"members": delta([ADA], [GRETA])}, kind="group", anchor=GROUP, number=2),
        change("create", NEW, name=NAME, number=3),
    )
    assert tenant.ids("/users") == {ADA, GRETA}  # reads are behind
    found = directory.fetch([ADA, GROUP], ["city", "members"])
    assert found[ADA].get("city") == ("Oslo",)
    assert found[GROUP].get("members") == (Ref(ADA),)
    assert directory.unseen([ADA, GROUP]) == frozenset()


def test_a_new_object_is_found_as_soon_as_it_was_acknowledged(estate: Any) -> None:
    tenant = late(estate, lag=10_000)
    directory = tenant.directory(patience="PT1S")
    outcomes = carry_out(directory, change("create", NEW, name=NAME))
    anchor = str(outcomes["c1.1"].anchor)
    live = directory.fetch([anchor], ["city", "manager"])[anchor]
    assert (live.dn, live.enabled, live.mark, live.get("city")) == (NAME, False, "new", ("Oslo",))
    assert directory.unseen([anchor]) == {anchor}
    assert tenant.directory().fetch([anchor], []) == {}


def test_beyond_the_patience_what_was_acknowledged_is_shown_and_named_as_unseen(estate: Any) -> None:
    tenant = late(estate, lag=10_000)
    directory = tenant.directory(patience="PT5S")
    directory.fetch([ADA, GRETA, GROUP], ["city", "members", "manager"])
    outcomes = carry_out(
        directory,
        change("update", {"city": to("Oslo"), "manager": to(Ref(GRETA))}, anchor=ADA),
        change("update", {"members": delta([ADA], [GRETA])}, kind="group", anchor=GROUP, number=2),
    )
    outcomes |= carry_out(directory, change("delete", anchor=GRETA, number=3))
    assert {outcome.status for outcome in outcomes.values()} == {"done"}
    found = directory.fetch([ADA, GRETA, GROUP], ["city", "members", "manager"])
    assert (found[ADA].get("city"), found[ADA].get("manager")) == (("Oslo",), (Ref(GRETA),))
    assert found[GROUP].get("members") == (Ref(ADA),)
    assert found[GRETA].deleted
    assert directory.unseen([ADA, GRETA, GROUP, number(9)]) == {ADA, GRETA, GROUP}


def test_a_write_is_waited_for_once_and_not_again(estate: Any) -> None:
    tenant = late(estate, lag=10_000)
    directory = tenant.directory(patience="PT200S")
    directory.fetch([ADA], ["city"])
    carry_out(directory, change("update", {"city": to("Oslo")}, anchor=ADA))
    tenant.asked()
    directory.fetch([ADA], ["city"])
    assert len(tenant.asked()) > 3
    directory.fetch([ADA], ["city"])
    assert len(tenant.asked()) == 1


def test_an_edit_of_somebody_else_is_shown_and_not_covered_up(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling", city="Rome")])
    directory = tenant.directory()
    directory.fetch([ADA], ["city"])
    carry_out(directory, change("update", {"city": to("Oslo")}, anchor=ADA))
    tenant.ask("PATCH", f"/users/{ADA}", {"city": "Bergen"})
    assert directory.fetch([ADA], ["city"])[ADA].get("city") == ("Bergen",)


def test_writes_on_what_was_just_created_wait_until_it_can_be_found(estate: Any) -> None:
    tenant = late(estate, lag=20)
    directory = tenant.directory()
    outcomes = carry_out(directory, change("create", {**NEW, "enabled": to(True)}, name=NAME, password=True))
    assert {outcome.status for outcome in outcomes.values()} == {"done"}
    anchor = str(outcomes["c1.1"].anchor)
    more = change("update", {"members": delta([anchor])}, kind="group", anchor=GROUP, number=2)
    manager = change("update", {"manager": to(Ref(anchor))}, anchor=ADA, number=3)
    assert {outcome.status for outcome in carry_out(directory, more, manager).values()} == {"done"}


def test_every_write_to_an_object_is_waited_for_not_only_the_first(estate: Any) -> None:
    tenant = late(estate, lag=20)
    directory = tenant.directory()
    for city in ("Oslo", "Bergen"):
        directory.fetch([ADA], ["city"])
        carry_out(directory, change("update", {"city": to(city)}, anchor=ADA))
        tenant.asked()
        assert directory.fetch([ADA], ["city"])[ADA].get("city") == (city,)
        assert directory.unseen([ADA]) == frozenset()
        assert tenant.user(ADA, "city")["city"] == city


def test_licences_are_shown_as_acknowledged_with_those_that_stayed(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling", usageLocation="SE")], switches=Switches(lag=50))
    tenant.clock.advance(100)
    carry_out(tenant.directory(), change("update", {"licences": to("FLOW_FREE")}, anchor=ADA))
    tenant.clock.advance(100)
    directory = tenant.directory(patience="PT1S")
    directory.fetch([ADA], ["licences"])
    carry_out(directory, change("update", {"licences": to("FLOW_FREE", "SPE_E5", was=("FLOW_FREE",))}, anchor=ADA))
    assert set(directory.fetch([ADA], ["licences"])[ADA].get("licences")) == {"FLOW_FREE", "SPE_E5"}
