"""Sixty ways to break a repository, each found at its place.

``broken/base`` is a small valid repository. Every other folder of ``broken`` holds the files that replace or join it,
and in ``expected.txt`` what ``validate`` must say: one ``file:line:column: severity code`` a line.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from idcode.config.loader import load_repository
from tests.config.support import HERE, REGISTRY, lines

CASES = sorted(path for path in (HERE / "broken").iterdir() if path.name != "base")
JARGON = re.compile(r"Input should|pydantic|errors\.pydantic|function-wrap|model_type|NoneType|Traceback")


def test_the_base_of_all_cases_is_valid() -> None:
    repository, diagnostics = load_repository(HERE / "broken" / "base", REGISTRY)
    assert diagnostics == []
    assert repository is not None


def test_there_are_at_least_sixty_cases() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_every_mistake_is_found_at_its_place(case: Path, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    shutil.copytree(HERE / "broken" / "base", root)
    shutil.copytree(case, root, dirs_exist_ok=True)
    repository, diagnostics = load_repository(root, REGISTRY)
    assert lines(diagnostics) == (case / "expected.txt").read_text().splitlines()
    failed = any(finding.severity == "error" for finding in diagnostics)
    assert (repository is None) == failed
    for finding in diagnostics:
        assert not JARGON.search(f"{finding.message} {finding.hint}")
        assert finding.excerpt is not None or finding.code == "not-a-file"
