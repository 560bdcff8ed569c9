"""The tables of the history, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Integer, MetaData, String, Table, Text

SCHEMA_VERSION = 1
"""Raised with every change of the tables; a store made by a later version is refused."""

metadata = MetaData()

schema = Table("idcode_schema", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

runs = Table(
    "idcode_run",
    metadata,
    Column("run_id", String(40), primary_key=True),
    Column("plan_id", String(80), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),
    Column("rolls_back", String(40)),
    Column("status", String(20), nullable=False),
    Column("started_at", String(40), nullable=False),
    Column("finished_at", String(40)),
    Column("config_digest", String(80), nullable=False),
    Column("as_of", String(40), nullable=False),
    Column("actor", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("message", Text),
    Column("counts", JSON, nullable=False),
    Column("overrides", JSON, nullable=False),
    Column("plan", JSON, nullable=False),
)


def _of_run() -> Column[str]:
    return Column("run_id", String(40), ForeignKey("idcode_run.run_id"), primary_key=True)


changes = Table(
    "idcode_change",
    metadata,
    _of_run(),
    Column("change_id", String(80), primary_key=True),
    Column("key", String(80), nullable=False),
    Column("batch", Integer, nullable=False),
    Column("directory", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("op", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("message", Text),
    Column("anchor", Text),
    Column("intended", JSON),
    Column("live", JSON),
    Column("at", String(40), nullable=False),
)

writes = Table(
    "idcode_write",
    metadata,
    _of_run(),
    Column("write_id", String(80), primary_key=True),
    Column("change_id", String(80), nullable=False),
    Column("position", Integer, nullable=False),
    Column("batch", Integer, nullable=False),
    Column("directory", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("request", JSON, nullable=False),
    Column("before", JSON, nullable=False),
    Column("intent_at", String(40), nullable=False),
    Column("outcome", String(20)),
    Column("code", Text),
    Column("message", Text),
    Column("anchor", Text),
    Column("outcome_at", String(40)),
)

locks = Table(
    "idcode_lock",
    metadata,
    Column("directory", String(200), primary_key=True),
    Column("run_id", String(40), nullable=False),
    Column("owner", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("acquired_at", String(40), nullable=False),
)
