"""A repository to test the rules of, on a machine that has nothing for idcode."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.testing.support import Trial


@pytest.fixture(autouse=True)
def nothing_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of a directory or a store is set, and no connection can be made."""
    for name in [name for name in os.environ if name.startswith("IDCODE_")]:
        monkeypatch.delenv(name)

    def refuse(*_: Any) -> None:
        raise AssertionError("a rule test needs no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Trial:
    """The repository of ``idcode init``."""
    return Trial(tmp_path, capsys)


@pytest.fixture
def contoso(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Trial:
    """The repository of ``idcode init --example contoso``."""
    return Trial(tmp_path, capsys, "contoso")
