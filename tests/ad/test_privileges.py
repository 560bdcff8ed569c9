"""Who administers a domain: by the groups they are in now, whatever these are called and however deep they are."""

from __future__ import annotations

from typing import Any

import pytest
from ldap3 import MODIFY_ADD, MODIFY_DELETE, MODIFY_REPLACE

from idcode.directories.ad.directory import AdDirectory
from idcode.directories.ad.values import guid_text
from tests.ad.support import create, directory, group, sets, settings, user
from tests.lab import Domain

pytestmark = pytest.mark.ad


def place(domain: Domain, name: str) -> str:
    return f"CN={name},CN=Users,{domain.base_dn}"


def anchor(admin: Any, dn: str) -> str:
    assert admin.search(dn, "(objectClass=*)", "BASE", attributes=["objectGUID"])
    return guid_text(admin.response[0]["raw_attributes"]["objectGUID"][0])


def join(admin: Any, domain: Domain, group_dn: str, *members: str) -> None:
    assert admin.modify(group_dn, {"member": [(MODIFY_ADD, [place(domain, name) for name in members])]}), admin.result


def test_built_in_accounts_and_groups_and_the_domain_controllers_are_told_by_their_sids(
    corp: AdDirectory, domain: Domain, admin: Any
) -> None:
    domain_admins = place(domain, "Domain Admins")
    assert admin.modify_dn(domain_admins, "CN=Domänen-Admins")

    found = corp.privileges().holders

    assert found[anchor(admin, place(domain, "Administrator"))] == "built in"
    assert found[anchor(admin, place(domain, "krbtgt"))] == "built in"
    assert found[anchor(admin, place(domain, "Domänen-Admins"))] == "built in"
    assert found[anchor(admin, f"CN=Backup Operators,CN=Builtin,{domain.base_dn}")] == "built in"
    assert "in Domain Controllers" in found.values()
    assert anchor(admin, place(domain, "Guest")) not in found
    assert anchor(admin, place(domain, "Domain Users")) not in found


def test_members_are_followed_through_groups_and_circles(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    people = {name: create(corp, user(domain, name)) for name in ("Ada", "Greta", "Cid")}
    outer, inner = (create(corp, group(domain, name)) for name in ("tier0", "tier0-inner"))
    join(admin, domain, place(domain, "Domain Admins"), "tier0")
    join(admin, domain, place(domain, "tier0"), "tier0-inner", "Ada")
    join(admin, domain, place(domain, "tier0-inner"), "tier0", "Greta")

    found = corp.privileges().holders

    assert {found.get(one) for one in (outer, inner, people["Ada"], people["Greta"])} == {"in Domain Admins"}
    assert people["Cid"] not in found


def test_what_counts_is_who_is_in_now_and_not_admin_count(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    ada = create(corp, user(domain, "Ada"))
    join(admin, domain, place(domain, "Domain Admins"), "Ada")
    assert admin.modify(place(domain, "Ada"), {"adminCount": [(MODIFY_REPLACE, ["1"])]})
    assert ada in corp.privileges().holders

    assert admin.modify(place(domain, "Domain Admins"), {"member": [(MODIFY_DELETE, [place(domain, "Ada")])]})

    assert ada not in corp.privileges().holders


def test_a_primary_group_counts_like_any_other(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    ada = create(corp, user(domain, "Ada"))
    greta = create(corp, user(domain, "Greta"))
    join(admin, domain, place(domain, "Domain Admins"), "Ada")
    assert admin.modify(place(domain, "Ada"), {"primaryGroupID": [(MODIFY_REPLACE, ["512"])]}), admin.result
    assert ada in corp.privileges().holders
    assert greta not in corp.privileges().holders

    administrators = f"CN=Administrators,CN=Builtin,{domain.base_dn}"
    join(admin, domain, administrators, "Domain Users")

    assert corp.privileges().holders[greta] == "in Administrators"


def test_large_groups_are_followed_to_their_end(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    people = [create(corp, user(domain, f"Person {number}")) for number in range(210)]
    create(corp, group(domain, "many"))
    join(admin, domain, place(domain, "many"), *(f"Person {number}" for number in range(210)))
    join(admin, domain, place(domain, "Domain Admins"), "many")

    assert set(people) <= corp.privileges().holders.keys()


@pytest.mark.parametrize(
    "form", ["svc-idcode@corp.contoso.com", "{netbios}\\svc-idcode", "{dn}", "SVC-IDCODE@corp.contoso.com"]
)
def test_the_account_of_idcode_is_known_however_the_files_name_it(
    form: str, corp: AdDirectory, domain: Domain, admin: Any
) -> None:
    logon = {"sAMAccountName": sets("svc-idcode"), "userPrincipalName": sets("svc-idcode@corp.contoso.com")}
    own = create(corp, user(domain, "Service idcode", **logon))
    dn = place(domain, "Service idcode")
    assert admin.extend.microsoft.modify_password(dn, "Kp7-tandem-Quartz-41")
    assert admin.modify(dn, {"userAccountControl": [(MODIFY_REPLACE, ["512"])]})
    admin.search(f"CN=Partitions,CN=Configuration,{domain.base_dn}", "(nETBIOSName=*)", attributes=["nETBIOSName"])
    netbios = str(admin.entries[0].nETBIOSName)
    bind = {"method": "simple", "user": form.format(dn=dn, netbios=netbios), "password": "Kp7-tandem-Quartz-41"}

    mine = directory(domain, bind=bind)
    try:
        found = mine.privileges()
    finally:
        mine.close()

    assert found.own == {own}
    assert own not in found.holders
    assert settings(domain).bind.user != bind["user"]
