"""A search filter finds on the sandbox what it finds on a domain."""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.directories.ad.operations import BadFilter
from idcode.directories.ad.values import escape_filter, sid_text
from idcode.directories.sandbox.filters import ANCHORS, compile_filter, value_key
from idcode.directories.sandbox.schema import bundled_schema
from idcode.model import dn, syntax
from tests.lab import Domain

SCHEMA = bundled_schema()
BASE = "DC=corp,DC=example,DC=com"
GUID = uuid.UUID("03020100-0504-0706-0809-0a0b0c0d0e0f")
SID = bytes.fromhex("010500000000000515000000010000000200000003000000f4010000")

Holder = Mapping[str, Sequence[bytes]]

ADA: Holder = {
    "objectclass": [b"top", b"person", b"organizationalPerson", b"user"],
    "objectcategory": [f"CN=Person,CN=Schema,CN=Configuration,{BASE}".encode()],
    "distinguishedname": [f"CN=Ada Brisling,OU=People,{BASE}".encode()],
    "objectguid": [GUID.bytes_le],
    "objectsid": [SID],
    "cn": [b"Ada Brisling"],
    "samaccountname": [b"ada"],
    "displayname": ["Bjørn  Ståhl ".encode()],
    "title": [b"Lead Engineer"],
    "description": [b"x*y(z)\\"],
    "useraccountcontrol": [b"514"],
    "grouptype": [b"-2147483646"],
    "accountexpires": [b"9223372036854775807"],
    "pwdlastset": [b"0"],
    "whencreated": [b"20261122180000.0Z"],
    "iscriticalsystemobject": [b"TRUE"],
    "manager": [f"CN=Greta Hummer,OU=People,{BASE}".encode()],
    "memberof": [f"CN=Staff,OU=Groups,{BASE}".encode()],
    "proxyaddresses": [b"SMTP:Ada@example.com", b"smtp:a@example.com"],
    "thumbnailphoto": [b"\x00\xff\x10"],
}


def _matches(text: str, holder: Holder = ADA) -> bool:
    return compile_filter(text, SCHEMA).matches(lambda name: holder.get(name, ()))


@pytest.mark.parametrize(
    "text",
    [
        "(objectClass=*)",
        "(objectClass=USER)",
        "(&(objectClass=user)(!(objectClass=computer)))",
        "(|(cn=nobody)(sAMAccountName=ADA))",
        "(!(mail=*))",
        "(title=lead engineer)",
        "(title~=lead engineer)",
        "(TITLE= Lead Engineer )",
        "(title=l*eng*er)",
        "(title=*d e*)",
        "(title=lead*)",
        "(title=*engineer)",
        "(title>=lead)",
        "(title<=lead f)",
        "(displayName=bjørn  ståhl)",
        "(displayName=*STÅHL)",
        r"(description=x\2ay\28z\29\5c)",
        r"(description=x\2a*)",
        "(userAccountControl=514)",
        "(userAccountControl=0514)",
        "(userAccountControl>=514)",
        "(userAccountControl<=514)",
        "(userAccountControl:1.2.840.113556.1.4.803:=2)",
        "(userAccountControl:1.2.840.113556.1.4.804:=3)",
        "(!(userAccountControl:1.2.840.113556.1.4.803:=3))",
        "(groupType:1.2.840.113556.1.4.803:=2147483648)",
        "(groupType:1.2.840.113556.1.4.803:=-2147483648)",
        "(accountExpires>=1)",
        "(!(accountExpires=0))",
        "(pwdLastSet=0)",
        "(whenCreated=20261122180000Z)",
        "(whenCreated>=20261122170000.0Z)",
        "(isCriticalSystemObject=TRUE)",
        f"(objectGUID={GUID})",
        "(objectGUID=" + "".join(f"\\{byte:02x}" for byte in GUID.bytes_le) + ")",
        f"(objectSid={sid_text(SID)})",
        f"(objectSid={escape_filter(SID)})",
        f"(manager=cn=greta hummer, ou=PEOPLE,{BASE})",
        f"(memberOf=CN=Staff,OU=Groups,{BASE})",
        "(objectCategory=person)",
        "(objectCategory=USER)",
        f"(objectCategory=CN=Person,CN=Schema,CN=Configuration,{BASE})",
        "(!(objectCategory=group))",
        "(proxyAddresses=smtp:ada@EXAMPLE.com)",
        "(proxyAddresses=SMTP:a@*)",
        r"(thumbnailPhoto=\00\ff\10)",
        r"(thumbnailPhoto=\00*\10)",
        "(cn:=ada brisling)",
        "(cn:dn:=ada brisling)",
        " ( & ( cn=ada brisling ) (title=*) ) ",
    ],
)
def test_it_finds_the_object(text: str) -> None:
    assert _matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "(objectClass=computer)",
        "(mail=*)",
        "(title=lead)",
        "(title=lead*d*)",
        "(title=engineer*)",
        "(title=*lead)",
        "(title=*lead engineer*engineer)",
        "(displayName=Bjorn  Stahl)",
        "(displayName=Bjørn Ståhl)",
        "(userAccountControl>=515)",
        "(userAccountControl<=513)",
        "(userAccountControl:1.2.840.113556.1.4.803:=3)",
        "(userAccountControl:1.2.840.113556.1.4.804:=0)",
        "(logonCount:1.2.840.113556.1.4.803:=0)",
        "(accountExpires=0)",
        "(pwdLastSet=-1)",
        "(whenCreated>=20261122180001.0Z)",
        "(isCriticalSystemObject=FALSE)",
        "(objectGUID=junk)",
        f"(objectGUID={uuid.UUID(int=7)})",
        "(objectSid=S-1-5-32-544)",
        f"(manager=CN=Greta,OU=People,{BASE})",
        "(objectCategory=group)",
        "(!(objectCategory=person))",
        r"(thumbnailPhoto=\00)",
    ],
)
def test_it_does_not_find_the_object(text: str) -> None:
    assert not _matches(text)


@pytest.mark.parametrize(
    "item",
    [
        "noSuchAttribute=x",
        "noSuchAttribute=*",
        "cn;lang-sv=Ada Brisling",
        "userAccountControl=many",
        "userAccountControl>=many",
        "userAccountControl=5*",
        "userAccountControl:1.2.840.113556.1.4.803:=many",
        "isCriticalSystemObject=true",
        "isCriticalSystemObject>=TRUE",
        "whenCreated>=2026-11-22",
        "manager=Greta",
        "manager=CN=Greta*",
        "manager>=CN=Greta",
        "objectCategory=noSuchClass",
        r"title=\ff",
        r"title=\ff*",
        "cn:1.2.3:=Ada Brisling",
        "cn:1.2.840.113556.1.4.803:=1",
        ":1.2.3:=Ada Brisling",
        f"memberOf:1.2.840.113556.1.4.1941:=CN=Staff,OU=Groups,{BASE}",
    ],
)
def test_what_is_undefined_is_neither_true_nor_false(item: str) -> None:
    """A domain finds nothing by it, and nothing by its negation: no typing error ever selects everybody."""
    assert not _matches(f"({item})")
    assert not _matches(f"(!({item}))")
    assert not _matches(f"(&(cn=Ada Brisling)(!({item})))")
    assert not _matches(f"(!(&(cn=Ada Brisling)({item})))")
    assert _matches(f"(|(cn=Ada Brisling)({item}))")
    assert _matches(f"(!(&(cn=Greta Hummer)({item})))")
    assert compile_filter(f"({item})", SCHEMA).anchors == frozenset()


@pytest.mark.parametrize(
    "text", ["", "cn=ada", "(cn=ada", "((cn=ada))", "(&)", "(!)", "(a=b))(&(c=d)", "(cn)", "(anr=a)"]
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(BadFilter) as caught:
        compile_filter(text, SCHEMA)
    assert str(caught.value)


def test_a_filter_nested_without_end_is_refused() -> None:
    with pytest.raises(BadFilter, match="nested"):
        compile_filter("(!" * 5000 + "(cn=ada)" + ")" * 5000, SCHEMA)


def test_chains_are_followed_by_who_knows_the_links() -> None:
    asked: list[tuple[str, str]] = []

    def chain(attribute: str, target: str) -> frozenset[Hashable]:
        asked.append((attribute, target))
        return frozenset({dn.key(f"CN=Ada Brisling,OU=People,{BASE}")})

    text = f"(memberOf:1.2.840.113556.1.4.1941:=CN=Everybody,{BASE})"
    compiled = compile_filter(text, SCHEMA, chain)
    assert compiled.matches(lambda name: ADA.get(name, ()))
    assert not compiled.matches(lambda name: {"distinguishedname": [b"CN=Cid"]}.get(name, ()))
    assert asked == [("memberof", f"CN=Everybody,{BASE}")]
    assert compile_filter(f"(cn:1.2.840.113556.1.4.1941:=CN=Everybody,{BASE})", SCHEMA, chain).anchors == frozenset()
    assert len(asked) == 1
    assert not compile_filter("(memberOf:1.2.840.113556.1.4.1941:=junk)", SCHEMA, chain).matches(lambda _: [b"CN=a"])


@pytest.mark.parametrize(
    ("text", "anchors"),
    [
        ("(sAMAccountName=ADA)", {("samaccountname", "ada")}),
        ("(samaccountname~=ada)", {("samaccountname", "ada")}),
        (f"(objectGUID={GUID})", {("objectguid", str(GUID))}),
        (f"(objectSid={escape_filter(SID)})", {("objectsid", sid_text(SID))}),
        ("(&(objectClass=user)(userPrincipalName=Ada@X))", {("userprincipalname", "ada@x")}),
        ("(|(sAMAccountName=a)(sAMAccountName=b))", {("samaccountname", "a"), ("samaccountname", "b")}),
        ("(&(|(sAMAccountName=a)(sAMAccountName=b))(sAMAccountName=a))", {("samaccountname", "a")}),
        ("(|(sAMAccountName=a)(noSuchAttribute=b))", {("samaccountname", "a")}),
        ("(|(sAMAccountName=a)(cn=b))", None),
        ("(!(sAMAccountName=a))", None),
        ("(sAMAccountName=a*)", None),
        ("(sAMAccountName=*)", None),
        ("(objectClass=user)", None),
    ],
)
def test_names_that_only_one_object_has_are_told(text: str, anchors: set[tuple[str, Hashable]] | None) -> None:
    found = compile_filter(text, SCHEMA).anchors
    assert found == (None if anchors is None else frozenset(anchors))


_ITEMS = st.sampled_from(
    [
        "cn=ada", "cn=greta", "cn=a*", "cn>=b", "sAMAccountName=ada", "sAMAccountName=greta", "mail=*", "mail=x", "noSuch=x",
        "userAccountControl=512", "userAccountControl=many", "userAccountControl:1.2.840.113556.1.4.803:=2",
        "objectClass=user", "objectClass=group", f"objectGUID={GUID}", "objectGUID=junk",
    ]
)  # fmt: skip
_TREES = st.recursive(
    _ITEMS.map(lambda item: f"({item})"),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: f"(&{''.join(parts)})")
        | st.lists(inner, min_size=1, max_size=4).map(lambda parts: f"(|{''.join(parts)})")
        | inner.map(lambda part: f"(!{part})")
    ),
    max_leaves=8,
)
_OBJECTS = st.fixed_dictionaries(
    {},
    optional={
        "cn": st.sampled_from([[b"ada"], [b"Greta"], [b"cid", b"ADA"]]),
        "samaccountname": st.sampled_from([[b"ada"], [b"greta"]]),
        "mail": st.sampled_from([[b"x"], [b"y"]]),
        "useraccountcontrol": st.sampled_from([[b"512"], [b"514"]]),
        "objectclass": st.sampled_from([[b"top", b"user"], [b"top", b"group"]]),
        "objectguid": st.sampled_from([[GUID.bytes_le], [b"junk"]]),
    },
)


def _value(text: str, holder: Holder) -> bool | None:
    return compile_filter(text, SCHEMA).test(lambda name: holder.get(name, ()))


@given(_TREES, _TREES, _OBJECTS)
def test_negation_keeps_the_laws_of_three_values(left: str, right: str, holder: Holder) -> None:
    assert _value(f"(!(&{left}{right}))", holder) is _value(f"(|(!{left})(!{right}))", holder)
    assert _value(f"(!(|{left}{right}))", holder) is _value(f"(&(!{left})(!{right}))", holder)
    assert _value(f"(!(!{left}))", holder) is _value(left, holder)
    assert _value(f"(|{left}{right})", holder) is _value(f"(|{right}{left})", holder)


@given(_TREES, _OBJECTS)
def test_no_object_without_an_anchor_is_ever_found(text: str, holder: Holder) -> None:
    compiled = compile_filter(text, SCHEMA)
    if compiled.anchors is not None and compiled.matches(lambda name: holder.get(name, ())):
        held = {
            (name, syntax.key(_decoded(name, raw), SCHEMA.attributes.kind(name)))
            for name in ANCHORS
            for raw in holder.get(name, ())
        }
        assert held & compiled.anchors


def _decoded(name: str, raw: bytes) -> Any:
    from idcode.directories.ad.values import decode

    return decode(raw, SCHEMA.attributes.kind(name))


@given(st.text(min_size=1).filter(lambda text: text.strip(" ")))
def test_any_text_is_found_by_its_escaped_form(text: str) -> None:
    holder = {"description": [text.encode()], "displayname": [text.upper().encode()]}
    assert _matches(f"(description={escape_filter(text.encode())})", holder)
    assert _matches(f"(displayName={escape_filter(text.upper().encode())})", holder)


@given(st.binary(min_size=1))
def test_any_bytes_are_found_by_their_escaped_form(raw: bytes) -> None:
    assert _matches(f"(thumbnailPhoto={escape_filter(raw)})", {"thumbnailphoto": [raw]})
    assert not _matches(f"(thumbnailPhoto={escape_filter(raw)})", {"thumbnailphoto": [raw + b"x"]})


@given(st.text(alphabet="()&|!=*<>~:\\ab2.10;", max_size=25))
def test_any_text_is_compiled_or_refused(text: str) -> None:
    try:
        matches = compile_filter(text, SCHEMA).matches(lambda _: ())
    except BadFilter:
        matches = False
    assert matches in (True, False)


def test_a_stored_value_that_is_not_of_its_kind_equals_nothing() -> None:
    broken: Holder = {name: [b"\xff"] for name in ("title", "useraccountcontrol", "whencreated", "manager")}
    for item in ("title=x", "userAccountControl=1", "whenCreated>=20200101000000Z", "manager=CN=x", "title=*x"):
        assert not _matches(f"({item})", broken)
        assert _matches(f"(!({item}))", broken)
    with pytest.raises(ValueError, match="whole number"):
        value_key(b"many", SCHEMA.attributes.kind("userAccountControl"))


AGREED = """
(objectClass=*)
(objectClass=USER)
(objectClass=top)
(objectClass=us*)
(objectCategory=person)
(objectCategory=user)
(objectCategory=contact)
(objectCategory=computer)
(objectCategory=group)
(objectCategory=container)
(objectCategory=builtinDomain)
(objectCategory=organizationalUnit)
(objectCategory=CN=Person,CN=Schema,CN=Configuration,{base})
(!(objectCategory=person))
(noSuchAttribute=*)
(|(noSuchAttribute=1)(cn=ada))
(&(noSuchAttribute=1)(cn=ada))
(!(mail=*))
(mail=CON@EXAMPLE.COM)
(sAMAccountName=ADA)
(userAccountControl:1.2.840.113556.1.4.803:=2)
(userAccountControl:1.2.840.113556.1.4.804:=34)
(!(userAccountControl:1.2.840.113556.1.4.803:=2))
(groupType:1.2.840.113556.1.4.803:=2147483648)
(groupType:1.2.840.113556.1.4.803:=-2147483648)
(groupType:1.2.840.113556.1.4.804:=8)
(groupType=-2147483640)
(title=l*eng*er)
(title=LEAD*)
(title=*lead)
(title=lead)
(title>=lead)
(title<=lead)
(cn=jose)
(cn=JOSÉ)
(cn=trail)
(cn=trail )
(displayName=Spaced  Out)
(displayName=Spaced*)
(displayName=*Out)
(accountExpires=0)
(accountExpires=9223372036854775807)
(accountExpires>=1)
(accountExpires<=0)
(userAccountControl>=514)
(userAccountControl<=513)
(objectGUID={guid})
(objectGUID={guid_bytes})
(objectGUID=junk)
(!(objectGUID=junk))
(objectSid={sid})
(objectSid={sid_bytes})
(objectSid=S-1-5-32-544)
(isCriticalSystemObject=TRUE)
(!(isCriticalSystemObject=TRUE))
(whenCreated>=20200101000000.0Z)
(whenCreated>=21000101000000.0Z)
(manager=CN=ada,OU=Filters,{base})
(manager=cn=ADA, ou=filters,{base})
(manager=*)
(manager=CN=nobody,{base})
(!(manager=CN=nobody,{base}))
(member=CN=ada,OU=Filters,{base})
(memberOf=CN=inner,OU=Filters,{base})
(memberOf:1.2.840.113556.1.4.1941:=CN=outer,OU=Filters,{base})
(member:1.2.840.113556.1.4.1941:=CN=ada,OU=Filters,{base})
(member:1.2.840.113556.1.4.1941:=CN=nobody,{base})
(proxyAddresses=smtp:ada@example.com)
(proxyAddresses=SMTP:*)
(description=x\\2ay\\28z\\29\\5c)
(description=x\\2a*)
(description=x*)
(thumbnailPhoto=\\00\\ff\\10)
(distinguishedName=CN=ada,OU=Filters,{base})
(cn:=ada)
(cn:dn:=ada)
(cn:1.2.3:=ada)
(postalCode>=2)
(postalCode<=123)
(&(objectClass=user)(!(objectClass=computer)))
(&(objectClass=contact)(!(objectClass=user)))
(|(objectClass=container)(objectClass=builtinDomain)(objectClass=lostAndFound))
( & (objectClass=user) (sAMAccountName=ada) )
(adminCount=1)
(isDeleted=TRUE)
(!(isDeleted=TRUE))
(lockoutTime>=1)
(!(lockoutTime>=1))
"""
"""What Samba and Microsoft's servers agree on; on the rest Microsoft's word is in the cases above."""


@pytest.mark.ad
def test_it_finds_what_a_domain_controller_finds(domain: Domain, admin: Any) -> None:
    base = f"OU=Filters,{domain.base_dn}"
    _populate(admin, base)
    admin.search(domain.base_dn, "(objectClass=*)", attributes=["*", "memberOf"])
    entries = {item["dn"]: item["raw_attributes"] for item in admin.response if item["type"] == "searchResEntry"}
    holders = {
        name: {attribute.lower(): values for attribute, values in found.items()} for name, found in entries.items()
    }

    def chain(attribute: str, target: str) -> frozenset[Hashable]:
        """Go against the links from ``target`` on."""
        found: set[Hashable] = set()
        todo: list[Hashable] = [dn.key(target)]
        while todo:
            current = todo.pop()
            for name, holder in holders.items():
                leads = current in {dn.key(raw.decode()) for raw in holder.get(attribute, ())}
                if leads and dn.key(name) not in found:
                    found.add(dn.key(name))
                    todo.append(dn.key(name))
        return frozenset(found)

    ada = holders[f"CN=ada,{base}"]
    guid, sid = bytes(ada["objectguid"][0]), bytes(ada["objectsid"][0])
    texts = AGREED.strip().format(
        base=domain.base_dn,
        guid=uuid.UUID(bytes_le=guid),
        guid_bytes="".join(f"\\{byte:02x}" for byte in guid),
        sid=sid_text(sid),
        sid_bytes=escape_filter(sid),
    )
    found_something = 0
    for text in texts.splitlines():
        admin.search(domain.base_dn, text, attributes=["1.1"])
        theirs = {item["dn"] for item in admin.response if item["type"] == "searchResEntry"}
        compiled = compile_filter(text, SCHEMA, chain)
        ours = {
            name
            for name, holder in holders.items()
            if compiled.matches(lambda attribute, holder=holder: holder.get(attribute, ()))  # type: ignore[misc]
        }
        assert ours == theirs, text
        found_something += 0 < len(theirs) < len(holders)
    assert found_something > 50


def _populate(admin: Any, base: str) -> None:
    def add(name: str, kind: str = "user", **attributes: Any) -> None:
        assert admin.add(f"CN={name},{base}", kind, attributes), admin.result

    assert admin.add(base, "organizationalUnit")
    add(
        "ada",
        sAMAccountName="ada",
        title="Lead Engineer",
        employeeID="E1",
        description="x*y(z)\\",
        proxyAddresses=["SMTP:Ada@example.com", "smtp:a@example.com"],
        accountExpires="0",
        postalCode="123",
    )
    add(
        "josé",
        sAMAccountName="jose",
        title="lead",
        manager=f"CN=ada,{base}",
        displayName=" Spaced  Out ",
        accountExpires="9223372036854775807",
        thumbnailPhoto=b"\x00\xff\x10",
    )
    add("trail\\ ", sAMAccountName="trail")
    add("con", "contact", mail="Con@example.com")
    add("inner", "group", sAMAccountName="inner", member=[f"CN=ada,{base}"])
    add(
        "outer", "group", sAMAccountName="outer", groupType="-2147483640", member=[f"CN=inner,{base}", f"CN=con,{base}"]
    )
