"""Opening the history: where it is, who may read it, and whether this idcode knows its form."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from idcode.model.errors import StoreError
from idcode.store.migrations import bring_up_to_date

_WRITES = "idcode_writes"
_PATIENCE_SECONDS = 30
"""How long one command waits for another one's transaction."""
_POSTGRESQL = "postgresql+psycopg"
_SHORT_FORMS = ("postgres", "postgresql")
_HINT = "store: sqlite:///.idcode/idcode.db, or postgresql://user@host/database"


def open_engine(url: str, root: Path) -> tuple[Engine, Path | None, str | None]:
    """Connect to the store at ``url``, make its tables where there are none, and bring older ones up to date.

    Returns the engine; for SQLite the file; and what the user should know. A relative path is below ``root``. New
    folders are made with mode 0700 and new files with 0600. Raises :class:`StoreError` where the store cannot be
    opened or written, or was made by a later idcode.
    """
    parsed = _read_url(url)
    path = _prepare_file(parsed, root) if parsed.drivername == "sqlite" else None
    if path is not None:
        parsed = parsed.set(database=str(path))
    where = parsed.render_as_string(hide_password=True)
    engine = _sqlite(parsed) if path is not None else _postgresql(parsed)
    try:
        with failing(f"cannot open the store {where}"), writing(engine) as connection:
            note = bring_up_to_date(connection, where)
    except StoreError:
        engine.dispose()
        raise
    return engine, path, note


def _read_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise StoreError("the store is not a database URL", hint=_HINT) from None
    if parsed.drivername in _SHORT_FORMS:
        parsed = parsed.set(drivername=_POSTGRESQL)
    if parsed.drivername not in ("sqlite", _POSTGRESQL):
        raise StoreError(f"the store cannot be kept in {parsed.drivername}, only in SQLite or PostgreSQL", hint=_HINT)
    return parsed


@contextmanager
def failing(what: str) -> Iterator[None]:
    """Turn a database's refusal into a :class:`StoreError`; the statement and its parameters are not shown."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(
            f"{what}: {_reason(error)}", hint="free space, check the permissions or the server, then try again"
        ) from None


def _reason(error: SQLAlchemyError) -> str:
    cause = getattr(error, "orig", None) or error
    # What PostgreSQL adds to its first sentence may show the row, and with it values of people.
    sentence = getattr(getattr(cause, "diag", None), "message_primary", None)
    return " ".join(str(sentence or cause).split())


def for_writing(engine: Engine) -> Engine:
    """Return the engine with transactions that may write."""
    return engine.execution_options(**{_WRITES: True})


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write; on disk when the block ends."""
    with for_writing(engine).begin() as connection:
        yield connection


def _prepare_file(url: URL, root: Path) -> Path:
    if not url.database or url.database == ":memory:" or url.query:
        raise StoreError("the store must be a file: history in memory is lost with the run", hint=_HINT)
    path = root / url.database
    try:
        for folder in (*reversed(path.parent.parents), path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(
            f"cannot open the store {path}: {error.strerror}", hint="check the folder's permissions"
        ) from None
    return path


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, not where the driver guesses
    patience = f"busy_timeout={_PATIENCE_SECONDS * 1000}"
    cursor = connection.cursor()
    # FULL: an intent must be on disk, not in the system's buffers, before the write it announces is sent.
    for setting in (patience, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE: two writers queue instead of failing when the second one turns from reading to writing.
    mode = "IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")


_CONNECTING: dict[str, str | int] = {
    "application_name": "idcode",
    "client_encoding": "utf8",
    "connect_timeout": 10,
    # A server that has vanished is noticed in a minute and not in hours.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""Parameters of libpq (PostgreSQL 15, 34.1.2) where the URL does not say otherwise."""
_SESSION = (
    f"SET lock_timeout = '{_PATIENCE_SECONDS}s'",
    # The session that holds a lock is silent while a batch is on its way, and its end is the end of the lock: by
    # itself it does not end, and where its machine has vanished the server notices in two minutes.
    "SET idle_session_timeout = 0",
    "SET tcp_keepalives_idle = 60",
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 6",
    # An intent must be on the server's disk before the write it announces is sent.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
)


def _postgresql(url: URL) -> Engine:
    chosen = {name: value for name, value in _CONNECTING.items() if name not in url.query}
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=chosen)
    event.listen(engine, "connect", _set_up_postgresql)
    return engine


def _set_up_postgresql(connection: Any, _record: Any) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        raise StoreError(
            f"the database of the store has the encoding {encoding}, which cannot hold every name",
            hint="make one that can: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
        )
    for setting in _SESSION:
        connection.execute(setting)
    connection.commit()
