"""The history: on disk when it says so, for its owner only, and one writer per directory."""

from __future__ import annotations

import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from idcode.model.errors import PlanRefused, StoreError
from idcode.model.writes import Outcome, Write
from idcode.plan.encoding import encode
from idcode.store import tables
from idcode.store.records import ChangeRow, WriteIntent
from idcode.store.store import Store, open_store
from tests.apply import builders

URL = "sqlite:///.idcode/idcode.db"


class Clock:
    """Goes one second further each time someone looks."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 19, 41, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(URL, tmp_path, Clock())
    yield opened
    opened.close()


def begin(store: Store, plan_id: str = "p1", *, kind: str = "apply", rolls_back: str | None = None) -> str:
    run_id = store.new_run_id()
    document = encode(builders.rich_plan()) | {"plan_id": plan_id, "kind": kind, "rolls_back": rolls_back}
    store.begin_run(run_id, document, {"delete": 12})
    return run_id


def row(change_id: str, status: str = "intended", key: str = "k") -> ChangeRow:
    return ChangeRow(change_id, key, 1, "corp", f"person:{change_id}@corp/account", "update", status)


def intent(change_id: str, position: int = 0) -> WriteIntent:
    write = Write(f"{change_id}.1", change_id, "modify", {"title": ["Lead"]})
    return WriteIntent(write, position, 1, "corp", f"person:{change_id}@corp/account", {"title": ["Engineer"]})


def test_a_new_store_can_be_read_by_its_owner_only(store: Store, tmp_path: Path) -> None:
    begin(store)
    assert stat.S_IMODE((tmp_path / ".idcode").stat().st_mode) == 0o700
    modes = {item.name: stat.S_IMODE(item.stat().st_mode) for item in (tmp_path / ".idcode").iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_run_ids_say_when_and_sort_by_time(store: Store) -> None:
    first, second = begin(store, "p1"), begin(store, "p2")
    assert first.startswith("20261123T1941")
    assert [run.run_id for run in store.runs()] == [second, first]
    assert first < second


def test_a_run_tells_its_story(store: Store) -> None:
    run_id = begin(store)
    store.record_intents(run_id, [row("c1")], [intent("c1")])
    assert store.writes(run_id)[0].outcome is None
    store.record_outcome(run_id, Outcome("c1.1", "done", "ldap:0", "ok", "a1"))
    store.record_changes(run_id, [row("c1", "done"), row("c2", "stale")])
    store.finish_run(run_id, "partial", {"done": 1, "stale": 1}, "why")
    run = store.run(run_id)
    assert (run.status, run.counts, run.overrides, run.message) == (
        "partial", {"done": 1, "stale": 1}, {"delete": 12}, "why",
    )  # fmt: skip
    (write,) = store.writes(run_id)
    assert write.before == {"title": ["Engineer"]}
    assert (write.outcome, write.code, write.anchor) == ("done", "ldap:0", "a1")
    assert write.intent_at < write.outcome_at
    assert [(change.change_id, change.status) for change in store.changes(run_id)] == [("c1", "done"), ("c2", "stale")]
    assert store.plan_document(run_id)["changes"][0]["id"] == "c1"


def test_a_plan_is_good_for_one_run(store: Store) -> None:
    run_id = begin(store)
    with pytest.raises(PlanRefused, match=run_id):
        begin(store)
    assert store.plan_used("p1") == run_id
    assert store.plan_used("p2") is None


def test_intents_are_written_all_or_not_at_all(store: Store) -> None:
    run_id = begin(store)
    with pytest.raises(StoreError):
        store.record_intents(run_id, [row("c1"), row("c2")], [intent("c1"), intent("c1")])
    assert store.writes(run_id) == []
    assert store.changes(run_id) == []


def test_what_is_tried_again_replaces_its_intents_and_keeps_what_is_done(store: Store) -> None:
    run_id = begin(store)
    second = replace(intent("c1", 1), write=Write("c1.2", "c1", "account", {}))
    third = replace(intent("c1", 2), write=Write("c1.3", "c1", "links", {}))
    store.record_intents(run_id, [row("c1"), row("c2")], [intent("c1"), second, third, intent("c2", 3)])
    store.record_outcome(run_id, Outcome("c1.1", "done"))
    store.record_outcome(run_id, Outcome("c1.2", "failed"))
    store.record_changes(run_id, [row("c1", "failed")])
    store.finish_run(run_id, "failed", {"failed": 1}, "why")

    store.begin_again(run_id)
    run = store.run(run_id)
    assert (run.status, run.finished_at, run.message) == ("running", None, None)
    store.record_intents(run_id, [row("c1")], [second])
    journal = [(write.write_id, write.outcome) for write in store.writes(run_id)]
    assert journal == [("c1.1", "done"), ("c1.2", None), ("c2.1", None)]
    assert [(change.change_id, change.status) for change in store.changes(run_id)] == [
        ("c1", "intended"), ("c2", "intended"),
    ]  # fmt: skip


def test_an_outcome_without_an_intent_is_refused(store: Store) -> None:
    run_id = begin(store)
    with pytest.raises(StoreError, match=r"c9\.1"):
        store.record_outcome(run_id, Outcome("c9.1", "done"))


def test_intents_survive_a_kill_of_the_process_that_wrote_them(tmp_path: Path) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from tests.store.test_store import *
store = open_store(URL, Path(sys.argv[1]))
run_id = begin(store)
store.record_intents(run_id, [row("c1")], [intent("c1")])
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    store = open_store(URL, tmp_path)
    (run,) = store.runs()
    assert run.status == "running"
    assert [write.outcome for write in store.writes(run.run_id)] == [None]
    store.close()


def test_a_commit_waits_for_the_disk(store: Store) -> None:
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_store_of_a_later_idcode_is_refused(store: Store, tmp_path: Path) -> None:
    store.close()
    connection = sqlite3.connect(tmp_path / ".idcode/idcode.db")
    connection.execute("UPDATE idcode_schema SET version = 99")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="schema 99"):
        open_store(URL, tmp_path)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("not a url", "not a database URL"),
        ("postgresql+psycopg://me:hush@db:54x32/idcode", "not a database URL"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:////proc/nowhere/idcode.db", "cannot open"),
        ("nodb://user:s3cret@host/db", "only in SQLite or PostgreSQL"),
    ],
)
def test_a_store_that_cannot_be_opened_is_a_plain_error_without_the_password(
    tmp_path: Path, url: str, said: str
) -> None:
    with pytest.raises(StoreError, match=said) as refused:
        open_store(url, tmp_path)
    assert "s3cret" not in str(refused.value)
    assert refused.value.hint


def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, " * 100)
    with pytest.raises(StoreError, match="not a database"):
        open_store("sqlite:///notes.txt", tmp_path)
    assert (tmp_path / "notes.txt").read_text().startswith("not a database")


def test_a_full_disk_is_an_error_before_anything_else_happens(tmp_path: Path) -> None:
    script = """
import resource, sys
from pathlib import Path
from tests.store.test_store import *
store = open_store(URL, Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    begin(store)
except StoreError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True, text=True)
    assert run.stdout.startswith("cannot write the journal"), run.stderr


def test_two_runs_cannot_write_to_one_directory(store: Store) -> None:
    with store.lock(["corp", "cloud"], "run-1"):
        said = r"corp is locked by run run-1 of .* since 2026-11-23"
        with pytest.raises(StoreError, match=said) as refused, store.lock(["corp"], "run-2"):
            pytest.fail("the lock was given twice")
        assert "idcode unlock corp" in str(refused.value.hint)
        assert [lock.directory for lock in store.locks()] == ["cloud", "corp"]
    with store.lock(["corp"], "run-2"):
        pass
    assert store.locks() == []


def test_a_lock_that_cannot_be_had_leaves_no_other_lock_behind(store: Store) -> None:
    with store.lock(["corp"], "run-1"), pytest.raises(StoreError), store.lock(["cloud", "corp"], "run-2"):
        pytest.fail("the lock was given twice")
    assert store.locks() == []


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from tests.store.test_store import *
store = open_store(URL, Path(sys.argv[1]))
with store.lock(["corp"], "run-1"):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    store = open_store(URL, tmp_path)
    assert [lock.run_id for lock in store.locks()] == ["run-1"]
    with store.lock(["corp"], "run-2"):
        pass
    store.close()


def test_the_lock_of_another_machine_stays_until_someone_unlocks_it(store: Store) -> None:
    with store.lock(["corp"], "run-1"):
        with store._engine.begin() as connection:
            connection.execute(text("UPDATE idcode_lock SET place = 'elsewhere', pid = 999999999"))
        with pytest.raises(StoreError), store.lock(["corp"], "run-2"):
            pytest.fail("the lock was given twice")
        (lock,) = store.locks()
        assert store.unlock(lock)
        with store.lock(["corp"], "run-2"):
            pass


def rolled_back(store: Store, run_id: str, plan_id: str, *change_ids: str) -> str:
    undo = begin(store, plan_id, kind="rollback", rolls_back=run_id)
    store.record_changes(undo, [row(change_id, "done", key="undo") for change_id in change_ids])
    return undo


def test_what_was_rolled_back_is_held_until_the_files_change_or_it_is_done_again(store: Store) -> None:
    digest = builders.rich_plan().project.config_digest
    first = begin(store, "p1")
    store.record_changes(first, [row("c1", "done", "k1"), row("c2", "done", "k2"), row("c3", "failed", "k3")])
    assert store.rolled_back(digest) == set()
    rolled_back(store, first, "p2", "c1", "c2", "c1-1")
    assert store.rolled_back(digest) == {"k1", "k2"}
    assert store.rolled_back("sha256:edited") == set()
    again = begin(store, "p3")
    store.record_changes(again, [row("c7", "done", "k1")])
    assert store.rolled_back(digest) == {"k2"}


def test_a_creation_that_was_rolled_back_is_held_by_its_address(store: Store) -> None:
    digest = builders.rich_plan().project.config_digest
    first = begin(store, "p1")
    born = [row(change_id, "done", change_id) for change_id in ("c1", "c2")]
    store.record_changes(first, [replace(item, op="create", address=f"person:{item.change_id}") for item in born])
    store.record_changes(first, [row("c3", "done", "k3")])
    rolled_back(store, first, "p2", "c1", "c3")
    assert store.rolled_back(digest) == {"c1", "k3", "person:c1"}
    assert store.rolled_back("sha256:edited") == set()


def test_the_rollback_of_a_rollback_holds_nothing_any_more(store: Store) -> None:
    digest = builders.rich_plan().project.config_digest
    first = begin(store, "p1")
    store.record_changes(first, [row("c1", "done", "k1"), row("c2", "done", "k2")])
    undo = rolled_back(store, first, "p2", "c1", "c2")
    rolled_back(store, undo, "p3", "c1")
    assert store.rolled_back(digest) == {"k2"}


def test_every_statement_compiles_for_postgresql() -> None:
    for table in tables.metadata.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_opening_twice_at_once_makes_one_store(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from tests.store.test_store import *
begin(open_store(URL, Path(sys.argv[1])), sys.argv[2])
"""
    processes = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), f"p{n}"]) for n in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    store = open_store(URL, tmp_path)
    assert len(store.runs()) == 3
    store.close()
