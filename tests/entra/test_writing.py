"""What becomes of a tenant when changes are carried out, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from idcode.directories.sandbox.tenant.switches import Switches
from idcode.model.errors import IdcodeError
from idcode.model.plans import AttributeChange
from idcode.model.values import Ref
from tests.entra.estate import DOMAIN, Sink, carry_out, change, delta, number, person, to
from tests.entra.test_reading import APP, APP_ROLE, HELPDESK, application

ADA, GRETA, CID, GROUP = (number(n) for n in (1, 2, 3, 5100))
NEW = {
    "userPrincipalName": to(f"ida.dorsch@{DOMAIN}"),
    "displayName": to("Ida Dorsch"),
    "department": to("IT"),
    "enabled": to(True),
}
IDA = f"ida.dorsch@{DOMAIN}"


def create_ida(**more: Any) -> Any:
    return change("create", {**NEW, **more}, name=IDA, password=True)


def statuses(outcomes: Any) -> list[str]:
    return [outcome.status for _, outcome in sorted(outcomes.items())]


def test_a_new_person_is_enabled_once_the_password_was_handed_over(estate: Any) -> None:
    tenant, sink = estate([person(1, "ada.brisling")]), Sink()
    outcomes = carry_out(tenant.directory(), create_ida(manager=to(Ref(ADA))), sink=sink)
    assert statuses(outcomes) == ["done"] * 4
    assert [path.split("/")[1] for path in tenant.asked()] == ["users"] * 4
    user = tenant.user(IDA, "accountEnabled", "department", "onPremisesExtensionAttributes")
    assert user["id"] == outcomes["c1.1"].anchor
    assert (user["accountEnabled"], user["department"]) == (True, "IT")
    assert not (user["onPremisesExtensionAttributes"] or {}).get("extensionAttribute15")
    assert tenant.ask("GET", f"/users/{IDA}/manager").body["id"] == ADA
    ((account, password),) = sink.delivered
    assert account["userPrincipalName"] == IDA
    assert account["address"] == "person:E1@cloud/account"
    assert password == "Correct-horse-1-battery!"


def test_a_password_that_nobody_took_leaves_the_account_disabled_and_marked(estate: Any) -> None:
    tenant, sink = estate(), Sink(problem=IdcodeError("no room for Correct-horse-1-battery!"))
    outcomes = carry_out(tenant.directory(), create_ida(), sink=sink)
    assert statuses(outcomes) == ["done", "failed", "skipped"]
    assert "Correct-horse" not in str(outcomes)
    live = tenant.directory().fetch([outcomes["c1.1"].anchor], [])[outcomes["c1.1"].anchor]
    assert (live.enabled, live.mark, live.needs_password) == (False, "new", True)


def test_a_temporary_access_pass_is_handed_over_in_place_of_a_password(estate: Any) -> None:
    tenant, sink = estate(), Sink()
    outcomes = carry_out(tenant.directory(first_sign_in="temporary-access-pass"), create_ida(), sink=sink)
    assert statuses(outcomes) == ["done"] * 3
    assert sink.made == 0
    ((_, handed),) = sink.delivered
    assert handed
    assert tenant.user(IDA, "accountEnabled")["accountEnabled"] is True


def test_a_tenant_that_takes_extension_attributes_only_later_gets_them_later(estate: Any) -> None:
    tenant = estate(switches=Switches(extension_attributes_at_creation=False))
    directory = tenant.directory()
    outcomes = carry_out(directory, change("create", {**NEW, "extensionAttribute3": to("x"), "enabled": to(False)}))
    assert statuses(outcomes) == ["done"]
    anchor = outcomes["c1.1"].anchor
    live = tenant.directory().fetch([anchor], ["extensionAttribute3"])[anchor]
    assert (live.get("extensionAttribute3"), live.mark, live.enabled) == (("x",), "new", False)


def test_a_name_that_somebody_has_is_not_taken(estate: Any) -> None:
    tenant = estate([person(1, "ida.dorsch")])
    outcomes = carry_out(tenant.directory(), create_ida())
    assert statuses(outcomes) == ["failed", "skipped", "skipped"]
    assert outcomes["c1.1"].code == "graph:Request_BadRequest"
    assert "already exists" in str(outcomes["c1.1"].message)


def test_a_person_who_was_created_exactly_so_before_counts_as_created(estate: Any) -> None:
    tenant = estate()
    first = carry_out(tenant.directory(), change("create", {**NEW, "enabled": to(False)}))
    again = carry_out(tenant.directory(), change("create", {**NEW, "enabled": to(False)}))
    assert (again["c1.1"].status, again["c1.1"].code) == ("done", "settled")
    assert again["c1.1"].anchor == first["c1.1"].anchor


def test_a_guest_is_invited_and_described(estate: Any) -> None:
    tenant = estate()
    guest = {
        "userType": to("Guest"),
        "mail": to("ida@fabrikam.example"),
        "displayName": to("Ida Dorsch"),
        "companyName": to("Fabrikam"),
        "enabled": to(True),
    }
    outcomes = carry_out(tenant.directory(), change("create", guest, name="ida@fabrikam.example"))
    assert statuses(outcomes) == ["done", "done"]
    user = tenant.user(outcomes["c1.1"].anchor, "mail", "userType", "companyName", "displayName")
    assert (user["mail"], user["userType"], user["companyName"]) == ("ida@fabrikam.example", "Guest", "Fabrikam")
    assert user["displayName"] == "Ida Dorsch"


def test_values_are_set_and_cleared(estate: Any) -> None:
    ada = person(1, "ada.brisling", city="Oslo", otherMails=["a@b.example"], employeeOrgData={"division": "D"})
    tenant = estate([ada])
    attributes = {
        "city": to(was=("Oslo",)),
        "otherMails": AttributeChange(("a@b.example",), (), single=False),
        "division": to(was=("D",)),
        "extensionAttribute3": to("x"),
        "jobTitle": to("Lead"),
    }
    assert statuses(carry_out(tenant.directory(), change("update", attributes, anchor=ADA))) == ["done"]
    live = tenant.directory().fetch([ADA], attributes)[ADA]
    assert live.attributes == {"jobTitle": ("Lead",), "extensionAttribute3": ("x",)}


def test_values_are_added_to_a_list_and_taken_off_without_touching_others(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling", otherMails=["a@b.example", "c@d.example"])])
    item = AttributeChange(add=("e@f.example",), remove=("A@B.example",), delta=True, single=False)
    directory = tenant.directory()
    directory.fetch([ADA], ["otherMails"])
    carry_out(directory, change("update", {"otherMails": item}, anchor=ADA))
    assert set(tenant.user(ADA, "otherMails")["otherMails"]) == {"c@d.example", "e@f.example"}


def test_disabling_leaves_somebody_elses_text_where_the_mark_would_be(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling", onPremisesExtensionAttributes={"extensionAttribute15": "payroll"})])
    directory = tenant.directory()
    directory.fetch([ADA], [])
    assert statuses(carry_out(directory, change("disable", {"enabled": to(False)}, anchor=ADA))) == ["done"]
    user = tenant.user(ADA, "accountEnabled", "onPremisesExtensionAttributes")
    assert user["accountEnabled"] is False
    assert user["onPremisesExtensionAttributes"]["extensionAttribute15"] == "payroll"


def test_managers_are_set_replaced_and_taken_away(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling"), person(2, "greta.hummer")], links=[("manager", ADA, GRETA)])
    directory = tenant.directory()
    carry_out(directory, change("update", {"manager": to(was=(Ref(GRETA),))}, anchor=ADA))
    assert tenant.ask("GET", f"/users/{ADA}/manager").status == 404
    assert statuses(carry_out(directory, change("update", {"manager": to()}, anchor=ADA))) == ["done"]
    carry_out(directory, change("update", {"manager": to(Ref(GRETA))}, anchor=ADA))
    assert tenant.ask("GET", f"/users/{ADA}/manager").body["id"] == GRETA


def group(op: Any, attributes: Any, anchor: str | None = GROUP, number: int = 1) -> Any:
    return change(op, attributes, kind="group", anchor=anchor, name="sg-one", number=number)


@pytest.mark.parametrize("again", [False, True])
def test_a_group_is_created_with_its_members_and_only_once(estate: Any, again: bool) -> None:
    people = [person(n, f"person.{n}") for n in range(1, 46)]
    tenant = estate(people)
    attributes = {
        "mailNickname": to("sg-one"),
        "uniqueName": to("sg-one"),
        "category": to("security"),
        "members": to(*(Ref(number(n)) for n in range(1, 46))),
        "owners": to(Ref(ADA)),
    }
    for _ in range(2 if again else 1):
        outcomes = carry_out(tenant.directory(), group("create", attributes, None))
        assert statuses(outcomes) == ["done"] * 3
    (found,) = tenant.ids("/groups")
    assert found == outcomes["c1.1"].anchor
    assert tenant.ids(f"/groups/{found}/members") == {number(n) for n in range(1, 46)}
    assert tenant.ids(f"/groups/{found}/owners") == {ADA}


def test_members_come_and_go_and_live_on(estate: Any) -> None:
    people = [person(n, f"person.{n}") for n in range(1, 51)]
    links = [("members", GROUP, number(n)) for n in range(1, 11)]
    tenant = estate(people, [{"id": GROUP, "displayName": "sg-one"}], links)
    item = delta([number(n) for n in range(11, 51)], [number(n) for n in range(1, 6)])
    outcomes = carry_out(tenant.directory(), group("update", {"members": item}))
    assert set(statuses(outcomes)) == {"done"}
    assert len(outcomes) == 7
    assert tenant.ids(f"/groups/{GROUP}/members") == {number(n) for n in range(6, 51)}
    assert tenant.user(ADA)["id"] == ADA


def test_members_who_are_there_already_do_not_keep_the_others_out(estate: Any) -> None:
    people = [person(n, f"person.{n}") for n in range(1, 21)]
    links = [("members", GROUP, number(n)) for n in (3, 7)]
    tenant = estate(people, [{"id": GROUP, "displayName": "sg-one"}], links)
    outcomes = carry_out(tenant.directory(), group("update", {"members": delta([number(n) for n in range(1, 21)])}))
    assert statuses(outcomes) == ["done"]
    assert tenant.ids(f"/groups/{GROUP}/members") == {number(n) for n in range(1, 21)}


def test_somebody_who_is_in_or_out_already_counts_as_done(estate: Any) -> None:
    tenant = estate(
        [person(1, "ada.brisling"), person(2, "greta.hummer")],
        [{"id": GROUP, "displayName": "sg-one"}],
        [("members", GROUP, ADA)],
    )
    outcomes = carry_out(tenant.directory(), group("update", {"members": delta([ADA], [GRETA])}))
    assert statuses(outcomes) == ["done", "done"]
    assert [outcome.code for outcome in outcomes.values()] == ["settled", "settled"]


def test_a_member_who_is_gone_is_told(estate: Any) -> None:
    tenant = estate([], [{"id": GROUP, "displayName": "sg-one"}])
    outcomes = carry_out(tenant.directory(), group("update", {"members": delta([ADA])}))
    assert (outcomes["c1.1"].status, outcomes["c1.1"].code) == ("stale", "graph:Request_ResourceNotFound")
    assert ADA in str(outcomes["c1.1"].message)


def test_a_group_becomes_dynamic_and_static_again(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")], [{"id": GROUP, "displayName": "sg-one"}])
    directory = tenant.directory()
    directory.fetch([GROUP], ["membershipRule"])
    rule = 'user.department -eq "Sales"'
    outcomes = carry_out(directory, group("update", {"membershipRule": to(rule)}))
    assert statuses(outcomes) == ["done"], outcomes
    assert tenant.ask("GET", f"/groups/{GROUP}").body["groupTypes"] == ["DynamicMembership"]
    directory.fetch([GROUP], ["membershipRule"])
    assert statuses(carry_out(directory, group("update", {"membershipRule": to(was=(rule,))}, number=2))) == ["done"]
    assert tenant.ask("GET", f"/groups/{GROUP}").body["groupTypes"] == []


def test_licences_are_given_changed_and_taken(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling", usageLocation="SE")], [{"id": GROUP, "displayName": "sg-one"}])
    directory = tenant.directory()

    def licences(anchor: str) -> Any:
        return tenant.directory().fetch([anchor], ["licences"])[anchor].get("licences")

    for was, now in (
        ((), ("SPE_E5 -SWAY",)),
        (("SPE_E5 -SWAY",), ("SPE_E5", "FLOW_FREE")),
        (("SPE_E5", "FLOW_FREE"), ()),
    ):
        for kind, anchor in (("user", ADA), ("group", GROUP)):
            one = change("update", {"licences": AttributeChange(was, now)}, anchor=anchor, kind=kind)
            assert statuses(carry_out(directory, one)) == ["done"]
            tenant.clock.advance(60)
            assert set(licences(anchor)) == set(now)


def test_a_licence_that_is_refused_says_why(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")])
    outcomes = carry_out(tenant.directory(), change("update", {"licences": to("SPE_E5")}, anchor=ADA))
    assert outcomes["c1.1"].status == "failed"
    assert "usage location" in str(outcomes["c1.1"].message)


def test_the_deleted_are_gone_and_come_back_with_what_they_had(estate: Any) -> None:
    links = [("members", GROUP, ADA)]
    tenant = estate([person(1, "ada.brisling", city="Oslo")], [{"id": GROUP, "displayName": "sg-one"}], links)
    directory = tenant.directory()
    assert statuses(carry_out(directory, change("delete", anchor=ADA))) == ["done"]
    assert tenant.ask("GET", f"/users/{ADA}").status == 404
    assert statuses(carry_out(directory, change("delete", anchor=ADA, number=2))) == ["done"]
    back = change("restore", {"jobTitle": to("Lead"), "enabled": to(True)}, anchor=ADA, number=3)
    assert statuses(carry_out(directory, back)) == ["done", "done"]
    user = tenant.user(ADA, "city", "jobTitle", "accountEnabled")
    assert (user["city"], user["jobTitle"], user["accountEnabled"]) == ("Oslo", "Lead", True)
    assert tenant.ids(f"/groups/{GROUP}/members") == {ADA}


def test_administrative_units_are_made_and_filled(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling"), person(2, "greta.hummer")])
    directory = tenant.directory()
    unit = {"displayName": to("oslo"), "description": to("Oslo"), "members": to(Ref(ADA), Ref(GRETA))}
    outcomes = carry_out(directory, change("create", unit, kind="administrative_unit", name="oslo"))
    assert statuses(outcomes) == ["done"] * 3
    anchor = outcomes["c1.1"].anchor
    assert tenant.ids(f"/directory/administrativeUnits/{anchor}/members") == {ADA, GRETA}
    rest = change("update", {"members": delta([ADA], [GRETA])}, kind="administrative_unit", anchor=anchor, number=2)
    assert statuses(carry_out(directory, rest)) == ["done", "done"]
    assert tenant.ids(f"/directory/administrativeUnits/{anchor}/members") == {ADA}


@pytest.mark.parametrize("read_before", [True, False])
def test_roles_are_given_and_taken(estate: Any, read_before: bool) -> None:
    tenant = estate([person(1, "ada.brisling"), person(2, "greta.hummer")], others=[application()])
    for kind, anchor in (("role_assignment", f"{HELPDESK}@/"), ("app_role_assignment", f"{APP}@{APP_ROLE}")):
        directory = tenant.directory()
        first = carry_out(directory, change("update", {"members": delta([ADA])}, kind=kind, anchor=anchor))
        assert statuses(first) == ["done"], first
        again = tenant.directory()
        if read_before:
            again.fetch([anchor], ["members"])
        second = change("update", {"members": delta([ADA, GRETA], [ADA])}, kind=kind, anchor=anchor)
        outcomes = carry_out(again, second)
        assert statuses(outcomes) == ["done"] * 3, outcomes
        assert tenant.directory().fetch([anchor], ["members"])[anchor].get("members") == (Ref(GRETA),)


def test_a_role_in_a_new_unit_gets_the_anchor_of_that_place(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")])
    unit = tenant.ask("POST", "/directory/administrativeUnits", {"displayName": "oslo"}).body["id"]
    attributes = {"displayName": to("Helpdesk Administrator"), "directoryScope": to(Ref(unit)), "members": to(Ref(ADA))}
    outcomes = carry_out(tenant.directory(), change("create", attributes, kind="role_assignment"))
    assert outcomes["c1.1"].anchor == f"{HELPDESK}@/administrativeUnits/{unit}"


def test_who_masters_an_object_is_changed(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling", onPremisesSyncEnabled=True)])
    directory = tenant.directory()
    outcomes = carry_out(directory, change("update", {"isCloudManaged": to(True)}, anchor=ADA))
    assert statuses(outcomes) == ["done"]
    assert not tenant.directory().fetch([ADA], ["isCloudManaged"])[ADA].synced


def test_what_active_directory_masters_is_refused_with_a_hint(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling", onPremisesSyncEnabled=True)])
    outcomes = carry_out(tenant.directory(), change("update", {"jobTitle": to("Lead")}, anchor=ADA))
    assert outcomes["c1.1"].status == "failed"
    assert "Active Directory is the master" in str(outcomes["c1.1"].message)


def test_a_reference_to_what_was_never_created_is_not_sent(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")])
    outcomes = carry_out(tenant.directory(), change("update", {"manager": to(Ref("person:E9@cloud"))}, anchor=ADA))
    assert (outcomes["c1.1"].status, outcomes["c1.1"].code) == ("failed", "unresolved")
    assert tenant.asked() == []


def test_changes_go_side_by_side_and_the_writes_of_one_in_order(estate: Any) -> None:
    tenant = estate([person(90, "greta.hummer")])
    people = [
        change(
            "create",
            {**NEW, "userPrincipalName": to(f"new.{n}@{DOMAIN}"), "manager": to(Ref(number(90)))},
            name=f"new.{n}@{DOMAIN}",
            number=n,
            password=True,
        )
        for n in range(1, 101)
    ]
    outcomes = carry_out(tenant.directory(), *people)
    assert len(outcomes) == 400
    assert set(statuses(outcomes)) == {"done"}
    assert sum(tenant.wire.requests.values()) == 20
    assert len(tenant.asked()) == 400


def test_before_images_hold_what_a_write_changes_and_no_more(estate: Any) -> None:
    people = [person(n, f"person.{n}", city="Oslo", jobTitle="Engineer") for n in range(1, 30)]
    links = [("members", GROUP, number(n)) for n in range(1, 11)] + [("manager", ADA, GRETA)]
    tenant = estate(people, [{"id": GROUP, "displayName": "sg-one"}], links)
    directory = tenant.directory()
    live = directory.fetch([ADA, GROUP], ["*"])

    def image(one: Any) -> Any:
        return [directory.before_image(write, live[one.object.anchor]) for write in directory.lower(one, {})]

    name = f"person.1@{DOMAIN}"
    attributes = {"jobTitle": to("Lead"), "division": to("D"), "manager": to()}
    assert image(change("update", attributes, anchor=ADA)) == [
        {"dn": name, "attributes": {"jobTitle": ["Engineer"], "division": []}},
        {"dn": name, "attributes": {"manager": [{"$ref": GRETA}]}},
    ]
    assert image(group("update", {"members": delta([ADA, number(20)], [GRETA])})) == [
        {"dn": "sg-one", "attributes": {"members": [{"$ref": ADA}]}},
        {"dn": "sg-one", "attributes": {"members": [{"$ref": GRETA}]}},
    ]
    (disabled,) = image(change("disable", {"enabled": to(False)}, anchor=ADA))
    assert (disabled["enabled"], disabled["mark"]) == (True, None)
    (deleted,) = image(change("delete", anchor=ADA))
    assert deleted["attributes"]["city"] == ["Oslo"]
    assert deleted["attributes"]["manager"] == [{"$ref": GRETA}]
    assert directory.before_image(directory.lower(change("create", NEW), {})[0], None) == {}
