"""One writer per directory: locks that name their owner."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.exc import IntegrityError

from idcode.model.errors import StoreError
from idcode.store import tables
from idcode.store.opening import failing, writing
from idcode.store.records import LockRow


def user_name() -> str:
    """Return who runs this process, as the operating system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def place() -> str:
    """Return what distinguishes this set of process ids from all others: host, boot, and container."""
    parts = [socket.gethostname()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    except OSError:
        parts.append(sys.platform)
    return "/".join(parts)


def owner_is_gone(lock: LockRow) -> bool:
    """Whether the process that holds ``lock`` has certainly ended; ``False`` where it cannot be seen from here."""
    if lock.place != place() or not Path("/proc/self").exists():
        return False
    return not Path(f"/proc/{lock.pid}").exists()


@contextmanager
def hold(engine: Engine, directories: Collection[str], run_id: str, now: str) -> Iterator[None]:
    """Hold the locks of ``directories`` while the block runs.

    A lock whose owner has certainly ended is taken over. Raises :class:`StoreError` that names the owner of a lock
    held by someone else.
    """
    _acquire(engine, directories, run_id, now)
    try:
        yield
    finally:
        with failing("cannot release the lock in the store"), writing(engine) as connection:
            connection.execute(delete(tables.locks).where(tables.locks.c.run_id == run_id))


def _acquire(engine: Engine, directories: Collection[str], run_id: str, now: str) -> None:
    host = socket.gethostname()
    with failing("cannot take the lock in the store"):
        try:
            with writing(engine) as connection:
                held = {lock.directory: lock for lock in held_locks(connection)}
                for directory in sorted(set(directories)):
                    if directory in held:
                        _take_over(connection, held[directory])
                    row = LockRow(directory, run_id, f"{user_name()} on {host}", place(), os.getpid(), now)
                    connection.execute(tables.locks.insert().values(**_columns(row)))
        except IntegrityError:
            raise StoreError("another run took the lock at the same moment", hint="wait for it to end") from None


def _take_over(connection: Connection, lock: LockRow) -> None:
    if not owner_is_gone(lock):
        raise StoreError(
            f"{lock.directory} is locked by run {lock.run_id} of {lock.owner} (process {lock.pid}) "
            f"since {lock.acquired_at}",
            hint=f"wait for it to end; if it cannot be running any more, delete its row from {tables.locks.name}",
        )
    release(connection, lock.directory)


def release(connection: Connection, directory: str) -> None:
    """Remove the lock of ``directory``, whoever holds it."""
    connection.execute(delete(tables.locks).where(tables.locks.c.directory == directory))


def held_locks(connection: Connection) -> list[LockRow]:
    """Return all locks, by directory."""
    rows = connection.execute(select(tables.locks).order_by(tables.locks.c.directory)).mappings()
    return [LockRow(**row) for row in rows]


def _columns(lock: LockRow) -> dict[str, str | int]:
    return {name: getattr(lock, name) for name in LockRow.__slots__}
