"""Security descriptors of objects, as far as they decide anything here: the protection from accidental deletion.

Everybody who uses a practice domain is its administrator; what is denied to Everyone is denied to them as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from idcode.directories.ad import security
from idcode.directories.ad import values as wire
from idcode.directories.ad.operations import Control, Modification
from idcode.directories.ad.security import Ace, Descriptor
from idcode.directories.sandbox.draft import Draft
from idcode.directories.sandbox.results import conversion_error, no_rights, unwilling
from idcode.directories.sandbox.tree import Node

DESCRIPTOR = "ntsecuritydescriptor"
OWNER, GROUP, DACL, SACL = 1, 2, 4, 8
"""Parts of a descriptor (SECURITY_INFORMATION, MS-DTYP 2.4.7)."""
EVERYTHING = OWNER | GROUP | DACL | SACL
_ALLOWED = 0
_FULL_CONTROL, _READ = 0x000F01FF, 0x00020094
_SELF_RELATIVE = 0x8000


def _default() -> Descriptor:
    admins = wire.sid_bytes("S-1-5-32-544")
    trustees = (
        (admins, _FULL_CONTROL),
        (wire.sid_bytes("S-1-5-18"), _FULL_CONTROL),
        (wire.sid_bytes("S-1-5-11"), _READ),
    )
    dacl = tuple(Ace(_ALLOWED, 0, mask.to_bytes(4, "little") + trustee) for trustee, mask in trustees)
    return Descriptor(1, _SELF_RELATIVE, admins, admins, b"", dacl)


DEFAULT = _default()
"""What objects have on which nobody has set permissions: administrators may do everything, everybody may read."""


def descriptor_of(node: Node) -> Descriptor:
    """Return an object's descriptor."""
    raw = node.first(DESCRIPTOR)
    return DEFAULT if raw is None else Descriptor.parse(raw)


def shown(node: Node, parts: int) -> bytes:
    """Return the wanted ``parts`` of an object's descriptor (LDAP_SERVER_SD_FLAGS_OID, MS-ADTS 3.1.1.3.4.1.11)."""
    return _merge(Descriptor(1, _SELF_RELATIVE, b"", b"", b"", None), descriptor_of(node), parts).build()


def replaced(node: Node, steps: Sequence[Modification], parts: int) -> Node:
    """Return ``node`` with ``parts`` of its descriptor as a modify wants them, which can only replace them."""
    if len(steps) != 1 or steps[0][0] != "replace" or len(steps[0][1]) != 1:
        raise unwilling(0x57)
    try:
        given = Descriptor.parse(bytes(steps[0][1][0]))
    except ValueError:
        raise conversion_error(21) from None
    merged = _merge(descriptor_of(node), given, parts)
    return node.setting({DESCRIPTOR: (merged.build(),)})


def parts_of(controls: Sequence[Control]) -> int:
    """Return the flags of the SD flags control, a BER sequence of one integer; everything where there is none."""
    for oid, _, value in controls:
        if oid == "1.2.840.113556.1.4.801" and value:
            return value[-1] & EVERYTHING
    return EVERYTHING


def check_removable(draft: Draft, node: Node) -> None:
    """Raise :class:`Refused` (50) where ``node`` is protected from being deleted or moved away.

    Deleting takes the right DELETE on the object or DELETE_CHILD on its parent (MS-ADTS 3.1.1.5.5.3): the denial on
    the object alone stops nobody.
    """
    parent = draft.tree.nodes[node.parent] if node.parent else node
    denied = descriptor_of(node).denies_everyone(security.DELETE)
    if denied and descriptor_of(parent).denies_everyone(security.DELETE_CHILD):
        raise no_rights()


def _merge(base: Descriptor, given: Descriptor, parts: int) -> Descriptor:
    if parts & OWNER:
        base = replace(base, owner=given.owner)
    if parts & GROUP:
        base = replace(base, group=given.group)
    if parts & SACL:
        base = replace(base, sacl=given.sacl, control=base.control | given.control & 0x2830)
    if parts & DACL:
        # With the DACL go its control bits: present, defaulted, inherited, protected (MS-DTYP 2.4.6).
        base = replace(
            base,
            dacl=given.dacl,
            dacl_revision=given.dacl_revision,
            control=(base.control & ~0x150C) | (given.control & 0x150C),
        )
    return base
