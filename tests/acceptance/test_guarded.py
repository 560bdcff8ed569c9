"""A real domain whose administrators stay, whose guards open for those who say so, and whose runs end early in time."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.repository import Repository, changes
from tests.acceptance.witness import Witness

pytestmark = pytest.mark.ad


def hire(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada.brisling@contoso.com")
    repo.person("E2", "Greta", "Hummer", "Engineering", mail="greta.hummer@contoso.com")
    repo.person("E3", "Cid", "Dorsch", "Sales", mail="cid.dorsch@contoso.com")


def leave(repo: Repository, *keys: str) -> None:
    for key in keys:
        first, last, department, mail, *_ = repo.people[key]
        repo.person(key, first, last, department, mail=mail, end="2026-11-20")


def give_power(repo: Repository, witness: Witness) -> None:
    """Nest sg-engineering in Domain Admins, two groups deep, as somebody did years ago."""
    base = repo.domain.base_dn
    (group,) = witness.find("(sAMAccountName=sg-engineering)", "distinguishedName")
    witness.add_group(f"CN=tier0,CN=Users,{base}", group["distinguishedName"][0])
    witness.modify(f"CN=Domain Admins,CN=Users,{base}", member=[f"CN=Administrator,CN=Users,{base}",
                                                               f"CN=tier0,CN=Users,{base}"])  # fmt: skip


def test_administrators_keep_their_accounts_and_rights_while_all_others_leave(
    repo: Repository, witness: Witness
) -> None:
    hire(repo)
    repo.apply()
    give_power(repo, witness)
    leave(repo, "E1", "E3")

    plan = repo.plan()

    held = {item["address"]: item["reason"] for item in plan["held"]}
    assert "it is protected: in Domain Admins" in held["person:E1@corp/account"]
    assert "it is protected" in held["group:sg-engineering@corp"]
    assert [c["address"] for c in changes(plan, op="disable")] == ["person:E3@corp/account"]
    assert repo.run("apply", "plan.json").code == 0
    assert witness.enabled("E1")
    assert "Ada Brisling" in witness.members("sg-engineering")
    assert not witness.enabled("E3")

    (guard,) = [g for g in repo.plan()["guards"] if (g["name"], g["scope"]) == ("protected", "corp/account")]
    needed = guard["message"].rpartition("--allow ")[2]
    repo.plan("--allow", needed)
    assert repo.run("apply", "plan.json").code == 0
    assert not witness.enabled("E1")
    assert "Ada Brisling" not in witness.members("sg-engineering")
    assert f"allowed by --allow {needed}" in repo.run("runs", repo.last_run()).out


def test_who_becomes_an_administrator_between_plan_and_apply_is_not_disabled(
    repo: Repository, witness: Witness
) -> None:
    hire(repo)
    repo.apply()
    leave(repo, "E1")
    repo.plan()
    runs = repo.last_run()
    give_power(repo, witness)

    refused = repo.run("apply", "plan.json")

    assert refused.code == 3
    assert "in Domain Admins" in refused.err or "protected" in refused.err
    assert "--allow protected=" in refused.err
    assert witness.enabled("E1")
    assert repo.last_run() == runs, "nothing was begun"


def test_an_allowance_lets_a_guard_pass_and_the_history_says_why(repo: Repository) -> None:
    repo.settings(guards="  scopes: {corp/account: {disable: {max: 1}}}")
    hire(repo)
    repo.apply()
    leave(repo, "E1", "E2", "E3")
    assert repo.plan(code=3)
    reason = "the office in Malmo closes"
    allowance = f"{{guard: disable, scope: corp/account, max: 3, until: 2999-12-31, reason: {reason}}}"
    repo.write("decisions.yaml", f"allowances: [{allowance}]\n")

    repo.apply()

    shown = repo.run("runs", repo.last_run())
    assert reason in " ".join(shown.out.split())
    document = json.loads(repo.run("runs", repo.last_run(), "--format", "json").out)
    assert [(g["name"], g["count"], g["limit"]) for g in document["let_through"]] == [("disable", 3, 1)]


def test_a_break_glass_account_named_by_what_it_signs_in_with_is_left_alone(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    (ada,) = [witness.user("E1", "userPrincipalName", "department")]
    repo.settings(guards=f"  break_glass: [corp/{ada['userPrincipalName'][0].upper()}]")
    repo.person("E1", "Ada", "Brisling", "Sales", mail="ada.brisling@contoso.com", end="2026-11-20")

    plan = repo.plan("--allow", "protected=99")

    assert {item["reason"].partition(" is on hold: ")[2] for item in plan["held"] if "E1" in item["address"]} == {
        "a break-glass account (guards.break_glass)"
    }
    assert repo.run("apply", "plan.json").code == 0
    assert witness.enabled("E1")
    assert witness.user("E1", "department")["department"] == ["Engineering"]
    assert "Ada Brisling" in witness.members("sg-engineering")


def test_a_failure_in_the_first_small_batch_ends_the_run_and_says_how_to_go_on(
    repo: Repository, witness: Witness
) -> None:
    repo.settings(guards="  min_population: 10\napply: {canary: 1, max_failures: 0}")
    hire(repo)
    repo.apply()
    repo.person("E4", "Ida", "Blom", "Sales")
    repo.person("E5", "Per", "Lind", "Sales")
    plan = repo.plan()
    (first, *_) = [batch for batch in plan["batches"] if batch["phase"] == "create"]
    assert len(first["changes"]) == 1, "a canary"
    (canary,) = [c for c in plan["changes"] if c["id"] in first["changes"]]
    taken = canary["attributes"]["sAMAccountName"]["after"]
    witness.add_user(f"CN=Somebody Else,CN=Users,{repo.domain.base_dn}", sAMAccountName=taken)

    ended = repo.run("apply", "plan.json")

    run = repo.last_run()
    assert ended.code == 4, ended.out + ended.err
    assert "stopped after 1 failures (0 are allowed)" in ended.out
    assert f"idcode apply --resume {run}" in ended.out
    assert f"idcode rollback {run}" in ended.out
    assert witness.find("(employeeID=E4)") == witness.find("(employeeID=E5)") == []


def test_a_run_stopped_after_a_batch_ends_with_the_commands_to_go_on_with(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.plan()

    ended = repo.run("apply", "plan.json", "--stop-after-batch", "2")

    assert ended.code == 4
    assert "stopped after batch 2, as asked" in ended.out
    run = repo.last_run()
    assert f"idcode apply --resume {run}" in ended.out
    assert f"idcode rollback {run}" in ended.out
    assert repo.run("apply", "--resume", run).code == 0
    assert witness.user("E1")
    assert repo.plan()["changes"] == []
