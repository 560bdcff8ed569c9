"""Names of tenants that mean something to OData and to URLs: what was created under them is found again, and it alone."""

from __future__ import annotations

import pytest

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.http.faults import Fault, Faults, Rule
from idcode.model.plans import Change
from tests.entra.estate import DOMAIN, Estate, Sink, change, number, person, to

NAMES = [
    "O'Hummer", "' or displayName ne '", "a''b", "a&b", "a#b", "a+b", "a%27b", "a?$top=1", "a\\b", "a;b", "$filter=x", "*)(cn=*",
    " a", "\u202eab", "\U0001f469", "=1+1", "a\x1b[2J", '"a"', "\u00e9" * 64,
]  # fmt: skip


def unit(name: str) -> Change:
    return change("create", {"displayName": to(name)}, kind="administrative_unit", name=name)


def group(name: str) -> Change:
    nickname = "sg-" + "".join(char for char in name if char.isascii() and char.isalnum())
    attributes = {"displayName": to(name), "mailNickname": to(nickname), "uniqueName": to(name)}
    return change("create", attributes, kind="group", name=name)


def user(name: str) -> Change:
    local = "".join(char for char in name if char.isascii() and (char.isalnum() or char in "'!#^~._-")) or "x"
    upn = local.replace("''", "'") + "@" + DOMAIN
    attributes = {
        "userPrincipalName": to(upn),
        "displayName": to(name),
        "mailNickname": to("nick"),
        "enabled": to(False),
    }
    return change("create", attributes, name=upn)


def guest(name: str) -> Change:
    """A guest; Graph invites nobody with other characters in the address (page *Create invitation*)."""
    local = "".join(char for char in name if char.isascii() and (char.isalnum() or char in "'_")).strip("'") or "x"
    attributes = {"userType": to("Guest"), "mail": to(f"{local}@fabrikam.example"), "displayName": to(name)}
    return change("create", {**attributes, "enabled": to(True)})


@pytest.mark.parametrize("make", [unit, group, user, guest], ids=lambda make: make.__name__)
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_new_object_whose_answer_was_lost_is_found_by_its_name(make: object, name: str) -> None:
    lost = Rule(Fault.CUT, path=r"\$batch")
    decoy = Entity(number(5200), "administrativeUnit", {"displayName": "rome"})
    tenant = Estate(
        [person(1, "ada.brisling")],
        [{"id": number(5100), "displayName": "sg-one"}],
        others=[decoy],
        before=lambda service: Faults(service, [lost]),
    )
    try:
        directory = tenant.directory()
        (item,) = directory.lower(make(name), {})  # type: ignore[operator]
        (outcome,) = directory.write([[item]], Sink())
        assert outcome.status == "unknown"
        settled = directory.settle(item)
        assert settled.status == "done", settled
        assert settled.anchor not in (number(1), number(5100), number(5200), None)
    finally:
        tenant.close()
