"""A bad network: passes TLS records between idcode and a server, until one of them meets with a fault.

It sees no more than a network does. What idcode sends is counted in TLS records (RFC 8446, 5.1), of which a request of
LDAP takes one; :func:`faults` says, from a seed, which of them meets with what.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal, get_args

Kind = Literal["refused", "dropped", "cut", "swallowed", "lost", "halved", "late", "slow"]
"""What becomes of a request and its answer.

refused: the connection ends, and so do the next two before they are open. dropped: the connection ends instead.
cut: half of the request arrives, then the connection ends. swallowed: the request arrives, and nothing ever comes back.
lost: the connection ends when the answer comes. halved: half of the answer comes back, then the connection ends.
late: the request arrives after idcode has given up waiting, and has perhaps sent another one. slow: the answer takes a
quarter of a second.
"""
KINDS: tuple[Kind, ...] = get_args(Kind)
Where = Literal["connecting", "reading", "writing"]
OPENING = 4
"""Records of a client until it is bound: ClientHello, ChangeCipherSpec, Finished (RFC 8446, 2), and the bind."""
_LATE, _SLOW = 0.02, 0.25
"""Seconds: how long after idcode has given up a late request arrives, and how long a slow answer takes."""
_GONE = (ConnectionError, asyncio.IncompleteReadError, TimeoutError)


def faults(seed: int, gap: int) -> Iterator[Kind | None]:
    """Yield for each record what it meets with, ``None`` for nothing; one in ``gap`` meets with something.

    The first is one of those that open the first connection.
    """
    chance = random.Random(seed)
    bag: list[Kind] = []
    peace = seed % OPENING
    while True:
        yield from itertools.repeat(None, peace)
        bag = bag or chance.sample(KINDS, len(KINDS))
        yield bag.pop()
        peace = chance.randrange(2 * gap - 1)


class Proxy:
    """Listens on ``port`` of 127.0.0.1 for a server. ``happened`` counts faults by kind and by where they hit.

    ``is_write`` tells whether a request that passes now is a write.
    """

    def __init__(self, host: str, port: int, is_write: Callable[[], bool] = lambda: False) -> None:
        self._server, self.is_write = (host, port), is_write
        self.happened: Counter[tuple[Kind, Where]] = Counter()
        self.records = 0
        self._faults: Iterator[Kind | None] = itertools.repeat(None)
        self._refusals = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._listener = self._do(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port: int = self._listener.sockets[0].getsockname()[1]

    @contextmanager
    def trouble(self, plan: Iterator[Kind | None]) -> Iterator[None]:
        """Let records meet with the faults of ``plan`` while the block runs."""
        self._faults = plan
        try:
            yield
        finally:
            self._faults, self._refusals = itertools.repeat(None), 0

    def close(self) -> None:
        """End every connection, and listen no more."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _end(self) -> None:
        self._listener.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._refusals:
                self._refusals -= 1
                return
            with suppress(*_GONE, OSError):
                server = await asyncio.open_connection(*self._server)
                try:
                    await self._pass(reader, writer, *server)
                finally:
                    server[1].transport.abort()
        finally:
            writer.transport.abort()

    async def _pass(
        self,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        """Pass a connection on until one side ends it, or a fault does."""
        back = asyncio.ensure_future(_copy(server, to_client))
        try:
            for number in itertools.count(1):
                record = await _record(client)
                fault = self._meets(number)
                if fault in ("refused", "dropped"):
                    return
                if fault == "cut":
                    await _send(to_server, record[: len(record) // 2])
                    return
                if fault is not None:
                    await _cancel(back)
                if fault == "late":
                    await client.read()  # until idcode has given up
                    await asyncio.sleep(_LATE)
                await _send(to_server, record)
                if fault == "late":
                    await asyncio.sleep(_SLOW)  # until the server has done it
                    return
                if fault == "swallowed":
                    await client.read()
                    return
                if fault in ("lost", "halved"):
                    answer = await _answer(server, client)
                    if fault == "halved":
                        await _send(to_client, answer[: len(answer) // 2])
                    return
                if fault == "slow":
                    await asyncio.sleep(_SLOW)
                    back = asyncio.ensure_future(_copy(server, to_client))
        finally:
            await _cancel(back)

    def _meets(self, number: int) -> Kind | None:
        """Say and count what the ``number``-th record of a connection meets with."""
        self.records += 1
        is_write = number > OPENING and self.is_write()
        fault = next(self._faults)
        if fault is not None:
            where: Where = "connecting" if number <= OPENING else "writing" if is_write else "reading"
            self.happened[fault, where] += 1
            self._refusals = 2 if fault == "refused" else 0
        return fault


async def _record(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(5)
    return head + await reader.readexactly(int.from_bytes(head[3:], "big"))


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(*_GONE):
        while chunk := await reader.read(65536):
            await _send(writer, chunk)
        writer.transport.abort()


async def _answer(server: asyncio.StreamReader, client: asyncio.StreamReader) -> bytes:
    """Return the beginning of the server's answer; nothing where the client ends before, since not all are answered."""
    answer, gone = (asyncio.ensure_future(each) for each in (server.read(65536), client.read()))
    await asyncio.wait([answer, gone], return_when=asyncio.FIRST_COMPLETED)
    found = answer.result() if answer.done() else b""
    await _cancel(answer, gone)
    return found


async def _cancel(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
