"""What the tests of this room share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from idcode.apply.credentials import new_password
from idcode.apply.results import ChangeResult
from idcode.model.errors import IdcodeError
from idcode.model.plans import Batch, Change, Plan
from idcode.store.store import Store, open_store


class Sink:
    """Takes passwords and remembers whose; refuses those of ``refused`` addresses."""

    def __init__(self) -> None:
        self.delivered: list[tuple[str, str]] = []
        self.refused: set[str] = set()

    def new_password(self) -> str:
        return new_password()

    def deliver(self, account: Mapping[str, str], password: str) -> None:
        if account["address"] in self.refused:
            raise IdcodeError("the credentials command ended with status 1")
        self.delivered.append((account["address"], password))


class Listener:
    """Progress as a list of lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def run_started(self, run_id: str, plan: Plan) -> None:
        self.lines.append("run")

    def batch_started(self, batch: Batch) -> None:
        self.lines.append(f"batch {batch.number}")

    def change_finished(self, change: Change, result: ChangeResult) -> None:
        self.lines.append(f"{change.id} {result.status}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite:///.idcode/idcode.db", tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def listener() -> Listener:
    return Listener()
