"""A practice domain in one SQLite file: every change is in it, for good, before anybody is told of it."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from idcode.directories.sandbox.domain import Domain
from idcode.directories.sandbox.schema import decode_schema, encode_schema
from idcode.directories.sandbox.tree import Guid, Node, Tree
from idcode.model.errors import DirectoryError

FORMAT = 1
_APPLICATION = 0x1DC0DE
"""Marks the file as one of idcode's (``PRAGMA application_id``)."""
_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE objects (
    guid BLOB PRIMARY KEY, parent BLOB, rdn_type TEXT NOT NULL, name TEXT NOT NULL, "values" TEXT NOT NULL
);
CREATE TABLE refs (source BLOB NOT NULL, attribute TEXT NOT NULL, target BLOB NOT NULL);
CREATE INDEX refs_by_source ON refs (source, attribute, target);
"""
_LOCK_SECONDS = 10
_HINT = "Make it anew with `idcode sandbox reset`."
_FOREIGN_HINT = "Check path in idcode.yaml; if nobody needs the file, delete it."
_HINTS = {
    sqlite3.SQLITE_BUSY: "Wait for other commands that work on it, and try again.",
    sqlite3.SQLITE_FULL: "Make room on the disk, and try again.",
    sqlite3.SQLITE_READONLY: "Check who may write the file and its folder.",
}
"""By the error code of SQLite."""


def create(path: Path, domain: Domain, *, unless_there: bool = False) -> None:
    """Write ``domain`` to a new file, readable by its owner only; an older one is replaced.

    With ``unless_there`` an older one stays, so that of several commands that begin at once all work on the same file.
    Raises ``DirectoryError`` where it cannot be written.
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        connection = sqlite3.connect(fresh, isolation_level=None)
        try:
            _fill(connection, domain)
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


def check_replaceable(path: Path) -> None:
    """Raise ``DirectoryError`` where something is at ``path`` that is no practice domain: nobody wants to lose that."""
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
        raise DirectoryError(f"{path} is not the file of a practice domain, and is not replaced by one", _FOREIGN_HINT)


def place(fresh: Path, path: Path) -> None:
    """Give ``fresh`` the name ``path`` unless something has it: a rename would replace what another command made."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        if not path.exists():
            fresh.replace(path)
    fresh.unlink(missing_ok=True)


def open_domain(path: Path) -> Domain:
    """Open the domain in ``path``; what is done to it is in the file from then on.

    Raises ``DirectoryError`` for a file that cannot be read, is none of these, is damaged, or is of a newer version.
    """
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=_LOCK_SECONDS
        )
    except sqlite3.Error as error:
        raise DirectoryError(f"{path} cannot be opened: {error}", _HINT) from None
    return _File(path, connection).domain


class _File:
    """The file of one domain; :class:`~idcode.directories.sandbox.domain.Keeper`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        with self._explained():
            # What was written survives this process, however it ends; a practice domain need not survive a power cut.
            connection.execute("PRAGMA synchronous = OFF")
            self._check()
            self._seen: int | None = self._version()
            self.domain = _read(connection)
        self.domain.keeper = self

    def refresh(self, domain: Domain) -> None:
        """Bring ``domain`` up to date with what other processes have written."""
        with self._explained():
            version = self._version()
            if version != self._seen:
                now = _read(self._connection)
                domain.tree, domain.usn, domain.rid = now.tree, now.usn, now.rid
                self._seen = version

    @contextmanager
    def writing(self, domain: Domain) -> Iterator[None]:
        """Keep others from writing meanwhile; bring ``domain`` up to date first."""
        with self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            self.refresh(domain)
            seen = self._seen
            yield
            self._seen = seen
        finally:
            if self._connection.in_transaction:
                self._connection.rollback()

    def save(self, usn: int, rid: int, nodes: Sequence[Node], tree: Tree) -> None:
        """Write objects that change from what ``tree`` holds, for good."""
        with self._explained():
            for node in nodes:
                _write(self._connection, tree.nodes.get(node.guid), node)
            self._connection.executemany(
                "UPDATE meta SET value = ? WHERE name = ?", [(str(usn), "usn"), (str(rid), "rid")]
            )
            self._seen = None  # until ``domain`` holds it too: an interrupt may come in between
            self._connection.commit()

    def _version(self) -> int:
        # Another number for every change that another connection has made.
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _check(self) -> None:
        (mark,), (version,) = (
            self._connection.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
        )
        if mark != _APPLICATION:
            raise DirectoryError(f"{self._path} is not the file of a practice domain", _FOREIGN_HINT)
        if version != FORMAT:
            raise DirectoryError(
                f"{self._path} was written by another version of idcode (format {version}; this one has {FORMAT})",
                "Use that version, or make it anew with `idcode sandbox reset`.",
            )
        (health,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if health != "ok":
            raise DirectoryError(f"{self._path} is damaged: {health}", _HINT)

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
        except (sqlite3.Error, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DirectoryError(
                f"{self._path} is damaged, or not the file of a practice domain: {error}", _HINT
            ) from None


def _fill(connection: sqlite3.Connection, domain: Domain) -> None:
    connection.executescript(_TABLES)
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    meta = {
        "root_dn": domain.root_dn,
        "sid": domain.sid,
        "invocation_id": domain.invocation_id,
        "server": domain.server,
        "recycle_bin": str(int(domain.recycle_bin)),
        "usn": str(domain.usn),
        "rid": str(domain.rid),
        "schema": json.dumps(encode_schema(domain.schema)),
    }
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    for node in domain.tree.nodes.values():
        _write(connection, None, node)
    connection.commit()


def _write(connection: sqlite3.Connection, old: Node | None, node: Node) -> None:
    connection.execute(
        'INSERT INTO objects (guid, parent, rdn_type, name, "values") VALUES (?, ?, ?, ?, ?) ON CONFLICT (guid) DO '
        'UPDATE SET parent = excluded.parent, name = excluded.name, "values" = excluded."values"',
        (node.guid, node.parent, node.rdn_type, node.name, _encoded(node.values)),
    )
    for name in {*node.references, *(old.references if old else ())}:
        before, after = old.refers(name) if old else {}, node.refers(name)
        connection.executemany(
            "DELETE FROM refs WHERE source = ? AND attribute = ? AND target = ?",
            [(node.guid, name, target) for target in before if target not in after],
        )
        connection.executemany(
            "INSERT INTO refs VALUES (?, ?, ?)",
            [(node.guid, name, target) for target in after if target not in before],
        )


def _read(connection: sqlite3.Connection) -> Domain:
    """Read the whole file as it is at one moment, whatever others write meanwhile."""
    if connection.in_transaction:
        return _read_all(connection)
    connection.execute("BEGIN")
    try:
        return _read_all(connection)
    finally:
        connection.rollback()


def _read_all(connection: sqlite3.Connection) -> Domain:
    meta: dict[str, str] = dict(connection.execute("SELECT name, value FROM meta"))
    domain = Domain(
        meta["root_dn"],
        decode_schema(json.loads(meta["schema"])),
        sid=meta["sid"],
        invocation_id=meta["invocation_id"],
        server=meta["server"],
        recycle_bin=meta["recycle_bin"] == "1",
        usn=int(meta["usn"]),
        rid=int(meta["rid"]),
    )
    references: dict[Guid, dict[str, dict[Guid, None]]] = {}
    for source, attribute, target in connection.execute("SELECT source, attribute, target FROM refs ORDER BY rowid"):
        references.setdefault(source, {}).setdefault(attribute, {})[target] = None
    rows = connection.execute('SELECT guid, parent, rdn_type, name, "values" FROM objects ORDER BY rowid')
    for guid, parent, rdn_type, name, text in rows:
        domain.tree.put(Node(guid, parent, rdn_type, name, _decoded(text), references.get(guid, {})))
    if not domain.tree.is_whole():
        raise ValueError("objects are missing")
    return domain


def _encoded(values: Mapping[str, tuple[bytes, ...]]) -> str:
    """Return values as JSON, legible as far as they are text: bytes that are none become lone surrogates."""
    return json.dumps(
        {name: [raw.decode("utf-8", "surrogateescape") for raw in found] for name, found in values.items()}
    )


def _decoded(text: str) -> dict[str, tuple[bytes, ...]]:
    data: dict[str, list[Any]] = json.loads(text)
    return {name: tuple(item.encode("utf-8", "surrogateescape") for item in found) for name, found in data.items()}
