"""What time it is in the tenant."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the tenant and those around it have the time from."""

    def now(self) -> datetime:
        """Return the time, in UTC; never earlier than before."""


class RealClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)


class ScaledClock:
    """A clock that runs ``scale`` times as fast as this machine's, and can be put forward; 0 makes it stand still."""

    def __init__(self, scale: float = 1.0, start: datetime | None = None) -> None:
        self._scale = scale
        self._start = start or datetime.now(UTC)
        self._began = time.monotonic()
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the tenant's time, in UTC."""
        return self._start + self._ahead + timedelta(seconds=(time.monotonic() - self._began) * self._scale)

    def advance(self, seconds: float) -> None:
        """Put the clock forward by ``seconds`` of the tenant's time."""
        self._ahead += timedelta(seconds=seconds)


def stamp(moment: datetime) -> str:
    """Return a time as Graph writes it: ``2026-11-23T10:17:06Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """Return the time that Graph's form of it says. Raises ``ValueError`` for other text."""
    return datetime.fromisoformat(text)
