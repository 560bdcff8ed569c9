"""A run on a real domain controller while other things break around it: the server, the clock, the store, its disk.

In each of them nothing is written that is not written down, and the run is finished as if nothing had happened.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.witness import Witness
from tests.faults.rough import SOAK, RoughStage, writes
from tests.faults.scene import ROOT, Ended, Lives, living
from tests.lab.postgres import PostgresLab

pytestmark = pytest.mark.ad

DAY = 24 * 3600
MOMENTS = [(number, done) for number in range(0, 112, 14) for done in (False, True)] if SOAK else [(60, False)]
"""Writes of the day, and whether something happens after its answer, which the journal does not know yet, or before."""


@pytest.fixture(autouse=True)
def _count(stage: RoughStage, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Print what happened, where much does."""
    yield
    if SOAK and stage.tally.runs:
        with capsys.disabled():
            print(f"\n{request.node.originalname}: {stage.tally}")


@pytest.fixture
def neighbour(stage: RoughStage) -> Iterator[RoughStage]:
    """The same repository, for processes at the same time."""
    with living({"LAB_USER": stage.domain.user, "LAB_PASSWORD": stage.domain.password}) as lives:
        yield stage.neighbour(lives)


def finish(stage: RoughStage, ended: Ended) -> None:
    """Resume what did not come to its end."""
    run_id, _, status = stage.newest_run()
    if status != "done":
        ended = stage.run("apply", "--resume", run_id)
    assert ended.code == 0, ended.said
    stage.ends_well()


def test_a_server_that_ends_during_a_run_and_comes_back(stage: RoughStage) -> None:
    for number, done in MOMENTS:
        stage.morning()
        with stage.paused(stage.moment_of_write(number, done=done), "apply", "plan.json") as paused:
            stage.lab.stop()
        assert paused.ended.code == 4, paused.ended.said
        assert f"To finish it: idcode apply --resume {stage.newest_run()[0]}\n" in paused.ended.said
        stage.lab.restart(stage.domain)
        finish(stage, paused.ended)


def test_a_server_that_is_back_at_once_is_asked_again(stage: RoughStage) -> None:
    for number, done in MOMENTS:
        stage.morning()
        with stage.paused(stage.moment_of_write(number, done=done), "apply", "plan.json") as paused:
            stage.lab.stop()
            stage.lab.restart(stage.domain)
        # A write is settled and sent again. Where the next thing to do is to read, the run ends in good order.
        assert paused.ended.code in ((0, 4) if done else (0,)), paused.ended.said
        finish(stage, paused.ended)


def test_of_two_applies_one_proceeds_and_what_somebody_edits_meanwhile_is_left_to_the_next_plan(
    stage: RoughStage, neighbour: RoughStage
) -> None:
    with stage.paused(stage.moment_of_write(20), "apply", "plan.json") as paused:
        run_id = stage.newest_run()[0]
        neighbour.plan("other.json")
        refused = neighbour.run("apply", "other.json")
        assert (refused.code, writes(refused.moments)) == (1, [])
        assert f"corp is locked by run {run_id} of " in refused.said
        used = neighbour.run("apply", "plan.json")
        assert (used.code, writes(used.moments)) == (5, [])
        again = neighbour.run("apply", "--resume", run_id)
        assert (again.code, writes(again.moments)) == (1, [])
        colleague = Witness(stage.domain)
        colleague.modify(colleague.user("Edit8")["dn"][0], department=["Elsewhere"])
        colleague.connection.unbind()
    assert paused.ended.code == 4
    assert "stale: update Edit8 Brisling" in paused.ended.said
    late = neighbour.run("apply", "other.json")
    assert late.code == 4, late.said
    stage.plan("third.json")
    assert stage.run("apply", "third.json").code == 0
    assert stage.plan_again() == []


def environment(stage: RoughStage) -> dict[str, str]:
    """Return what processes find that are not started by the stage."""
    inherited = {name: value for name, value in os.environ.items() if name != "CI"}
    credentials = {"LAB_USER": stage.domain.user, "LAB_PASSWORD": stage.domain.password}
    return {**inherited, **credentials, "PYTHONPATH": str(ROOT)}


def at(offset: int, stage: RoughStage, *command: str) -> tuple[int, str]:
    """Run a command by a clock that is wrong by so many seconds."""
    process = subprocess.run(
        [sys.executable, "-m", "tests.faults.clock", str(offset), *command],
        cwd=stage.folder, env=environment(stage), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return process.returncode, process.stdout


def test_by_a_clock_that_goes_forward_a_plan_expires_and_a_run_does_not(stage: RoughStage) -> None:
    code, said = at(2 * DAY, stage, "apply", "plan.json")
    assert code == 5
    assert "the plan has expired" in said
    assert stage.run("apply", "plan.json", "--stop-after-batch", "8").code == 4
    run_id = stage.newest_run()[0]
    code, said = at(400 * DAY, stage, "apply", "--resume", run_id)
    assert code == 0, said
    stage.ends_well()


def test_by_a_clock_that_goes_back_a_plan_of_the_future_is_refused_and_a_run_is_finished(stage: RoughStage) -> None:
    code, said = at(-30 * DAY, stage, "apply", "plan.json")
    assert code == 5, said
    assert stage.run("apply", "plan.json", "--stop-after-batch", "8").code == 4
    run_id = stage.newest_run()[0]
    code, said = at(-30 * DAY, stage, "apply", "--resume", run_id)
    assert code == 0, said
    stage.ends_well()
    code, said = at(-60 * DAY, stage, "rollback", run_id, "--yes")
    assert code == 0, said
    assert stage.run("apply", "--resume", run_id).code == 5


def test_without_its_database_a_run_writes_nothing_more_and_is_finished_later(
    stage: RoughStage, postgres: PostgresLab
) -> None:
    for number, done in MOMENTS:
        stage.morning()
        database = postgres.database()
        stage.remember_in(postgres.url(database))
        try:
            with stage.paused(stage.moment_of_write(number, done=done), "apply", "plan.json") as paused:
                postgres.stop()
        finally:
            postgres.start()
        assert paused.ended.code == 1, paused.ended.said
        assert "cannot write the journal" in paused.ended.said
        assert paused.sent_afterwards == []
        ((run_id, status),) = postgres.execute("SELECT run_id, status FROM idcode_run", database=database)
        assert status == "running"
        stage.insist("apply", "--resume", str(run_id))
        stage.ends_well()
        postgres.drop(database)


@contextmanager
def small_disk(stage: RoughStage, place: Path) -> Iterator[tuple[RoughStage, Path]]:
    """Yield the stage for processes that see a disk of 16 MB at ``place``, and where this process sees it."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    place.mkdir()
    mount = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=16m tmpfs "$0" && exec "$@"', str(place)]
    with subprocess.Popen(
        [*mount, sys.executable, "-m", "tests.faults.lives"],
        cwd=ROOT, env=environment(stage), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        yield stage.neighbour(Lives(process.stdin, process.stdout)), Path(f"/proc/{process.pid}/root{place}")


def test_on_a_full_disk_a_run_writes_nothing_more_and_is_finished_when_there_is_space(
    stage: RoughStage, tmp_path: Path
) -> None:
    with small_disk(stage, tmp_path / "disk") as (confined, disk):
        for number, done in MOMENTS:
            stage.morning()
            for left in disk.iterdir():
                left.unlink()
            confined.remember_in(f"sqlite:///{tmp_path}/disk/idcode.db")
            with confined.paused(stage.moment_of_write(number, done=done), "apply", "plan.json") as paused:
                _fill(disk / "filler")
            assert paused.ended.code == 1, paused.ended.said
            assert "cannot write the journal" in paused.ended.said
            assert paused.sent_afterwards == []
            (disk / "filler").unlink()
            resume = re.search(r"idcode (apply --resume \S+)", paused.ended.said)
            assert resume
            confined.insist(*resume[1].split())
            confined.ends_well()


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return
