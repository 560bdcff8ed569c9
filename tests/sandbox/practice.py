"""A practice domain for tests, and short ways to work on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from idcode.directories.ad.operations import Control, Entry, Modification, Result
from idcode.directories.ad.schema import AdSchema
from idcode.directories.ad.values import guid_text
from idcode.directories.sandbox.domain import Domain, new_domain
from idcode.directories.sandbox.schema import bundled_schema
from idcode.directories.sandbox.session import EmbeddedSession

ROOT = "DC=corp,DC=contoso,DC=com"
USERS = f"CN=Users,{ROOT}"
PEOPLE = f"OU=People,{ROOT}"
PASSWORD = '"Kp7-tandem-Quartz-41"'.encode("utf-16-le")
PERMISSIVE: Control = ("1.2.840.113556.1.4.1413", True, None)
SHOW_DELETED: Control = ("1.2.840.113556.1.4.417", True, None)


@cache
def schema() -> AdSchema:
    return bundled_schema()


class Practice:
    """A domain with OU=People. What is not expected to be refused must be carried out."""

    def __init__(self, domain: Domain | None = None, recycle_bin: bool = False) -> None:
        self.domain = domain or new_domain(ROOT, schema(), recycle_bin=recycle_bin)
        self.session = EmbeddedSession(self.domain)
        if domain is None:
            self.add(PEOPLE, "organizationalUnit")

    def add(self, dn: str, kind: str, **attributes: bytes | Sequence[bytes]) -> str:
        result = self.try_add(dn, kind, **attributes)
        assert result.ok, result
        return dn

    def try_add(self, dn: str, kind: str, **attributes: bytes | Sequence[bytes]) -> Result:
        return self.session.add(dn, [kind], {name: _list(given) for name, given in attributes.items()})

    def user(self, name: str, **attributes: bytes | Sequence[bytes]) -> str:
        short = name.lower().replace(" ", "").encode()
        return self.add(f"CN={name},{PEOPLE}", "user", **{"sAMAccountName": short, **attributes})

    def group(self, name: str, **attributes: bytes | Sequence[bytes]) -> str:
        return self.add(f"CN={name},{PEOPLE}", "group", **{"sAMAccountName": name.encode(), **attributes})

    def modify(self, dn: str, name: str, *steps: Modification, controls: Iterable[Control] = ()) -> Result:
        return self.session.modify(dn, {name: list(steps)}, controls)

    def set(self, dn: str, **attributes: bytes | Sequence[bytes]) -> None:
        changes: dict[str, list[Modification]] = {
            name: [("replace", _list(given))] for name, given in attributes.items()
        }
        result = self.session.modify(dn, changes)
        assert result.ok, result

    def entry(self, dn: str, *names: str, controls: Iterable[Control] = ()) -> Entry | None:
        answer = self.session.search(dn, attributes=names or ["*"], scope="base", controls=controls)
        return answer.entries[0] if answer.entries else None

    def get(self, dn: str, name: str, controls: Iterable[Control] = ()) -> list[bytes]:
        entry = self.entry(dn, name, controls=controls)
        assert entry is not None, f"{dn} is not there"
        return list(entry.values.get(name, ()))

    def guid(self, dn: str) -> str:
        return guid_text(self.get(dn, "objectGUID")[0])

    def found(self, text: str) -> list[str]:
        return [entry.dn for entry in self.session.search(ROOT, text).entries]

    def state(self) -> dict[str, dict[str, list[bytes]]]:
        """Everything there is, deleted objects included."""
        answer = self.session.search(ROOT, attributes=["*", "nTSecurityDescriptor"], controls=[SHOW_DELETED])
        return {entry.dn: {name: list(raw) for name, raw in entry.values.items()} for entry in answer.entries}


def plus(*values: bytes) -> Modification:
    return "add", list(values)


def minus(*values: bytes) -> Modification:
    return "delete", list(values)


def to(*values: bytes) -> Modification:
    return "replace", list(values)


def _list(given: bytes | Sequence[bytes]) -> list[bytes]:
    return [given] if isinstance(given, bytes) else list(given)
