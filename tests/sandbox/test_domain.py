"""What a practice domain takes and refuses, as Microsoft's servers do: codes, messages, and nothing done by halves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.directories.ad.operations import Modification, Result
from idcode.directories.ad.security import DELETE_CHILD, PROTECTION, Descriptor
from idcode.directories.sandbox.domain import new_domain
from idcode.model import dn
from tests.sandbox.practice import PASSWORD, PEOPLE, PERMISSIVE, ROOT, USERS, Practice, minus, plus, schema, to

Attempt = Callable[[Practice], Result]
BUILTIN_USERS = f"CN=Users,CN=Builtin,{ROOT}".encode()


@pytest.fixture
def corp() -> Practice:
    corp = Practice()
    corp.user("Ada", title=b"Engineer", userPrincipalName=b"ada@contoso.com", otherTelephone=[b"1", b"2"])
    corp.user("Bo", manager=f"CN=Ada,{PEOPLE}".encode(), servicePrincipalName=b"http/bo")
    corp.add(f"OU=Sub,{PEOPLE}", "organizationalUnit")
    corp.group("global", member=f"CN=Ada,{PEOPLE}".encode())
    corp.group("local", groupType=b"-2147483644")
    corp.group("universal", groupType=b"-2147483640")
    return corp


ADA, BO, SUB = f"CN=Ada,{PEOPLE}", f"CN=Bo,{PEOPLE}", f"OU=Sub,{PEOPLE}"
GLOBAL, LOCAL, UNIVERSAL = (f"CN={name},{PEOPLE}" for name in ("global", "local", "universal"))


def add(where: str, kind: str, **attributes: bytes | list[bytes]) -> Attempt:
    return lambda corp: corp.try_add(where, kind, **attributes)


def new(kind: str, **attributes: bytes | list[bytes]) -> Attempt:
    return add(f"CN=new,{PEOPLE}", kind, **attributes)


def modify(where: str, name: str, *steps: Modification) -> Attempt:
    return lambda corp: corp.modify(where, name, *steps)


def rename(where: str, rdn: str, superior: str | None = None) -> Attempt:
    return lambda corp: corp.session.rename(where, rdn, superior)


def delete(where: str) -> Attempt:
    return lambda corp: corp.session.delete(where)


REFUSED: list[tuple[int, str, Attempt]] = [
    # Names and places.
    (32, "0000208D", add(f"CN=new,OU=Nowhere,{ROOT}", "contact")),
    (34, "0000208F", add("nonsense", "contact")),
    (64, "00002099", add(f"CN=new,{ADA}", "contact")),
    (64, "00002099", add(f"OU=new,{USERS}", "organizationalUnit")),
    (64, "00002073", add(f"CN=new,{PEOPLE}", "organizationalUnit")),
    (64, "00002073", add(f"OU=new,{PEOPLE}", "user")),
    (68, "00002071", add(f"CN=ADA,{PEOPLE}", "contact")),
    (19, "00002082", add(f"CN={'x' * 65},{PEOPLE}", "contact")),
    (53, "000020A6", new("domainDNS")),
    (16, "00000057", new("noSuchClass")),
    (65, "00002014", lambda corp: corp.session.add(f"CN=new,{PEOPLE}", ["contact", "user"], {})),
    (65, "00002014", lambda corp: corp.session.add(f"CN=new,{PEOPLE}", ["top", "user", "group"], {})),
    # Attributes and values.
    (16, "00000057", new("contact", noSuchAttribute=b"x")),
    (65, "0000207D", new("contact", sAMAccountName=b"new")),
    (19, "00002081", new("contact", title=[b"a", b"b"])),
    (19, "00002082", new("contact", title=b"x" * 129)),
    (21, "00000057", new("contact", title=b"")),
    (21, "00000057", new("contact", title=b"\xff")),
    (21, "00000057", new("user", userAccountControl=b"many")),
    (21, "00000057", new("user", msTSAllowLogon=b"yes")),
    (21, "00000057", new("user", accountExpires=b"99999999999999999999")),
    (19, "000020B1", new("contact", objectGUID=b"0" * 16)),
    (53, "00002077", new("contact", memberOf=GLOBAL.encode())),
    (19, "000020B5", new("contact", manager=f"CN=Nobody,{PEOPLE}".encode())),
    (34, "0000208F", new("contact", manager=b"nonsense")),
    (32, "0000208D", modify(f"CN=Nobody,{PEOPLE}", "title", to(b"x"))),
    (67, "00002016", modify(ADA, "cn", to(b"Eve"))),
    (67, "00002016", modify(ADA, "name", to(b"Eve"))),
    (19, "000020B1", modify(ADA, "distinguishedName", to(b"CN=Eve"))),
    (19, "0000211B", modify(ADA, "canonicalName", to(b"x"))),
    (20, "00002083", modify(ADA, "title", plus(b"Lead"))),
    (20, "00002083", modify(ADA, "otherTelephone", plus(b"2", b"3"))),
    (20, "00002083", modify(ADA, "otherTelephone", to(b"b", b"B"))),
    (20, "00002083", modify(ADA, "proxyAddresses", to(b"SMTP:a@x.example", b"smtp:A@x.example"))),
    (20, "00002081", modify(ADA, "description", to(b"one", b"two"))),
    (16, "00002085", modify(ADA, "title", minus(b"Lead"), plus(b"Chief"))),
    (16, "00002076", modify(ADA, "department", minus())),
    (16, "00002085", modify(BO, "manager", minus(BO.encode()))),
    # Accounts.
    (68, "00000524", new("user", sAMAccountName=b"ADA")),
    (68, "00000524", modify(GLOBAL, "sAMAccountName", to(b"ada"))),
    (80, "00000523", new("user", sAMAccountName=b"x" * 21)),
    (80, "00000523", new("user", sAMAccountName=b"a/b")),
    (80, "00000523", new("user", sAMAccountName=b"ab.")),
    (53, "00002077", modify(ADA, "sAMAccountName", minus())),
    (19, "000021C8", new("user", userPrincipalName=b"ADA@contoso.com")),
    (19, "000021C7", modify(ADA, "servicePrincipalName", to(b"HTTP/bo"))),
    (53, "0000052D", new("user", userAccountControl=b"512")),
    (53, "0000052D", modify(ADA, "userAccountControl", to(b"512"))),
    (80, "00000057", modify(ADA, "userAccountControl", to(b"8704"))),
    (53, "00002077", modify(ADA, "userAccountControl", minus())),
    (53, "00002077", modify(ADA, "accountExpires", minus())),
    (53, "00002077", modify(ADA, "countryCode", to())),
    (53, "00002077", modify(ADA, "codePage", minus(b"0"))),
    (53, "00002077", modify(ADA, "pwdLastSet", to())),
    (19, "00000057", modify(ADA, "pwdLastSet", to(b"7"))),
    (53, "0000052D", modify(ADA, "unicodePwd", to('"Ab1-x"'.encode("utf-16-le")))),
    (53, "0000052D", modify(ADA, "unicodePwd", to('"alllowercase"'.encode("utf-16-le")))),
    (53, "0000052D", modify(ADA, "unicodePwd", to('"xAda-12345"'.encode("utf-16-le")))),
    (53, "0000001F", modify(ADA, "unicodePwd", to("Kp7-tandem-Quartz-41".encode("utf-16-le")))),
    (53, "0000001F", modify(ADA, "unicodePwd", to(b'"Kp7"'))),
    (53, "00000529", modify(ADA, "primaryGroupID", to(b"514"))),
    # Groups and members.
    (53, "00002141", new("group", groupType=b"3")),
    (53, "00002141", new("group", groupType=b"-2147483643")),
    (53, "00002141", modify(GLOBAL, "groupType", to(b"-2147483644"))),
    (68, "00000562", modify(GLOBAL, "member", plus(ADA.lower().encode()))),
    (53, "00000561", modify(GLOBAL, "member", minus(BO.encode()))),
    (32, "00000525", modify(GLOBAL, "member", plus(f"CN=Nobody,{PEOPLE}".encode()))),
    (32, "00000525", modify(LOCAL, "member", plus(b"<SID=S-1-5-99999999999>"))),
    (32, "00000525", modify(LOCAL, "member", plus(b"<SID=00>"))),
    (19, "000020B5", modify(ADA, "manager", to(b"<SID=>"))),
    (68, "00000562", modify(f"CN=Domain Users,{USERS}", "member", plus(ADA.encode()))),
    (53, "00002144", modify(GLOBAL, "member", plus(LOCAL.encode()))),
    (53, "00002145", modify(GLOBAL, "member", plus(UNIVERSAL.encode()))),
    (53, "00002146", modify(UNIVERSAL, "member", plus(LOCAL.encode()))),
    (53, "0000056C", modify(LOCAL, "member", plus(BUILTIN_USERS))),
    # Renames, moves and deletions.
    (32, "0000208D", rename(f"CN=Nobody,{PEOPLE}", "CN=x")),
    (68, "00002071", rename(ADA, "CN=bo")),
    (80, "00002089", rename(ADA, "CN=Ada", f"OU=Nowhere,{ROOT}")),
    (64, "00002099", rename(ADA, "CN=Ada", BO)),
    (64, "00002099", rename(SUB, "OU=Sub", USERS)),
    (53, "00002077", rename(PEOPLE, "OU=People", SUB)),
    (53, "00002073", rename(ADA, "OU=Ada")),
    (80, "000021A7", rename(ADA, "CN=Ada", f"CN=System,{ROOT}")),
    (53, "00002185", rename(USERS, "CN=Folks")),
    (66, "00002015", delete(PEOPLE)),
    (53, "000020CE", delete(f"CN=Domain Admins,{USERS}")),
    (53, "000020CE", delete(USERS)),
    (32, "0000208D", delete(f"CN=Nobody,{PEOPLE}")),
]


@pytest.mark.parametrize(("code", "error", "attempt"), REFUSED, ids=[f"{n}-{e}" for n, (_, e, _) in enumerate(REFUSED)])
def test_what_is_refused_says_why_and_changes_nothing(corp: Practice, code: int, error: str, attempt: Attempt) -> None:
    before = corp.state()
    result = attempt(corp)
    assert (result.code, result.message[:8]) == (code, error)
    assert result.message.endswith("\0")
    assert corp.state() == before


def test_a_modify_is_carried_out_as_a_whole_or_not_at_all(corp: Practice) -> None:
    result = corp.session.modify(ADA, {"department": [to(b"R&D")], "title": [minus(b"Lead")]})
    assert result.code == 16
    assert corp.get(ADA, "department") == []


def test_a_missing_parent_is_told_with_the_container_that_does_exist(corp: Practice) -> None:
    result = corp.try_add(f"CN=x,OU=Deep,OU=Deeper,{PEOPLE}", "contact")
    assert f"best match of:\n\t'{PEOPLE}'" in result.message


def test_permissive_modify_takes_what_is_there_or_gone_already(corp: Practice) -> None:
    assert corp.modify(GLOBAL, "member", plus(ADA.encode()), controls=[PERMISSIVE]).ok
    assert corp.modify(GLOBAL, "member", minus(BO.encode()), controls=[PERMISSIVE]).ok
    assert corp.modify(ADA, "otherTelephone", plus(b"2", b"3"), minus(b"9"), controls=[PERMISSIVE]).ok
    assert corp.get(GLOBAL, "member") == [ADA.encode()]
    assert corp.get(ADA, "otherTelephone") == [b"1", b"2", b"3"]
    assert corp.modify(ADA, "title", plus(b"Lead"), controls=[PERMISSIVE]).code == 20


def test_an_unknown_critical_control_is_refused(corp: Practice) -> None:
    assert corp.modify(ADA, "title", to(b"x"), controls=[("1.2.3", True, None)]).code == 12
    assert corp.modify(ADA, "title", to(b"x"), controls=[("1.2.3", False, None)]).ok


def test_a_single_value_is_replaced_by_delete_and_add(corp: Practice) -> None:
    assert corp.modify(ADA, "title", minus(b"engineer"), plus(b"Lead")).ok
    assert corp.get(ADA, "title") == [b"Lead"]


def test_the_primary_address_is_swapped_in_one_modify(corp: Practice) -> None:
    corp.set(ADA, proxyAddresses=[b"SMTP:a@x.example", b"smtp:b@x.example"])
    swap = (minus(b"SMTP:a@x.example", b"smtp:b@x.example"), plus(b"smtp:a@x.example", b"SMTP:b@x.example"))
    assert corp.modify(ADA, "proxyAddresses", *swap).ok
    assert set(corp.get(ADA, "proxyAddresses")) == {b"smtp:a@x.example", b"SMTP:b@x.example"}


@pytest.mark.parametrize(
    ("written", "kept"), [(b"0", b"512"), (b"2", b"514"), (b"66066", b"66050"), (b"8389136", b"512"), (b"546", b"546")]
)
def test_user_account_control_is_kept_in_its_normal_form(corp: Practice, written: bytes, kept: bytes) -> None:
    corp.set(ADA, unicodePwd=PASSWORD)
    corp.set(ADA, userAccountControl=written)
    assert corp.get(ADA, "userAccountControl") == [kept]


def test_a_new_account_is_disabled_and_has_what_every_account_has(corp: Practice) -> None:
    raw = corp.entry(ADA, "*")
    assert raw is not None
    held = {
        name: raw.values[name][0] for name in ("userAccountControl", "pwdLastSet", "primaryGroupID", "accountExpires")
    }
    assert held == {
        "userAccountControl": b"546",
        "pwdLastSet": b"0",
        "primaryGroupID": b"513",
        "accountExpires": b"9223372036854775807",
    }
    assert list(raw.values["objectClass"]) == [b"top", b"person", b"organizationalPerson", b"user"]
    assert raw.values["sAMAccountType"] == (b"805306368",)
    assert raw.values["objectCategory"] == (f"CN=Person,CN=Schema,CN=Configuration,{ROOT}".encode(),)


def test_an_account_without_a_logon_name_is_given_one(corp: Practice) -> None:
    corp.add(f"CN=x,{PEOPLE}", "user")
    (name,) = corp.get(f"CN=x,{PEOPLE}", "sAMAccountName")
    assert name.startswith(b"$")
    assert len(name) == 20


def test_setting_a_password_is_seen_in_its_time_only(corp: Practice) -> None:
    assert corp.session.modify(ADA, {"unicodePwd": [to(PASSWORD)], "userAccountControl": [to(b"512")]}).ok
    assert int(corp.get(ADA, "pwdLastSet")[0]) > 0
    assert corp.get(ADA, "unicodePwd") == []
    assert "unicodePwd" not in corp.state()[ADA]
    assert corp.session.modify(ADA, {"unicodePwd": [to(PASSWORD)], "pwdLastSet": [to(b"0")]}).ok
    assert corp.get(ADA, "pwdLastSet") == [b"0"]


def test_the_primary_group_changes_places_with_a_membership(corp: Practice) -> None:
    rid = corp.get(GLOBAL, "primaryGroupToken")[0]
    corp.set(ADA, primaryGroupID=rid)
    assert corp.get(GLOBAL, "member") == []
    assert ADA.encode() in corp.get(f"CN=Domain Users,{USERS}", "member")
    assert corp.session.delete(GLOBAL).code == 53
    corp.set(ADA, primaryGroupID=rid)  # once more: it is so already
    assert ADA.encode() in corp.get(f"CN=Domain Users,{USERS}", "member")


def test_a_group_passes_through_universal_between_global_and_domain_local(corp: Practice) -> None:
    corp.set(GLOBAL, groupType=b"2147483656")
    corp.set(GLOBAL, groupType=b"-2147483644")
    assert corp.get(GLOBAL, "groupType") == [b"-2147483644"]


def test_a_change_of_scope_has_to_suit_members_and_parents(corp: Practice) -> None:
    corp.set(UNIVERSAL, member=[GLOBAL.encode()])
    corp.set(LOCAL, member=[UNIVERSAL.encode()])
    assert corp.modify(LOCAL, "groupType", to(b"-2147483640")).ok
    assert corp.modify(UNIVERSAL, "groupType", to(b"-2147483644")).code == 53
    corp.group("wide", groupType=b"-2147483640", member=UNIVERSAL.encode())
    assert corp.modify(f"CN=wide,{PEOPLE}", "groupType", to(b"-2147483646")).message[:8] == "00002145"
    corp.group("other", member=GLOBAL.encode())
    assert corp.modify(GLOBAL, "groupType", to(b"-2147483640")).code == 53


def test_a_security_identifier_of_elsewhere_gets_an_object_of_its_own(corp: Practice) -> None:
    assert corp.modify(LOCAL, "member", plus(b"<SID=S-1-5-21-1-2-3-4444>")).ok
    assert corp.get(LOCAL, "member") == [f"CN=S-1-5-21-1-2-3-4444,CN=ForeignSecurityPrincipals,{ROOT}".encode()]
    assert corp.modify(GLOBAL, "member", plus(b"<SID=S-1-5-21-1-2-3-4444>")).code == 53


def test_references_follow_names(corp: Practice) -> None:
    assert corp.session.rename(PEOPLE, "OU=Folks", None).ok
    assert corp.session.rename(f"CN=Ada,OU=Folks,{ROOT}", "CN=Ada B", f"OU=Sub,OU=Folks,{ROOT}").ok
    moved = f"CN=Ada B,OU=Sub,OU=Folks,{ROOT}"
    assert corp.get(f"CN=global,OU=Folks,{ROOT}", "member") == [moved.encode()]
    assert corp.get(f"CN=Bo,OU=Folks,{ROOT}", "manager") == [moved.encode()]
    assert corp.get(moved, "memberOf") == [f"CN=global,OU=Folks,{ROOT}".encode()]
    assert corp.get(moved, "cn") == [b"Ada B"]


def test_renaming_a_container_is_a_change_of_that_container_only(corp: Practice) -> None:
    before = corp.get(ADA, "uSNChanged"), corp.domain.usn
    assert corp.session.rename(PEOPLE, "OU=Folks", None).ok
    assert (corp.get(f"CN=Ada,OU=Folks,{ROOT}", "uSNChanged"), corp.domain.usn) == (before[0], before[1] + 1)


def test_case_of_a_name_can_be_changed(corp: Practice) -> None:
    assert corp.session.rename(ADA, "CN=ADA", None).ok
    assert corp.found("(cn=ada)") == [f"CN=ADA,{PEOPLE}"]


def test_what_changes_nothing_is_no_change(corp: Practice) -> None:
    before = corp.domain.usn
    corp.set(ADA, title=b"Engineer")
    assert corp.session.rename(ADA, "CN=Ada", PEOPLE).ok
    assert corp.domain.usn == before


def test_a_protected_ou_can_be_renamed_and_neither_moved_nor_deleted(corp: Practice) -> None:
    dacl = [("1.2.840.113556.1.4.801", True, bytes.fromhex("3003020104"))]

    def deny(where: str, mask: int) -> None:
        now = Descriptor.parse(corp.get(where, "nTSecurityDescriptor", controls=dacl)[0])
        assert corp.modify(where, "nTSecurityDescriptor", to(now.deny_everyone(mask).build()), controls=dacl).ok

    deny(SUB, PROTECTION)
    other = corp.add(f"OU=Other,{ROOT}", "organizationalUnit")
    # The denial on the object alone stops nobody who may delete what is in its container.
    assert corp.session.rename(SUB, "OU=Sub", other).ok
    assert corp.session.rename(f"OU=Sub,{other}", "OU=Sub", PEOPLE).ok
    deny(PEOPLE, DELETE_CHILD)
    assert corp.session.rename(SUB, "OU=Sub2", None).ok
    assert corp.session.rename(f"OU=Sub2,{PEOPLE}", "OU=Sub2", other).code == 50
    assert corp.session.delete(f"OU=Sub2,{PEOPLE}").code == 50
    assert corp.session.delete(ADA).ok
    whole = Descriptor.parse(corp.get(f"OU=Sub2,{PEOPLE}", "nTSecurityDescriptor")[0])
    assert whole.owner


def test_every_domain_is_another_one() -> None:
    one, other = new_domain(ROOT, schema()), new_domain(ROOT, schema())
    assert one.sid != other.sid
    assert one.invocation_id != other.invocation_id


def test_a_domain_is_born_with_its_administrators() -> None:
    corp = Practice()
    admins = corp.get(f"CN=Administrators,CN=Builtin,{ROOT}", "member")
    assert admins == [f"CN={name},{USERS}".encode() for name in ("Administrator", "Domain Admins", "Enterprise Admins")]
    assert corp.found("(&(adminCount=1)(objectClass=user))") == [f"CN=Administrator,{USERS}", f"CN=krbtgt,{USERS}"]
    assert corp.get(f"CN=Administrator,{USERS}", "userAccountControl") == [b"512"]


@given(
    name=st.text(
        st.characters(exclude_categories=("Cs", "Cn", "Co"), exclude_characters="\0"), min_size=1, max_size=30
    ).filter(lambda text: text.strip() != "")
)
def test_any_name_comes_back_as_it_was(name: str) -> None:
    corp = Practice()
    where = corp.add(dn.child(PEOPLE, "CN", name), "contact")
    assert corp.get(where, "cn") == [name.encode()]
    (found,) = (entry.dn for entry in corp.session.search(PEOPLE, scope="level").entries)
    assert dn.parse(found)[0].value == name
    assert corp.session.rename(where, "CN=Plain", None).ok
    assert corp.session.delete(f"CN=Plain,{PEOPLE}").ok
