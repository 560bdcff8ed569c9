"""Runs, changes and writes to put into a store, and other processes that use it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from idcode.model.writes import Write
from idcode.plan.encoding import encode
from idcode.store.records import ChangeRow, WriteIntent
from idcode.store.store import Store
from tests.apply import builders

SQLITE = "sqlite:///.idcode/idcode.db"


class Clock:
    """Goes one second further each time someone looks."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 19, 41, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def begin(store: Store, plan_id: str = "p1", *, kind: str = "apply", rolls_back: str | None = None) -> str:
    run_id = store.new_run_id()
    document = encode(builders.rich_plan()) | {"plan_id": plan_id, "kind": kind, "rolls_back": rolls_back}
    store.begin_run(run_id, document, {"delete": 12})
    return run_id


def row(change_id: str, status: str = "intended", key: str = "k") -> ChangeRow:
    return ChangeRow(change_id, key, 1, "corp", f"person:{change_id}@corp/account", "update", status)


def intent(change_id: str, position: int = 0) -> WriteIntent:
    write = Write(f"{change_id}.1", change_id, "modify", {"title": ["Lead"]})
    return WriteIntent(write, position, 1, "corp", f"person:{change_id}@corp/account", {"title": ["Engineer"]})


class Process:
    """A Python process with an open ``store``, ``arguments``, and the names of this module.

    It can ``say`` a line, and ``wait`` until :meth:`go`.
    """

    def __init__(self, url: str, root: Path, script: str, *arguments: str) -> None:
        command = [sys.executable, "-c", _BEFORE + script, url, str(root), *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @property
    def pid(self) -> int:
        return self._process.pid

    def heard(self) -> str:
        """Return the next line that it says."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip("\n")

    def go(self) -> None:
        """Let it go on where it waits."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        self._process.kill()
        self.ended()

    def ended(self) -> int:
        """Wait until it has ended, and return its code."""
        self._process.communicate()
        return self._process.returncode


_BEFORE = """
import os, signal, sys
from pathlib import Path
from idcode.model.writes import Outcome
from idcode.store.store import open_store
from tests.store.support import *

def say(text):
    print(text, flush=True)

def wait():
    sys.stdin.readline()

root, arguments = Path(sys.argv[2]), sys.argv[3:]
store = open_store(sys.argv[1], root)
"""
