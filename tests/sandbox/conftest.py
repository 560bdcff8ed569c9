"""A repository whose directory is an AD domain that nobody can reach, tried out with --sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.repository import Repository
from tests.lab import Domain

BASE = "DC=corp,DC=contoso,DC=com"


@pytest.fixture
def repo(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Repository:
    """The repository of the acceptance tests; no variable that its directory needs is set."""
    for name in ("LAB_USER", "LAB_PASSWORD", "CI"):
        monkeypatch.delenv(name, raising=False)
    nowhere = Domain(
        servers=["ldaps://dc1.corp.contoso.invalid"],
        base_dn=BASE,
        user="",
        password="",
        ca_file="no-such-ca.pem",
        server_name="dc1.corp.contoso.invalid",
        ip="",
        realm="",
        tree=tmp_path,
    )
    repository = Repository(tmp_path, nowhere, capsys)
    repository.person("E1", "Ada", "Brisling", "Engineering", mail="ada@contoso.com")
    repository.person("E2", "Greta", "Hummer", "Sales", mail="greta@contoso.com", manager="E1")
    return repository
