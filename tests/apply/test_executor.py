"""Applying a plan: what is journalled, skipped, retried, and said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idcode.apply.executor import apply_plan
from idcode.apply.restraint import Restraints
from idcode.apply.results import Options, RunResult
from idcode.model.errors import DirectoryError, GuardStopped, IdcodeError, PlanRefused, StoreError
from idcode.model.plans import Change, Expect, GuardResult, Override, Plan
from idcode.model.records import LiveObject
from idcode.model.values import Ref
from idcode.store.store import Store, open_store
from tests.apply.builders import BASE, NOW, change, delta, plan, single
from tests.apply.conftest import Listener, Sink
from tests.apply.memory import MemoryDirectory

ADA_DN, BOB_DN = f"CN=Ada,{BASE}", f"CN=Bob,{BASE}"
ADA_ID, BOB_ID = "00000000-0000-0000-0000-0000000000a1", "00000000-0000-0000-0000-0000000000b1"
GROUP_ID, OU_ID = "00000000-0000-0000-0000-0000000000c1", "00000000-0000-0000-0000-0000000000d1"
OPTIONS = Options(config_digest="sha256:c0", now=NOW)
Apply = Callable[..., RunResult]


def estate() -> MemoryDirectory:
    def person(anchor: str, dn: str, **attributes: Any) -> LiveObject:
        return LiveObject(anchor, dn, "user", {name: (value,) for name, value in attributes.items()}, enabled=True)

    return MemoryDirectory(
        person(ADA_ID, ADA_DN, title="Engineer", employeeID="E1"),
        person(BOB_ID, BOB_DN, title="Engineer", employeeID="E2", manager=Ref(ADA_DN)),
        LiveObject(GROUP_ID, f"CN=sg,{BASE}", "group", {"member": (Ref(BOB_DN),)}),
        LiveObject(OU_ID, f"OU=Staff,{BASE}", "ou", {}),
    )


def promote(id_: str = "c1", **fields: Any) -> Change:
    attributes = {"title": single("Engineer", "Lead")}
    return change(id_, "update", "person:E1@corp/account", attributes, anchor=ADA_ID, dn=ADA_DN, **fields)


def hire(id_: str = "c1", name: str = "Eve", **fields: Any) -> Change:
    attributes = {"title": single(None, "Clerk"), "enabled": single(None, True)}
    new = f"CN={name},{BASE}"
    return change(id_, "create", f"person:{name}@corp/account", attributes, dn=new, new_dn=new, password=True, **fields)


def enrol(id_: str = "c9", *members: str, **fields: Any) -> Change:
    values = {"member": delta([Ref(member) for member in members])}
    return change(
        id_, "update", "group:sg@corp", values, anchor=GROUP_ID, dn=f"CN=sg,{BASE}",
        object_type="group", phase="link", **fields,
    )  # fmt: skip


@pytest.fixture
def directory() -> MemoryDirectory:
    return estate()


@pytest.fixture
def apply(store: Store, sink: Sink, listener: Listener, directory: MemoryDirectory) -> Apply:
    def run(wanted: Plan, options: Options = OPTIONS) -> RunResult:
        return apply_plan(wanted, {"corp": directory}, store, sink, options, listener)

    return run


def titles(directory: MemoryDirectory) -> dict[str, object]:
    return {item.dn: item.get("title") for item in directory.objects.values() if item.object_type == "user"}


def test_a_plan_is_carried_out_batch_by_batch_and_every_write_is_journalled(
    apply: Apply, directory: MemoryDirectory, store: Store, sink: Sink, listener: Listener
) -> None:
    result = apply(plan([[hire("c1")], [promote("c2")], [enrol("c3", "person:Eve@corp/account", depends_on=("c1",))]]))
    assert (result.status, result.exit_code, result.counts["done"]) == ("done", 0, 3)
    assert titles(directory)[f"CN=Eve,{BASE}"] == ("Clerk",)
    eve = next(item for item in directory.objects.values() if item.dn == f"CN=Eve,{BASE}")
    assert eve.enabled
    assert Ref(eve.dn) in directory.objects[GROUP_ID].get("member")
    assert sink.delivered == [("person:Eve@corp/account", directory.passwords[eve.anchor])]
    journal = store.writes(result.run_id)
    assert [(write.write_id, write.outcome) for write in journal] == [
        ("c1.1", "done"), ("c1.2", "done"), ("c1.3", "done"), ("c2.1", "done"), ("c3.1", "done"),
    ]  # fmt: skip
    assert journal[3].before["title"] == ["Engineer"]
    assert store.run(result.run_id).counts == result.counts
    assert listener.lines == ["run", "batch 1", "c1 done", "batch 2", "c2 done", "batch 3", "c3 done"]


def test_no_password_is_anywhere_in_the_store(
    apply: Apply, store: Store, sink: Sink, directory: MemoryDirectory
) -> None:
    sink.refused.add("person:Max@corp/account")
    apply(plan([[hire("c1"), hire("c2", "Max")]]))
    ((_, password),) = sink.delivered
    store.close()
    assert store.path is not None
    kept = b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    assert password.encode() not in kept


def test_intents_are_on_disk_before_the_write_is_sent(apply: Apply, directory: MemoryDirectory, store: Store) -> None:
    seen = []

    def look(write: Any) -> None:
        (run,) = store.runs()
        seen.append([(row.write_id, row.outcome, row.before["title"]) for row in store.writes(run.run_id)])

    directory.fault = look
    apply(plan([[promote()]]))
    assert seen == [[("c1.1", None, ["Engineer"])]]


def test_what_changed_since_the_plan_is_skipped_with_before_planned_and_now(
    apply: Apply, directory: MemoryDirectory
) -> None:
    ada = directory.objects[ADA_ID]
    directory.objects[ADA_ID] = replace(ada, attributes={**ada.attributes, "title": ("Boss",)})
    result = apply(plan([[promote("c1")], [enrol("c2", ADA_ID, depends_on=("c1",)), enrol("c3", ADA_ID)]]))
    assert [(problem.change_id, problem.status) for problem in result.problems] == [("c1", "stale"), ("c2", "skipped")]
    for word in ("'Engineer'", "'Lead'", "'Boss'"):
        assert word in str(result.problems[0].message)
    assert "person:E1@corp/account" in str(result.problems[1].message)
    assert titles(directory)[ADA_DN] == ("Boss",)
    assert Ref(ADA_DN) in directory.objects[GROUP_ID].get("member")
    assert (result.status, result.exit_code) == ("partial", 4)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"attributes": {"title": ("Engineer",), "employeeID": ("E9",)}}, "employeeID"),
        ({"dn": f"CN=Ada,OU=Elsewhere,{BASE}"}, "Elsewhere"),
        ({"enabled": False}, "enabled"),
        ({"deleted": True}, "gone"),
    ],
)
def test_a_change_relies_on_everything_it_said_it_relies_on(
    apply: Apply, directory: MemoryDirectory, edit: dict[str, Any], said: str
) -> None:
    expect = Expect(ADA_DN, True, {"title": ("Engineer",), "employeeID": ("E1",)})
    directory.objects[ADA_ID] = replace(directory.objects[ADA_ID], **edit)
    result = apply(plan([[promote(expect=expect)]]))
    assert [problem.status for problem in result.problems] == ["stale"]
    assert said in str(result.problems[0].message)
    assert directory.log == []


def test_what_is_already_as_wanted_counts_as_done_without_a_write(
    apply: Apply, directory: MemoryDirectory, store: Store
) -> None:
    ada = directory.objects[ADA_ID]
    directory.objects[ADA_ID] = replace(ada, attributes={**ada.attributes, "title": ("LEAD",)})
    result = apply(plan([[promote("c1"), enrol("c2", BOB_ID)]]))
    assert (result.status, result.counts["already"]) == ("done", 2)
    assert store.writes(result.run_id) == []
    assert directory.log == []


def test_a_change_of_letter_case_is_a_change(apply: Apply, directory: MemoryDirectory) -> None:
    ada = directory.objects[ADA_ID]
    directory.objects[ADA_ID] = replace(ada, attributes={**ada.attributes, "title": ("LEAD",)})
    wanted = change(
        "c1", "update", "person:E1@corp/account", {"title": single("LEAD", "Lead")}, anchor=ADA_ID, dn=ADA_DN
    )
    assert apply(plan([[wanted]])).counts["done"] == 1
    assert titles(directory)[ADA_DN] == ("Lead",)


def test_members_that_are_there_or_gone_already_are_left_out_of_the_write(
    apply: Apply, directory: MemoryDirectory, store: Store
) -> None:
    result = apply(plan([[enrol("c1", BOB_ID, ADA_ID)]]))
    (write,) = store.writes(result.run_id)
    assert write.request["modify"] == [["member", [], [{"$ref": ADA_DN}]]]
    assert result.status == "done"


def test_a_move_keeps_later_changes_of_the_same_object_valid(apply: Apply, directory: MemoryDirectory) -> None:
    new = f"CN=Ada,OU=Staff,{BASE}"
    move = change("c1", "move", "person:E1@corp/account", {}, anchor=ADA_ID, dn=ADA_DN, new_dn=new)
    rename = change(
        "c2", "move", "ou:Staff@corp", {}, anchor=OU_ID, dn=f"OU=Staff,{BASE}", new_dn=f"OU=All,{BASE}",
        object_type="ou",
    )  # fmt: skip
    manager = change(
        "c4", "update", "person:E2@corp/account", {"manager": single(Ref(ADA_ID), None)}, anchor=BOB_ID, dn=BOB_DN
    )
    result = apply(plan([[move], [rename], [promote("c3"), manager]]))
    assert result.status == "done", result.problems
    assert titles(directory)[f"CN=Ada,OU=All,{BASE}"] == ("Lead",)
    assert directory.objects[BOB_ID].get("manager") == ()


def test_two_steps_on_one_value_are_both_done(apply: Apply, directory: MemoryDirectory) -> None:
    address = "person:E1@corp/account"
    release = change("c1", "update", address, {"title": single("Engineer", "tmp")}, anchor=ADA_ID, dn=ADA_DN)
    take = replace(promote("c2"), depends_on=("c1",))
    assert apply(plan([[release], [take]])).status == "done"
    assert titles(directory)[ADA_DN] == ("Lead",)


def test_a_failed_change_takes_its_dependants_along_and_nobody_else(
    apply: Apply, directory: MemoryDirectory, sink: Sink
) -> None:
    directory.fault = lambda write: "refuse" if write.id == "c1.1" else None
    eve, max_ = "person:Eve@corp/account", "person:Max@corp/account"
    manager = change(
        "c4", "update", "person:E1@corp/account", {"manager": single(None, Ref(eve))}, anchor=ADA_ID, dn=ADA_DN,
        depends_on=("c1",),
    )  # fmt: skip
    result = apply(plan([[hire("c1"), hire("c2", "Max")], [enrol("c3", eve, max_, depends_on=("c1", "c2")), manager]]))
    assert [(problem.change_id, problem.status) for problem in result.problems] == [("c1", "failed"), ("c4", "skipped")]
    assert "insufficient access" in str(result.problems[0].message)
    assert Ref(f"CN=Max,{BASE}") in directory.objects[GROUP_ID].get("member")


def test_an_account_whose_password_nobody_took_stays_disabled(
    apply: Apply, directory: MemoryDirectory, sink: Sink
) -> None:
    sink.refused.add("person:Eve@corp/account")
    result = apply(plan([[hire()]]))
    assert [problem.status for problem in result.problems] == ["failed"]
    eve = next(item for item in directory.objects.values() if item.dn == f"CN=Eve,{BASE}")
    assert eve.enabled is False
    assert directory.passwords == {}


def test_a_name_that_was_taken_since_the_plan_is_stale(apply: Apply, directory: MemoryDirectory) -> None:
    apply(plan([[hire("c1")]]))
    result = apply(plan([[hire("c1")]], plan_id="p2"))
    assert [problem.status for problem in result.problems] == ["stale"]


@pytest.mark.parametrize("fault", ["swallow", "drop"])
@pytest.mark.parametrize("write_id", ["c1.1", "c1.2", "c1.3", "c2.1", "c3.1"])
def test_an_answer_that_never_came_is_settled_by_reading_and_nothing_is_done_twice(
    apply: Apply, directory: MemoryDirectory, store: Store, sink: Sink, fault: str, write_id: str
) -> None:
    faults = [fault]
    directory.fault = lambda write: faults.pop() if write.id == write_id and faults else None
    result = apply(plan([[hire("c1")], [promote("c2")], [enrol("c3", ADA_ID)]]))
    assert result.status == "done", result
    counted = {name: directory.log.count(name) for name in directory.log}
    assert {name for name, times in counted.items() if times > 1} <= {"c1.2"}
    assert all(write.outcome == "done" for write in store.writes(result.run_id))
    eve = next(item for item in directory.objects.values() if item.dn == f"CN=Eve,{BASE}")
    assert sink.delivered[-1] == ("person:Eve@corp/account", directory.passwords[eve.anchor])


def test_a_directory_that_stays_silent_ends_the_run_with_what_is_known(
    apply: Apply, directory: MemoryDirectory, store: Store
) -> None:
    directory.fault = lambda write: "drop"
    result = apply(plan([[promote("c1")], [enrol("c2", ADA_ID)]]))
    assert [problem.status for problem in result.problems] == ["unknown"]
    assert result.counts["remaining"] == 1
    assert result.exit_code == 4
    assert result.message


def test_a_directory_that_is_gone_between_batches_ends_the_run(apply: Apply, directory: MemoryDirectory) -> None:
    def go_down(write: Any) -> None:
        directory.down = True

    directory.fault = go_down
    result = apply(plan([[promote("c1")], [enrol("c2", ADA_ID)]]))
    assert (result.status, result.counts["done"], result.counts["remaining"]) == ("partial", 1, 1)
    assert "does not answer" in str(result.message)


def test_too_many_failures_end_the_run_between_batches(apply: Apply, directory: MemoryDirectory) -> None:
    directory.fault = lambda write: "refuse"
    batches = [[hire("c1"), hire("c2", "Max")], [promote("c3")]]
    result = apply(plan(batches), replace(OPTIONS, max_failures=1))
    assert (result.counts["failed"], result.counts["remaining"], result.status) == (2, 1, "failed")
    assert "2 failures" in str(result.message)


def test_a_run_stops_after_the_batch_that_was_asked_for(apply: Apply, directory: MemoryDirectory) -> None:
    result = apply(plan([[hire("c1")], [promote("c2")]]), replace(OPTIONS, stop_after_batch=1))
    assert (result.counts["done"], result.counts["remaining"], result.exit_code) == (1, 1, 4)
    assert titles(directory)[ADA_DN] == ("Engineer",)


def test_what_the_directory_does_not_hold_after_a_write_is_a_failure(
    apply: Apply, directory: MemoryDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "_modified", lambda live, modify: live)
    result = apply(plan([[promote()]]))
    assert "reads 'Engineer'" in str(result.problems[0].message)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"expires_at": "2026-11-23T11:59:59Z"}, "expired"),
        ({"expires_at": "soon"}, "expires"),
        ({"directories": {}}, "corp"),
        ({"batches": ()}, "damaged"),
    ],
)
def test_plans_that_must_not_be_applied_are_refused_before_any_write(
    apply: Apply, directory: MemoryDirectory, store: Store, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(PlanRefused, match=said) as refused:
        apply(replace(plan([[promote()]]), **fields))
    assert refused.value.hint
    assert directory.log == []
    assert store.locks() == []


def test_a_plan_of_other_files_is_refused(apply: Apply) -> None:
    with pytest.raises(PlanRefused, match="files have changed"):
        apply(plan([[promote()]]), replace(OPTIONS, config_digest="sha256:other"))


def test_a_plan_is_applied_once(apply: Apply) -> None:
    run_id = apply(plan([[promote()]])).run_id
    with pytest.raises(PlanRefused, match=run_id):
        apply(plan([[promote()]]))


@pytest.mark.parametrize(("name", "value"), [("identity", "S-2"), ("invocation_id", "inv-2"), ("usn", 6)])
def test_a_plan_is_not_applied_to_another_directory_or_an_older_state_of_it(
    apply: Apply, directory: MemoryDirectory, store: Store, name: str, value: Any
) -> None:
    setattr(directory, name, value)
    with pytest.raises(PlanRefused):
        apply(plan([[promote()]]))
    assert store.runs() == []


def test_a_change_before_the_one_it_depends_on_is_refused(apply: Apply) -> None:
    with pytest.raises(PlanRefused, match="does not come after"):
        apply(plan([[promote("c1", depends_on=("c2",))], [enrol("c2", ADA_ID)]]))


def allowing(**numbers: int) -> Options:
    given = tuple(Override(name, number) for name, number in numbers.items())
    return replace(OPTIONS, restraints=Restraints(overrides=given))


def test_a_stopped_guard_stops_the_apply_unless_the_command_names_it_and_a_number(apply: Apply, store: Store) -> None:
    guard = GuardResult("disable", "corp/account", "stopped", 12, 10, 100, "12 of 100")
    stopped = plan([[promote()]], guards=(guard,))
    with pytest.raises(GuardStopped) as refused:
        apply(stopped, allowing(disable=11, delete=99))
    assert "--allow disable=12" in str(refused.value.hint)
    result = apply(stopped, allowing(disable=12))
    assert result.status == "done"
    assert store.run(result.run_id).overrides == {"disable": 12}


def test_passwords_need_someone_to_receive_them(store: Store, directory: MemoryDirectory, listener: Listener) -> None:
    with pytest.raises(IdcodeError, match="nothing is configured") as refused:
        apply_plan(plan([[hire()]]), {"corp": directory}, store, None, OPTIONS, listener)
    assert "credentials:" in str(refused.value.hint)


def test_two_applies_at_once_are_refused(apply: Apply, store: Store, directory: MemoryDirectory) -> None:
    with store.lock(["corp"], "other"), pytest.raises(StoreError, match="locked by run other"):
        apply(plan([[promote()]]))
    assert directory.log == []


def test_when_the_journal_cannot_be_written_nothing_is_sent(
    apply: Apply, directory: MemoryDirectory, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise StoreError("cannot write the journal: database or disk is full")

    monkeypatch.setattr(store, "record_intents", full)
    with pytest.raises(StoreError, match="disk is full"):
        apply(plan([[promote()]]))
    assert directory.log == []
    assert store.runs()[0].status == "failed"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_lets_the_write_in_flight_end_and_journals_it(
    apply: Apply, directory: MemoryDirectory, store: Store, number: signal.Signals
) -> None:
    before = signal.getsignal(number)

    def press_ctrl_c(write: Any) -> None:
        if write.id == "c2.1":
            os.kill(os.getpid(), number)

    directory.fault = press_ctrl_c
    result = apply(plan([[promote("c1")], [enrol("c2", ADA_ID), hire("c3")], [hire("c4", "Max")]]))
    assert (result.status, result.exit_code) == ("interrupted", 130)
    assert directory.log == ["c1.1", "c2.1"]
    outcomes = {write.write_id: write.outcome for write in store.writes(result.run_id)}
    assert outcomes["c2.1"] == "done"
    assert outcomes["c3.1"] == "skipped"
    assert result.counts["remaining"] == 1
    assert signal.getsignal(number) is before


def test_an_interrupted_change_says_that_only_a_part_of_it_was_sent(
    apply: Apply, directory: MemoryDirectory, store: Store
) -> None:
    def press_ctrl_c(write: Any) -> None:
        if write.id == "c1.1":
            os.kill(os.getpid(), signal.SIGINT)

    directory.fault = press_ctrl_c
    result = apply(plan([[hire("c1"), promote("c2")]]))
    assert [(problem.status, problem.message) for problem in result.problems] == [
        ("failed", "done in part only; the rest was not sent: the run was interrupted"),
        ("skipped", "not sent: the run was interrupted"),
    ]


def test_a_signal_that_is_ignored_stays_ignored(apply: Apply, directory: MemoryDirectory) -> None:
    # nohup lets a run outlive its terminal.
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        directory.fault = lambda write: os.kill(os.getpid(), signal.SIGHUP)
        assert apply(plan([[promote("c1")], [enrol("c2", ADA_ID)]])).status == "done"
    finally:
        signal.signal(signal.SIGHUP, before)


def test_values_of_redacted_attributes_are_in_no_message(apply: Apply, directory: MemoryDirectory) -> None:
    ada = directory.objects[ADA_ID]
    directory.objects[ADA_ID] = replace(ada, attributes={**ada.attributes, "title": ("Boss",)})
    told = apply(plan([[promote("c1")]]), replace(OPTIONS, redact=("TITLE",))).problems[0].message
    assert told == "title was (redacted) when it was planned, should become (redacted), and is (redacted) now"


def test_what_the_run_wrote_is_its_own_and_nothing_else_of_the_object(apply: Apply, directory: MemoryDirectory) -> None:
    retire = change("c1", "disable", "person:E1@corp/account", {"enabled": single(True, False)},
                    anchor=ADA_ID, dn=ADA_DN)  # fmt: skip
    ada = directory.objects[ADA_ID]
    directory.objects[ADA_ID] = replace(ada, attributes={**ada.attributes, "title": ("Boss",)})
    result = apply(plan([[retire], [promote("c2")]]))
    assert [(problem.change_id, problem.status) for problem in result.problems] == [("c2", "stale")]
    assert directory.objects[ADA_ID].get("title") == ("Boss",)


@pytest.mark.parametrize("mark", [None, "new"])
def test_an_account_is_enabled_only_with_the_mark_that_the_plan_saw(
    apply: Apply, directory: MemoryDirectory, mark: Any
) -> None:
    bob = replace(directory.objects[BOB_ID], enabled=False, mark=mark)
    directory.objects[BOB_ID] = bob
    wanted = change("c1", "enable", "person:E2@corp/account", {"enabled": single(False, True)}, anchor=BOB_ID,
                    dn=BOB_DN, expect=Expect(BOB_DN, False, {"mark": ("disabled",)}))  # fmt: skip
    (problem,) = apply(plan([[wanted]])).problems
    assert problem.status == "stale"
    assert "idcode's mark was 'disabled'" in (problem.message or "")
    assert directory.objects[BOB_ID].enabled is False


def test_a_second_interruption_waits_for_nothing_and_says_that_a_write_may_have_been_carried_out(
    apply: Apply, directory: MemoryDirectory, store: Store
) -> None:
    directory.fault = lambda write: "interrupt" if write.id == "c2.1" else None
    result = apply(plan([[promote("c1"), enrol("c2", ADA_ID)]]))
    assert result.exit_code == 130
    assert {problem.status for problem in result.problems} == {"unknown"}
    outcomes = {write.write_id: write.outcome for write in store.writes(result.run_id)}
    assert outcomes == {"c1.1": "done", "c2.1": None}


def test_runs_work_outside_the_main_thread(apply: Apply) -> None:
    # A store of SQLAlchemy may be used from another thread; signals may not.
    results: list[RunResult] = []
    thread = threading.Thread(target=lambda: results.append(apply(plan([[promote()]]))))
    thread.start()
    thread.join()
    assert results[0].status == "done"


_KILLED = """
import sys
from pathlib import Path
from tests.apply.test_executor import *
directory = estate()
directory.fault = lambda write: sys.argv[2] if write.id == sys.argv[3] else None
store = open_store("sqlite:///idcode.db", Path(sys.argv[1]))
batches = [[hire("c1")], [promote("c2"), enrol("c3", ADA_ID)]]
apply_plan(plan(batches), {"corp": directory}, store, Sink(), OPTIONS, Listener())
"""


@pytest.mark.parametrize("fault", ["kill", "kill-after"])
@pytest.mark.parametrize("write_id", ["c1.1", "c1.2", "c1.3", "c2.1", "c3.1"])
def test_after_a_kill_the_journal_holds_every_intent_up_to_the_write_in_flight(
    tmp_path: Path, fault: str, write_id: str
) -> None:
    arguments = [sys.executable, "-c", _KILLED, str(tmp_path), fault, write_id]
    assert subprocess.run(arguments, check=False).returncode == -signal.SIGKILL
    store = open_store("sqlite:///idcode.db", tmp_path)
    (run,) = store.runs()
    assert run.status == "running"
    journal = {write.write_id: write.outcome for write in store.writes(run.run_id)}
    batch = ["c1.1", "c1.2", "c1.3"] if write_id.startswith("c1") else ["c1.1", "c1.2", "c1.3", "c2.1", "c3.1"]
    assert list(journal) == batch
    done = batch[: batch.index(write_id)]
    assert [name for name, outcome in journal.items() if outcome == "done"] == done
    assert journal[write_id] is None
    assert json.dumps([write.to_json() for write in store.writes(run.run_id)])
    with store.lock(["corp"], "next"):
        pass  # the dead owner's lock is not in the way
    store.close()


def test_an_expired_plan_is_one_that_expired_a_moment_ago(apply: Apply) -> None:
    still_good = replace(plan([[promote()]]), expires_at="2026-11-23T12:00:00Z")
    with pytest.raises(PlanRefused):
        apply(still_good, replace(OPTIONS, now=NOW + timedelta(seconds=1)))
    assert apply(still_good).status == "done"


def test_an_unreachable_directory_is_an_error_before_the_run_begins(
    apply: Apply, directory: MemoryDirectory, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable() -> Any:
        raise DirectoryError("no server of corp answers")

    monkeypatch.setattr(directory, "fingerprint", unreachable)
    with pytest.raises(DirectoryError):
        apply(plan([[promote()]]))
    assert store.runs() == []
    assert store.locks() == []


@pytest.mark.parametrize("defect", [TypeError("Ada Brisling"), SystemExit(1), KeyboardInterrupt()])
def test_a_run_that_breaks_off_is_over_for_the_history_and_the_error_is_not_swallowed(
    apply: Apply, store: Store, listener: Listener, monkeypatch: pytest.MonkeyPatch, defect: BaseException
) -> None:
    def fail(*_: object) -> None:
        raise defect

    monkeypatch.setattr(listener, "run_started", fail)
    with pytest.raises(type(defect)):
        apply(plan([[promote()]]))
    (run,) = store.runs()
    assert (run.status, run.counts["remaining"]) == ("failed", 1)
    assert run.finished_at is not None
    assert run.message == f"it broke off: {type(defect).__name__}", "the text of a defect may hold personal data"
    assert store.locks() == []


def test_a_run_that_breaks_off_after_its_last_write_is_not_called_done(
    apply: Apply, store: Store, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise TypeError

    monkeypatch.setattr(listener, "change_finished", fail)
    with pytest.raises(TypeError):
        apply(plan([[promote()]]))
    assert store.runs()[0].status == "partial"
