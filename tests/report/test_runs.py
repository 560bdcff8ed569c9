from __future__ import annotations

from typing import Any

from idcode.report.runs import render_run, render_runs
from tests.report.golden import assert_golden

RUN: dict[str, Any] = {
    "run_id": "20261123T060101Z-ab12cd",
    "plan_id": "0197a2c4",
    "kind": "apply",
    "rolls_back": None,
    "status": "partial",
    "started_at": "2026-11-23T06:01:01Z",
    "finished_at": "2026-11-23T06:03:05Z",
    "counts": {"done": 2, "failed": 1, "skipped": 1, "stale": 0},
    "actor": "pipeline",
    "host": "runner-1",
    "overrides": {"disable": 63},
    "message": None,
}
WRITES: list[dict[str, Any]] = [
    {"change": "c1", "write": "c1.1", "address": "person:E1001@corp/account", "kind": "add", "outcome": "done"},
    {"change": "c1", "write": "c1.2", "address": "person:E1001@corp/account", "kind": "password", "outcome": "done"},
    {"change": "c2", "write": "c2.1", "address": "person:E300@corp/account", "kind": "modify", "outcome": "failed",
     "code": "ldap:19", "message": "the server refuses \x1b[31mthis\nvalue"},
    {"change": "c3", "write": "c3.1", "address": "group:sg-engineering@corp", "kind": "modify", "outcome": None},
]  # fmt: skip
OTHERS: list[dict[str, Any]] = [
    {"run_id": "20261122T060000Z-00ff00", "kind": "rollback", "status": "done", "started_at": "2026-11-22T06:00:00Z",
     "finished_at": "2026-11-22T06:00:09Z", "counts": {"done": 7}, "rolls_back": "20261121T060000Z-121212"},
    {"run_id": "20261121T060000Z-121212", "kind": "apply", "status": "running", "started_at": "2026-11-21T06:00:00Z",
     "finished_at": None, "counts": {}},
]  # fmt: skip


def test_the_list_of_runs_is_the_reviewed_one() -> None:
    assert_golden("runs.txt", render_runs([RUN, *OTHERS], color=False, width=100))


def test_a_run_write_by_write_is_the_reviewed_one() -> None:
    assert_golden("run.txt", render_run({**RUN, "writes": WRITES}, color=False, width=100))


def test_a_write_without_an_answer_says_so() -> None:
    assert "no answer" in render_run({**RUN, "writes": WRITES}, color=False, width=100)


def test_a_run_that_stopped_half_way_says_how_to_finish_and_how_to_undo_it() -> None:
    for status in ("partial", "failed", "interrupted", "running"):
        page = render_run({**RUN, "status": status}, color=False, width=100)
        assert "hint: to finish it: idcode apply --resume 20261123T060101Z-ab12cd\n" in page
        assert "hint: to undo it: idcode rollback 20261123T060101Z-ab12cd\n" in page
    assert "hint:" not in render_run({**RUN, "status": "done"}, color=False, width=100)


def test_what_was_not_done_is_shown_with_the_reason() -> None:
    changes = [
        {"change": "c1", "status": "done", "op": "create", "address": "person:E1001@corp/account", "message": None},
        {"change": "c4", "status": "stale", "op": "update", "address": "person:E7@corp/account",
         "message": "title was 'A' when it was planned\n::error::x"},
        {"change": "c5", "status": "skipped", "op": "delete", "address": "ou:Old@corp", "message": "c4 comes first"},
    ]  # fmt: skip
    page = render_run({**RUN, "changes": changes, "writes": WRITES}, color=False, width=140)
    assert "Not done (2)" in page
    assert "c4  stale    update  person:E7@corp/account  title was 'A' when it was planned\\n::error::x" in page
    assert "c5  skipped  delete  ou:Old@corp  c4 comes first" in page


def test_a_run_that_broke_off_counts_the_writes_of_its_journal() -> None:
    page = render_run({**RUN, "status": "running", "counts": {}, "writes": WRITES}, color=False, width=100)
    assert "4 writes: 2 done, 1 failed, 1 no answer" in page
    assert "nothing was written" not in page
    assert "nothing was written" in render_run({**RUN, "counts": {}}, color=False, width=100)


def test_folding_hides_only_writes_that_were_done() -> None:
    page = render_run({**RUN, "writes": WRITES}, color=False, width=100, limit=1)
    assert "… and 1 more done" in page
    assert "failed" in page


def test_a_server_message_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in render_run({**RUN, "writes": WRITES}, color=False, width=100)


def test_an_empty_history_says_so() -> None:
    assert render_runs([], color=False, width=100) == "No runs yet.\n"
