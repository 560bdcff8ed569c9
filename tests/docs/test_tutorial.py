"""The tutorial can be followed to the letter, on any machine, and shows what is then seen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, README, blocks
from tests.docs.reader import Reader

PAGE = DOCS / "tutorial.md"


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of a directory, a store or a pipeline is set."""
    for name in [name for name in os.environ if name.startswith("IDCODE_") or name == "CI"]:
        monkeypatch.delenv(name)


def test_the_tutorial_from_nothing_to_a_rollback(tmp_path: Path) -> None:
    assert Reader(tmp_path).follow(PAGE) >= 25


def test_the_first_five_minutes_of_the_readme(tmp_path: Path) -> None:
    assert Reader(tmp_path).follow(README) >= 6


def test_the_plan_that_the_readme_shows_is_one_of_the_tutorial() -> None:
    shown = [block.text for block in blocks(README) if block.language == "text"]
    assert shown[0] in PAGE.read_text("utf-8")  # the second one is of examples/contoso


@pytest.mark.parametrize("wrong", ["no findings at all", "…\nsomething else", ""])
def test_a_page_that_shows_something_else_is_noticed(wrong: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"```console\n$ idcode init here\n…\n$ cd here\n$ idcode validate\n{wrong}\n```\n", "utf-8")
    with pytest.raises(AssertionError, match="no findings"):
        Reader(tmp_path).follow(page)


def test_a_command_that_fails_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ idcode validate\n…\n```\n", "utf-8")
    with pytest.raises(pytest.fail.Exception, match="ended with 1"):
        Reader(tmp_path).follow(page)
