"""The companies whose runs are killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rooms import Rooms
from tests.faults.scene import living
from tests.faults.stage import Stage
from tests.lab import Domain, SambaLab


@pytest.fixture
def stage(tmp_path: Path, domain: Domain, samba: SambaLab) -> Iterator[Stage]:
    with living({"LAB_USER": domain.user, "LAB_PASSWORD": domain.password}) as lives:
        yield Stage(samba, domain, tmp_path, lives)


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    with living({}) as lives:
        yield Rooms(tmp_path, lives)
