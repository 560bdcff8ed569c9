"""The company on a real domain in rougher surroundings: other ways, other stores, processes that pause."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.lives import WRITES
from tests.faults.scene import Dump, Ended, Lives
from tests.faults.stage import Stage
from tests.lab import Domain, SambaLab

SOAK = int(os.environ.get("IDCODE_FAULTS", "0"))
"""How many runs in a bad network are tried; none: a few of everything."""
BEFORE = tuple(f"before {name} " for name in WRITES)
_PATIENCE = 60
"""Seconds until a process that does not come to its moment counts as a failure."""


@dataclass
class Tally:
    """What happened, and what came of it: by the domain's own count of how often each attribute was written."""

    runs: int = 0
    processes: int = 0
    faults: int = 0
    writes: int = 0
    lost: int = 0
    doubled: int = 0

    def compare(self, found: Dump, wanted: Dump) -> None:
        """Count what was written less often, or more often, than on a day that nothing disturbed."""
        for dn in found.keys() | wanted.keys():
            there, expected = (dump.get(dn, {}).get("versions", {}) for dump in (found, wanted))
            for attribute in there.keys() | expected.keys():
                difference = there.get(attribute, 0) - expected.get(attribute, 0)
                self.doubled += max(0, difference)
                self.lost += max(0, -difference)

    def __str__(self) -> str:
        return (
            f"{self.runs} runs in {self.processes} processes, {self.faults} faults, {self.writes} writes; "
            f"lost {self.lost}, doubled {self.doubled}"
        )


class RoughStage(Stage):
    """A stage whose idcode waits a second for an answer. ``wanted`` is the domain after a day that nothing disturbs."""

    def __init__(self, lab: SambaLab, domain: Domain, root: Path, lives: Lives) -> None:
        super().__init__(lab, domain, root, lives)
        self.lab, self.domain = lab, domain
        self.wanted: Dump = {}
        self.tally = Tally()
        self._day: Sequence[str] = ()
        self._seen = 0

    def keep(self) -> dict[str, Any]:
        """Plan the day with the patience of this stage."""
        self._edit("    tls:", "    timeout: PT1S\n    tls:")
        return super().keep()

    def pass_undisturbed(self) -> None:
        """Let the day pass without any trouble, to know what it does."""
        self._day = self.insist("apply", "plan.json").moments
        self.wanted = self.dump(versions=True)
        assert self.plan_again() == []

    def reach_through(self, port: int) -> None:
        """Plan the day anew with the domain controller behind a port of this machine."""
        self._edit(self.domain.servers[0], f"ldaps://127.0.0.1:{port}")
        self.plan()

    def remember_in(self, store: str) -> None:
        """Plan the day anew with another store."""
        self._edit("version: 1\n", f'version: 1\nstore: "{store}"\n')
        self.plan()

    def plan(self, name: str = "plan.json") -> None:
        """Write a plan for the day."""
        self.insist("plan", "--out", name, "--as-of", self.as_of)

    def ends_well(self, processes: int = 2, faults: int = 1) -> None:
        """Insist that nothing of a run is left to do, nothing was lost and nothing done twice; count what it took."""
        tally, found = self.tally, self.dump(versions=True)
        tally.runs, tally.processes, tally.faults = tally.runs + 1, tally.processes + processes, tally.faults + faults
        tally.writes += len(writes(self.moments))
        tally.compare(found, self.wanted)
        self.moments = []
        assert (tally.lost, tally.doubled) == (0, 0)
        assert found == self.wanted
        assert self.plan_again() == []

    def dump(self, *, versions: bool = False) -> Dump:
        """Return what :meth:`Stage.dump` does; of two days without the SIDs, which go by the order of creations."""
        dump = super().dump(versions=versions)
        return {
            dn: {n: v for n, v in values.items() if n != "objectSid" or not versions} for dn, values in dump.items()
        }

    def is_write(self) -> bool:
        """Whether what passes to the directory now is a write, and the first that passes of it."""
        text = (self.root / "trace").read_text("utf-8")
        known, self._seen = self._seen, len(text)
        return len(text) != known and text.rstrip("\n").rpartition("\n")[2].startswith(BEFORE)

    def moment_of_write(self, number: int, *, done: bool = False) -> int:
        """Return the moment before the day's write ``number``; with ``done`` the one after it.

        Its answer has come then, and the journal does not know yet.
        """
        moments = [n for n, moment in enumerate(self._day, start=1) if moment.startswith(BEFORE)]
        return moments[number] + done

    def neighbour(self, lives: Lives) -> RoughStage:
        """Return the same repository for a process beside those of this one."""
        root = self.root / "neighbour"
        root.mkdir(exist_ok=True)
        other = RoughStage(self.lab, self.domain, root, lives)
        other.folder, other.tally = self.folder, self.tally
        other._day, other.wanted = self._day, self.wanted
        return other

    def _edit(self, old: str, new: str) -> None:
        project = self.folder / "idcode.yaml"
        text = project.read_text("utf-8")
        assert old in text
        project.write_text(text.replace(old, new), "utf-8")

    @contextmanager
    def paused(self, moment: int, *command: str) -> Iterator[Paused]:
        """Begin a command and stop its process at a moment; it goes on at the end of the block."""
        paused = Paused()

        def run() -> None:
            paused.endings.append(self.run(*command, signals=[(moment, signal.SIGSTOP)]))

        thread = threading.Thread(target=run)
        thread.start()
        pid = _stopped()
        try:
            paused.moments = len((self.root / "trace").read_text("utf-8").splitlines())
            yield paused
        finally:
            os.kill(pid, signal.SIGCONT)
            thread.join()


class Paused:
    """A process that is stopped after so many ``moments``; how it ended is known after the block."""

    def __init__(self) -> None:
        self.moments = 0
        self.endings: list[Ended] = []

    @property
    def ended(self) -> Ended:
        """How it ended."""
        return self.endings[0]

    @property
    def sent_afterwards(self) -> list[str]:
        """The writes that it sent after it had been stopped."""
        return writes(self.ended.moments[self.moments :])


def writes(moments: Sequence[str]) -> list[str]:
    """Return the moments in which a write was about to be sent."""
    return [moment for moment in moments if moment.startswith(BEFORE)]


def _stopped() -> int:
    """Wait until a process below this one is stopped; return its id."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        for pid in _below(os.getpid()):
            if _state(pid) == "T":
                return pid
        time.sleep(0.01)
    raise AssertionError("no process came to its moment")


def _below(pid: int) -> Iterator[int]:
    """Yield the processes that were started by ``pid``, and those that these started (proc(5))."""
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = path.read_text("ascii").split()
        except OSError:
            continue
        for child in map(int, children):
            yield child
            yield from _below(child)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[0]
    except OSError:
        return "gone"
