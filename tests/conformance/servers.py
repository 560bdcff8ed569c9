"""The domains that must behave alike: a Samba domain controller, and the sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import ldap3
import pytest
from ldap3.protocol.microsoft import security_descriptor_control, show_deleted_control

from idcode.directories.ad.operations import Control, Modification, Result, Session
from idcode.directories.ad.schema import AdSchema, read_schema
from idcode.directories.ad.session import LdapSession
from idcode.directories.sandbox.domain import new_domain
from idcode.directories.sandbox.schema import bundled_schema
from idcode.directories.sandbox.session import EmbeddedSession
from idcode.directories.sandbox.storage import create, open_domain
from tests.ad.support import settings
from tests.conformance.state import Hands, Raw, Values
from tests.lab import Domain

EVERYTHING = "(|(objectClass=user)(objectClass=group)(objectClass=organizationalUnit)(objectClass=contact))"
_DACL = 4
"""The part of descriptors that protection is in (LDAP_SERVER_SD_FLAGS_OID, MS-ADTS 3.1.1.3.4.1.11)."""

_DACL_ONLY: Control = ("1.2.840.113556.1.4.801", True, bytes([0x30, 3, 2, 1, _DACL]))
_DELETED_TOO: Control = ("1.2.840.113556.1.4.417", True, None)
FILE = "corp.db"


@cache
def _schema() -> list[AdSchema]:
    return []


def _schema_once(session: Session, name: str) -> AdSchema:
    """Read the schema in the first case only: it takes most of a command, and every lab has the same."""
    if not _schema():
        _schema().append(read_schema(session, name))
    return _schema()[0]


class Server(Protocol):
    """A domain as fresh as on its first day, with hands to prepare and inspect it."""

    name: str
    root_dn: str

    @property
    def hands(self) -> Hands:
        """Return somebody who prepares the domain and looks at it."""

    @property
    def session(self) -> Session:
        """Return the door that the adapter uses."""

    def settings(self, base_dn: str) -> Mapping[str, object]:
        """Return what ``idcode.yaml`` says about it."""

    def close(self) -> None:
        """Let go of the domain, so that commands have it to themselves."""


class SambaServer:
    """A Samba domain controller, seen through ldap3 alone."""

    name = "samba"

    def __init__(self, domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LAB_USER", domain.user)
        monkeypatch.setenv("LAB_PASSWORD", domain.password)
        monkeypatch.setattr("idcode.directories.ad.domain.read_schema", _schema_once)
        self.domain = domain
        self.root_dn = domain.base_dn
        self.hands = LdapHands(domain)
        self.session = LdapSession(settings(domain), Path("/"))

    def close(self) -> None:
        """End the connections."""
        self.session.close()
        self.hands.close()

    def settings(self, base_dn: str) -> Mapping[str, object]:
        """Return an ``ad`` directory."""
        return {
            "type": "ad",
            "servers": self.domain.servers,
            "base_dn": base_dn,
            "bind": {"method": "simple", "user": "${env:LAB_USER}", "password": "${env:LAB_PASSWORD}"},
            "tls": {"ca_file": self.domain.ca_file, "server_name": self.domain.server_name},
        }


class LdapHands:
    """Operations by ldap3, without any of idcode's code."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._connection: Any = domain.connect(auto_range=True)

    def add(self, name: str, classes: Sequence[str], values: Values) -> None:
        """Add an object."""
        self._connection.add(name, list(classes), {attribute: list(given) for attribute, given in values.items()})
        self._insist(name)

    def replace(self, name: str, values: Values) -> None:
        """Replace whole attributes."""
        changes = {attribute: [(ldap3.MODIFY_REPLACE, list(given))] for attribute, given in values.items()}
        controls = [security_descriptor_control(sdflags=_DACL)] if "nTSecurityDescriptor" in values else []
        self._connection.modify(name, changes, controls=[item for found in controls for item in found])
        self._insist(name)

    def delete(self, name: str) -> None:
        """Delete an object."""
        self._connection.delete(name)
        self._insist(name)

    def objects(self) -> list[Raw]:
        """Return all objects, deleted ones too."""
        self._connection.search(
            self._domain.base_dn,
            EVERYTHING,
            attributes=["*", "nTSecurityDescriptor"],
            controls=[show_deleted_control(criticality=True), *security_descriptor_control(sdflags=_DACL)],
        )
        return [(e["dn"], e["raw_attributes"]) for e in self._connection.response if e["type"] == "searchResEntry"]

    def close(self) -> None:
        """End the connection."""
        self._connection.unbind()

    def _insist(self, name: str) -> None:
        result = self._connection.result
        assert result["result"] == 0, f"{name}: {result}"


class SandboxServer:
    """A practice domain in a file of its own, seen through the operations that it carries out."""

    name = "sandbox"
    root_dn = "DC=corp,DC=contoso,DC=com"

    def __init__(self, root: Path, what: str = "") -> None:
        assert what in ("", "recycle bin", "exchange"), f"no such domain: {what}"
        schema = bundled_schema(what == "exchange")
        create(root / FILE, new_domain(self.root_dn, schema, recycle_bin=what == "recycle bin"))
        self.session = EmbeddedSession(open_domain(root / FILE))
        self.hands = EmbeddedHands(self.session, self.root_dn)

    def settings(self, base_dn: str) -> Mapping[str, object]:
        """Return a ``sandbox`` directory."""
        return {"type": "sandbox", "base_dn": base_dn, "path": FILE}

    def close(self) -> None:
        """There is no connection to end."""


class EmbeddedHands:
    """Operations on the sandbox itself, without the adapter."""

    def __init__(self, session: EmbeddedSession, root_dn: str) -> None:
        self._session, self._root_dn = session, root_dn

    def add(self, name: str, classes: Sequence[str], values: Values) -> None:
        """Add an object."""
        self._insist(name, self._session.add(name, classes, values))

    def replace(self, name: str, values: Values) -> None:
        """Replace whole attributes."""
        changes = {attribute: [_replaced(given)] for attribute, given in values.items()}
        controls = [_DACL_ONLY] if "nTSecurityDescriptor" in values else []
        self._insist(name, self._session.modify(name, changes, controls))

    def delete(self, name: str) -> None:
        """Delete an object."""
        self._insist(name, self._session.delete(name))

    def objects(self) -> list[Raw]:
        """Return all objects, deleted ones too."""
        answer = self._session.search(
            self._root_dn, EVERYTHING, ["*", "nTSecurityDescriptor"], controls=[_DELETED_TOO, _DACL_ONLY]
        )
        self._insist(self._root_dn, answer.result)
        return [(entry.dn, entry.values) for entry in answer.entries]

    @staticmethod
    def _insist(name: str, result: Result) -> None:
        assert result.ok, f"{name}: {result.code} {result.message}"


def _replaced(values: Sequence[bytes]) -> Modification:
    return "replace", values


def yaml_of(settings: Mapping[str, object]) -> str:
    """Return settings on one line of YAML."""
    return json.dumps(settings)
