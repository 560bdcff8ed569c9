"""A pipeline's history must outlive its runner."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from idcode.cli.main import run_main
from idcode.plan.file import write_plan
from tests.apply.builders import change, plan, single
from tests.cli.test_wiring import PROJECT, RULES

PRIVATE = "127.0.0.1:9"  # nothing listens there


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "workspace"
    (root / "rules").mkdir(parents=True)
    (root / "objects").mkdir()
    (root / "idcode.yaml").write_text(PROJECT.replace("dc1.corp.example", PRIVATE), "utf-8")
    (root / "rules/people.yaml").write_text(RULES, "utf-8")
    (root / "objects/ou.yaml").write_text("directory: corp\norganizational_units: [{path: People}]\n", "utf-8")
    wanted = plan([[change("c1", "update", "person:E1@corp/account", {"title": single("A", "B")}, anchor="a1")]])
    states = {"corp": replace(wanted.directories["corp"], type="ad")}
    write_plan(root / "plan.json", replace(wanted, directories=states))
    monkeypatch.chdir(root)
    monkeypatch.setenv("CORP_PASSWORD", "x")
    return root


def test_a_pipeline_does_not_apply_with_its_history_in_the_workspace(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", "true")
    assert run_main(["apply", "plan.json"]) == 1
    said = capsys.readouterr().err
    assert "the history would be lost with this runner" in said
    assert "PostgreSQL" in said


def test_it_goes_on_to_the_other_checks_where_the_history_is_elsewhere(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", "true")
    with (root / "idcode.yaml").open("a", encoding="utf-8") as file:
        file.write("store: sqlite:///../elsewhere.db\n")
    assert run_main(["apply", "plan.json"]) == 5
    assert "lost" not in capsys.readouterr().err
