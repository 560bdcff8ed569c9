"""Plans that were narrowed down, and plans on a damaged source: short, and true."""

from __future__ import annotations

import pytest

from tests.acceptance.repository import Repository, codes

pytestmark = pytest.mark.ad


def test_only_for_somebody_who_is_not_there_is_an_error_and_not_an_empty_plan(repo: Repository) -> None:
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada.brisling@contoso.com")
    result = repo.run("plan", "--only", "person:E11")
    assert result.code == 1
    assert "there is no such person or object" in result.err
    assert "Did you mean person:E1?" in result.err
    for known in ("person:E1", "person:E1@corp/account", "group:sg-sales@corp", "group:sg-sales", "ou:People@corp"):
        plan = repo.plan("--only", known)
        assert known.partition("@")[0] in {change["address"].partition("@")[0] for change in plan["changes"]}


def test_a_cut_source_is_said_once_and_not_again_for_each_of_its_people(repo: Repository) -> None:
    for number in range(1, 4):
        repo.person(f"E{number}", "Ada", f"Brisling{number}", "Engineering", mail=f"ada{number}@contoso.com")
    repo.apply()
    repo.write_hr(trailer="TOTAL;99")
    plan = repo.plan()
    assert plan["changes"] == []
    assert plan["summary"]["frozen"] == 3
    assert "stage-unknown" not in codes(plan)
    assert "source-trailer-mismatch" in codes(plan)
