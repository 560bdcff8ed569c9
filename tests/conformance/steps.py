"""Single LDAP operations as text, one a line, carried out on any session (``operations/README.md`` explains the form)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from idcode.directories.ad.operations import Control, Modification, ModifyKind, Result, Session
from idcode.directories.ad.values import guid_text
from idcode.model import dn
from tests.conformance.state import CLASSES, GROUP_TYPES, REFERENCES, bytes_of, name_of

PERMISSIVE: Control = ("1.2.840.113556.1.4.1413", True, None)
SHOW_DELETED: Control = ("1.2.840.113556.1.4.417", True, None)
_SIGNS: dict[str, ModifyKind] = {"+": "add", "-": "delete"}
_STEP = re.compile(r"(?P<verb>\w+)(?P<permissive> permissive)? (?P<kind>\w+) (?P<path>.+)")


@dataclass(slots=True)
class Operator:
    """Carries out lines on ``session``; paths are relative to ``base``.

    ``deleted`` remembers by place which object was deleted there last, for ``restore``.
    """

    session: Session
    base: str
    deleted: dict[str, str] = field(default_factory=dict)

    def run(self, line: str) -> Result:
        """Carry out one operation and return the answer; raise ``AssertionError`` for a line that is none."""
        head, *words = line.split(" | ")
        match = _STEP.fullmatch(head)
        assert match, f"not an operation: {line}"
        kind, (path, _, target) = match["kind"], match["path"].partition(" to ")
        name = name_of(path, kind, self.base)
        match match["verb"]:
            case "add":
                return self.session.add(name, [CLASSES[kind]], dict(self._values(words)))
            case "modify":
                controls = [PERMISSIVE] if match["permissive"] else []
                return self.session.modify(name, self._changes(words), controls)
            case "rename":
                rdn = dn.build(dn.parse(dn.child("", dn.parse(name)[0].type, target)))
                return self.session.rename(name, rdn, None)
            case "move":
                new = dn.parse(name_of(target, kind, self.base))
                return self.session.rename(name, dn.build(new[:1]), dn.build(new[1:]))
            case "delete":
                return self._delete(name)
            case "restore":
                return self._restore(name, name_of(target, kind, self.base))
        raise AssertionError(f"no such operation: {line}")

    def _values(self, words: Sequence[str]) -> Iterator[tuple[str, list[bytes]]]:
        found: dict[str, list[bytes]] = {}
        for word in words:
            if word in GROUP_TYPES:
                found["groupType"] = [str(GROUP_TYPES[word]).encode()]
                continue
            attribute, _, value = word.partition("=")
            found.setdefault(attribute, []).append(self._value(attribute, value))
        yield from found.items()

    def _changes(self, words: Sequence[str]) -> dict[str, list[Modification]]:
        changes: dict[str, list[tuple[ModifyKind, list[bytes]]]] = {}
        for word in words:
            attribute, _, value = word.lstrip("+-").partition("=")
            kind = _SIGNS.get(word[0], "replace")
            parts = changes.setdefault(attribute, [])
            if not parts or parts[-1][0] != kind:
                parts.append((kind, []))
            if value:
                parts[-1][1].append(self._value(attribute, value))
        return {attribute: list(parts) for attribute, parts in changes.items()}

    def _value(self, attribute: str, value: str) -> bytes:
        if attribute == "unicodePwd":
            return f'"{value}"'.encode("utf-16-le")
        if attribute in REFERENCES and not value.startswith("<"):
            return name_of(value, "user", self.base).encode()
        return bytes_of(value)

    def _delete(self, name: str) -> Result:
        found = self.session.search(name, attributes=["objectGUID"], scope="base")
        result = self.session.delete(name)
        if result.ok:
            self.deleted[name] = guid_text(found.entries[0].values["objectGUID"][0])
        return result

    def _restore(self, name: str, target: str) -> Result:
        guid = self.deleted.get(name)
        found = self.session.search(f"<GUID={guid}>", scope="base", controls=[SHOW_DELETED]) if guid else None
        tombstone = found.entries[0].dn if found else name
        back: list[Modification] = [("replace", [target.encode()])]
        return self.session.modify(
            tombstone, {"isDeleted": [("delete", [])], "distinguishedName": back}, [SHOW_DELETED]
        )
