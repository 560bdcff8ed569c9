"""One writer per directory: locks that die with their owner, and never before."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from idcode.model.errors import StoreError
from idcode.store.owners import state_of_process, this_process
from idcode.store.store import Store, open_store
from tests.lab.postgres import PostgresLab
from tests.store.support import SQLITE, Clock, Process, begin, intent, row

HOLDING = """
with store.lock(["corp"], "run-1"):
    say("held")
    wait()
"""


def lock_when_free(store: Store, directory: str, run_id: str) -> None:
    """Take a lock and release it; the server may take a moment to notice that a killed process is gone."""
    deadline = time.monotonic() + 30
    while True:
        try:
            with store.lock([directory], run_id):
                return
        except StoreError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def test_two_runs_cannot_write_to_one_directory(store: Store, other: Store) -> None:
    with store.lock(["corp", "cloud"], "run-1"):
        said = rf"corp is locked by run run-1 of .* on .* \(process {os.getpid()}\) since 2026-11-23"
        for opened in (store, other):
            with pytest.raises(StoreError, match=said) as refused, opened.lock(["corp"], "run-2"):
                pytest.fail("the lock was given twice")
            assert "idcode unlock corp" in str(refused.value.hint)
        assert [lock.directory for lock in store.locks()] == ["cloud", "corp"]
        assert store.may_be_going_on("run-1")
        assert not store.may_be_going_on("run-2")
    with other.lock(["corp"], "run-2"):
        pass
    assert store.locks() == []
    assert not store.may_be_going_on("run-1")


def test_two_runs_may_write_to_two_directories(store: Store, other: Store) -> None:
    with store.lock(["corp"], "run-1"), other.lock(["cloud"], "run-2"):
        assert [lock.run_id for lock in store.locks()] == ["run-2", "run-1"]


def test_a_lock_that_cannot_be_had_leaves_no_other_lock_behind(store: Store, other: Store) -> None:
    with store.lock(["corp"], "run-1"), pytest.raises(StoreError), other.lock(["cloud", "corp"], "run-2"):
        pytest.fail("the lock was given twice")
    assert store.locks() == []
    with store.lock(["cloud"], "run-3"):
        pass


def test_a_process_waits_for_nobody_and_takes_over_from_the_dead(
    store: Store, url: str, tmp_path: Path, notes: list[str]
) -> None:
    process = Process(url, tmp_path, HOLDING)
    assert process.heard() == "held"
    with pytest.raises(StoreError, match=rf"run run-1 .*\(process {process.pid}\)"), store.lock(["corp"], "run-2"):
        pytest.fail("the lock was given twice")
    process.kill()
    assert [lock.run_id for lock in store.locks()] == ["run-1"]
    assert notes == []
    lock_when_free(store, "corp", "run-2")
    (note,) = notes
    assert f"run run-1 of {store_owner()} (process {process.pid}) since" in note
    assert "idcode runs run-1" in note
    assert store.locks() == []


def store_owner() -> str:
    return this_process("corp", "run-0", "").owner


def test_a_lock_outlives_neither_its_block_nor_an_error_in_it(store: Store, other: Store) -> None:
    with pytest.raises(RuntimeError, match="defect"), store.lock(["corp"], "run-1"):
        raise RuntimeError("defect")
    with other.lock(["corp"], "run-2"):
        pass


def test_nothing_is_written_down_by_a_run_whose_lock_was_taken_away(store: Store, other: Store) -> None:
    run_id = begin(store)
    with store.lock(["corp"], run_id):
        store.record_intents(run_id, [row("c1")], [intent("c1")])
        (lock,) = other.locks()
        assert other.unlock(lock, force=True)
        with other.lock(["corp"], "run-2"):
            with pytest.raises(StoreError):
                store.record_intents(run_id, [row("c2")], [intent("c2")])
            assert [write.write_id for write in other.writes(run_id)] == ["c1.1"]
    assert store.locks() == []


def test_the_lock_of_a_run_that_lives_is_only_removed_by_force(store: Store, other: Store) -> None:
    with store.lock(["corp"], "run-1"):
        (lock,) = other.locks()
        assert other.owner_state(lock) == "running"
        with pytest.raises(StoreError, match=r"run run-1 .* is going on") as refused:
            other.unlock(lock)
        assert "--force" in str(refused.value.hint)
        assert other.locks() == [lock]


def test_a_lock_that_has_another_owner_by_now_is_left_alone(store: Store) -> None:
    with store.lock(["corp"], "run-1"):
        (lock,) = store.locks()
    with store.lock(["corp"], "run-2"):
        assert not store.unlock(lock, force=True)
        assert [lock.run_id for lock in store.locks()] == ["run-2"]
    assert not store.unlock(lock)


class TestProcesses:
    """SQLite goes by the process that a lock names."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return open_store(SQLITE, tmp_path, Clock())

    def change(self, store: Store, **columns: str | int) -> None:
        with store._engine.begin() as connection:
            named = ", ".join(f"{name} = :{name}" for name in columns)
            connection.execute(text(f"UPDATE idcode_lock SET {named}"), columns)

    def test_the_lock_of_another_machine_stays_until_someone_unlocks_it(self, store: Store) -> None:
        with store.lock(["corp"], "run-1"):
            self.change(store, place="elsewhere", pid=999_999_999)
            (lock,) = store.locks()
            assert store.owner_state(lock) == "unseen"
            assert store.may_be_going_on("run-1")
            with pytest.raises(StoreError), store.lock(["corp"], "run-2"):
                pytest.fail("the lock was given twice")
            assert store.unlock(lock)
            with store.lock(["corp"], "run-2"):
                pass
        store.close()

    def test_a_process_that_has_the_number_of_a_dead_owner_is_not_the_owner(self, store: Store) -> None:
        with store.lock(["corp"], "run-1"):
            (lock,) = store.locks()
            self.change(store, started=lock.started - 1)
            with store.lock(["corp"], "run-2"):
                pass
        store.close()

    def test_a_lock_from_before_this_was_written_down_goes_by_the_number_alone(self, store: Store) -> None:
        with store.lock(["corp"], "run-1"):
            self.change(store, started=0)
            with pytest.raises(StoreError), store.lock(["corp"], "run-2"):
                pytest.fail("the lock was given twice")
        store.close()

    def test_an_owner_that_nobody_has_buried_yet_has_ended(self) -> None:
        child = subprocess.Popen([sys.executable, "-c", ""])
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        mine = this_process("corp", "run-1", "")
        assert state_of_process(mine) == "running"
        assert state_of_process(replace(mine, pid=child.pid, started=0)) == "ended"
        child.wait()


class TestSessions:
    """PostgreSQL goes by the session that holds a lock."""

    @pytest.fixture
    def store(self, postgres: PostgresLab, database: str, tmp_path: Path) -> Store:
        return open_store(postgres.url(database), tmp_path, Clock())

    def test_an_owner_on_another_machine_is_seen(self, store: Store, database: str, postgres: PostgresLab) -> None:
        with store.lock(["corp"], "run-1"):
            postgres.execute("UPDATE idcode_lock SET place = 'elsewhere', pid = 999999999", database=database)
            (lock,) = store.locks()
            assert store.owner_state(lock) == "running"
            with pytest.raises(StoreError), store.lock(["corp"], "run-2"):
                pytest.fail("the lock was given twice")
        store.close()

    def test_stores_in_two_schemas_of_one_database_do_not_meet(
        self, store: Store, database: str, postgres: PostgresLab, tmp_path: Path
    ) -> None:
        postgres.execute("CREATE SCHEMA elsewhere", database=database)
        aside = open_store(f"{postgres.url(database)}?options=-csearch_path%3Delsewhere", tmp_path, Clock())
        with store.lock(["corp"], "run-1"), aside.lock(["corp"], "run-2"):
            assert [lock.run_id for lock in store.locks()] == ["run-1"]
            assert [lock.run_id for lock in aside.locks()] == ["run-2"]
        aside.close()
        store.close()

    def test_one_store_is_one_however_it_is_found(
        self, store: Store, database: str, postgres: PostgresLab, tmp_path: Path
    ) -> None:
        again = open_store(f"{postgres.url(database)}?options=-csearch_path%3Dpg_catalog,public", tmp_path, Clock())
        with store.lock(["corp"], "run-1"), pytest.raises(StoreError), again.lock(["corp"], "run-2"):
            pytest.fail("the lock was given twice")
        again.close()
        store.close()
