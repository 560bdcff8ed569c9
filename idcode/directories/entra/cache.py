"""What was read of a tenant, kept so that the next reading asks only for what has changed since.

One SQLite file that only its owner may read. It can be thrown away at any time, and what is wrong with it never
stops a reading: everything is read anew then.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from idcode.directories.entra.objects import Flat, anchor_of
from idcode.model.values import as_tuple, from_json, to_json

_TABLES = """
CREATE TABLE IF NOT EXISTS listings (
    type TEXT PRIMARY KEY, selection TEXT, token TEXT, token_at REAL, read_at REAL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (type TEXT, id TEXT, flat BLOB, PRIMARY KEY (type, id)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A listing that is kept: the delta link from which on changes are asked for, since when, and when all was read.

    Times are seconds since 1970.
    """

    token: str
    token_at: float
    read_at: float
    flats: Mapping[str, Flat]


class Cache:
    """The listings of one tenant in ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, listing: str, selection: str) -> Kept | None:
        """Return what is kept of a listing with this selection, ``None`` where nothing is, or it cannot be read."""
        try:
            with self._open() as connection:
                row = connection.execute(
                    "SELECT token, token_at, read_at FROM listings WHERE type = ? AND selection = ?",
                    (listing, selection),
                ).fetchone()
                if row is None:
                    return None
                rows = connection.execute("SELECT id, flat FROM objects WHERE type = ?", (listing,))
                token, token_at, read_at = row
                return Kept(token, token_at, read_at, {anchor: _unpacked(flat) for anchor, flat in rows})
        except (sqlite3.Error, OSError, ValueError):
            self.forget()
            return None

    def replace(self, listing: str, selection: str, token: str, now: float, flats: Iterable[Flat]) -> None:
        """Keep a listing as it was read, whole, at ``now``; ``token`` was given out before it was begun."""

        def keep(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM objects WHERE type = ?", (listing,))
            _put(connection, listing, flats)
            connection.execute(
                "INSERT OR REPLACE INTO listings VALUES (?, ?, ?, ?, ?)", (listing, selection, token, now, now)
            )

        self._write(keep)

    def update(
        self, listing: str, token: tuple[str, float] | None, changed: Iterable[Flat], gone: Collection[str]
    ) -> None:
        """Keep what has changed; ``token`` is the new delta link and its time, ``None`` where the former one stays."""

        def keep(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM objects WHERE type = ? AND id = ?", [(listing, one) for one in gone])
            _put(connection, listing, changed)
            if token is not None:
                connection.execute("UPDATE listings SET token = ?, token_at = ? WHERE type = ?", (*token, listing))

        self._write(keep)

    def forget(self) -> None:
        """Throw everything away."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _write(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Write in one transaction; where that is not possible, nothing is kept any more."""
        try:
            with self._open() as connection, connection:
                work(connection)
        except (sqlite3.Error, OSError):
            self.forget()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        for folder in (*reversed(self._path.parent.parents), self._path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        with closing(sqlite3.connect(self._path, timeout=10)) as connection:
            connection.executescript(_TABLES)
            yield connection


def _put(connection: sqlite3.Connection, listing: str, flats: Iterable[Flat]) -> None:
    rows = ((listing, anchor_of(flat), _packed(flat)) for flat in flats)
    connection.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?, ?)", rows)


def _packed(flat: Flat) -> bytes:
    return orjson.dumps({name: to_json(values) for name, values in flat.items()})


def _unpacked(packed: bytes) -> Flat:
    return {name: as_tuple(from_json(values)) for name, values in orjson.loads(packed).items()}
