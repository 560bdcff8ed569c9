"""Renaming and moving objects (MS-ADTS 3.1.1.5.4)."""

from __future__ import annotations

from idcode.directories.sandbox import access, names, results
from idcode.directories.sandbox.classes import class_of
from idcode.directories.sandbox.draft import Draft
from idcode.directories.sandbox.results import bad_name, unwilling, update_error
from idcode.directories.sandbox.tree import Node
from idcode.directories.sandbox.values import locate
from idcode.model import dn

NO_DELETE, NO_RENAME, NO_MOVE = 0x80000000, 0x08000000, 0x04000000
"""Bits of systemFlags (MS-ADTS 2.2.10)."""


def rename(draft: Draft, node: Node, rdn: str, superior: str | None) -> None:
    """Give ``node`` the name ``rdn``, and move it below ``superior`` where one is given.

    The checks are in the order of MS-ADTS 3.1.1.5.4.1.2; raises :class:`Refused` where one fails.
    """
    first = _rdn(rdn)
    if node.parent is None:
        raise unwilling(results.ILLEGAL_CHANGE)
    parent = draft.node(node.parent)
    target = parent
    if superior is not None:
        found, _ = locate(draft.tree, superior)
        if found is None or (found.deleted and found.guid != parent.guid):
            raise update_error(80, results.NO_PARENT)
        target = found
    kind = class_of(node.values)
    moved, renamed = target.guid != parent.guid, first.value != node.name
    flags = node.number("systemflags") % 2**32
    if draft.tree.is_below(target, node):
        raise unwilling(results.ILLEGAL_CHANGE)
    if (moved and flags & NO_MOVE) or (renamed and flags & NO_RENAME):
        raise unwilling(results.FLAGGED_UNMOVABLE)
    system = draft.tree.child(draft.tree.root.guid, "CN", "System")
    if system is not None and draft.tree.is_below(parent, system) != draft.tree.is_below(target, system):
        raise update_error(80, results.SYSTEM_CONTAINER)
    if kind is not None and first.type.upper() != kind.rdn:
        raise unwilling(results.RDN_TYPE)
    names.check_name(kind, first.type, first.value, draft.tree.dn(target))
    if moved:
        names.check_parent(draft, kind, target)
        access.check_removable(draft, node)
    names.check_free(draft, target.guid, node.rdn_type, first.value, own=node.guid)
    draft.put(node.placed(target.guid, node.rdn_type, first.value))


def _rdn(text: str) -> dn.Rdn:
    try:
        parsed = dn.parse(text)
    except ValueError:
        raise bad_name(text) from None
    if len(parsed) != 1:
        raise bad_name(text)
    return parsed[0]
