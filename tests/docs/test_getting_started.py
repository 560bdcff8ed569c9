"""Getting-started connects a real domain with no more than it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.docs.pages import DOCS
from tests.docs.reader import Reader
from tests.examples.start import connect
from tests.lab import Domain

pytestmark = pytest.mark.ad
PAGE = DOCS / "getting-started.md"


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, domain: Domain) -> Path:
    """The home folder of somebody who has set the password, and nothing else."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("IDCODE_AD_PASSWORD", domain.password)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("CI", raising=False)
    return folder


def test_getting_started_from_the_beginning_to_a_rehearsal(tmp_path: Path, home: Path, domain: Domain) -> None:
    reader = Reader(tmp_path)
    reader.follow(PAGE, "The repository")
    connect(tmp_path / "my-company", domain)
    reader.follow(PAGE, "The first run")
    delivered = [json.loads(line) for line in (home / "idcode-passwords.jsonl").read_text("utf-8").splitlines()]
    assert sorted(note["address"] for note in delivered) == [f"person:E100{n}@corp/account" for n in range(1, 5)]
    assert reader.follow(PAGE, "Rehearsing") >= 4
