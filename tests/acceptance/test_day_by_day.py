"""From an HR file to a real domain and back: the life of a small company."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.repository import Repository, changes, codes
from tests.acceptance.witness import Witness

pytestmark = pytest.mark.ad


def hire(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada.brisling@contoso.com")
    repo.person("E2", "Bo", "Ek", "Sales", mail="bo.ek@contoso.com", manager="E1")
    repo.person("E3", "Åsa", "Öberg", "Engineering", mail="asa.oberg@contoso.com", manager="E1")


def test_people_ous_and_groups_appear_as_planned_and_the_second_plan_is_empty(
    repo: Repository, witness: Witness
) -> None:
    hire(repo)
    plan = repo.apply()
    assert plan["summary"]["create"] == 3 + 5 + 3
    asa = witness.user("E3")
    assert asa["dn"][0].startswith("CN=Åsa Öberg,OU=Staff,OU=People,")
    assert asa["sAMAccountName"] == ["aoberg"]
    assert asa["userPrincipalName"] == ["aoberg@contoso.com"]
    assert asa["manager"] == [witness.user("E1")["dn"][0]]
    assert asa["proxyAddresses"] == ["SMTP:asa.oberg@contoso.com"]
    assert asa["description"] == ["hired 2020-01-01"]
    assert witness.enabled("E1")
    assert witness.members("sg-engineering") == {"Ada Brisling", "Åsa Öberg"}
    assert witness.members("sg-all") == {"sg-engineering", "sg-sales"}


def test_new_passwords_reach_the_sink_and_nothing_else(repo: Repository) -> None:
    hire(repo)
    repo.apply()
    delivered = [json.loads(line) for line in (repo.root / "sink.log").read_text("utf-8").splitlines()]
    assert {entry["address"] for entry in delivered} == {f"person:E{n}@corp/account" for n in (1, 2, 3)}
    for entry in delivered:
        repo.domain.connect(entry["userPrincipalName"], entry["password"]).unbind()
        for path in repo.root.rglob("*"):
            if path.is_file() and path.name != "sink.log":
                assert entry["password"].encode() not in path.read_bytes(), path
    run = repo.run("runs", repo.last_run(), "--format", "json").out
    assert not any(entry["password"] in run for entry in delivered)


def test_a_day_of_changes_names_each_change_and_why_and_rolls_back_to_what_was(
    repo: Repository, witness: Witness
) -> None:
    hire(repo)
    repo.person("E4", "Cy", "Dahl", "Sales", mail="cy.dahl@contoso.com")
    repo.apply()
    before = witness.dump()
    repo.person("E5", "Eva", "Fors", "Sales", mail="eva.fors@contoso.com", manager="E2")
    repo.person("E2", "Bo", "Ek", "Engineering", mail="bo.ek@contoso.com", manager="E1")
    repo.person("E3", "Åsa", "Lind", "Engineering", mail="asa.lind@contoso.com", manager="E1")
    repo.person("E4", "Cy", "Dahl", "Sales", mail="cy.dahl@contoso.com", end="2026-11-20")
    repo.edit("objects/groups.yaml", "  - name: sg-all", "  - {name: sg-new, path: Groups}\n  - name: sg-all")
    plan = repo.apply()
    (department,) = changes(plan, "person:E2@corp/account", "update")
    why = department["attributes"]["department"]["why"]
    assert why["from"] == [{"source": "hr", "record": "E2", "column": "Department"}]
    assert why["rule"] == "account"
    assert why["at"].startswith("rules/people.yaml:")
    assert {c["op"] for c in changes(plan, "person:E4")} == {"disable", "move"}
    assert {c["op"] for c in changes(plan, "person:E3")} == {"update", "move"}
    asa = witness.user("E3")
    assert asa["dn"][0].startswith("CN=Åsa Lind,")
    assert set(asa["proxyAddresses"]) == {"SMTP:asa.lind@contoso.com", "smtp:asa.oberg@contoso.com"}
    assert asa["sAMAccountName"] == ["aoberg"], "a logon name once made stays"
    assert witness.members("sg-engineering") == {"Ada Brisling", "Bo Ek", "Åsa Lind"}
    assert witness.members("sg-sales") == {"Eva Fors"}
    assert not witness.enabled("E4")

    result = repo.run("rollback", repo.last_run(), "--yes")
    assert result.code == 0, result.out + result.err
    assert witness.dump() == before


def test_what_was_rolled_back_waits_until_the_files_change(repo: Repository) -> None:
    hire(repo)
    repo.apply()
    repo.person("E1", "Ada", "Brisling", "Sales", mail="ada.brisling@contoso.com")
    repo.apply()
    assert repo.run("rollback", repo.last_run(), "--yes").code == 0
    held = repo.plan()
    assert held["changes"] == []
    assert held["summary"]["held"] >= 1
    assert repo.plan("--reapply")["changes"]
    repo.edit("objects/ou.yaml", "Everyone", "All of us")
    assert changes(repo.plan(), "person:E1")


def test_the_same_inputs_give_the_same_plan_byte_for_byte_apart_from_ids_and_times(repo: Repository) -> None:
    hire(repo)
    plans = []
    for _ in range(2):
        plan = repo.plan()
        for name in ("plan_id", "created_at", "expires_at", "digest"):
            del plan[name]
        plans.append(json.dumps(plan, sort_keys=True))
    assert plans[0] == plans[1]


def test_a_plan_is_applied_once_and_only_for_the_files_it_was_made_from(repo: Repository) -> None:
    hire(repo)
    repo.plan()
    assert repo.run("apply", "plan.json").code == 0
    assert repo.run("apply", "plan.json").code == 5
    repo.person("E1", "Ada", "Brisling", "Sales")
    repo.plan()
    repo.edit("objects/ou.yaml", "Everyone", "All of us")
    assert repo.run("apply", "plan.json").code == 5


def test_detailed_exitcode_tells_whether_there_are_changes(repo: Repository) -> None:
    hire(repo)
    repo.plan("--detailed-exitcode", code=2)
    repo.apply()
    repo.plan("--detailed-exitcode", code=0)


def test_show_renders_a_saved_plan_in_every_format(repo: Repository) -> None:
    hire(repo)
    repo.plan()
    for name in ("text", "markdown", "html"):
        shown = repo.run("show", "plan.json", "--format", name)
        assert shown.code == 0
        assert "Åsa Öberg" in shown.out


def test_explain_tells_where_a_value_comes_from_and_what_it_beat(repo: Repository) -> None:
    hire(repo)
    repo.settings(
        source_extra='  phonebook: {type: csv, path: data/phones.csv, delimiter: ";", key: id, proof: {min_rows: 1}}'
    )
    repo.write("data/phones.csv", "id;dept\nE1;Marketing\n")
    repo.edit(
        "rules/people.yaml",
        "generate:",
        "  - {name: phonebook, source: phonebook, join: [{employeeId: [id]}], creates: false, flow: {department: [dept]}}\n"
        "generate:",
    )
    repo.apply()
    told = repo.run("explain", "person:E1", "--attribute", "department")
    assert told.code == 0, told.err
    assert "Engineering" in told.out
    assert "Marketing" in told.out, "the beaten value is shown"
    assert "rules/people.yaml:" in told.out
    assert "phonebook" in told.out


def test_only_limits_a_plan_to_one_person_and_what_they_need(repo: Repository) -> None:
    hire(repo)
    plan = repo.plan("--only", "person:E2")
    people = {c["address"] for c in plan["changes"] if c["object_type"] == "user"}
    assert people == {"person:E2@corp/account", "person:E1@corp/account"}, "E2 needs the manager"
    assert {"ou:People@corp", "ou:People/Staff@corp"} <= {c["address"] for c in plan["changes"]}


def test_a_guard_stops_the_plan_which_is_still_written_and_an_override_names_it(repo: Repository) -> None:
    repo.settings(guards="  update: {max: 1}")
    hire(repo)
    repo.apply()
    for key in ("E1", "E2", "E3"):
        repo.person(key, *repo.people[key][:2], "Research", mail=repo.people[key][3])
    plan = repo.plan(code=3)
    (guard,) = [g for g in plan["guards"] if g["status"] == "stopped"]
    assert guard["name"] == "update"
    assert guard["count"] == 3
    assert repo.run("apply", "plan.json").code == 3
    assert repo.run("apply", "plan.json", "--allow", "update=2").code == 3
    assert repo.run("apply", "plan.json", "--allow", "update=3").code == 0
    assert repo.plan()["changes"] == []


def test_a_guard_may_hold_back_only_what_it_counts(repo: Repository, witness: Witness) -> None:
    repo.settings(guards="  disable: {max: 0, on_trip: hold}")
    hire(repo)
    repo.apply()
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada.brisling@contoso.com", end="2026-11-20")
    repo.person("E2", "Bo", "Ek", "Research", mail="bo.ek@contoso.com", manager="E1")
    plan = repo.plan()
    assert not changes(plan, op="disable")
    assert changes(plan, "person:E2", "update")
    assert plan["summary"]["held"] >= 1
    assert repo.run("apply", "plan.json").code == 0
    assert witness.enabled("E1")


def test_a_hold_keeps_a_person_in_service_and_in_their_groups(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    repo.write(
        "decisions.yaml",
        "holds: [{object: person:E1, forbid: [disable, release, delete, move], reason: litigation}]\n",
    )
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada.brisling@contoso.com", end="2026-11-20")
    plan = repo.plan()
    assert plan["changes"] == []
    assert plan["summary"]["held"] >= 2
    assert witness.enabled("E1")
    assert "Ada Brisling" in witness.members("sg-engineering")


def test_a_shadow_flow_is_shown_and_never_written(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.edit("rules/people.yaml", "      mail: [mail]\n      manager",
              "      mail: [mail]\n      division: {expression: '[department]', mode: shadow}\n      manager")  # fmt: skip
    repo.apply()
    plan = repo.plan()
    assert plan["summary"]["shadow"] == 3
    assert "division" not in witness.user("E1")


def test_apply_once_is_only_written_at_creation(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    witness.modify(witness.user("E1")["dn"][0], description=["changed by hand"])
    assert repo.plan()["changes"] == []


def test_an_add_only_flow_leaves_the_values_of_others(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.edit("rules/people.yaml", "      manager: [manager]\n",
              "      manager: [manager]\n      carLicense: {expression: '[department]', merge: add-only}\n")  # fmt: skip
    repo.apply()
    witness.modify(witness.user("E1")["dn"][0], carLicense=["ABC 123"])
    repo.apply()
    assert set(witness.user("E1")["carLicense"]) == {"ABC 123", "Engineering"}


def test_a_manager_circle_is_created_in_one_go(repo: Repository, witness: Witness) -> None:
    repo.person("E1", "Ada", "Brisling", "Engineering", manager="E2")
    repo.person("E2", "Bo", "Ek", "Sales", manager="E1")
    repo.apply()
    assert witness.user("E1")["manager"] == [witness.user("E2")["dn"][0]]
    assert witness.user("E2")["manager"] == [witness.user("E1")["dn"][0]]


def test_a_prehire_is_created_disabled_and_enabled_on_the_first_day(repo: Repository, witness: Witness) -> None:
    repo.person("E1", "Ada", "Brisling", "Engineering", start="2026-12-10")
    repo.apply()
    assert not witness.enabled("E1")
    repo.apply("2026-12-09T22:59:59Z")
    assert not witness.enabled("E1")
    plan = repo.apply("2026-12-09T23:00:00Z")
    assert [c["op"] for c in changes(plan, "person:E1")] == ["enable"]
    assert witness.enabled("E1")


def test_a_future_starter_gets_nothing_yet_and_a_rehire_s_old_end_is_ignored(
    repo: Repository, witness: Witness
) -> None:
    repo.person("E1", "Ada", "Brisling", "Engineering", start="2027-06-01")
    repo.person("E2", "Bo", "Ek", "Sales", start="2026-11-01", end="2024-01-31")
    plan = repo.apply()
    assert not changes(plan, "person:E1")
    assert witness.enabled("E2")


def test_overrides_and_formats_that_do_not_exist_are_usage_errors(repo: Repository) -> None:
    hire(repo)
    for arguments in (["plan", "--allow", "everything=1"], ["plan", "--format", "pdf"], ["plan", "--as-of", "soon"],
                      ["explain", "person:E99"], ["apply", "nothing.json"], ["runs", "no-such-run"]):  # fmt: skip
        result = repo.run(*arguments)
        assert result.code == 1, arguments
        assert "error" in result.err


def test_codes_of_a_clean_company_are_none(repo: Repository) -> None:
    hire(repo)
    assert not [d for d in repo.plan()["diagnostics"] if d["severity"] == "error"], codes(repo.plan())
