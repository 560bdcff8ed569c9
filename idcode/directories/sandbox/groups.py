"""Groups: which scopes there are, what may become what, and who may be a member of which (MS-SAMR 3.1.1.8)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from idcode.directories.ad.constants import GROUP_SECURITY
from idcode.directories.sandbox import results
from idcode.directories.sandbox.draft import Draft
from idcode.directories.sandbox.results import unwilling, update_error
from idcode.directories.sandbox.tree import Guid, Node

BUILTIN, GLOBAL, LOCAL, UNIVERSAL = 0x1, 0x2, 0x4, 0x8
"""Bits of groupType (MS-ADTS 2.2.12)."""
_TYPE = "grouptype"


def settled(draft: Draft, before: Node | None, node: Node, touched: Collection[str]) -> Node:
    """Return a group as it is kept; raise :class:`Refused` (53) for a type or a member that it cannot have."""
    if "group" not in node.classes:
        return node
    if _TYPE in touched:
        if before is None and node.number(_TYPE) & BUILTIN:
            raise unwilling(results.BAD_GROUP_TYPE)  # nobody can make groups like those in CN=Builtin
        node = node.setting({_TYPE: (_group_type(node),)})
        if before is not None:
            _check_change(draft, before, node)
    there = before.refers("member") if before is not None else {}
    # A change of scope has to suit those who are members already.
    changed = before is None or _scope(before) != _scope(node)
    check_members(draft, node, [guid for guid in node.refers("member") if changed or guid not in there])
    return node


def check_members(draft: Draft, group: Node, members: Iterable[Guid]) -> None:
    """Raise :class:`Refused` where the scope of ``group`` forbids one of ``members`` (MS-SAMR 3.1.1.8.9)."""
    for guid in members:
        member = draft.node(guid) if guid != group.guid else group
        if _is_primary(group, member):
            raise update_error(68, results.ALREADY_A_MEMBER)
        error = _misfit(group, member)
        if error:
            raise unwilling(error)


def move_primary_group(draft: Draft, before: Node, node: Node) -> None:
    """Make links follow a change of primaryGroupID: from the new group to the old one (MS-SAMR 3.1.1.8.2).

    Raises :class:`Refused` (53) unless the account is a member of the new one, a global or universal security group.
    """
    if before.first("primarygroupid") == node.first("primarygroupid"):
        return
    old, new = (_group_of(draft, account) for account in (before, node))
    if new is None or node.guid not in new.refers("member"):
        raise unwilling(results.NOT_IN_GROUP)
    if not new.number(_TYPE) & GROUP_SECURITY or not _scope(new) & (GLOBAL | UNIVERSAL):
        raise unwilling(results.BAD_GROUP_TYPE)
    draft.put(new.referring({"member": [guid for guid in new.refers("member") if guid != node.guid]}))
    if old is not None:
        draft.put(old.referring({"member": [*old.refers("member"), node.guid]}))


def has_primary_members(draft: Draft, group: Node) -> bool:
    """Whether the group is somebody's primary group."""
    return any(_is_primary(group, node) and not node.deleted for node in draft.tree.nodes.values())


def _group_type(node: Node) -> bytes:
    """Return groupType as a signed 32-bit number; raise :class:`Refused` for what is none."""
    number = node.number(_TYPE)
    if not -(2**31) <= number < 2**32:
        raise results.conversion_error(21)
    bits = number % 2**32
    if bits & ~GROUP_SECURITY not in (GLOBAL, LOCAL, UNIVERSAL, BUILTIN | LOCAL):
        raise unwilling(results.BAD_GROUP_TYPE)
    return str(bits - 2**32 if bits >= 2**31 else bits).encode("ascii")


def _check_change(draft: Draft, before: Node, node: Node) -> None:
    old, new = _scope(before), _scope(node)
    if (before.number(_TYPE) ^ node.number(_TYPE)) & BUILTIN or {old, new} == {GLOBAL, LOCAL}:
        # Between global and domain local only the way through universal is open.
        raise unwilling(results.BAD_GROUP_TYPE)
    no_security = before.number(_TYPE) & GROUP_SECURITY and not node.number(_TYPE) & GROUP_SECURITY
    if (old != new or no_security) and has_primary_members(draft, node):
        raise unwilling(results.PRIMARY_MEMBERS)
    for guid in draft.tree.referring(node.guid, "member"):
        error = _misfit(draft.node(guid), node) if not draft.node(guid).deleted else None
        if error:
            raise unwilling(error)


def _misfit(group: Node, member: Node) -> int | None:
    """Return the error where the scope of ``group`` has no room for ``member``; domain local has room for all.

    The rules are about security groups; membership of distribution groups is not restricted.
    """
    if "foreignsecurityprincipal" in member.classes:
        return results.GLOBAL_WITH_FOREIGN if _scope(group) != LOCAL else None
    if "group" not in member.classes:
        return None
    if member.number(_TYPE) & BUILTIN:
        return results.INVALID_MEMBER
    if not group.number(_TYPE) & GROUP_SECURITY:
        return None
    match _scope(group), _scope(member):
        case (2, 8):
            return results.GLOBAL_WITH_UNIVERSAL
        case (2, 4):
            return results.GLOBAL_WITH_LOCAL
        case (8, 4):
            return results.UNIVERSAL_WITH_LOCAL
    return None


def _scope(group: Node) -> int:
    return group.number(_TYPE) & (GLOBAL | LOCAL | UNIVERSAL)


def _rid(group: Node) -> int:
    return int.from_bytes((group.first("objectsid") or b"")[-4:], "little")


def _is_primary(group: Node, account: Node) -> bool:
    return account.number("primarygroupid", -1) == _rid(group) and not group.number(_TYPE) & BUILTIN


def _group_of(draft: Draft, account: Node) -> Node | None:
    sid = f"{draft.sid}-{account.number('primarygroupid')}"
    found = [node for node in draft.tree.find("objectsid", sid) if not node.deleted]
    return draft.node(found[0].guid) if found else None
