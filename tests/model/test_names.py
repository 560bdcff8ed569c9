"""Names: distinguished names, paths and addresses survive being written and read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.model import dn
from idcode.model.addresses import Address, join_path, split_path

# NUL and lone surrogates cannot be in a directory string.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)
RDN = st.tuples(st.sampled_from(["CN", "OU", "DC", "cn"]), TEXT)


@given(st.lists(RDN, min_size=1, max_size=5))
def test_a_distinguished_name_survives_being_written_and_read(parts: list[tuple[str, str]]) -> None:
    name = tuple(dn.Rdn(kind, value) for kind, value in parts)
    assert dn.parse(dn.build(name)) == name


@given(TEXT, TEXT)
def test_a_child_is_under_its_parent_and_the_parent_is_found_again(child: str, parent: str) -> None:
    above = dn.child("DC=example", "OU", parent)
    below = dn.child(above, "CN", child)
    assert dn.is_under(below, above)
    assert not dn.is_under(above, below)
    assert dn.key(dn.parent(below)) == dn.key(above)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("CN=Ada,OU=Staff,DC=x", "cn=ADA, ou=staff, dc=X"),
        (r"CN=Smith\, John,DC=x", r"CN=Smith\2C John,DC=x"),
        (r"CN=a\;b,DC=x", r"CN=a\3Bb,DC=x"),
        (r"CN=trail\ ,DC=x", r"CN=trail\20,DC=x"),
        ("CN=Åsa,DC=x", r"CN=\C3\85sa,DC=x"),
    ],
)
def test_spellings_of_one_name_compare_equal(left: str, right: str) -> None:
    assert dn.key(left) == dn.key(right)


def test_names_that_only_look_alike_are_different() -> None:
    assert dn.key("CN=Strauß,DC=x") != dn.key("CN=Strauss,DC=x")
    assert not dn.is_under("CN=a,OU=Staff,DC=x", "OU=taff,DC=x")


@pytest.mark.parametrize("text", ["nonsense", "CN", "=x", "CN=a+OU=b,DC=x", "CN=a\\", "CN=a,"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        dn.parse(text)


@given(st.lists(TEXT.filter(str.strip), min_size=1, max_size=5))
def test_a_path_survives_being_written_and_read(names: list[str]) -> None:
    assert split_path(join_path(tuple(names))) == tuple(names)


@pytest.mark.parametrize("path", ["/", "a//b", "a/", "/a", " / "])
def test_an_empty_name_in_a_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError):
        split_path(path)


def test_a_container_renamed_takes_everything_below_it_along() -> None:
    moves = dn.Relocation()
    moves.add("OU=Old,DC=x", "OU=New,DC=x")
    moves.add("OU=In,OU=New,DC=x", "OU=Inner,OU=New,DC=x")
    assert moves.after("CN=a,OU=In,OU=Old,DC=x") == "CN=a,OU=Inner,OU=New,DC=x"
    assert moves.after("CN=a,OU=Else,DC=x") == "CN=a,OU=Else,DC=x"


KEYS = TEXT.filter(lambda text: "@" not in text)


@given(KEYS, st.sampled_from([None, "corp"]), st.sampled_from([None, "account"]))
def test_an_address_survives_being_written_and_read(key: str, directory: str | None, rule: str | None) -> None:
    address = Address("person", key, directory, rule if directory else None)
    assert Address.parse(str(address)) == address


def test_an_at_sign_belongs_to_the_key_unless_a_directory_follows() -> None:
    assert Address.parse("person:anna@partners", ["corp"]) == Address("person", "anna@partners")
    assert Address.parse("person:a@b.example@corp/admin", ["corp"]) == Address("person", "a@b.example", "corp", "admin")
    with pytest.raises(ValueError):
        Address.parse("E1001")
