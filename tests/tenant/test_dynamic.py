"""Dynamic groups: what their rules select, and when members follow."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.directories.sandbox.tenant.rule_text import RuleError
from idcode.directories.sandbox.tenant.rules import parse_rule, person_of
from tests.tenant.practice import Practice, licences, plan

SALES = 'user.department -eq "Sales"'


@pytest.fixture
def tenant() -> Practice:
    return Practice({"SPE_E5": 5})


def ruled(tenant: Practice, rule: str, state: str = "On") -> str:
    return tenant.group(
        "dyn", groupTypes=["DynamicMembership"], membershipRule=rule, membershipRuleProcessingState=state
    )


# When


def test_members_follow_a_new_rule_after_a_while(tenant: Practice) -> None:
    ada = tenant.user("ada", department="Sales")
    tenant.user("cid", department="Finance")
    group = ruled(tenant, SALES)
    assert tenant.members(group) == set()
    tenant.wait()
    assert tenant.members(group) == {ada}


def test_members_follow_people(tenant: Practice) -> None:
    group = ruled(tenant, SALES)
    ada, cid = tenant.user("ada", department="Sales"), tenant.user("cid", department="Finance")
    tenant.wait()
    assert tenant.members(group) == {ada}
    tenant.patch(f"/users/{ada}", {"department": "Finance"})
    tenant.patch(f"/users/{cid}", {"department": "sales"})
    assert tenant.members(group) == {ada}
    tenant.wait()
    assert tenant.members(group) == {cid}


def test_members_follow_a_changed_rule(tenant: Practice) -> None:
    ada, cid = tenant.user("ada", department="Sales"), tenant.user("cid", department="Finance")
    group = ruled(tenant, SALES)
    tenant.wait()
    tenant.patch(f"/groups/{group}", {"membershipRule": 'user.department -eq "Finance"'})
    tenant.wait()
    assert tenant.members(group) == {cid}
    assert ada not in tenant.members(group)


def test_a_paused_rule_lets_members_be_until_it_goes_on(tenant: Practice) -> None:
    ada = tenant.user("ada", department="Sales")
    group = ruled(tenant, SALES)
    tenant.wait()
    tenant.patch(f"/groups/{group}", {"membershipRuleProcessingState": "Paused"})
    tenant.patch(f"/users/{ada}", {"department": "Finance"})
    cid = tenant.user("cid", department="Sales")
    tenant.wait()
    assert tenant.members(group) == {ada}
    tenant.patch(f"/groups/{group}", {"membershipRuleProcessingState": "On"})
    tenant.wait()
    assert tenant.members(group) == {cid}


def test_nobody_else_writes_the_members(tenant: Practice) -> None:
    ada, group = tenant.user("ada"), ruled(tenant, SALES)
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{ada}"}
    assert tenant.refused("POST", f"/groups/{group}/members/$ref", body)[0] == 403


def test_direct_reports_follow_their_manager(tenant: Practice) -> None:
    ada, cid = tenant.user("ada"), tenant.user("cid")
    group = ruled(tenant, f'Direct Reports for "{ada}"')
    tenant.wait()
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{ada}"}
    assert tenant.send("PUT", f"/users/{cid}/manager/$ref", body).status == 204
    tenant.wait()
    assert tenant.members(group) == {cid}
    tenant.delete(f"/users/{cid}/manager/$ref")
    tenant.wait()
    assert tenant.members(group) == set()


def test_a_restored_user_is_selected_again(tenant: Practice) -> None:
    group = ruled(tenant, SALES)
    ada = tenant.user("ada", department="Sales")
    tenant.delete(f"/users/{ada}")
    tenant.wait()
    assert tenant.members(group) == set()
    tenant.post(f"/directory/deletedItems/{ada}/restore", {}, 200)
    tenant.wait()
    assert tenant.members(group) == {ada}


def test_a_plan_that_is_assigned_selects_and_its_group_gives_licences(tenant: Practice) -> None:
    ada, cid = tenant.user("ada"), tenant.user("cid", department="Sales")
    teams = plan("SPE_E5", "TEAMS1")
    condition = f'assignedPlan.servicePlanId -eq "{teams}" -and assignedPlan.capabilityStatus -eq "Enabled"'
    has_teams = ruled(tenant, f"user.assignedPlans -any ({condition})")
    sales = ruled(tenant, SALES)
    tenant.post(f"/groups/{sales}/assignLicense", licences("SPE_E5"), 202)
    tenant.post(f"/users/{ada}/assignLicense", licences("SPE_E5", without={"SPE_E5": "SWAY"}), 200)
    for _ in range(4):
        tenant.wait()
        tenant.get("/groups")
    assert tenant.members(has_teams) == {ada, cid}


@pytest.mark.parametrize("rule", ["user.department -eq", "user.shoeSize -eq 42", 'user.department -is "Sales"', ""])
def test_a_rule_that_is_not_understood_is_refused(tenant: Practice, rule: str) -> None:
    body = {"displayName": "dyn", "mailEnabled": False, "mailNickname": "dyn", "securityEnabled": True}
    dynamic = {"groupTypes": ["DynamicMembership"], "membershipRuleProcessingState": "On", "membershipRule": rule}
    assert tenant.refused("POST", "/groups", {**body, **dynamic})[0] == 400
    assert tenant.values("/groups") == []


# What

ADA: dict[str, Any] = {
    "accountEnabled": True,
    "businessPhones": ["+46 8 555 0100"],
    "city": "Oslo",
    "department": "Sales",
    "displayName": "Ada Brisling",
    "jobTitle": 'Lead "Nordics"',
    "onPremisesExtensionAttributes": {"extensionAttribute3": "blue"},
    "proxyAddresses": ["SMTP:ada@contoso.example", "smtp:a.brisling@contoso.example"],
    "userPrincipalName": "ada@contoso.example",
}


def selects(rule: str, **changes: Any) -> bool:
    return parse_rule(rule).selects(person_of({**ADA, **changes}, "id-of-ada", "id-of-cid"))


@pytest.mark.parametrize(
    "rule",
    [
        SALES,
        'user.department -eq "SALES"',
        "user.department -eq 'Sales'",
        'user.department eq "Sales"',
        'user.department –eq "Sales" –and user.city –eq "Oslo"',
        "(user.accountEnabled -eq true)",
        'user.department -ne "Finance"',
        "user.country -eq null",
        "user.department -ne $null",
        'user.country -ne "Norway"',
        'user.department -in ["Finance", "Sales"]',
        'user.department -notIn ["Finance", "IT"]',
        'user.displayName -contains "BRIS"',
        'user.country -notContains "way"',
        'user.userPrincipalName -startsWith "ada@"',
        'user.userPrincipalName -endsWith "@contoso.example"',
        'user.userPrincipalName -notEndsWith "@fabrikam.example"',
        'user.displayName -match "^Ada.*g$"',
        'user.displayName -notMatch "^Cid"',
        'user.jobTitle -eq "Lead `"Nordics`""',
        'user.extensionAttribute3 -eq "blue"',
        'user.telephoneNumber -startsWith "+46"',
        'user.objectId -eq "id-of-ada"',
        "user.objectId -ne null",
        'user.proxyAddresses -any (_ -startsWith "smtp:a.")',
        'user.proxyAddresses -all (_ -endsWith "@contoso.example")',
        'user.proxyAddresses -contains "brisling"',
        'user.otherMails -notContains "brisling"',
        'user.department -eq "Sales" -or user.country -eq "X" -and user.city -eq "Y"',
        'not (user.department -eq "Finance") and user.city -eq "Oslo"',
        '-not user.department -eq "Finance"',
    ],
)
def test_a_rule_selects(rule: str) -> None:
    assert selects(rule)


def test_a_collection_with_nothing_in_it_is_null() -> None:
    assert selects("user.otherMails -eq null", otherMails=[])
    assert not selects("user.otherMails -ne null", otherMails=[])


@pytest.mark.parametrize(
    "rule",
    [
        'user.department -eq "Sal"',
        "user.department -eq null",
        'user.country -eq "Norway"',
        'user.country -contains "way"',
        'user.country -match ".*"',
        'user.department -notIn ["Finance", "Sales"]',
        'user.proxyAddresses -all (_ -startsWith "smtp:a.")',
        'user.proxyAddresses -notContains "brisling"',
        '(user.department -eq "Sales" -or user.country -eq "X") -and user.city -eq "Y"',
        '-not (user.department -eq "Sales")',
        "user.dirSyncEnabled -eq true",
        "device.objectId -ne null",
        '-not (device.displayName -eq "x")',
    ],
)
def test_a_rule_does_not_select(rule: str) -> None:
    assert not selects(rule)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "user.department",
        'user.department -eq "Sales',
        'user.department -eq "Sales")',
        '(user.department -eq "Sales"',
        'user.department -in "Sales"',
        "user.department -contains null",
        'user.department -any (_ -eq "S")',
        'user.displayName -match "("',
        'user.city -eq "Oslo" -and device.displayName -eq "x"',
        'user.proxyAddresses -any (assignedPlan.service -eq "x")',
        '"Sales" -eq user.department',
        "(" * 60 + SALES + ")" * 60,
        f'{SALES} -or user.city -eq "{"x" * 3072}"',
    ],
)
def test_what_is_no_rule_is_refused_with_a_reason(rule: str) -> None:
    with pytest.raises(RuleError, match=r"\w"):
        parse_rule(rule)


@given(st.text(alphabet="user.city -eqandortnif()[]\"'`_,x1 ", max_size=60) | st.text(max_size=40))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        rule = parse_rule(text)
    except RuleError:
        return
    assert rule.selects(person_of(ADA, "id-of-ada", None)) in (True, False)


VALUES = st.sampled_from(["Sales", "Finance", "IT"])


@given(VALUES, st.lists(VALUES, min_size=1, max_size=3))
def test_every_negation_denies(value: str, wanted: list[str]) -> None:
    listed = ", ".join(f'"{each}"' for each in wanted)
    pairs = [("-eq", "-ne"), ("-contains", "-notContains"), ("-startsWith", "-notStartsWith"), ("-match", "-notMatch")]
    for plain, negated in pairs:
        for person in ({"department": value}, {}):
            text = f'user.department {{}} "{wanted[0]}"'
            assert parse_rule(text.format(plain)).selects(person) != parse_rule(text.format(negated)).selects(person)
    inside = parse_rule(f"user.department -in [{listed}]").selects({"department": value})
    assert inside == (value in wanted)
    assert parse_rule(f"user.department -notIn [{listed}]").selects({"department": value}) != inside
