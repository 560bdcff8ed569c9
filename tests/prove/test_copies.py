"""A copy of a directory reads as the directory did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from idcode.directories.ad.domain import AdDomain
from idcode.directories.sandbox.copying import copy_of
from idcode.directories.sandbox.domain import new_domain
from idcode.directories.sandbox.schema import bundled_schema
from idcode.directories.sandbox.seeding import Seed, load
from idcode.directories.sandbox.session import EmbeddedSession
from idcode.model.desired import DirectoryView
from idcode.model.records import LiveObject, Query, Scope, collect
from tests.ad.support import directory
from tests.lab import Domain

NAMES = frozenset(
    {
        "cn", "ou", "sAMAccountName", "userPrincipalName", "displayName", "mail", "proxyAddresses", "employeeID",
        "title", "manager", "member", "objectSid", "description", "userAccountControl", "accountExpires",
        "category", "scope", "protected", "adminDescription", "whenCreated", "thumbnailPhoto",
    }
)  # fmt: skip
QUERY = Query(
    dict.fromkeys(("user", "group", "ou", "contact", "computer", "other"), NAMES),
    (Scope("people", "user", ("People",), "(&(employeeID=*)(!(title=Boss)))"), Scope("groups", "group", (), None)),
)
BASE = "DC=corp,DC=contoso,DC=com"
ROOT = {"objectClass": [b"organizationalUnit"]}


def view(corp: AdDomain, base: str) -> DirectoryView:
    found, proof = collect(corp.read(QUERY))
    assert proof.complete
    return DirectoryView("corp", "ad", base, corp.schema(), {live.anchor: live for live in found})


def readings(original: AdDomain, base: str) -> tuple[Mapping[str, LiveObject], Mapping[str, LiveObject]]:
    """Return what is read of a domain, and of its copy."""
    before, sid = view(original, base), original.fingerprint().identity
    copy = copy_of(original, before, sid)
    assert copy.fingerprint().identity == sid
    return before.objects, view(copy, base).objects


def embedded(*seeds: Seed) -> AdDomain:
    domain = new_domain(BASE, bundled_schema())
    load(domain, seeds)
    return AdDomain("corp", EmbeddedSession(domain), BASE, "adminDescription", schema=domain.schema)


def account(name: str, **more: list[bytes]) -> Seed:
    return Seed(f"CN={name},OU=People,{BASE}", {"objectClass": [b"user"], "sAMAccountName": [name.encode()], **more})


def test_a_copy_of_a_domain_controller_reads_as_it_does(domain: Domain, admin: Any) -> None:
    people = f"OU=People,{domain.base_dn}"
    admin.add(people, ["organizationalUnit"], {"description": "Everyone"})
    for name, more in (
        ("Ada", {"employeeID": "E1", "proxyAddresses": ["SMTP:ada@contoso.com", "smtp:a@contoso.com"]}),
        ("Berit, B.", {"employeeID": "E2", "title": "Boss", "adminDescription": "idcode:disabled"}),
        ("Gone", {"employeeID": "E3"}),
    ):
        escaped = name.replace(",", "\\,")
        admin.add(f"CN={escaped},{people}", ["user"], {"sAMAccountName": name[:3], **more})
        assert admin.result["result"] == 0, admin.result
    admin.add(f"CN=crew,{people}", ["group"], {"sAMAccountName": "crew", "member": [f"CN=Ada,{people}"]})
    admin.delete(f"CN=Gone,{people}")
    corp = directory(domain)
    before, after = readings(corp, domain.base_dn)
    corp.close()
    assert {live.deleted for live in before.values()} == {True, False}
    assert {anchor: live for anchor, live in after.items() if live.object_type != "other"} == {
        anchor: live for anchor, live in before.items() if live.object_type != "other"
    }
    assert {live.dn for live in after.values()} >= {live.dn for live in before.values()}


def test_groups_whose_names_are_in_another_language_stay_what_they_are() -> None:
    domain = new_domain(BASE, bundled_schema())
    session = EmbeddedSession(domain)
    admins = f"CN=Domain Admins,CN=Users,{BASE}"
    assert session.modify(admins, {"sAMAccountName": [("replace", ["Domänen-Admins".encode()])]}).ok
    assert session.rename(admins, "CN=Domänen-Admins", None).ok
    corp = AdDomain("corp", session, BASE, "adminDescription", schema=domain.schema)
    before, after = readings(corp, BASE)
    assert after == before


def test_people_in_containers_that_no_plan_knows_are_copied() -> None:
    exchange = Seed(f"CN=Exchange System Objects,{BASE}", {"objectClass": [b"dnsZone"]})
    mailbox = Seed(f"CN=SystemMailbox,{exchange.dn}", {"objectClass": [b"user"], "sAMAccountName": [b"SM_1"]})
    before, after = readings(embedded(exchange, mailbox), BASE)
    assert f"CN=SystemMailbox,CN=Exchange System Objects,{BASE}" in {live.dn for live in after.values()}
    assert after.keys() >= before.keys()


@pytest.mark.parametrize("control", [b"512", b"514", b"66048", b"544", b"262656"])
def test_account_flags_are_copied_as_they_are(control: bytes) -> None:
    ou = Seed(f"OU=People,{BASE}", ROOT)
    ada = account("ada", userAccountControl=[control], pwdLastSet=[b"132000000000000000"])
    before, after = readings(embedded(ou, ada), BASE)
    assert after == before


def test_scopes_are_evaluated_anew() -> None:
    ou = Seed(f"OU=People,{BASE}", ROOT)
    boss = account("boss", employeeID=[b"E2"], title=[b"boss"])
    before, after = readings(embedded(ou, account("ada", employeeID=[b"E1"]), boss, account("svc")), BASE)
    inside = {live.dn.partition(",")[0] for live in after.values() if "people" in live.scopes}
    assert inside == {"CN=ada"}
    assert after == before
