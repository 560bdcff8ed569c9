"""A practice tenant in one SQLite file: every write is in it, for good, before anybody is told of it.

The file holds the objects and links as they are, and the transactions of the last days; other processes learn of a
transaction by reading it there.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from idcode.directories.sandbox.storage import place
from idcode.directories.sandbox.tenant.entities import Change, Entity, Link, Put, Transaction
from idcode.directories.sandbox.tenant.state import State
from idcode.directories.sandbox.tenant.view import View
from idcode.model.errors import DirectoryError

FORMAT = 1
_APPLICATION = 0x1DC0DF
"""Marks the file as a practice tenant (``PRAGMA application_id``)."""
_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE objects (id TEXT PRIMARY KEY, type TEXT NOT NULL, properties TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE links (
    kind TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, PRIMARY KEY (kind, source, target)
) WITHOUT ROWID;
CREATE TABLE log (number INTEGER PRIMARY KEY, time TEXT NOT NULL, changes TEXT NOT NULL);
"""
_LOCK_SECONDS = 10
_HINT = "Make it anew with `idcode sandbox reset`."
_HINTS = {
    sqlite3.SQLITE_BUSY: "Wait for other commands that work on it, and try again.",
    sqlite3.SQLITE_FULL: "Make room on the disk, and try again.",
    sqlite3.SQLITE_READONLY: "Check who may write the file and its folder.",
}
"""By the error code of SQLite."""


def create(path: Path, state: State, *, unless_there: bool = False) -> None:
    """Write a tenant to a new file, readable by its owner only; an older one is replaced.

    With ``unless_there`` an older one stays, so that of several commands that begin at once all work on the same file.
    Raises ``DirectoryError`` where it cannot be written, or something is there that is no practice tenant.
    """
    check_replaceable(path)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        connection = sqlite3.connect(fresh, isolation_level=None)
        try:
            _fill(connection, state)
        finally:
            connection.close()
        if unless_there:
            place(fresh, path)
            return
        for leftover in ("-journal", "-wal", "-shm"):
            path.with_name(path.name + leftover).unlink(missing_ok=True)
        fresh.replace(path)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            fresh.unlink()
        raise DirectoryError(f"{path} cannot be written: {error}") from None


def open_state(path: Path) -> State:
    """Return the state of the tenant in ``path``; what is done to it is in the file from then on.

    Raises ``DirectoryError`` for a file that cannot be read, is none of these, or is of another version.
    """
    try:
        # Whichever thread handles a request; the tenant lets in one at a time.
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            timeout=_LOCK_SECONDS,
            check_same_thread=False,
        )
    except sqlite3.Error as error:
        raise DirectoryError(f"{path} cannot be opened: {error}", _HINT) from None
    return _File(path, connection).state


class _File:
    """The file of one tenant; :class:`~idcode.directories.sandbox.tenant.state.Keeper`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        with self._explained():
            # What was written survives this process, however it ends; a practice tenant need not survive a power cut.
            connection.execute("PRAGMA synchronous = OFF")
            self._check()
            connection.execute("BEGIN")
            self._seen = self._version()
            self.state = _read(connection)
            connection.execute("ROLLBACK")
        self.state.keeper = self

    def refresh(self, state: State) -> None:
        """Bring ``state`` up to date with what other processes have written."""
        with self._explained():
            version = self._version()
            if version != self._seen:
                rows = self._connection.execute(
                    "SELECT number, time, changes FROM log WHERE number > ? ORDER BY number", (state.number,)
                ).fetchall()
                for row in rows:
                    if row[0] != state.number + 1:
                        raise ValueError("transactions are missing")
                    state.follow(_transaction(row))
                self._seen = version

    @contextmanager
    def writing(self, state: State) -> Iterator[None]:
        """Keep others from writing meanwhile; bring ``state`` up to date first."""
        with self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            self.refresh(state)
            yield
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def save(self, transaction: Transaction, oldest: int) -> None:
        """Write a transaction, for good; those before number ``oldest`` are let go."""
        with self._explained():
            _carry_out(self._connection, transaction.changes)
            self._connection.execute(
                "INSERT INTO log VALUES (?, ?, ?)",
                (transaction.number, transaction.time.isoformat(), _encoded(transaction.changes)),
            )
            self._connection.execute("DELETE FROM log WHERE number < ?", (oldest,))
            self._connection.execute("UPDATE meta SET value = ? WHERE name = 'number'", (str(transaction.number),))
            self._connection.execute("COMMIT")

    def _version(self) -> int:
        # Another number for every change that another connection has made.
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _check(self) -> None:
        (mark,), (version,) = (
            self._connection.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
        )
        if mark != _APPLICATION:
            raise DirectoryError(f"{self._path} is not the file of a practice tenant", "Check path in idcode.yaml.")
        if version != FORMAT:
            raise DirectoryError(
                f"{self._path} was written by another version of idcode (format {version}; this one has {FORMAT})",
                "Use that version, or make it anew with `idcode sandbox reset`.",
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_READONLY_DBMOVED:
                raise DirectoryError(
                    f"{self._path} was made anew, or deleted, by another command", "Begin this command again."
                ) from None
            # The low byte of the code says what kind of error it is.
            hint = _HINTS.get(error.sqlite_errorcode & 0xFF, _HINT)
            raise DirectoryError(f"{self._path} cannot be used: {error}", hint) from None
        except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
            raise DirectoryError(f"{self._path} is damaged: {error}", _HINT) from None


def check_replaceable(path: Path) -> None:
    """Raise ``DirectoryError`` where something is at ``path`` that is no practice tenant: nobody wants to lose that."""
    try:
        if not path.exists():
            return
        head = b""
        if path.is_file():
            with path.open("rb") as file:
                head = file.read(72)
            if not head:
                return  # nothing to lose
    except OSError as error:
        raise DirectoryError(f"{path} cannot be read: {error.strerror or error}") from None
    # Where SQLite keeps its signature and the application id (https://www.sqlite.org/fileformat.html, 1.3).
    if head[:16] != b"SQLite format 3\0" or head[68:72] != _APPLICATION.to_bytes(4, "big"):
        raise DirectoryError(f"{path} is not the file of a practice tenant, and is not replaced by one")


def _fill(connection: sqlite3.Connection, state: State) -> None:
    connection.executescript(_TABLES)
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO meta VALUES ('number', ?)", (str(state.number),))
    objects = ((each.id, each.type, orjson.dumps(each.properties).decode()) for each in state.newest.entities())
    connection.executemany("INSERT INTO objects VALUES (?, ?, ?)", objects)
    connection.executemany("INSERT INTO links VALUES (?, ?, ?)", state.newest.links())
    log = ((each.number, each.time.isoformat(), _encoded(each.changes)) for each in state.log)
    connection.executemany("INSERT INTO log VALUES (?, ?, ?)", log)
    connection.execute("COMMIT")


def _read(connection: sqlite3.Connection) -> State:
    number = int(connection.execute("SELECT value FROM meta WHERE name = 'number'").fetchone()[0])
    rows = connection.execute("SELECT id, type, properties FROM objects")
    entities = [Entity(entity_id, type_name, orjson.loads(text)) for entity_id, type_name, text in rows]
    links = connection.execute("SELECT kind, source, target FROM links").fetchall()
    log = [_transaction(row) for row in connection.execute("SELECT number, time, changes FROM log ORDER BY number")]
    return State(View(entities, links), log, number)


def _carry_out(connection: sqlite3.Connection, changes: Iterable[Change]) -> None:
    for change in changes:
        if isinstance(change, Link):
            edit = "INSERT INTO links VALUES (?, ?, ?)"
            if not change.present:
                edit = "DELETE FROM links WHERE kind = ? AND source = ? AND target = ?"
            connection.execute(edit, (change.kind, change.source, change.target))
        elif change.after is None:
            connection.execute("DELETE FROM objects WHERE id = ?", (change.id,))
        else:
            row = (change.id, change.after.type, orjson.dumps(change.after.properties).decode())
            connection.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?)", row)


def _encoded(changes: Iterable[Change]) -> str:
    rows = [
        [each.kind, each.source, each.target, each.present]
        if isinstance(each, Link)
        else [_plain(each.before), _plain(each.after)]
        for each in changes
    ]
    return orjson.dumps(rows).decode()


def _plain(entity: Entity | None) -> list[Any] | None:
    return None if entity is None else [entity.id, entity.type, entity.properties]


def _transaction(row: tuple[int, str, str]) -> Transaction:
    number, time, text = row
    changes: list[Change] = []
    for each in orjson.loads(text):
        if len(each) == 4:
            changes.append(Link(*each))
        else:
            before, after = (None if side is None else Entity(*side) for side in each)
            changes.append(Put(before, after))
    return Transaction(number, datetime.fromisoformat(time), tuple(changes))
