"""``idcode eval``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from idcode.cli import console
from idcode.model.errors import UsageError


def run_batch(file: Path) -> int:
    """Answer every record of a file of JSON Lines, in order."""
    from idcode.expressions.batch import answer

    now = datetime.now(UTC)
    for number, line in enumerate(_lines(file), 1):
        if line.strip():
            console.say(json.dumps(answer(_record(line, file, number), now), ensure_ascii=False))
    return 0


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None


def _record(line: str, file: Path, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{file}:{number}: not JSON: {error}") from None
    if not isinstance(record, dict):
        raise UsageError(f"{file}:{number}: a record is an object")
    return record
