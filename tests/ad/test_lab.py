"""The lab itself: every other test of this room rests on it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Domain, SambaLab

pytestmark = pytest.mark.ad


def _names(admin: Any, base_dn: str) -> list[str]:
    admin.search(base_dn, "(cn=Ada Brisling)", attributes=["cn"])
    return [entry["dn"] for entry in admin.response if entry["type"] == "searchResEntry"]


@pytest.mark.parametrize("attempt", [1, 2])
def test_every_test_gets_a_pristine_domain(domain: Domain, admin: Any, attempt: int) -> None:
    assert _names(admin, domain.base_dn) == []
    assert admin.add(f"CN=Ada Brisling,CN=Users,{domain.base_dn}", "user", {"sAMAccountName": "ada"})
    assert len(_names(admin, domain.base_dn)) == 1


def test_a_restarted_controller_keeps_its_objects(domain: Domain, samba: SambaLab, admin: Any) -> None:
    assert admin.add(f"CN=Ada Brisling,CN=Users,{domain.base_dn}", "user", {"sAMAccountName": "ada"})
    samba.stop()
    samba.restart(domain)
    again = domain.connect()
    assert len(_names(again, domain.base_dn)) == 1
    again.unbind()


def test_the_address_of_a_stopped_controller_stays_its_own(domain: Domain, samba: SambaLab, tmp_path: Path) -> None:
    samba.stop()
    other = SambaLab(tmp_path / "dc", first_ip=int(domain.ip.rpartition(".")[2]))
    try:
        assert other.start().ip != domain.ip
    finally:
        other.discard()
    assert not (tmp_path / "dc").exists()
    samba.restart(domain)
    domain.connect().unbind()


def test_a_script_can_start_and_stop_one(domain: Domain, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.lab"]
    root = Path(__file__).parents[2]
    tree = str(tmp_path / "dc")
    started = subprocess.run([*command, "start", tree, "--json"], cwd=root, check=True, capture_output=True, text=True)
    try:
        settings = json.loads(started.stdout)
        assert settings["LAB_BASE_DN"] == domain.base_dn
        assert settings["LAB_IP"] != domain.ip
        with socket.create_connection((settings["LAB_IP"], 636), timeout=5):
            pass
    finally:
        subprocess.run([*command, "stop", tree], cwd=root, check=True)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((settings["LAB_IP"], 636), timeout=5)
