"""A private PostgreSQL server on a free port of 127.0.0.1.

PostgreSQL must be installed (``apt-get install --no-install-recommends postgresql``). It refuses to run as root, so
that there it runs as ``postgres`` or ``nobody``.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.lab.golden import PASSWORD, LabError

ADMIN = "admin"
_DEBIAN = Path("/usr/lib/postgresql")
_ACCOUNTS = ("postgres", "nobody")
_START_TIMEOUT = 60.0


def available() -> str | None:
    """Return why there can be no server on this machine, or ``None`` if there can."""
    if _program("postgres") is None or _program("initdb") is None:
        return "PostgreSQL is not installed (apt-get install postgresql)"
    if os.geteuid() == 0 and server_account() is None:
        return f"PostgreSQL does not run as root, and there is no account {' or '.join(_ACCOUNTS)}"
    return None


class PostgresLab:
    """One server: start, make databases, stop. It dies with the thread that started it, however that ends."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="idcode-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self.port = _free_port()

    def start(self) -> None:
        """Make the server's files where there are none, and wait until it takes connections."""
        data = self.folder / "data"
        if not data.exists():
            self._create(data)
        options = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",  # survives the death of the server, which is all that a test can bring about
            "max_connections": "50",
        }
        with (self.folder / "postgres.out").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    _program("postgres") or "",
                    "-D",
                    str(data),
                    *(f"--{name}={value}" for name, value in options.items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                preexec_fn=_die_with_parent,
                **_unprivileged(),
            )
        self._wait()

    def stop(self) -> None:
        """End the server at once, and with it every session. Safe to call twice."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def discard(self) -> None:
        """Stop, and remove the files."""
        self.stop()
        shutil.rmtree(self.folder)

    def database(self, options: str = "") -> str:
        """Make a new database, with ``options`` of ``CREATE DATABASE``, and return its name."""
        name = f"store{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} {options}")
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.execute(f"DROP DATABASE {database} WITH (FORCE)")

    def url(self, database: str, user: str = ADMIN, password: str = PASSWORD) -> str:
        """Return how idcode's files name a database."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run statements as the server's administrator and return the rows of the last; independent of idcode."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _create(self, data: Path) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD, "ascii")
        account = server_account() if os.geteuid() == 0 else None
        if account is not None:
            for path in (self.folder, secret):
                os.chown(path, account.pw_uid, account.pw_gid)
        subprocess.run(
            [_program("initdb") or "", "-D", str(data), "-U", ADMIN, "--pwfile", str(secret), "--auth=scram-sha-256",
             "--encoding=UTF8", "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd=self.folder, **_unprivileged(),
        )  # fmt: skip

    def _wait(self) -> None:
        import psycopg

        deadline = time.monotonic() + _START_TIMEOUT
        while True:
            assert self._process is not None
            if self._process.poll() is not None:
                raise LabError(f"postgres ended:\n{(self.folder / 'postgres.out').read_text('utf-8')[-2000:]}")
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise LabError(f"postgres does not answer: {error}") from error
            time.sleep(0.02)


def _program(name: str) -> str | None:
    """Return a program of the server; Debian keeps them away from ``PATH``, one folder for each version."""
    newest_first = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]), reverse=True)
    return shutil.which(name) or next(map(str, newest_first), None)


def server_account() -> pwd.struct_passwd | None:
    """Return whom the server runs as where this process is root."""
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next((known[name] for name in _ACCOUNTS if name in known), None)


def _unprivileged() -> dict[str, object]:
    """Return how a program is started that refuses to run as root."""
    account = server_account()
    if os.geteuid() != 0 or account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGQUIT)
