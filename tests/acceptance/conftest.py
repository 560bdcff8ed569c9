"""One repository on one pristine domain for each test, and the domain as an independent reader sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.repository import Repository
from tests.acceptance.witness import Witness
from tests.lab import Domain


@pytest.fixture
def repo(
    tmp_path: Path, domain: Domain, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Repository:
    monkeypatch.setenv("LAB_USER", domain.user)
    monkeypatch.setenv("LAB_PASSWORD", domain.password)
    monkeypatch.delenv("CI", raising=False)
    return Repository(tmp_path, domain, capsys)


@pytest.fixture
def witness(domain: Domain) -> Iterator[Witness]:
    seen = Witness(domain)
    yield seen
    seen.connection.unbind()
