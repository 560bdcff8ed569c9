"""The write quota: 3,000 writes in 150 seconds, for all that write, in scaled time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.directories.entra.graph.calls import Call
from idcode.directories.entra.graph.client import GraphClient
from idcode.directories.entra.graph.clock import Clock
from idcode.directories.entra.graph.quota import PERIOD, WRITES, Bucket, Quota, forecast
from tests.entra.graph.service import Answered, Service, throttled

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
    assert given_out == sorted(given_out, key=lambda one: one[0]), "served in order"
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


def test_a_throttled_write_slows_down_those_that_follow(connect: Callable[..., GraphClient]) -> None:
    moments: list[float] = []

    def script(_asked: object) -> Answered:
        moments.append(graph._exchange.clock.now())
        return throttled(10) if len(moments) == 1 else Answered(204)

    graph = connect(Service(script))
    assert all(answer.ok for answer in graph.send([Call(str(n), "DELETE", f"/users/{n}") for n in range(1000)]))
    # 80 are under way when the first is refused, and 10 seconds give 200.
    assert max(moments) - moments[0] >= (1000 - 80 - 200) * PERIOD / WRITES
