"""Rollbacks of a real domain under the holds, guards and protection of the files as they are now."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.repository import Repository, changes
from tests.acceptance.witness import Witness

pytestmark = pytest.mark.ad


def hire(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada.brisling@contoso.com")
    repo.person("E2", "Bo", "Ek", "Sales", mail="bo.ek@contoso.com", manager="E1")


def rollback(repo: Repository, code: int = 0) -> dict[str, Any]:
    result = repo.run("rollback", repo.last_run(), "--format", "json", "--out", "back.json")
    assert result.code == code, result.out + result.err
    plan: dict[str, Any] = json.loads(result.out)
    return plan


def test_a_rollback_leaves_whoever_came_under_a_hold_and_whoever_is_protected(
    repo: Repository, witness: Witness
) -> None:
    hire(repo)
    repo.person("E3", "Cy", "Dahl", "Sales", mail="cy.dahl@contoso.com")
    repo.apply()
    repo.write("decisions.yaml", "holds: [{object: person:E1, forbid: [delete, release], reason: litigation}]\n")
    repo.settings(guards="  protect: ['[mail] = \"bo.ek@contoso.com\"']")
    plan = rollback(repo)
    assert [c["address"] for c in changes(plan, "person:", "delete")] == ["person:E3@corp/account"]
    reasons = [item["reason"] for item in plan["held"]]
    assert any("on hold: litigation" in reason for reason in reasons)
    assert any("it is protected" in reason for reason in reasons)
    assert repo.run("apply", "back.json").code == 0
    assert witness.user("E1")
    assert witness.user("E2")
    assert "Ada Brisling" in witness.members("sg-engineering")


def test_a_rollback_of_the_first_load_is_stopped_by_a_percentage(repo: Repository) -> None:
    hire(repo)
    repo.settings(guards="  delete: {max_percent: 1}\n  min_population: 2")
    repo.apply()
    (stopped,) = [g for g in rollback(repo, code=3)["guards"] if g["scope"] == "corp/account"]
    assert (stopped["status"], stopped["count"], stopped["population"]) == ("stopped", 2, 2)


def test_the_mark_of_a_missing_person_that_was_rolled_back_waits_on_the_next_day_too(repo: Repository) -> None:
    hire(repo)
    repo.apply()
    repo.leave("E2")
    marked = repo.apply("2026-12-02T08:00:00Z", again=False)
    assert [list(c["attributes"]) for c in changes(marked, "person:E2")] == [["info"]]
    assert repo.run("rollback", repo.last_run(), "--yes").code == 0
    next_day = repo.plan(as_of="2026-12-03T08:00:00Z")
    assert changes(next_day) == []
    assert changes(repo.plan("--reapply", as_of="2026-12-03T08:00:00Z"), "person:E2")


def test_what_is_redacted_is_in_no_format_on_stdout_and_whole_in_the_file(repo: Repository) -> None:
    hire(repo)
    repo.write(
        "idcode.yaml",
        (repo.root / "idcode.yaml").read_text("utf-8") + "redact: [mail, proxyAddresses, userPrincipalName]\n",
    )
    for arguments in (["plan", "--out", "plan.json"], ["show", "plan.json"]):
        for form in ("text", "json", "markdown", "html"):
            result = repo.run(*arguments, "--format", form)
            assert result.code == 0, result.err
            assert "contoso.com" not in result.out.replace("corp.contoso.com", ""), (arguments, form)
    (repo.root / "printed.json").write_text(repo.run("show", "plan.json", "--format", "json").out, "utf-8")
    assert repo.run("apply", "printed.json").code == 5
    assert "ada.brisling@contoso.com" in (repo.root / "plan.json").read_text("utf-8")
    assert repo.run("apply", "plan.json").code == 0


def test_applying_and_rolling_back_read_no_source_and_need_none_of_its_variables(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire(repo)
    repo.edit("idcode.yaml", "path: data/hr.csv", 'path: "${env:HR_FILE}"')
    monkeypatch.setenv("HR_FILE", "data/hr.csv")
    repo.plan()
    monkeypatch.delenv("HR_FILE")
    assert repo.run("apply", "plan.json").code == 0
    assert repo.run("rollback", repo.last_run(), "--yes").code == 0
    result = repo.run("plan")
    assert result.code == 1
    assert "HR_FILE" in result.err
