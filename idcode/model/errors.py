"""Errors that end a command, each with its exit code.

::

    IdcodeError                1   anything the user has to act on
    ├── UsageError             1   wrong arguments, a file that is not there
    ├── ConfigError            1   problems in the repository; carries the diagnostics
    ├── DirectoryError         1   a directory that cannot be reached, read or proved complete
    ├── StoreError             1   the history cannot be read, locked or written
    ├── GuardStopped           3   a guard stopped the plan; it is written all the same
    ├── AppliedInPart          4   some changes failed: resume or roll back
    └── PlanRefused            5   changed, used, expired, or not of this configuration
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from idcode.model.diagnostics import Diagnostic


class IdcodeError(Exception):
    """What went wrong (``str()``), and in ``hint`` what to do next."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(IdcodeError):
    """Wrong arguments, or a file that the command needs and cannot read."""


class ConfigError(IdcodeError):
    """The repository has errors; ``diagnostics`` holds all of them, warnings included."""

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = (), hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.diagnostics = tuple(diagnostics)


class DirectoryError(IdcodeError):
    """A directory could not be reached, refused the account, or gave an answer that cannot be trusted."""


class StoreError(IdcodeError):
    """The history could not be opened, locked or written; raised before any directory write."""


class GuardStopped(IdcodeError):
    """A guard stopped the plan."""

    exit_code: ClassVar[int] = 3


class AppliedInPart(IdcodeError):
    """Some changes were applied and some were not."""

    exit_code: ClassVar[int] = 4


class PlanRefused(IdcodeError):
    """The plan was altered, used, has expired, or belongs to another configuration."""

    exit_code: ClassVar[int] = 5
