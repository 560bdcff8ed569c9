"""The schema of a practice domain is that of a real one."""

from __future__ import annotations

import json
import random

import pytest

from idcode.directories.ad.schema import AdSchema
from idcode.directories.sandbox.schema import bundled_schema, decode_schema, encode_schema
from idcode.model.schema import AttributeType, Kind
from tests.lab import Domain


def _known(schema: AdSchema, name: str) -> AttributeType:
    found = schema.attributes.find(name)
    assert found is not None, name
    return found


@pytest.mark.ad
def test_it_is_the_schema_of_a_domain_controller(domain: Domain) -> None:
    from pathlib import Path

    from idcode.directories.ad.schema import read_schema
    from idcode.directories.ad.session import LdapSession
    from tests.ad.support import settings

    session = LdapSession(settings(domain), Path("/"))
    try:
        live = encode_schema(read_schema(session, f"CN=Schema,CN=Configuration,{domain.base_dn}"))
    finally:
        session.close()
    bundled = encode_schema(bundled_schema())
    assert bundled["holds"] == live["holds"]
    assert bundled["links"] == live["links"]
    assert bundled["attributes"] == live["attributes"]


def test_the_files_are_what_the_dump_of_them_writes() -> None:
    """A hand-made change of the data would be lost when they are written anew."""
    from idcode.directories.sandbox.ldif import read_content
    from idcode.directories.sandbox.schema import ATTRIBUTES_FILE, CLASSES_FILE, COLUMNS
    from tests.lab.dump_schema import attribute_table, class_list

    text = ATTRIBUTES_FILE.read_text("utf-8")
    rows = [dict(zip(COLUMNS, line.split("\t"), strict=False)) for line in text.splitlines()[1:]]
    attributes = [{name: [cell] for name, cell in row.items() if cell} for row in rows]
    random.Random(1).shuffle(attributes)
    assert attribute_table([*attributes, {"lDAPDisplayName": ["gone"], "isDefunct": ["TRUE"]}, {}]) == text
    text = CLASSES_FILE.read_text("utf-8")
    classes = [
        {name: [value.decode() for value in values] for name, values in record.attributes.items()}
        for record in read_content(text, "classes.ldif")
    ]
    random.Random(1).shuffle(classes)
    unused = {"lDAPDisplayName": ["printQueue"], "subClassOf": ["top"]}
    assert class_list([*classes, unused]) == text


def test_only_a_domain_prepared_for_exchange_has_what_exchange_brings() -> None:
    plain, exchange = bundled_schema(), bundled_schema(exchange=True)
    added = {known.name for known in exchange.attributes} - {known.name for known in plain.attributes}
    assert added == {
        *(f"extensionAttribute{number}" for number in range(1, 16)),
        "mailNickname",
        "msExchHideFromAddressLists",
        "msExchRecipientDisplayType",
        "msExchRecipientTypeDetails",
        "msExchRemoteRecipientType",
        "targetAddress",
    }
    names = {name.lower() for name in added}
    for object_type in ("user", "group", "contact"):
        assert exchange.holds[object_type] - plain.holds[object_type] == names
    assert exchange.holds["ou"] == plain.holds["ou"]
    first = _known(exchange, "EXTENSIONATTRIBUTE1")
    assert (first.kind, first.single, first.min_length, first.max_length) == (Kind.TEXT, True, 1, 1024)
    assert _known(exchange, "msExchHideFromAddressLists").kind is Kind.BOOLEAN
    assert not any(_known(exchange, name).read_only for name in names)


@pytest.mark.parametrize("exchange", [False, True])
def test_a_schema_comes_back_from_json_as_it_was(exchange: bool) -> None:
    schema = bundled_schema(exchange)
    back = decode_schema(json.loads(json.dumps(encode_schema(schema))))
    assert sorted(back.attributes, key=lambda known: known.name) == sorted(
        schema.attributes, key=lambda known: known.name
    )
    assert back.holds == schema.holds
    assert back.links == schema.links
    assert _known(back, "memberOf").read_only
    assert back.links["member"] == "memberof"
    assert "memberof" not in back.links


@pytest.mark.parametrize(
    "damaged",
    [
        {},
        {"attributes": [], "holds": {}},
        {"attributes": [{"name": "title"}], "holds": {}, "links": {}},
        {"attributes": [{"name": "title", "kind": "song"}], "holds": {}, "links": {}},
        {"attributes": [{"name": "title", "kind": "text", "colour": 1}], "holds": {}, "links": {}},
        {"attributes": [{"name": 3, "kind": "text"}], "holds": {}, "links": {}},
        {"attributes": None, "holds": {}, "links": {}},
        {"attributes": [], "holds": {"user": 1}, "links": {}},
        {"attributes": [], "holds": [], "links": 4},
        [],
    ],
)
def test_what_is_no_schema_is_refused(damaged: object) -> None:
    with pytest.raises(ValueError, match=r"schema|song"):
        decode_schema(damaged)  # type: ignore[arg-type]
