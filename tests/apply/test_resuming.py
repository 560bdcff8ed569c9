"""Finishing a run that was killed at any moment: nothing is lost, nothing is done twice, and it can be undone."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from idcode.apply.executor import apply_plan, plan_of_run, resume_run
from idcode.apply.results import Options, RunResult
from idcode.apply.rollback import plan_rollback
from idcode.model import dn
from idcode.model.errors import IdcodeError, PlanRefused, StoreError
from idcode.model.plans import Plan
from idcode.model.values import Ref
from idcode.model.writes import Outcome, Write
from idcode.store.store import open_store
from tests.apply.builders import BASE, NOW, change, plan, single
from tests.apply.conftest import Listener, Sink
from tests.apply.dying import Died, Life
from tests.apply.test_executor import ADA_DN, ADA_ID, BOB_DN, GROUP_ID, OPTIONS, enrol, estate, hire, promote
from tests.apply.test_rollback import EVE, ROLLBACK, everything

MAX = "person:Max@corp/account"


def a_day() -> Plan:
    """Every operation, and a value that goes by way of another one."""
    day = everything()
    last = day.batches[-1].number
    final = change("e1", "update", "person:E1@corp/account", {"title": single("Engineer", "Head")}, anchor=ADA_ID,
                   dn=ADA_DN, depends_on=("c5",))  # fmt: skip
    batches = [[item for item in day.changes if item.batch == number] for number in range(1, last + 1)]
    return plan([*batches, [final, hire("e2", "Max")]])


class World:
    """One directory and one history, and processes that live as long as they are let."""

    def __init__(self, root: Path) -> None:
        self.directory, self.sink = estate(), Sink()
        self.store = open_store("sqlite:///idcode.db", root)
        # Nothing here ends with the machine, so nothing has to wait for the disk.
        event.listen(self.store._engine, "connect", lambda opened, _: opened.execute("PRAGMA synchronous=OFF"))
        self.store._engine.dispose()

    def apply(self, wanted: Plan, life: Life, options: Options = OPTIONS) -> RunResult | None:
        """Apply a plan; ``None`` where the process died before its end."""
        self.directory.log.clear()  # ids of writes are those of one run
        return self._live(life, lambda store: apply_plan(wanted, *self.with_store(store), options, Listener()))

    def resume(self, life: Life, options: Options = OPTIONS) -> RunResult | None:
        """Finish the newest run."""
        run_id = self.store.runs()[0].run_id
        wanted = plan_of_run(run_id, self.store)
        return self._live(life, lambda store: resume_run(run_id, wanted, *self.with_store(store), options, Listener()))

    def undo(self) -> RunResult:
        """Roll the newest run back."""
        run_id = self.store.runs()[0].run_id
        wanted = plan_rollback(run_id, self.store, {"corp": self.directory}, ROLLBACK)
        assert wanted.held == ()
        result = self.apply(wanted, Life())
        assert result is not None
        return result

    def with_store(self, store: Any) -> tuple[Any, Any, Any]:
        """Return the directories, a store, and who receives passwords."""
        return {"corp": self.directory}, store, self.sink

    def _live(self, life: Life, run: Callable[[Any], RunResult]) -> RunResult | None:
        self.directory.fault = life.fault
        try:
            return run(life.store(self.store))
        except Died:
            return None
        finally:
            self.directory.fault = lambda write: None

    def looks(self) -> list[Any]:
        """Return what people see, without the anchors of new objects."""
        return sorted(repr(item) for item in self.directory.dump().values())

    def members(self) -> set[str]:
        """Return the names of who is in the group."""
        found = self.directory.objects[GROUP_ID].get("member")
        return {dn.parse(value.target)[0].value for value in found if isinstance(value, Ref)}

    def password_of(self, name: str) -> str:
        """Return the password that an account has."""
        (anchor,) = (item.anchor for item in self.directory.objects.values() if item.dn == f"CN={name},{BASE}")
        return self.directory.passwords[anchor]

    def doubled(self) -> set[str]:
        """Return the writes that were carried out more than once, passwords apart."""
        passwords = {write.write_id for run in self.store.runs() for write in self.store.writes(run.run_id)
                     if write.kind == "password"}  # fmt: skip
        return {name for name, times in Counter(self.directory.log).items() if times > 1} - passwords


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[[], World]]:
    worlds: list[World] = []

    def make() -> World:
        root = tmp_path / str(len(worlds))
        root.mkdir()
        worlds.append(World(root))
        return worlds[-1]

    yield make
    for world in worlds:
        world.store.close()


@pytest.fixture
def world(make_world: Callable[[], World]) -> World:
    return make_world()


def killed_at_every_moment(make: Callable[[], World]) -> Iterator[tuple[int, World]]:
    """Yield a world for every moment at which a run of :func:`a_day` can be killed, and that moment."""
    whole = Life()
    assert make().apply(a_day(), whole)
    assert whole.moments > 80
    for moment in range(1, whole.moments + 1):
        world = make()
        assert world.apply(a_day(), Life(moment)) is None
        if world.store.runs() and world.store.runs()[0].status == "running":
            yield moment, world
        else:
            assert moment in (1, whole.moments), "before a run is in the journal, and after it is over there"


def test_a_run_killed_at_any_moment_is_finished_with_nothing_lost_or_doubled_and_rolls_back_to_what_was_before(
    make_world: Callable[[], World],
) -> None:
    before = estate().dump()
    whole = make_world()
    wanted = whole.apply(a_day(), Life())
    assert wanted is not None
    assert wanted.status == "done", wanted.problems
    for moment, world in killed_at_every_moment(make_world):
        result = world.resume(Life())
        assert result is not None
        assert (result.status, result.counts) == ("done", wanted.counts), (moment, result.problems)
        assert world.looks() == whole.looks(), moment
        assert world.doubled() == set(), moment
        (run,) = world.store.runs()
        assert (run.status, run.counts) == ("done", wanted.counts)
        assert [write.outcome for write in world.store.writes(run.run_id)] == ["done"] * len(set(world.directory.log))
        places = [(write.batch, write.position) for write in world.store.writes(run.run_id)]
        assert len(set(places)) == len(places), "the journal has an order"
        assert world.sink.delivered[-1] == (MAX, world.password_of("Max"))
        assert world.undo().status == "done", moment
        assert world.directory.dump() == before, moment


def test_a_run_killed_at_any_moment_is_rolled_back_as_it_is(make_world: Callable[[], World]) -> None:
    before = estate().dump()
    for moment, world in killed_at_every_moment(make_world):
        result = world.undo()
        assert result.status == "done", (moment, result.problems)
        assert world.directory.dump() == before, moment


def test_a_run_that_is_killed_again_and_again_comes_to_its_end(make_world: Callable[[], World]) -> None:
    whole = make_world()
    assert whole.apply(a_day(), Life())
    for each in (7, 8, 9, 10, 11, 13):
        world = make_world()
        result = world.apply(a_day(), Life(each))
        lives = 1
        while result is None:
            assert lives < 100, "it never comes any further"
            # The later lives are longer by one moment each: what begins a run anew must not eat up all of them.
            result = world.resume(Life(each + lives))
            lives += 1
        assert lives > 3
        assert result.status == "done", (each, result.problems)
        assert world.looks() == whole.looks()
        assert world.doubled() == set()


class LosesItsConnection(Life):
    """A life in which the first write never comes to the directory."""

    def fault(self, write: Write) -> str | None:
        is_first = not self.lost
        self.lost = True
        return "drop" if is_first else super().fault(write)

    lost = False


def test_a_run_killed_after_its_connection_was_lost_does_nothing_twice(make_world: Callable[[], World]) -> None:
    for moment in range(1, 100):
        world = make_world()
        result = world.apply(plan([[hire("c1")]]), LosesItsConnection(moment))
        if result is not None:
            assert moment > 15
            break
        if world.store.runs() and world.store.runs()[0].status == "running":
            assert world.resume(Life())
        assert world.doubled() == set(), moment


def test_a_password_that_may_have_been_set_is_set_anew_and_handed_over(world: World) -> None:
    assert world.apply(plan([[hire("c1")]]), Life(9)) is None
    first = world.password_of("Eve")
    result = world.resume(Life())
    assert result is not None
    assert result.status == "done"
    assert world.password_of("Eve") != first
    assert world.sink.delivered[-1] == (EVE, world.password_of("Eve"))


def test_what_failed_is_tried_again_and_those_who_waited_for_it_follow(world: World) -> None:
    world.sink.refused.add(EVE)
    manager = change("c3", "update", "person:E1@corp/account", {"manager": single(None, Ref(EVE))}, anchor=ADA_ID,
                     dn=ADA_DN, depends_on=("c1",))  # fmt: skip
    first = world.apply(
        plan([[hire("c1"), hire("c2", "Max")], [enrol("c4", EVE, MAX, ADA_ID, depends_on=("c1", "c2")), manager]]),
        Life(),
    )
    assert first is not None
    assert {problem.change_id for problem in first.problems} == {"c1", "c3"}
    assert world.members() == {"Ada", "Bob", "Max"}

    world.sink.refused.clear()
    result = world.resume(Life())
    assert result is not None
    assert (result.status, result.counts["done"]) == ("done", 4), result.problems
    assert world.members() == {"Ada", "Bob", "Eve", "Max"}, "whom a group had to do without comes into it now"
    assert world.doubled() == set()
    (group,) = (row for row in world.store.changes(result.run_id) if row.change_id == "c4")
    assert (group.live or {})["attributes"]["member"] == [{"$ref": BOB_DN}], "as it was before the run"
    assert world.undo().status == "done"
    assert world.directory.dump() == estate().dump()


def test_what_somebody_changed_between_a_kill_and_its_resumption_is_left_alone(world: World) -> None:
    two_steps = change("c1", "move", "person:E1@corp/account", {"title": single("Engineer", "Lead")}, anchor=ADA_ID,
                       dn=ADA_DN, new_dn=f"CN=Ada,OU=Staff,{BASE}")  # fmt: skip
    assert world.apply(plan([[two_steps]]), Life(7)) is None
    assert world.directory.log == ["c1.1"]
    ada = world.directory.objects[ADA_ID]
    world.directory.objects[ADA_ID] = replace(ada, attributes={**ada.attributes, "title": ("Boss",)}, dn=ada.dn)
    result = world.resume(Life())
    assert result is not None
    (problem,) = result.problems
    assert (problem.status, result.exit_code) == ("stale", 4)
    assert "done in part only" in str(problem.message)
    assert world.directory.objects[ADA_ID].get("title") == ("Boss",)


def test_a_run_that_stopped_as_asked_goes_on_from_there(world: World) -> None:
    first = world.apply(a_day(), Life(), replace(OPTIONS, stop_after_batch=2))
    assert first is not None
    second = world.resume(Life(), replace(OPTIONS, stop_after_batch=4))
    assert second is not None
    assert (first.counts["done"], second.counts["done"], second.exit_code) == (2, 4, 4)
    last = world.resume(Life())
    assert last is not None
    assert last.status == "done"


def test_a_run_that_is_taken_up_again_is_going_on_for_the_history(world: World) -> None:
    assert world.apply(a_day(), Life(), replace(OPTIONS, stop_after_batch=2))
    assert (world.store.runs()[0].status, world.store.runs()[0].message) == (
        "partial",
        "stopped after batch 2, as asked",
    )
    assert world.resume(Life(20)) is None
    run = world.store.runs()[0]
    assert (run.status, run.message, run.finished_at) == ("running", None, None)


def test_what_was_begun_and_is_interrupted_again_is_done_in_part_and_not_skipped(world: World) -> None:
    def press_ctrl_c(write: Write) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    wanted = plan([[promote("c1"), hire("c2")]])
    world.directory.fault = lambda write: "refuse" if write.id == "c1.1" else None
    world.sink.refused.add(EVE)
    first = apply_plan(wanted, *world.with_store(world.store), OPTIONS, Listener())
    assert [problem.status for problem in first.problems] == ["failed", "failed"]
    world.directory.fault = press_ctrl_c
    result = resume_run(first.run_id, wanted, *world.with_store(world.store), OPTIONS, Listener())
    assert result.exit_code == 130
    assert [(problem.change_id, problem.status) for problem in result.problems] == [("c2", "failed")]
    assert "done in part only" in str(result.problems[0].message)


def test_an_interrupted_run_is_finished(world: World) -> None:
    world.directory.fault = lambda write: "interrupt" if write.id == "c4.2" else None
    first = apply_plan(a_day(), *world.with_store(world.store), OPTIONS, Listener())
    world.directory.fault = lambda write: None
    assert first.exit_code == 130
    result = world.resume(Life())
    assert result is not None
    assert result.status == "done"
    assert world.doubled() == set()


def test_a_run_that_cannot_settle_what_it_began_waits_for_a_directory_that_answers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.apply(plan([[promote("c1")]]), Life(5)) is None

    def silent(write: Any) -> Outcome:
        return Outcome(write.id, "unknown", message="dc1 does not answer")

    monkeypatch.setattr(world.directory, "settle", silent)
    result = world.resume(Life())
    assert result is not None
    assert (result.status, result.exit_code) == ("failed", 4)
    assert "dc1 does not answer" in str(result.message)
    monkeypatch.undo()
    again = world.resume(Life())
    assert again is not None
    assert again.status == "done"
    assert world.directory.log == ["c1.1"]


def test_an_expired_plan_does_not_keep_a_run_from_being_finished(world: World) -> None:
    assert world.apply(a_day(), Life(20)) is None
    result = world.resume(Life(), replace(OPTIONS, now=NOW + timedelta(days=3)))
    assert result is not None
    assert result.status == "done"


def test_a_run_that_is_done_is_refused(world: World) -> None:
    assert world.apply(plan([[promote()]]), Life())
    with pytest.raises(PlanRefused, match="is done: nothing is left") as refused:
        world.resume(Life())
    assert refused.value.hint


def test_a_run_that_was_rolled_back_is_refused(world: World) -> None:
    assert world.apply(a_day(), Life(60)) is None
    run_id = world.store.runs()[0].run_id
    assert world.undo().status == "done"
    with pytest.raises(PlanRefused, match="was rolled back by run"):
        resume_run(run_id, plan_of_run(run_id, world.store), *world.with_store(world.store), OPTIONS, Listener())


def test_a_rollback_that_was_killed_is_finished(world: World) -> None:
    before = world.directory.dump()
    assert world.apply(a_day(), Life())
    run_id = world.store.runs()[0].run_id
    back = plan_rollback(run_id, world.store, {"corp": world.directory}, ROLLBACK)
    assert world.apply(back, Life(40)) is None
    result = world.resume(Life())
    assert result is not None
    assert result.status == "done", [p.message for p in result.problems]
    assert world.directory.dump() == before
    assert world.store.run(result.run_id).rolls_back == run_id


def test_other_files_another_directory_and_an_unknown_run_are_refused(world: World) -> None:
    assert world.apply(plan([[promote()]]), Life(5)) is None
    with pytest.raises(PlanRefused, match="files have changed since the run began"):
        world.resume(Life(), replace(OPTIONS, config_digest="sha256:other"))
    world.directory.identity = "S-2"
    with pytest.raises(PlanRefused, match="another directory"):
        world.resume(Life())
    with pytest.raises(StoreError, match="there is no run"):
        plan_of_run("nobody", world.store)
    assert world.directory.log == []
    assert world.store.runs()[0].status == "running"


def test_a_run_that_is_still_going_on_is_refused(world: World) -> None:
    assert world.apply(plan([[promote()]]), Life(5)) is None
    run_id = world.store.runs()[0].run_id
    with world.store.lock(["corp"], run_id), pytest.raises(StoreError, match=f"locked by run {run_id}"):
        world.resume(Life())
    assert world.directory.log == []


def test_passwords_need_someone_to_receive_them(world: World) -> None:
    assert world.apply(plan([[hire()]]), Life(5)) is None
    run_id = world.store.runs()[0].run_id
    wanted = plan_of_run(run_id, world.store)
    with pytest.raises(IdcodeError, match="nothing is configured"):
        resume_run(run_id, wanted, {"corp": world.directory}, world.store, None, OPTIONS, Listener())
