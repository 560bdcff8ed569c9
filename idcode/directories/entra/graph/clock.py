"""Time as the client sees it, so that practice and tests can let it pass faster."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that runs ``speed`` times as fast as the one on the wall.

    All waiting for Graph (quota, Retry-After, visibility) goes by it; timeouts of connections do not.
    """

    speed: float = 1.0

    def now(self) -> float:
        """Return seconds since some moment; never goes back."""
        return time.monotonic() * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait that long; not at all for nothing or less."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)
