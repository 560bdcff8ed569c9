"""SQLite files in which practice directories are kept: made as a whole, told from other files, never half-written."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from idcode.model.errors import DirectoryError

_LOCK_SECONDS = 10
_HINT = "Make it anew with `idcode sandbox reset`."
_FOREIGN_HINT = "Check path in idcode.yaml; if nobody needs the file, delete it."
_HINTS = {
    sqlite3.SQLITE_BUSY: "Wait for other commands that work on it, and try again.",
    sqlite3.SQLITE_FULL: "Make room on the disk, and try again.",
    sqlite3.SQLITE_READONLY: "Check who may write the file and its folder.",
}
"""By the error code of SQLite."""


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of file: what messages call its content, its mark (``PRAGMA application_id``), and its version."""

    noun: str
    application: int
    version: int
    tables: str

    def create(self, path: Path, fill: Callable[[sqlite3.Connection], None], *, unless_there: bool = False) -> None:
        """Write a new file, readable by its owner only, in one transaction of ``fill``; an older one is replaced.

        With ``unless_there`` an older one stays, so that of several commands that begin at once all work on the same
        file. Raises ``DirectoryError`` where it cannot be written.
        """
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        try:
            for folder in (*reversed(path.parent.parents), path.parent):
                folder.mkdir(mode=0o700, exist_ok=True)
            fresh.unlink(missing_ok=True)
            os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            connection = sqlite3.connect(fresh, isolation_level=None)
            try:
                connection.executescript(self.tables)
                connection.execute(f"PRAGMA application_id = {self.application}")
                connection.execute(f"PRAGMA user_version = {self.version}")
                connection.execute("BEGIN")
                fill(connection)
                connection.execute("COMMIT")
            finally:
                connection.close()
            if unless_there:
                _place(fresh, path)
                return
            for leftover in ("-journal", "-wal", "-shm"):
                path.with_name(path.name + leftover).unlink(missing_ok=True)
            fresh.replace(path)
        except (OSError, sqlite3.Error) as error:
            with suppress(OSError):
                fresh.unlink()
            raise DirectoryError(f"{path} cannot be written: {error}") from None

    def check_replaceable(self, path: Path) -> None:
        """Raise ``DirectoryError`` where something else is at ``path``: nobody wants to lose that."""
        try:
            if not path.exists():
                return
            head = b""
            if path.is_file():
                with path.open("rb") as file:
                    head = file.read(72)
                if not head:
                    return  # nothing to lose
        except OSError as error:
            raise DirectoryError(f"{path} cannot be read: {error.strerror or error}") from None
        # Where SQLite keeps its signature and the application id (https://www.sqlite.org/fileformat.html, 1.3).
        if head[:16] != b"SQLite format 3\0" or head[68:72] != self.application.to_bytes(4, "big"):
            raise DirectoryError(f"{path} is not the file of {self.noun}, and is not replaced by one", _FOREIGN_HINT)

    def take(self, path: Path, connection: sqlite3.Connection) -> None:
        """Make an open file ready for use. Raises ``DirectoryError`` where it is of another kind, or damaged."""
        # What was written survives this process, however it ends; a practice directory need not survive a power cut.
        connection.execute("PRAGMA synchronous = OFF")
        (mark,), (version,) = (
            connection.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
        )
        if mark != self.application:
            raise DirectoryError(f"{path} is not the file of {self.noun}", _FOREIGN_HINT)
        if version != self.version:
            raise DirectoryError(
                f"{path} was written by another version of idcode (format {version}; this one has {self.version})",
                "Use that version, or make it anew with `idcode sandbox reset`.",
            )
        (health,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if health != "ok":
            raise DirectoryError(f"{path} is damaged: {health}", _HINT)

    @contextmanager
    def explained(self, path: Path) -> Iterator[None]:
        """Raise ``DirectoryError`` for what goes wrong with the file meanwhile."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_READONLY_DBMOVED:
                raise DirectoryError(
                    f"{path} was made anew, or deleted, by another command", "Begin this command again."
                ) from None
            # The low byte of the code says what kind of error it is.
            hint = _HINTS.get(error.sqlite_errorcode & 0xFF, _HINT)
            raise DirectoryError(f"{path} cannot be used: {error}", hint) from None
        except (sqlite3.Error, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DirectoryError(f"{path} is damaged, or not the file of {self.noun}: {error}", _HINT) from None


def connected(path: Path, *, any_thread: bool = False) -> sqlite3.Connection:
    """Open a file that is there; ``any_thread`` for those who let in one thread at a time themselves.

    Raises ``DirectoryError``.
    """
    try:
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            timeout=_LOCK_SECONDS,
            check_same_thread=not any_thread,
        )
    except sqlite3.Error as error:
        raise DirectoryError(f"{path} cannot be opened: {error}", _HINT) from None


def version_of(connection: sqlite3.Connection) -> int:
    """Return another number for every change that another connection has made."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _place(fresh: Path, path: Path) -> None:
    """Give ``fresh`` the name ``path`` unless something has it: a rename would replace what another command made."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        if not path.exists():
            fresh.replace(path)
    fresh.unlink(missing_ok=True)
