from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idcode.model.diagnostics import Diagnostic
from idcode.model.plans import AttributeChange, GuardResult, Plan, Reported
from idcode.model.values import Ref
from idcode.report.cells import width as cells
from idcode.report.text import render_plan
from idcode.report.visible import visible
from tests.report.golden import assert_golden
from tests.report.plans import (
    HOSTILE,
    PLANS,
    change,
    frozen_people,
    guard_stopped,
    large_group,
    leaver,
    marriage,
    new_colleague,
    plan,
    secrets,
    was,
)
from tests.report.strategies import plans

SGR = re.compile(r"\x1b\[[\d;]+m")


def text(of: Plan, **options: object) -> str:
    settings: dict[str, object] = {"color": False, "width": 100}
    return render_plan(of, **{**settings, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PLANS)
def test_the_page_is_the_reviewed_one(name: str) -> None:
    assert_golden(f"{name}.txt", text(PLANS[name]()))


@pytest.mark.parametrize("name", PLANS)
def test_colour_adds_nothing_that_is_not_there_without_it(name: str) -> None:
    coloured = text(PLANS[name](), color=True)
    assert "\x1b[" in coloured
    assert SGR.sub("", coloured) == text(PLANS[name]())


def test_an_empty_plan_says_so_and_counts_what_was_left_aside() -> None:
    assert "No changes. The directories are as the files say." in text(plan())
    last = text(frozen_people()).splitlines()[-2:]
    assert "5 frozen" in " ".join(last)
    assert "1 held" in " ".join(last)


def test_the_summary_is_the_last_line() -> None:
    assert text(leaver()).splitlines()[-1] == "Plan: 1 to update, 1 to move, 1 to disable, 2 to delete. 980 unchanged."


def test_people_who_lose_access_come_before_everybody_else() -> None:
    page = text(plan([change(1, "update", "person:A@corp/account", "A", "CN=A"), *leaver().changes]))
    people = page[page.index("People (3)") :]
    assert people.index("person:E401") < people.index("person:E400") < people.index("person:A")


def test_deletions_disables_lost_members_and_new_logon_names_are_named_at_the_top() -> None:
    def glance(of: Plan) -> str:
        return text(of).partition("At a glance")[2].partition("People (")[0]

    assert re.search(r"- deleted +sg-old \(group:sg-old@corp\).*cannot be undone", glance(leaver()))
    assert re.search(r"x disabled +Finn Öst", glance(leaver()))
    assert re.search(r"! membership +sg-engineering .*loses 1 member$", glance(leaver()), re.MULTILINE)
    assert re.search(r'! logon name +Eva Berg .*userPrincipalName "eberg@contoso.com"', glance(marriage()))
    assert re.search(r'! mail address +Eva Berg .*mail "eva.berg@contoso.com"', glance(marriage()))


def test_a_harmless_plan_has_no_glance() -> None:
    assert "At a glance" not in text(new_colleague())


def test_a_new_alias_is_no_changed_mail_address() -> None:
    addresses = AttributeChange(("SMTP:a@x.example",), ("SMTP:a@x.example", "smtp:b@x.example"), single=False)
    page = text(
        plan([change(1, "update", "person:E1@corp/account", "A", "CN=A", attributes={"proxyAddresses": addresses})])
    )
    assert "At a glance" not in page
    assert '+ "smtp:b@x.example"' in page
    assert "1 added, 1 kept" in page


def test_long_member_lists_are_folded_with_what_is_left_counted() -> None:
    page = text(large_group())
    assert "25 removed, 4,975 added" in page
    assert "- … and 5 more removed" in page
    assert "+ … and 4,955 more added" in page
    assert page.count("+ Person") == 20
    assert text(large_group(), limit=None).count("+ Person") == 4975


def test_members_are_shown_by_name_and_unknown_ones_by_what_is_known() -> None:
    members = AttributeChange(add=(Ref("m0001"), Ref("CN=Elsewhere,DC=other")), delta=True, single=False)
    group = change(1, "update", "group:g@corp", "g", "CN=g", object_type="group", attributes={"member": members})
    page = text(plan([group], references=large_group().references))
    assert "+ Person 0001 (person:E0001@corp/account)" in page
    assert "+ CN=Elsewhere,DC=other" in page


def test_every_value_says_where_it_comes_from_and_what_it_beat() -> None:
    assert re.search(
        r'department +"Engineering"\s+# hr\[E1001\] Department; rules/people.yaml:69; beats phonebook',
        text(new_colleague()),
    )


def test_a_stopped_plan_names_the_guard_the_first_objects_and_the_way_through() -> None:
    page = text(guard_stopped())
    guards = page[page.index("\nGuards") :]
    assert "STOPPED disable in corp/account: 63 of 980, limit 50" in guards
    assert "Person 1 (person:E501@corp/account)" in guards
    assert "… and 60 more" in guards
    assert "--allow disable=63" in guards
    assert page.splitlines()[-1].startswith("Stopped by a guard")


def test_a_guard_names_the_objects_it_counted_and_no_others() -> None:
    tripped = (
        GuardResult("membership_loss", "sg-engineering@corp", "stopped", 1, 0, 9),
        GuardResult("update", "corp", "stopped", 1, 0, 9),
    )
    group = next(one for one in leaver().changes if one.id == "c3")
    renamed = change(
        9, "update", "group:sg-x@corp", "sg-x", "CN=sg-x", object_type="group", attributes={"info": was("a", "b")}
    )
    losing = replace(group, scope="sg-engineering@corp")
    guards = text(plan([losing, renamed], guards=tripped)).partition("\nGuards")[2]
    loss, _, update = guards.partition("STOPPED update")
    assert "sg-engineering (group" in loss
    assert "sg-x (group" in update
    assert "sg-engineering (group" not in update


def test_what_a_file_protects_offers_no_way_through() -> None:
    page = text(plan(guards=(GuardResult("protect", "corp/account", "stopped", 1, None, 10, "adminCount = 1"),)))
    assert "--allow" not in page


def test_one_override_serves_a_guard_that_tripped_in_two_places() -> None:
    tripped = (
        GuardResult("delete", "corp/a", "stopped", 12, 10, 99),
        GuardResult("delete", "corp/b", "stopped", 30, 10, 99),
    )
    page = text(plan(guards=tripped))
    assert page.count("--allow delete=42") == 2


def test_findings_are_grouped_by_code_with_the_first_few() -> None:
    page = text(frozen_people())
    assert "error ambiguous-join (5)" in page
    assert "… and 2 more" in page
    assert page.count("hint: decide under pins") == 1
    assert page.index("error ambiguous-join") < page.index("warning empty-value")


def test_a_finding_names_its_subject_once() -> None:
    told = [
        Diagnostic("warning", "x", "person:E1@corp has another owner", subject="person:E1@corp"),
        Diagnostic("warning", "x", "person:E20 has another owner", subject="person:E2"),
    ]
    page = text(replace(plan(), diagnostics=tuple(told)))
    assert page.count("person:E1@corp") == 1
    assert "person:E2: person:E20 has another owner" in page


def test_an_incomplete_source_is_said_at_the_top() -> None:
    assert "Source hr was not read completely" in text(frozen_people()).partition("Frozen (")[0]


def test_redacted_attributes_show_that_they_change_and_not_how() -> None:
    page = text(secrets(), redact=["MOBILE", "homephone", "otherMobile", "mail"])
    assert re.search(r"mobile +\(redacted\) → \(redacted\)", page)
    assert re.search(r"homePhone +\(redacted\) → \(none\)", page)
    assert "2 values (redacted)" in page
    for secret in ("+46", "private@", "secret@"):
        assert secret not in page


def test_a_password_is_never_shown_even_if_a_plan_holds_one() -> None:
    assert "correct horse" not in text(secrets())


def test_a_new_password_is_announced() -> None:
    assert "a new password is set; credentials in idcode.yaml says who receives it" in text(new_colleague())


def test_right_to_left_names_never_share_a_line_with_what_they_replace() -> None:
    arabic = "دانا الخوري"
    page = text(
        plan([change(1, "update", "person:E1@corp/account", "A", "CN=A", attributes={"sn": was(arabic, "Dana")})])
    )
    assert not any(arabic in line and "Dana" in line for line in page.splitlines())
    assert f'was "{arabic}"' in page


def test_a_value_cannot_pass_for_a_line_of_the_page() -> None:
    page = text(PLANS["hostile-names"]())
    assert not any(line.startswith(("Plan: 0", "- delete", "No changes")) for line in page.splitlines())
    assert "\\x1b[2K" in page
    assert "\\u202e" in page


def test_account_expiry_reads_as_a_moment() -> None:
    expires = was(133_801_632_000_000_000, 2**63 - 1)
    page = text(
        plan([change(1, "update", "person:E1@corp/account", "A", "CN=A", attributes={"accountExpires": expires})])
    )
    assert "2025-01-01T00:00:00Z → never (9223372036854775807)" in page


def test_shadow_values_are_shown_beside_the_live_ones() -> None:
    shadow = Reported("corp", "person:E1@corp/account", "A", "mode: shadow", attributes={"division": was("Old", "New")})
    assert 'division  "Old" → "New"' in text(plan(shadow=(shadow,)))


@settings(max_examples=60, deadline=None)
@given(plans, st.integers(40, 160), st.booleans(), st.sampled_from([None, 0, 1, 20]))
def test_any_plan_is_rendered_in_bounds_and_without_control_characters(
    of: Plan, width: int, color: bool, limit: int | None
) -> None:
    page = SGR.sub("", render_plan(of, color=color, width=width, limit=limit))
    for line in page.splitlines():
        assert cells(line) <= width
        assert not [char for char in line if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")]


@settings(max_examples=60, deadline=None)
@given(plans)
def test_every_change_is_on_the_page_by_address_or_name(of: Plan) -> None:
    page = re.sub(r"\s", "", text(of))
    for one in of.changes:
        address = re.sub(r"\s", "", visible(one.address.removesuffix("@corp/account")))
        assert address in page or re.sub(r"\s", "", visible(one.object.label)) in page


@pytest.mark.parametrize("name", HOSTILE)
def test_visible_text_stays_as_it_is(name: str) -> None:
    assert visible(visible(name)) == visible(name)
