"""A small repository with tests of its rules, and what running them shows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from idcode.cli.main import run_main

EXAMPLES = Path(__file__).parents[2] / "examples"
ADA = "{EmployeeID: E1, FirstName: Ada, LastName: Brisling, Department: Sales, Manager: E2, HireDate: 2020-01-01}"
GRETA = "{EmployeeID: E2, FirstName: Greta, LastName: Hummer, Department: Engineering, HireDate: 2020-01-01}"


def account(keys: str) -> str:
    """Return the expectation that Ada's account is as ``keys`` say."""
    return f"person:E1: {{objects: {{account: {{{keys}}}}}}}"


class Trial:
    """A copy of an example; ``tests`` writes its rule tests, ``run`` runs them."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str], example: str = "start") -> None:
        self.root = root / example
        self._capsys = capsys
        shutil.copytree(EXAMPLES / example, self.root)

    def change(self, name: str, old: str, new: str) -> None:
        """Replace a text that occurs once in a file."""
        text = (self.root / name).read_text("utf-8")
        assert text.count(old) == 1, (name, old, text.count(old))
        (self.root / name).write_text(text.replace(old, new), "utf-8")

    def write(self, text: str) -> None:
        """Write the one file of rule tests."""
        (self.root / "rules" / "people.test.yaml").write_text(text, "utf-8")

    def case(self, expect: str, hr: Iterable[str] = (ADA, GRETA), corp: Iterable[str] = ()) -> None:
        """Write one test: records of ``hr`` and objects of ``corp`` in flow style, expectations as a flow mapping."""
        records, objects = ", ".join(hr), ", ".join(corp)
        self.write(
            "as_of: 2026-06-01T08:00:00Z\n"
            "tests:\n"
            "  - name: a case\n"
            f"    given: {{sources: {{hr: [{records}]}}, objects: {{corp: [{objects}]}}}}\n"
            f"    expect: {{{expect}}}\n"
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run ``idcode test`` and return exit code, stdout and stderr."""
        self._capsys.readouterr()
        code = run_main(["test", "-C", str(self.root), *arguments])
        shown = self._capsys.readouterr()
        return code, shown.out, shown.err

    def report(self) -> Any:
        """Run ``idcode test --format json``, whose exit code must fit what it says."""
        code, out, err = self.run("--format", "json")
        assert out, err
        document = json.loads(out)
        assert code == (1 if document["counts"]["failed"] + document["counts"]["error"] else 0)
        return document

    def differences(self) -> list[str]:
        """Return one line for each difference of all tests: ``subject what: expected -> got``."""
        tests = self.report()["tests"]
        assert [test["problem"] for test in tests if test["problem"]] == []
        return [
            f"{found['subject']} {found['what']}: {_one(found['expected'])} -> {_one(found['got'])}"
            for test in tests
            for found in test["mismatches"]
        ]

    def problem(self) -> str:
        """Return why the one test cannot be run."""
        (test,) = self.report()["tests"]
        assert test["status"] == "error"
        return str(test["problem"])

    def validate(self) -> list[str]:
        """Run ``idcode validate`` and return ``line:column code`` of what it finds in the rule tests."""
        self._capsys.readouterr()
        code = run_main(["validate", "-C", str(self.root), "--format", "json"])
        found = json.loads(self._capsys.readouterr().out)["diagnostics"]
        assert code == (1 if any(one["severity"] == "error" for one in found) else 0)
        return [f"{one['line']}:{one['column']} {one['code']}" for one in found if one["file"].endswith(".test.yaml")]


def _one(said: Any) -> str:
    return str(said["word"]) if "word" in said else ", ".join(said["values"])
