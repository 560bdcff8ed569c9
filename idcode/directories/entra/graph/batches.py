"""Many calls in batches of 20, several at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from idcode.directories.entra.graph.calls import Answer, Call
from idcode.directories.entra.graph.clock import Clock
from idcode.directories.entra.graph.exchange import Exchange
from idcode.directories.entra.graph.retry import Trial
from idcode.model.errors import DirectoryError

SIZE = 20
"""Requests that a ``$batch`` may hold (page "Combine multiple HTTP requests using JSON batching")."""
AT_ONCE = 4
"""Batches under way at the same time; the service works on the parts of each in parallel as well."""

Receive = Callable[[list[Answer]], Awaitable[Iterable[Call]]]
_Tasks = set[asyncio.Task[tuple[list[Answer], list[Trial]]]]


async def run(exchange: Exchange, calls: Iterable[Call], receive: Receive) -> None:
    """Send ``calls`` and hand over their answers as they arrive, in any order; what ``receive`` returns is sent too.

    Calls that have to be repeated share batches with the others. Where the service refuses a batch as a whole, those
    under way are still answered, and then its ``DirectoryError`` is raised.
    """
    ready = deque(exchange.trial(call) for call in calls)
    later: list[Trial] = []
    under_way: _Tasks = set()
    failure: DirectoryError | None = None
    try:
        while under_way or (failure is None and (ready or later)):
            while ready and len(under_way) < AT_ONCE and failure is None:
                trials = [ready.popleft() for _ in range(min(SIZE, len(ready)))]
                under_way.add(asyncio.create_task(exchange.batch(trials)))
            for task in await _finished(under_way, later, exchange.clock):
                try:
                    answers, again = task.result()
                except DirectoryError as error:
                    failure = failure or error
                    continue
                later += again
                ready += [exchange.trial(call) for call in await receive(answers)]
            now = exchange.clock.now()
            ready += [trial for trial in later if trial.ready_at <= now]
            later = [trial for trial in later if trial.ready_at > now]
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
    if failure is not None:
        raise failure


async def _finished(under_way: _Tasks, later: list[Trial], clock: Clock) -> _Tasks:
    """Wait for the first of ``under_way`` to end, and take it out; or for the first of ``later`` to be due."""
    if not later:
        done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
    else:
        due = min(trial.ready_at for trial in later) - clock.now()
        timer = asyncio.create_task(clock.sleep(due))
        try:
            await asyncio.wait({*under_way, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        done = {task for task in under_way if task.done()}
    under_way -= done
    return done
