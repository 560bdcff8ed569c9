"""What a command asks the environment and the sources for: only what it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from idcode.cli import wiring
from idcode.cli.main import run_main
from idcode.model.errors import ConfigError
from idcode.sources.csv.source import CsvSource

PROJECT = """\
version: 1
project: contoso
directories:
  corp:
    type: ad
    servers: [ldaps://dc1.corp.example]
    base_dn: DC=corp,DC=example
    bind: {method: simple, user: u, password: "${env:CORP_PASSWORD}"}
  lab:
    type: ad
    servers: [ldaps://dc1.lab.example]
    base_dn: DC=lab,DC=example
    bind: {method: simple, user: u, password: "${env:LAB_PASSWORD_2}"}
  cloud: {type: entra, tenant_id: "${env:TENANT}", credential: workload-identity}
sources:
  hr: {type: csv, path: "${env:HR_FILE}", key: id, proof: {min_rows: 1}}
  phones: {type: csv, path: phones.csv, key: id, proof: {min_rows: 1}}
"""
RULES = """\
identity: person
key: employeeId
inbound:
  - {name: hr, source: hr, flow: {employeeId: [id]}}
  - {name: phones, source: phones, creates: false, join: [{employeeId: [id]}], flow: {mobile: [number]}}
  - {name: work, source: phones, creates: false, join: [{employeeId: [id]}], flow: {telephoneNumber: [work]}}
outbound:
  - name: account
    directory: corp
    object: user
    join: [{employeeID: [employeeId]}]
    manages: {base: People, filter: (employeeID=*)}
    initial_password: none
    path: {constant: People}
    flow: {cn: [employeeId], sAMAccountName: [employeeId], employeeID: [employeeId], mobile: [mobile],
           telephoneNumber: [telephoneNumber]}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "objects").mkdir()
    (tmp_path / "idcode.yaml").write_text(PROJECT, "utf-8")
    (tmp_path / "rules/people.yaml").write_text(RULES, "utf-8")
    (tmp_path / "objects/ou.yaml").write_text("directory: corp\norganizational_units: [{path: People}]\n", "utf-8")
    (tmp_path / "phones.csv").write_text("id;number;work\n1;2;3\n", "utf-8")
    for name in ("CORP_PASSWORD", "LAB_PASSWORD_2", "TENANT", "HR_FILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_planning_needs_the_variables_of_every_directory(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CORP_PASSWORD", "LAB_PASSWORD_2", "HR_FILE"):
        monkeypatch.setenv(name, "x")
    with pytest.raises(ConfigError, match="TENANT"):
        wiring.for_planning(wiring.load(root)[0])
    monkeypatch.setenv("TENANT", "x")
    repository = wiring.for_planning(wiring.load(root)[0])
    assert set(wiring.build_directories(repository)) == {"corp", "lab", "cloud"}


def test_practising_needs_no_variable_and_reaches_practice_directories_only(root: Path) -> None:
    repository = wiring.load(root, sandbox=True)[0]
    directories = wiring.build_directories(repository)
    assert {name: directory.fingerprint().type for name, directory in directories.items()} == {
        "corp": "sandbox", "lab": "sandbox", "cloud": "sandbox",
    }  # fmt: skip
    for directory in directories.values():
        directory.close()


def test_planning_names_the_variable_that_is_not_set(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CORP_PASSWORD", "LAB_PASSWORD_2", "TENANT"):
        monkeypatch.setenv(name, "x")
    with pytest.raises(ConfigError, match="HR_FILE"):
        wiring.for_planning(wiring.load(root)[0])


def test_applying_a_saved_plan_needs_the_variables_of_its_directories_only(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORP_PASSWORD", "x")
    repository = wiring.for_directories(wiring.load(root)[0], {"corp", "gone"})
    assert set(wiring.build_directories(repository)) == {"corp"}
    with pytest.raises(ConfigError, match="LAB_PASSWORD_2"):
        wiring.for_directories(wiring.load(root)[0], {"lab"})


def test_a_rollback_of_an_unknown_run_asks_for_no_variable_at_all(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(["rollback", "20260101T000000Z-000000", "--dir", str(root)]) == 1
    assert "there is no run" in capsys.readouterr().err


@pytest.mark.parametrize(("check_columns", "times"), [(True, 1), (False, 0)])
def test_each_source_is_asked_for_its_columns_once_and_only_where_that_helps(
    root: Path, monkeypatch: pytest.MonkeyPatch, check_columns: bool, times: int
) -> None:
    asked: list[str] = []
    columns = CsvSource.columns

    def noted(self: CsvSource) -> object:
        asked.append(self.name)
        return columns(self)

    monkeypatch.setattr(CsvSource, "columns", noted)
    wiring.load(root, check_columns=check_columns)
    assert asked.count("phones") == times


def test_a_column_that_is_not_in_the_file_is_still_found_where_columns_are_checked(root: Path) -> None:
    (root / "phones.csv").write_text("id;number\n1;2\n", "utf-8")
    with pytest.raises(ConfigError):
        wiring.load(root, check_columns=True)
    wiring.load(root)
