"""GUIDs, SIDs, distinguished names, Base64, hexadecimal digits and bits."""

from __future__ import annotations

import base64
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.expressions import Dialect
from idcode.model.dn import parse
from idcode.model.identifiers import sid_bytes, sid_text
from idcode.model.values import Ref, Value

from .running import fails, marked, refused, run

TEXT = "00112233-4455-6677-8899-aabbccddeeff"
RAW = bytes.fromhex("33221100554477668899aabbccddeeff")
DN = "cn=Joe,ou=Atlanta,ou=GA,ou=US, dc=contoso,dc=com"
ALL: tuple[Dialect, ...] = ("entra", "connect", "mim")


def value(dialect: Dialect, name: str = "a") -> str:
    return name if dialect == "mim" else f"[{name}]"


@pytest.mark.parametrize("written", [TEXT, TEXT.upper(), f"{{{TEXT}}}"])
def test_a_guid_is_read_bare_or_in_braces(written: str) -> None:
    assert run("CGuid([a])", "connect", a=written) == RAW
    assert run("IsGuid([a])", "connect", a=written) is True


@pytest.mark.parametrize(
    "written",
    [
        "",
        "x",
        TEXT[:-1],
        f"{{{TEXT}",
        f"{{{TEXT}x",
        f"{TEXT}}}",
        TEXT.replace("-", ""),
        f" {TEXT}",
        "{}",
        f"{{{{{TEXT}}}}}",
    ],
)
def test_what_is_no_guid_is_told_and_refused(written: str) -> None:
    assert run("IsGuid([a])", "connect", a=written) is False
    assert "not a GUID" in fails("CGuid([a])", "connect", a=written).message


def test_isGuid_of_other_types_is_false() -> None:
    for other in (None, RAW, 5, True, Ref(TEXT)):
        assert run("IsGuid([a])", "connect", a=other) is False


def test_the_mim_form_has_no_braces_and_its_error_names_the_function() -> None:
    assert run(f'ConvertStringToGuid("{TEXT}")', "mim") == RAW
    for wrong in (f"{{{TEXT}}}", "x", ""):
        assert "ConvertStringToGuid" in fails(f'ConvertStringToGuid("{wrong}")', "mim").message


@given(st.binary(min_size=16, max_size=16))
def test_a_guid_survives_the_way_to_text_and_back(raw: bytes) -> None:
    assert run("CGuid(StringFromGuid([a]))", "connect", a=raw) == raw
    assert run("StringFromGuid([a])", "connect", a=raw) == str(uuid.UUID(bytes_le=raw))


@given(st.binary(max_size=40).filter(lambda raw: len(raw) != 16))
def test_only_sixteen_bytes_are_a_guid(raw: bytes) -> None:
    assert f"16 bytes, not {len(raw)}" in fails("StringFromGuid([a])", "connect", a=raw).message


@pytest.mark.parametrize(
    ("function", "dialect"), [("StringFromSid", "entra"), ("StringFromSid", "connect"), ("ConvertSidToString", "mim")]
)
def test_a_security_identifier_becomes_text(function: str, dialect: Dialect) -> None:
    call = f"{function}({value(dialect)})"
    assert run(call, dialect, a=bytes.fromhex("010100000000000512000000")) == "S-1-5-18"
    assert run(call, dialect, a=sid_bytes("S-1-5-21-1-2-4294967295-500")) == "S-1-5-21-1-2-4294967295-500"
    assert run(call, dialect) is None
    assert function in fails(call, dialect, a=bytes.fromhex("0105")).message
    assert "binary data is needed" in fails(call, dialect, a="S-1-5-18").message


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 2**32 - 1), max_size=15))
def test_a_security_identifier_survives_the_way_to_text_and_back(authority: int, parts: list[int]) -> None:
    raw = bytes([1, len(parts)]) + authority.to_bytes(6, "big") + b"".join(part.to_bytes(4, "little") for part in parts)
    assert run("StringFromSid([a])", "connect", a=raw) == sid_text(raw)
    assert sid_bytes(sid_text(raw)) == raw


@pytest.mark.parametrize(
    "raw",
    ["00", "020100000000000512000000", "011000000000000512000000" + "00000000" * 15, "010100000000000512000000ff"],
)
def test_what_is_no_security_identifier_is_an_error(raw: str) -> None:
    assert "not a security identifier" in fails("StringFromSid([a])", "connect", a=bytes.fromhex(raw)).message


@pytest.mark.parametrize("dialect", ALL)
def test_null_stays_null(dialect: Dialect) -> None:
    for function in (
        "CGuid",
        "StringFromGuid",
        "ConvertStringToGuid",
        "CRef",
        "EscapeDNComponent",
        "ConvertToUTF8Hex",
        "ConvertFromUTF8Hex",
        "ConvertToBase64",
        "ConvertFromBase64",
    ):
        assert run(f"{function}({value(dialect)})", dialect) is None
    for function in ("DNComponent", "DNComponentRev"):
        assert run(f"{function}({value(dialect)}, 1)", dialect) is None


def test_a_text_becomes_a_reference_and_back() -> None:
    assert run("CRef([a])", "connect", a="cn=boss,dc=x") == Ref("cn=boss,dc=x")
    assert run("CStr(CRef([a]))", "connect", a="cn=boss,dc=x") == "cn=boss,dc=x"


@pytest.mark.parametrize(
    ("call", "part"),
    [
        ("DNComponent([dn], 1)", "Joe"),
        ("DNComponent([dn], 5)", "contoso"),
        ("DNComponent([dn], 6)", "com"),
        ("DNComponent([dn], 7)", None),
        ("DNComponentRev([dn], 1)", "com"),
        ("DNComponentRev([dn], 3)", "US"),
        ("DNComponentRev([dn], 6)", "Joe"),
        ("DNComponentRev([dn], 7)", None),
        ("DNComponentRev([dn], 1, DC)", "US"),
        ('DNComponentRev([dn], 1, "DC")', "US"),
        ("DNComponentRev([dn], 4, DC)", "Joe"),
        ("DNComponentRev([dn], 5, DC)", None),
    ],
)
def test_components_are_counted_from_either_side(call: str, part: str | None) -> None:
    assert run(call, "connect", dn=Ref(DN)) == part
    assert run(call, "connect", dn=Ref(DN.upper())) == (part and part.upper())


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (r"CN=Smith\, Joe,OU=Users,DC=x", [r"Smith\, Joe", "Users", "x"]),
        (r"CN=Joe\0ACNF:1234,DC=x", [r"Joe\0ACNF:1234", "x"]),
        (r"CN=a\\,DC=x", [r"a\\", "x"]),
        ('CN="Smith, Joe",DC=x', ['"Smith, Joe"', "x"]),
        (r"CN=Joe\ ,DC=x", [r"Joe\ ", "x"]),
        ("CN = Joe ; DC = x ", ["Joe", "x"]),
        ("CN=a=b,DC=x", ["a=b", "x"]),
        ("CN=,DC=x", ["", "x"]),
        ("2.5.4.3=Zoë,DC=x", ["Zoë", "x"]),
    ],
)
def test_a_component_is_returned_as_it_is_written(name: str, parts: list[str]) -> None:
    assert [run(f"DNComponent([dn], {n})", "connect", dn=Ref(name)) for n in range(1, len(parts) + 2)] == [*parts, None]


def test_the_loser_of_a_replication_conflict_is_found() -> None:
    rule = r'CBool(InStr(DNComponent(CRef([dn]),1),"\\0ACNF:")>0)'
    assert run(rule, "connect", dn=r"CN=Ada\0ACNF:8c5c1d3e,OU=People,DC=x") is True
    assert run(rule, "connect", dn="CN=Ada,OU=People,DC=x") is False


@pytest.mark.parametrize("wrong", ["", "person:E1001", "CN=a,", "CN=a,b", ",CN=a", 'CN="a,DC=x', 'CN="a=b', "CN=a\\"])
def test_what_is_no_distinguished_name_has_no_components(wrong: str) -> None:
    assert "not a distinguished name" in fails("DNComponent([dn], 1)", "connect", dn=Ref(wrong)).message
    assert "not a distinguished name" in fails("DNComponentRev([dn], 1)", "connect", dn=Ref(wrong)).message


@pytest.mark.parametrize("function", ["DNComponent", "DNComponentRev"])
def test_components_count_from_one(function: str) -> None:
    expression = f"{function}([dn], 0)"
    assert marked(expression, refused(expression, "connect")) == "0"
    assert "count from 1" in fails(f"{function}([dn], [n])", "connect", dn=Ref(DN), n=0).message
    assert "count from 1" in fails(f"{function}([dn], [n])", "connect", dn=Ref(DN), n=-1).message


def test_dc_is_the_only_option() -> None:
    assert "DC" in refused('DNComponentRev([dn], 1, "OU")', "connect").message
    assert "DC" in fails("DNComponentRev([dn], 1, [o])", "connect", dn=Ref(DN), o="OU").message


@pytest.mark.parametrize("dialect", ["connect", "mim"])
@pytest.mark.parametrize(
    ("component", "escaped"),
    [
        ("CN=Ada", "CN=Ada"),
        ("CN=Brisling, Ada", r"CN=Brisling\, Ada"),
        (r"CN=,=+<>#;\"", r"CN=\,\=\+\<\>\#\;\\" + r"\""),
        ("CN=Ada ", r"CN=Ada\ "),
        ("CN=Ada  ", "CN=Ada \\ "),
        (" CN =Ada", "CN=Ada"),
        ("CN=a=b", r"CN=a\=b"),
        ("2.5.4.3=Ada", "2.5.4.3=Ada"),
        ("my-type=Ada", "my-type=Ada"),
        ("CN=Zoë 😀", "CN=Zoë 😀"),
        ("CN=a\x01b\x1f", r"CN=a\01b\1F"),
        ("CN=\ufffe", r"CN=\EF\BF\BE"),
    ],
)
def test_a_component_is_escaped(component: str, escaped: str, dialect: Dialect) -> None:
    assert run(f"EscapeDNComponent({value(dialect)})", dialect, a=component) == escaped


@pytest.mark.parametrize("dialect", ["connect", "mim"])
@pytest.mark.parametrize("component", ["", "Ada", "=Ada", "C_N=Ada", "C N=Ada", "Å=Ada", "a,b=Ada"])
def test_a_component_without_a_proper_name_is_an_error(component: str, dialect: Dialect) -> None:
    assert "name=value" in fails(f"EscapeDNComponent({value(dialect)})", dialect, a=component).message


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text.lstrip(" ") == text))
def test_an_escaped_component_reads_as_what_went_in(text: str) -> None:
    escaped = run("EscapeDNComponent([a])", "connect", a=f"CN={text}")
    assert isinstance(escaped, str)
    assert [part.value for part in parse(f"{escaped},DC=x")] == [text, "x"]


@pytest.mark.parametrize("dialect", ALL)
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_encodings_are_undone_by_their_opposites(dialect: Dialect, text: str) -> None:
    name = value(dialect)
    assert run(f"ConvertFromBase64(ConvertToBase64({name}))", dialect, a=text) == text
    assert run(f"ConvertFromUTF8Hex(ConvertToUTF8Hex({name}))", dialect, a=text) == text
    assert run(f"ConvertToUTF8Hex({name})", dialect, a=text) == text.encode().hex().upper()


def test_base64_of_bytes_is_that_of_the_bytes() -> None:
    assert run("ConvertToBase64([a])", "connect", a=RAW) == base64.b64encode(RAW).decode()


@pytest.mark.parametrize(("encoding", "raw"), [("Unicode", b"H\0i\0"), ("ASCII", b"Hi"), ("UTF8", b"Hi")])
def test_base64_is_read_in_the_encoding_that_is_named(encoding: str, raw: bytes) -> None:
    assert run(f"ConvertFromBase64([a], {encoding})", "connect", a=base64.b64encode(raw).decode()) == "Hi"


@pytest.mark.parametrize(
    "call",
    [
        'ConvertFromBase64("@@@")',
        'ConvertFromBase64("QUI", ASCII)',
        'ConvertFromBase64("QQ==")',
        'ConvertFromUTF8Hex("4G")',
        'ConvertFromUTF8Hex("486")',
        'ConvertFromUTF8Hex("ff")',
        'ConvertFromUTF8Hex("ä")',
    ],
)
def test_what_is_not_encoded_is_an_error(call: str) -> None:
    assert re.search("not the (Base64|hexadecimal) form", fails(call, "connect").message)


def test_hexadecimal_digits_are_read_in_either_case() -> None:
    assert run('ConvertFromUTF8Hex("c3A9")', "connect") == "é"


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("BitAnd(&HF, &HF7)", 7),
        ("BitAnd(-2147483648, 514)", 0),
        ("BitAnd(-2147483646, -2147483648)", -2147483648),
        ("BitOr(2, 512)", 514),
        ("BitOr(-2147483648, 2)", -2147483646),
        ("IsBitSet(&HF, 4)", True),
        ("IsBitSet(512, 2)", False),
        ("IsBitSet(4, 6)", True),
        ("IsBitSet(4, 0)", False),
        ("IsBitSet(-2147483646, -2147483648)", True),
    ],
)
def test_bits(call: str, result: Value, dialect: Dialect) -> None:
    assert run(call, dialect) == result


@pytest.mark.parametrize("function", ["BitAnd", "BitOr", "IsBitSet"])
def test_bits_need_whole_numbers(function: str) -> None:
    assert "a number is needed" in fails(f"{function}([none], 2)").message
    assert "whole number" in fails(f"{function}(2, [a])", a="1.5").message
