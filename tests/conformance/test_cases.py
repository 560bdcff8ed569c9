"""One suite for directories: files and a domain in, the plan, the domain after it, and the way back.

Every case of ``cases/`` goes through the command line: plan, apply, a second plan that must be empty, rollback, after
which the domain must be as it was. ``CONFORMANCE_UPDATE=1`` writes what was found into the pages, to be reviewed as a
difference.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from idcode.cli.main import run_main
from idcode.model import dn
from idcode.model.plans import Op
from idcode.plan.decoding import decode
from tests.conformance import servers, state
from tests.conformance.book import Case, all_cases
from tests.conformance.expectation import Expectation
from tests.conformance.servers import Server
from tests.sync.lines import lines

TODAY = "2026-12-01T12:00:00Z"
CASES = all_cases()
OPS = get_args(Op)
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_GUID_OF = re.compile(r"<guid of ([^>]+)>")


class Company:
    """A case on one server: its repository on disk, its objects in the domain, and the command line."""

    def __init__(self, case: Case, server: Server, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.case, self.server, self.root, self._capsys = case, server, root, capsys
        self.base_dn = dn.under(server.root_dn, tuple(filter(None, case.settings.get("base", "").split("/"))))
        self._born = state.describe(server.hands.objects(), server.root_dn)
        state.seed(server.hands, case.text("start", server.name) or (), server.root_dn)
        self.start = self.state()
        for name, text in case.files().items():
            self._write(name, text)

    def state(self) -> dict[str, str]:
        """Return the objects that no domain is born with, as text, by ``objectGUID``."""
        found = state.describe(self.server.hands.objects(), self.server.root_dn)
        return {guid: line for guid, line in found.items() if line != self._born.get(guid)}

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run a command in the repository; return its exit code and everything that it printed."""
        self._capsys.readouterr()
        code = run_main([*arguments, "--dir", str(self.root)])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err, out + err
        return code, out + err

    def plan(self, name: str, expected: int = 0) -> list[str]:
        """Write a plan, and return it as text; objects are called by the places where they were at the start."""
        as_of = self.case.settings.get("as of", TODAY)
        proof = "--no-prove" if self.case.settings.get("proof") == "no" else "--prove"
        code, said = self.run("plan", "--as-of", as_of, "--out", str(self.root / name), proof)
        assert code == expected, said
        places = {guid: json.dumps(place_of(line))[1:-1] for guid, line in (self._born | self.start).items()}
        text = (self.root / name).read_text("utf-8")
        named = _GUID.sub(lambda match: places.get(match[0], match[0]), text)
        plan = decode(json.loads(named), strict=False)
        if proof == "--prove":
            assert plan.proof == ("failed" if expected == 1 else "proved" if plan.changes else None)
        return lines(plan, self.base_dn)

    def last_run(self) -> str:
        """Return the id of the newest run."""
        _, said = self.run("runs", "--format", "json")
        return str(json.loads(said)[0]["run_id"])

    def _write(self, name: str, text: str) -> None:
        guids = {place_of(line): guid for guid, line in self.start.items()}
        text = _GUID_OF.sub(lambda match: guids[match[1]], text)
        text = text.replace("<corp>", servers.yaml_of(self.server.settings(self.base_dn)))
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case(
    case: Case, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    company = Company(case, server, tmp_path / "repository", capsys)
    expect = Expectation(case, server.name)

    assert_begins_as_written(company)
    planned = company.plan("plan.json", int(case.settings.get("plan exits", 0)))
    expect.text("plan", planned)
    code, said = company.run("apply", str(company.root / "plan.json"))
    assert code == int(case.settings.get("apply exits", 0)), said
    after = company.state()
    expect.text("after", [] if after == company.start else list(after.values()))

    if code == 0:
        second = company.plan("second.json")
        assert [line for line in second if line.startswith(OPS)] == []
    if after != company.start:
        code, said = company.run("rollback", company.last_run(), "--yes")
        assert code == 0, said
    expect.text("rollback", difference(company.start, company.state()))


def place_of(line: str) -> str:
    """Return the path in a line about an object."""
    return line.partition(" | ")[0].removeprefix("deleted ").partition(" ")[2]


def assert_begins_as_written(company: Company) -> None:
    """Compare the living objects with the text that they were made from."""
    written = company.case.text("start", company.server.name) or ()
    living = [line for line in company.start.values() if not line.startswith("deleted ")]
    assert sorted(living) == sorted(line for line in written if not line.startswith("deleted "))


def difference(start: dict[str, str], now: dict[str, str]) -> list[str]:
    """Return what is not as it was at the start; what a run made and a rollback deleted again does not count."""
    gone = [f"- {line}" for guid, line in start.items() if now.get(guid) != line]
    new = [
        f"+ {line}"
        for guid, line in now.items()
        if start.get(guid) != line and (guid in start or not line.startswith("deleted "))
    ]
    return gone + new


def test_the_cases_are_many_and_each_has_a_name_of_its_own() -> None:
    names = [str(case) for case in CASES]
    assert len(set(names)) == len(names) >= 60
