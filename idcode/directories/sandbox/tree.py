"""The objects of a domain: where they are, how they are found, and who refers to whom.

Objects refer to one another by objectGUID, so that names follow every rename, and renaming a container touches that
container only.
"""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from idcode.directories.ad import values as wire
from idcode.directories.ad.schema import AdSchema
from idcode.directories.sandbox.results import bad_name
from idcode.model import dn
from idcode.model.syntax import key

Guid = bytes
INDEXED = ("objectsid", "samaccountname", "serviceprincipalname", "userprincipalname")
"""Attributes by whose values objects are found at once (lower case)."""
_NONE: Mapping[Guid, None] = {}


@dataclass(frozen=True, slots=True)
class Node:
    """One object, deleted ones included. Names of attributes are in lower case.

    ``references`` holds the attributes that name other objects: GUIDs as the keys of a dictionary, in the order in
    which they were written. A node never changes; an operation puts another one in its place.
    """

    guid: Guid
    parent: Guid | None
    rdn_type: str
    name: str
    values: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    references: Mapping[str, Mapping[Guid, None]] = field(default_factory=dict)

    def first(self, name: str) -> bytes | None:
        """Return the first value of an attribute that is no reference."""
        found = self.values.get(name)
        return found[0] if found else None

    def number(self, name: str, default: int = 0) -> int:
        """Return the first value of an integer attribute."""
        raw = self.first(name)
        return default if raw is None else int(raw)

    def refers(self, name: str) -> Mapping[Guid, None]:
        """Return the GUIDs that a reference attribute holds."""
        return self.references.get(name, _NONE)

    @property
    def classes(self) -> frozenset[str]:
        """The object's classes, in lower case."""
        return _lowered(self.values.get("objectclass", ()))

    @property
    def deleted(self) -> bool:
        """Whether it shows only to those who ask for deleted objects."""
        return self.first("isdeleted") == b"TRUE"

    def setting(self, changes: Mapping[str, Iterable[bytes]]) -> Node:
        """Return it with other values; none takes the attribute away."""
        merged = {**self.values, **{name: tuple(found) for name, found in changes.items()}}
        kept = {name: found for name, found in merged.items() if found}
        return Node(self.guid, self.parent, self.rdn_type, self.name, kept, self.references)

    def referring(self, changes: Mapping[str, Iterable[Guid]]) -> Node:
        """Return it with other references; none takes the attribute away."""
        merged = {**self.references, **{name: dict.fromkeys(found) for name, found in changes.items()}}
        kept = {name: found for name, found in merged.items() if found}
        return Node(self.guid, self.parent, self.rdn_type, self.name, self.values, kept)

    def placed(self, parent: Guid | None, rdn_type: str, name: str) -> Node:
        """Return it under another name or below another container."""
        return Node(self.guid, parent, rdn_type, name, self.values, self.references)


@lru_cache(maxsize=256)
def _lowered(raws: tuple[bytes, ...]) -> frozenset[str]:
    return frozenset(raw.decode("utf-8").lower() for raw in raws)


class Tree:
    """All objects below ``root_dn``, in the order in which they came to be."""

    def __init__(self, root_dn: str, schema: AdSchema) -> None:
        self.root_dn = root_dn
        self.schema = schema
        self.nodes: dict[Guid, Node] = {}
        self._order: dict[Guid, int] = {}
        self._root_key = dn.key(root_dn)
        self._root: Guid | None = None
        self._containers: dict[Guid, str] = {}
        self._children: dict[Guid, dict[tuple[str, str], Guid]] = {}
        self._index: dict[str, dict[Hashable, dict[Guid, None]]] = {name: {} for name in INDEXED}
        self._referred: dict[Guid, dict[str, dict[Guid, None]]] = {}

    @property
    def root(self) -> Node:
        """The domain object itself."""
        assert self._root is not None
        return self.nodes[self._root]

    def dn(self, node: Node) -> str:
        """Return where an object is."""
        nameless = [node]
        while (above := nameless[-1].parent) is not None and above not in self._containers:
            nameless.append(self.nodes[above])
        text = self.root_dn if above is None else self._containers[above]
        for each in reversed(nameless):
            if each.parent is not None:
                text = f"{each.rdn_type}={dn.escape(each.name)},{text}"
            if each is not node:
                self._containers[each.guid] = text
        return text

    def children(self, node: Node) -> Iterator[Node]:
        """Yield the objects right below one, deleted ones included."""
        return iter(self.in_order(self._children.get(node.guid, {}).values()))

    def below(self, node: Node) -> Iterator[Node]:
        """Yield an object and everything below it."""
        if node.parent is None:
            yield from self.nodes.values()
            return
        found = [node.guid]
        for guid in found:  # grows meanwhile
            found += self._children.get(guid, {}).values()
        yield from self.in_order(found)

    def is_below(self, node: Node, container: Node) -> bool:
        """Whether ``node`` is ``container`` or somewhere below it."""
        while node.guid != container.guid:
            if node.parent is None:
                return False
            node = self.nodes[node.parent]
        return True

    def child(self, parent: Guid, rdn_type: str, name: str) -> Node | None:
        """Return the object with this name right below ``parent``; case does not count."""
        guid = self._children.get(parent, {}).get((rdn_type.lower(), name.lower()))
        return None if guid is None else self.nodes[guid]

    def is_whole(self) -> bool:
        """Whether everything is below the domain object, and every reference leads to something."""
        seen = 0
        todo = [self._root] if self._root else []
        while todo:
            seen += 1
            todo += self._children.get(todo.pop(), {}).values()
        return self._root is not None and seen == len(self.nodes) and self._referred.keys() <= self.nodes.keys()

    def walk(self, text: str) -> tuple[Node | None, str]:
        """Return the object with this DN, and the innermost container of it that exists (``""``: none).

        Raises :class:`Refused` for what is no DN.
        """
        try:
            parsed = dn.parse(text)
        except ValueError:
            raise bad_name(text) from None
        depth = len(self._root_key)
        if dn.key(text)[len(parsed) - depth :] != self._root_key or len(parsed) < depth:
            return None, ""
        node = self.root
        for rdn in reversed(parsed[: len(parsed) - depth]):
            following = self.child(node.guid, rdn.type, rdn.value)
            if following is None:
                return None, self.dn(node)
            node = following
        return node, self.dn(node)

    def find(self, name: str, wanted: Hashable) -> list[Node]:
        """Return the objects that hold a value of an indexed attribute, by its key (``model/syntax.py``)."""
        return [self.nodes[guid] for guid in self._index[name].get(wanted, ())]

    def in_order(self, guids: Iterable[Guid]) -> list[Node]:
        """Return objects in the order in which they came to be."""
        return [self.nodes[guid] for guid in sorted(guids, key=self._order.__getitem__)]

    def value_key(self, name: str, raw: bytes) -> Hashable:
        """Return what all spellings of one value have in common; spaces around text do not count."""
        kind = self.schema.attributes.kind(name)
        found = key(wire.decode(raw, kind), kind)
        return found.strip(" ") if isinstance(found, str) else found

    def by_guid(self, text: str) -> Node | None:
        """Return the object with this objectGUID in its dashed form."""
        try:
            return self.nodes.get(uuid.UUID(text).bytes_le)
        except ValueError:
            return None

    def referring(self, guid: Guid, name: str) -> Iterable[Guid]:
        """Return the objects whose attribute ``name`` refers to ``guid``."""
        return self._referred.get(guid, {}).get(name, _NONE)

    def all_referring(self, guid: Guid) -> Mapping[str, Mapping[Guid, None]]:
        """Return attribute → the objects whose attribute refers to ``guid``."""
        return self._referred.get(guid, {})

    def put(self, node: Node) -> None:
        """Put an object in, in place of the one with the same GUID."""
        old = self.nodes.get(node.guid)
        self.nodes[node.guid] = node
        self._order.setdefault(node.guid, len(self._order))
        if node.parent is None:
            self._root = node.guid
        elif old is None or (old.parent, old.rdn_type, old.name) != (node.parent, node.rdn_type, node.name):
            if old is not None and old.parent is not None:
                del self._children[old.parent][old.rdn_type.lower(), old.name.lower()]
            if node.guid in self._containers:
                self._containers.clear()
            self._children.setdefault(node.parent, {})[node.rdn_type.lower(), node.name.lower()] = node.guid
        for name in INDEXED:
            self._index_values(name, node.guid, old.values.get(name, ()) if old else (), node.values.get(name, ()))
        for name in {*node.references, *(old.references if old else ())}:
            self._index_references(name, node.guid, old.refers(name) if old else _NONE, node.refers(name))

    def _index_values(self, name: str, guid: Guid, before: tuple[bytes, ...], after: tuple[bytes, ...]) -> None:
        if before == after:
            return
        index = self._index[name]
        for raw in before:
            index.get(self.value_key(name, raw), {}).pop(guid, None)
        for raw in after:
            index.setdefault(self.value_key(name, raw), {})[guid] = None

    def _index_references(self, name: str, guid: Guid, before: Mapping[Guid, None], after: Mapping[Guid, None]) -> None:
        if before is after:
            return
        for target in before.keys() - after.keys():
            self._referred[target][name].pop(guid)
        for target in after:
            if target not in before:
                self._referred.setdefault(target, {}).setdefault(name, {})[guid] = None
