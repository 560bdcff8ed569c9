"""A run killed again and again, at every transition of its journal, on a real domain controller and a practice tenant.

A run of some ninety changes, of every operation and in every phase, is killed with SIGKILL, resumed, and killed again,
until it comes to its end. Then the next plan must be empty, and the domain the same as after a run that nobody killed:
attribute by attribute, and with as many writes to each by the server's own count. Rolled back, it must be the same as
before.

A few of those lives are tried here. ``make soak`` sets ``IDCODE_KILLS=all``: until every moment of the run was the last
one of some process, and prints what happened.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from typing import get_args

import pytest

from idcode.model.plans import PHASES, Op
from tests.faults.rooms import Rooms
from tests.faults.scene import Dump, Toll, Whole, untroubled
from tests.faults.stage import Stage

EVERYTHING = os.environ.get("IDCODE_KILLS") == "all"
STRIDE = 24 if EVERYTHING else 80
"""How many moments those processes live who come after the first one."""


def firsts(whole: Whole, toll: Toll, sample: Sequence[int]) -> Iterator[int]:
    """Yield the last moments of first processes: a few, or until every moment was the last one of some process."""
    if not EVERYTHING:
        yield from sample
        return
    for number, moment in enumerate(whole.moments, start=1):
        if moment not in toll.ends:
            yield number
    assert set(whole.moments) <= toll.ends


def undone(dump: Dump) -> Dump:
    """Return a dump without what a rollback does not bring back (docs/rollback.md).

    A restored account has no password, so it is marked as new; it never expires in another way of writing it. Whoever
    protected an OU has protected its parent's content from deletion, and that stays.
    """
    found = {dn: dict(values) for dn, values in dump.items()}
    for dn, values in found.items():
        if values.get("accountExpires") == [b"0"]:
            values["accountExpires"] = [b"9223372036854775807"]
        if dn.startswith("cn=gone"):
            values.pop("adminDescription", None)
        if dn.startswith("ou=units,"):
            values.pop("nTSecurityDescriptor", None)
    return found


@pytest.mark.ad
def test_a_run_killed_at_every_moment_is_finished_and_rolled_back_as_if_nothing_had_happened(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = stage.prepare()
    assert len(plan["changes"]) >= 60
    assert {change["op"] for change in plan["changes"]} == set(get_args(Op))
    assert {change["phase"] for change in plan["changes"]} == set(PHASES)
    before, toll = undone(stage.dump()), Toll()
    whole = untroubled(stage)
    for first in firsts(whole, toll, (31, 390)):
        stage.morning()
        toll.take(stage, stage.lives(first, STRIDE, "apply", "plan.json"))
        toll.compare(stage.writes(), whole.writes)
        assert stage.dump(versions=True) == whole.after, first
        assert stage.plan_again() == [], first
        toll.take(stage, stage.lives(first, 3 * STRIDE, "rollback", stage.newest_run()[0], "--yes"))
        assert undone(stage.dump()) == before, first
    with capsys.disabled():
        print(f"\n{toll}") if EVERYTHING else None


@pytest.mark.ad
def test_a_run_killed_at_any_moment_is_rolled_back_without_being_finished(stage: Stage) -> None:
    stage.prepare()
    before = undone(stage.dump())
    for first in (90, 260):
        stage.morning()
        assert stage.run("apply", "plan.json", signals=[(first, signal.SIGKILL)]).is_killed
        run_id = stage.newest_run()[0]
        stage.insist("rollback", run_id, "--yes")
        assert undone(stage.dump()) == before, first
        refused = stage.run("apply", "--resume", run_id)
        assert refused.code == 5
        assert "was rolled back by run" in refused.said


@pytest.mark.ad
def test_an_interrupted_run_says_how_to_go_on_and_goes_on_after_two_interruptions_as_after_one(stage: Stage) -> None:
    stage.prepare()
    whole = untroubled(stage)
    for signals in ([(200, signal.SIGINT)], [(201, signal.SIGTERM), (202, signal.SIGINT)]):
        stage.morning()
        ended = stage.run("apply", "plan.json", signals=signals)
        run_id, _, status = stage.newest_run()
        assert (ended.code, status) == (130, "interrupted"), ended.said
        assert f"To finish it: idcode apply --resume {run_id}\n" in ended.said
        assert f"To undo it: idcode rollback {run_id}\n" in ended.said
        stage.insist("apply", "--resume", run_id)
        assert stage.writes() == whole.writes
        assert stage.dump(versions=True) == whole.after


def test_a_run_on_a_tenant_is_finished_and_rolled_back_as_if_nothing_had_happened(
    rooms: Rooms, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = rooms.prepare()
    assert {change["op"] for change in plan["changes"]} >= {"create", "update", "enable", "disable", "delete"}
    before, toll = rooms.dump(), Toll()
    whole = untroubled(rooms)
    for first in firsts(whole, toll, (60,)):
        rooms.morning()
        toll.take(rooms, rooms.lives(first, STRIDE, "apply", "plan.json"))
        toll.compare(rooms.writes(), whole.writes)
        assert rooms.dump(versions=True) == whole.after, first
        assert rooms.plan_again() == [], first
        toll.take(rooms, rooms.lives(first, 3 * STRIDE, "rollback", rooms.newest_run()[0], "--yes"))
        assert rooms.dump() == before, first
    with capsys.disabled():
        print(f"\n{toll}") if EVERYTHING else None
