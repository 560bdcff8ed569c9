"""LDIF is read as people and tools write it, and written so that everybody can read it."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idcode.directories.ad.operations import Entry
from idcode.directories.sandbox.ldif import (
    AddRecord,
    ContentRecord,
    DeleteRecord,
    ModifyRecord,
    RenameRecord,
    read_changes,
    read_content,
    read_ldif,
    write_ldif,
)
from idcode.model import dn
from idcode.model.diagnostics import Span
from idcode.model.errors import DirectoryError
from tests.lab import Domain

ADA = "CN=Ada Brisling,OU=People,DC=corp,DC=example,DC=com"


def _content(text: str) -> list[tuple[str, dict[str, list[bytes]]]]:
    return [
        (record.dn, {name: list(values) for name, values in record.attributes.items()})
        for record in read_content(text, "estate.ldif")
    ]


def _refusal(text: str) -> DirectoryError:
    with pytest.raises(DirectoryError) as caught:
        read_ldif(text, "estate.ldif")
    assert caught.value.hint
    return caught.value


def test_an_entry_is_read_with_folded_lines_base64_comments_and_windows_line_ends() -> None:
    text = (
        "\ufeffversion: 1\n"
        "# an export,\n  continued here\n"
        f"dn: {ADA[:20]}\n {ADA[20:]}\n"
        "objectclass: top\n"
        "objectClass: user\n"
        "title:Lead\n"
        "description:   two  spaces \n"
        "displayName:: QWRhIEJyw6Z0aA==\n"
        "thumbnailPhoto:: AP8Q\n"
        "# in between\n"
        "Title: Engineer\n"
        "sn: Bræth\n"
        "info:\n"
    ).replace("\n", "\r\n")
    expected = {
        "objectClass": [b"top", b"user"],
        "title": [b"Lead", b"Engineer"],
        "description": [b"two  spaces "],
        "displayName": ["Ada Bræth".encode()],
        "thumbnailPhoto": [b"\x00\xff\x10"],
        "sn": ["Bræth".encode()],
        "info": [b""],
    }
    assert _content(text) == [(ADA, expected)]


def test_records_know_where_they_are() -> None:
    records = read_ldif(f"# one\n\n\ndn: {ADA}\ntitle: Lead\n\n\n\ndn: CN=Cid\nchangetype: delete\n", "estate.ldif")
    assert [record.span for record in records] == [
        Span("estate.ldif", 4, 5, len(ADA)),
        Span("estate.ldif", 9, 5, 6),
    ]
    assert isinstance(records[0], ContentRecord)


def test_changes_are_read() -> None:
    text = f"""\
dn: {ADA}
changetype: add
objectclass: user
sAMAccountName: ada

dn: {ADA}
changetype: modify
replace: title
title: Lead
-
add: proxyAddresses
proxyaddresses: SMTP:ada@example.com
proxyAddresses: smtp:a@example.com
-
delete: mail
-
delete: Title
title: Lead
-
replace: info

dn: {ADA}
changetype: modrdn
newrdn: CN=Ada Hummer
deleteoldrdn: 1

dn: {ADA}
changetype: ModDN
newrdn: CN=Ada Brisling
newsuperior: OU=Leavers,DC=corp,DC=example,DC=com

dn: <GUID=03020100-0504-0706-0809-0a0b0c0d0e0f>
changetype: delete
"""
    add, modify, rename, move, delete = read_changes(text, "edit.ldif")
    assert isinstance(add, AddRecord)
    assert (add.dn, add.attributes) == (ADA, {"objectClass": [b"user"], "sAMAccountName": [b"ada"]})
    assert isinstance(modify, ModifyRecord)
    assert modify.changes == {
        "title": [("replace", [b"Lead"]), ("delete", [b"Lead"])],
        "proxyAddresses": [("add", [b"SMTP:ada@example.com", b"smtp:a@example.com"])],
        "mail": [("delete", [])],
        "info": [("replace", [])],
    }
    assert isinstance(rename, RenameRecord)
    assert (rename.rdn, rename.superior) == ("CN=Ada Hummer", None)
    assert isinstance(move, RenameRecord)
    assert (move.rdn, move.superior) == ("CN=Ada Brisling", "OU=Leavers,DC=corp,DC=example,DC=com")
    assert isinstance(delete, DeleteRecord)
    assert delete.dn == "<GUID=03020100-0504-0706-0809-0a0b0c0d0e0f>"
    assert [record.span.line for record in (add, modify, rename, move, delete)] == [1, 6, 22, 27, 32]


_MODIFY = f"dn: {ADA}\nchangetype: modify\n"
_RENAME = f"dn: {ADA}\nchangetype: modrdn\n"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("version: 2\n", "1:10", "version"),
        (f"dn: {ADA}\n\nversion: 1\n", "3:10", "begins with dn:"),
        (" dn: x\n", "1:1", "begins with a space"),
        (f"dn: {ADA}\n\n title: x\n", "3:1", "begins with a space"),
        (f"dn: {ADA}\ntitle\n", "2:1", "no line of LDIF: 'title'"),
        (f"dn: {ADA}\nmy title: x\n", "2:1", "no line of LDIF"),
        ("title: x\n", "1:8", "begins with dn:"),
        ("dn: Ada Brisling\n", "1:5", "not a distinguished name"),
        ("dn:: /w==\n", "1:6", "not UTF-8"),
        (f"dn: {ADA}\ntitle:: no base64!\n", "2:9", "not Base64"),
        (f"dn: {ADA}\nthumbnailPhoto:< file:///tmp/ada.jpg\n", "2:18", "in another file"),
        (f"dn: {ADA}\ntitle: x\ndn: {ADA}\n", "3:5", "dn cannot stand here"),
        (f"dn: {ADA}\ntitle: x\nchangetype: add\n", "3:13", "changetype cannot stand here"),
        (f"dn: {ADA}\ntitle: x\n-\n", "3:1", "- cannot stand here"),
        (f"dn: {ADA}\nmember;range=0-1499: {ADA}\n", "2:22", "only a part"),
        (f"dn: {ADA}\ncontrol: 1.2.840.113556.1.4.805 true\n", "2:10", "controls"),
        (f"dn: {ADA}\nchangetype: move\n", "2:13", "no changetype 'move'"),
        (f"dn: {ADA}\nchangetype: delete\ntitle: x\n", "3:8", "nothing may follow"),
        (_MODIFY, "2:13", "nothing to modify"),
        (_MODIFY + "title: x\n", "3:8", "title is no way to modify"),
        (_MODIFY + "increment: uidNumber\n", "3:12", "increment is no way"),
        (_MODIFY + "add: title\n-\n", "3:6", "without a value"),
        (_MODIFY + "replace: title\nmail: x\n", "4:7", "replace: title is followed by mail"),
        (_RENAME + "deleteoldrdn: 1\n", "1:5", "new name is missing"),
        (_RENAME + "newrdn: CN=x\ndeleteoldrdn: 0\n", "4:15", "never keeps the old name"),
        (_RENAME + "newrdn: x\n", "3:9", "not a distinguished name"),
        (_RENAME + "newrdn: CN=x\ntitle: x\n", "4:8", "title has no meaning"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, place: str, words: str) -> None:
    refusal = str(_refusal(text))
    assert refusal.startswith(f"estate.ldif:{place}: ")
    assert words in refusal


def test_entries_and_changes_are_told_apart() -> None:
    with pytest.raises(DirectoryError, match=r"x\.ldif:1:5: this is a change"):
        read_content(f"dn: {ADA}\nchangetype: delete\n", "x.ldif")
    with pytest.raises(DirectoryError, match=r"x\.ldif:1:5: this record does not say what to do"):
        read_changes(f"dn: {ADA}\ntitle: x\n", "x.ldif")


def test_the_output_of_a_search_that_was_cut_short_is_refused() -> None:
    text = f"dn: {ADA}\ntitle: x\n\n# search result\nsearch: 2\nresult: 4 Size limit exceeded\n"
    refusal = _refusal(text)
    assert str(refusal).startswith("estate.ldif:6:9: ")
    assert "4 Size limit exceeded" in str(refusal)
    assert _content(text.replace("4 Size limit exceeded", "0 Success")) == [(ADA, {"title": [b"x"]})]


def test_what_is_written_is_sorted_and_legible_where_it_can_be() -> None:
    entry = Entry(
        ADA,
        {
            "title": [b"Lead"],
            "Description": [b"x" * 100, b" led", b"trailing ", b":", b"<", b"", b"a\nb", b"\x1b[1m", "é".encode()],
            "objectClass": [b"top", b"user"],
            "cn": [b"Ada Brisling"],
            "jpegPhoto": [b"\xff\xd8"],
        },
    )
    assert "".join(write_ldif([entry, Entry("CN=Bjørn", {"cn": ["Bjørn".encode()], "sn": []})])) == (
        f"dn: {ADA}\n"
        "objectClass: top\n"
        "objectClass: user\n"
        "cn: Ada Brisling\n"
        f"Description: {'x' * 100}\n"
        "Description:: IGxlZA==\n"
        "Description:: dHJhaWxpbmcg\n"
        "Description:: Og==\n"
        "Description:: PA==\n"
        "Description:\n"
        "Description:: YQpi\n"
        "Description:: G1sxbQ==\n"
        "Description: é\n"
        "jpegPhoto:: /9g=\n"
        "title: Lead\n"
        "\n"
        "dn: CN=Bjørn\n"
        "cn: Bjørn\n"
    )


_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,30}", fullmatch=True).filter(
    lambda name: name.lower() not in ("dn", "changetype", "control")
)
_DNS = st.lists(st.text(min_size=1).filter(lambda text: text.strip()), min_size=1, max_size=4).map(
    lambda names: dn.build(tuple(dn.Rdn("OU", name) for name in names))
)
_VALUES = st.lists(st.binary(max_size=200) | st.text(max_size=100).map(str.encode), min_size=1, max_size=3)
_ATTRIBUTES = st.dictionaries(_NAMES, _VALUES, max_size=5).filter(
    lambda found: len({name.lower() for name in found}) == len(found)
)


@given(st.lists(st.tuples(_DNS, _ATTRIBUTES), max_size=4))
def test_what_is_written_is_read_back_as_it_was(entries: list[tuple[str, dict[str, list[bytes]]]]) -> None:
    text = "".join(write_ldif(Entry(name, attributes) for name, attributes in entries))
    back = _content(text)
    assert [name for name, _ in back] == [name for name, _ in entries]
    for (_, found), (_, written) in zip(back, entries, strict=True):
        assert {name.lower(): values for name, values in found.items()} == {
            name.lower(): values for name, values in written.items()
        }


_LINES = st.sampled_from(
    [
        "", " ", " x", "-", "# x", f"dn: {ADA}", "dn:", "dn:: !", "changetype: modify", "changetype: add", "changetype:",
        "changetype: modrdn", "newrdn: CN=x", "replace: title", "title: x", "title:: eA==", "title:< x", "version: 1",
        "search: 2", "result: 0 Success", "result:: /w==", "control: 1.2", ":", "a:b:c",
    ]
)  # fmt: skip


@given(st.lists(_LINES | st.text(), max_size=12).map("\n".join))
@example("result:: /w==")
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    refusal = None
    try:
        read_ldif(text, "estate.ldif")
    except DirectoryError as error:
        refusal = error
    assert refusal is None or (str(refusal).startswith("estate.ldif:") and refusal.hint)


@pytest.mark.ad
@pytest.mark.parametrize("how", ["-LLL", "-L", "", "-o ldif-wrap=no", "-E pr=50/noprompt"])
def test_what_ldapsearch_prints_can_be_read(domain: Domain, admin: Any, how: str) -> None:
    if shutil.which("ldapsearch") is None:
        pytest.skip("ldapsearch (ldap-utils) is not installed")
    name = f"CN=Bjørn Hummer,CN=Users,{domain.base_dn}"
    admin.add(name, "user", {"sAMAccountName": "bjorn", "description": " leading, trailing ", "info": "a\r\nb"})
    printed = subprocess.run(
        [
            *("ldapsearch", "-x", "-H", domain.servers[0], "-D", domain.user, "-w", domain.password),
            *(*how.split(), "-b", domain.base_dn),
        ],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
        env={**os.environ, "LDAPTLS_REQCERT": "never"},
    ).stdout
    records = {record.dn: record.attributes for record in read_content(printed, "search.ldif")}
    admin.search(domain.base_dn, "(objectClass=*)", attributes=["*"])
    live = {item["dn"]: item["raw_attributes"] for item in admin.response if item["type"] == "searchResEntry"}
    assert records.keys() == live.keys()
    assert {key: sorted(values) for key, values in records[name].items()} == {
        key: sorted(values) for key, values in live[name].items()
    }
