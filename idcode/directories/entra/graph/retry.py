"""Which calls are sent again, when, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Any

from idcode.directories.entra.graph import errors
from idcode.directories.entra.graph.calls import Answer, Call

_LONGEST_BACKOFF = 60.0
_LONGEST_LOOK = 10.0


@dataclass(frozen=True, slots=True)
class Budget:
    """What one call may cost: how often it is sent, and the seconds that it waits in between.

    ``patience`` is for calls on what was just created: the seconds until a 404 is believed.
    """

    attempts: int = 20
    waiting: float = 900.0
    patience: float = 120.0


@dataclass(frozen=True, slots=True)
class Result:
    """What one attempt came to: an answer, or none (status 0).

    ``sent`` is false where the request certainly did not reach the service.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None
    sent: bool = True

    @property
    def error(self) -> str | None:
        """What is wrong with it, ``None`` where nothing is."""
        return self.problem if self.status == 0 else errors.text(self.status, self.body)

    @property
    def retry_after(self) -> float | None:
        """The seconds that the service asks to wait (RFC 9110, 10.2.3: a number or a date)."""
        value = next((text for name, text in self.headers.items() if name.lower() == "retry-after"), None)
        if value is None:
            return None
        try:
            return max(0.0, float(value))
        except ValueError:
            pass
        try:
            return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
        except (ValueError, TypeError):
            return None


@dataclass(slots=True)
class Trial:
    """A call on its way: how often it was sent, how long it waited, and when it may go again."""

    call: Call
    budget: Budget
    attempts: int = 0
    waited: float = 0.0
    ready_at: float = 0.0
    unseen_for: float = 0.0
    doubtful: bool = False

    def again(self, result: Result, random: Random) -> float | None:
        """Take in what an attempt came to; return the seconds to wait for the next one, ``None`` for none.

        Reads are repeated whenever that may help. Writes are repeated only where the service says that it did not
        carry them out, or asks for it (503, which leaves a doubt).
        """
        self.attempts += 1
        invisible = result.status == 404 and self.call.created
        if not (invisible or self._helps(result)):
            return None
        wait = _pause(self.attempts, result, random, _LONGEST_LOOK if invisible else _LONGEST_BACKOFF)
        if invisible:
            if self.unseen_for >= self.budget.patience:
                return None
            self.unseen_for += wait
        elif self.attempts >= self.budget.attempts or self.waited + wait > self.budget.waiting:
            return None
        self.waited += wait
        self.doubtful |= result.sent and result.status in errors.UNSURE
        return wait

    def _helps(self, result: Result) -> bool:
        if result.status in (429, 503) or not result.sent:
            return True
        if result.status in errors.UNSURE:
            return self.call.reads
        # Not on the page of error codes; its own message asks to wait briefly and retry.
        return result.status == 409 and errors.code(result.body) == "Directory_ConcurrencyViolation"

    def answer(self, result: Result) -> Answer:
        """Return the last result as the answer to the call; one that may have worked has status 0."""
        unsure = result.status in errors.UNSURE and result.sent and not self.call.reads
        status = 0 if unsure else result.status
        return Answer(self.call.id, status, result.body, dict(result.headers), self.error(result), self.doubtful)

    def error(self, result: Result) -> str | None:
        """Return what is wrong with the last result, and how often and how long it was tried."""
        if result.error is None or self.attempts == 1:
            return result.error
        return f"{result.error} (sent {self.attempts} times, waiting {self.waited:.0f} s in between)"


def _pause(attempts: int, result: Result, random: Random, longest: float) -> float:
    asked = result.retry_after
    if asked:
        return asked
    return min(longest, 2.0 ** (attempts - 1)) * random.uniform(0.5, 1)
