"""Comparing with texts kept beside the tests: ``IDCODE_REGENERATE_GOLDEN=1 pytest tests/report`` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_golden(name: str, text: str) -> None:
    """Fail unless ``text`` is what ``tests/report/golden/NAME`` holds."""
    path = FOLDER / name
    if os.environ.get("IDCODE_REGENERATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8"), f"{path} differs; look, then regenerate"
