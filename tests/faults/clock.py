"""``python -m tests.faults.clock SECONDS ARGUMENT…``: the command line of idcode by a clock that is wrong by so much."""

from __future__ import annotations

import importlib
import sys
from datetime import datetime, timedelta, tzinfo

CLOCKS = ("store.store", "cli.planning", "cli.approving", "cli.commands.applying", "cli.commands.rollback")
"""The modules that look at the clock."""


def wrong_by(offset: timedelta) -> type[datetime]:
    """Return a class that is ``datetime`` in everything but what time it is now."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + offset

    return Wrong


def main() -> None:
    """Run one command."""
    from idcode.cli.main import run_main

    clock = wrong_by(timedelta(seconds=float(sys.argv[1])))
    for name in CLOCKS:
        vars(importlib.import_module(f"idcode.{name}"))["datetime"] = clock
    sys.exit(run_main(sys.argv[2:]))


if __name__ == "__main__":
    main()
