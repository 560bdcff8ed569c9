"""The example repository: newcomers copy from it, so it has to be right."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from idcode.cli import wiring
from idcode.cli.main import run_main
from idcode.model.records import Proof, collect
from tests.docs.reader import blocks

PROJECT = Path(__file__).parents[2]
CONTOSO = PROJECT / "examples" / "contoso"
DAY_2 = PROJECT / "examples" / "day2"


@pytest.fixture
def a_week_later(tmp_path: Path) -> Path:
    """The repository with the overlay of the second day."""
    root = tmp_path / "contoso"
    shutil.copytree(CONTOSO, root, ignore=shutil.ignore_patterns(".idcode"))
    shutil.copytree(DAY_2, root, dirs_exist_ok=True)
    return root


def proofs(root: Path) -> dict[str, Proof]:
    repository, _ = wiring.load(root)
    sources = wiring.build_sources(repository)
    return {name: collect(source.read(datetime.now(UTC)))[1] for name, source in sources.items()}


def test_the_example_has_no_findings(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(["validate", "-C", str(CONTOSO)]) == 0
    assert "no findings" in capsys.readouterr().out


def test_it_has_none_a_week_later_either(a_week_later: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(["validate", "-C", str(a_week_later)]) == 0
    assert "no findings" in capsys.readouterr().out


def test_every_source_proves_that_it_is_whole_on_both_days(a_week_later: Path) -> None:
    for root in (CONTOSO, a_week_later):
        found = proofs(root)
        assert found.keys() == {"hr", "contractors", "partners", "phonebook"}
        assert all(proof.complete and not proof.diagnostics for proof in found.values())


def test_the_second_day_only_replaces_files_of_the_first() -> None:
    changed = [path.relative_to(DAY_2) for path in DAY_2.rglob("*") if path.is_file()]
    assert changed
    for path in changed:
        assert (CONTOSO / path).is_file()
        assert (CONTOSO / path).read_bytes() != (DAY_2 / path).read_bytes()


def test_the_readme_speaks_of_people_and_files_that_exist() -> None:
    text = (CONTOSO / "README.md").read_text("utf-8")
    exports = [(folder / "data" / "hr.csv").read_text("utf-8") for folder in (CONTOSO, DAY_2)]
    people = {row["EmployeeID"] for text in exports for row in csv.DictReader(io.StringIO(text), delimiter=";")}
    for file in (CONTOSO / "identities").iterdir():
        people |= set(re.findall(r"id: ([XP]\d+)", file.read_text("utf-8")))
    assert set(re.findall(r"\b[EXP]\d{3,4}\b", text)) <= people
    for name in re.findall(r"`([\w/-]+\.(?:yaml|csv|sh))`", text):
        assert (CONTOSO / name).is_file(), name


def test_the_make_targets_that_the_documents_name_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (PROJECT / "Makefile").read_text("utf-8"), re.M))
    assert {"setup", "demo", "demo-ad", "test", "lint", "types", "bench"} <= targets
    for document in (CONTOSO / "README.md", *PROJECT.glob("*.md")):
        named = re.findall(r"(?:^    |`)make ([a-z -]+?)(?:`|  |$)", document.read_text("utf-8"), re.M)
        assert {target for group in named for target in group.split()} <= targets, document


def test_the_password_script_notes_the_account_and_forgets_the_password(tmp_path: Path) -> None:
    account = {"address": "person:E1001@corp/account", "sAMAccountName": "ylva.granmane", "password": "not-to-be-kept"}
    message = json.dumps(account).encode() + b"\n"
    subprocess.run([CONTOSO / "deliver-password.sh"], input=message, cwd=tmp_path, check=True)
    (note,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert note.read_text() == "ylva.granmane\n"
    assert stat.S_IMODE(note.stat().st_mode) == 0o600


def test_the_first_plan_gives_everybody_a_logon_name_of_their_own(tmp_path: Path) -> None:
    root = tmp_path / "contoso"
    shutil.copytree(CONTOSO, root, ignore=shutil.ignore_patterns(".idcode"))
    out = tmp_path / "plan.json"
    assert run_main(["plan", "-C", str(root), "--sandbox", "--as-of", "2026-12-01", "--out", str(out), "--strict"]) == 0
    plan = json.loads(out.read_text("utf-8"))
    accounts = {
        change["address"]: change["attributes"]["sAMAccountName"]["after"]
        for change in plan["changes"]
        if change["op"] == "create" and change["object_type"] == "user" and change["directory"] == "corp"
    }
    names = list(accounts.values())
    assert len(names) == len({name.lower() for name in names}) > 270
    assert all(re.fullmatch(r"[a-z0-9.-]{1,20}", name) and not name.endswith(".") for name in names)
    assert accounts["person:E1028@corp/account"] == "duc.dangvan"
    assert accounts["person:E1032@corp/account"] == "e1032"
    karins = [accounts[f"person:{key}@corp/account"] for key in ("E1017", "E1018", "E1019", "X103")]
    assert karins == ["karin.sjofjall", "k.sjofjall", "e1019", "x103"]
    assert "person:E1068@corp/account" not in accounts  # came back as E1269
    assert {address for address in accounts if address.endswith("/admin")} == {
        f"person:{key}@corp/admin" for key in ("E1039", "E1065", "E1113", "E1256", "E1263")
    }


def test_a_practice_domain_with_a_past_is_taken_over_without_losing_anybody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "contoso"
    shutil.copytree(CONTOSO, root, ignore=shutil.ignore_patterns(".idcode"))
    estate = str(root / "practice" / "estate.ldif")
    assert run_main(["sandbox", "reset", "--from", estate, "-C", str(root)]) == 0
    capsys.readouterr()
    planning = ["plan", "--sandbox", "--as-of", "2026-12-01", "--format", "json", "-C", str(root)]
    assert run_main(planning) == 0
    plan = json.loads(capsys.readouterr().out)
    ops = {(change["op"], change["object"]["label"]) for change in plan["changes"]}
    assert {name for op, name in ops if op == "delete"} == {"sg-fax-users"}
    assert ("create", "Edvin Norrljung") not in ops
    assert ("move", "Solveig Ravnås") in ops
    touched = {change["object"]["dn"] for change in plan["changes"]}
    assert not any("OU=Service Accounts" in dn for dn in touched)
    logon = {c["address"]: c["attributes"].get("sAMAccountName") for c in plan["changes"] if c["op"] == "create"}
    assert plan["summary"]["awaiting_sync"] == 278
    assert logon["person:E1005@corp/account"]["after"] == "a.strauchmuller"  # the usual one is taken


def planned(root: Path, capsys: pytest.CaptureFixture[str], as_of: str, *more: str) -> dict[str, Any]:
    """Plan, apply all of it, and return the plan."""
    out = root / "plan.json"
    assert run_main(["plan", "-C", str(root), "--sandbox", "--as-of", as_of, "--out", str(out)]) in (0, 3)
    assert run_main(["apply", str(out), "-C", str(root), "--sandbox", "--yes", *more]) == 0
    capsys.readouterr()
    plan: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return plan


def test_the_tenant_gets_what_the_domain_does_not_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    root = tmp_path / "contoso"
    shutil.copytree(CONTOSO, root, ignore=shutil.ignore_patterns(".idcode"))
    planned(root, capsys, "2026-12-01")
    assert run_main(["sandbox", "sync", "-C", str(root)]) == 0
    assert "277 created, 1 updated" in capsys.readouterr().out  # somebody had tried the tenant out before
    plan = planned(root, capsys, "2026-12-01", "--allow", "update=278")
    assert {change["directory"] for change in plan["changes"]} == {"cloud"}
    members = {
        change["address"]: {item["$ref"] for item in change["attributes"]["members"]["add"]}
        for change in plan["changes"]
        if "members" in change["attributes"]
    }
    licensed = members["group:lic-m365-e5@cloud"], members["group:lic-m365-e3@cloud"]
    assert not licensed[0] & licensed[1]
    assert [len(group) for group in licensed] == [71, 193]
    assert [orphan["label"] for orphan in plan["orphans"]] == ["Liv Forsvunnet"]
    touched = {change["object"]["label"] for change in plan["changes"]}
    assert not touched & {"Break Glass 1", "Break Glass 2", "Conditional Access Exceptions"}
    again = ["plan", "-C", str(root), "--sandbox", "--as-of", "2026-12-01", "--detailed-exitcode"]
    assert run_main(again) == 0
    hr = root / "data" / "hr.csv"
    ebba = "ebba.dimmaker@contoso.com;;Sales Assistant;"
    hr.write_text(hr.read_text("utf-8").replace(f"{ebba}Sales;D300", f"{ebba}Marketing;D310"), "utf-8")
    capsys.readouterr()
    assert run_main(again) == 2
    _, of_the_readme = [block.text for block in blocks(PROJECT / "README.md") if block.language == "text"]
    assert of_the_readme in capsys.readouterr().out
