"""What a plan says before anything is written: what Graph would refuse, what runs short, how long it takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from idcode.directories.entra.directory import EntraDirectory
from idcode.model.diagnostics import Diagnostic
from idcode.model.errors import DirectoryError
from idcode.model.plans import AttributeChange, Change
from idcode.model.records import Query, collect
from idcode.model.values import Ref
from tests.entra.estate import DOMAIN, carry_out, change, delta, number, person, to
from tests.entra.test_reading import HELPDESK

ADA, GRETA, CID, GROUP, M365, DYNAMIC, ROLES, LIST = (number(n) for n in (1, 2, 3, 5100, 5101, 5102, 5103, 5104))
NEW = {"userPrincipalName": to(f"ida.dorsch@{DOMAIN}"), "displayName": to("Ida Dorsch"), "enabled": to(True)}
ASKED = Query(
    {
        "user": frozenset({"licences"}),
        "group": frozenset({"members", "licences"}),
        "role_assignment": frozenset({"members"}),
    }
)


@pytest.fixture
def directory(estate: Any) -> EntraDirectory:
    """Return a directory that was read."""
    tenant = estate(
        [
            person(1, "ada.brisling", usageLocation="SE"),
            person(2, "greta.hummer"),
            person(3, "cid.dorsch", onPremisesSyncEnabled=True),
        ],
        [
            {"id": GROUP, "displayName": "sg-one", "uniqueName": "sg-one", "mailNickname": "sg-renamed"},
            {
                "id": M365,
                "displayName": "crew",
                "groupTypes": ["Unified"],
                "mailEnabled": True,
                "securityEnabled": False,
            },
            {
                "id": DYNAMIC,
                "displayName": "dyn",
                "groupTypes": ["DynamicMembership"],
                "membershipRule": 'user.department -eq "IT"',
                "membershipRuleProcessingState": "On",
            },
            {"id": ROLES, "displayName": "helpdesk", "isAssignableToRole": True},
            {"id": LIST, "displayName": "list", "mailEnabled": True, "securityEnabled": False},
        ],
        [("members", GROUP, ADA), ("members", GROUP, GRETA)],
        units=3,
    )
    made: EntraDirectory = tenant.directory()
    _, proof = collect(made.read(ASKED))
    assert proof.complete
    return made


def group(op: Any, attributes: Any, anchor: str | None = GROUP) -> Change:
    return change(op, attributes, kind="group", anchor=anchor, name="sg-one")


def user(attributes: Any, anchor: str = ADA) -> Change:
    return change("update", attributes, anchor=anchor)


FINE = {
    "a new person": change("create", NEW, password=True),
    "a guest": change("create", {"userType": to("Guest"), "mail": to("a@b.example"), "enabled": to(True)}),
    "clearing": user({"jobTitle": to(was=("x",))}),
    "a licence": user({"licences": to("SPE_E5 -SWAY")}),
    "a licence with its location": user({"licences": to("SPE_E5"), "usageLocation": to("SE")}, GRETA),
    "taking a licence": user({"licences": AttributeChange(("SPE_E5",), ())}, GRETA),
    "what the cloud masters of a synced person": user({"usageLocation": to("SE")}, CID),
    "who masters a synced person": user({"isCloudManaged": to(True)}, CID),
    "members": group("update", {"members": delta([ADA], [GRETA])}),
    "people in a team": group("update", {"members": delta([ADA])}, M365),
    "a new group": group("create", {"mailNickname": to("sg-two"), "uniqueName": to("sg-two")}, None),
    "the same group's rule": group("update", {"membershipRule": to("user.city -eq 1")}, DYNAMIC),
    "a role for somebody": change(
        "update", {"members": delta([ADA, ROLES])}, kind="role_assignment", anchor=f"{HELPDESK}@/"
    ),
    "a deletion": change("delete", anchor=ADA),
}


@pytest.mark.parametrize("one", FINE.values(), ids=FINE)
def test_what_graph_takes_is_not_refused(directory: EntraDirectory, one: Change) -> None:
    assert directory.reject(one) == []


REFUSED = [
    (user({"favouriteColour": to("red")}), "attribute-unknown", "favouriteColour"),
    (user({"membershipRule": to("x")}), "class-cannot-hold", "membershipRule"),
    (user({"proxyAddresses": to("SMTP:a@b.example")}), "attribute-read-only", "proxyAddresses"),
    (user({"displayName": to()}), "value-required", "displayName"),
    (user({"usageLocation": to()}), "value-required", "usageLocation"),
    (user({"mail": to()}), "value-required", "mail"),
    (user({"usageLocation": to("Sweden")}), "value-invalid", "usageLocation"),
    (user({"usageLocation": to("se")}), "value-invalid", "usageLocation"),
    (user({"businessPhones": to("1", "2")}), "several-values", "businessPhones"),
    (user({"department": to("x" * 65)}), "value-too-long", "64"),
    (user({"employeeId": to("1" * 17)}), "value-too-long", "16"),
    (user({"employeeHireDate": to("soon")}), "value-invalid", "no date"),
    (user({"showInAddressList": to("perhaps")}), "value-invalid", "neither true nor false"),
    (user({"manager": to("Greta")}), "value-invalid", "no reference"),
    (user({"userPrincipalName": to("ada@fabrikam.example")}), "value-invalid", "not a verified domain"),
    (user({"userPrincipalName": to(f"åda@{DOMAIN}")}), "value-invalid", "must not have 'å'"),
    (user({"userPrincipalName": to(f"ada..b@{DOMAIN}")}), "value-invalid", "dots"),
    (user({"userPrincipalName": to("ada")}), "value-invalid", "name@domain"),
    (user({"userPrincipalName": to(f"{'a' * 65}@{DOMAIN}")}), "value-invalid", "64"),
    (change("create", {"displayName": to("Ida"), "enabled": to(True)}), "value-required", "userPrincipalName"),
    (change("create", {"userType": to("Guest")}), "value-required", "mail"),
    (user({"licences": to("SPE_E7")}), "licence-unknown", "SPE_E7"),
    (user({"licences": to("SPE_E5 -NOTES")}), "licence-unknown", "NOTES"),
    (user({"licences": to("SPE_E5")}, GRETA), "usage-location-missing", "usageLocation"),
    (user({"jobTitle": to("x")}, CID), "mastered-on-premises", "jobTitle"),
    (change("disable", {"enabled": to(False)}, anchor=CID), "mastered-on-premises", "enabled"),
    (change("delete", anchor=CID), "mastered-on-premises", "deleted there"),
    (group("update", {"members": delta([ADA])}, DYNAMIC), "group-dynamic", "follow that rule"),
    (group("update", {"membershipRule": to("x")}, ROLES), "group-role-assignable", "membership rule"),
    (group("update", {"members": delta([GROUP])}, M365), "member-not-allowed", "sg-one is a group"),
    (group("update", {"members": delta([GROUP])}, ROLES), "member-not-allowed", "given roles"),
    (group("update", {"members": delta([ADA])}, LIST), "group-read-only", "distribution"),
    (group("delete", {}, LIST), "group-read-only", "distribution"),
    (group("update", {"category": to("microsoft365")}), "attribute-fixed", "category"),
    (group("update", {"isAssignableToRole": to(True)}), "attribute-fixed", "isAssignableToRole"),
    (group("create", {"mailNickname": to("x"), "category": to("distribution")}, None), "group-read-only", "create"),
    (group("create", {"displayName": to("x")}, None), "value-required", "mailNickname"),
    (group("create", {"mailNickname": to("sg one")}, None), "value-invalid", "mailNickname"),
    (group("create", {"mailNickname": to("sg-one")}, None), "unique-name-taken", "sg-one"),
    (
        change("update", {"members": delta([GROUP])}, kind="role_assignment", anchor=f"{HELPDESK}@/"),
        "principal-not-allowed",
        "sg-one",
    ),
]


@pytest.mark.parametrize(("one", "code", "words"), REFUSED, ids=[f"{code}: {words}" for _, code, words in REFUSED])
def test_what_graph_would_refuse_is_said_in_the_plan(
    directory: EntraDirectory, one: Change, code: str, words: str
) -> None:
    found = directory.reject(one)
    assert [finding.code for finding in found] == [code]
    assert words in found[0].message
    assert found[0].subject == one.address


def codes(findings: list[Diagnostic]) -> list[str]:
    return [finding.code for finding in findings]


def test_licences_that_do_not_suffice_are_counted_over_the_whole_plan(directory: EntraDirectory) -> None:
    direct = [user({"licences": to("SPE_E5")}, number(n)) for n in range(10, 13)]
    assert directory.review(direct) == []
    (finding,) = directory.review([*direct, user({"licences": to("SPE_E5")}, number(14))])
    assert (finding.code, finding.severity) == ("licences-short", "warning")
    assert "4 more units of SPE_E5, and 3 are free" in finding.message
    given_back = user({"licences": AttributeChange(("SPE_E5",), ())}, number(15))
    assert directory.review([*direct, user({"licences": to("SPE_E5")}, number(14)), given_back]) == []


def test_a_group_takes_a_unit_for_everybody_in_it(directory: EntraDirectory) -> None:
    licence = group("update", {"licences": to("SPE_E5")})
    assert directory.review([licence]) == []  # two members, three units
    two = group("update", {"members": delta([number(10), number(11)])})
    assert codes(directory.review([two])) == []
    both = group("update", {"licences": to("SPE_E5"), "members": delta([number(10), number(11)])})
    assert codes(directory.review([both])) == ["licences-short"]


def test_plans_switched_off_take_no_unit(directory: EntraDirectory) -> None:
    several = [user({"licences": AttributeChange(("SPE_E5",), ("SPE_E5 -SWAY",))}, number(n)) for n in range(10, 20)]
    assert directory.review(several) == []


def test_how_long_the_quota_makes_it_take_is_said_from_a_minute_on(directory: EntraDirectory) -> None:
    def plan(writes: int) -> list[Change]:
        return [replace(user({"jobTitle": to("x")}), writes=writes)]

    assert directory.review(plan(3000)) == []
    (finding,) = directory.review(plan(9000))
    assert (finding.code, finding.severity) == ("writes-take-time", "info")
    assert "9000 writes" in finding.message
    assert "5 minutes" in finding.message


def test_a_mark_needs_an_attribute_that_can_hold_it(estate: Any) -> None:
    tenant = estate()
    for name in ("accountEnabled", "otherMails", "nothing", "description"):
        with pytest.raises(DirectoryError, match="disable_mark_in"):
            tenant.directory(disable_mark_in=name)
    assert tenant.directory(disable_mark_in="extensionattribute1").schema().find("mail") is not None


def test_references_that_were_not_read_are_nobodys_problem(directory: EntraDirectory) -> None:
    assert directory.reject(group("update", {"members": delta(["person:E9@cloud/account"])}, M365)) == []
    assert directory.reject(user({"manager": to(Ref(number(999)))})) == []


def test_who_has_a_licence_already_takes_no_unit_more(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling", usageLocation="SE")], units=1)
    carry_out(tenant.directory(), user({"licences": to("SPE_E5")}))
    directory = tenant.directory()
    collect(directory.read(ASKED))
    again = AttributeChange(add=("SPE_E5",), delta=True, single=False)
    assert directory.review([user({"licences": again})]) == []
    assert codes(directory.review([user({"licences": again}, GRETA)])) == ["licences-short"]


def test_a_plan_is_judged_by_what_was_read_last(estate: Any) -> None:
    tenant = estate([], [{"id": GROUP, "displayName": "sg", "uniqueName": "sg", "mailNickname": "sg"}])
    directory = tenant.directory()
    again = group("create", {"mailNickname": to("sg"), "uniqueName": to("sg")}, None)
    collect(directory.read(ASKED))
    assert codes(directory.reject(again)) == ["unique-name-taken"]
    tenant.ask("DELETE", f"/groups/{GROUP}")
    assert tenant.ask("DELETE", f"/directory/deletedItems/{GROUP}").status == 204
    collect(directory.read(ASKED))
    assert directory.reject(again) == []
