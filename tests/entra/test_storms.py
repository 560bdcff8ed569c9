"""Whatever goes wrong between idcode and Graph: an apply ends complete, with nothing lost and nothing done twice.

The number of people is small here. ``make soak`` sets ``IDCODE_STORM_PEOPLE=1000``, which makes more than 2,000
changes, and prints what happened.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.entra.storm import Storm, of_every_kind

PEOPLE = int(os.environ.get("IDCODE_STORM_PEOPLE", "60"))
TODAY = ("--as-of", "2026-12-01")


def test_an_apply_in_a_storm_ends_complete_and_does_nothing_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    storm = Storm(tmp_path / "repository", PEOPLE)
    plan = str(tmp_path / "plan.json")
    with storm.blowing([], []):
        code, said = storm.run(capsys, "plan", "--out", plan, *TODAY)
        assert code == 0, said

    with storm.blowing(*of_every_kind(max(3, PEOPLE // 20))):
        code, said = storm.run(capsys, "apply", plan)
        assert code == 0, said
        happened = storm.happened()
        requests, single = sum(storm.wire.requests.values()), sum(storm.calls.requests.values())

    storm.clock.advance(3600)
    assert storm.found() == storm.wanted()
    assert {"THROTTLED", "UNAVAILABLE", "TIMED_OUT", "CUT"} <= set(happened), happened
    with storm.blowing([], []):
        code, said = storm.run(capsys, "plan", "--detailed-exitcode", *TODAY)
        assert code == 0, said
    with capsys.disabled():
        if "IDCODE_STORM_PEOPLE" in os.environ:
            print(
                f"\n{PEOPLE} people; faults {dict(happened)}; {requests} requests with {single} inside; lost 0, doubled 0"
            )
