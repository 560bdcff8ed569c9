"""Files of sources: their bytes, their age, and whether they stood still while they were read."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from idcode.sources.findings import Findings, counted

Stamp = tuple[int, int, int]
"""Size in bytes, time of the last change in ns, and inode."""


@dataclass(frozen=True, slots=True)
class FileContent:
    """The bytes of a file, their SHA-256 in lower-case hex, and what the file looked like before they were read."""

    path: Path
    data: bytes
    sha256: str
    stamp: Stamp
    modified: datetime

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes as proofs hold it: ``sha256:…``."""
        return "sha256:" + self.sha256


def relative_name(path: Path, root: Path) -> str:
    """Return ``path`` as diagnostics show it: relative to ``root`` with ``/`` where it lies below."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def read_file(path: Path) -> FileContent:
    """Read a regular file. Raises ``OSError`` where that is not possible."""
    if path.exists() and not path.is_file():
        raise OSError(0, "it is not a file")  # a pipe or device would block, and cannot be read twice
    with path.open("rb") as file:
        state = os.fstat(file.fileno())
        data = file.read()
    modified = datetime.fromtimestamp(state.st_mtime, UTC)
    return FileContent(path, data, hashlib.sha256(data).hexdigest(), _stamp(state), modified)


def load(path: Path, findings: Findings) -> FileContent | None:
    """Read a file; where that is not possible, say so in ``findings`` and return ``None``."""
    try:
        return read_file(path)
    except FileNotFoundError:
        message = f"{findings.file} does not exist"
        hint = "Check the path of the source, and whether the export ran."
        findings.incomplete("source-not-found", message, hint)
    except OSError as error:
        message = f"{findings.file} cannot be read: {error.strerror or error}"
        findings.incomplete("source-unreadable", message, "Give the account that runs idcode the right to read it.")
    return None


def check_unchanged(content: FileContent, findings: Findings) -> None:
    """Say so where the file was changed, replaced or removed since before it was read.

    Whoever asks at the end of a read also notices an export that is still being written.
    """
    try:
        still = _stamp(content.path.stat()) == content.stamp and len(content.data) == content.stamp[0]
    except OSError:
        still = False
    if not still:
        message = f"{findings.file} changed while it was read"
        hint = "Run again when the export has finished; let it write to another name and rename the file at the end."
        findings.incomplete("source-changed", message, hint)


def check_age(content: FileContent, max_age: timedelta | None, now: datetime, findings: Findings) -> None:
    """Say so where the file was last written more than ``max_age`` before ``now``."""
    age = now - content.modified
    if max_age is not None and age > max_age:
        message = f"{findings.file} was written {_words(age)} ago, and max_age allows {_words(max_age)}"
        findings.incomplete("source-stale", message, "Find out why the export did not run, and run it again.")


def _stamp(state: os.stat_result) -> Stamp:
    return (state.st_size, state.st_mtime_ns, state.st_ino)


def _words(duration: timedelta) -> str:
    """Return a duration in its two largest units that are not zero, such as ``2 days 3 hours``."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = ((days, "day"), (hours, "hour"), (minutes, "minute"), (seconds, "second"))
    words = [counted(number, unit) for number, unit in units if number]
    return " ".join(words[:2]) or "0 seconds"
