"""What files say of a tenant is done by one plan, in an order Graph takes; after it the next plan is empty."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from idcode.cli.main import run_main

FILES = {
    "idcode.yaml": """\
version: 1
project: contoso
directories:
  cloud: {type: sandbox-tenant, domains: [contoso.com]}
sources:
  hr: {type: csv, path: hr.csv, delimiter: ";", encoding: utf-8, key: id, proof: {min_rows: 1}}
""",
    "rules/people.yaml": """\
identity: person
key: id
inbound:
  - {name: hr, source: hr, flow: {id: [id], upn: [upn], department: [department], sku: [sku]}}
outbound:
  - name: cloud
    directory: cloud
    scope: '[department] <> "gone"'
    join: [{employeeId: [id]}]
    on_exit: delete
    initial_password: none
    flow:
      employeeId: [id]
      userPrincipalName: [upn]
      displayName: [id]
      mailNickname: [id]
      department: [department]
      usageLocation: {constant: SE}
      licences: [sku]
""",
}
PEOPLE = {"E1": ("ada@contoso.com", "IT", ""), "E2": ("greta@contoso.com", "HR", "")}
DYNAMIC = "membership_rule: 'user.department -eq \"IT\"'"


class Company:
    """A repository with one practice tenant."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self._capsys = root, capsys
        for name, text in FILES.items():
            self._write(name, text)
        self.employ(PEOPLE)

    def _write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(exist_ok=True)
        (self.root / name).write_text(text, "utf-8")

    def employ(self, people: dict[str, tuple[str, str, str]]) -> None:
        rows = [";".join((number, *row)) for number, row in people.items()]
        self._write("hr.csv", "\n".join(["id;upn;department;sku", *rows, ""]))

    def declare(self, *lines: str) -> None:
        self._write("objects/cloud.yaml", "\n".join(["directory: cloud", *lines, ""]))

    def plan(self) -> dict[str, Any]:
        """Plan, check that nothing is amiss but what the plan itself says, and return it."""
        self._capsys.readouterr()
        assert run_main(["plan", "--format", "json", "-C", str(self.root)]) == 0
        plan: dict[str, Any] = json.loads(self._capsys.readouterr().out)
        return plan

    def changes(self) -> dict[str, str]:
        return {change["address"]: change["op"] for change in self.plan()["changes"]}

    def codes(self) -> set[str]:
        return {finding["code"] for finding in self.plan()["diagnostics"]}

    def apply(self) -> None:
        assert run_main(["apply", "--yes", "-C", str(self.root)]) == 0, self._capsys.readouterr().err

    def tenant(self, path: str) -> Any:
        self._capsys.readouterr()
        assert run_main(["sandbox", "show", path, "-C", str(self.root)]) == 0
        return json.loads(self._capsys.readouterr().out)


@pytest.fixture
def company(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Company:
    return Company(tmp_path, capsys)


def test_an_empty_list_takes_the_licences_of_a_group_and_only_then_it_can_be_deleted(company: Company) -> None:
    company.declare("groups: [{name: lic, licences: [{sku: SPE_E3}]}]")
    company.apply()
    company.declare("absent: [group:lic]")
    assert company.changes() == {}
    assert company.codes() == {"group-licensed"}
    company.declare("groups: [{name: lic, licences: []}]")
    company.apply()
    assert company.tenant("/groups?$select=assignedLicenses") == [{"assignedLicenses": []}]
    company.declare("absent: [group:lic]")
    company.apply()
    assert company.tenant("/groups") == []


def test_an_empty_rule_makes_a_group_static_although_nothing_else_is_said_of_it(company: Company) -> None:
    company.declare(f"groups: [{{name: dyn, {DYNAMIC}}}]")
    company.apply()
    company.declare("groups: [{name: dyn, membership_rule: ''}]")
    company.apply()
    assert company.tenant("/groups?$select=groupTypes,membershipRule") == [{"groupTypes": [], "membershipRule": None}]


@pytest.mark.parametrize("kind", ["groups", "administrative_units"])
def test_who_loses_a_rule_has_its_members_by_the_same_plan(company: Company, kind: str) -> None:
    company.declare(f"{kind}: [{{name: turned, {DYNAMIC}}}]")
    company.apply()
    company.employ({**PEOPLE, "E3": ("cid@contoso.com", "HR", "")})
    members = "members: {mode: exact, match: '[department] = \"HR\"'}"
    company.declare(f"{kind}: [{{name: turned, membership_rule: '', {members}}}]")
    company.apply()
    assert company.changes() == {}
    place = "groups" if kind == "groups" else "directory/administrativeUnits"
    (turned,) = company.tenant(f"/{place}")
    held = company.tenant(f"/{place}/{turned['id']}/members")
    assert {item["userPrincipalName"] for item in held} == {"greta@contoso.com", "cid@contoso.com"}
    company.declare(f"{kind}: [{{name: turned, {DYNAMIC}}}]")
    company.apply()
    assert company.changes() == {}


def test_a_unit_that_is_absent_is_deleted(company: Company) -> None:
    company.declare("administrative_units: [{name: oslo}]")
    company.apply()
    company.declare("absent: [administrative_unit:oslo]")
    assert company.changes() == {"administrative_unit:oslo@cloud": "delete"}
    company.apply()
    assert company.tenant("/directory/administrativeUnits") == []


@pytest.mark.parametrize(("holders", "comes"), [("person:E1", False), ("person:E1, person:E2", True)])
def test_a_role_in_a_new_unit_goes_to_those_holders_who_can_be_there(
    company: Company, holders: str, comes: bool
) -> None:
    company.employ({**PEOPLE, "E1": ("ada@contoso.com", "IT", "NO_SUCH_SKU")})
    role = f"{{role: Helpdesk Administrator, scope: administrative_unit:oslo, principals: [{holders}]}}"
    company.declare("administrative_units: [{name: oslo}]", f"role_assignments: [{role}]")
    company.apply()
    assert len(company.tenant("/roleManagement/directory/roleAssignments")) == comes
    assert company.changes() == {}
    company.employ(PEOPLE)
    company.apply()
    assert len(company.tenant("/roleManagement/directory/roleAssignments")) == 1 + comes


def test_who_comes_back_when_the_name_was_given_away_comes_back_under_another(company: Company) -> None:
    company.apply()
    (ada,) = company.tenant("/users?$filter=userPrincipalName eq 'ada@contoso.com'&$select=id")
    company.employ({**PEOPLE, "E1": ("ada@contoso.com", "gone", "")})
    company.apply()
    company.employ({"E2": PEOPLE["E2"], "E3": ("ada@contoso.com", "IT", "")})
    company.apply()
    company.employ({**PEOPLE, "E1": ("ada2@contoso.com", "IT", ""), "E3": ("ada@contoso.com", "IT", "")})
    company.apply()
    assert company.tenant(f"/users/{ada['id']}?$select=userPrincipalName")["userPrincipalName"] == "ada2@contoso.com"


def test_a_new_group_in_a_microsoft_365_group_is_told_before_anything_is_written(company: Company) -> None:
    company.declare("groups: [{name: outer, category: microsoft365}]")
    company.apply()
    members = "members: {include: [group:inner]}"
    company.declare(f"groups: [{{name: inner}}, {{name: outer, category: microsoft365, {members}}}]")
    assert company.codes() == {"member-not-allowed"}


def test_who_is_on_hold_keeps_the_licences_too(company: Company) -> None:
    company.employ({**PEOPLE, "E1": ("ada@contoso.com", "IT", "SPE_E3")})
    company.apply()
    hold = "{object: person:E1, forbid: [release], reason: litigation}"
    (company.root / "decisions.yaml").write_text(f"holds: [{hold}]\n", "utf-8")
    company.employ({**PEOPLE, "E1": ("ada@contoso.com", "IT", "")})
    plan = company.plan()
    assert plan["changes"] == []
    assert [item["address"] for item in plan["held"]] == ["person:E1@cloud/cloud"]
    company.employ({**PEOPLE, "E1": ("ada@contoso.com", "IT", "SPE_E3 -SWAY")})
    assert company.changes() == {"person:E1@cloud/cloud": "update"}
