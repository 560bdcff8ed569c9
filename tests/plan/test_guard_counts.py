"""What a single change counts for, whatever plan or rollback it stands in."""

from __future__ import annotations

from typing import Any

import pytest

from idcode.model.plans import AttributeChange
from idcode.model.privileges import Privileges
from idcode.model.values import Ref
from idcode.plan.drafts import Draft
from idcode.plan.guards import COUNTERS
from idcode.plan.protection import weigh

ADA, BO = Ref("a1"), Ref("b1")


def draft(op: Any, kind: Any = "user", **attributes: AttributeChange) -> Draft:
    anchor = None if op == "create" else "x1"
    return Draft("corp", kind, "person:E1@corp/account", "E1", anchor, "CN=E1", op, "update", "s", attributes)


def to(*after: Any, was: tuple[Any, ...] = ()) -> AttributeChange:
    return AttributeChange(was, after)


def delta(add: tuple[Any, ...] = (), remove: tuple[Any, ...] = ()) -> AttributeChange:
    return AttributeChange(add=add, remove=remove, delta=True, single=False)


COUNTED = [
    ("create", draft("create"), 1),
    ("create", draft("restore"), 1),
    ("update", draft("restore", title=to("Chief")), 0),
    ("update", draft("update", member=delta((ADA,))), 0),
    ("clear", draft("update", title=to(was=("Chief",))), 1),
    ("clear", draft("enable", enabled=to(True, was=(False,)), info=to(was=("locked",))), 1),
    ("clear", draft("restore", title=to(was=("Chief",))), 0),
    ("logon_name", draft("update", userPrincipalName=to("b@x", was=("a@x",))), 1),
    ("logon_name", draft("update", userPrincipalName=to("a@x")), 0),
    ("logon_name", draft("create", sAMAccountName=to("a")), 0),
    ("mail_address", draft("update", proxyAddresses=delta(("smtp:new@x",))), 0),
    ("mail_address", draft("update", proxyAddresses=delta((), ("smtp:old@x",))), 1),
    ("mail_address", draft("update", proxyAddresses=to("SMTP:a@x", "smtp:b@x", was=("SMTP:a@x",))), 0),
    ("mail_address", draft("update", proxyAddresses=to("SMTP:b@x", "smtp:a@x", was=("SMTP:a@x",))), 1),
    ("mail_address", draft("move", mail=to("b@x", was=("a@x",))), 1),
    ("enable", draft("enable", enabled=to(True, was=(False,))), 1),
    ("enable", draft("update", enabled=to(True, was=(False,))), 1),
    ("enable", draft("create", enabled=to(True)), 0),
    ("disable", draft("disable", enabled=to(False, was=(True,))), 1),
    ("disable", draft("update", enabled=to(False, was=(True,))), 1),
    ("disable", draft("create", enabled=to(False)), 0),
    ("membership_gain", draft("create", "group", member=to(ADA, BO)), 2),
    ("membership_gain", draft("update", "group", member=delta((ADA, BO), (Ref("c1"),))), 2),
    ("membership_loss", draft("update", "group", members=delta((ADA,), (BO,))), 1),
    ("membership_loss", draft("create", "group", member=to(ADA)), 0),
    ("membership_loss", draft("update", "role_assignment", members=delta((), (ADA, BO))), 2),
    ("licence_loss", draft("update", licences=to("SPE_E5", was=("SPE_E5 -SWAY", "FLOW_FREE"))), 1),
    ("licence_loss", draft("restore", licences=to("SPE_E5")), 0),
    ("authority", draft("update", isCloudManaged=to(True, was=(False,))), 1),
    ("delete", draft("delete"), 1),
    ("move", draft("move"), 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "count"), COUNTED)
def test_a_change_counts(name: str, change: Draft, count: int) -> None:
    assert int(COUNTERS[name](change)) == count


POWER = Privileges({"x1": "in Domain Admins"})


def weighed(change: Draft, power: Privileges = POWER) -> tuple[int, int]:
    weigh([change], lambda _: power, gains=True)
    return int(change.harmed), change.gained


def test_a_new_password_takes_the_account_from_an_administrator() -> None:
    again = draft("enable", enabled=to(True, was=(False,)))
    again.password = True
    assert weighed(again) == (1, 0)
    assert weighed(draft("enable", enabled=to(True, was=(False,)))) == (0, 0)


def test_a_directory_role_gives_power_whoever_is_asked() -> None:
    role = draft("update", "role_assignment", members=delta((ADA,), (BO, Ref("c1"))))
    assert weighed(role, Privileges()) == (2, 1)


def test_a_role_of_an_application_does_not() -> None:
    assert weighed(draft("update", "app_role_assignment", members=delta((ADA,), (BO,))), Privileges()) == (0, 0)


def test_a_new_group_that_can_hold_roles_gives_power_to_those_it_is_created_with() -> None:
    assert weighed(draft("create", "group", isAssignableToRole=to(True), members=to(ADA, BO)), Privileges()) == (0, 2)
    assert weighed(draft("create", "group", members=to(ADA, BO)), Privileges()) == (0, 0)


def test_every_guard_has_a_counter() -> None:
    from idcode.config.models.project import GUARDS

    assert set(COUNTERS) == set(GUARDS)
