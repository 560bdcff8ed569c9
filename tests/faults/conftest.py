"""The companies whose runs are killed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rooms import Rooms
from tests.faults.scene import living
from tests.faults.stage import Stage
from tests.lab import Domain, SambaLab


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is such: processes end here, never the machine, so nothing waits for a disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="idcode-faults-", dir=memory) as folder:
        yield Path(folder)


@pytest.fixture
def stage(root: Path, domain: Domain, samba: SambaLab) -> Iterator[Stage]:
    with living({"LAB_USER": domain.user, "LAB_PASSWORD": domain.password}) as lives:
        yield Stage(samba, domain, root, lives)


@pytest.fixture
def rooms(root: Path) -> Iterator[Rooms]:
    with living({}) as lives:
        yield Rooms(root, lives)
