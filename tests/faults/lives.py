"""Runs the command line in processes that get a signal at a moment that is told beforehand.

``python -m tests.faults.lives`` reads one JSON object a line: ``arguments`` of idcode, ``folder``, ``output`` (a file for
what it says), ``trace`` (a file for its moments) and ``signals``, pairs of the number of a moment and the signal that the
process sends itself then; SIGKILL is its end. The answer is the exit code, negative for a signal. Each command runs in a
process of its own, forked from this one so that Python and its libraries need not be loaded hundreds of times.

A moment is the time before and after every transition of the journal, before and after every write to a directory, and
before and after a password is handed over. A write to a practice tenant is a transaction of its file.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

TRANSITIONS = ("begin_run", "begin_again", "record_intents", "record_outcome", "record_changes", "finish_run")
WRITES = ("add", "modify", "rename", "delete")


class Life:
    """Counts its moments, writes them down, and gets signals at some of them."""

    def __init__(self, trace: int, signals: list[tuple[int, int]]) -> None:
        self._trace, self._signals, self._moments = trace, dict(signals), 0

    def passes(self, name: str) -> None:
        """Let a moment pass."""
        self._moments += 1
        os.write(self._trace, f"{name}\n".encode())
        if self._moments in self._signals:
            os.kill(os.getpid(), self._signals[self._moments])

    def watch(
        self, owner: type, name: str, say: Callable[..., str], result: Callable[[Any], str] | None = None
    ) -> None:
        """Let a moment pass before and after each call of a method."""
        method = getattr(owner, name)

        def watched(*arguments: Any, **options: Any) -> Any:
            what = say(*arguments[1:])
            self.passes(f"before {what}")
            answer = method(*arguments, **options)
            self.passes(f"after {what}{result(answer) if result else ''}")
            return answer

        setattr(owner, name, watched)


def _about(arguments: tuple[Any, ...]) -> str:
    """Return which changes or which write a transition of the journal is about."""
    about = arguments[1] if len(arguments) > 1 else ""
    if isinstance(about, list):
        return " ".join(change.change_id for change in about)
    return str(getattr(about, "write_id", ""))


def _operation(name: str) -> Callable[..., str]:
    return lambda *arguments: f"{name} {json.dumps(arguments, default=repr)}"


def _transition(name: str) -> Callable[..., str]:
    return lambda *arguments: f"{name} {_about(arguments)}"


def _transaction(transaction: Any, _oldest: int) -> str:
    """Return what a transaction of a practice tenant changes; times, and with them passwords, are left out."""
    return f"save {json.dumps([each for change in transaction.changes for each in _change(change)])}"


def _change(change: Any) -> list[Any]:
    if hasattr(change, "kind"):
        return [[change.kind, change.source, change.target, change.present]]
    before, after = ({} if side is None else side.properties for side in (change.before, change.after))
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    named = [name for name in changed if not name.endswith("DateTime")]
    is_task = "task" in (side.type for side in (change.before, change.after) if side is not None)  # of the service
    return [] if is_task or not (named or change.after is None) else [[change.id, named]]


def _watch(life: Life) -> None:
    from idcode.apply.credentials import CommandSink
    from idcode.directories.ad.session import LdapSession
    from idcode.directories.sandbox.tenant.storage import _File
    from idcode.store.store import Store

    for name in TRANSITIONS:
        life.watch(Store, name, _transition(name))
    for name in WRITES:
        life.watch(LdapSession, name, _operation(name), lambda answer: f" -> {answer.code}")
    life.watch(_File, "save", _transaction)
    life.watch(CommandSink, "deliver", lambda account, _password: f"deliver {account['address']}")


def _live(order: dict[str, Any]) -> int:
    from idcode.cli.main import run_main

    os.chdir(order["folder"])
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    _watch(Life(os.open(order["trace"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), order["signals"]))
    code = run_main(order["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def main() -> None:
    """Let one process after the other live and end."""
    import idcode.cli.commands.apply
    import idcode.cli.commands.plan
    import idcode.cli.commands.resume
    import idcode.cli.commands.rollback  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(_live(json.loads(line)))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
