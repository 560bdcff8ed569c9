"""Objects as searches show them: values that are kept, and values that are made up on reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from idcode.directories.ad import values as wire
from idcode.directories.ad.constants import GROUP_SECURITY, SECRET_ATTRIBUTES
from idcode.directories.ad.schema import AdSchema
from idcode.directories.sandbox import access, groups
from idcode.directories.sandbox.accounts import CONTROL, SERVER, WORKSTATION
from idcode.directories.sandbox.classes import class_of
from idcode.directories.sandbox.tree import Guid, Node, Tree
from idcode.model import dn

_HIDDEN = SECRET_ATTRIBUTES | {access.DESCRIPTOR}
_ALWAYS = ("distinguishedname", "name", "objectcategory", "objectguid", "samaccounttype")
"""Made up here, but shown like attributes that are kept."""


@dataclass(frozen=True, slots=True)
class Form:
    """How values are to be written.

    ``extended`` puts GUID and SID before names (LDAP_SERVER_EXTENDED_DN_OID, MS-ADTS 3.1.1.3.4.1.5), ``hexadecimal``
    as digits; ``descriptor_parts`` says which parts of security descriptors are wanted.
    """

    extended: bool = False
    hexadecimal: bool = False
    descriptor_parts: int = access.EVERYTHING


class View:
    """The objects of a domain, attribute by attribute."""

    def __init__(self, tree: Tree, form: Form = Form()) -> None:
        self._tree = tree
        self._form = form
        self._back = back_links(tree.schema)

    def dn(self, node: Node) -> str:
        """Return an object's DN in the wanted form."""
        plain = self._tree.dn(node)
        if not self._form.extended:
            return plain
        sid = node.first("objectsid")
        if self._form.hexadecimal:
            guid, own = node.guid.hex(), (sid or b"").hex()
        else:
            guid, own = wire.guid_text(node.guid), wire.sid_text(sid) if sid else ""
        return f"<GUID={guid}>;" + (f"<SID={own}>;" if sid else "") + plain

    def values(self, node: Node, name: str) -> Sequence[bytes]:
        """Return the values of an attribute (lower case), whether kept or made up; secrets have none."""
        found = node.values.get(name)
        if found is not None:
            return found if name not in _HIDDEN else self._descriptor(node, name)
        if name in node.references:
            return self._references(node, name)
        if name in self._back:
            return self._referring(node, name)
        if name == access.DESCRIPTOR:
            return self._descriptor(node, name)
        if name == node.rdn_type.lower():
            return (node.name.encode("utf-8"),)
        made_up = MADE_UP.get(name)
        return made_up(self, node) if made_up else ()

    def names(self, node: Node) -> Iterable[str]:
        """Return the attributes (lower case) that a search for all of them shows; some may have no values."""
        kept = (name for name in node.values if name not in _HIDDEN)
        forward = self._tree.all_referring(node.guid)
        back = (name for name, known in self._back.items() if known in forward)
        return [*kept, *node.references, *back, *_ALWAYS, node.rdn_type.lower()]

    def _references(self, node: Node, name: str) -> Sequence[bytes]:
        """Return references; links to deleted objects, or of them, do not show (MS-ADTS 3.1.1.1.6)."""
        linked = name in self._tree.schema.links
        if linked and node.deleted:
            return ()
        targets = (self._tree.nodes[guid] for guid in node.references[name])
        return [self.dn(target).encode("utf-8") for target in targets if not (linked and target.deleted)]

    def _referring(self, node: Node, name: str) -> Sequence[bytes]:
        if node.deleted:
            return ()
        holders = self._tree.in_order(self._tree.referring(node.guid, self._back[name]))
        return [self.dn(holder).encode("utf-8") for holder in holders if not holder.deleted]

    def _descriptor(self, node: Node, name: str) -> Sequence[bytes]:
        if name != access.DESCRIPTOR:
            return ()
        return (access.shown(node, self._form.descriptor_parts),)

    def _category(self, node: Node) -> Sequence[bytes]:
        kind = class_of(node.values)
        if kind is None or node.deleted:
            return ()
        return (f"CN={kind.category},CN=Schema,CN=Configuration,{self._tree.root_dn}".encode(),)

    def _canonical(self, node: Node) -> Sequence[bytes]:
        plain = dn.parse(self._tree.dn(node))
        depth = len(dn.parse(self._tree.root_dn))
        domain = ".".join(rdn.value for rdn in plain[len(plain) - depth :])
        path = "/".join(rdn.value.replace("/", "\\/") for rdn in reversed(plain[: len(plain) - depth]))
        return (f"{domain}/{path}".encode(),)

    def _parent(self, node: Node) -> Sequence[Guid]:
        return (node.parent,) if node.parent else ()


def back_links(schema: AdSchema) -> dict[str, str]:
    """Return back link → forward link, both in lower case."""
    return {back: forward for forward, back in schema.links.items() if back}


def _account_type(_: View, node: Node) -> Sequence[bytes]:
    """Return sAMAccountType, which follows from the other types (MS-SAMR 3.1.1.6)."""
    if node.deleted:
        return ()
    if "user" in node.classes:
        return (b"805306369" if node.number(CONTROL) & (WORKSTATION | SERVER) else b"805306368",)
    if "group" not in node.classes:
        return ()
    bits = node.number("grouptype")
    local = 0x10000000 if bits & groups.LOCAL else 0
    return (str(0x10000000 + local + (0 if bits & GROUP_SECURITY else 1)).encode(),)


def _token(_: View, node: Node) -> Sequence[bytes]:
    sid = node.first("objectsid")
    return (str(int.from_bytes(sid[-4:], "little")).encode(),) if sid and "group" in node.classes else ()


MADE_UP: Mapping[str, Callable[[View, Node], Sequence[bytes]]] = {
    "canonicalname": View._canonical,
    "distinguishedname": lambda view, node: (view.dn(node).encode("utf-8"),),
    "name": lambda _, node: (node.name.encode("utf-8"),),
    "objectcategory": View._category,
    "objectguid": lambda _, node: (node.guid,),
    "parentguid": View._parent,
    "primarygrouptoken": _token,
    "samaccounttype": _account_type,
}
"""Attributes (lower case) that no object keeps: they follow from its place and its other values."""
