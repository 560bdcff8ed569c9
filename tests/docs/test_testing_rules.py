"""The page about rule tests can be followed to the letter in a repository of ``idcode init``."""

from __future__ import annotations

from pathlib import Path

from idcode.cli.main import run_main
from tests.docs.pages import DOCS
from tests.docs.reader import Reader


def test_the_page_about_rule_tests(tmp_path: Path) -> None:
    run_main(["init", str(tmp_path)])
    assert Reader(tmp_path).follow(DOCS / "testing-rules.md") >= 6
