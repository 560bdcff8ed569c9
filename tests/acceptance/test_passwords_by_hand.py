"""Accounts whose passwords somebody else sets (``initial_password: none``)."""

from __future__ import annotations

import ldap3
import pytest

from tests.acceptance.repository import Repository, changes
from tests.acceptance.witness import Witness

pytestmark = pytest.mark.ad


def test_an_account_without_password_is_enabled_once_somebody_has_set_one(repo: Repository, witness: Witness) -> None:
    repo.edit("rules/people.yaml", "    on_exit: disable", "    on_exit: disable\n    initial_password: none")
    repo.person("E1", "Ada", "Brisling", "Engineering", mail="ada.brisling@contoso.com")
    repo.person("E2", "Bo", "Ek", "Sales", mail="bo.ek@contoso.com")
    repo.apply()
    assert not witness.enabled("E1")
    password = '"Practice-4711-only"'.encode("utf-16-le")
    witness.connection.modify(witness.user("E1")["dn"][0], {"unicodePwd": [(ldap3.MODIFY_REPLACE, [password])]})
    plan = repo.apply()
    assert [(change["address"], change["op"]) for change in changes(plan)] == [("person:E1@corp/account", "enable")]
    assert witness.enabled("E1")
    assert not witness.enabled("E2")
