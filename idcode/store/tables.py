"""The tables of the history, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)


class Words(TypeDecorator[str]):
    """Text of any origin, such as a server's message.

    PostgreSQL takes no NUL, which messages of domain controllers end with, and neither database half a character; a
    run must not break over either.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Any) -> str | None:
        """Replace what no database takes by question marks."""
        return None if value is None else value.replace("\0", "?").encode("utf-8", "replace").decode("utf-8")


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
    Column("actor", Words, nullable=False),
    Column("host", Words, nullable=False),
    Column("message", Words),
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
    Column("directory", Words, nullable=False),
    Column("address", Words, nullable=False),
    Column("op", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("message", Words),
    Column("anchor", Words),
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
    Column("directory", Words, nullable=False),
    Column("address", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("request", JSON, nullable=False),
    Column("before", JSON, nullable=False),
    Column("intent_at", String(40), nullable=False),
    Column("outcome", String(20)),
    Column("code", Words),
    Column("message", Words),
    Column("anchor", Words),
    Column("outcome_at", String(40)),
)

locks = Table(
    "idcode_lock",
    metadata,
    Column("directory", String(200), primary_key=True),
    Column("run_id", String(40), nullable=False),
    Column("owner", Words, nullable=False),
    Column("place", Words, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("acquired_at", String(40), nullable=False),
    Column("started", BigInteger, nullable=False, server_default=text("0")),
)
