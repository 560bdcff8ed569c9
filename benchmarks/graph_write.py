"""How many requests idcode needs to write to a tenant; ``make bench`` runs it.

1,000 new people with managers and memberships in a practice tenant: the single requests of an apply, against the fewest
that Graph allows: create, password, enable and manager each, members by twenties, one per group and one for its
licences. The numbers are counted, so that they are the same on every machine.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from idcode.cli.main import run_main  # noqa: E402
from tests.entra.storm import DEPARTMENTS, Storm  # noqa: E402

NEWCOMERS = 1_000


def main() -> None:
    """Print how many requests 1,000 new people cost, and the fewest that they could."""
    with tempfile.TemporaryDirectory() as folder:
        storm = Storm(Path(folder) / "repository", NEWCOMERS)
        storm.tenant.switches = replace(storm.tenant.switches, lag=0.0)
        place = ["--dir", str(storm.root)]
        plan = str(Path(folder) / "plan.json")
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            with storm.blowing([], []):
                assert run_main(["plan", "--out", plan, "--as-of", "2026-12-01", *place]) == 0
            with storm.blowing([], []):
                assert run_main(["apply", plan, *place]) == 0
        calls, wire, found = storm.calls.requests, storm.wire.requests, storm.found()
    assert found == storm.wanted()
    writes = sum(count for name, count in calls.items() if not name.startswith("GET") and "getByIds" not in name)
    members = sum(-(-len(one) // 20) for one in found["members"].values())
    fewest = 3 * NEWCOMERS + len(found["managers"]) + DEPARTMENTS + 1 + members + 1
    total = sum(calls.values())
    print(f"{NEWCOMERS:,} new people with managers in {len(found['groups'])} groups")
    print(f"  writes {writes:,}, the fewest possible {fewest:,}: {writes / fewest:.3f}")
    print(
        f"  with all reading before and after: {total:,}, {total / fewest:.3f}; in {sum(wire.values()):,} HTTP requests"
    )


if __name__ == "__main__":
    main()
