"""A run on a real domain controller behind a bad network: nothing is lost, nothing is done twice.

A few seeds are tried here. ``make soak`` sets ``IDCODE_FAULTS``, the number of seeds, and prints what happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain, repeat

import pytest

from tests.faults.proxy import KINDS, Kind, Proxy, Where, faults
from tests.faults.rough import SOAK, RoughStage
from tests.faults.scene import Ended

pytestmark = pytest.mark.ad

SEEDS = range(SOAK or 1)
GAP = 25
"""One request in so many meets with a fault."""
ATTEMPTS = 6
"""Processes of one run in bad weather, before it clears up."""


@pytest.fixture
def proxy(stage: RoughStage) -> Iterator[Proxy]:
    """A way to the domain controller of the stage, by which its plan was made."""
    opened = Proxy(stage.domain.ip, 636, stage.is_write)
    yield opened
    opened.close()


def in_bad_weather(stage: RoughStage, proxy: Proxy, seed: int) -> Iterator[Ended]:
    """Apply the plan of the day, and resume until it is done; the weather clears up in the end."""
    known = stage.newest_run()
    command: tuple[str, ...] = ("apply", "plan.json")
    with proxy.trouble(faults(seed, GAP)):
        for _ in range(ATTEMPTS):
            yield stage.run(*command)
            newest = stage.newest_run()
            if newest != known:
                if newest[2] == "done":
                    return
                command = ("apply", "--resume", newest[0])
    yield stage.run(*command)


def test_a_run_in_a_bad_network_is_finished_as_if_nothing_had_happened(
    stage: RoughStage, proxy: Proxy, capsys: pytest.CaptureFixture[str]
) -> None:
    happened: Counter[tuple[Kind, Where]] = Counter()
    for seed in SEEDS:
        stage.morning()
        stage.reach_through(proxy.port)
        proxy.happened.clear()
        ended = list(in_bad_weather(stage, proxy, seed))
        assert {one.code for one in ended} <= {0, 1, 4}, seed
        assert not any("Traceback" in one.said for one in ended), seed
        assert ended[-1].code == 0, (seed, ended[-1].said)
        stage.ends_well(len(ended), faults=proxy.happened.total())
        happened += proxy.happened
    assert {kind for kind, _ in happened} == set(KINDS)
    with capsys.disabled():
        if SOAK:
            places = Counter(where for _, where in happened.elements())
            print(f"\nnetwork: {stage.tally}; {', '.join(f'{n} while {where}' for where, n in places.items())}")


def test_a_network_that_ends_a_handshake_is_not_taken_for_a_bad_certificate(stage: RoughStage, proxy: Proxy) -> None:
    stage.reach_through(proxy.port)
    with proxy.trouble(chain[Kind | None](["dropped"], repeat(None))):
        ended = stage.run("plan")
    assert ended.code == 1
    assert f"ldaps://127.0.0.1:{proxy.port} cannot be reached" in ended.said
    assert "hint: Check the URL and the network." in ended.said
