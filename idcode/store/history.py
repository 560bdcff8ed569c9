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

    def rolled_back_creations(self, config_digest: str) -> set[str]:
        """Return the addresses of objects that rollbacks took away again, as :meth:`rolled_back_keys` does for changes.

        A creation is not the same change the next time: the name that it had is on a deleted object.
        """
        keys = self.rolled_back_keys(config_digest)
        table = tables.changes
        created = self._all(select(table.c.key, table.c.address).where(table.c.op.in_(("create", "restore"))))
        return {str(row.address) for row in created if row.key in keys}

    def _all(self, query: Any) -> list[Row[Any]]:
        with failing("cannot read the history"), self._engine.begin() as connection:
            return list(connection.execute(query))


def _run(row: Row[Any]) -> RunRow:
    return RunRow(**row._mapping)
