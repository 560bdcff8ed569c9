"""Repositories whose plans are signed, on practice domains and on a real one."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.conftest import repo as on_a_domain_controller  # noqa: F401
from tests.acceptance.conftest import witness  # noqa: F401
from tests.acceptance.repository import Repository
from tests.sandbox.conftest import repo as practising  # noqa: F401

VARIABLE = "IDCODE_PLAN_KEY"


@dataclass
class Keys:
    """Pairs of keys, made with the commands of docs/approval.md: ``keys/NAME.pub`` in the repository."""

    repo: Repository
    folder: Path
    monkeypatch: pytest.MonkeyPatch

    def make(self, name: str) -> str:
        """Make a pair and return the private key."""
        private, public = self.folder / f"{name}.key", self.repo.root / "keys" / f"{name}.pub"
        public.parent.mkdir(exist_ok=True)
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True)
        subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
        return private.read_text()

    def have(self, name: str | None) -> None:
        """Put a private key where plans are made; ``None``: there is none."""
        if name is None:
            self.monkeypatch.delenv(VARIABLE, raising=False)
        else:
            self.monkeypatch.setenv(VARIABLE, (self.folder / f"{name}.key").read_text())

    def trust(self, *names: str) -> None:
        """Let the repository trust these keys."""
        listed = ", ".join(f"keys/{name}.pub" for name in names)
        text = (self.repo.root / "idcode.yaml").read_text("utf-8").partition("signing:")[0]
        signing = f'signing: {{private_key: "${{env:{VARIABLE}}}", public_keys: [{listed}]}}\n'
        self.repo.write("idcode.yaml", text + signing)


@pytest.fixture
def keys(practising: Repository, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Keys:  # noqa: F811
    """A practice repository that trusts the key ``plan``, which is there."""
    keys = Keys(practising, tmp_path_factory.mktemp("keys"), monkeypatch)
    keys.make("plan")
    keys.trust("plan")
    keys.have("plan")
    return keys
