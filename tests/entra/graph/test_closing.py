"""Ending: threads, connections and interrupts."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from idcode.directories.entra.graph.background import Background, Put
from idcode.directories.entra.graph.calls import Call
from idcode.directories.entra.graph.client import GraphClient
from tests.entra.graph.service import BASE, Answered, Asked, Service, client

Connect = Callable[..., GraphClient]
ROOT = Path(__file__).parents[3]
WRITES = [Call(str(number), "DELETE", f"/users/{number}") for number in range(200)]


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "idcode" in thread.name]


def test_a_client_that_was_not_used_starts_nothing() -> None:
    graph = client(Service(lambda _asked: Answered(204)))
    assert threads() == []
    graph.close()


def test_closing_ends_the_thread_whatever_is_under_way_and_may_be_done_twice() -> None:
    def script(asked: Asked) -> Answered:
        return Answered(200, {"value": [1], "@odata.nextLink": f"{BASE}/users?$skiptoken={len(service.asked)}"})

    before = threading.active_count()
    service = Service(script)
    graph = client(service)
    endless, writes = graph.pages("/users"), graph.send(WRITES)
    next(endless)
    next(writes)
    assert threads() == ["idcode-graph"]
    graph.close()
    graph.close()
    assert threading.active_count() == before
    del endless, writes


def test_a_client_can_be_used_again_after_it_was_closed(connect: Connect) -> None:
    graph = connect(Service(lambda _asked: Answered(200, {"id": "1"})))
    assert graph.get("/users/1") == {"id": "1"}
    graph.close()
    assert graph.get("/users/1") == {"id": "1"}


def test_leaving_early_waits_for_the_writes_that_are_under_way(connect: Connect) -> None:
    """So that whoever reads what became of them does not come too early."""
    carried_out: list[str] = []

    class Slow(Service):
        async def handle_async_request(self, request: object) -> object:  # type: ignore[override]
            answer = await super().handle_async_request(request)  # type: ignore[arg-type]
            await asyncio.sleep(0.05)
            carried_out.append("batch")
            return answer

    service = Slow(lambda _asked: Answered(204))
    stream = connect(service).send(WRITES)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert len(carried_out) == len(service.sent) > 1


def test_what_fails_in_the_background_fails_in_the_caller_after_what_came_before() -> None:
    background = Background()

    async def produce(put: Put[int]) -> None:
        await put(1)
        await put(2)
        raise ValueError("no more")

    stream = background.stream(produce, 1)
    assert [next(stream), next(stream)] == [1, 2]
    with pytest.raises(ValueError, match="no more"):
        next(stream)
    background.close()


def test_an_interrupt_of_the_waiting_thread_ends_what_it_waited_for() -> None:
    background = Background()
    ended = threading.Event()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    async def work() -> None:
        await asyncio.sleep(0.2)  # until it waits
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        try:
            await asyncio.sleep(600)
        finally:
            ended.set()

    try:
        with pytest.raises(KeyboardInterrupt):
            background.run(work())
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.wait(10)
    background.close()


def test_a_program_ends_with_a_client_that_was_left_open() -> None:
    code = """
from tests.entra.graph.service import *
graph = client(Service(lambda asked: Answered(200, {"value": [1], "@odata.nextLink": f"{BASE}/users?{asked.url[-9:]}1"})))
stream = graph.pages("/users?$top=999")
print(next(stream))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[1]\n", "")


INTERRUPTED = """
import asyncio, signal
from tests.entra.graph.service import *
from idcode.directories.entra.graph.calls import Call

class Stuck(Service):
    async def handle_async_request(self, request):
        if len(self.sent):
            print("waiting", flush=True)
            await asyncio.sleep({seconds})
            print("carried out", flush=True)
        return await super().handle_async_request(request)

graph = client(Stuck(lambda asked: Answered(200, {{"id": "1"}})))
graph.get("/organization")
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests that run in the background inherit it ignored
try:
    {work}
except KeyboardInterrupt:
    print("interrupted", flush=True)
    {after}
"""


@pytest.mark.parametrize(
    ("work", "seconds", "after", "printed"),
    [
        ("graph.get('/users/1')", 600, "graph.close()", ["waiting", "interrupted"]),
        ("list(graph.pages('/users'))", 600, "graph.close()", ["waiting", "interrupted"]),
        ("list(graph.pages('/users'))", 600, "pass", ["waiting", "interrupted"]),
        (
            "list(graph.send([Call('1', 'DELETE', '/users/1')]))",
            0.5,
            "graph.close()",
            ["waiting", "carried out", "interrupted"],
        ),
    ],
    ids=["one read", "a listing", "a listing that is left open", "a write"],
)
def test_an_interrupt_ends_reads_at_once_and_lets_a_write_end(
    work: str, seconds: float, after: str, printed: list[str]
) -> None:
    code = INTERRUPTED.format(work=work, seconds=seconds, after=after)
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert ["waiting", *out.split("\n")[:-1]] == printed
    assert err == ""
    assert process.returncode == 0
