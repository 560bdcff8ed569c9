"""One writer per directory: locks that name their owner, and that die with it.

A lock is a row. In SQLite it is good as long as the process that it names lives. In PostgreSQL it is good as long as
the session that wrote it lasts, which holds an advisory lock beside it (PostgreSQL 15, 13.3.5): the server ends that
session when the process ends, or when its machine cannot be reached any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Engine, delete, select, text

from idcode.model.errors import StoreError
from idcode.store import tables
from idcode.store.opening import failing, for_writing, writing
from idcode.store.owners import state_of_process, this_process
from idcode.store.records import LockRow, OwnerState

Note = Callable[[str], None]
"""Told in words what the user should know."""


@dataclass(frozen=True, slots=True)
class Held:
    """The locks of a run that is going on, and the connection that holds them."""

    session: Connection
    directories: frozenset[str]
    run_id: str

    def check(self) -> None:
        """Raise :class:`StoreError` where a lock is not held any more; inside a transaction of ``session``."""
        mine = {lock.directory for lock in held_locks(self.session) if lock.run_id == self.run_id}
        lost = sorted(self.directories - mine)
        if lost:
            raise StoreError(
                f"the lock of {lost[0]} was taken away from this run",
                hint=f"nothing more is written; how far it came: idcode runs {self.run_id}",
            )


@contextmanager
def hold(engine: Engine, directories: Collection[str], run_id: str, now: str, note: Note) -> Iterator[Held]:
    """Hold the locks of ``directories`` while the block runs.

    A lock whose owner has certainly ended is taken over, and ``note`` is told. Raises :class:`StoreError` that names
    the owner of a lock held by someone else.
    """
    with failing("cannot take the lock in the store"):
        session = for_writing(engine).connect()
    session.detach()  # it ends with the lock, and never goes back to the pool
    try:
        with failing("cannot take the lock in the store"), session.begin():
            wanted = [this_process(directory, run_id, now) for directory in sorted(set(directories))]
            left_behind = [lock for lock in (_take(session, mine) for mine in wanted) if lock]
        for lock in left_behind:
            note(
                f"{lock.directory} was still locked by {_named(lock)}, which has ended: this run takes the lock over; "
                f"how far the other one came: idcode runs {lock.run_id}"
            )
        try:
            yield Held(session, frozenset(directories), run_id)
        finally:
            # A row that cannot be removed now is one of an owner that has ended.
            with suppress(StoreError), failing("cannot release the lock"):
                if not session.invalidated:
                    with session.begin():
                        session.execute(delete(tables.locks).where(tables.locks.c.run_id == run_id))
    finally:
        session.close()


def _take(session: Connection, mine: LockRow) -> LockRow | None:
    """Take one lock; return the one that an owner who has ended left behind."""
    if _has_sessions(session):
        # Before the row is read: what is there after that, nobody can have put there but an owner who has ended.
        is_free = bool(session.execute(_CLAIM, {"key": _key(mine.directory)}).scalar())
        left = _find(session, mine.directory)
    else:
        left = _find(session, mine.directory)
        is_free = left is None or state_of_process(left) == "ended"
    if not is_free:
        raise StoreError(
            f"{mine.directory} is locked by {_named(left) if left else 'a run that begins at this moment'}",
            hint=f"wait for it to end; if it cannot be running any more: idcode unlock {mine.directory}",
        )
    if left is not None:
        _remove(session, left)
    session.execute(tables.locks.insert().values(**asdict(mine)))
    return left


def _named(lock: LockRow) -> str:
    return f"run {lock.run_id} of {lock.owner} (process {lock.pid}) since {lock.acquired_at}"


def going_on(lock: LockRow) -> StoreError:
    """Return why ``lock`` is not removed without force."""
    return StoreError(
        f"{lock.directory} is locked by {_named(lock)}, which is going on",
        hint="wait for it, or stop it with Ctrl-C; --force takes its lock away: it stops before its next write",
    )


def owner_state(connection: Connection, lock: LockRow) -> OwnerState:
    """Return whether the owner of ``lock`` lives."""
    if _has_sessions(connection):
        return "running" if _holders(connection, lock.directory) else "ended"
    return state_of_process(lock)


def take_away(engine: Engine, lock: LockRow, force: bool) -> bool:
    """Remove ``lock``, unless it has another owner by now; return whether it was there.

    With ``force`` also one whose owner lives: that run stops before its next write, in PostgreSQL by the end of its
    session. Raises :func:`going_on` for such a lock without ``force``.
    """
    with failing(f"cannot remove the lock of {lock.directory}"), writing(engine) as connection:
        if _find(connection, lock.directory) != lock:
            return False
        if owner_state(connection, lock) == "running":
            if not force:
                raise going_on(lock)
            if _has_sessions(connection):
                for pid in _holders(connection, lock.directory):
                    connection.execute(_END_SESSION, {"pid": pid})
        _remove(connection, lock)
        return True


def held_locks(connection: Connection) -> list[LockRow]:
    """Return all locks, by directory."""
    rows = connection.execute(select(tables.locks).order_by(tables.locks.c.directory)).mappings()
    return [LockRow(**row) for row in rows]


def _find(connection: Connection, directory: str) -> LockRow | None:
    return next((lock for lock in held_locks(connection) if lock.directory == directory), None)


def _remove(connection: Connection, lock: LockRow) -> None:
    connection.execute(delete(tables.locks).where(tables.locks.c.directory == lock.directory))


def _has_sessions(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


# An advisory lock has two numbers: that of the table of locks, so that stores in one database do not meet, and the
# directory's.
_TABLE = f"CAST(CAST('{tables.locks.name}' AS regclass) AS oid)"
_CLAIM = text(f"SELECT pg_try_advisory_lock(CAST({_TABLE} AS integer), :key)")
_HOLDERS = text(
    f"SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = {_TABLE} "
    "AND CAST(objid AS integer) = :key AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_END_SESSION = text("SELECT pg_terminate_backend(:pid, 5000)")


def _key(directory: str) -> int:
    return int.from_bytes(hashlib.sha256(directory.encode()).digest()[:4], "big", signed=True)


def _holders(connection: Connection, directory: str) -> list[int]:
    """Return the process ids, on the server, of the sessions that hold the advisory lock of ``directory``."""
    return list(connection.execute(_HOLDERS, {"key": _key(directory)}).scalars())
