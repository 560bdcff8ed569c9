"""The lab itself: every other test of this room rests on it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab import Domain, SambaLab

pytestmark = pytest.mark.ad


def _names(admin: Any, base_dn: str) -> list[str]:
    admin.search(base_dn, "(cn=Ada Lovelace)", attributes=["cn"])
    return [entry["dn"] for entry in admin.response if entry["type"] == "searchResEntry"]


@pytest.mark.parametrize("attempt", [1, 2])
def test_every_test_gets_a_pristine_domain(domain: Domain, admin: Any, attempt: int) -> None:
    assert _names(admin, domain.base_dn) == []
    assert admin.add(f"CN=Ada Lovelace,CN=Users,{domain.base_dn}", "user", {"sAMAccountName": "ada"})
    assert len(_names(admin, domain.base_dn)) == 1


def test_a_restarted_controller_keeps_its_objects(domain: Domain, samba: SambaLab, admin: Any) -> None:
    assert admin.add(f"CN=Ada Lovelace,CN=Users,{domain.base_dn}", "user", {"sAMAccountName": "ada"})
    samba.stop()
    samba.restart(domain)
    again = domain.connect()
    assert len(_names(again, domain.base_dn)) == 1
    again.unbind()
