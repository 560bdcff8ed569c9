"""Opening the history: where it is, who may read it, and whether this idcode knows its form."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from idcode.model.errors import StoreError
from idcode.store import tables

_WRITES = "idcode_writes"
_BUSY_MILLISECONDS = 30_000


def open_engine(url: str, root: Path) -> tuple[Engine, Path | None]:
    """Connect to the store at ``url`` and make its tables where there are none.

    Returns the engine and, for SQLite, the file; a relative path is below ``root``. New folders are made with mode
    0700 and new files with 0600. Raises :class:`StoreError` where the store cannot be opened or written, or was
    made by a later idcode.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise StoreError("the store is not a database URL", hint=_HINT) from None
    path = _prepare_file(parsed, root) if parsed.get_backend_name() == "sqlite" else None
    if path is not None:
        parsed = parsed.set(database=str(path))
    where = parsed.render_as_string(hide_password=True)
    try:
        engine = create_engine(parsed, hide_parameters=True)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(f"the store {where} needs a database driver: {error}", hint=_HINT) from None
    if path is not None:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        with failing(f"cannot open the store {where}"), writing(engine) as connection:
            _check_version(connection, where)
    except StoreError:
        engine.dispose()
        raise
    return engine, path


_HINT = "store: sqlite:///.idcode/idcode.db, or postgresql+psycopg://user@host/database with psycopg installed"


@contextmanager
def failing(what: str) -> Iterator[None]:
    """Turn a database's refusal into a :class:`StoreError`; the statement and its parameters are not shown."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip()
        raise StoreError(
            f"{what}: {reason}", hint="free space, check the permissions or the server, then try again"
        ) from None


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write; on disk when the block ends."""
    with engine.execution_options(**{_WRITES: True}).begin() as connection:
        yield connection


def _prepare_file(url: URL, root: Path) -> Path:
    if not url.database or url.database == ":memory:" or url.query:
        raise StoreError("the store must be a file: history in memory is lost with the run", hint=_HINT)
    path = root / url.database
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(
            f"cannot open the store {path}: {error.strerror}", hint="check the folder's permissions"
        ) from None
    return path


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, not where the driver guesses
    cursor = connection.cursor()
    # FULL: an intent must be on disk, not in the system's buffers, before the write it announces is sent.
    for setting in (f"busy_timeout={_BUSY_MILLISECONDS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE: two writers queue instead of failing when the second one turns from reading to writing.
    mode = "IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")


def _check_version(connection: Connection, where: str) -> None:
    if not inspect(connection).has_table(tables.schema.name):
        tables.metadata.create_all(connection)
        connection.execute(tables.schema.insert().values(version=tables.SCHEMA_VERSION))
        return
    version = connection.execute(select(tables.schema.c.version)).scalar()
    if version != tables.SCHEMA_VERSION:
        raise StoreError(
            f"the store {where} has schema {version}, this idcode knows {tables.SCHEMA_VERSION}",
            hint="use the version of idcode that made it, or a newer one",
        )
