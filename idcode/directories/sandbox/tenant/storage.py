"""A practice tenant in one SQLite file: every write is in it, for good, before anybody is told of it.

The file holds the objects and links as they are, and the transactions of the last days; other processes learn of a
transaction by reading it there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from idcode.directories.sandbox import files
from idcode.directories.sandbox.tenant.entities import Change, Entity, Link, Put, Transaction
from idcode.directories.sandbox.tenant.state import State
from idcode.directories.sandbox.tenant.view import View

_FORM = files.Form(
    "a practice tenant",
    0x1DC0DF,
    1,
    """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE objects (id TEXT PRIMARY KEY, type TEXT NOT NULL, properties TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE links (
    kind TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, PRIMARY KEY (kind, source, target)
) WITHOUT ROWID;
CREATE TABLE log (number INTEGER PRIMARY KEY, time TEXT NOT NULL, changes TEXT NOT NULL);
""",
)


def create(path: Path, state: State, *, unless_there: bool = False) -> None:
    """Write a tenant to a new file, readable by its owner only; an older one is replaced.

    With ``unless_there`` an older one stays, so that of several commands that begin at once all work on the same file.
    Raises ``DirectoryError`` where it cannot be written, or something is there that is no practice tenant.
    """
    _FORM.check_replaceable(path)
    _FORM.create(path, partial(_fill, state=state), unless_there=unless_there)


def check_replaceable(path: Path) -> None:
    """Raise ``DirectoryError`` where something is at ``path`` that is no practice tenant."""
    _FORM.check_replaceable(path)


def open_state(path: Path) -> State:
    """Return the state of the tenant in ``path``; what is done to it is in the file from then on.

    Raises ``DirectoryError`` for a file that cannot be read, is none of these, or is of another version.
    """
    return _File(path, files.connected(path, any_thread=True)).state


class _File:
    """The file of one tenant; :class:`~idcode.directories.sandbox.tenant.state.Keeper`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        with self._explained():
            _FORM.take(path, connection)
            connection.execute("BEGIN")
            self._seen = files.version_of(connection)
            self.state = _read(connection)
            connection.execute("ROLLBACK")
        self.state.keeper = self

    def refresh(self, state: State) -> None:
        """Bring ``state`` up to date with what other processes have written."""
        with self._explained():
            version = files.version_of(self._connection)
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

    def _explained(self) -> AbstractContextManager[None]:
        return _FORM.explained(self._path)


def _fill(connection: sqlite3.Connection, state: State) -> None:
    connection.execute("INSERT INTO meta VALUES ('number', ?)", (str(state.number),))
    objects = ((each.id, each.type, orjson.dumps(each.properties).decode()) for each in state.newest.entities())
    connection.executemany("INSERT INTO objects VALUES (?, ?, ?)", objects)
    connection.executemany("INSERT INTO links VALUES (?, ?, ?)", state.newest.links())
    log = ((each.number, each.time.isoformat(), _encoded(each.changes)) for each in state.log)
    connection.executemany("INSERT INTO log VALUES (?, ?, ?)", log)


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
