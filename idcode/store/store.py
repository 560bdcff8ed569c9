"""The history of one project: every run, every write with its before-image, every lock."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, or_, update
from sqlalchemy.exc import IntegrityError

from idcode.model.errors import PlanRefused, StoreError
from idcode.model.values import iso
from idcode.model.writes import Outcome
from idcode.store import locks, tables
from idcode.store.history import History
from idcode.store.opening import failing, open_engine, writing
from idcode.store.owners import user_name
from idcode.store.records import ChangeRow, LockRow, OwnerState, RunStatus, WriteIntent

Clock = Callable[[], datetime]

_JOURNAL = "cannot write the journal"


def utc_now() -> datetime:
    """Return the wall clock in UTC."""
    return datetime.now(UTC)


def open_store(url: str, root: Path, clock: Clock = utc_now, note: locks.Note = lambda _text: None) -> Store:
    """Open the store at ``url`` (``sqlite:///path`` is relative to ``root``), making it where there is none.

    ``note`` is told what the user should know: a store brought up to date, a lock taken over. Raises
    :class:`StoreError` where the store cannot be opened or written, or was made by a later idcode.
    """
    engine, path, changed = open_engine(url, root)
    if changed:
        note(changed)
    return Store(engine, path, clock, note)


class Store(History):
    """The history, the journal of the run that is going on, and the locks.

    All methods raise :class:`StoreError` where the database refuses.
    What a method that writes has returned from is on disk. ``path`` is the file of a SQLite store, else ``None``.

    While locks are held, everything is written over the connection that holds them: a run that has lost its locks has
    lost its journal, and without a journal nothing is sent.
    """

    def __init__(self, engine: Engine, path: Path | None, clock: Clock, note: locks.Note) -> None:
        super().__init__(engine)
        self.path, self._clock, self._note = path, clock, note
        self._held: locks.Held | None = None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        # A connection that broke would come back as another one, without the locks: it is not used again.
        if self._held is None or self._held.session.invalidated:
            with writing(self._engine) as connection:
                yield connection
        else:
            with self._held.session.begin():
                yield self._held.session

    def _now(self) -> str:
        return iso(self._clock())

    def close(self) -> None:
        """Close the connections; safe to call twice."""
        self._engine.dispose()

    def new_run_id(self) -> str:
        """Return a run id that sorts by time, such as ``20261123T194100Z-ab12cd``."""
        return f"{self._clock().astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"

    def begin_run(self, run_id: str, document: Mapping[str, Any], overrides: Mapping[str, int]) -> None:
        """Write down that the plan (in its JSON form) is being applied from now on.

        Raises :class:`PlanRefused` where a plan with this ``plan_id`` was applied before: plans are single-use.
        """
        row = {
            "run_id": run_id,
            **{name: document[name] for name in ("plan_id", "kind", "rolls_back", "as_of")},
            "config_digest": document["project"]["config_digest"],
            "status": "running",
            "started_at": self._now(),
            "actor": user_name(),
            "host": socket.gethostname(),
            "counts": {},
            "overrides": dict(overrides),
            "plan": dict(document),
        }
        with failing(_JOURNAL):
            try:
                with self._writing() as connection:
                    connection.execute(tables.runs.insert().values(**row))
            except IntegrityError:
                raise PlanRefused(
                    f"the plan was applied before, by run {self.plan_used(row['plan_id'])}",
                    hint="a plan is good for one apply: make a new one with idcode plan --out FILE",
                ) from None

    def begin_again(self, run_id: str) -> None:
        """Write down that a run which had ended, or whose process had, is going on."""
        row = {"status": "running", "finished_at": None, "message": None}
        with failing(_JOURNAL), self._writing() as connection:
            connection.execute(update(tables.runs).where(tables.runs.c.run_id == run_id).values(**row))

    def record_intents(self, run_id: str, changes: Iterable[ChangeRow], writes: Iterable[WriteIntent]) -> None:
        """Write down what is about to be sent, with what is there now; all of it or nothing.

        It takes the place of what an earlier attempt wrote down about ``changes``, except for writes that are done.
        Raises :class:`StoreError` where a lock of the run was taken away meanwhile.
        """
        now = self._now()
        change_rows = [{"run_id": run_id, **_columns(change), "at": now} for change in changes]
        write_rows = [{"run_id": run_id, "intent_at": now, **_intent_columns(intent)} for intent in writes]
        with failing(_JOURNAL), self._writing() as connection:
            if self._held is not None:
                self._held.check()
            if change_rows:
                _forget(connection, run_id, [row["change_id"] for row in change_rows])
                connection.execute(tables.changes.insert(), change_rows)
            if write_rows:
                connection.execute(tables.writes.insert(), write_rows)

    def record_outcome(self, run_id: str, outcome: Outcome) -> None:
        """Write down what became of a write; a later outcome of the same write replaces an earlier one."""
        table = tables.writes
        row = {
            "outcome": outcome.status,
            "code": outcome.code,
            "message": outcome.message,
            "anchor": outcome.anchor,
            "outcome_at": self._now(),
        }
        chosen = update(table).where(table.c.run_id == run_id, table.c.write_id == outcome.write_id)
        with failing(_JOURNAL), self._writing() as connection:
            if connection.execute(chosen.values(**row)).rowcount != 1:
                raise StoreError(f"the journal holds no intent for write {outcome.write_id}")

    def record_changes(self, run_id: str, changes: Iterable[ChangeRow]) -> None:
        """Write down where changes stand; for one with an intent only status, message and anchor are renewed."""
        table, now = tables.changes, self._now()
        with failing(_JOURNAL), self._writing() as connection:
            for change in changes:
                renewed = {"status": change.status, "message": change.message, "anchor": change.anchor, "at": now}
                known = update(table).where(table.c.run_id == run_id, table.c.change_id == change.change_id)
                if connection.execute(known.values(**renewed)).rowcount == 0:
                    connection.execute(table.insert().values(run_id=run_id, **_columns(change) | {"at": now}))

    def finish_run(self, run_id: str, status: RunStatus, counts: Mapping[str, int], message: str | None = None) -> None:
        """Write down how a run ended."""
        row = {"status": status, "counts": dict(counts), "message": message, "finished_at": self._now()}
        with failing(_JOURNAL), self._writing() as connection:
            connection.execute(update(tables.runs).where(tables.runs.c.run_id == run_id).values(**row))

    @contextmanager
    def lock(self, directories: Collection[str], run_id: str) -> Iterator[None]:
        """Hold the locks of ``directories`` for ``run_id``; :func:`idcode.store.locks.hold`."""
        outer = self._held
        with locks.hold(self._engine, directories, run_id, self._now(), self._note) as self._held:
            try:
                yield
            finally:
                self._held = outer

    def locks(self) -> list[LockRow]:
        """Return all locks."""
        with failing("cannot read the locks"), self._engine.begin() as connection:
            return locks.held_locks(connection)

    def owner_state(self, lock: LockRow) -> OwnerState:
        """Return whether the owner of ``lock`` lives."""
        with failing("cannot read the locks"), self._engine.begin() as connection:
            return locks.owner_state(connection, lock)

    def may_be_going_on(self, run_id: str) -> bool:
        """Return whether a run holds a lock and its owner has not certainly ended."""
        return any(lock.run_id == run_id and self.owner_state(lock) != "ended" for lock in self.locks())

    def unlock(self, lock: LockRow, force: bool = False) -> bool:
        """Remove ``lock``; :func:`idcode.store.locks.take_away`."""
        return locks.take_away(self._engine, lock, force)


def _forget(connection: Connection, run_id: str, change_ids: Iterable[str]) -> None:
    """Remove changes, and their writes that are not done."""
    named = [{"named": change_id} for change_id in change_ids]
    not_done = or_(tables.writes.c.outcome.is_(None), tables.writes.c.outcome != "done")
    for table, chosen in ((tables.changes, []), (tables.writes, [not_done])):
        of_change = (table.c.run_id == run_id, table.c.change_id == bindparam("named"))
        connection.execute(delete(table).where(*of_change, *chosen), named)


def _columns(change: ChangeRow) -> dict[str, Any]:
    return {name: getattr(change, name) for name in ChangeRow.__slots__}


def _intent_columns(intent: WriteIntent) -> dict[str, Any]:
    return {
        "write_id": intent.write.id,
        "change_id": intent.write.change_id,
        "kind": intent.write.kind,
        "request": dict(intent.write.request),
        "position": intent.position,
        "batch": intent.batch,
        "directory": intent.directory,
        "address": intent.address,
        "before": dict(intent.before),
    }
