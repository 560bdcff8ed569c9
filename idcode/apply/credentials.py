"""Initial passwords: made here, handed to the configured command, kept nowhere."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from idcode.model.errors import IdcodeError

_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
_OTHERS = "23456789" + "-_.!+=?@"
_GROUPS = 8


def new_password() -> str:
    """Return a random password of 24 characters with lower and upper case, digits and symbols (about 115 bits).

    Two letters and one other character take turns, so that no name of three letters or more can occur in it, which
    AD's complexity rule forbids (MS-SAMR, 3.1.1.7.2). Characters that look alike, and those that shells, JSON and
    XML escape, are left out.
    """
    while True:
        groups = (secrets.choice(_LETTERS) + secrets.choice(_LETTERS) + secrets.choice(_OTHERS) for _ in range(_GROUPS))
        password = "".join(groups)
        classes = (str.islower, str.isupper, str.isdigit, lambda character: not character.isalnum())
        if all(any(belongs(character) for character in password) for belongs in classes):
            return password


class CommandSink:
    """Hands each new password to the user's own program; implements the port's ``Secrets``.

    ``command`` runs in ``root`` without a shell, once per account, and has to end with status 0 within ``timeout``.
    """

    def __init__(self, command: Sequence[str], timeout: timedelta, root: Path) -> None:
        self._command, self._timeout, self._root = list(command), timeout.total_seconds(), root

    def check(self) -> None:
        """See that the program is there and may be started, before any account is made for it.

        Raises :class:`IdcodeError` otherwise.
        """
        name = self._command[0]
        found = self._root / name if "/" in name else shutil.which(name)
        if found is None or not Path(found).is_file():
            raise IdcodeError(
                f"the credentials command {name} is not there", "Correct credentials.command in idcode.yaml."
            )
        if not os.access(found, os.X_OK):
            raise IdcodeError(
                f"the credentials command {name} may not be executed", f"Make it executable: chmod +x {name}"
            )

    def new_password(self) -> str:
        """Return a new random password."""
        return new_password()

    def deliver(self, account: Mapping[str, str], password: str) -> None:
        """Give the program one JSON object on standard input and wait for its success.

        Its output goes nowhere, since it may repeat the password. Raises :class:`IdcodeError` where it cannot be
        started, fails or takes too long.
        """
        message = json.dumps({**account, "password": password}, ensure_ascii=False) + "\n"
        try:
            # A group of its own: what the program has started ends with it when its time is over.
            process = subprocess.Popen(
                self._command,
                cwd=self._root,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise self._failed(f"cannot be started: {error.strerror}") from None
        try:
            process.communicate(message.encode("utf-8"), timeout=self._timeout)
        except subprocess.TimeoutExpired:
            raise self._failed(f"did not end within {self._timeout:g} seconds") from None
        finally:
            _end(process)
        if process.returncode:
            raise self._failed(f"ended with status {process.returncode}")

    def _failed(self, what: str) -> IdcodeError:
        return IdcodeError(
            f"the credentials command {self._command[0]} {what}",
            hint="try it by hand with a made-up account on standard input; the next apply sets a new password",
        )


class PracticeSink:
    """Takes the passwords of practice accounts, and forgets them."""

    def new_password(self) -> str:
        """Return a new random password."""
        return new_password()

    def deliver(self, account: Mapping[str, str], password: str) -> None:
        """Do nothing: nobody is to log on with it."""


class NoSink:
    """Stands where no credentials command is configured: no password is ever made."""

    def new_password(self) -> str:
        """Raise :class:`IdcodeError`."""
        raise IdcodeError(*NO_SINK)

    def deliver(self, account: Mapping[str, str], password: str) -> None:  # noqa: ARG002 - as the port has it
        """Raise :class:`IdcodeError`."""
        raise IdcodeError(*NO_SINK)


NO_SINK = (
    "the plan sets passwords and nothing is configured to receive them",
    "add to idcode.yaml  credentials: {command: [./deliver-password.sh]}, or initial_password: none to the rule",
)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdin:
        process.stdin.close()
