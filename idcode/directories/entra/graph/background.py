"""An event loop in a thread of its own, so that the core stays synchronous while requests are under way."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
Put = Callable[[T], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _End:
    """Comes after the last item of a stream; ``error`` is what ended it early."""

    error: Exception | None = None


class Background:
    """Runs coroutines for a thread that knows nothing of them."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="idcode-graph", daemon=True)
        self._thread.start()
        # A daemon thread stands still while the interpreter goes down: whoever waited for it then would wait for ever.
        atexit.register(self.close)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what ``work`` comes to; an interrupt (Ctrl-C) of the waiting thread cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def stream(self, produce: Callable[[Put[T]], Awaitable[None]], ahead: int) -> Generator[T, None, None]:
        """Yield what ``produce`` puts; up to ``ahead`` items are there before they are asked for, and one is made.

        What ``produce`` raises comes after the items that it put before. Leaving early cancels it, and waits for its
        end.
        """
        items: asyncio.Queue[T | _End] = asyncio.Queue(ahead)

        async def work() -> None:
            try:
                await produce(items.put)
            except Exception as error:
                await items.put(_End(error))
            else:
                await items.put(_End())

        tasks: set[asyncio.Task[None]] = set()

        async def begin() -> None:
            tasks.add(asyncio.create_task(work()))

        try:
            self.run(begin())
            while not isinstance(item := self.run(items.get()), _End):
                yield item
            if item.error is not None:
                raise item.error
        finally:
            if not self._loop.is_closed():
                self.run(_stop(tasks))

    def close(self) -> None:
        """End everything that is still under way, and the thread; safe to call twice."""
        if self._loop.is_closed():
            return
        atexit.unregister(self.close)
        self.run(_stop_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _stop(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


async def _stop_all() -> None:
    await _stop(asyncio.all_tasks() - {asyncio.current_task()})
    await asyncio.get_running_loop().shutdown_default_executor()
