"""Who holds a lock: how a process is named so that others can tell whether it still runs."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from pathlib import Path

from idcode.store.records import LockRow, OwnerState


def user_name() -> str:
    """Return who runs this process, as the operating system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def this_process(directory: str, run_id: str, now: str) -> LockRow:
    """Return the lock of ``directory`` with this process as its owner."""
    pid = os.getpid()
    owner = f"{user_name()} on {socket.gethostname()}"
    return LockRow(directory, run_id, owner, _place(), pid, now, _status(pid)[1])


def state_of_process(lock: LockRow) -> OwnerState:
    """Return whether the process that holds ``lock`` lives; on another machine or in another container: unseen."""
    if lock.place != _place() or not Path("/proc/self").exists():
        return "unseen"
    try:
        os.kill(lock.pid, 0)  # nothing is sent; unlike /proc it also knows processes that are hidden from this user
    except ProcessLookupError:
        return "ended"
    except PermissionError:
        pass
    state, started = _status(lock.pid)
    return "ended" if state in ("Z", "X") or (lock.started and started and lock.started != started) else "running"


def _place() -> str:
    """Return what distinguishes this set of process ids from all others: host, boot, and container."""
    parts = [socket.gethostname()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    except OSError:
        parts.append(sys.platform)
    return "/".join(parts)


def _status(pid: int) -> tuple[str, int]:
    """Return the state of a process, and when it began in clock ticks after the boot (proc(5)); 0 where hidden."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return "", 0
    return fields[0], int(fields[19])
