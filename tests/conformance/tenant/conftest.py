"""The tenants that every case runs on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.tenant.servers import InProcess, TenantServer, served


@pytest.fixture(params=["process", "https"])
def tenant(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TenantServer]:
    """A new tenant of each kind."""
    root = tmp_path / "repository"
    if request.param == "process":
        yield InProcess(root)
    else:
        with served(root, monkeypatch) as server:
            yield server
