"""The laws of the design, each with attempts to break it on a real domain."""

from __future__ import annotations

import os
import time

import ldap3
import pytest

from tests.acceptance.repository import AS_OF, Repository, changes, codes
from tests.acceptance.witness import Witness

pytestmark = pytest.mark.ad

LATER = "2026-12-04T08:00:00Z"


def hire(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada@contoso.com")
    repo.person("E2", "Bo", "Ek", "Sales", mail="bo@contoso.com", manager="E1")
    repo.person("E3", "Cy", "Dahl", "Sales", mail="cy@contoso.com")


# Law 1: the live directory is the state.


def test_without_its_history_the_tool_still_recognises_everything(repo: Repository) -> None:
    hire(repo)
    repo.apply()
    for path in (repo.root / ".idcode").iterdir():
        path.unlink()
    assert repo.plan()["changes"] == []


def test_an_object_renamed_and_moved_by_hand_is_recognised_and_brought_back(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    dn = witness.user("E2")["dn"][0]
    witness.connection.modify_dn(dn, "CN=Somebody Else", new_superior=f"OU=Groups,{repo.domain.base_dn}")
    plan = repo.apply()
    assert [c["op"] for c in changes(plan, "person:E2")] == ["move"]
    assert witness.user("E2")["dn"][0] == dn


# Law 2: nothing rests on an incomplete read.


def test_an_hr_file_cut_off_creates_nobody_and_misses_nobody(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    repo.people.pop("E3")
    repo.people["E4"] = ["Eva", "Fors", "Sales", "", "", "2020-01-01", ""]
    repo.people["E1"][2] = "Research"
    repo.write_hr(trailer="TOTAL;99")
    plan = repo.plan()
    assert plan["changes"] == []
    assert plan["summary"]["missing"] == 0
    assert plan["sources"]["hr"]["complete"] is False
    assert witness.members("sg-sales") == {"Bo Ek", "Cy Dahl"}


def test_an_empty_hr_file_changes_nothing(repo: Repository) -> None:
    hire(repo)
    repo.apply()
    for text in ("", "\n", "TOTAL;0\n"):
        repo.write("data/hr.csv", text)
        plan = repo.plan()
        assert plan["changes"] == [], text
        assert plan["sources"]["hr"]["complete"] is False


def test_a_header_with_a_right_trailer_and_nobody_in_it_is_stopped_by_max_shrink(repo: Repository) -> None:
    repo.settings(guards="  min_population: 2")
    repo.edit("idcode.yaml", "key: EmployeeID", "key: EmployeeID\n    max_shrink: 20%")
    hire(repo)
    repo.apply()
    repo.people.clear()
    repo.write_hr()
    plan = repo.plan(as_of=LATER)
    assert plan["changes"] == []
    assert "source-shrunk" in codes(plan)


def test_yesterdays_hr_file_is_refused(repo: Repository) -> None:
    repo.edit("idcode.yaml", "key: EmployeeID", "key: EmployeeID\n    max_age: PT26H")
    hire(repo)
    repo.apply()
    repo.person("E4", "Eva", "Fors", "Sales")
    old = time.time() - 27 * 3600
    os.utime(repo.root / "data/hr.csv", (old, old))
    plan = repo.plan()
    assert plan["changes"] == []
    assert not plan["sources"]["hr"]["complete"]


def test_a_search_that_ends_early_gives_no_plan(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    hire(repo)
    repo.apply()
    real = ldap3.Connection.search
    pages = []

    def cut(self: ldap3.Connection, *arguments: object, **options: object) -> object:
        outcome = real(self, *arguments, **options)
        controls = self.result.get("controls") or {}
        if "1.2.840.113556.1.4.319" in controls:
            pages.append(1)
            self.result = {**self.result, "result": 3, "description": "timeLimitExceeded"}
        return outcome

    monkeypatch.setattr(ldap3.Connection, "search", cut)
    result = repo.run("plan", "--out", "cut.json")
    assert pages, "the read is paged"
    assert result.code == 1
    assert not (repo.root / "cut.json").exists()


# Law 3: unmanaged is not empty.


def test_attributes_and_memberships_that_no_file_names_stay(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    dn = witness.user("E1")["dn"][0]
    witness.modify(dn, telephoneNumber=["+46 1"], title=["Director"])
    witness.add_user(f"CN=svc,CN=Users,{repo.domain.base_dn}", sAMAccountName="svc")
    repo.edit(
        "objects/groups.yaml",
        "  - name: sg-all",
        "  - {name: sg-loose, path: Groups, members: {include: [person:E1]}}\n  - name: sg-all",
    )
    repo.apply()
    witness.connection.modify(
        f"CN=sg-loose,OU=Groups,{repo.domain.base_dn}",
        {"member": [(ldap3.MODIFY_ADD, [f"CN=svc,CN=Users,{repo.domain.base_dn}"])]},
    )
    assert repo.plan()["changes"] == []
    assert witness.members("sg-loose") == {"Ada Brisling", "svc"}


def test_an_attribute_that_no_rule_says_for_a_person_is_left_and_an_empty_cell_clears(
    repo: Repository, witness: Witness
) -> None:
    repo.settings(source_extra="  contractors: {type: yaml, path: identities/contractors.yaml, key: id}")
    repo.write("identities/contractors.yaml", "- {id: C1, first: Kim, last: Park}\n")
    repo.edit(
        "rules/people.yaml",
        "generate:",
        "  - name: contractors\n    source: contractors\n    flow: {employeeId: [id], givenName: [first], surname: [last], "
        "displayName: 'Join(\" \", [first], [last])', startDate: {constant: 2020-01-01}}\ngenerate:",
    )
    hire(repo)
    repo.apply()
    witness.modify(witness.user("C1")["dn"][0], department=["Set by hand"])
    assert repo.plan()["changes"] == []
    repo.person("E1", "Ada", "Brisling", "", mail="ada@contoso.com")
    plan = repo.apply()
    (change,) = changes(plan, "person:E1", "update")
    assert change["attributes"]["department"]["before"] == "Engineering"
    assert "department" not in witness.user("E1")


# Law 4: unknown is frozen.


def test_a_person_who_fits_two_objects_is_frozen_and_the_rest_proceeds(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    for name in ("one", "two"):
        witness.add_user(f"CN={name},CN=Users,{repo.domain.base_dn}", sAMAccountName=name, mail="eva@contoso.com")
    repo.person("E4", "Eva", "Fors", "Sales", mail="eva@contoso.com")
    repo.person("E1", "Ada", "Brisling", "Research", mail="ada@contoso.com")
    plan = repo.apply()
    assert not changes(plan, "person:E4")
    assert "ambiguous-link" in codes(plan)
    assert changes(plan, "person:E1", "update")


def test_a_pin_decides_an_ambiguous_join(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    for name in ("one", "two"):
        witness.add_user(f"CN={name},CN=Users,{repo.domain.base_dn}", sAMAccountName=name, mail="eva@contoso.com")
    repo.person("E4", "Eva", "Fors", "Sales", mail="eva@contoso.com")
    anchor = changes_free_anchor(witness, "two")
    repo.write("decisions.yaml", f"pins: [{{object: corp/{anchor}, is: person:E4@corp/account}}]\n")
    repo.apply()
    assert witness.user("E4")["sAMAccountName"] == ["two"]
    assert witness.find("(sAMAccountName=one)", "employeeID")[0].get("employeeID", []) == []


def changes_free_anchor(witness: Witness, name: str) -> str:
    import uuid

    witness.connection.search(witness._domain.base_dn, f"(sAMAccountName={name})", attributes=["objectGUID"])
    return str(uuid.UUID(bytes_le=witness.connection.response[0]["raw_attributes"]["objectGUID"][0]))


def test_a_recycled_mail_address_does_not_hand_over_an_account(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    guid = changes_free_anchor(witness, "cdahl")
    repo.leave("E3")
    repo.person("E9", "Cyra", "Dahlberg", "Engineering", mail="cy@contoso.com")
    plan = repo.plan()
    assert not changes(plan, "person:E9")
    assert "recycled-value" in codes(plan)
    repo.write("decisions.yaml", "distinct: [[person:E3, person:E9]]\n")
    repo.edit("rules/people.yaml", "      mail: [mail]\n      manager", "      manager")
    repo.edit("rules/people.yaml", "      proxyAddresses: {mail: {primary: [mail], on_change: demote}}\n", "")
    repo.edit(
        "rules/people.yaml", "join: [{employeeID: [employeeId]}, {mail: [mail]}]", "join: [{employeeID: [employeeId]}]"
    )
    repo.apply()
    assert changes_free_anchor(witness, "cdahl") == guid
    assert witness.user("E9")["sAMAccountName"] == ["cdahlberg"]


def test_a_value_that_cannot_be_computed_freezes_that_attribute_only(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    repo.person("E1", "Augusta", "Brisling", "Engineering", mail="ada@contoso.com", start="not a date")
    plan = repo.plan()
    assert not changes(plan, "person:E1"), "without a start date the stage is unknown, and with it everything"
    repo.edit("rules/people.yaml", "      department: [department]", "      department: Error([department])")
    repo.person("E1", "Augusta", "Brisling", "Engineering", mail="ada@contoso.com")
    plan = repo.apply()
    (update,) = changes(plan, "person:E1", "update")
    assert "givenName" in update["attributes"]
    assert "department" not in update["attributes"]
    assert "flow-error" in codes(plan)
    assert witness.user("E1")["department"] == ["Engineering"]


def test_a_match_that_fails_for_a_person_neither_adds_nor_removes_them(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    repo.edit(
        "objects/groups.yaml",
        '[department] = "Sales" && [stage] = "active"',
        'IIF([employeeId] = "E3", Error("who knows"), [department] = "Engineering")',
    )
    plan = repo.apply()
    assert "match-error" in codes(plan)
    assert witness.members("sg-sales") == {"Ada Brisling", "Cy Dahl"}, "Bo left, Ada came, Cy stays"


def test_two_rows_of_one_key_freeze_that_person(repo: Repository) -> None:
    hire(repo)
    repo.apply()
    text = (repo.root / "data/hr.csv").read_text("utf-8")
    repo.write("data/hr.csv", text.replace("TOTAL;3", "E1;Ada;Other;Sales;;;2020-01-01;\nTOTAL;4"))
    plan = repo.plan()
    assert plan["changes"] == []
    assert plan["summary"]["frozen"] >= 1
    assert plan["summary"]["missing"] == 0


# Law 5: a rename is never a re-creation.


def test_a_renamed_person_keeps_their_object(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    sid = witness.user("E1")["objectSid"]
    repo.person("E1", "Augusta Ada", "Kvist", "Engineering", mail="ada.kvist@contoso.com")
    plan = repo.apply()
    assert {c["op"] for c in changes(plan, "person:E1")} == {"update", "move"}
    assert witness.user("E1")["objectSid"] == sid
    assert witness.user("E1")["cn"] == ["Augusta Ada Kvist"]


def test_renamed_groups_and_ous_keep_their_objects_and_members(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    group = witness.find("(sAMAccountName=sg-sales)", "objectSid")[0]["objectSid"]
    repo.edit("objects/groups.yaml", "- name: sg-sales", "- name: sg-selling\n    previously: [sg-sales]")
    repo.edit("objects/groups.yaml", "group:sg-sales]", "group:sg-selling]")
    repo.edit("objects/ou.yaml", "{path: People/Staff}", "{path: People/Employees, previously: [People/Staff]}")
    repo.edit("rules/people.yaml", '"People/Staff"', '"People/Employees"')
    plan = repo.apply()
    assert not changes(plan, op="create")
    assert not changes(plan, op="delete")
    assert not changes(plan, "person:"), "people move with their OU"
    assert witness.find("(sAMAccountName=sg-selling)", "objectSid")[0]["objectSid"] == group
    assert witness.members("sg-selling") == {"Bo Ek", "Cy Dahl"}


def test_a_renamed_department_renames_its_for_each_group(repo: Repository, witness: Witness) -> None:
    repo.write(
        "objects/departments.yaml",
        """\
        directory: corp
        groups:
          - for_each: {key: 'Left([department], 3)', where: '[stage] = "active"', kept_in: adminDescription, on_empty: keep}
            name: {expression: 'Join("-", "dept", ToLower([department]))'}
            path: Groups/Departments
            members: {mode: exact}
        """,
    )
    hire(repo)
    repo.apply()
    sid = witness.find("(sAMAccountName=dept-sales)", "objectSid")[0]["objectSid"]
    for key in ("E2", "E3"):
        repo.people[key][2] = "Sales and Marketing"
    repo.write_hr()
    plan = repo.apply()
    assert not changes(plan, op="create")
    assert witness.find("(sAMAccountName=dept-sales and marketing)", "objectSid")[0]["objectSid"] == sid
    for key in ("E2", "E3"):
        repo.people[key][2] = "Engineering"
    repo.write_hr()
    plan = repo.apply()
    assert not changes(plan, op="delete"), "on_empty: keep"
    assert witness.members("dept-sales and marketing") == set()


# Law 9: a plan after a full forward apply is empty.


def test_order_and_case_of_values_are_no_drift(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    dn = witness.user("E1")["dn"][0]
    witness.modify(
        dn, mail=["ADA@Contoso.COM"], department=["ENGINEERING"], userPrincipalName=["ABRISLING@contoso.com"]
    )
    witness.modify(
        f"CN=sg-sales,OU=Groups,{repo.domain.base_dn}",
        member=[witness.user("E3")["dn"][0].upper(), witness.user("E2")["dn"][0].lower()],
    )
    assert repo.plan()["changes"] == []


def test_every_special_character_survives_a_name(repo: Repository, witness: Witness) -> None:
    names = ['Smith, John', 'a+b', '"quoted"', "#hash", " lead", "back\\slash", "semi;colon", "a=b", "<angle>", "slash/ed",
             "Đặng Thị", "🦉 owl", "O'Neill", "trail "]  # fmt: skip
    repo.edit(
        "rules/people.yaml", 'displayName: Join(" ", Trim([FirstName]), Trim([LastName]))', "displayName: [LastName]"
    )
    repo.edit("rules/people.yaml", "sAMAccountName: [accountName]", 'sAMAccountName: Join("", "u", [employeeId])')
    repo.edit("rules/people.yaml", 'Join("@", [accountName], "contoso.com")', 'Join("@", [employeeId], "contoso.com")')
    for number, name in enumerate(names):
        repo.people[f"E{number}"] = ["X", name, "Sales", "", "", "2020-01-01", ""]
    rows = [
        "E{};X;{};Sales;;;2020-01-01;".format(n, '"' + name.replace('"', '""') + '"') for n, name in enumerate(names)
    ]
    repo.write(
        "data/hr.csv",
        "\n".join(
            [
                "EmployeeID;FirstName;LastName;Department;Email;ManagerID;HireDate;TerminationDate",
                *rows,
                f"TOTAL;{len(rows)}",
            ]
        )
        + "\n",
    )
    repo.apply()
    for number, name in enumerate(names):
        assert witness.user(f"E{number}")["cn"] == [name]
    assert witness.members("sg-sales")
    assert len(witness.find("(sAMAccountName=sg-sales)", "member")[0]["member"]) == len(names)


def test_a_group_of_five_thousand_is_filled_compared_and_emptied(repo: Repository, witness: Witness) -> None:
    pytest.importorskip("ldap3")
    repo.edit("rules/people.yaml", "    flow:\n      cn:", "    initial_password: none\n    flow:\n      cn:")
    rows = [f"E{n};P{n};Q{n};Sales;;;2020-01-01;" for n in range(5000)]
    header = "EmployeeID;FirstName;LastName;Department;Email;ManagerID;HireDate;TerminationDate"
    repo.write("data/hr.csv", "\n".join([header, *rows, "TOTAL;5000"]) + "\n")
    repo.apply()
    assert len(witness.members("sg-sales")) == 5000
    repo.edit("objects/groups.yaml", '"Sales" &&', '"Nobody" &&')
    plan = repo.apply()
    (change,) = changes(plan, "group:sg-sales")
    assert len(change["attributes"]["member"]["remove"]) == 5000
    assert witness.members("sg-sales") == set()


# Unique values.


def test_two_people_who_want_one_logon_name_get_two(repo: Repository, witness: Witness) -> None:
    for key in ("E1", "E2", "E3"):
        repo.person(key, "Sam", "Ås", "Sales")
    repo.apply()
    assert [witness.user(k)["sAMAccountName"][0] for k in ("E1", "E2", "E3")] == ["sas", "saas", "samas"]
    assert [witness.user(k)["cn"][0] for k in ("E1", "E2", "E3")] == ["Sam Ås", "Sam Ås E2", "Sam Ås E3"]


def test_a_principal_name_that_is_taken_is_said_at_plan_time(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    repo.edit("rules/people.yaml", 'userPrincipalName: Join("@", [accountName], "contoso.com")',
              'userPrincipalName: IIF([employeeId] = "E2", "abrisling@contoso.com", Join("@", [accountName], "contoso.com"))')  # fmt: skip
    plan = repo.plan()
    assert plan["changes"] == []
    assert "value-taken" in codes(plan)


def test_two_people_swap_their_principal_names(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    repo.edit("rules/people.yaml", 'userPrincipalName: Join("@", [accountName], "contoso.com")',
              'userPrincipalName: Switch([employeeId], Join("@", [accountName], "contoso.com"), '
              '"E1", "bek@contoso.com", "E2", "abrisling@contoso.com")')  # fmt: skip
    plan = repo.apply()
    assert len(changes(plan, "person:", "update")) == 3, "one of them takes a temporary name first"
    assert witness.user("E1")["userPrincipalName"] == ["bek@contoso.com"]
    assert witness.user("E2")["userPrincipalName"] == ["abrisling@contoso.com"]


def test_two_people_swap_their_object_names(repo: Repository, witness: Witness) -> None:
    repo.edit(
        "rules/people.yaml",
        'cn: SelectUniqueValue([displayName], Join(" ", [displayName], [employeeId]))',
        "cn: [displayName]",
    )
    hire(repo)
    repo.apply()
    repo.people["E1"][:2], repo.people["E2"][:2] = repo.people["E2"][:2], repo.people["E1"][:2]
    repo.write_hr()
    repo.apply()
    assert witness.user("E1")["cn"] == ["Bo Ek"]
    assert witness.user("E2")["cn"] == ["Ada Brisling"]


# Lifecycle.


def test_an_account_disabled_by_hand_stays_disabled_and_is_shown_as_held(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    witness.disable("E1")
    plan = repo.plan()
    assert plan["changes"] == []
    assert plan["summary"]["held"] == 1


def test_an_account_that_idcode_disabled_comes_back_with_its_person(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada@contoso.com", end="2026-11-20")
    repo.apply()
    assert not witness.enabled("E1")
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada@contoso.com", start="2026-11-25", end="2026-11-20")
    repo.apply()
    assert witness.enabled("E1")


def test_the_mark_of_idcode_does_not_outlive_an_enabling_by_hand(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada@contoso.com", end="2026-11-20")
    repo.apply()
    witness.modify(witness.user("E1")["dn"][0], userAccountControl=["512"])
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada@contoso.com")
    plan = repo.apply()
    assert not changes(plan, "person:E1", "enable")
    assert "adminDescription" not in witness.user("E1")
    witness.disable("E1")
    plan = repo.plan()
    assert plan["changes"] == []
    assert plan["summary"]["held"] == 1


def test_a_vanished_person_is_marked_then_leaves_after_the_grace_and_comes_back(
    repo: Repository, witness: Witness
) -> None:
    hire(repo)
    repo.apply()
    repo.leave("E3")
    plan = repo.apply()
    assert [c["op"] for c in changes(plan, "person:E3")] == ["update"]
    assert plan["summary"]["missing"] == 1
    assert witness.enabled("E3")
    assert "Cy Dahl" in witness.members("sg-sales")
    assert repo.plan(as_of="2026-12-03T07:59:59Z")["changes"] == []
    plan = repo.apply("2026-12-03T08:00:00Z")
    assert {c["op"] for c in changes(plan, "person:E3")} == {"disable", "move"}
    assert not witness.enabled("E3")
    assert "Cy Dahl" not in witness.members("sg-sales")
    assert witness.user("E3")["department"] == ["Sales"], "attributes of the missing stay"
    repo.person("E3", "Cy", "Dahl", "Sales", mail="cy@contoso.com")
    repo.apply("2026-12-04T08:00:00Z")
    assert witness.enabled("E3")
    assert "info" not in witness.user("E3")


def test_an_orphan_is_reported_and_left(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    witness.connection.add(f"CN=stray group,OU=Groups,{repo.domain.base_dn}", ["group"], {"sAMAccountName": "stray"})
    plan = repo.plan()
    assert plan["changes"] == []
    assert [o["label"] for o in plan["orphans"]] == ["stray group"]


def test_a_rehire_with_a_new_number_keeps_the_old_account(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    sid = witness.user("E3")["objectSid"]
    repo.leave("E3")
    repo.person("E30", "Cy", "Dahl", "Sales", mail="cy@contoso.com")
    assert "recycled-value" in codes(repo.plan())
    repo.write("decisions.yaml", "same: [{keep: person:E30, was: [person:E3]}]\n")
    repo.apply()
    assert witness.user("E30")["objectSid"] == sid


def test_what_absent_names_is_deleted_and_comes_back_with_a_rollback(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    before = witness.dump()
    repo.edit("objects/groups.yaml", "manages: {base: Groups}", "manages: {base: Groups}\nabsent: [group:sg-all]")
    text = (repo.root / "objects/groups.yaml").read_text("utf-8")
    repo.write("objects/groups.yaml", text[: text.index("  - name: sg-all")])
    plan = repo.apply()
    assert [c["op"] for c in changes(plan, "group:sg-all")] == ["delete"]
    assert witness.find("(sAMAccountName=sg-all)") == []
    result = repo.run("rollback", repo.last_run(), "--yes")
    assert result.code == 0, result.out + result.err
    assert witness.dump() == before


# Law 7: what changed since the plan is skipped, what already is so counts as done.


def test_an_object_changed_since_the_plan_is_skipped_and_the_rest_proceeds(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    repo.people["E1"][2] = "Research"
    repo.people["E2"][2] = "Research"
    repo.people["E3"][2] = "Research"
    repo.write_hr()
    repo.plan()
    witness.modify(witness.user("E1")["dn"][0], department=["Set by a colleague"])
    witness.modify(witness.user("E2")["dn"][0], department=["Research"])
    result = repo.run("apply", "plan.json")
    assert result.code == 4, result.out
    assert witness.user("E1")["department"] == ["Set by a colleague"]
    assert witness.user("E3")["department"] == ["Research"]
    assert AS_OF


# Law 12: no secret leaves its place, and redacted values are not shown.


def test_redacted_attributes_are_not_shown(repo: Repository) -> None:
    repo.edit("idcode.yaml", "version: 1", "version: 1\nredact: [mail]")
    hire(repo)
    text = repo.run("plan", "--as-of", AS_OF).out
    assert "Ada Brisling" in text
    assert "mail" in text
    assert repo.domain.password not in text
