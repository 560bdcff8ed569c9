"""``idcode unlock``."""

from __future__ import annotations

from pathlib import Path

from idcode.cli import console, wiring
from idcode.cli.commands.common import confirm
from idcode.model.errors import UsageError
from idcode.report.visible import visible
from idcode.report.wording import moment, plural
from idcode.store.locks import going_on
from idcode.store.records import LockRow, OwnerState

_STATES: dict[OwnerState, str] = {
    "running": "It is going on.",
    "ended": "It has ended: the next apply would take the lock over by itself.",
    "unseen": "Whether it is going on cannot be seen from here: it began on another machine or in another container.",
}


def run(folder: Path | None, directory: str | None, yes: bool, force: bool, sandbox: bool) -> int:
    """Show whose locks there are, ask, and remove them."""
    repository, _ = wiring.load(folder, sandbox=sandbox)
    store = wiring.build_store(wiring.with_store(repository))
    try:
        chosen = [lock for lock in store.locks() if directory in (None, lock.directory)]
        if not chosen:
            if directory not in (None, *repository.directories):
                known = ", ".join(sorted(repository.directories))
                raise UsageError(f"there is no directory {directory}", f"The files have {known}.")
            console.say(f"{directory} is not locked." if directory else "Nothing is locked.")
            return 0
        for lock in chosen:
            state = store.owner_state(lock)
            console.say(_words(lock, state))
            if state == "running" and not force:
                raise going_on(lock)
        question = f"Remove {plural(len(chosen), 'lock')}?"
        if not yes and not confirm(question):
            console.note("Nothing was removed.")
            return 1
        for lock in chosen:
            is_removed = store.unlock(lock, force)
            console.say(f"{lock.directory} is not locked any more." if is_removed else "The lock was gone already.")
        return 0
    finally:
        store.close()


def _words(lock: LockRow, state: OwnerState) -> str:
    return (
        f"{lock.directory} is locked by run {lock.run_id} of {visible(lock.owner)} (process {lock.pid}) "
        f"since {moment(lock.acquired_at)}.\n  {_STATES[state]}"
    )
