"""Opening a store: one for its owner only, brought up to date, or refused in plain words."""

from __future__ import annotations

import re
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, inspect, text

from idcode.model.errors import StoreError
from idcode.model.writes import Outcome
from idcode.store import migrations
from idcode.store.store import Store, open_store
from tests.lab.postgres import PostgresLab
from tests.store.support import SQLITE, begin, intent, row

VERSION_1 = (Path(__file__).parent / "schema-1.sql").read_text("utf-8")
RUN_OF_VERSION_1 = """
INSERT INTO idcode_run VALUES ('r1', 'p1', 'apply', NULL, 'partial', '2026-11-23T19:41:01Z', '2026-11-23T19:42:00Z',
    'sha256:1', '2026-11-23T19:40:00Z', 'ada', 'build-7', NULL, '{"done": 1}', '{}', '{"changes": []}');
INSERT INTO idcode_change VALUES ('r1', 'c1', 'k1', 1, 'corp', 'person:E1001@corp/account', 'update', 'done', NULL,
    'a1', NULL, NULL, '2026-11-23T19:41:30Z');
INSERT INTO idcode_write VALUES ('r1', 'c1.1', 'c1', 0, 1, 'corp', 'person:E1001@corp/account', 'modify',
    '{"title": ["Lead"]}', '{"title": ["Engineer"]}', '2026-11-23T19:41:20Z', NULL, NULL, NULL, NULL, NULL);
INSERT INTO idcode_lock VALUES ('corp', 'r1', 'ada on build-7', 'build-7/boot/pid:[1]', 4711, '2026-11-23T19:41:00Z')
"""

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def ask(url: str, tmp_path: Path) -> Ask:
    """Statements for the database itself, past idcode."""
    if url == SQLITE:
        path = tmp_path / ".idcode/idcode.db"
        path.parent.mkdir(mode=0o700)
        target = f"sqlite:///{path}"
    else:
        target = url.replace("postgresql://", "postgresql+psycopg://")

    def run(statements: str) -> list[tuple[Any, ...]]:
        engine = create_engine(target)
        rows: list[tuple[Any, ...]] = []
        with engine.begin() as connection:
            for statement in statements.split(";\n"):
                result = connection.exec_driver_sql(statement.strip().removesuffix(";"))
                rows = [tuple(item) for item in result] if result.returns_rows else []
        engine.dispose()
        return rows

    return run


def test_a_new_store_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    store = open_store(SQLITE, tmp_path)
    begin(store)
    assert stat.S_IMODE((tmp_path / ".idcode").stat().st_mode) == 0o700
    modes = {item.name: stat.S_IMODE(item.stat().st_mode) for item in (tmp_path / ".idcode").iterdir()}
    assert set(modes.values()) == {0o600}, modes
    store.close()


def open_at_once(url: str, root: Path) -> None:
    """Let five people open a store at the same moment, and each begin a run."""
    barrier = threading.Barrier(5)

    def work(number: int) -> None:
        barrier.wait()
        store = open_store(url, root)
        begin(store, f"p{number}")
        store.close()

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(work, range(5))) == [None] * 5


def test_opening_at_once_makes_one_store(url: str, tmp_path: Path) -> None:
    open_at_once(url, tmp_path)
    store = open_store(url, tmp_path)
    assert len(store.runs()) == 5
    store.close()


def test_a_store_of_the_first_version_is_brought_up_to_date_with_all_that_is_in_it(
    url: str, tmp_path: Path, ask: Ask
) -> None:
    ask(VERSION_1 + RUN_OF_VERSION_1)
    notes: list[str] = []
    store = open_store(url, tmp_path, note=notes.append)
    (note,) = notes
    assert f"has schema {migrations.SCHEMA_VERSION} now instead of 1" in note
    assert "hush" not in note
    assert (store.run("r1").actor, store.run("r1").counts) == ("ada", {"done": 1})
    assert [write.before for write in store.writes("r1")] == [{"title": ["Engineer"]}]
    store.record_outcome("r1", Outcome("c1.1", "done"))
    (lock,) = store.locks()
    assert (lock.run_id, lock.pid, lock.started) == ("r1", 4711, 0)
    assert store.unlock(lock)
    with store.lock(["corp"], "r2"):
        pass
    store.close()
    open_store(url, tmp_path, note=notes.append).close()
    assert len(notes) == 1, "once is enough"


def test_an_older_store_and_a_new_one_have_the_same_tables(url: str, tmp_path: Path, ask: Ask) -> None:
    ask(VERSION_1)
    store = open_store(url, tmp_path)
    older = _tables(store)
    store.close()
    ask(";\n".join(f"DROP TABLE {name}" for name in reversed(list(older))))
    store = open_store(url, tmp_path)
    assert _tables(store) == older
    store.close()


def _tables(store: Store) -> dict[str, Any]:
    found = inspect(store._engine)
    names = ["idcode_schema", "idcode_lock", "idcode_run", "idcode_change", "idcode_write"]
    assert sorted(found.get_table_names()) == sorted(names)
    return {
        name: (
            [(item["name"], str(item["type"]), item["nullable"], item["default"]) for item in found.get_columns(name)],
            found.get_pk_constraint(name)["constrained_columns"],
            [item["column_names"] for item in found.get_unique_constraints(name)],
            [(item["constrained_columns"], item["referred_table"]) for item in found.get_foreign_keys(name)],
        )
        for name in names
    }


def test_bringing_up_to_date_happens_altogether_or_not_at_all(
    url: str, tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE idcode_new (name TEXT)"))
        connection.execute(text("ALTER TABLE idcode_nowhere ADD COLUMN name TEXT"))

    ask(VERSION_1 + RUN_OF_VERSION_1)
    monkeypatch.setattr(migrations, "MIGRATIONS", [*migrations.MIGRATIONS, half])
    monkeypatch.setattr(migrations, "SCHEMA_VERSION", migrations.SCHEMA_VERSION + 1)
    with pytest.raises(StoreError, match="idcode_nowhere"):
        open_store(url, tmp_path)
    assert ask("SELECT version FROM idcode_schema") == [(1,)]
    assert len(ask("SELECT * FROM idcode_lock")[0]) == 6
    monkeypatch.undo()
    store = open_store(url, tmp_path)
    assert "idcode_new" not in inspect(store._engine).get_table_names()
    store.close()


def test_many_who_open_an_older_store_bring_it_up_to_date_once(url: str, tmp_path: Path, ask: Ask) -> None:
    ask(VERSION_1)
    open_at_once(url, tmp_path)
    assert ask("SELECT version FROM idcode_schema") == [(migrations.SCHEMA_VERSION,)]


@pytest.mark.parametrize("version", [0, 99])
def test_a_store_of_another_idcode_is_refused_and_left_as_it_is(
    url: str, tmp_path: Path, ask: Ask, version: int
) -> None:
    ask(VERSION_1 + f"UPDATE idcode_schema SET version = {version}")
    with pytest.raises(StoreError, match=f"schema {version}, this idcode knows {migrations.SCHEMA_VERSION}") as refused:
        open_store(url, tmp_path)
    assert "newer" in str(refused.value.hint)
    assert ask("SELECT version FROM idcode_schema") == [(version,)]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("not a url", "not a database URL"),
        ("postgresql+psycopg://me:hush@db:54x32/idcode", "not a database URL"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:////proc/nowhere/idcode.db", "cannot open"),
        ("nodb://user:hush@host/db", "only in SQLite or PostgreSQL"),
        ("mysql://user:hush@host/db", "only in SQLite or PostgreSQL"),
        ("postgres://user:hush@127.0.0.1:1/db", "Connection refused"),
    ],
)
def test_a_store_that_cannot_be_opened_is_a_plain_error_without_the_password(
    tmp_path: Path, url: str, said: str
) -> None:
    with pytest.raises(StoreError, match=said) as refused:
        open_store(url, tmp_path)
    assert "hush" not in str(refused.value)
    assert refused.value.hint


def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, " * 100)
    with pytest.raises(StoreError, match="not a database"):
        open_store("sqlite:///notes.txt", tmp_path)
    assert (tmp_path / "notes.txt").read_text().startswith("not a database")


@pytest.mark.parametrize(("user", "database"), [("admin", "nowhere"), ("nobody", "postgres")])
def test_what_the_server_refuses_is_said_as_it_says_it(
    postgres: PostgresLab, tmp_path: Path, user: str, database: str
) -> None:
    with pytest.raises(StoreError, match=f'FATAL: .*"{"nowhere" if user == "admin" else "nobody"}"') as refused:
        open_store(postgres.url(database, user, "hush" if user == "nobody" else "Only-for-the-lab-1"), tmp_path)
    assert "hush" not in str(refused.value)
    assert "Only-for-the-lab-1" not in str(refused.value)


def test_a_database_that_cannot_hold_every_name_is_refused(postgres: PostgresLab, tmp_path: Path) -> None:
    name = postgres.database("ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(StoreError, match="LATIN1") as refused:
        open_store(postgres.url(name), tmp_path)
    assert "UTF8" in str(refused.value.hint)
    postgres.drop(name)


def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    store = open_store(SQLITE, tmp_path)
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    store.close()


def test_a_commit_waits_for_the_servers_disk_whatever_the_database_is_set_to(
    postgres: PostgresLab, database: str, tmp_path: Path
) -> None:
    postgres.execute(f"ALTER DATABASE {database} SET synchronous_commit = off")
    store = open_store(postgres.url(database), tmp_path)
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    store.close()


def test_names_of_all_languages_can_be_kept_whatever_the_environment_says(
    postgres: PostgresLab, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    store = open_store(postgres.url(database), tmp_path)
    run_id = begin(store)
    store.finish_run(run_id, "failed", {}, "Łucja Ωmega")
    assert store.run(run_id).message == "Łucja Ωmega"
    store.close()


def test_a_parameter_of_the_url_wins(postgres: PostgresLab, database: str, tmp_path: Path) -> None:
    store = open_store(f"{postgres.url(database)}?application_name=nightly", tmp_path)
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW application_name").scalar() == "nightly"
    store.close()


def test_the_documented_rights_suffice_and_give_no_more(postgres: PostgresLab, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/store.md").read_text("utf-8")
    making, limiting = re.findall(r"^```sql\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[:2]
    try:
        postgres.execute(*making.replace("'…'", "'hush'").split(";\n")[:-1])
        _apply_once(open_store(postgres.url("idcode", "idcode", "hush"), tmp_path))
        postgres.execute(*limiting.replace("'…'", "'hush'").split(";\n")[:-1], database="idcode")
        _apply_once(open_store(postgres.url("idcode", "idcode_pipeline", "hush"), tmp_path))
        reading = open_store(postgres.url("idcode", "idcode_reader", "hush"), tmp_path)
        assert len(reading.runs()) == 2
        assert reading.rolled_back("sha256:1") == frozenset()
        with pytest.raises(StoreError, match="permission denied"):
            begin(reading)
        with pytest.raises(StoreError, match="permission denied"), reading.lock(["corp"], "run-1"):
            pytest.fail("a reader took a lock")
        reading.close()
    finally:
        postgres.execute("DROP DATABASE IF EXISTS idcode WITH (FORCE)")
        postgres.execute(*(f"DROP ROLE IF EXISTS {name}" for name in ("idcode", "idcode_pipeline", "idcode_reader")))


def _apply_once(store: Store) -> None:
    """Do with a store what an apply does, a resumed one included, and take its lock away."""
    run_id = begin(store, store.new_run_id())
    with store.lock(["corp"], run_id):
        for _ in range(2):
            store.record_intents(run_id, [row("c1")], [intent("c1")])
        store.record_outcome(run_id, Outcome("c1.1", "done"))
        store.record_changes(run_id, [row("c1", "done")])
        store.finish_run(run_id, "done", {"done": 1})
        (lock,) = store.locks()
        assert store.unlock(lock, force=True)
    store.close()
