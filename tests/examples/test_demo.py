"""The demonstration is what newcomers see first: it has to end well, on both its stages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import available

ROOT = Path(__file__).parents[2]


def walk(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "examples/demo.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "Everything was as expected" in done.stdout
    return done.stdout


def test_the_demonstration_on_a_practice_domain_ends_as_it_promises() -> None:
    shown = walk()
    assert "$ idcode apply --sandbox plan.json" in shown
    assert "cloud from corp: 277 created, 1 updated" in shown
    assert shown.index("batch 12/12") < shown.index("Run ") < shown.index("To undo it: ")
    assert ".demo/delivered.txt: 0 passwords handed over" in shown


@pytest.mark.ad
def test_the_demonstration_on_a_domain_controller_ends_as_it_promises() -> None:
    reason = available()
    if reason:
        pytest.skip(f"no Samba AD: {reason}")
    shown = walk("--ad")
    assert "$ idcode apply plan.json" in shown
    assert "cloud is served at https://localhost:" in shown
    assert "cloud from corp: 277 created, 1 updated" in shown
