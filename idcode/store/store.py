"""The history of one project: every run, every write with its before-image, every lock."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row, select, update
from sqlalchemy.exc import IntegrityError

from idcode.model.errors import PlanRefused, StoreError
from idcode.model.values import iso
from idcode.model.writes import Outcome
from idcode.store import held, locks, tables
from idcode.store.opening import failing, open_engine, writing
from idcode.store.records import ChangeRow, LockRow, RunRow, RunStatus, WriteIntent, WriteRow

Clock = Callable[[], datetime]

_JOURNAL = "cannot write the journal"
_HISTORY = "cannot read the history"


def utc_now() -> datetime:
    """Return the wall clock in UTC."""
    return datetime.now(UTC)


def open_store(url: str, root: Path, clock: Clock = utc_now) -> Store:
    """Open the store at ``url`` (``sqlite:///path`` is relative to ``root``), making it where there is none.

    Raises :class:`StoreError` where it cannot be opened or written, or was made by a later idcode.
    """
    engine, path = open_engine(url, root)
    return Store(engine, path, clock)


class Store:
    """The history. All methods raise :class:`StoreError` where the database refuses.

    What a method that writes has returned from is on disk. ``path`` is the file of a SQLite store, else ``None``.
    """

    def __init__(self, engine: Engine, path: Path | None, clock: Clock) -> None:
        self._engine, self.path, self._clock = engine, path, clock

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
            "actor": locks.user_name(),
            "host": socket.gethostname(),
            "counts": {},
            "overrides": dict(overrides),
            "plan": dict(document),
        }
        with failing(_JOURNAL):
            try:
                with writing(self._engine) as connection:
                    connection.execute(tables.runs.insert().values(**row))
            except IntegrityError:
                raise PlanRefused(
                    f"the plan was applied before, by run {self.plan_used(row['plan_id'])}",
                    hint="a plan is good for one apply: make a new one with idcode plan --out FILE",
                ) from None

    def record_intents(self, run_id: str, changes: Iterable[ChangeRow], writes: Iterable[WriteIntent]) -> None:
        """Write down what is about to be sent, with what is there now; all of it or nothing."""
        now = self._now()
        change_rows = [{"run_id": run_id, **_columns(change), "at": now} for change in changes]
        write_rows = [{"run_id": run_id, "intent_at": now, **_intent_columns(intent)} for intent in writes]
        with failing(_JOURNAL), writing(self._engine) as connection:
            if change_rows:
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
        with failing(_JOURNAL), writing(self._engine) as connection:
            if connection.execute(chosen.values(**row)).rowcount != 1:
                raise StoreError(f"the journal holds no intent for write {outcome.write_id}")

    def record_changes(self, run_id: str, changes: Iterable[ChangeRow]) -> None:
        """Write down where changes stand; for one with an intent only status, message and anchor are renewed."""
        table, now = tables.changes, self._now()
        with failing(_JOURNAL), writing(self._engine) as connection:
            for change in changes:
                renewed = {"status": change.status, "message": change.message, "anchor": change.anchor, "at": now}
                known = update(table).where(table.c.run_id == run_id, table.c.change_id == change.change_id)
                if connection.execute(known.values(**renewed)).rowcount == 0:
                    connection.execute(table.insert().values(run_id=run_id, **_columns(change) | {"at": now}))

    def finish_run(self, run_id: str, status: RunStatus, counts: Mapping[str, int], message: str | None = None) -> None:
        """Write down how a run ended."""
        row = {"status": status, "counts": dict(counts), "message": message, "finished_at": self._now()}
        with failing(_JOURNAL), writing(self._engine) as connection:
            connection.execute(update(tables.runs).where(tables.runs.c.run_id == run_id).values(**row))

    def runs(self) -> list[RunRow]:
        """Return all runs, newest first."""
        table = tables.runs
        columns = [table.c[name] for name in RunRow.__slots__]
        query = select(*columns).order_by(table.c.started_at.desc(), table.c.run_id.desc())
        return [_run(row) for row in self._all(query)]

    def run(self, run_id: str) -> RunRow:
        """Return one run; raises :class:`StoreError` where there is none of this id."""
        table = tables.runs
        columns = [table.c[name] for name in RunRow.__slots__]
        for row in self._all(select(*columns).where(table.c.run_id == run_id)):
            return _run(row)
        raise StoreError(f"there is no run {run_id!r}", hint="idcode runs lists them")

    def plan_document(self, run_id: str) -> dict[str, Any]:
        """Return the plan of a run in its JSON form; empty where there is no such run."""
        for row in self._all(select(tables.runs.c.plan).where(tables.runs.c.run_id == run_id)):
            return dict(row.plan)
        return {}

    def changes(self, run_id: str) -> list[ChangeRow]:
        """Return where the changes of a run stand, in the order of its batches; those never reached are left out."""
        table = tables.changes
        query = select(*[table.c[name] for name in ChangeRow.__slots__]).where(table.c.run_id == run_id)
        rows = self._all(query.order_by(table.c.batch, table.c.change_id))
        return [ChangeRow(**row._mapping) for row in rows]

    def writes(self, run_id: str) -> list[WriteRow]:
        """Return the journal of a run in the order of its writes."""
        table = tables.writes
        query = select(*[table.c[name] for name in WriteRow.__slots__]).where(table.c.run_id == run_id)
        return [WriteRow(**row._mapping) for row in self._all(query.order_by(table.c.batch, table.c.position))]

    def plan_used(self, plan_id: str) -> str | None:
        """Return the run that applied a plan, if any did."""
        for row in self._all(select(tables.runs.c.run_id).where(tables.runs.c.plan_id == plan_id)):
            return str(row.run_id)
        return None

    def rolled_back_keys(self, config_digest: str) -> set[str]:
        """Return the keys of the changes that rollbacks undid and nothing did again since.

        Only runs of the configuration ``config_digest`` count: once the files change, nothing is held any more.
        """
        run, change = tables.runs, tables.changes
        history = self._all(
            select(run.c.run_id, run.c.kind, run.c.rolls_back, run.c.config_digest)
            .order_by(run.c.started_at, run.c.run_id)
        )  # fmt: skip
        finished = self._all(
            select(change.c.run_id, change.c.change_id, change.c.key).where(change.c.status.in_(("done", "already")))
        )
        return held.keys_held([tuple(row) for row in history], [tuple(row) for row in finished], config_digest)

    def lock(self, directories: Collection[str], run_id: str) -> AbstractContextManager[None]:
        """Hold the locks of ``directories`` for ``run_id``; :func:`idcode.store.locks.hold`."""
        return locks.hold(self._engine, directories, run_id, self._now())

    def locks(self) -> list[LockRow]:
        """Return all locks."""
        with failing(_HISTORY), self._engine.begin() as connection:
            return locks.held_locks(connection)

    def unlock(self, directory: str) -> None:
        """Remove the lock of ``directory``, whoever holds it."""
        with failing("cannot remove the lock"), writing(self._engine) as connection:
            locks.release(connection, directory)

    def _all(self, query: Any) -> list[Row[Any]]:
        with failing(_HISTORY), self._engine.begin() as connection:
            return list(connection.execute(query))


def _run(row: Row[Any]) -> RunRow:
    return RunRow(**row._mapping)


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
