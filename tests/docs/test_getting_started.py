"""README and getting-started do on a real domain what they say."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from idcode.cli.main import run_main
from tests.docs.pages import DOCS, README, blocks, save
from tests.lab import Domain

pytestmark = pytest.mark.ad
PAGE = DOCS / "getting-started.md"


class Reader:
    """Somebody who does what a page says, in a domain whose controller is reached by its address."""

    def __init__(self, root: Path, page: Path, domain: Domain, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.page, self._domain, self._capsys = root, page, domain, capsys

    def save(self, *headings: str) -> None:
        """Save the files below some headings of the page (none: all of it)."""
        save(self.root, [block for block in blocks(self.page) if not headings or block.heading in headings])
        shutil.copy(self._domain.ca_file, self.root / "corp-ca.pem")
        file = self.root / "idcode.yaml"
        text = file.read_text("utf-8").replace("ldaps://dc1.corp.contoso.com", self._domain.servers[0])
        text = text.replace("svc-idcode@corp.contoso.com", self._domain.user)
        text = text.replace("corp-ca.pem}", f"corp-ca.pem, server_name: {self._domain.server_name}}}")
        file.write_text(text, "utf-8")

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command in the repository; return what it printed on stdout."""
        before = Path.cwd()
        os.chdir(self.root)
        try:
            self._capsys.readouterr()
            found = run_main(list(arguments))
        finally:
            os.chdir(before)
        out, err = self._capsys.readouterr()
        assert found == code, out + err
        return out

    def last_line(self, *arguments: str) -> str:
        """Run a command; return the last line it printed."""
        return self.run(*arguments).strip().splitlines()[-1]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, domain: Domain) -> Domain:
    monkeypatch.setenv("IDCODE_AD_PASSWORD", domain.password)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "home").mkdir()
    return domain


def test_the_five_minutes_of_the_readme(
    tmp_path: Path, environment: Domain, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = Reader(tmp_path / "repository", README, environment, capsys)
    reader.save()
    assert reader.last_line("plan", "--out", "plan.json") == "Plan: 6 to create, 0 to disable, 0 to delete."
    reader.run("apply", "plan.json")
    assert reader.last_line("plan").startswith("No changes. The directories are as the files say.")
    hr = reader.root / "hr.csv"
    hr.write_text(hr.read_text("utf-8").replace("Hummer,Sales", "Hummer,Engineering"), "utf-8")
    plan = reader.run("plan")
    assert '"Sales" → "Engineering"' in plan
    assert "+ Greta Hummer (person:E1003@corp/account)" in plan


def test_getting_started_from_the_first_plan_to_the_first_rollback(
    tmp_path: Path, environment: Domain, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = Reader(tmp_path / "repository", PAGE, environment, capsys)
    reader.save("The repository")
    assert reader.last_line("plan", "--out", "plan.json") in PAGE.read_text("utf-8")
    reader.run("apply", "plan.json")
    reader.run("apply", "plan.json", code=5)
    assert reader.last_line("plan") in PAGE.read_text("utf-8")
    delivered = (tmp_path / "home/idcode-passwords.jsonl").read_text("utf-8").splitlines()
    assert len(delivered) == 4

    when = ("--as-of", "2026-11-23T21:00:00Z")
    _save_rows(reader, "The first change")
    change = json.loads(reader.run("plan", *when, "--format", "json", "--out", "plan.json"))
    assert _ops(change, "person:E1003") == ["update", "move"]
    assert _ops(change, "person:E1005") == ["create"]
    reader.run("apply", "plan.json")
    assert "^ enable" in reader.run("plan", "--as-of", "2026-12-01")

    _save_rows(reader, "The first leaver")
    leaver = json.loads(reader.run("plan", *when, "--format", "json", "--out", "plan.json"))
    assert [(c["address"], c["op"]) for c in leaver["changes"]] == [
        ("person:E1004@corp/account", "disable"),
        ("person:E1004@corp/account", "move"),
    ]
    reader.run("apply", "plan.json")

    run_id = json.loads(reader.run("runs", "--format", "json"))[0]["run_id"]
    reader.run("rollback", run_id, "--yes")
    assert "disable was rolled back; it waits until the files change" in reader.run("plan", *when)
    assert "x disable" in reader.run("plan", *when, "--reapply")


def test_the_guard_of_getting_started_stops_the_leaver_until_it_is_allowed(
    tmp_path: Path, environment: Domain, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = Reader(tmp_path / "repository", PAGE, environment, capsys)
    reader.save("The repository")
    when = ("--as-of", "2026-11-23T21:00:00Z")
    reader.run("apply", "--yes", *when)
    file = reader.root / "idcode.yaml"
    file.write_text(file.read_text("utf-8").replace("disable: {max: 5}", "disable: {max: 0}"), "utf-8")
    _save_rows(reader, "The first leaver")
    stopped = reader.run("plan", *when, "--out", "plan.json", code=3)
    assert "STOPPED disable in corp/account: 1 of 4, limit 0" in stopped
    reader.run("apply", "plan.json", code=3)
    reader.run("apply", "plan.json", "--allow", "disable=1")

    rows = reader.root / "data/hr.csv"
    rows.write_text(rows.read_text("utf-8").replace("TOTAL;5", "TOTAL;9"), "utf-8")
    damaged = json.loads(reader.run("plan", *when, "--format", "json"))
    assert damaged["changes"] == []
    assert "source-trailer-mismatch" in {finding["code"] for finding in damaged["diagnostics"]}


def test_the_plan_that_the_readme_shows_is_a_real_one(
    tmp_path: Path, environment: Domain, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = Reader(tmp_path / "repository", PAGE, environment, capsys)
    reader.save("The repository")
    when = ("--as-of", "2026-11-23T21:00:00Z")
    first = reader.run("plan", *when, "--out", "plan.json")
    told = next(block.text for block in blocks(PAGE) if block.text.startswith("person:E1001"))
    assert told in first
    reader.run("apply", "plan.json")
    _save_rows(reader, "The first leaver")
    rows = reader.root / "data/hr.csv"
    text = "".join(line for line in rows.read_text("utf-8").splitlines(keepends=True) if "E1005" not in line)
    rows.write_text(text.replace("TOTAL;5", "TOTAL;4"), "utf-8")
    plan = reader.run("plan", *when)
    shown = next(block.text for block in blocks(README) if block.text.startswith("$ idcode plan"))
    facts, *parts = shown.split("\n\n")
    for line in (*facts.splitlines()[1:], *parts):
        assert line.strip("\n") in plan


def _save_rows(reader: Reader, heading: str) -> None:
    """Save the HR file that a chapter shows."""
    save(reader.root, [block for block in blocks(PAGE) if block.heading == heading])


def _ops(plan: dict[str, Any], person: str) -> list[str]:
    return [change["op"] for change in plan["changes"] if change["address"].startswith(person)]
