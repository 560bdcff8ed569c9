"""Deleting objects, what stays of them, and bringing them back (MS-ADTS 3.1.1.5.5, 3.1.1.5.3.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from idcode.directories.ad.constants import UAC_DISABLED, UAC_NORMAL_ACCOUNT
from idcode.directories.ad.operations import Modification
from idcode.directories.ad.values import guid_text
from idcode.directories.sandbox import access, accounts, groups, modifying, names, results
from idcode.directories.sandbox.classes import class_of
from idcode.directories.sandbox.draft import Draft
from idcode.directories.sandbox.moving import NO_DELETE
from idcode.directories.sandbox.results import bad_name, unwilling, update_error
from idcode.directories.sandbox.tree import Node
from idcode.model import dn

LAST_NAME, LAST_PARENT = "msds-lastknownrdn", "lastknownparent"
_PLACE = "Deleted Objects"
_KEPT = frozenset(
    {
        "dnshostname", "grouptype", "instancetype", "isdeleted", "legacyexchangedn", "ms-ds-creatorsid",
        "ntsecuritydescriptor", "objectclass", "objectsid", "samaccountname", "sidhistory", "systemflags",
        "useraccountcontrol", "usnchanged", "usncreated", "whenchanged", "whencreated", LAST_NAME,
    }
)  # fmt: skip
"""What a tombstone keeps (MS-ADTS 3.1.1.5.5.1.1), as far as objects here have it."""


def delete(draft: Draft, node: Node) -> None:
    """Make a deleted object of ``node``: a tombstone, or with the recycle bin one that keeps everything."""
    if node.parent is None or node.first("iscriticalsystemobject") == b"TRUE" or node.number("systemflags") & NO_DELETE:
        raise unwilling(results.CANNOT_DELETE)
    if any(not child.deleted for child in draft.tree.children(node)):
        raise update_error(66, results.NON_LEAF)
    if "group" in node.classes and groups.has_primary_members(draft, node):
        raise unwilling(results.PRIMARY_MEMBERS)
    access.check_removable(draft, node)
    parent = node.parent
    place = draft.tree.child(draft.tree.root.guid, "CN", _PLACE)
    assert place is not None
    if not draft.recycle_bin:
        _unlink(draft, node)
        node = _tombstone(node)
    node = node.setting({"isdeleted": (b"TRUE",), LAST_NAME: (node.name.encode("utf-8"),)})
    node = node.referring({LAST_PARENT: (parent,)})
    draft.put(node.placed(place.guid, node.rdn_type, f"{node.name}\nDEL:{guid_text(node.guid)}"))


def is_undelete(changes: Mapping[str, Sequence[Modification]]) -> bool:
    """Whether a modify is one that brings a deleted object back: isDeleted removed, distinguishedName replaced."""
    kinds = {name.lower(): [kind for kind, _ in steps] for name, steps in changes.items()}
    return kinds.get("isdeleted") == ["delete"] and kinds.get("distinguishedname") == ["replace"]


def undelete(draft: Draft, node: Node, changes: Mapping[str, Sequence[Modification]]) -> None:
    """Bring a deleted object back to the DN that ``changes`` give it, and carry out the rest of them.

    Raises :class:`Refused` where its place, or a name that is unique in the domain, has been taken meanwhile.
    """
    place = draft.tree.child(draft.tree.root.guid, "CN", _PLACE)
    if not node.deleted or node == place:
        raise unwilling(results.ILLEGAL_CHANGE)
    plain = {name.lower(): steps for name, steps in changes.items()}
    parent, first = _destination(draft, plain.pop("distinguishedname"))
    del plain["isdeleted"]
    kind = class_of(node.values)
    names.check_name(kind, first.type, first.value, draft.tree.dn(parent))
    names.check_parent(draft, kind, parent)
    names.check_free(draft, parent.guid, node.rdn_type, first.value)
    tombstone = node.first("isrecycled") == b"TRUE"
    node = node.setting(dict.fromkeys(("isdeleted", "isrecycled", LAST_NAME), ())).referring({LAST_PARENT: ()})
    node = node.placed(parent.guid, node.rdn_type, first.value)
    if tombstone:
        node = _revived(draft, node)
    names.check_unique(draft, node, node.values.keys())
    modifying.write(draft, node, node, plain, modifying.PLAIN)


def _tombstone(node: Node) -> Node:
    dropped = {name: () for name in node.values if name not in _KEPT}
    return node.setting({**dropped, "isrecycled": (b"TRUE",)}).referring(
        {name: () for name in node.references if name != LAST_PARENT}
    )


def _unlink(draft: Draft, node: Node) -> None:
    """Take the object out of the links of others; other attributes go on naming what is now a tombstone."""
    for name, holders in draft.tree.all_referring(node.guid).items():
        if name in draft.schema.links:
            for guid in holders:
                holder = draft.node(guid)
                kept = [target for target in holder.refers(name) if target != node.guid]
                draft.put(holder.referring({name: kept}), quiet=True)


def _revived(draft: Draft, node: Node) -> Node:
    """Return a former tombstone with what the SAM gives it: an account is disabled and has no password."""
    if not accounts.is_account(node):
        return node
    kind = node.number(accounts.CONTROL, UAC_NORMAL_ACCOUNT) | accounts.PASSWORD_NOT_REQUIRED | UAC_DISABLED
    node = accounts.born(draft, node.setting({accounts.CONTROL: (str(kind).encode(),)}))
    return accounts.settled(draft, None, node, ())


def _destination(draft: Draft, steps: Sequence[Modification]) -> tuple[Node, dn.Rdn]:
    raws = steps[0][1]
    try:
        if len(raws) != 1:
            raise ValueError("not one name")
        text = bytes(raws[0]).decode("utf-8")
        first, *rest = dn.parse(text)
    except ValueError:
        raise bad_name(repr(raws)) from None
    parent, _ = draft.tree.walk(dn.build(tuple(rest)))
    if parent is None:
        raise results.operations_error(results.NO_OBJECT)
    return parent, first
