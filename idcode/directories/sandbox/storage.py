"""A practice domain in one SQLite file: every change is in it, for good, before anybody is told of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from idcode.directories.sandbox import files
from idcode.directories.sandbox.domain import Domain
from idcode.directories.sandbox.schema import decode_schema, encode_schema
from idcode.directories.sandbox.tree import Guid, Node, Tree

FORMAT = 1
_FORM = files.Form(
    "a practice domain",
    0x1DC0DE,
    FORMAT,
    """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE objects (
    guid BLOB PRIMARY KEY, parent BLOB, rdn_type TEXT NOT NULL, name TEXT NOT NULL, "values" TEXT NOT NULL
);
CREATE TABLE refs (source BLOB NOT NULL, attribute TEXT NOT NULL, target BLOB NOT NULL);
CREATE INDEX refs_by_source ON refs (source, attribute, target);
""",
)


def create(path: Path, domain: Domain, *, unless_there: bool = False) -> None:
    """Write ``domain`` to a new file, readable by its owner only; an older one is replaced.

    With ``unless_there`` an older one stays, so that of several commands that begin at once all work on the same file.
    Raises ``DirectoryError`` where it cannot be written.
    """
    _FORM.create(path, partial(_fill, domain=domain), unless_there=unless_there)


def check_replaceable(path: Path) -> None:
    """Raise ``DirectoryError`` where something is at ``path`` that is no practice domain."""
    _FORM.check_replaceable(path)


def open_domain(path: Path) -> Domain:
    """Open the domain in ``path``; what is done to it is in the file from then on.

    Raises ``DirectoryError`` for a file that cannot be read, is none of these, is damaged, or is of a newer version.
    """
    return _File(path, files.connected(path)).domain


class _File:
    """The file of one domain; :class:`~idcode.directories.sandbox.domain.Keeper`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        with self._explained():
            _FORM.take(path, connection)
            self._seen: int | None = files.version_of(connection)
            self.domain = _read(connection)
        self.domain.keeper = self

    def refresh(self, domain: Domain) -> None:
        """Bring ``domain`` up to date with what other processes have written."""
        with self._explained():
            version = files.version_of(self._connection)
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

    def _explained(self) -> AbstractContextManager[None]:
        return _FORM.explained(self._path)


def _fill(connection: sqlite3.Connection, domain: Domain) -> None:
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
    connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    for node in domain.tree.nodes.values():
        _write(connection, None, node)


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
