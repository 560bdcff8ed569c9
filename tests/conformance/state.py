"""A domain as text, one object a line, and the same text as LDAP operations that make it.

``KIND PATH | attribute=value | … | flags``: paths are from the outside in, relative to the domain's root; containers
that are no OUs are written with their type (``CN=Users``). See ``cases/README.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from idcode.directories.ad import security
from idcode.model import dn

PASSWORD = '"Practice-4711-only"'.encode("utf-16-le")
CLASSES = {
    "ou": "organizationalUnit", "user": "user", "group": "group", "contact": "contact", "computer": "computer",
    "container": "container",
}  # fmt: skip
REFERENCES = frozenset({"member", "manager", "managedBy", "secretary", "seeAlso", "owner"})
BINARY = frozenset({"thumbnailPhoto", "jpegPhoto", "userCertificate", "mS-DS-ConsistencyGuid"})
GROUP_TYPES = {
    "global": 2, "domain_local": 4, "universal": 8,
    "global security": 2 - 2**31, "domain_local security": 4 - 2**31, "universal security": 8 - 2**31,
}  # fmt: skip
SERVER_KEPT = frozenset(
    {
        "objectclass", "objectcategory", "objectguid", "objectsid", "distinguishedname", "cn", "ou", "name",
        "instancetype", "usnchanged", "usncreated", "whenchanged", "whencreated", "dscorepropagationdata",
        "replpropertymetadata", "samaccounttype", "memberof", "directreports", "managedobjects", "pwdlastset",
        "lastlogon", "lastlogoff", "lastlogontimestamp", "logoncount", "badpwdcount", "badpasswordtime",
        "operatorcount", "isdeleted", "isrecycled", "lastknownparent", "msds-lastknownrdn", "ntsecuritydescriptor",
        "useraccountcontrol", "grouptype", "samaccountname",
    }
)  # fmt: skip
"""What the server keeps to itself, and what a line says in other words."""
NOTHING_SPECIAL = {
    "accountexpires": {b"0", b"9223372036854775807"}, "admincount": {b"0"}, "codepage": {b"0"}, "countrycode": {b"0"},
    "primarygroupid": {b"513"},
}  # fmt: skip
"""Values that every account has unless somebody sets others."""

Values = Mapping[str, Sequence[bytes]]
Raw = tuple[str, Values]
"""An object as a server gives it: DN, and values by attribute."""


class Hands(Protocol):
    """Somebody at the domain: LDAP operations without idcode's own code around them; each succeeds, or raises."""

    def add(self, name: str, classes: Sequence[str], values: Values) -> None:
        """Add an object."""

    def replace(self, name: str, values: Values) -> None:
        """Replace whole attributes."""

    def delete(self, name: str) -> None:
        """Delete an object."""

    def objects(self) -> list[Raw]:
        """Return users, groups, OUs and contacts, deleted ones too, with everything and their descriptors."""


@dataclass(frozen=True, slots=True)
class Line:
    """One object of the text. ``values`` are texts; ``flags`` are words without ``=``."""

    kind: str
    path: str
    deleted: bool
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()


def read_line(text: str) -> Line:
    """Read one line; raise ``AssertionError`` for what is none."""
    head, *words = text.strip().split(" | ")
    kind, _, path = head.partition(" ")
    deleted = kind == "deleted"
    if deleted:
        kind, _, path = path.partition(" ")
    assert kind in CLASSES, f"not an object: {text}"
    values: dict[str, tuple[str, ...]] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            values[name] = (*values.get(name, ()), value)
    flags = frozenset(word for word in words if "=" not in word)
    known = {"disabled", "no-password", "protected", *GROUP_TYPES}
    assert flags <= known, f"no such flag: {sorted(flags - known)}"
    return Line(kind, path, deleted, values, flags)


def name_of(path: str, kind: str, root: str) -> str:
    r"""Return the DN of ``People/Staff/Ada``; ``\/`` is a slash within a name."""
    *above, own = (part.replace("\\/", "/") for part in re.split(r"(?<!\\)/", path))
    found = root
    for part in above:
        rdn_type, value = part.split("=", 1) if part.startswith("CN=") else ("OU", part)
        found = dn.child(found, rdn_type, value)
    return dn.child(found, "OU" if kind == "ou" else "CN", own)


def seed(hands: Hands, lines: Iterable[str], root: str) -> None:
    """Make the objects of a text: containers first, then the rest, then what refers to them, then what is deleted."""
    found = [read_line(line) for line in lines]
    ordered = sorted(found, key=lambda line: (line.kind != "ou", line.path.count("/")))
    paths = {(line.kind, line.path): name_of(line.path, line.kind, root) for line in found}
    for line in ordered:
        hands.add(paths[line.kind, line.path], [CLASSES[line.kind]], dict(_born_with(line)))
    for line in ordered:
        linked = {
            name: [name_of(value, "user", root).encode() for value in given]
            for name, given in line.values.items()
            if name in REFERENCES
        }
        if linked:
            hands.replace(paths[line.kind, line.path], linked)
    for line in ordered:
        if "protected" in line.flags:
            _protect(hands, paths[line.kind, line.path])
        if line.deleted:
            hands.delete(paths[line.kind, line.path])


def _born_with(line: Line) -> Iterator[tuple[str, list[bytes]]]:
    own = re.split(r"(?<!\\)/", line.path)[-1].replace("\\/", "/")
    if line.kind in ("user", "group") and "sAMAccountName" not in line.values:
        yield "sAMAccountName", [own.encode()]
    for name, given in line.values.items():
        if name not in REFERENCES:
            yield name, [bytes_of(value) for value in given]
    if line.kind == "user":
        if "no-password" not in line.flags:
            yield "unicodePwd", [PASSWORD]
        if "userAccountControl" not in line.values:
            yield "userAccountControl", [b"514" if line.flags & {"disabled", "no-password"} else b"512"]
    if line.kind == "group":
        words = next(iter(line.flags & set(GROUP_TYPES)), "global security")
        yield "groupType", [str(GROUP_TYPES[words]).encode()]


def _protect(hands: Hands, name: str) -> None:
    """Deny Everyone deletion, on the object and on its parent (MS-ADTS 5.1.3)."""
    held = {dn.key(found): values for found, values in hands.objects()}
    for target, mask in ((name, security.PROTECTION), (dn.parent(name), security.DELETE_CHILD)):
        raw = held[dn.key(target)]["nTSecurityDescriptor"][0]
        hands.replace(target, {"nTSecurityDescriptor": [security.Descriptor.parse(raw).deny_everyone(mask).build()]})


def describe(objects: Iterable[Raw], root: str) -> dict[str, str]:
    """Return a line for every object, by ``objectGUID``, in the order of their places, deleted ones last."""
    found = [(_guid(values), *_line(name, values, root)) for name, values in objects]
    return {guid: text for guid, _, text in sorted(found, key=lambda item: item[1:])}


def place_of(line: str) -> str:
    """Return the path in a line about an object."""
    return line.partition(" | ")[0].removeprefix("deleted ").partition(" ")[2]


def _line(name: str, values: Values, root: str) -> tuple[tuple[object, ...], str]:
    deleted = list(values.get("isDeleted", ())) == [b"TRUE"]
    kind = _kind(values)
    path = dn.parse(name)[0].value.partition("\n")[0] if deleted else path_of(name, root)
    words = [("deleted " if deleted else "") + f"{kind} {path}"]
    own = dn.parse(name)[0].value.partition("\n")[0]
    account = _texts("sAMAccountName", values.get("sAMAccountName", ()), root)
    if account and account[0] != own:
        words.append(f"sAMAccountName={account[0]}")
    for attribute in sorted(values, key=str.lower):
        raw = values[attribute]
        if attribute.lower() in SERVER_KEPT or set(raw) <= NOTHING_SPECIAL.get(attribute.lower(), set()):
            continue
        words += [f"{attribute}={text}" for text in _texts(attribute, raw, root)]
    words += _flags(kind, values, deleted)
    return (deleted, tuple(part.lower() for part in re.split(r"(?<!\\)/", path)), words[0]), " | ".join(words)


def _flags(kind: str, values: Values, deleted: bool) -> Iterator[str]:
    if kind == "group" and values.get("groupType"):
        number = int(values["groupType"][0])
        yield next((words for words, known in GROUP_TYPES.items() if known == number), f"groupType={number}")
    if kind == "user" and not deleted:
        control = int(values["userAccountControl"][0])
        if control & ~2 != 512:
            yield f"userAccountControl={control}"
        if control & 2:
            yield "disabled"
        if values.get("pwdLastSet", [b"0"])[0] == b"0":
            yield "no-password"
    descriptor = values.get("nTSecurityDescriptor")
    if descriptor and security.is_protected(bytes(descriptor[0])):
        yield "protected"


def path_of(name: str, root: str) -> str:
    """Return ``People/Staff/Ada`` for a DN below ``root``; other DNs stay as they are."""
    if not dn.is_under(name, root):
        return name
    own, *above = dn.parse(name)[: len(dn.parse(name)) - len(dn.parse(root))]
    parts = [rdn.value if rdn.type.upper() == "OU" else f"{rdn.type}={rdn.value}" for rdn in reversed(above)]
    return "/".join(part.replace("/", "\\/") for part in (*parts, own.value))


def _kind(values: Values) -> str:
    classes = {value.decode().lower() for value in values["objectClass"]}
    return next(kind for kind in ("computer", "user", "group", "contact", "ou") if CLASSES[kind].lower() in classes)


def _texts(attribute: str, raw: Iterable[bytes], root: str) -> list[str]:
    return sorted(_text(attribute, bytes(value), root) for value in raw)


def _text(attribute: str, value: bytes, root: str) -> str:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return f"hex:{value.hex()}"
    if attribute in BINARY:
        return f"hex:{value.hex()}"
    if attribute in REFERENCES:
        return path_of(text, root)
    return text.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")


def bytes_of(text: str) -> bytes:
    """Read a value as texts show it."""
    if text.startswith("hex:"):
        return bytes.fromhex(text[4:])
    plain = {"\\\\": "\\", "\\r": "\r", "\\n": "\n"}
    return re.sub(r"\\[\\rn]", lambda match: plain[match[0]], text).encode()


def _guid(values: Values) -> str:
    return str(UUID(bytes_le=bytes(values["objectGUID"][0])))
