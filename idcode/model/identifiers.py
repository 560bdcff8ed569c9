"""GUIDs and security identifiers: the binary forms of Windows and the texts that people write."""

from __future__ import annotations

import re
import uuid

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_SID = re.compile(r"S-(\d+)-(\d+)((?:-\d+)*)")


def is_guid(text: str) -> bool:
    """Whether ``text`` is a GUID in the dashed form, which anchors have."""
    return _GUID.fullmatch(text) is not None


def guid_text(raw: bytes) -> str:
    """Return the dashed lower-case form of a GUID (MS-DTYP 2.3.4: its first three fields are little-endian)."""
    return str(uuid.UUID(bytes_le=bytes(raw)))


def guid_bytes(text: str) -> bytes:
    """Return the wire form of a GUID; raise ``ValueError`` for anything else."""
    return uuid.UUID(text).bytes_le


def sid_text(raw: bytes) -> str:
    """Return ``S-1-…`` of a binary SID (MS-DTYP 2.4.2.2); raise ``ValueError`` for anything else."""
    if len(raw) < 8 or len(raw) != 8 + 4 * raw[1] or raw[0] != 1 or raw[1] > 15:
        raise ValueError("not a security identifier")
    parts = [raw[0], int.from_bytes(raw[2:8], "big")]
    parts += [int.from_bytes(raw[at : at + 4], "little") for at in range(8, len(raw), 4)]
    return "S-" + "-".join(str(part) for part in parts)


def sid_bytes(text: str) -> bytes:
    """Return the binary form of ``S-1-…``; raise ``ValueError`` for anything else."""
    match = _SID.fullmatch(text)
    if not match:
        raise ValueError("not a security identifier")
    rest = [int(part) for part in match[3].split("-")[1:]]
    try:
        head = bytes([int(match[1]), len(rest)]) + int(match[2]).to_bytes(6, "big")
        return head + b"".join(part.to_bytes(4, "little") for part in rest)
    except OverflowError:
        raise ValueError("not a security identifier") from None
