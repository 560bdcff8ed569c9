"""The port every source offers to the core."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Protocol

from idcode.model.records import Reading, Record


class Source(Protocol):
    """One read-only system."""

    name: str

    def columns(self) -> tuple[str, ...] | None:
        """Return the column names without reading the records, or ``None`` where they cannot be known now."""

    def read(self, now: datetime) -> Reading[Record]:
        """Yield one record per key in the order of the source; the proof says whether the read was complete.

        ``now`` is the wall clock that ``max_age`` is measured against. A source that cannot be read yields
        nothing and ends with an incomplete proof whose diagnostics say why; it never raises for bad data.
        """

    def files(self) -> tuple[Path, ...]:
        """Return the files the source reads, for diagnostics and digests."""
