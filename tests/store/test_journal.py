"""The journal: on disk when it says so, and told as it was."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from idcode.model.errors import PlanRefused, StoreError
from idcode.model.writes import Outcome, Write
from idcode.store.store import Store, open_store
from tests.apply import builders
from tests.lab.postgres import PostgresLab
from tests.store.support import Process, begin, intent, row


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


def test_intents_survive_a_kill_of_the_process_that_wrote_them(url: str, tmp_path: Path) -> None:
    script = """
run_id = begin(store)
store.record_intents(run_id, [row("c1")], [intent("c1")])
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert Process(url, tmp_path, script).ended() == -signal.SIGKILL
    store = open_store(url, tmp_path)
    (run,) = store.runs()
    assert run.status == "running"
    assert [write.outcome for write in store.writes(run.run_id)] == [None]
    store.close()


def test_intents_survive_the_end_of_the_server(postgres: PostgresLab, database: str, tmp_path: Path) -> None:
    store = open_store(postgres.url(database), tmp_path)
    run_id = begin(store)
    store.record_intents(run_id, [row("c1")], [intent("c1")])
    postgres.stop()
    postgres.start()
    assert [write.write_id for write in store.writes(run_id)] == ["c1.1"]
    store.close()


def test_two_processes_write_their_journals_at_once_and_no_line_is_lost(url: str, tmp_path: Path) -> None:
    script = """
run_id = begin(store, arguments[0])
with store.lock([arguments[0]], run_id):
    for number in range(30):
        store.record_intents(run_id, [row(f"c{number}")], [intent(f"c{number}")])
        store.record_outcome(run_id, Outcome(f"c{number}.1", "done"))
"""
    processes = [Process(url, tmp_path, script, name) for name in ("corp", "cloud")]
    assert [process.ended() for process in processes] == [0, 0]
    store = open_store(url, tmp_path)
    for run in store.runs():
        assert [write.outcome for write in store.writes(run.run_id)] == ["done"] * 30
    assert len(store.runs()) == 2
    store.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(said=st.text(st.characters()), value=st.text(st.characters()))
@example(said="8009030C: LdapErr: DSID-0C0906A8, data 52e, v4563\0", value="\0")
@example(said="\ud83d", value="half of a \udc00 character")
def test_whatever_a_directory_answers_can_be_written_down(store: Store, said: str, value: str) -> None:
    run_id = begin(store, f"{store.new_run_id()}")
    store.record_intents(run_id, [row("c1")], [replace(intent("c1"), before={"title": [value]})])
    store.record_outcome(run_id, Outcome("c1.1", "failed", "ldap:49", said))
    (write,) = store.writes(run_id)
    assert write.before == {"title": [value]}
    assert write.message is not None
    assert len(write.message) == len(said)


def test_an_error_of_the_database_shows_no_value_of_a_person(store: Store) -> None:
    run_id = begin(store)
    incomplete = replace(intent("c1"), address=None)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="cannot write the journal") as refused:
        store.record_intents(run_id, [row("c1")], [incomplete])
    assert "Engineer" not in str(refused.value)
    assert "\n" not in str(refused.value)


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
