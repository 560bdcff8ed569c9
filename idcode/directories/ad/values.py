"""Values on the wire and values in plans, by the kind of their attribute (MS-ADTS 3.1.1.2.2.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from idcode.model.identifiers import guid_bytes as guid_bytes
from idcode.model.identifiers import guid_text as guid_text
from idcode.model.identifiers import is_guid as is_guid
from idcode.model.identifiers import sid_bytes as sid_bytes
from idcode.model.identifiers import sid_text as sid_text
from idcode.model.schema import Kind
from idcode.model.syntax import filetime, moment, text_of
from idcode.model.values import Ref, Scalar

_TIME = re.compile(r"(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:[.,](\d+))?Z")


def guid_filter(text: str) -> str:
    """Return a GUID as it stands in a search filter, every byte escaped."""
    return "".join(f"\\{byte:02x}" for byte in guid_bytes(text))


def escape_filter(raw: bytes) -> str:
    """Return any value as it may stand in a search filter (RFC 4515, section 3)."""
    return "".join(chr(b) if 48 <= b <= 57 or 65 <= b <= 90 or 97 <= b <= 122 else f"\\{b:02x}" for b in raw)


def decode(raw: bytes, kind: Kind) -> Scalar:
    """Return a value read from the directory; one that is not of its kind comes back as its text."""
    try:
        return _DECODERS.get(kind, _read_text)(bytes(raw))
    except ValueError:
        return _read_text(bytes(raw))


def encode(value: Scalar, kind: Kind) -> bytes:
    """Return a value as the directory takes it; raise ``ValueError``, saying why, for one it would refuse."""
    raw = _ENCODERS.get(kind, _write_text)(value)
    if not raw:
        raise ValueError("it is empty")
    return raw


def _read_text(raw: bytes) -> Scalar:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


def _read_time(raw: bytes) -> Scalar:
    """Read GeneralizedTime or UTCTime (X.680); fractions of a second are cut after microseconds."""
    match = _TIME.fullmatch(raw.decode("ascii"))
    if not match:
        raise ValueError("not a time")
    year = int(match[1])
    if len(match[1]) == 2:
        year += 1900 if year >= 50 else 2000
    micro = int((match[7] or "0").ljust(6, "0")[:6])
    return datetime(year, *(int(match[part]) for part in range(2, 7)), micro, tzinfo=UTC)  # type: ignore[arg-type, misc]


def _read_boolean(raw: bytes) -> Scalar:
    if raw not in (b"TRUE", b"FALSE"):
        raise ValueError("not a boolean")
    return raw == b"TRUE"


def _write_text(value: Scalar) -> bytes:
    text = text_of(value)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("it holds half of a surrogate pair") from None


def _write_integer(value: Scalar) -> bytes:
    text = text_of(value).strip() if not isinstance(value, bool) else str(int(value))
    if not re.fullmatch(r"[+-]?\d+", text):
        raise ValueError(f"{text!r} is not a whole number")
    return str(int(text)).encode("ascii")


def _write_boolean(value: Scalar) -> bytes:
    word = text_of(value).strip().upper()
    if word not in ("TRUE", "FALSE"):
        raise ValueError(f"{text_of(value)!r} is not TRUE or FALSE")
    return word.encode("ascii")


def _write_time(value: Scalar) -> bytes:
    try:
        # Whole seconds: that is what AD keeps, and what values are compared by.
        return moment(value).strftime("%Y%m%d%H%M%S.0Z").rjust(17, "0").encode("ascii")
    except (ValueError, OverflowError):
        raise ValueError(f"{text_of(value)!r} is not a date and time") from None


def _write_filetime(value: Scalar) -> bytes:
    try:
        ticks = filetime(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{text_of(value)!r} is not a date and time") from None
    if not -(2**63) <= ticks < 2**63:
        raise ValueError(f"{text_of(value)!r} does not fit in 64 bits")
    return str(ticks).encode("ascii")


def _write_binary(value: Scalar) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("it is text, and the attribute holds bytes")
    return value


def _write_guid(value: Scalar) -> bytes:
    return guid_bytes(text_of(value))


def _write_sid(value: Scalar) -> bytes:
    return sid_bytes(text_of(value))


def _write_reference(value: Scalar) -> bytes:
    """Address objects by GUID, which survives renames; servers take ``<GUID=…>`` for a DN (MS-ADTS 3.1.1.3.1.2.4)."""
    target = value.target if isinstance(value, Ref) else text_of(value)
    if is_guid(target):
        return f"<GUID={target}>".encode("ascii")
    if "=" in target:
        return target.encode("utf-8")
    raise ValueError(f"{target} is not an object of this directory yet")


_DECODERS: dict[Kind, Callable[[bytes], Scalar]] = {
    Kind.INTEGER: int,
    Kind.FILETIME: int,
    Kind.BOOLEAN: _read_boolean,
    Kind.TIME: _read_time,
    Kind.BINARY: bytes,
    Kind.GUID: guid_text,
    Kind.SID: sid_text,
    Kind.REFERENCE: lambda raw: Ref(raw.decode("utf-8")),
}
_ENCODERS: dict[Kind, Callable[[Scalar], bytes]] = {
    Kind.INTEGER: _write_integer,
    Kind.FILETIME: _write_filetime,
    Kind.BOOLEAN: _write_boolean,
    Kind.TIME: _write_time,
    Kind.BINARY: _write_binary,
    Kind.GUID: _write_guid,
    Kind.SID: _write_sid,
    Kind.REFERENCE: _write_reference,
}
