"""What a test expects is compared with what becomes of people, and only what it names."""

from __future__ import annotations

import pytest

from tests.testing.support import ADA, GRETA, Trial, account

ACCOUNT = (
    "{name: Ada Brisling, path: People/Staff, attributes: {employeeID: E1, sAMAccountName: ada, description: old}}"
)
STAFF_OF_SALES = "{object: group, name: sg-engineering, path: Groups, attributes: {member: People/Staff/Ada Brisling}}"
LEFT = ADA.replace("}", ", EndDate: 2026-05-01}")


TRUE = {
    "a value": "person:E1: {attributes: {displayName: Ada Brisling}}",
    "null": "person:E1: {attributes: {mail: null}}",
    "a date": "person:E1: {attributes: {startDate: 2020-01-01}}",
    "a reference": "person:E1: {attributes: {manager: person:E2}}",
    "a stage": "person:E1: {stage: active}",
    "nothing said": "person:E1: {diagnostics: []}",
    "there": "person:E1: {}",
    "nobody": "person:E9: {state: absent}",
    "an object": account("state: created, enabled: true, path: People/Staff"),
    "an object's value": account("attributes: {sn: Brisling, department: Sales}"),
    "no value": account("attributes: {mail: null, description: null}"),
    "the name": account("attributes: {cn: Ada Brisling}"),
    "an object's reference": account("attributes: {manager: person:E2}"),
    "the same by rule": account("attributes: {manager: person:E2@corp/account}"),
    "no group": account("not_in: [group:sg-engineering]"),
    "a group": "person:E2: {objects: {account: {in: [group:sg-engineering@corp]}}}",
}
FALSE = {
    "person:E1: {attributes: {displayName: ADA BRISLING}}": "person:E1 displayName: ADA BRISLING -> Ada Brisling",
    "person:E1: {attributes: {mail: a@b.c}}": "person:E1 mail: a@b.c -> null",
    "person:E1: {attributes: {surname: null}}": "person:E1 surname: null -> Brisling",
    "person:E1: {attributes: {startDate: 2020-01-02}}": "person:E1 startDate: 2020-01-02 -> 2020-01-01",
    "person:E1: {attributes: {manager: person:E1}}": "person:E1 manager: person:E1 -> person:E2",
    "person:E1: {absent: [mail]}": "person:E1 mail: absent: no rule applies -> null",
    "person:E1: {unknown: [surname]}": "person:E1 surname: unknown: it cannot be computed -> Brisling",
    "person:E1: {stage: leaver}": "person:E1 stage: leaver -> active",
    "person:E1: {stage: null}": "person:E1 stage: none: before the first stage -> active",
    "person:E1: {state: missing}": "person:E1 state: missing -> present",
    "person:E1: {state: absent}": "person:E1 state: absent -> present",
    "person:E9: {}": "person:E9 state: present -> absent",
    "person:E9: {state: frozen, stage: active}": "person:E9 state: frozen -> absent",
    "person:E1: {diagnostics: [flow-error]}": "person:E1 diagnostics: flow-error -> none",
    account("state: kept"): "person:E1@corp/account state: kept -> created",
    account("state: absent"): "person:E1@corp/account state: absent -> created",
    account("enabled: false"): "person:E1@corp/account enabled: false -> true",
    account("path: People"): "person:E1@corp/account path: People -> People/Staff",
    account("attributes: {sn: BRISLING}"): "person:E1@corp/account sn: BRISLING -> Brisling",
    account("attributes: {sn: null}"): "person:E1@corp/account sn: no value -> Brisling",
    account("attributes: {mail: a@b.c}"): "person:E1@corp/account mail: a@b.c -> no value",
    account("attributes: {cn: Ada}"): "person:E1@corp/account cn: Ada -> Ada Brisling",
    account("attributes: {manager: person:E1}"): (
        "person:E1@corp/account manager: person:E1 -> person:E2@corp/account"
    ),
    account("attributes: {nickname: Ada}"): (
        "person:E1@corp/account nickname: Ada -> directory corp has no such attribute"
    ),
    account("shadow: {sn: Brisling}"): "person:E1@corp/account sn: Brisling -> no shadow flow gives it",
    account("in: [group:sg-engineering]"): "person:E1@corp/account group:sg-engineering: a member -> no member",
    "person:E2: {objects: {account: {not_in: [group:sg-engineering]}}}": (
        "person:E2@corp/account group:sg-engineering: no member -> a member"
    ),
}


@pytest.mark.parametrize("expect", TRUE.values(), ids=TRUE)
def test_what_comes_true_passes(expect: str, start: Trial) -> None:
    start.case(expect)
    assert start.differences() == []


@pytest.mark.parametrize("expect", FALSE)
def test_what_does_not_is_shown_with_what_came(expect: str, start: Trial) -> None:
    start.case(expect)
    assert start.differences() == [FALSE[expect]]


def test_all_that_differs_is_shown_in_the_order_of_the_test(start: Trial) -> None:
    start.case(
        "person:E2: {stage: leaver, objects: {account: {enabled: false}}}, person:E1: {attributes: {surname: X}}"
    )
    assert [line.partition(":")[2].split()[1] for line in start.differences()] == ["stage:", "enabled:", "surname:"]


def test_an_object_is_compared_as_the_plan_leaves_it(start: Trial) -> None:
    start.case(
        account(
            "state: kept, enabled: false, path: People/Leavers, not_in: [group:sg-engineering], "
            "attributes: {description: old, sAMAccountName: ada, department: Sales, sn: Brisling}"
        ),
        [LEFT],
        [ACCOUNT, STAFF_OF_SALES],
    )
    assert start.differences() == []


def test_a_member_is_named_as_such_until_the_rules_take_it_out(start: Trial) -> None:
    start.change("objects/structure.yaml", "mode: exact", "mode: add-only")
    start.case(account("in: [group:sg-engineering]"), [LEFT], [ACCOUNT, STAFF_OF_SALES])
    assert start.differences() == []


def test_an_object_moves_with_its_ou(start: Trial) -> None:
    start.change("rules/people.yaml", '    path: Switch([stage], "People/Staff", "leaver", "People/Leavers")\n', "")
    start.change("objects/structure.yaml", "{path: People/Staff}", "{path: People/Staff, previously: [People/Crew]}")
    start.case(account("state: kept, path: People/Staff"), [ADA, GRETA], [ACCOUNT.replace("Staff", "Crew")])
    assert start.differences() == []


def test_a_reference_to_somebody_who_is_frozen_names_them(start: Trial) -> None:
    frozen = GRETA.replace("2020-01-01", "in May")
    hers = "{name: Greta Hummer, path: People/Staff, attributes: {employeeID: E2}}"
    start.case(account("attributes: {manager: person:E2}"), [ADA, frozen], [ACCOUNT, hers])
    assert start.differences() == []


def test_what_a_hold_keeps_back_does_not_come(start: Trial) -> None:
    start.change(
        "decisions.yaml", "holds: []", "holds: [{object: person:E1, forbid: [disable, move], reason: asked for}]"
    )
    start.case(account("state: kept, enabled: true, path: People/Staff"), [LEFT], [ACCOUNT])
    assert start.differences() == []
    start.case(account("enabled: false"), [LEFT], [ACCOUNT])
    (mismatch,) = start.report()["tests"][0]["mismatches"]
    assert "asked for" in mismatch["why"]


def test_no_guard_stops_a_handful_of_people(start: Trial) -> None:
    start.change("idcode.yaml", "disable: {max: 5}", "disable: {max: 0, on_trip: hold}")
    start.case(account("enabled: false"), [LEFT], [ACCOUNT])
    assert start.differences() == []


def test_a_person_who_is_not_in_a_stage_of_the_rule_has_no_object(start: Trial) -> None:
    later = ADA.replace("2020-01-01", "2027-01-01")
    start.case(account("state: absent"), [later])
    assert start.differences() == []
    start.case(account("enabled: false, attributes: {sn: X}"), [later])
    assert start.differences() == ["person:E1@corp/account state: there -> absent"]


def test_an_object_that_goes_is_deleted(start: Trial) -> None:
    start.change("rules/people.yaml", "on_exit: disable", "on_exit: delete")
    retired = ADA.replace("}", ", EndDate: 2025-01-01}")
    start.case(account("state: deleted"), [retired], [ACCOUNT])
    assert start.differences() == []
    start.case(account("enabled: false"), [retired], [ACCOUNT])
    assert start.differences() == ["person:E1@corp/account state: there -> deleted"]


def test_a_deleted_object_is_restored(start: Trial) -> None:
    gone = "{name: Ada Brisling, deleted: true, attributes: {employeeID: E1}}"
    start.case(account("state: restored, path: People/Staff, attributes: {sn: Brisling}"), [ADA], [gone])
    assert start.differences() == []


def test_shadow_flows_are_computed_and_not_written(start: Trial) -> None:
    start.change(
        "rules/people.yaml", "department: [department]\n      mail: [mail]", "department: {expression: [department], "
        "mode: shadow}\n      mail: [mail]",
    )  # fmt: skip
    start.case(account("attributes: {department: null}, shadow: {department: Sales}"))
    assert start.differences() == []
    start.case(account("shadow: {department: Legal}"))
    assert start.differences() == ["person:E1@corp/account department: Legal -> Sales"]


def test_frozen_people_and_what_is_said_of_them(start: Trial) -> None:
    wrong = ADA.replace("2020-01-01", "in May")
    expect = "person:E1: {state: frozen, unknown: [startDate], diagnostics: [flow-error], objects: {account: %s}}"
    start.case(expect % "{state: frozen, enabled: true, attributes: {department: null}}", [wrong], [ACCOUNT])
    assert start.differences() == []
    start.case("person:E1: {stage: active, diagnostics: []}", [wrong])
    (test,) = start.report()["tests"]
    assert [found["what"] for found in test["mismatches"]] == ["stage", "diagnostics"]
    assert "in May" in test["diagnostics"][0]["message"]


def test_people_whom_no_source_has(start: Trial) -> None:
    start.case("person:E1: {state: missing, stage: null}", [], [ACCOUNT])
    assert start.differences() == ["person:E1 stage: none: before the first stage -> unknown"]
    start.case("person:E1: {state: missing, unknown: [surname]}", [], [ACCOUNT])
    assert start.differences() == []


def test_several_values_keep_their_order_in_identities_and_have_none_in_directories(contoso: Trial) -> None:
    record = "{EmployeeID: E1, FirstName: Ada, LastName: Brisling, Email: a@b.c, HireDate: 2020-01-01, OtherEmails: 'x@b.c,y@b.c'}"
    good = account("attributes: {proxyAddresses: ['smtp:y@b.c', 'smtp:x@b.c', 'SMTP:a@b.c']}")
    contoso.case(good, [record])
    assert contoso.differences() == []
    contoso.case(good.replace("SMTP", "smtp"), [record])
    assert len(contoso.differences()) == 1
    contoso.case("person:E1: {attributes: {otherMails: [x@b.c, y@b.c]}}", [record])
    assert contoso.differences() == []
    contoso.case(
        "person:E1: {attributes: {otherMails: [x@b.c, y@b.c]}}", [record.replace("x@b.c,y@b.c", "y@b.c,x@b.c")]
    )
    assert contoso.differences() == ["person:E1 otherMails: x@b.c, y@b.c -> y@b.c, x@b.c"]
    contoso.case("person:E1: {attributes: {otherMails: [y@b.c, x@b.c]}}", [record])
    assert contoso.differences() == ["person:E1 otherMails: y@b.c, x@b.c -> x@b.c, y@b.c"]


def test_keys_may_look_like_addresses(start: Trial) -> None:
    records = [ADA.replace("E1", "ada"), ADA.replace("E1", "ada@north").replace("2020-01-01", "in May")]
    start.case(
        "person:ada: {stage: active, diagnostics: []}, person:ada@north: {diagnostics: [flow-error]}", [*records, GRETA]
    )
    assert start.differences() == []


def test_groups_that_are_made_of_values_can_be_named(contoso: Trial) -> None:
    record = "{EmployeeID: E1, FirstName: Ada, LastName: Brisling, Country: SE, HireDate: 2020-01-01}"
    contoso.case(account("in: [group:country-se], not_in: [group:country-no]"), [record])
    assert contoso.differences() == []
    contoso.case(account("in: [group:country-no]"), [record])
    assert contoso.differences() == ["person:E1@corp/account group:country-no: a member -> there is no such group"]


def test_an_attribute_without_any_rule_is_absent(contoso: Trial) -> None:
    record = "{EmployeeID: E1, FirstName: Ada, LastName: Brisling, HireDate: 2020-01-01}"
    contoso.case("person:E1: {absent: [room]}", [record])
    assert contoso.differences() == []
    contoso.case("person:E1: {attributes: {room: null}}", [record])
    assert contoso.differences() == ["person:E1 room: null -> absent: no rule applies"]


def test_a_reference_to_what_nobody_owns_is_named_by_its_place(start: Trial) -> None:
    start.change(
        "rules/people.yaml", "manager: [manager]\n", "manager: [manager]\n      secretary: [object.secretary]\n"
    )
    boss = "{name: Finn Öst, path: Elsewhere}"
    own = ACCOUNT.replace("description: old", "secretary: Elsewhere/Finn Öst")
    start.case(account("attributes: {secretary: Elsewhere/Finn Öst}"), [ADA, GRETA], [boss, own])
    assert start.differences() == []
    start.case(account("attributes: {secretary: null}"), [ADA, GRETA], [boss, own])
    assert start.differences() == ["person:E1@corp/account secretary: no value -> Elsewhere/Finn Öst"]
