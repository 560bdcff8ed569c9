"""Single values: what an attribute takes, how two values compare, and which object a reference means."""

from __future__ import annotations

import re
import uuid
from collections.abc import Hashable

from idcode.directories.ad import values as wire
from idcode.directories.sandbox.results import OUT_OF_RANGE, attribute_error, conversion_error
from idcode.directories.sandbox.tree import Node, Tree
from idcode.model.schema import AttributeType, Kind

_TEXTUAL = frozenset({Kind.TEXT, Kind.EXACT, Kind.ADDRESS})
_INTEGRAL = frozenset({Kind.INTEGER, Kind.FILETIME})
_TIME_FORM = re.compile(rb"\d{14}(\.\d+)?Z|\d{12}Z")
_PREFIX = re.compile(r"\s*<(GUID|SID)=([^>]*)>\s*(?:;|$)", re.IGNORECASE)


def checked(known: AttributeType, raw: bytes) -> bytes:
    """Return ``raw`` as the domain keeps it; raise :class:`Refused` where the attribute cannot hold it.

    Lengths count UTF-16 units of text and bytes of anything else; of numbers the number itself is bounded
    (rangeLower and rangeUpper, MS-ADTS 3.1.1.2.3).
    """
    raw = well_formed(known.kind, raw)
    if known.kind in _INTEGRAL:
        size = int(raw)
        if not -(2**63) <= size < 2**63:
            raise conversion_error(21)
    elif known.kind in _TEXTUAL:
        size = len(raw.decode("utf-8").encode("utf-16-le")) // 2
    else:
        size = len(raw)
    if known.kind in _TEXTUAL | {Kind.INTEGER, Kind.BINARY} and (
        (known.max_length is not None and size > known.max_length)
        or (known.min_length is not None and size < known.min_length)
    ):
        raise attribute_error(19, OUT_OF_RANGE, known.name, f":len {len(raw)}")
    return raw


def well_formed(kind: Kind, raw: bytes) -> bytes:
    """Return ``raw`` as the domain keeps it; raise :class:`Refused` (21) where it is not of the attribute's syntax."""
    try:
        if not raw:
            raise ValueError("empty")
        if kind in _TEXTUAL:
            raw.decode("utf-8")
        elif kind in _INTEGRAL:
            if not re.fullmatch(rb"[+-]?\d+", raw):
                raise ValueError("not a number")
            return str(int(raw)).encode("ascii")
        elif kind is Kind.BOOLEAN and raw not in (b"TRUE", b"FALSE"):
            raise ValueError("not a boolean")
        elif kind is Kind.TIME:
            if not _TIME_FORM.fullmatch(raw):
                raise ValueError("not a time")
            return wire.encode(wire.decode(raw, kind), kind)
        elif kind is Kind.GUID:
            uuid.UUID(bytes_le=raw)
        elif kind is Kind.SID:
            wire.sid_text(raw)
    except ValueError:
        raise conversion_error(21) from None
    return raw


def same_key(kind: Kind, raw: bytes) -> Hashable:
    """Return what values have in common that the domain takes for one and the same (MS-ADTS 3.1.1.2.2.4).

    It is narrower than ``model/syntax.py``, which compares what values mean to people: addresses are text without
    case to the domain, prefix included, and 0 is not 2^63-1.
    """
    if kind in (Kind.TEXT, Kind.ADDRESS):
        return raw.decode("utf-8", "replace").lower()
    if kind in _INTEGRAL:
        return int(raw)
    return raw


def refer(tree: Tree, raw: bytes) -> Node | None:
    """Return the object that the value of a reference attribute means, deleted ones included.

    Raises :class:`Refused` for what is no DN.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise conversion_error(21) from None
    return locate(tree, text)[0]


def foreign_sid(raw: bytes) -> str | None:
    """Return the SID that a value of the form ``<SID=S-1-…>`` names by itself; ``None`` for any other value."""
    match = re.fullmatch(rb"\s*<SID=(S-1(?:-\d+)+)>\s*", raw, re.IGNORECASE)
    try:
        return wire.sid_text(wire.sid_bytes(match[1].decode("ascii").upper())) if match else None
    except ValueError:
        return None


def locate(tree: Tree, text: str) -> tuple[Node | None, str]:
    """Return the object of a DN, ``<GUID=…>`` or ``<SID=…>`` (MS-ADTS 3.1.1.3.1.2.4), and the best match of a DN.

    What ``<GUID=…>;<SID=…>;CN=…`` says first counts, as it does in answers to the extended DN control.
    """
    match = _PREFIX.match(text)
    if not match:
        return tree.walk(text)
    value = match[2]
    if match[1].upper() == "GUID":
        return tree.by_guid(value), ""
    try:
        sid = wire.sid_text(wire.sid_bytes(value.upper()) if value[:2].upper() == "S-" else bytes.fromhex(value))
    except ValueError:
        return None, ""
    found = [node for node in tree.find("objectsid", sid) if not node.deleted]
    return (found[0] if found else None), ""
