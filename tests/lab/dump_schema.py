"""``python -m tests.lab.dump_schema``: write the sandbox's schema anew from a running domain.

Start a lab first (``eval "$(python -m tests.lab start DIR)"``), or set the same variables for a domain controller of
Microsoft's. What is written is facts only: names, syntaxes, limits, and which class holds which attribute.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from typing import Any

import ldap3

from idcode.directories.ad.schema import CLASS_FIELDS
from idcode.directories.sandbox.schema import ATTRIBUTES_FILE, CLASSES_FILE, COLUMNS

CLASSES = (
    "builtinDomain", "computer", "contact", "container", "domainDNS", "foreignSecurityPrincipal", "group",
    "inetOrgPerson", "lostAndFound", "msDS-GroupManagedServiceAccount", "organizationalUnit", "user",
)  # fmt: skip
"""The classes whose objects a practice domain may hold; what they inherit comes along."""


def main() -> None:
    """Read both kinds of definitions and write both files."""
    connection = _connect()
    attributes = list(_definitions(connection, "attributeSchema", [*COLUMNS, "isDefunct"]))
    ATTRIBUTES_FILE.write_text(attribute_table(attributes), "utf-8")
    CLASSES_FILE.write_text(class_list(list(_definitions(connection, "classSchema", list(CLASS_FIELDS)))), "utf-8")


def attribute_table(attributes: list[dict[str, list[str]]]) -> str:
    """Return one line per attribute in use, sorted by name."""
    lines = [
        "\t".join("".join(held.get(column, ())) for column in COLUMNS).rstrip() for held in attributes if _used(held)
    ]
    return "\n".join(["\t".join(COLUMNS), *sorted(lines, key=str.lower)]) + "\n"


def class_list(classes: list[dict[str, list[str]]]) -> str:
    """Return :data:`CLASSES` and what they inherit as LDIF, sorted by name."""
    by_name = {held["lDAPDisplayName"][0]: held for held in classes}
    found: set[str] = set()
    todo = [*CLASSES]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            held = by_name[name]
            todo += [*held["subClassOf"], *held.get("auxiliaryClass", ()), *held.get("systemAuxiliaryClass", ())]
    records = [_record(by_name[name]) for name in sorted(found, key=str.lower)]
    return "version: 1\n\n" + "\n".join(records)


def _record(held: dict[str, list[str]]) -> str:
    lines = [f"dn: cn={held['lDAPDisplayName'][0]}"]
    for field in CLASS_FIELDS:
        lines += [f"{field}: {value}" for value in sorted(held.get(field, ()), key=str.lower)]
    return "\n".join(lines) + "\n"


def _used(held: dict[str, list[str]]) -> bool:
    return bool(held.get("lDAPDisplayName")) and held.get("isDefunct") != ["TRUE"]


def _connect() -> Any:
    tls = ldap3.Tls(
        validate=ssl.CERT_REQUIRED,
        ca_certs_file=os.environ["LAB_CA_FILE"],
        valid_names=[os.environ["LAB_SERVER_NAME"]],
    )
    server = ldap3.Server(os.environ["LAB_URL"], get_info=ldap3.NONE, tls=tls)
    return ldap3.Connection(server, os.environ["LAB_USER"], os.environ["LAB_PASSWORD"], auto_bind=True)


def _definitions(connection: Any, kind: str, fields: list[str]) -> Iterator[dict[str, list[str]]]:
    base = f"CN=Schema,CN=Configuration,{os.environ['LAB_BASE_DN']}"
    for entry in connection.extend.standard.paged_search(
        base, f"(objectClass={kind})", ldap3.LEVEL, attributes=fields, paged_size=1000
    ):
        if entry["type"] == "searchResEntry":
            yield {
                name: [value.decode("utf-8") for value in values] for name, values in entry["raw_attributes"].items()
            }


if __name__ == "__main__":
    main()
