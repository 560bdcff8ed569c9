"""Rolling a run back: the directory holds what it held before, and nobody else's work is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idcode.apply.executor import apply_plan
from idcode.apply.restraint import Restraints
from idcode.apply.results import RunResult
from idcode.apply.rollback import RollbackOptions, plan_rollback
from idcode.model.desired import GuardLimit
from idcode.model.errors import GuardStopped, PlanRefused, StoreError
from idcode.model.plans import Change, Override, Plan, Population
from idcode.model.values import Ref
from idcode.plan import decoding, encoding
from idcode.store.store import Store, open_store
from tests.apply.builders import BASE, NOW, change, delta, plan, single
from tests.apply.conftest import Listener, Sink
from tests.apply.memory import MemoryDirectory
from tests.apply.test_executor import (
    ADA_DN,
    ADA_ID,
    BOB_DN,
    BOB_ID,
    GROUP_ID,
    OPTIONS,
    OU_ID,
    enrol,
    estate,
    hire,
    promote,
)

ROLLBACK = RollbackOptions("contoso", None, "sha256:c0", NOW, timedelta(days=1), "0.1.0")
EVE = "person:Eve@corp/account"
Undo = Callable[..., RunResult]


def restrained(**restraints: Any) -> RollbackOptions:
    return replace(ROLLBACK, restraints=Restraints(**restraints))


@pytest.fixture
def directory() -> MemoryDirectory:
    return estate()


@pytest.fixture
def apply(store: Store, sink: Sink, listener: Listener, directory: MemoryDirectory) -> Callable[[Plan], RunResult]:
    def run(wanted: Plan, **options: Any) -> RunResult:
        return apply_plan(wanted, {"corp": directory}, store, sink, replace(OPTIONS, **options), listener)

    return run


@pytest.fixture
def undo(store: Store, directory: MemoryDirectory, apply: Callable[[Plan], RunResult]) -> Undo:
    def run(run_id: str, **options: Any) -> RunResult:
        wanted = plan_rollback(run_id, store, {"corp": directory}, replace(ROLLBACK, **options))
        assert decoding.decode(encoding.encode(wanted), strict=True) == wanted
        return apply(wanted)

    return run


def everything() -> Plan:
    """A day of changes with every operation, two of them on objects that other changes are about."""
    ada, bob = "person:E1@corp/account", "person:E2@corp/account"
    in_staff = f"CN=Ada Brisling,OU=Staff,{BASE}"
    return plan(
        [
            [change("c1", "disable", bob, {"enabled": single(True, False)}, anchor=BOB_ID, dn=BOB_DN)],
            [change("c2", "move", "ou:Staff@corp", {}, anchor=OU_ID, dn=f"OU=Staff,{BASE}", new_dn=f"OU=All,{BASE}",
                    object_type="ou", phase="containers")],
            [change("c3", "create", "ou:New@corp", {"description": single(None, "new")}, dn=f"OU=New,{BASE}",
                    new_dn=f"OU=New,{BASE}", object_type="ou", phase="containers")],
            [hire("c4")],
            [promote("c5"),
             change("c6", "update", bob, {"manager": single(Ref(ADA_ID), None)}, anchor=BOB_ID, dn=BOB_DN)],
            [change("c7", "move", ada, {}, anchor=ADA_ID, dn=ADA_DN, new_dn=in_staff.replace("Staff", "All"))],
            [enrol("c8", EVE, ADA_ID, depends_on=("c4",)),
             change("c9", "update", ada, {"manager": single(None, Ref(EVE))}, anchor=ADA_ID, dn=ADA_DN,
                    depends_on=("c4",))],
            [change("d1", "delete", bob, {}, anchor=BOB_ID, dn=BOB_DN)],
        ]
    )  # fmt: skip


def test_a_rollback_of_every_operation_leaves_what_there_was_before(
    apply: Any, undo: Undo, directory: MemoryDirectory, store: Store, sink: Sink
) -> None:
    before = directory.dump()
    run = apply(everything())
    assert run.status == "done", run.problems
    assert directory.dump() != before
    result = undo(run.run_id)
    assert result.status == "done", result.problems
    assert directory.dump() == before
    assert store.run(result.run_id).rolls_back == run.run_id
    assert sink.delivered[-1][0] == "person:E2@corp/account", "a restored account needs a new password"


def test_a_rollback_can_be_rolled_back(apply: Any, undo: Undo, directory: MemoryDirectory, store: Store) -> None:
    start = directory.dump()
    run = apply(everything())
    after = {dn: rest for dn, *rest in directory.dump().values()}
    first = undo(run.run_id)
    undone = everything().changes
    assert store.rolled_back("sha256:c0") == {item.key for item in undone} | {
        item.address for item in undone if item.op == "create"
    }
    second = undo(first.run_id)
    assert second.status == "done", second.problems
    assert {dn: rest for dn, *rest in directory.dump().values()} == after
    assert store.rolled_back("sha256:c0") == set()
    third = undo(second.run_id)
    assert third.status == "done", third.problems
    assert directory.dump() == start


@pytest.mark.parametrize(("left", "status"), [((), "done"), (("Boss",), "held")])
def test_a_creation_that_stopped_half_way_is_undone_whatever_it_lacks(
    apply: Any, undo: Undo, directory: MemoryDirectory, sink: Sink, store: Store, left: Any, status: str
) -> None:
    before = directory.dump()
    sink.refused.add(EVE)
    run = apply(plan([[hire("c1")]]))
    assert run.problems[0].status == "failed"
    (eve,) = (item for item in directory.objects.values() if item.dn == f"CN=Eve,{BASE}")
    values = {name: held for name, held in {**eve.attributes, "title": left}.items() if held}
    directory.objects[eve.anchor] = replace(eve, attributes=values)
    planned = plan_rollback(run.run_id, store, {"corp": directory}, ROLLBACK)
    if status == "held":
        assert "title" in planned.held[0].reason
        return
    assert undo(run.run_id).status == "done"
    assert directory.dump() == before


def test_nothing_is_left_to_undo_after_a_rollback(
    apply: Any, undo: Undo, directory: MemoryDirectory, store: Store
) -> None:
    run = apply(plan([[promote("c1")], [enrol("c2", ADA_ID)], [hire("c3")]]))
    undo(run.run_id)
    again = plan_rollback(run.run_id, store, {"corp": directory}, ROLLBACK)
    assert (again.changes, again.held) == ((), ())


def test_only_the_batches_after_the_given_one_are_undone(apply: Any, undo: Undo, directory: MemoryDirectory) -> None:
    run = apply(plan([[promote("c1")], [enrol("c2", ADA_ID)]]))
    undo(run.run_id, to_batch=1)
    assert directory.objects[ADA_ID].get("title") == ("Lead",)
    assert Ref(ADA_DN) not in directory.objects[GROUP_ID].get("member")


def test_what_somebody_changed_since_stays_and_is_said(
    apply: Any, undo: Undo, directory: MemoryDirectory, store: Store
) -> None:
    attributes = {"title": single("Engineer", "Lead"), "description": single(None, "x")}
    wanted = change("c1", "update", "person:E1@corp/account", attributes, anchor=ADA_ID, dn=ADA_DN)
    run = apply(plan([[wanted]]))
    ada = directory.objects[ADA_ID]
    directory.objects[ADA_ID] = replace(ada, attributes={**ada.attributes, "title": ("Boss",)})
    undone = plan_rollback(run.run_id, store, {"corp": directory}, ROLLBACK)
    (held,) = undone.held
    assert "'Boss'" in held.reason
    assert undone.diagnostics[0].code == "not-rolled-back"
    assert apply(undone).status == "done"
    assert directory.objects[ADA_ID].attributes == {"title": ("Boss",), "employeeID": ("E1",)}


def test_a_new_account_that_others_edited_is_not_deleted(apply: Any, directory: MemoryDirectory, store: Store) -> None:
    run = apply(plan([[hire("c1")]]))
    (eve,) = (item for item in directory.objects.values() if item.dn == f"CN=Eve,{BASE}")
    directory.objects[eve.anchor] = replace(eve, attributes={**eve.attributes, "title": ("Director",)})
    undone = plan_rollback(run.run_id, store, {"corp": directory}, ROLLBACK)
    assert undone.changes == ()
    assert "not deleted" in undone.held[0].reason


def test_members_that_others_added_or_removed_since_stay_so(apply: Any, undo: Undo, directory: MemoryDirectory) -> None:
    run = apply(plan([[enrol("c1", ADA_ID, OU_ID)]]))
    group = directory.objects[GROUP_ID]
    theirs = (Ref(ADA_DN), Ref("CN=Friend,DC=other,DC=example"))
    directory.objects[GROUP_ID] = replace(group, attributes={"member": theirs})
    assert undo(run.run_id).status == "done"
    assert directory.objects[GROUP_ID].get("member") == (theirs[1],)


def test_a_change_between_planning_the_rollback_and_applying_it_is_not_overwritten(
    apply: Any, directory: MemoryDirectory, store: Store
) -> None:
    run = apply(plan([[promote("c1")]]))
    undone = plan_rollback(run.run_id, store, {"corp": directory}, ROLLBACK)
    ada = directory.objects[ADA_ID]
    directory.objects[ADA_ID] = replace(ada, attributes={**ada.attributes, "title": ("Boss",)})
    result = apply(undone)
    assert [problem.status for problem in result.problems] == ["stale"]


def test_only_what_the_run_really_did_is_undone(apply: Any, undo: Undo, directory: MemoryDirectory) -> None:
    ada = directory.objects[ADA_ID]
    directory.objects[ADA_ID] = replace(ada, attributes={**ada.attributes, "title": ("Lead",)})
    before = directory.dump()
    directory.fault = lambda write: "refuse" if write.id == "c2.1" else None
    run = apply(plan([[promote("c1"), hire("c2"), enrol("c3", BOB_ID, ADA_ID)]]))
    directory.fault = lambda write: None
    undo(run.run_id)
    assert directory.dump() == before


def test_an_account_left_without_a_password_is_taken_away_again(
    apply: Any, undo: Undo, directory: MemoryDirectory, sink: Sink
) -> None:
    before = directory.dump()
    sink.refused.add(EVE)
    run = apply(plan([[hire("c1")]]))
    assert run.status == "failed"
    assert undo(run.run_id).status == "done"
    assert directory.dump() == before


def test_the_mark_of_an_account_that_somebody_else_had_disabled_comes_back(
    apply: Any, store: Store, directory: MemoryDirectory
) -> None:
    directory.objects[ADA_ID] = replace(directory.objects[ADA_ID], enabled=False, mark=None)
    wanted: Change = change(
        "c1", "enable", "person:E1@corp/account", {"enabled": single(False, True)}, anchor=ADA_ID, dn=ADA_DN
    )
    run = apply(plan([[wanted]]))
    undone = plan_rollback(run.run_id, store, {"corp": directory}, ROLLBACK)
    assert undone.changes[0].attributes["mark"].after == ()


def test_a_deleted_object_that_the_directory_forgot_is_said_to_be_gone(
    apply: Any, store: Store, directory: MemoryDirectory
) -> None:
    wanted = change("c1", "delete", "person:E2@corp/account", {}, anchor=BOB_ID, dn=BOB_DN)
    run = apply(plan([[wanted]]))
    del directory.objects[BOB_ID]
    undone = plan_rollback(run.run_id, store, {"corp": directory}, ROLLBACK)
    assert undone.changes == ()
    assert "does not keep" in undone.held[0].reason


def test_a_rollback_that_would_delete_many_is_stopped_by_the_guard_and_names_the_override(
    apply: Any, store: Store, directory: MemoryDirectory
) -> None:
    created = [replace(hire("c1"), scope="corp/account"), replace(hire("c2", "Max"), scope="corp/account")]
    run = apply(plan([created], populations={"corp/account": Population(100)}))
    limited = restrained(limits=(GuardLimit("delete", None, 1, "stop"),))
    stopped = plan_rollback(run.run_id, store, {"corp": directory}, limited)
    assert stopped.stopped
    with pytest.raises(GuardStopped):
        apply(stopped)
    limited = restrained(limits=limited.restraints.limits, overrides=(Override("delete", 2),))
    allowed = plan_rollback(run.run_id, store, {"corp": directory}, limited)
    assert apply(allowed).status == "done"


def test_a_run_of_another_domain_is_not_rolled_back_here(apply: Any, store: Store, directory: MemoryDirectory) -> None:
    run = apply(plan([[promote("c1")]]))
    directory.identity = "S-1-5-21-2"
    with pytest.raises(PlanRefused, match=r"wrote to: S-1-5-21-2 .*, then S-1-5-21-1"):
        plan_rollback(run.run_id, store, {"corp": directory}, ROLLBACK)


def test_a_run_of_a_practice_domain_is_not_rolled_back_in_the_domain_it_began_as_a_copy_of(
    apply: Any, store: Store, directory: MemoryDirectory
) -> None:
    run = apply(plan([[promote("c1")]]))
    directory.type = "sandbox"
    with pytest.raises(PlanRefused, match=r"corp was live when run .* wrote to it, and is a practice one now"):
        plan_rollback(run.run_id, store, {"corp": directory}, ROLLBACK)


def test_a_rollback_names_deleted_objects_as_they_were_called(
    apply: Any, store: Store, directory: MemoryDirectory
) -> None:
    run = apply(plan([[enrol("c1", ADA_ID)]]))
    ada = directory.objects[ADA_ID]
    gone = f"CN=Ada Brisling\\0ADEL:{ADA_ID},CN=Deleted Objects,{BASE}"
    directory.objects[ADA_ID] = replace(ada, dn=gone, deleted=True)
    undone = plan_rollback(run.run_id, store, {"corp": directory}, ROLLBACK)
    assert undone.references[ADA_ID].label == "Ada Brisling"


def test_a_run_that_is_still_going_on_or_unknown_is_not_rolled_back(
    apply: Any, store: Store, directory: MemoryDirectory
) -> None:
    run = apply(plan([[promote("c1")]]))
    with store.lock(["corp"], run.run_id), pytest.raises(StoreError, match="still going on"):
        plan_rollback(run.run_id, store, {"corp": directory}, ROLLBACK)
    with pytest.raises(StoreError, match="no run"):
        plan_rollback("20200101T000000Z-000000", store, {"corp": directory}, ROLLBACK)


_KILLED = """
import pickle, sys
from pathlib import Path
from tests.apply.test_rollback import *
directory = estate()
folder, fault, write_id = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
def strike(write):
    if write.id == write_id and fault == "kill":
        (folder / "left").write_bytes(pickle.dumps((directory.objects, directory.log)))
        return "kill"
    if write.id == write_id:
        original = directory._carry_out
        def carry_out(*arguments):
            original(*arguments)
            (folder / "left").write_bytes(pickle.dumps((directory.objects, directory.log)))
            os.kill(os.getpid(), 9)
        directory._carry_out = carry_out
directory.fault = strike
store = open_store("sqlite:///idcode.db", folder)
apply_plan(everything(), {"corp": directory}, store, Sink(), OPTIONS, Listener())
"""


@pytest.mark.parametrize("fault", ["kill", "kill-after"])
@pytest.mark.parametrize("write_id", ["c1.1", "c3.1", "c4.1", "c4.2", "c5.1", "c7.1", "c8.1", "d1.1"])
def test_a_run_that_was_killed_can_be_rolled_back(tmp_path: Path, fault: str, write_id: str) -> None:
    import pickle

    script = "import os\n" + _KILLED
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path), fault, write_id], check=False)
    assert killed.returncode == -signal.SIGKILL
    directory = estate()
    directory.objects, directory.log = pickle.loads((tmp_path / "left").read_bytes())
    store = open_store("sqlite:///idcode.db", tmp_path)
    (run,) = store.runs()
    wanted = plan_rollback(run.run_id, store, {"corp": directory}, ROLLBACK)
    result = apply_plan(wanted, {"corp": directory}, store, Sink(), OPTIONS, Listener())
    assert result.status == "done", result.problems
    assert directory.dump() == estate().dump()
    store.close()


def test_deltas_are_undone_as_far_as_they_were_done(apply: Any, undo: Undo, directory: MemoryDirectory) -> None:
    before = directory.dump()
    swap = change(
        "c1", "update", "group:sg@corp", {"member": delta([Ref(ADA_ID)], [Ref(BOB_ID)])},
        anchor=GROUP_ID, dn=f"CN=sg,{BASE}", object_type="group",
    )  # fmt: skip
    run = apply(plan([[swap]]))
    assert directory.objects[GROUP_ID].get("member") == (Ref(ADA_DN),)
    undo(run.run_id)
    assert directory.dump() == before
