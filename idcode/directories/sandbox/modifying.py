"""Modifying objects (MS-ADTS 3.1.1.5.3): one attribute after the other, then what the values mean together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idcode.directories.ad.operations import Modification, ModifyKind
from idcode.directories.sandbox import access, accounts, born, classes, groups, names, results
from idcode.directories.sandbox.draft import Draft
from idcode.directories.sandbox.results import (
    Refused,
    attribute_error,
    conversion_error,
    no_object,
    unwilling,
    update_error,
)
from idcode.directories.sandbox.tree import Guid, Node
from idcode.directories.sandbox.values import checked, foreign_sid, refer, same_key
from idcode.model.schema import AttributeType, Kind

_SINGLE_ON_ACCOUNTS = "description"
_KEPT = frozenset(
    {"distinguishedname", "objectcategory", "objectclass", "objectguid", "objectsid", "iscriticalsystemobject"}
)
"""Kept by the domain, whatever the schema says of them."""
_CONSTRUCTED = frozenset({"canonicalname", "primarygrouptoken"})


@dataclass(frozen=True, slots=True)
class Options:
    """What controls ask of a modify.

    ``permissive`` takes values that are there, or gone, already (LDAP_SERVER_PERMISSIVE_MODIFY_OID, MS-ADTS
    3.1.1.3.4.1.8), ``descriptor_parts`` says which parts of a security descriptor are meant.
    """

    permissive: bool = False
    descriptor_parts: int = access.EVERYTHING
    show_deleted: bool = False


PLAIN = Options()


def modify(draft: Draft, node: Node, changes: Mapping[str, Sequence[Modification]], options: Options) -> None:
    """Modify ``node``; raise :class:`Refused` where the domain does not take it."""
    if node.deleted:
        raise unwilling(results.ILLEGAL_CHANGE)
    write(draft, node, node, changes, options)


def write(
    draft: Draft, before: Node | None, node: Node, changes: Mapping[str, Sequence[Modification]], options: Options
) -> None:
    """Put ``node`` with ``changes`` into the draft; ``before`` is the object as it is, ``None`` for a new one."""
    # The password after the names that it must not hold, the time of its setting after the password.
    order = {accounts.PASSWORD: 1, accounts.PASSWORD_SET: 2}
    for name in sorted(changes, key=lambda name: order.get(name.lower(), 0)):
        node = _with_attribute(draft, before, node, name, changes[name], options)
    touched = {name.lower() for name in changes}
    if before is None:
        node = accounts.born(draft, node)
        touched |= {accounts.CONTROL, accounts.NAME, "grouptype"} & node.values.keys()
    node = accounts.settled(draft, before, node, touched)
    node = groups.settled(draft, before, node, touched)
    names.check_unique(draft, node, touched)
    if before is not None and "primarygroupid" in touched:
        groups.move_primary_group(draft, before, node)
    draft.put(node)


def _with_attribute(
    draft: Draft, before: Node | None, node: Node, name: str, steps: Sequence[Modification], options: Options
) -> Node:
    known = draft.schema.attributes.find(name)
    if known is None:
        raise conversion_error(16)
    folded = known.name.lower()
    if folded == access.DESCRIPTOR:
        return access.replaced(node, steps, options.descriptor_parts)
    if folded == accounts.PASSWORD:
        return accounts.with_password(draft, node, steps)
    _check_writable(draft, node, known)
    if any(kind == "add" and not raws for kind, raws in steps):
        raise attribute_error(19, results.ATTRIBUTE_CONVERSION, known.name)
    if known.kind is Kind.REFERENCE:
        return _with_references(draft, node, known, steps, options)
    held = list(node.values.get(folded, ()))
    for kind, raws in steps:
        held = _stepped(
            known, _is_single(known, node), held, kind, [checked(known, bytes(raw)) for raw in raws], options
        )
    if len(held) > 1 and _is_single(known, node):
        raise attribute_error(19 if before is None else 20, results.SINGLE_VALUE, known.name)
    return node.setting({folded: held})


def _check_writable(draft: Draft, node: Node, known: AttributeType) -> None:
    """Raise :class:`Refused` for an attribute that the object cannot have, or that nobody may write."""
    folded = known.name.lower()
    if folded in ("name", node.rdn_type.lower()):
        raise update_error(67, results.NOT_ON_RDN)
    if folded in draft.schema.links.values():
        raise unwilling(results.ILLEGAL_CHANGE)
    if folded in _CONSTRUCTED:
        raise attribute_error(19, results.CONSTRUCTED, known.name)
    if folded == "samaccounttype":
        raise attribute_error(19, results.OWNED_BY_SAM, known.name)
    if known.read_only or folded in _KEPT:
        raise attribute_error(19, results.SYSTEM_ONLY, known.name)
    kind = classes.class_of(node.values)
    holds = draft.schema.holds.get(kind.holds) if kind is not None and kind.holds is not None else None
    if holds is not None and folded not in holds:
        raise update_error(65, results.CLASS_CANNOT_HOLD)


def _stepped(
    known: AttributeType, single: bool, held: list[bytes], kind: ModifyKind, raws: list[bytes], options: Options
) -> list[bytes]:
    """Return what an attribute holds after one step of a modify (RFC 4511, 4.6)."""
    given = {same_key(known.kind, raw): raw for raw in raws}
    there = {same_key(known.kind, raw): raw for raw in held}
    if kind == "delete":
        if not raws:
            if not held and not options.permissive:
                raise attribute_error(16, results.NO_SUCH_ATTRIBUTE, known.name)
            return []
        if given.keys() - there.keys() and not options.permissive:
            raise attribute_error(16, results.NO_SUCH_VALUE, known.name)
        return [raw for same, raw in there.items() if same not in given]
    if len(given) < len(raws):
        raise attribute_error(20, results.VALUE_EXISTS, known.name)
    if kind == "replace":
        return raws
    if single and held:
        raise attribute_error(20, results.VALUE_EXISTS, known.name)
    if given.keys() & there.keys() and not options.permissive:
        raise attribute_error(20, results.VALUE_EXISTS, known.name)
    return [*held, *(raw for same, raw in given.items() if same not in there)]


def _with_references(
    draft: Draft, node: Node, known: AttributeType, steps: Sequence[Modification], options: Options
) -> Node:
    """Return ``node`` with changed references. Those to deleted objects stay out of sight and as they are."""
    name = known.name.lower()
    held = dict(node.refers(name))
    if known.single and name in draft.schema.links:  # a link out of sight must not keep the only place
        held = {guid: None for guid in held if not draft.node(guid).deleted}
    for kind, raws in steps:
        if kind == "replace" or (kind == "delete" and not raws):
            hidden = {guid: None for guid in held if draft.node(guid).deleted and not known.single}
            if kind == "delete" and len(held) == len(hidden) and not options.permissive:
                raise attribute_error(16, results.NO_SUCH_ATTRIBUTE, known.name)
            held = hidden
        given = [_target(draft, known, bytes(raw), kind) for raw in raws]
        if len(set(given)) < len(given):
            raise attribute_error(20, results.VALUE_EXISTS, known.name)
        for guid in given:
            if (guid in held) is (kind == "delete"):
                _switch(held, guid)
            elif not options.permissive:
                raise _not_as_assumed(known, kind)
    if known.single and len(held) > 1:
        raise attribute_error(20, results.SINGLE_VALUE, known.name)
    return node.referring({name: held})


def _switch(held: dict[Guid, None], guid: Guid) -> None:
    if guid in held:
        del held[guid]
    else:
        held[guid] = None


def _not_as_assumed(known: AttributeType, kind: ModifyKind) -> Refused:
    """Return the refusal to add what is there, or to delete what is not; members have codes of the SAM's."""
    if known.name.lower() == "member":
        return unwilling(results.NOT_A_MEMBER) if kind == "delete" else update_error(68, results.ALREADY_A_MEMBER)
    if kind == "delete":
        return attribute_error(16, results.NO_SUCH_VALUE, known.name)
    return attribute_error(20, results.VALUE_EXISTS, known.name)


def _target(draft: Draft, known: AttributeType, raw: bytes, kind: ModifyKind) -> Guid:
    node = refer(draft.tree, raw)
    if node is not None and not node.deleted:
        return node.guid
    if known.name.lower() == "member":
        if kind == "delete":
            raise unwilling(results.NOT_A_MEMBER)
        return _foreign_member(draft, raw)
    if kind == "delete":
        raise no_object("")
    raise attribute_error(19, results.NO_SUCH_REFERENCE, known.name)


def _foreign_member(draft: Draft, raw: bytes) -> Guid:
    """Return the object that stands for a SID of another domain, made for the occasion (MS-SAMR 3.1.1.8.9)."""
    sid = foreign_sid(raw)
    place = draft.tree.child(draft.tree.root.guid, "CN", "ForeignSecurityPrincipals")
    if sid is None or place is None or sid.startswith(f"{draft.sid}-"):
        raise no_object("", results.NO_SUCH_MEMBER)
    node = born.foreign_principal(place.guid, sid)
    draft.put(node)
    return node.guid


def _is_single(known: AttributeType, node: Node) -> bool:
    """Whether the attribute holds one value on this object; MS-SAMR 3.1.1.6 has description so on its objects only."""
    return known.single and (known.name.lower() != _SINGLE_ON_ACCOUNTS or accounts.is_principal(node))
