"""The write quota: 3,000 writes in 150 seconds, for all that write, in scaled time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.directories.entra.graph import batches
from idcode.directories.entra.graph.calls import Answer, Call
from idcode.directories.entra.graph.clock import Clock
from idcode.directories.entra.graph.connection import Connection
from idcode.directories.entra.graph.exchange import Exchange
from idcode.directories.entra.graph.quota import PERIOD, WRITES, Bucket, Quota, forecast
from idcode.directories.entra.graph.retry import Budget
from tests.entra.graph.service import Answered, Asked, Credential, Service, settings, throttled

STEPS = st.lists(st.tuples(st.floats(0, 60), st.integers(0, 40)), max_size=60)
"""Seconds that pass, and then tokens that are asked for."""


@given(steps=STEPS, capacity=st.integers(40, 100), rate=st.floats(0.5, 20))
def test_in_no_stretch_of_time_more_is_given_out_than_the_bucket_holds_and_gets(
    steps: list[tuple[float, int]], capacity: int, rate: float
) -> None:
    bucket = Bucket(capacity, rate, capacity, 0.0)
    now, given_out = 0.0, []
    for passed, tokens in steps:
        now += passed
        given_out.append((now + bucket.reserve(tokens, now), tokens))
    assert all(before[0] <= after[0] + 1e-6 for before, after in pairwise(given_out)), "served in order"
    for number, (begin, _) in enumerate(given_out):
        total = 0
        for end, tokens in given_out[number:]:
            total += tokens
            assert total <= capacity + rate * (end - begin) + 1e-6


@given(steps=STEPS)
def test_nobody_waits_longer_than_the_quota_demands(steps: list[tuple[float, int]]) -> None:
    bucket = Bucket(50, 10, 50, 0.0)
    now, asked, begun = 0.0, 0, 0.0
    for passed, tokens in steps:
        now += passed
        if bucket.reserve(0, now) == 0 and bucket.level == 50:
            asked, begun = 0, now
        asked += tokens
        wait = bucket.reserve(tokens, now)
        assert wait <= max(0.0, (asked - 50) / 10 - (now - begun)) + 1e-6


@given(writes=st.integers(0, 50_000))
def test_the_forecast_is_what_a_bucket_makes_the_last_write_wait(writes: int) -> None:
    wait = Bucket(WRITES, WRITES / PERIOD, WRITES, 0.0).reserve(writes, 0.0)
    assert abs(forecast(writes) - timedelta(seconds=wait)) <= timedelta(seconds=0.5)


def test_a_plan_of_ten_thousand_writes_takes_minutes_and_a_small_one_none() -> None:
    assert forecast(10_000) == timedelta(seconds=350)
    assert forecast(2_999) == timedelta(0)


class _Selector(selectors.DefaultSelector):
    """Lets the time of the loop pass instead of waiting."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.passed += timeout or 0.0
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    """Nothing takes time here but sleeping, which is over at once."""

    def __init__(self) -> None:
        self._passing = _Selector()
        super().__init__(self._passing)

    def time(self) -> float:
        return self._passing.passed


class _LoopsClock(Clock):
    """The time of the loop that is running."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()


def _in_virtual_time(work: Callable[[Quota, Clock], Awaitable[None]]) -> None:
    async def begin() -> None:
        clock = _LoopsClock()
        await work(Quota(clock, Random(1)), clock)

    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(begin())


@given(shares=st.lists(st.lists(st.integers(0, 20), max_size=60), min_size=1, max_size=8))
def test_workers_share_the_quota(shares: list[list[int]]) -> None:
    async def work(quota: Quota, clock: Clock) -> None:
        async def worker(share: list[int]) -> None:
            for writes in share:
                await quota.take(WRITES // 20 * writes)

        await asyncio.gather(*map(worker, shares))
        total = sum(WRITES // 20 * writes for share in shares for writes in share)
        assert clock.now() == pytest.approx(max(0, total - WRITES) * PERIOD / WRITES)

    _in_virtual_time(work)


def test_reading_does_not_wait_for_the_quota_of_writes() -> None:
    async def work(quota: Quota, clock: Clock) -> None:
        await quota.take(2 * WRITES)
        before = clock.now()
        await quota.take(0)
        assert clock.now() == before

    _in_virtual_time(work)


@given(waits=st.lists(st.floats(0.1, 600), min_size=1, max_size=6))
def test_a_retry_after_holds_for_everybody_the_longest_counts_and_not_all_begin_at_once(waits: list[float]) -> None:
    async def work(quota: Quota, clock: Clock) -> None:
        moments: list[float] = []

        async def worker() -> None:
            await quota.take(0)
            moments.append(clock.now())

        for wait in waits:
            quota.close(wait, overdrawn=False)
        await asyncio.gather(*(worker() for _ in range(4)))
        assert all(max(waits) <= moment <= max(waits) + 1 for moment in moments)
        assert len(set(moments)) == 4

    _in_virtual_time(work)


def test_where_the_service_counts_more_than_we_do_writing_goes_on_at_the_sustained_rate() -> None:
    async def work(quota: Quota, clock: Clock) -> None:
        await quota.take(20)
        quota.close(10, overdrawn=True)
        await quota.take(1)
        before = clock.now()
        await quota.take(200)  # as many as 10 seconds give
        await quota.take(1000)
        assert clock.now() - before >= 1000 * PERIOD / WRITES - 1

    _in_virtual_time(work)


def _sent_in_virtual_time(
    calls: list[Call], script: Callable[[Asked], Answered], refused: int = 0
) -> dict[str, list[float]]:
    """Send ``calls``, of which so many are refused in the end, and return when each of them was sent."""
    moments: dict[str, list[float]] = {}

    def noted(asked: Asked) -> Answered:
        moments.setdefault(asked.url, []).append(asyncio.get_running_loop().time())
        return script(asked)

    async def work(_quota: Quota, clock: Clock) -> None:
        connection = Connection(settings(), Path(), Service(noted), Credential)
        answers: list[Answer] = []

        async def receive(some: list[Answer]) -> list[Call]:
            answers.extend(some)
            return []

        await batches.run(Exchange(connection, clock, Random(1), Budget()), calls, receive)
        await connection.close()
        assert len(answers) == len(calls)
        assert sum(not answer.ok for answer in answers) == refused

    _in_virtual_time(work)
    return moments


def deletions(count: int) -> list[Call]:
    return [Call(str(number), "DELETE", f"/users/{number}") for number in range(count)]


def test_every_write_counts_whatever_batch_it_comes_in() -> None:
    moments = _sent_in_virtual_time(deletions(4000), lambda _asked: Answered(204))
    assert max(map(max, moments.values())) == pytest.approx(1000 * PERIOD / WRITES)
    moments = _sent_in_virtual_time(
        [Call(str(number), "POST", f"/directoryObjects/getByIds?{number}") for number in range(4000)],
        lambda _asked: Answered(200, {"value": []}),
    )
    assert max(map(max, moments.values())) == 0


def test_one_throttled_write_holds_up_everything_that_was_not_sent_yet() -> None:
    moments = _sent_in_virtual_time(
        deletions(100), lambda asked: throttled(600) if asked.url == "/users/0" and first(asked) else Answered(204)
    )
    assert len(moments["/users/0"]) == 2
    late = [moments[f"/users/{number}"][-1] for number in (0, *range(80, 100))]
    assert all(moment >= 600 for moment in late)


def test_a_retry_after_beyond_the_budget_holds_up_nobody() -> None:
    moments = _sent_in_virtual_time(
        deletions(100), lambda asked: throttled(3600) if asked.url == "/users/0" else Answered(204), refused=1
    )
    assert max(map(max, moments.values())) == 0


def test_after_a_throttled_write_the_others_follow_at_the_sustained_rate() -> None:
    moments = _sent_in_virtual_time(
        deletions(1000), lambda asked: throttled(10) if asked.url == "/users/0" and first(asked) else Answered(204)
    )
    # 80 are under way when the first is refused, and 10 seconds give 200.
    assert max(map(max, moments.values())) >= 10 + (1000 - 80 - 200) * PERIOD / WRITES


def first(asked: Asked) -> bool:
    return asked.batch == 0
