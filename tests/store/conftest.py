"""A store of either kind: whatever is tried with one has to hold with the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from idcode.store.store import Store, open_store
from tests.lab.postgres import PostgresLab
from tests.store.support import SQLITE, Clock


@pytest.fixture
def database(postgres: PostgresLab) -> Iterator[str]:
    """An empty PostgreSQL database."""
    name = postgres.database()
    yield name
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Where a store can be made."""
    if request.param == "sqlite":
        return SQLITE
    postgres: PostgresLab = request.getfixturevalue("postgres")
    return postgres.url(request.getfixturevalue("database"))


@pytest.fixture
def notes() -> list[str]:
    """What the user was told by ``store``."""
    return []


@pytest.fixture
def store(url: str, tmp_path: Path, notes: list[str]) -> Iterator[Store]:
    """A new store."""
    opened = open_store(url, tmp_path, Clock(), notes.append)
    yield opened
    opened.close()


@pytest.fixture
def other(store: Store, url: str, tmp_path: Path) -> Iterator[Store]:
    """The same store, opened once more."""
    opened = open_store(url, tmp_path, Clock())
    yield opened
    opened.close()
