"""Security descriptors, as far as the protection from accidental deletion needs them.

The self-relative form and its parts are MS-DTYP 2.4.6 (descriptor), 2.4.5 (ACL) and 2.4.4 (ACE). Everything this
module does not understand is carried along byte by byte.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

DELETE = 0x00010000
DELETE_TREE = 0x00000040
DELETE_CHILD = 0x00000002
PROTECTION = DELETE | DELETE_TREE
"""What Everyone is denied on a protected object itself."""

EVERYONE = bytes([1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
"""S-1-1-0."""

_HEADER = struct.Struct("<BBHIIII")
_ACL = struct.Struct("<BBHHH")
_ACE = struct.Struct("<BBH")
_ACCESS_DENIED = 1
_INHERITED = 0x10
_DACL_PRESENT = 0x0004
_SELF_RELATIVE = 0x8000
_ACL_REVISION_DS = 4


@dataclass(frozen=True, slots=True)
class Ace:
    """One entry of an access control list; ``body`` is what follows the header (mask first)."""

    type: int
    flags: int
    body: bytes

    @property
    def mask(self) -> int:
        """The rights it is about; 0 where the entry is too short to hold any."""
        return int.from_bytes(self.body[:4], "little") if len(self.body) >= 4 else 0

    @property
    def denies_everyone(self) -> bool:
        """Whether it is an explicit denial for Everyone."""
        return self.type == _ACCESS_DENIED and not self.flags & _INHERITED and self.body[4:] == EVERYONE


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A security descriptor. ``dacl`` is ``None`` where there is none; the other parts are kept as read."""

    revision: int
    control: int
    owner: bytes
    group: bytes
    sacl: bytes
    dacl: tuple[Ace, ...] | None
    dacl_revision: int = _ACL_REVISION_DS

    @classmethod
    def parse(cls, data: bytes) -> Descriptor:
        """Read the self-relative form; raise ``ValueError`` where it is damaged."""
        try:
            revision, _, control, owner, group, sacl, dacl = _HEADER.unpack_from(data)
            aces, acl_revision = _read_acl(data, dacl) if dacl and control & _DACL_PRESENT else (None, _ACL_REVISION_DS)
            return cls(
                revision,
                control,
                _read_sid(data, owner),
                _read_sid(data, group),
                data[sacl : sacl + _ACL.unpack_from(data, sacl)[2]] if sacl else b"",
                aces,
                acl_revision,
            )
        except (struct.error, IndexError):
            raise ValueError("the security descriptor is damaged") from None

    def build(self) -> bytes:
        """Write the self-relative form."""
        parts = [self.owner, self.group, self.sacl, b"" if self.dacl is None else _write_acl(self)]
        offsets, position = [], _HEADER.size
        for part in parts:
            offsets.append(position if part else 0)
            position += len(part)
        control = self.control | _SELF_RELATIVE | (_DACL_PRESENT if self.dacl is not None else 0)
        return _HEADER.pack(self.revision, 0, control, *offsets) + b"".join(parts)

    def denies_everyone(self, mask: int) -> bool:
        """Whether explicit entries deny Everyone all rights of ``mask``."""
        denied = 0
        for ace in self.dacl or ():
            denied |= ace.mask if ace.denies_everyone else 0
        return denied & mask == mask

    def deny_everyone(self, mask: int) -> Descriptor:
        """Return it with Everyone denied ``mask``, in front, where explicit denials belong (MS-DTYP 2.4.5.1)."""
        if self.denies_everyone(mask):
            return self
        ace = Ace(_ACCESS_DENIED, 0, mask.to_bytes(4, "little") + EVERYONE)
        return replace(self, dacl=(ace, *(self.dacl or ())))

    def lift_denial(self, mask: int) -> Descriptor:
        """Return it with no explicit denial of ``mask`` for Everyone; denials of other rights stay."""
        kept = []
        for ace in self.dacl or ():
            if ace.denies_everyone and ace.mask & mask:
                rest = ace.mask & ~mask
                if rest:
                    kept.append(replace(ace, body=rest.to_bytes(4, "little") + ace.body[4:]))
            else:
                kept.append(ace)
        return replace(self, dacl=tuple(kept) if self.dacl is not None else None)


def is_protected(data: bytes) -> bool:
    """Whether an object with this descriptor is protected from accidental deletion."""
    return Descriptor.parse(data).denies_everyone(PROTECTION)


def _read_sid(data: bytes, offset: int) -> bytes:
    return data[offset : offset + 8 + 4 * data[offset + 1]] if offset else b""


def _read_acl(data: bytes, offset: int) -> tuple[tuple[Ace, ...], int]:
    revision, _, size, count, _ = _ACL.unpack_from(data, offset)
    end = offset + size
    position = offset + _ACL.size
    aces = []
    for _ in range(count):
        kind, flags, length = _ACE.unpack_from(data, position)
        if length < _ACE.size or position + length > min(end, len(data)):
            raise ValueError("the security descriptor is damaged")
        aces.append(Ace(kind, flags, data[position + _ACE.size : position + length]))
        position += length
    return tuple(aces), revision


def _write_acl(descriptor: Descriptor) -> bytes:
    aces = descriptor.dacl or ()
    body = b"".join(_ACE.pack(ace.type, ace.flags, _ACE.size + len(ace.body)) + ace.body for ace in aces)
    return _ACL.pack(descriptor.dacl_revision, 0, _ACL.size + len(body), len(aces), 0) + body
