"""The schema of a practice domain: Active Directory's own, from the files next to this module.

``attributes.tsv`` and ``classes.ldif`` are written by ``python -m tests.lab.dump_schema`` from a domain controller.
``exchange.tsv`` holds what Exchange adds and people use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from idcode.directories.ad.operations import Entry
from idcode.directories.ad.schema import ATTRIBUTE_FIELDS, AdSchema, schema_of
from idcode.directories.sandbox.ldif import read_content
from idcode.model.records import ObjectType
from idcode.model.schema import AttributeType, DirectorySchema, Kind

COLUMNS = tuple(field for field in ATTRIBUTE_FIELDS if field != "isDefunct")
"""Of the files of attributes, which leave out those that are defunct."""
ATTRIBUTES_FILE = Path(__file__).with_name("attributes.tsv")
EXCHANGE_FILE = Path(__file__).with_name("exchange.tsv")
CLASSES_FILE = Path(__file__).with_name("classes.ldif")
_MAIL_CLASS = "mailRecipient"
"""The auxiliary class of users, contacts and groups that is given what Exchange adds."""


def bundled_schema(exchange: bool = False) -> AdSchema:
    """Return the schema of a new AD domain; with ``exchange`` that of one prepared for Exchange."""
    attributes = list(_attributes(ATTRIBUTES_FILE))
    records = read_content(CLASSES_FILE.read_text("utf-8"), CLASSES_FILE.name)
    classes = [Entry(record.dn, record.attributes) for record in records]
    if exchange:
        added = list(_attributes(EXCHANGE_FILE))
        attributes += added
        names = [entry.values["lDAPDisplayName"][0] for entry in added]
        classes.append(Entry("", {"lDAPDisplayName": [_MAIL_CLASS.encode()], "mayContain": names}))
    return schema_of(attributes, classes)


def _attributes(path: Path) -> Iterator[Entry]:
    for line in path.read_text("utf-8").splitlines()[1:]:
        cells = zip(COLUMNS, line.split("\t"), strict=False)
        yield Entry("", {column: [cell.encode("ascii")] for column, cell in cells if cell})


def encode_schema(schema: AdSchema) -> dict[str, Any]:
    """Return ``schema`` in JSON types, the same for equal schemas; read back by :func:`decode_schema`."""
    return {
        "attributes": [_encode(attribute) for attribute in sorted(schema.attributes, key=lambda known: known.name)],
        "holds": {object_type: sorted(names) for object_type, names in sorted(schema.holds.items())},
        "links": dict(sorted(schema.links.items())),
    }


def _encode(attribute: AttributeType) -> dict[str, Any]:
    """Leave out what is as ``AttributeType`` has it by default."""
    plain = asdict(AttributeType(attribute.name))
    return {
        name: value for name, value in asdict(attribute).items() if name in ("name", "kind") or value != plain[name]
    }


def decode_schema(data: Mapping[str, Any]) -> AdSchema:
    """Read what :func:`encode_schema` wrote; raise ``ValueError`` for anything else."""
    try:
        holds: dict[ObjectType, frozenset[str]] = {}
        for object_type in get_args(ObjectType):
            if object_type in data["holds"]:
                holds[object_type] = frozenset(data["holds"][object_type])
        return AdSchema(DirectorySchema(map(_decode, data["attributes"])), holds, dict(data["links"]))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not a schema: {error!r}") from None


def _decode(data: Mapping[str, Any]) -> AttributeType:
    return AttributeType(**{**data, "kind": Kind(data["kind"])})
