"""How fast Graph may be written to: one bucket for all that write, and one barrier for all that were told to wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from idcode.directories.entra.graph.clock import Clock

WRITES = 3000
PERIOD = 150.0
"""Writes that an application may do in one tenant, and the seconds they are for (page "Microsoft Graph service-specific
throttling limits", identity and access). Packing them in ``$batch`` does not make them fewer."""


def forecast(writes: int) -> timedelta:
    """Return how long the quota makes ``writes`` take when nothing else writes, to whole seconds."""
    return timedelta(seconds=round(max(0, writes - WRITES) * PERIOD / WRITES))


@dataclass(slots=True)
class Bucket:
    """Holds ``capacity`` tokens, refilled by ``rate`` a second; may be in debt, which is waiting time.

    Whoever reserves is served in order. In any stretch of time no more than what the bucket holds and what flows into
    it are given out.
    """

    capacity: float
    rate: float
    level: float
    at: float

    def reserve(self, tokens: int, now: float) -> float:
        """Take ``tokens`` and return the seconds until they may be used."""
        self._fill(now)
        self.level -= tokens
        return max(0.0, -self.level / self.rate)

    def drain(self, now: float) -> None:
        """Take what is there: the service counts differently, and it is the one to decide."""
        self._fill(now)
        self.level = min(self.level, 0.0)

    def _fill(self, now: float) -> None:
        self.level = min(self.capacity, self.level + (now - self.at) * self.rate)
        self.at = now


class Quota:
    """Shared by everything that sends to one tenant; used in one thread."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._bucket = Bucket(WRITES, WRITES / PERIOD, WRITES, clock.now())
        self._closed_until = clock.now()

    async def take(self, writes: int) -> None:
        """Wait until so many writes may be sent (0: a request that only reads)."""
        if writes:
            await self._clock.sleep(self._bucket.reserve(writes, self._clock.now()))
        while (rest := self._closed_until - self._clock.now()) > 0:
            # Not all at once at the moment when the service opens again.
            await self._clock.sleep(rest + self._random.uniform(0, 1))

    def close(self, seconds: float, overdrawn: bool) -> None:
        """Let nobody send for ``seconds``, as a Retry-After demands; ``overdrawn``: because of too many writes."""
        now = self._clock.now()
        self._closed_until = max(self._closed_until, now + seconds)
        if overdrawn:
            self._bucket.drain(now)
