from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from idcode.model.records import collect
from tests.sources.reading import NOW, Read, csv_source

ReadCsv = Callable[..., Read]


@pytest.fixture
def read_csv(tmp_path: Path) -> ReadCsv:
    def read(content: str | bytes, *, now: datetime = NOW, **settings: Any) -> Read:
        path = tmp_path / "data" / "hr.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
        return Read(*collect(csv_source(tmp_path, **settings).read(now)))

    return read
