"""Where runs are killed: a repository that can be set back to its morning, and processes that get signals as told."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
_MANY = 200
Dump = dict[str, dict[str, Any]]
Signals = Sequence[tuple[int, int]]
"""Pairs of the number of a moment and the signal that a process sends itself then."""


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (negative for a signal), what it said, and its moments."""

    code: int
    said: str
    moments: tuple[str, ...]

    @property
    def is_killed(self) -> bool:
        """Whether it did not see its end."""
        return self.code == -signal.SIGKILL


class Lives:
    """Processes that run the command line; see :mod:`tests.faults.lives`."""

    def __init__(self, orders: IO[str], answers: IO[str]) -> None:
        self._orders, self._answers = orders, answers

    def live(self, order: Mapping[str, Any]) -> int:
        """Let one process live, and return its exit code."""
        self._orders.write(json.dumps(order) + "\n")
        self._orders.flush()
        return int(self._answers.readline())


@contextmanager
def living(environment: Mapping[str, str]) -> Iterator[Lives]:
    """Yield where processes come from."""
    inherited = {name: value for name, value in os.environ.items() if name != "CI"}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.lives"],
        cwd=ROOT, env={**inherited, **environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        yield Lives(process.stdin, process.stdout)


class Scene:
    """A repository in ``root``, and what its directory holds.

    ``moments`` has all moments since the morning, of all processes. ``as_of`` is the day's moment.
    """

    as_of = "2026-12-02T08:00:00Z"

    def __init__(self, root: Path, lives: Lives) -> None:
        self.root, self._lives = root, lives
        self.folder = root / "repository"
        self.moments: list[str] = []

    def keep(self) -> dict[str, Any]:
        """Plan the day, keep everything as it is this morning, and return the plan."""
        self.insist("plan", "--out", "plan.json", "--as-of", self.as_of)
        shutil.copytree(self.folder, self.root / "morning")
        self.moments = []
        plan: dict[str, Any] = json.loads((self.folder / "plan.json").read_text("utf-8"))
        return plan

    def morning(self) -> None:
        """Put everything back to what it was when it was kept."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.root / "morning", self.folder)
        self.moments = []

    def run(self, *arguments: str, signals: Signals = ()) -> Ended:
        """Run a command in the repository, in a process that gets ``signals``."""
        output, trace = self.root / "output", self.root / "trace"
        for path in (output, trace):
            path.write_text("", "utf-8")
        order = {"arguments": arguments, "folder": str(self.folder), "output": str(output), "trace": str(trace)}
        code = self._lives.live({**order, "signals": signals})
        ended = Ended(code, output.read_text("utf-8"), tuple(trace.read_text("utf-8").splitlines()))
        self.moments += ended.moments
        return ended

    def insist(self, *arguments: str) -> Ended:
        """Run a command that has to succeed."""
        ended = self.run(*arguments)
        assert ended.code == 0, ended.said
        return ended

    def lives(self, first: int, stride: int, *command: str) -> Iterator[Ended]:
        """Begin with ``command``, killed at its moment ``first``, and resume until a process sees its end; yield all.

        All but the first are killed at their moment ``stride``.
        """
        known = self.newest_run()
        ended = self.run(*command, signals=[(first, signal.SIGKILL)])
        yield ended
        for _ in range(_MANY):
            if not ended.is_killed:
                return
            newest = self.newest_run()
            if newest[2] == "done" and newest != known:
                return  # it was killed after the last thing that it had to do
            again = command if newest == known else ("apply", "--resume", newest[0])
            ended = self.run(*again, signals=[(stride, signal.SIGKILL)])
            yield ended
        raise AssertionError(f"a run that is killed every {stride} moments never comes to its end")

    def newest_run(self) -> tuple[str, str, str]:
        """Return id, kind and status of the newest run, read without idcode's own code."""
        with closing(sqlite3.connect(self.folder / ".idcode/idcode.db")) as history:
            query = "SELECT run_id, kind, status FROM idcode_run ORDER BY rowid DESC"
            run_id, kind, status = history.execute(query).fetchone()
            return str(run_id), str(kind), str(status)

    def plan_again(self) -> list[str]:
        """Plan the day once more; return the changes that are still to be made."""
        self.insist("plan", "--out", "again.json", "--as-of", self.as_of)
        again = json.loads((self.folder / "again.json").read_text("utf-8"))
        return [f"{change['op']} {change['address']}" for change in again["changes"]]

    def writes(self) -> Counter[str]:
        """Return how often each write was carried out since the morning, whichever process sent it.

        Passwords are none of them, since one that may have been set is set anew.
        """
        raise NotImplementedError

    def dump(self, *, versions: bool = False) -> Dump:
        """Return everything that the directory holds, by name, except what it keeps to itself.

        With ``versions`` it is for comparing two days: as often as the directory itself has counted that it was
        written, and without the names it gave to new objects, which are others every time.
        """
        raise NotImplementedError

    def called(self, moments: Iterable[str]) -> list[str]:
        """Return moments with objects named by what they are called now, instead of by names of the directory."""
        raise NotImplementedError


@dataclass
class Whole:
    """What a run that nobody kills does: its moments, its writes, and the directory after it."""

    moments: list[str]
    writes: Counter[str]
    after: Dump


def untroubled(scene: Scene) -> Whole:
    """Let the day pass without any trouble."""
    scene.insist("apply", "plan.json")
    whole = Whole(scene.called(scene.moments), scene.writes(), scene.dump(versions=True))
    assert scene.plan_again() == []
    return whole


@dataclass
class Toll:
    """What happened: how many runs were killed how often, and what came of their writes."""

    runs: int = 0
    kills: int = 0
    writes: int = 0
    lost: int = 0
    doubled: int = 0
    ends: set[str] = field(default_factory=set)

    def take(self, scene: Scene, lives: Iterable[Ended]) -> None:
        """Count a run that is over."""
        ended = list(lives)
        assert ended[0].is_killed, ended[0].said
        assert ended[-1].code in (0, -signal.SIGKILL), ended[-1].said
        assert scene.newest_run()[2] == "done", ended[-1].said
        self.runs += 1
        self.kills += sum(one.is_killed for one in ended)
        self.ends.update(scene.called(one.moments[-1] for one in ended if one.is_killed))

    def compare(self, found: Counter[str], wanted: Counter[str]) -> None:
        """Compare the writes of one run with those of a run that nobody killed."""
        self.writes += found.total()
        self.lost += (wanted - found).total()
        self.doubled += (found - wanted).total()
        assert (self.lost, self.doubled) == (0, 0), ((wanted - found), (found - wanted))

    def __str__(self) -> str:
        return (
            f"{self.runs} runs, {self.kills} kills at {len(self.ends)} different moments, {self.writes} writes; "
            f"lost {self.lost}, doubled {self.doubled}"
        )
