"""Between plan and apply, and between apply and rollback, other people work in the same domain."""

from __future__ import annotations

import pytest

from tests.acceptance.repository import Repository, changes
from tests.acceptance.witness import Witness

pytestmark = pytest.mark.ad

RETIRED = "2027-06-01T08:00:00Z"


def hire(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada@contoso.com")
    repo.person("E2", "Bo", "Ek", "Sales", mail="bo@contoso.com")


def leave(repo: Repository) -> None:
    repo.person("E2", "Bo", "Ek", "Sales", mail="bo@contoso.com", end="2026-11-20")


def lock(witness: Witness, employee: str) -> None:
    """Replace idcode's mark, as a colleague would who locks an account that is disabled already."""
    witness.modify(witness.user(employee)["dn"][0], adminDescription=["LOCKED BY SECURITY"])


# Enabling: only accounts that carry idcode's own mark.


@pytest.mark.parametrize("text", [["LOCKED BY SECURITY"], []])
def test_an_account_locked_after_the_plan_was_made_stays_locked(
    repo: Repository, witness: Witness, text: list[str]
) -> None:
    hire(repo)
    repo.apply()
    leave(repo)
    repo.apply()
    hire(repo)
    plan = repo.plan()
    assert changes(plan, "person:E2", "enable")[0]["expect"]["attributes"]["mark"] == "disabled"
    witness.modify(witness.user("E2")["dn"][0], adminDescription=text)
    result = repo.run("apply", "plan.json")
    assert result.code == 4
    assert "idcode's mark was 'disabled' when it was planned and is absent now" in result.err
    assert not witness.enabled("E2")
    assert witness.user("E2").get("adminDescription", []) == text


def test_an_account_that_somebody_enabled_by_hand_after_the_plan_counts_as_done(
    repo: Repository, witness: Witness
) -> None:
    hire(repo)
    repo.apply()
    leave(repo)
    repo.apply()
    hire(repo)
    repo.plan()
    witness.modify(witness.user("E2")["dn"][0], adminDescription=[], userAccountControl=["512"])
    assert repo.run("apply", "plan.json").code == 0


def test_a_rollback_does_not_enable_an_account_that_was_locked_since(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    leave(repo)
    repo.apply()
    lock(witness, "E2")
    result = repo.run("rollback", repo.last_run(), "--yes")
    assert result.code == 0, result.out + result.err
    assert "it carries no mark of idcode's any more" in result.out
    assert not witness.enabled("E2")


def test_an_account_locked_while_a_rollback_waited_for_review_stays_locked(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    leave(repo)
    repo.apply()
    assert repo.run("rollback", repo.last_run(), "--out", "undo.json").code == 0
    lock(witness, "E2")
    result = repo.run("apply", "undo.json")
    assert (result.code, witness.enabled("E2")) == (4, False), result.err
    assert witness.user("E2")["adminDescription"] == ["LOCKED BY SECURITY"]


# What a run wrote is its own; what a colleague wrote to the same object meanwhile is not.


def test_a_hand_edit_on_an_object_that_the_run_has_already_touched_is_not_overwritten(
    repo: Repository, witness: Witness
) -> None:
    hire(repo)
    repo.apply()
    repo.person("E2", "Bo", "Ek", "Logistics", mail="bo@contoso.com", end="2026-11-20")
    plan = repo.plan()
    assert {change["op"] for change in changes(plan, "person:E2")} == {"disable", "update", "move"}
    witness.modify(witness.user("E2")["dn"][0], department=["By Hand"])
    result = repo.run("apply", "plan.json")
    assert result.code == 4, result.err
    assert witness.user("E2")["department"] == ["By Hand"]
    assert not witness.enabled("E2"), "the rest proceeds"
    assert "stale: update" in result.err


def test_a_hand_edit_on_a_group_that_the_run_has_already_touched_is_not_overwritten(
    repo: Repository, witness: Witness
) -> None:
    repo.edit("objects/groups.yaml", "  - name: sg-sales\n", "  - name: sg-sales\n    description: the sales people\n")
    hire(repo)
    repo.apply()
    leave(repo)
    repo.edit("objects/groups.yaml", "the sales people", "who sells")
    plan = repo.plan()
    assert len(changes(plan, "group:sg-sales")) == 2
    (group,) = witness.find("(sAMAccountName=sg-sales)")
    witness.modify(group["dn"][0], description=["By Hand"])
    result = repo.run("apply", "plan.json")
    assert result.code == 4, result.err
    assert witness.find("(sAMAccountName=sg-sales)")[0]["description"] == ["By Hand"]
    assert witness.members("sg-sales") == set()


# Accounts that come back from deletion.


def delete_at_the_end(repo: Repository) -> None:
    repo.edit("rules/people.yaml", "on_exit: disable", "on_exit: delete")


def test_no_rollback_enables_an_account_without_a_password(repo: Repository, witness: Witness) -> None:
    delete_at_the_end(repo)
    hire(repo)
    repo.apply()
    leave(repo)
    repo.apply()
    disabled = repo.last_run()
    assert changes(repo.apply(as_of=RETIRED, again=False), op="delete")
    delivered = (repo.root / "sink.log").read_text("utf-8").count("\n")
    assert repo.run("rollback", repo.last_run(), "--yes").code == 0
    assert not witness.enabled("E2")
    assert (repo.root / "sink.log").read_text("utf-8").count("\n") == delivered
    result = repo.run("rollback", disabled, "--yes")
    assert result.code == 0, result.out + result.err
    assert witness.enabled("E2")
    assert witness.user("E2")["pwdLastSet"] != ["0"]
    assert (repo.root / "sink.log").read_text("utf-8").count("\n") == delivered + 1


def test_a_password_that_is_taken_away_after_the_plan_keeps_the_account_disabled(
    repo: Repository, witness: Witness
) -> None:
    hire(repo)
    repo.apply()
    leave(repo)
    repo.apply()
    hire(repo)
    repo.plan()
    witness.modify(witness.user("E2")["dn"][0], pwdLastSet=["0"])
    result = repo.run("apply", "plan.json")
    assert (result.code, witness.enabled("E2")) == (4, False)
    assert "it has no password now" in result.err


@pytest.mark.parametrize("flags", [66048, 66050, 512 | 0x40000])
def test_a_deleted_account_comes_back_with_its_flags(repo: Repository, witness: Witness, flags: int) -> None:
    delete_at_the_end(repo)
    hire(repo)
    repo.apply()
    leave(repo)
    witness.modify(witness.user("E2")["dn"][0], userAccountControl=[str(flags)])
    assert changes(repo.apply(as_of=RETIRED, again=False), op="delete")
    result = repo.run("rollback", repo.last_run(), "--yes")
    assert result.code == 0, result.out + result.err
    assert witness.user("E2")["userAccountControl"] == [str(flags)]


def test_an_account_that_somebody_else_had_locked_comes_back_locked_and_theirs(
    repo: Repository, witness: Witness
) -> None:
    delete_at_the_end(repo)
    hire(repo)
    repo.apply()
    leave(repo)
    witness.disable("E2")
    lock(witness, "E2")
    assert changes(repo.apply(as_of=RETIRED, again=False), op="delete")
    result = repo.run("rollback", repo.last_run(), "--yes")
    assert result.code == 0, result.out + result.err
    assert not witness.enabled("E2")
    assert witness.user("E2")["adminDescription"] == ["LOCKED BY SECURITY"]
    hire(repo)
    assert changes(repo.plan(), "person:E2", "enable") == []


def test_the_text_that_somebody_keeps_in_the_place_of_the_mark_comes_back(repo: Repository, witness: Witness) -> None:
    delete_at_the_end(repo)
    hire(repo)
    repo.apply()
    leave(repo)
    witness.modify(witness.user("E2")["dn"][0], adminDescription=["ask the archive"])
    repo.apply(as_of=RETIRED, again=False)
    result = repo.run("rollback", repo.last_run(), "--yes")
    assert result.code == 0, result.out + result.err
    assert witness.enabled("E2")
    assert witness.user("E2")["adminDescription"] == ["ask the archive"]


# What is shown of it.


def test_values_of_redacted_attributes_are_in_no_message_and_no_history(repo: Repository, witness: Witness) -> None:
    repo.edit("idcode.yaml", "version: 1", "version: 1\nredact: [Department]")
    hire(repo)
    repo.apply()
    repo.person("E2", "Bo", "Ek", "Secret-New", mail="bo@contoso.com")
    repo.plan()
    witness.modify(witness.user("E2")["dn"][0], department=["Secret-Hand"])
    result = repo.run("apply", "plan.json")
    shown = repo.run("runs", repo.last_run())
    assert result.code == 4
    assert "department was (redacted) when it was planned" in result.err
    assert "department was (redacted) when it was planned" in shown.out
    assert "Secret" not in result.out + result.err + shown.out


def test_a_rollback_in_part_says_how_to_go_on(repo: Repository, witness: Witness) -> None:
    hire(repo)
    repo.apply()
    repo.person("E2", "Bo", "Ek", "Research", mail="bo@contoso.com")
    repo.person("E1", "Ada", "Brisling", "Research", mail="ada@contoso.com")
    repo.apply()
    run = repo.last_run()
    assert repo.run("rollback", run, "--out", "undo.json").code == 0
    witness.modify(witness.user("E2")["dn"][0], department=["By Hand"])
    result = repo.run("apply", "undo.json")
    assert result.code == 4
    assert f"What is stale was changed meanwhile: idcode rollback {run} takes it up as it is now." in result.out
    assert "new plan" not in result.out
