"""The client: what ``calls.Graph`` promises, for one tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from idcode.directories.entra.graph import batches, errors, paging
from idcode.directories.entra.graph.background import Background, Put
from idcode.directories.entra.graph.calls import Answer, Call
from idcode.directories.entra.graph.clock import Clock
from idcode.directories.entra.graph.connection import Connection
from idcode.directories.entra.graph.delta import delta
from idcode.directories.entra.graph.exchange import Exchange
from idcode.directories.entra.graph.retry import Budget
from idcode.directories.entra.settings import EntraSettings

if TYPE_CHECKING:
    import httpx

_AHEAD = 1
"""Pages that are read before they are asked for; one more is on its way."""


class GraphClient:
    """Talks to the Graph of one tenant; connects with the first request.

    ``transport`` and ``credential`` are those of :class:`Connection`; ``random`` spreads what is repeated. To be used
    by one thread at a time. Leaving one of its iterators early is fine: a batch with writes that is under way is
    waited for, and nothing else is sent.
    """

    def __init__(
        self,
        settings: EntraSettings,
        root: Path,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        credential: Callable[[], Any] | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._connection = Connection(settings, root, transport, credential)
        self._exchange = Exchange(
            self._connection,
            clock or Clock(),
            random or Random(),
            budget or Budget(patience=settings.patience.total_seconds()),
        )
        self._background: Background | None = None

    def get(self, url: str) -> Any:
        """Return the JSON of one resource, ``None`` where it does not exist (404)."""
        result = self._running.run(self._exchange.read(url, {}))
        if result.status == 404:
            return None
        if result.error is not None:
            raise errors.problem("GET", url, result.status, result.error, result.headers)
        return result.body

    def pages(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[list[Any]]:
        """Yield the values of a collection page by page."""
        return self._running.stream(partial(paging.pages, self._exchange, url, headers or {}), _AHEAD)

    def delta(self, url: str, token: str | None) -> Iterator[list[Any] | str]:
        """Yield the pages of a delta query, and its delta link."""
        return self._running.stream(partial(delta, self._exchange, token or url), _AHEAD)

    def read_all(self, urls: Sequence[str]) -> Iterator[tuple[str, list[Any] | None]]:
        """Yield each of ``urls`` with all that it holds."""
        produce = partial(paging.read_all, self._exchange, urls)
        with closing(self._running.stream(produce, _AHEAD)) as stream:
            for complete in stream:
                yield from complete

    def send(self, calls: Sequence[Call]) -> Iterator[Answer]:
        """Send independent calls and yield their answers as they arrive."""

        async def produce(put: Put[list[Answer]]) -> None:
            async def receive(answers: list[Answer]) -> list[Call]:
                if answers:
                    await put(answers)
                return []

            await batches.run(self._exchange, calls, receive)

        with closing(self._running.stream(produce, _AHEAD)) as stream:
            for answers in stream:
                yield from answers

    def close(self) -> None:
        """Close the connections and the thread; safe to call twice."""
        if self._background is not None:
            background, self._background = self._background, None
            background.run(self._connection.close())
            background.close()

    @property
    def _running(self) -> Background:
        if self._background is None:
            self._background = Background()
        return self._background
