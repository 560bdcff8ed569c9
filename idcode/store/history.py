"""Looking back: runs, their journals, and what stays undone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, Row, select

from idcode.model.errors import StoreError
from idcode.store import held, tables
from idcode.store.opening import failing
from idcode.store.records import ChangeRow, RunRow, WriteRow


class History:
    """What was done. All methods raise :class:`StoreError` where the database refuses."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

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
        hint = "idcode runs lists them, idcode runs --sandbox those of the sandbox"
        raise StoreError(f"there is no run {run_id!r}", hint=hint)

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

    def directories_of(self, run_id: str) -> set[str]:
        """Return the directories that the changes of a run are in."""
        table = tables.changes
        query = select(table.c.directory).where(table.c.run_id == run_id).distinct()
        return {str(row.directory) for row in self._all(query)}

    def rolled_back(self, config_digest: str) -> frozenset[str]:
        """Return what rollbacks undid and nothing did again since: keys of changes, and addresses of creations.

        Only runs of the configuration ``config_digest`` count: once the files change, nothing is held any more. A
        creation is held by its address too, for it is not the same change the next time: the name that it had is on
        a deleted object.
        """
        run, change = tables.runs, tables.changes
        undone = run.alias()
        in_order = (run.c.started_at, run.c.run_id)
        columns = (run.c.run_id, run.c.kind, run.c.rolls_back, run.c.config_digest)
        # Where a chain of rollbacks starts, an apply of these files has been rolled back; before it nothing matters.
        first = (
            select(undone.c.started_at)
            .join(run, run.c.rolls_back == undone.c.run_id)
            .where(undone.c.kind == "apply", undone.c.config_digest == config_digest)
            .order_by(undone.c.started_at)
            .limit(1)
        )
        for start in self._all(first):
            since = run.c.started_at >= start.started_at
            history = self._all(select(*columns).where(since).order_by(*in_order))
            finished = self._all(
                select(change.c.run_id, change.c.change_id, change.c.key, change.c.op, change.c.address)
                .join(run, run.c.run_id == change.c.run_id)
                .where(since, change.c.status.in_(("done", "already")))
            )
            changes = [(row.run_id, row.change_id, row.key) for row in finished]
            keys = held.keys_held([tuple(row) for row in history], changes, config_digest)
            created = {row.address for row in finished if row.op in ("create", "restore") and row.key in keys}
            return frozenset(keys | created)
        return frozenset()

    def _all(self, query: Any) -> list[Row[Any]]:
        with failing("cannot read the history"), self._engine.begin() as connection:
            return list(connection.execute(query))


def _run(row: Row[Any]) -> RunRow:
    return RunRow(**row._mapping)
