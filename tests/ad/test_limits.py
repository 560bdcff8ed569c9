"""What a plan may not ask of the directory is said at plan time, with attribute, limit and length."""

from __future__ import annotations

from typing import Any

import pytest

from idcode.directories.ad.directory import AdDirectory
from idcode.model import dn
from idcode.model.errors import DirectoryError
from idcode.model.plans import AttributeChange
from idcode.model.values import Ref
from tests.ad.support import change, delta, ou, sets, user
from tests.lab import Domain

pytestmark = pytest.mark.ad


def _codes(corp: AdDirectory, item: Any) -> list[str]:
    found = corp.reject(item)
    assert all(finding.subject == item.address and finding.severity == "error" for finding in found)
    return [finding.code for finding in found]


def test_limits_of_values_are_said_at_plan_time(corp: AdDirectory, domain: Domain) -> None:
    cases: list[tuple[str, AttributeChange, list[str]]] = [
        ("givenName", sets("x" * 64), []),
        ("givenName", sets("x" * 65), ["value-too-long"]),
        ("givenName", sets("é" * 64), []),
        ("givenName", sets("🎓" * 33), ["value-too-long"]),
        ("givenName", sets(""), ["value-empty"]),
        ("givenName", sets("a", "b"), ["several-values"]),
        ("description", sets("a", "b"), ["several-values"]),
        ("noSuchThing", sets("x"), ["attribute-unknown"]),
        ("memberOf", sets("CN=x"), ["attribute-read-only"]),
        ("userPassword", sets("x"), ["attribute-read-only"]),
        ("unicodePwd", sets("x"), ["attribute-read-only"]),
        ("nTSecurityDescriptor", sets(b"x"), ["attribute-read-only"]),
        ("groupType", sets(2), ["class-cannot-hold"]),
        ("countryCode", sets("SE"), ["value-invalid"]),
        ("accountExpires", sets("tomorrow"), ["value-invalid"]),
        ("thumbnailPhoto", sets(b"x" * 102_401), ["value-too-long"]),
        ("thumbnailPhoto", sets("text"), ["value-invalid"]),
        ("manager", sets(Ref("person:E9")), []),
        ("manager", sets("nobody"), ["value-invalid"]),
        ("pwdLastSet", sets(5), ["value-invalid"]),
        ("pwdLastSet", sets(0), []),
        ("userAccountControl", sets(512), []),
        ("userAccountControl", sets(514), ["value-invalid"]),
        ("userAccountControl", sets(512 | 0x10), ["value-invalid"]),
        ("userAccountControl", sets(512 | 8192), ["value-invalid"]),
        ("otherTelephone", delta(add=("1", "2")), []),
        ("c", sets("SWED"), ["value-too-long"]),
        ("enabled", sets(True), []),
    ]
    for name, given, expected in cases:
        item = change("update", f"CN=Ada,{domain.base_dn}", {name: given}, anchor="x")
        assert _codes(corp, item) == expected, (name, given)


@pytest.mark.parametrize("name", ["a" * 21, "a/b", "a,b", "a[b", 'a"b', "a@b;c", "a.", "a\x07b", " . "])
def test_logon_names_that_microsoft_refuses_are_refused(corp: AdDirectory, domain: Domain, name: str) -> None:
    codes = _codes(corp, user(domain, "Ada", sAMAccountName=sets(name)))
    assert codes
    assert set(codes) <= {"value-too-long", "value-invalid"}


@pytest.mark.parametrize("name", ["ada", "å.brisling", "a" * 20, "ada b", "o'neil", "ada@x"])
def test_good_logon_names_are_not_refused(corp: AdDirectory, domain: Domain, name: str) -> None:
    assert _codes(corp, user(domain, "Ada", sAMAccountName=sets(name))) == []


def test_groups_may_have_longer_logon_names(corp: AdDirectory, domain: Domain) -> None:
    item = change("create", f"CN=g,{domain.base_dn}", {"sAMAccountName": sets("g" * 60)}, object_type="group")
    assert _codes(corp, item) == []


def test_the_message_tells_attribute_limit_and_length(corp: AdDirectory, domain: Domain) -> None:
    (finding,) = corp.reject(user(domain, "Ada", title=sets("x" * 130)))
    assert "title" in finding.message
    assert "128" in finding.message
    assert "130" in finding.message


def test_names_and_places_are_checked(corp: AdDirectory, domain: Domain) -> None:
    users = f"CN=Users,{domain.base_dn}"
    assert _codes(corp, user(domain, "x" * 65)) == ["value-too-long"]
    assert _codes(corp, ou(domain, "x" * 65)) == ["value-too-long"]
    assert _codes(corp, user(domain, "a\0b")) == ["name-invalid"]
    assert _codes(corp, change("create", dn.child(users, "OU", "x"), {"sAMAccountName": sets("x")})) == ["name-invalid"]
    people = f"OU=People,{domain.base_dn}"
    inside = change("move", people, anchor="x", new_dn=f"OU=People,OU=Staff,{people}", object_type="ou")
    assert _codes(corp, inside) == ["parent-inside-itself"]
    renamed = change("move", people, anchor="x", new_dn=f"OU=PEOPLE,{domain.base_dn}", object_type="ou")
    assert _codes(corp, renamed) == []


def test_an_account_without_a_logon_name_is_refused(corp: AdDirectory, domain: Domain) -> None:
    assert _codes(corp, change("create", f"CN=Ada,CN=Users,{domain.base_dn}")) == ["account-name-missing"]


def test_words_of_a_group_are_checked(corp: AdDirectory, domain: Domain) -> None:
    given = {"sAMAccountName": sets("g"), "scope": sets("galactic"), "category": sets("microsoft365")}
    item = change("create", f"CN=g,CN=Users,{domain.base_dn}", given, object_type="group")
    assert _codes(corp, item) == ["value-invalid", "value-invalid"]
    with pytest.raises(DirectoryError, match="microsoft365"):
        corp.lower(item, {})
