"""The way of AD objects into the tenant: a practice domain, a practice tenant, and the cycles between them."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any

import pytest

from idcode.directories.ad.domain import AdDomain
from idcode.directories.ad.values import guid_bytes
from idcode.directories.sandbox.tenant.connect import READS
from idcode.directories.sandbox.tenant.sync import ANCHOR, Cycle, synchronise
from idcode.model.records import Query, collect
from tests.sandbox import practice as ad
from tests.tenant.practice import Practice

CONSISTENCY = "mS-DS-ConsistencyGuid"
SHOWN = (
    "id,displayName,givenName,surname,jobTitle,department,companyName,city,mail,mailNickname,userPrincipalName,"
    "accountEnabled,proxyAddresses,businessPhones,usageLocation,onPremisesImmutableId,onPremisesSyncEnabled,"
    "onPremisesSamAccountName,onPremisesDomainName,onPremisesDistinguishedName,onPremisesSecurityIdentifier,"
    "onPremisesExtensionAttributes,onPremisesLastSyncDateTime"
)


class Hybrid:
    """A domain with OU=People and OU=Away, and the tenant that OU=People goes to."""

    def __init__(self) -> None:
        self.domain = ad.Practice()
        self.away = self.domain.add(f"OU=Away,{ad.ROOT}", "organizationalUnit")
        self.tenant = Practice()

    def cycle(self, scope: Sequence[str] = (ad.PEOPLE,)) -> Cycle:
        directory = AdDomain("corp", self.domain.session, ad.ROOT, "info", schema=self.domain.domain.schema)
        names = READS | {CONSISTENCY}
        objects, proof = collect(directory.read(Query({"user": names, "group": names})))
        assert proof.complete
        return synchronise(self.tenant.tenant, ad.ROOT, objects, anchor=ANCHOR, scope=scope)

    def person(self, name: str, **attributes: bytes | Sequence[bytes]) -> str:
        short = name.split()[0].lower()
        given = {"userPrincipalName": f"{short}@contoso.example".encode(), "userAccountControl": b"512", **attributes}
        dn = self.domain.user(name, sAMAccountName=short.encode(), unicodePwd=ad.PASSWORD)
        self.domain.set(dn, **given)
        return dn

    def user(self, name: str) -> Any:
        """What the tenant shows of a user, by the beginning of the logon name."""
        return self.tenant.get(f"/users/{name}@contoso.example?$select={SHOWN}")


@pytest.fixture
def hybrid() -> Hybrid:
    return Hybrid()


def test_a_person_arrives_with_what_ad_knows(hybrid: Hybrid) -> None:
    dn = hybrid.person(
        "Ada Brisling",
        givenName=b"Ada",
        sn=b"Brisling",
        title=b"Lead",
        department=b"Sales",
        company=b"Contoso",
        l=b"Oslo",
        mail=b"ada.brisling@contoso.example",
        telephoneNumber=b"+46 8 555 0100",
    )
    cycle = hybrid.cycle()
    ada = hybrid.user("ada")
    assert cycle.created == (ada["id"],)
    assert (ada["displayName"], ada["givenName"], ada["surname"]) == ("Ada Brisling", "Ada", "Brisling")
    assert (ada["jobTitle"], ada["department"], ada["companyName"]) == ("Lead", "Sales", "Contoso")
    assert (ada["city"], ada["businessPhones"]) == ("Oslo", ["+46 8 555 0100"])
    assert ada["proxyAddresses"] == ["SMTP:ada.brisling@contoso.example"]
    assert ada["accountEnabled"] is True
    assert ada["onPremisesSyncEnabled"] is True
    assert (ada["onPremisesSamAccountName"], ada["onPremisesDomainName"]) == ("ada", "corp.contoso.com")
    assert ada["onPremisesDistinguishedName"] == dn
    assert ada["onPremisesSecurityIdentifier"].startswith(hybrid.domain.domain.sid)
    assert base64.b64decode(ada["onPremisesImmutableId"]) == guid_bytes(hybrid.domain.guid(dn))


def test_addresses_arrive_as_they_are_and_mail_is_the_primary_one_where_none_is_said(hybrid: Hybrid) -> None:
    said = [b"smtp:ada@contoso.example", b"SMTP:brisling@contoso.example", b"x500:/o=contoso/cn=ada"]
    hybrid.person("Ada Brisling", mail=b"ada@contoso.example", proxyAddresses=said)
    hybrid.person("Cid Dorsch", mail=b"cid@contoso.example", proxyAddresses=b"smtp:CID@contoso.example")
    hybrid.cycle()
    assert set(hybrid.user("ada")["proxyAddresses"]) == {address.decode() for address in said}
    assert hybrid.user("cid")["proxyAddresses"] == ["SMTP:cid@contoso.example"]


def test_a_second_cycle_changes_nothing(hybrid: Hybrid) -> None:
    cid = hybrid.person("Cid Dorsch")
    hybrid.person("Ada Brisling", manager=cid.encode())
    hybrid.domain.group("crew", member=cid.encode())
    hybrid.cycle()
    before = hybrid.tenant.tenant.state.number
    hybrid.tenant.wait()
    assert hybrid.cycle() == Cycle()
    assert hybrid.tenant.tenant.state.number == before


def test_what_changes_in_ad_changes_in_the_tenant_and_what_is_cleared_is_cleared(hybrid: Hybrid) -> None:
    dn = hybrid.person("Ada Brisling", title=b"Lead", department=b"Sales")
    hybrid.cycle()
    hybrid.domain.set(dn, department=b"Finance", title=[], userAccountControl=b"514")
    hybrid.cycle()
    ada = hybrid.user("ada")
    assert (ada["department"], ada["jobTitle"], ada["accountEnabled"]) == ("Finance", None, False)


def test_what_the_tenant_masters_outlives_a_cycle(hybrid: Hybrid) -> None:
    dn = hybrid.person("Ada Brisling")
    hybrid.cycle()
    hybrid.tenant.patch(f"/users/{hybrid.user('ada')['id']}", {"usageLocation": "NO"})
    hybrid.domain.set(dn, department=b"Finance")
    hybrid.cycle()
    assert hybrid.user("ada")["usageLocation"] == "NO"


def test_a_rename_in_ad_is_a_rename_in_the_tenant(hybrid: Hybrid) -> None:
    dn = hybrid.person("Ada Brisling")
    hybrid.cycle()
    before = hybrid.user("ada")["id"]
    hybrid.domain.set(dn, userPrincipalName=b"ada.hummer@contoso.example", displayName=b"Ada Hummer")
    hybrid.cycle()
    ada = hybrid.user("ada.hummer")
    assert (ada["id"], ada["displayName"]) == (before, "Ada Hummer")


def test_managers_and_members_follow(hybrid: Hybrid) -> None:
    cid = hybrid.person("Cid Dorsch")
    ada = hybrid.person("Ada Brisling", manager=cid.encode())
    inner = hybrid.domain.group("inner", member=ada.encode())
    hybrid.domain.group("crew", member=[cid.encode(), inner.encode()], description=b"Everybody")
    hybrid.cycle()
    ids = {name: hybrid.user(name)["id"] for name in ("ada", "cid")}
    groups = {each["displayName"]: each for each in hybrid.tenant.values("/groups")}
    assert hybrid.tenant.get(f"/users/{ids['ada']}/manager")["id"] == ids["cid"]
    assert hybrid.tenant.members(groups["inner"]["id"]) == {ids["ada"]}
    assert hybrid.tenant.members(groups["crew"]["id"]) == {ids["cid"], groups["inner"]["id"]}
    assert (groups["crew"]["securityEnabled"], groups["crew"]["description"]) == (True, "Everybody")
    hybrid.domain.modify(inner, "member", ad.to())
    hybrid.domain.modify(ada, "manager", ad.to())
    hybrid.cycle()
    assert hybrid.tenant.members(groups["inner"]["id"]) == set()
    assert hybrid.tenant.send("GET", f"/users/{ids['ada']}/manager").status == 404


def test_who_leaves_the_scope_is_deleted_and_who_comes_back_is_restored(hybrid: Hybrid) -> None:
    dn = hybrid.person("Ada Brisling")
    crew = hybrid.domain.group("crew", member=dn.encode())
    hybrid.cycle()
    ada = hybrid.user("ada")["id"]
    assert hybrid.domain.session.rename(dn, "CN=Ada Brisling", hybrid.away).ok
    assert hybrid.cycle().deleted == (ada,)
    assert hybrid.tenant.send("GET", f"/users/{ada}").status == 404
    assert hybrid.domain.session.rename(f"CN=Ada Brisling,{hybrid.away}", "CN=Ada Brisling", ad.PEOPLE).ok
    assert hybrid.cycle().restored == (ada,)
    assert hybrid.user("ada")["id"] == ada
    assert crew.startswith("CN=crew")
    (group,) = hybrid.tenant.values("/groups")
    assert hybrid.tenant.members(group["id"]) == {ada}


def test_another_domain_and_the_cloud_are_left_alone(hybrid: Hybrid) -> None:
    cloud = hybrid.tenant.user("greta")
    hybrid.person("Ada Brisling")
    hybrid.cycle()
    assert synchronise(hybrid.tenant.tenant, "DC=other,DC=example", ()) == Cycle()
    assert hybrid.tenant.ids("/users") == {cloud, hybrid.user("ada")["id"]}


def test_a_cloud_user_with_the_same_name_is_taken_over(hybrid: Hybrid) -> None:
    cloud = hybrid.tenant.user("ada", jobTitle="Clerk")
    hybrid.person("Ada Brisling", title=b"Lead")
    assert hybrid.cycle().updated == (cloud,)
    ada = hybrid.user("ada")
    assert (ada["id"], ada["jobTitle"], ada["onPremisesSyncEnabled"]) == (cloud, "Lead", True)


def test_a_cloud_user_with_the_same_primary_address_is_taken_over(hybrid: Hybrid) -> None:
    cloud = hybrid.tenant.user("brisling", mail="ada.brisling@contoso.example")
    hybrid.person("Ada Brisling", mail=b"ada.brisling@contoso.example")
    assert hybrid.cycle().updated == (cloud,)
    assert hybrid.user("ada")["id"] == cloud


def test_a_guest_is_not_taken_over(hybrid: Hybrid) -> None:
    body = {"invitedUserEmailAddress": "ada@fabrikam.example", "inviteRedirectUrl": "https://myapps.example"}
    guest = hybrid.tenant.post("/invitations", body)["invitedUser"]["id"]
    hybrid.person("Ada Brisling", mail=b"ada@fabrikam.example")
    hybrid.cycle()
    ada = hybrid.user("ada")
    assert ada["id"] != guest
    assert ada["proxyAddresses"] == []


def test_what_the_tenant_was_made_the_master_of_is_left_alone_until_it_is_given_back(hybrid: Hybrid) -> None:
    dn = hybrid.person("Ada Brisling", department=b"Sales")
    hybrid.cycle()
    ada = hybrid.user("ada")["id"]
    hybrid.tenant.patch(f"/users/{ada}/onPremisesSyncBehavior", {"isCloudManaged": True}, 200)
    hybrid.tenant.patch(f"/users/{ada}", {"department": "Research"})
    hybrid.domain.set(dn, department=b"Finance")
    assert hybrid.cycle().left_alone == (ada,)
    assert hybrid.user("ada")["department"] == "Research"
    hybrid.tenant.patch(f"/users/{ada}/onPremisesSyncBehavior", {"isCloudManaged": False}, 200)
    assert hybrid.cycle().updated == (ada,)
    assert hybrid.user("ada")["department"] == "Finance"


def test_what_the_tenant_masters_is_not_deleted_with_its_ad_object(hybrid: Hybrid) -> None:
    group = hybrid.domain.group("crew")
    hybrid.cycle()
    (crew,) = hybrid.tenant.values("/groups")
    hybrid.tenant.patch(f"/groups/{crew['id']}/onPremisesSyncBehavior", {"isCloudManaged": True}, 200)
    assert hybrid.domain.session.delete(group).ok
    assert hybrid.cycle() == Cycle()
    assert hybrid.tenant.ids("/groups") == {crew["id"]}


def test_the_consistency_guid_identifies_before_the_object_guid(hybrid: Hybrid) -> None:
    other = guid_bytes("5d2f0f6a-93c5-4c39-9a5f-6d0f5d1f2b11")
    hybrid.person("Ada Brisling", **{CONSISTENCY: other})
    hybrid.cycle()
    assert base64.b64decode(hybrid.user("ada")["onPremisesImmutableId"]) == other


def test_a_name_in_no_verified_domain_gets_the_first_domain_of_the_tenant(hybrid: Hybrid) -> None:
    hybrid.person("Ada Brisling", userPrincipalName=b"ada@corp.contoso.com")
    hybrid.cycle()
    (ada,) = hybrid.tenant.values("/users")
    assert ada["userPrincipalName"] == "ada@contoso.onmicrosoft.com"


def test_two_with_one_name_do_not_get_in_each_others_way(hybrid: Hybrid) -> None:
    shared = b"SMTP:sales@contoso.example"
    hybrid.person("Ada Brisling", userPrincipalName=b"sales@corp.contoso.com", proxyAddresses=[shared])
    hybrid.person("Cid Dorsch", userPrincipalName=b"sales@emea.contoso.com", proxyAddresses=[shared])
    hybrid.cycle()
    users = hybrid.tenant.values("/users?$select=userPrincipalName,proxyAddresses")
    first, second = sorted(users, key=lambda user: len(user["userPrincipalName"]))
    assert first["userPrincipalName"] == "sales@contoso.onmicrosoft.com"
    assert re.fullmatch(r"sales\d{4}@contoso\.onmicrosoft\.com", second["userPrincipalName"])
    assert sorted(len(user["proxyAddresses"]) for user in users) == [0, 1]
    assert hybrid.cycle() == Cycle()


def test_a_distribution_list_arrives_with_its_address_and_stays_out_without_one(hybrid: Hybrid) -> None:
    universal_distribution = b"8"
    hybrid.domain.group("news", groupType=universal_distribution, mail=b"news@contoso.example")
    hybrid.domain.group("silent", groupType=universal_distribution)
    hybrid.cycle()
    (news,) = hybrid.tenant.values("/groups")
    assert (news["displayName"], news["mailEnabled"], news["securityEnabled"]) == ("news", True, False)
    assert news["proxyAddresses"] == ["SMTP:news@contoso.example"]


def test_accounts_of_the_system_stay_out(hybrid: Hybrid) -> None:
    hybrid.person("Ada Brisling")
    hybrid.cycle(scope=())
    names = {each["displayName"] for each in hybrid.tenant.values("/users")}
    assert "Ada Brisling" in names
    assert "krbtgt" not in names
    groups = {each["displayName"] for each in hybrid.tenant.values("/groups")}
    assert "Domain Admins" not in groups


def test_a_synchronised_group_is_read_only_in_the_tenant(hybrid: Hybrid) -> None:
    hybrid.domain.group("crew")
    hybrid.cycle()
    (crew,) = hybrid.tenant.values("/groups")
    cloud = hybrid.tenant.user("greta")
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{cloud}"}
    assert hybrid.tenant.refused("POST", f"/groups/{crew['id']}/members/$ref", body)[0] == 400
