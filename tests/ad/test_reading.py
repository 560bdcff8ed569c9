"""Reading: everything is seen, typed by the schema, and proved complete, or the proof says why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from idcode.directories.ad.directory import AdDirectory
from idcode.directories.ad.operations import Answer, Result
from idcode.directories.ad.session import LdapSession
from idcode.model import dn
from idcode.model.errors import DirectoryError
from idcode.model.records import LiveObject, Proof, Query, Scope, collect
from idcode.model.schema import Kind
from idcode.model.values import Ref
from tests.ad.support import EVERYTHING, create, directory, group, ou, sets, user
from tests.lab import Domain

pytestmark = pytest.mark.ad


def _read(corp: AdDirectory, query: Query = EVERYTHING) -> tuple[dict[str, LiveObject], Proof]:
    items, proof = collect(corp.read(query))
    assert len({item.anchor for item in items}) == len(items)
    return {item.dn: item for item in items}, proof


def test_more_objects_than_fit_in_one_answer_are_all_read(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    assert admin.add(f"OU=Many,{domain.base_dn}", "organizationalUnit")
    for number in range(1100):
        name = f"CN=Contact {number:04d},OU=Many,{domain.base_dn}"
        assert admin.add(name, "contact", {"mail": f"c{number}@contoso.example"})
    found, proof = _read(corp, Query({"contact": frozenset({"mail"})}))
    assert proof.complete
    assert proof.kind == "paged-search"
    assert proof.count == len(found)
    contacts = [live for live in found.values() if live.object_type == "contact"]
    assert len(contacts) == 1100
    assert {live.get("mail")[0] for live in contacts} == {f"c{number}@contoso.example" for number in range(1100)}


def test_each_kind_of_object_is_what_it_is(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    assert admin.add(f"CN=Ada,CN=Users,{domain.base_dn}", "user", {"sAMAccountName": "ada", "title": "Engineer"})
    assert admin.add(f"CN=inet,CN=Users,{domain.base_dn}", "inetOrgPerson", {"sAMAccountName": "inet", "sn": "x"})
    assert admin.add(f"CN=pc,CN=Computers,{domain.base_dn}", "computer", {"sAMAccountName": "pc$"})
    found, proof = _read(corp)
    assert proof.complete
    types = {name.removesuffix(f",{domain.base_dn}"): live.object_type for name, live in found.items()}
    assert types["CN=Ada,CN=Users"] == types["CN=inet,CN=Users"] == "user"
    assert types["CN=pc,CN=Computers"] == "computer"
    assert types["CN=Domain Admins,CN=Users"] == "group"
    assert types["OU=Domain Controllers"] == "ou"
    assert types["CN=Users"] == "other"
    ada = found[f"CN=Ada,CN=Users,{domain.base_dn}"]
    assert ada.get("title") == ("Engineer",)
    assert ada.enabled is False
    assert ada.needs_password
    assert ada.mark is None
    assert "userAccountControl" not in ada.attributes
    administrator = found[f"CN=Administrator,CN=Users,{domain.base_dn}"]
    assert administrator.enabled is True
    assert not administrator.needs_password


def test_members_are_references_and_groups_tell_category_and_scope(corp: AdDirectory, domain: Domain) -> None:
    found, _ = _read(corp)
    admins = found[f"CN=Domain Admins,CN=Users,{domain.base_dn}"]
    assert admins.get("member") == (Ref(f"CN=Administrator,CN=Users,{domain.base_dn}"),)
    assert (admins.get("category"), admins.get("scope")) == (("security",), ("global",))
    builtin = found[f"CN=Administrators,CN=Builtin,{domain.base_dn}"]
    assert builtin.get("scope") == ("domain_local",)


def test_names_are_found_in_any_case_and_unknown_ones_are_not_asked_for(
    corp: AdDirectory, domain: Domain, admin: Any
) -> None:
    assert admin.add(f"CN=Ada,CN=Users,{domain.base_dn}", "user", {"sAMAccountName": "ada", "givenName": "Ada"})
    found, proof = _read(corp, Query({"user": frozenset({"GIVENNAME", "noSuchAttribute", "unicodePwd"})}))
    assert proof.complete
    assert found[f"CN=Ada,CN=Users,{domain.base_dn}"].attributes == {"givenName": ("Ada",)}


def test_scopes_are_evaluated_by_the_server(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    for name in ("People", "Staff"):
        parent = domain.base_dn if name == "People" else f"OU=People,{domain.base_dn}"
        assert admin.add(f"OU={name},{parent}", "organizationalUnit")
    staff = f"OU=Staff,OU=People,{domain.base_dn}"
    assert admin.add(f"CN=in,{staff}", "user", {"sAMAccountName": "in", "employeeID": "E1"})
    assert admin.add(f"CN=no id,{staff}", "user", {"sAMAccountName": "noid"})
    assert admin.add(f"CN=out,CN=Users,{domain.base_dn}", "user", {"sAMAccountName": "out", "employeeID": "E2"})
    scopes = (
        Scope("corp/account", "user", ("People",), "(employeeID=*)"),
        Scope("corp/bare", "user", ("People", "Staff"), "employeeID=*"),
        Scope("corp/all", "user"),
        Scope("corp/future", "user", ("Not there yet",), "(employeeID=*)"),
    )
    found, proof = _read(corp, Query({}, scopes))
    assert proof.complete
    assert found[f"CN=in,{staff}"].scopes == {"corp/account", "corp/bare", "corp/all"}
    assert found[f"CN=no id,{staff}"].scopes == {"corp/all"}
    assert found[f"CN=out,CN=Users,{domain.base_dn}"].scopes == {"corp/all"}


@pytest.mark.parametrize(
    "text", ["(employeeID=*", "(&(employeeID=*)(nope=1))", "(|)(", "(employeeID:badrule:=1)(", "(emploeeID=*)"]
)
def test_a_filter_that_cannot_work_is_refused_by_the_name_of_its_scope(
    corp: AdDirectory, domain: Domain, text: str
) -> None:
    with pytest.raises(DirectoryError, match="corp/account"):
        _read(corp, Query({}, (Scope("corp/account", "user", (), text),)))


def test_deleted_objects_are_read_and_say_so(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    anchor = create(corp, user(domain, "Ada Brisling"))
    assert admin.delete(f"CN=Ada Brisling,CN=Users,{domain.base_dn}")
    items, proof = collect(corp.read(EVERYTHING))
    assert proof.complete
    assert proof.diagnostics == ()
    (ada,) = [item for item in items if item.anchor == anchor]
    assert ada.deleted
    assert ada.object_type == "user"
    assert ada.get("sAMAccountName") == ("adabrisling",)
    assert ada.get("lastKnownParent") == (Ref(f"CN=Users,{domain.base_dn}"),)
    assert not any(item.deleted for item in items if item.anchor != anchor)


def test_an_account_that_may_not_see_deleted_objects_is_warned_and_reads_the_rest(domain: Domain, admin: Any) -> None:
    password = "Reading-only-88"
    given = {"sAMAccountName": "svc", "userAccountControl": "512", "unicodePwd": f'"{password}"'.encode("utf-16-le")}
    assert admin.add(f"CN=svc,CN=Users,{domain.base_dn}", "user", given)
    bind = {"method": "simple", "user": f"svc@{domain.realm.lower()}", "password": password}
    corp = directory(domain, bind=bind)
    found, proof = _read(corp)
    assert f"CN=svc,CN=Users,{domain.base_dn}" in found
    assert proof.complete
    assert [(item.severity, item.code) for item in proof.diagnostics] == [("warning", "deleted-objects-unreadable")]
    corp.close()


def test_the_protection_of_ous_is_read_when_asked_for(corp: AdDirectory, domain: Domain) -> None:
    create(corp, ou(domain, "Safe", protected=sets(True)))
    create(corp, ou(domain, "Open"))
    found, _ = _read(corp)
    assert found[f"OU=Safe,{domain.base_dn}"].protected is True
    assert found[f"OU=Open,{domain.base_dn}"].protected is False
    without, _ = _read(corp, Query({"ou": frozenset({"description"})}))
    assert without[f"OU=Safe,{domain.base_dn}"].protected is None


class _Tampered:
    """Passes searches on, and lets a test alter single answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, alter: Callable[[str, Answer], Answer]) -> None:
        real = LdapSession.search

        def search(session: LdapSession, base: str, wanted: str = "(objectClass=*)", *rest: Any, **more: Any) -> Answer:
            return alter(wanted, real(session, base, wanted, *rest, **more))

        monkeypatch.setattr(LdapSession, "search", search)


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda answer: Answer(answer.entries, Result(4, ""), b""), "size limit"),
        (lambda answer: Answer(answer.entries, Result(10, ""), b""), "refers to another"),
        (lambda answer: Answer(answer.entries, answer.result, None), "not answer"),
        (lambda answer: Answer(answer.entries, Result(11, ""), b"more"), "administrative limit"),
    ],
)
def test_a_search_without_its_proven_end_makes_the_read_incomplete(
    corp: AdDirectory, domain: Domain, monkeypatch: pytest.MonkeyPatch, alter: Callable[[Answer], Answer], said: str
) -> None:
    corp.schema()
    _Tampered(monkeypatch, lambda wanted, answer: alter(answer) if "(!(objectClass=computer))" in wanted else answer)
    found, proof = _read(corp)
    assert found
    assert not proof.complete
    assert said in proof.diagnostics[0].message
    assert proof.diagnostics[0].code == "read-incomplete"


def test_a_read_that_fails_at_once_is_an_error(
    corp: AdDirectory, domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    corp.schema()
    _Tampered(monkeypatch, lambda _, answer: Answer((), Result(51, ""), None))
    with pytest.raises(DirectoryError, match="busy"):
        _read(corp)


def test_a_server_that_dies_in_the_middle_makes_the_read_incomplete(
    corp: AdDirectory, domain: Domain, samba: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = corp.read(EVERYTHING)
    next(reading)
    samba.stop()
    _, proof = collect(reading)
    assert not proof.complete
    samba.restart(domain)


def test_objects_are_fetched_by_anchor_deleted_ones_too(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    ada = create(corp, user(domain, "Ada", title=sets("Engineer"), accountExpires=sets(0)))
    gone = create(corp, user(domain, "Gone"))
    unit = create(corp, ou(domain, "Safe", protected=sets(True)))
    team = create(corp, group(domain, "team", scope=sets("universal")))
    assert admin.delete(f"CN=Gone,CN=Users,{domain.base_dn}")
    nobody = "00000000-0000-0000-0000-000000000001"
    found = corp.fetch([ada, gone, unit, team, nobody], ["title", "protected", "scope"])
    assert set(found) == {ada, gone, unit, team}
    assert found[ada].attributes == {"title": ("Engineer",)}
    assert found[ada].mark == "new"
    assert found[gone].deleted
    assert not found[ada].deleted
    assert found[unit].protected is True
    assert found[team].get("scope") == ("universal",)
    assert corp.fetch([], ["title"]) == {}
    everything = corp.fetch([ada], ["*"])[ada].attributes
    assert everything["title"] == ("Engineer",)
    assert everything["accountExpires"] == (0,)
    assert everything["objectGUID"] == (ada,)
    assert everything["objectSid"][0].startswith("S-1-5-21-")  # type: ignore[union-attr]


def test_hundreds_of_objects_are_fetched_at_once(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    assert admin.add(f"OU=Many,{domain.base_dn}", "organizationalUnit")
    for number in range(450):
        assert admin.add(f"CN=Contact {number:04d},OU=Many,{domain.base_dn}", "contact")
    found, _ = _read(corp, Query({}))
    anchors = [live.anchor for live in found.values() if live.object_type == "contact"]
    assert set(corp.fetch(anchors, ["cn"])) == set(anchors)


def test_the_schema_tells_kinds_limits_and_uniqueness(corp: AdDirectory, domain: Domain) -> None:
    schema = corp.schema()

    def known(name: str) -> Any:
        found = schema.find(name)
        assert found is not None, name
        return found

    assert known("SAMACCOUNTNAME").name == "sAMAccountName"
    assert known("sAMAccountName").unique == "domain"
    assert known("mail").unique == "forest"
    assert known("cn").unique == "container"
    assert known("cn").max_length == 64
    assert (known("givenName").max_length, known("givenName").single) == (64, True)
    assert known("description").single
    assert not known("member").single
    kinds = {
        "member": Kind.REFERENCE,
        "manager": Kind.REFERENCE,
        "accountExpires": Kind.FILETIME,
        "pwdLastSet": Kind.FILETIME,
        "uSNChanged": Kind.INTEGER,
        "proxyAddresses": Kind.ADDRESS,
        "objectGUID": Kind.GUID,
        "objectSid": Kind.SID,
        "thumbnailPhoto": Kind.BINARY,
        "whenCreated": Kind.TIME,
        "msExchHideFromAddressLists": None,
        "isDeleted": Kind.BOOLEAN,
        "title": Kind.TEXT,
    }
    for name, kind in kinds.items():
        assert (schema.find(name) is None) if kind is None else known(name).kind is kind
    for name in ("memberOf", "whenCreated", "objectGUID", "userPassword", "unicodePwd", "tokenGroups", "lastLogon"):
        assert known(name).read_only, name
    for name in ("title", "manager", "member", "accountExpires", "userAccountControl", "adminDescription"):
        assert not known(name).read_only, name


def test_a_name_with_every_special_character_is_read_as_it_is(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    name = ' #Brisling, "Ada" + <b> ; = \\ / é 🎓 '
    assert admin.add(dn.child(f"CN=Users,{domain.base_dn}", "CN", name), "user", {"sAMAccountName": "ada"})
    items, _ = collect(corp.read(EVERYTHING))
    (ada,) = [item for item in items if item.get("sAMAccountName") == ("ada",)]
    assert dn.parse(ada.dn)[0].value == name
