"""``idcode schema``."""

from __future__ import annotations

from pathlib import Path

from idcode.cli import console, wiring
from idcode.config.schemas import write_schemas


def run(out: Path) -> int:
    """Write the JSON Schemas of all files."""
    for path in write_schemas(out, wiring.registry()):
        console.say(str(path))
    return 0
