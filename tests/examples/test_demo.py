"""The demonstration is what newcomers see first: it has to end well."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import available

ROOT = Path(__file__).parents[2]


@pytest.mark.ad
def test_the_demonstration_ends_as_it_promises() -> None:
    reason = available()
    if reason:
        pytest.skip(f"no Samba AD: {reason}")
    done = subprocess.run(
        [sys.executable, "examples/demo.py"], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "Everything was as expected" in done.stdout
