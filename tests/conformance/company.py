"""A case on the way: its repository on disk, the command line in it, and what it must hold before and after."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import get_args

import pytest

from idcode.cli.main import run_main
from idcode.model.plans import Op
from idcode.plan.decoding import decode
from tests.conformance.book import Case
from tests.conformance.expectation import Expectation
from tests.sync.lines import lines

TODAY = "2026-12-01T12:00:00Z"
OPS = get_args(Op)
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ELSEWHERE = "corp "
"""Stands before lines about the domain in cases about a tenant."""


class Company(ABC):
    """The files of a case in ``root``, and the command line; kinds of directories say how they are looked at."""

    base_dn: str
    proves = True
    """Whether its directories can be copied, so that plans are tried on a copy."""
    start: dict[str, str]

    def __init__(self, case: Case, server: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.case, self.server, self.root, self._capsys = case, server, root, capsys

    @abstractmethod
    def state(self) -> dict[str, str]:
        """Return the objects as text, by id."""

    @abstractmethod
    def names(self) -> dict[str, str]:
        """Return what plans shall call the objects that were there at the start, by id."""

    @abstractmethod
    def completed(self, text: str) -> str:
        """Return a file of the case with what only the directory knows in place of ``<…>``."""

    def witness(self, expect: Expectation) -> None:  # noqa: B027  most have nothing else to look at
        """Compare what else an apply has brought about."""

    def write_files(self) -> None:
        """Write the files of the case into the repository."""
        for name, text in self.case.files().items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.completed(text), "utf-8")

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run a command in the repository; return its exit code and everything that it printed."""
        self._capsys.readouterr()
        code = run_main([*arguments, "--dir", str(self.root)])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err, out + err
        return code, out + err

    def plan(self, name: str, expected: int = 0) -> list[str]:
        """Write a plan, and return it as text; objects are called by the names that they had at the start."""
        as_of = self.case.settings.get("as of", TODAY)
        proof = "--prove" if self.proves and self.case.settings.get("proof") != "no" else "--no-prove"
        code, said = self.run("plan", "--as-of", as_of, "--out", str(self.root / name), proof)
        assert code == expected, said
        names = {guid: json.dumps(text)[1:-1] for guid, text in self.names().items()}
        text = (self.root / name).read_text("utf-8")
        named = _GUID.sub(lambda match: names.get(match[0], match[0]), text)
        plan = decode(json.loads(named), strict=False)
        if proof == "--prove":
            assert plan.proof == ("failed" if expected == 1 else "proved" if plan.changes else None)
        return lines(plan, self.base_dn)

    def last_run(self) -> str:
        """Return the id of the newest run."""
        _, said = self.run("runs", "--format", "json")
        return str(json.loads(said)[0]["run_id"])


def play(company: Company, expect: Expectation) -> None:
    """Plan, apply, plan again in vain, roll back; compare what is found on the way."""
    case = company.case
    assert_begins_as_written(company)
    planned = company.plan("plan.json", int(case.settings.get("plan exits", 0)))
    expect.text("plan", planned)
    code, said = company.run("apply", str(company.root / "plan.json"))
    assert code == int(case.settings.get("apply exits", 0)), said
    company.witness(expect)
    after = company.state()
    expect.text("after", [] if after == company.start else list(after.values()))

    if code == 0:
        second = company.plan("second.json")
        left = [line for line in second if line.startswith(OPS)]
        assert not left, "\n".join(left)
    if after != company.start:
        code, said = company.run("rollback", company.last_run(), "--yes")
        assert code == int(case.settings.get("rollback exits", 0)), said
    expect.text("rollback", difference(company.start, company.state()))


def is_deleted(line: str) -> bool:
    """Whether a line is about a deleted object."""
    return line.removeprefix(ELSEWHERE).startswith("deleted ")


def assert_begins_as_written(company: Company) -> None:
    """Compare the living objects with the text that they were made from."""
    written = company.case.text("start", company.server) or ()
    living = [line for line in company.start.values() if not is_deleted(line)]
    assert sorted(living) == sorted(line for line in written if not is_deleted(line)), "\n".join(living)


def difference(start: dict[str, str], now: dict[str, str]) -> list[str]:
    """Return what is not as it was at the start; what a run made and a rollback deleted again does not count."""
    gone = [f"- {line}" for guid, line in start.items() if now.get(guid) != line]
    new = [
        f"+ {line}" for guid, line in now.items() if start.get(guid) != line and (guid in start or not is_deleted(line))
    ]
    return gone + new
