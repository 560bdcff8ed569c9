"""What a practice tenant begins with, where the files say so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from idcode.cli.main import run_main

PROJECT = """\
version: 1
project: contoso
directories:
  cloud: {type: entra, tenant_id: "${env:NOT_SET}", practice: practice/tenant.json}
sources:
  hr: {type: csv, path: hr.csv, delimiter: ";", key: id, proof: {min_rows: 1}}
"""
RULES = """\
identity: person
key: id
inbound: [{name: hr, source: hr, flow: {id: [id]}}]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    user = {"userPrincipalName": "greta@contoso.onmicrosoft.com", "displayName": "Greta"}
    files = {"idcode.yaml": PROJECT, "rules/people.yaml": RULES, "practice/tenant.json": json.dumps({"users": [user]})}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def users(root: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    assert run_main(["sandbox", "show", "/users", "-C", str(root)]) == 0
    return [user["displayName"] for user in json.loads(capsys.readouterr().out)]


def test_a_new_one_holds_what_the_file_that_the_project_names_says(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert users(root, capsys) == ["Greta"]


def test_a_reset_begins_with_that_again_unless_it_is_told_another_file(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = root / "other.json"
    other.write_text(
        '{"users": [{"userPrincipalName": "finn@contoso.onmicrosoft.com", "displayName": "Finn"}]}', "utf-8"
    )
    assert run_main(["sandbox", "reset", "--from", str(other), "--yes", "-C", str(root)]) == 0
    assert users(root, capsys) == ["Finn"]
    assert run_main(["sandbox", "reset", "--yes", "-C", str(root), "--directory", "cloud"]) == 0
    assert "as in practice/tenant.json" in capsys.readouterr().out
    assert users(root, capsys) == ["Greta"]


def test_a_file_that_is_not_there_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "practice" / "tenant.json").unlink()
    assert run_main(["sandbox", "show", "/users", "-C", str(root)]) == 1
    assert "practice/tenant.json" in capsys.readouterr().err
