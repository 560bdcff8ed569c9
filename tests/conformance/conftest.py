"""The domains that every case runs on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.book import Case
from tests.conformance.servers import SambaServer, SandboxServer, Server


@pytest.fixture(params=[pytest.param("samba", marks=pytest.mark.ad), "sandbox"])
def server(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A pristine domain of each kind; a case for one of them only is skipped on the other, saying why."""
    case: Case = request.getfixturevalue("case")
    only = case.settings.get("only")
    if only is not None and only.split(",")[0] != request.param:
        pytest.skip(f"only {only}")
    if request.param == "sandbox":
        found: Server = SandboxServer(tmp_path / "repository", case.settings.get("domain", ""))
    else:
        found = SambaServer(request.getfixturevalue("domain"), monkeypatch)
    yield found
    found.close()
