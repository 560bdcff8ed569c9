"""The version of the tables, and the way there from every older one.

Migrations only add: a run of an older idcode that is going on meanwhile has to be able to finish.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, inspect, select, text, update

from idcode.model.errors import StoreError
from idcode.store import tables

Migration = Callable[[Connection], None]


def _to_2(connection: Connection) -> None:
    """When the owner of a lock began: another process that has its number by now is not the owner."""
    connection.execute(text("ALTER TABLE idcode_lock ADD COLUMN started BIGINT DEFAULT 0 NOT NULL"))


MIGRATIONS: list[Migration] = [_to_2]
"""In order; the first one makes schema 2 of schema 1."""

SCHEMA_VERSION = 1 + len(MIGRATIONS)
"""The version of :mod:`idcode.store.tables`."""


def bring_up_to_date(connection: Connection, where: str) -> str | None:
    """Make the tables where there are none, or those of an older idcode as they are now.

    All of it happens in the transaction of ``connection``, and one process at a time does it. Returns what the user
    should know of it. Raises :class:`StoreError` where a later idcode made the tables.
    """
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
    if not inspect(connection).has_table(tables.schema.name):
        tables.metadata.create_all(connection)
        connection.execute(tables.schema.insert().values(version=SCHEMA_VERSION))
        return None
    found = connection.execute(select(tables.schema.c.version)).scalar() or 0
    if not 1 <= found <= SCHEMA_VERSION:
        raise StoreError(
            f"the store {where} has schema {found}, this idcode knows {SCHEMA_VERSION}",
            hint="use the version of idcode that made it, or a newer one",
        )
    for migrate in MIGRATIONS[found - 1 :]:
        migrate(connection)
    if found == SCHEMA_VERSION:
        return None
    connection.execute(update(tables.schema).values(version=SCHEMA_VERSION))
    return f"the store {where} has schema {SCHEMA_VERSION} now instead of {found}; older versions cannot open it"


_ONE_AT_A_TIME = int.from_bytes(b"idcode", "big")
