"""Filling a domain with objects as they are elsewhere: from LDIF, from a snapshot, from what a plan has read.

What nobody may write is taken over (identifiers, times, userAccountControl as it is). What cannot be is said: a tree
with a gap, and two objects with one name.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from idcode.directories.ad import security
from idcode.directories.ad import values as wire
from idcode.directories.ad.constants import (
    MARK_PREFIX,
    PSEUDO_ATTRIBUTES,
    SECRET_ATTRIBUTES,
    UAC_DISABLED,
    UAC_NORMAL_ACCOUNT,
)
from idcode.directories.ad.entries import group_type
from idcode.directories.ad.schema import AdSchema
from idcode.directories.sandbox import access, accounts, born
from idcode.directories.sandbox.classes import class_of, most_specific
from idcode.directories.sandbox.domain import Domain
from idcode.directories.sandbox.draft import Draft
from idcode.directories.sandbox.results import Refused
from idcode.directories.sandbox.tree import Guid, Node, Tree
from idcode.directories.sandbox.values import foreign_sid, well_formed
from idcode.directories.sandbox.view import MADE_UP, back_links
from idcode.model import dn
from idcode.model.errors import DirectoryError
from idcode.model.records import LiveObject
from idcode.model.schema import Kind
from idcode.model.syntax import text_of
from idcode.model.values import Scalar

DnKey = tuple[tuple[str, str], ...]
_UNIQUE = ("samaccountname", "userprincipalname")
_LONG_AGO = b"126227808000000000"
"""pwdLastSet of an account that has a password, where nobody has read since when: the year 2001."""


@dataclass(frozen=True, slots=True)
class Seed:
    """An object to be: its DN, and raw values by attribute name (any case) as a search shows them."""

    dn: str
    attributes: Mapping[str, Sequence[bytes]]


def load(domain: Domain, seeds: Iterable[Seed]) -> int:
    """Put ``seeds`` into ``domain``, which is not kept in a file yet, and return how many references were left out.

    Those are references to objects that are neither among the seeds nor in the domain. A seed takes the place of the
    object that has its DN, its objectGUID or its sAMAccountName already, as those do that a domain is born with. Raises
    ``DirectoryError``, naming the DN, for what cannot be loaded; the domain is as it was then.
    """
    if domain.keeper is not None:
        raise ValueError("a domain is filled before it is kept")
    nursery = _Nursery(domain)
    for seed in sorted(seeds, key=lambda one: len(_key(one.dn))):
        nursery.plant(seed)
    return nursery.settle()


def seed_of(live: LiveObject, schema: AdSchema, mark_in: str) -> Seed:
    """Return an object as it was read (``mark_in``: the attribute of idcode's mark) in the form of a seed.

    What was not read is made up where an object cannot be without it.
    """
    attributes: dict[str, Sequence[bytes]] = {}
    for name, found in live.attributes.items():
        if name not in PSEUDO_ATTRIBUTES:
            attributes[name] = [_raw(value, schema.attributes.kind(name)) for value in found]
    attributes["objectGUID"] = [wire.guid_bytes(live.anchor)]
    attributes.setdefault("objectClass", [_CLASS_OF[live.object_type]])
    if live.deleted:
        attributes["isDeleted"] = [b"TRUE"]
    if live.mark:
        attributes[mark_in] = [(MARK_PREFIX + live.mark).encode("ascii")]
    if live.protected:
        attributes["nTSecurityDescriptor"] = [access.DEFAULT.deny_everyone(security.PROTECTION).build()]
    if live.enabled is not None:
        usual = accounts.WORKSTATION if live.object_type == "computer" else UAC_NORMAL_ACCOUNT
        control = usual | (0 if live.enabled else UAC_DISABLED)
        attributes.setdefault("userAccountControl", [str(control).encode("ascii")])
        attributes.setdefault("pwdLastSet", [b"0" if live.needs_password else _LONG_AGO])
    if live.get("category") and live.get("scope"):
        number = group_type(text_of(live.get("category")[0]), text_of(live.get("scope")[0]))
        attributes.setdefault("groupType", [str(number).encode("ascii")])
    return Seed(live.dn, attributes)


_CLASS_OF = {
    "user": b"user",
    "computer": b"computer",
    "group": b"group",
    "contact": b"contact",
    "ou": b"organizationalUnit",
    "other": b"container",
}


_CONTAINER = most_specific(["container"])


class _Nursery:
    """The domain as it will be. Objects that a seed replaces keep their old GUID in ``_became`` until the end."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._schema = domain.schema
        self._nodes = dict(domain.tree.nodes)
        self._places: dict[DnKey, Guid] = {_key(domain.tree.dn(node)): guid for guid, node in self._nodes.items()}
        self._dns: dict[Guid, str] = {}  # of the seeds
        self._became: dict[Guid, Guid] = {}
        self._references: list[tuple[Guid, str, bytes]] = []
        self._sid = domain.sid
        self._follows = {*MADE_UP, *back_links(self._schema), *SECRET_ATTRIBUTES} - {"objectguid"}

    def plant(self, seed: Seed) -> None:
        """Take in one object, whose container is there already."""
        key = _key(seed.dn)
        root = key == _key(self._domain.root_dn)
        parent = None if root else self._places.get(key[1:])
        if parent is None and not root:
            raise DirectoryError(
                f"{seed.dn} cannot be loaded: its container is neither in the domain nor among the objects",
                "Add the container, or leave the object out.",
            )
        rdn = dn.parse(seed.dn)[0]
        values, references = self._sorted(seed)
        (guid,) = values.pop("objectguid", (uuid.uuid4().bytes_le,))
        if guid in self._dns:
            raise _doubled(seed.dn, self._dns[guid], "objectGUID")
        replaced = self._replaced(key, guid, values)
        if replaced in self._dns:
            raise _doubled(seed.dn, self._dns[replaced], "name")
        if replaced is not None:
            before = self._nodes.pop(replaced).values
            if class_of(values) is _CONTAINER:
                values["objectclass"] = before["objectclass"]  # reads call every kind of container so
            values = {**before, **values}
            self._became[replaced] = guid
        if root and "objectsid" in values:
            self._sid = wire.sid_text(values["objectsid"][0])
        self._nodes[guid] = Node(guid, parent, rdn.type.upper(), rdn.value, values)
        self._places[key] = guid
        self._dns[guid] = seed.dn
        self._references += [(guid, name, raw) for name, found in references.items() for raw in found]

    def settle(self) -> int:
        """Put everything into the domain; see :func:`load`."""
        dropped = self._refer()
        self._renumber()
        draft = Draft(
            Tree(self._domain.root_dn, self._schema), self._sid, self._highest_rid(), self._domain.recycle_bin
        )
        usn = str(self._domain.usn + 1).encode("ascii")
        stamps = {"usncreated": usn, "usnchanged": usn, "whencreated": draft.time, "whenchanged": draft.time}
        for node in self._nodes.values():
            missing = {name: (raw,) for name, raw in stamps.items() if name not in node.values}
            is_graveyard = node.deleted and node.parent is not None and self._nodes[node.parent].parent is None
            fresh = node.setting(missing)
            draft.tree.put(fresh if is_graveyard else _completed(draft, fresh))
        self._check_unique(draft.tree)
        domain = self._domain
        domain.tree, domain.sid, domain.rid, domain.usn = draft.tree, draft.sid, draft.rid, domain.usn + 1
        return dropped

    def _sorted(self, seed: Seed) -> tuple[dict[str, tuple[bytes, ...]], dict[str, Sequence[bytes]]]:
        """Return plain values and references of a seed; what follows from other things is left out."""
        values: dict[str, tuple[bytes, ...]] = {}
        references: dict[str, Sequence[bytes]] = {}
        for name, found in seed.attributes.items():
            known = self._schema.attributes.find(name)
            if known is None:
                raise DirectoryError(
                    f"{seed.dn} cannot be loaded: the schema has no attribute {name}",
                    "Leave it out, or use --exchange where it is one of Exchange's.",
                )
            folded = known.name.lower()
            if not found or folded in self._follows or folded == dn.parse(seed.dn)[0].type.lower():
                continue
            if known.single and len(found) > 1 and folded != "description":  # which is single on accounts only
                raise DirectoryError(f"{seed.dn} cannot be loaded: {name} has {len(found)} values, and may have one")
            if known.kind is Kind.REFERENCE:
                references[folded] = found
                continue
            try:
                values[folded] = tuple(well_formed(known.kind, bytes(raw)) for raw in found)
                if folded == access.DESCRIPTOR:
                    security.Descriptor.parse(values[folded][0])
            except (Refused, ValueError):
                raise DirectoryError(f"{seed.dn} cannot be loaded: a value of {name} is malformed") from None
        return self._classified(seed, values), references

    def _classified(self, seed: Seed, values: dict[str, tuple[bytes, ...]]) -> dict[str, tuple[bytes, ...]]:
        names = [raw.decode("utf-8", "replace") for raw in values.get("objectclass", ())]
        if not names:
            raise DirectoryError(f"{seed.dn} cannot be loaded: it has no objectClass", "Add objectClass to it.")
        kind = class_of(values)
        if kind is not None and {name.lower() for name in names} <= {name.lower() for name in kind.chain}:
            values["objectclass"] = tuple(name.encode("ascii") for name in kind.chain)
        return values

    def _replaced(self, key: DnKey, guid: Guid, values: Mapping[str, tuple[bytes, ...]]) -> Guid | None:
        """Return the object of the domain in whose place a seed comes."""
        if guid in self._nodes:
            return guid
        there = self._nodes.get(self._places.get(key, b""))
        if there is not None and (class_of(values) in (class_of(there.values), _CONTAINER)):
            return self._places[key]
        for raw in values.get(accounts.NAME, ()) if "isdeleted" not in values else ():
            for node in self._domain.tree.find(accounts.NAME, self._domain.tree.value_key(accounts.NAME, raw)):
                if not node.deleted and node.guid in self._nodes and node.guid not in self._dns:
                    return node.guid
        return None

    def _refer(self) -> int:
        """Turn names of other objects into references to them; return how many are of objects that are not there."""
        found: dict[Guid, dict[str, dict[Guid, None]]] = {guid: {} for guid in self._dns}
        dropped = 0
        for guid, name, raw in self._references:
            try:
                target = self._target(raw)
            except ValueError:
                raise DirectoryError(f"{self._dns[guid]} cannot be loaded: a value of {name} is malformed") from None
            if target is None or (name in self._schema.links and self._is_gone(target)):
                dropped += 1
            else:
                found[guid].setdefault(name, {})[target] = None
        for guid, node in self._nodes.items():
            parent = node.parent and self._became.get(node.parent, node.parent)
            kept = {
                name: {self._became.get(target, target): None for target in targets}
                for name, targets in node.references.items()
            }
            self._nodes[guid] = Node(guid, parent, node.rdn_type, node.name, node.values, found.get(guid, kept))
        return dropped

    def _target(self, raw: bytes) -> Guid | None:
        text = raw.decode("utf-8", "replace")
        guid = wire.guid_bytes(text[6:42]) if text.upper().startswith("<GUID=") else self._places.get(dn.key(text))
        if guid is None:
            return self._foreign(text)
        guid = self._became.get(guid, guid)
        return guid if guid in self._nodes else None

    def _foreign(self, text: str) -> Guid | None:
        """Return the object that stands for a SID of elsewhere; readers of the domain pass it by."""
        key = dn.key(text)
        container = self._places.get(key[1:])
        sid = foreign_sid(f"<SID={key[0][1]}>".encode()) if key else None
        if container is None or key[1:2] != (("cn", "foreignsecurityprincipals"),) or sid is None:
            return None
        node = born.foreign_principal(self._became.get(container, container), sid)
        self._nodes[node.guid] = node
        self._places[key] = node.guid
        return node.guid

    def _is_gone(self, guid: Guid) -> bool:
        """Whether links to an object are gone with it, as they are where there is no recycle bin."""
        return self._nodes[guid].deleted and not self._domain.recycle_bin

    def _renumber(self) -> None:
        """Give what the domain was born with the domain's SID, where a seed has brought another one."""
        old = self._domain.sid
        if self._sid == old:
            return
        for guid, node in self._nodes.items():
            raw = node.first("objectsid")
            if raw and guid not in self._dns and wire.sid_text(raw).startswith(f"{old}-"):
                moved = self._sid + wire.sid_text(raw).removeprefix(old)
                self._nodes[guid] = node.setting({"objectsid": (wire.sid_bytes(moved),)})

    def _highest_rid(self) -> int:
        texts = (wire.sid_text(raw) for node in self._nodes.values() for raw in node.values.get("objectsid", ()))
        own = (int(text.rpartition("-")[2]) for text in texts if text.startswith(f"{self._sid}-"))
        return max([*own, self._domain.rid])

    def _check_unique(self, tree: Tree) -> None:
        names: dict[tuple[Guid | None, str, str], str] = {}
        for node in tree.nodes.values():
            place = (node.parent, node.rdn_type, node.name.lower())
            if place in names:
                raise _doubled(tree.dn(node), names[place], "name")
            names[place] = tree.dn(node)
            for name in _UNIQUE if not node.deleted else ():
                for raw in node.values.get(name, ()):
                    for other in tree.find(name, tree.value_key(name, raw)):
                        if other.guid != node.guid and not other.deleted:
                            raise _doubled(tree.dn(node), tree.dn(other), self._schema.attributes.spelled(name))


def _completed(draft: Draft, node: Node) -> Node:
    """Give an object what it cannot be without."""
    if node.deleted:
        return node if draft.recycle_bin else node.setting({"isrecycled": (b"TRUE",)})
    node = accounts.settled(draft, None, accounts.born(draft, node), ())
    if not accounts.is_account(node):
        return node
    usable = not node.number(accounts.CONTROL) & (UAC_DISABLED | accounts.PASSWORD_NOT_REQUIRED)
    if usable or node.number(accounts.PASSWORD_SET):
        node = node.setting({accounts.PASSWORD: (accounts.HELD,)})
    return node


def _key(text: str) -> DnKey:
    try:
        return dn.key(text)
    except ValueError as error:
        raise DirectoryError(f"{text!r} cannot be loaded: {error}") from None


def _raw(value: Scalar, kind: Kind) -> bytes:
    try:
        return wire.encode(value, kind)
    except ValueError:
        return text_of(value).encode("utf-8")


def _doubled(one: str, other: str, what: str) -> DirectoryError:
    return DirectoryError(
        f"{one} cannot be loaded: {other} has the same {what}", "Leave one of them out: a domain has only one."
    )
