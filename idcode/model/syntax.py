"""How values of each kind are compared: the one ``key`` for diff, joins, uniqueness and preconditions.

Two values are the same for idcode exactly where the directory would take them for the same (MS-ADTS,
3.1.1.2.2.4), so that a plan after a full apply is empty.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from idcode.model import dn
from idcode.model.schema import Kind
from idcode.model.values import Ref, Scalar, iso

NEVER = frozenset({0, -1, 2**63 - 1})
"""FILETIME values that all mean "never" (MS-ADTS, accountExpires)."""
_NEVER = "never"
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def text_of(value: Scalar) -> str:
    """Return the plain text of a value: ``TRUE``/``FALSE``, digits, ISO dates in UTC, Base64-free bytes as hex."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def key(value: Scalar, kind: Kind = Kind.TEXT) -> Hashable:
    """Return what all spellings of one value have in common under ``kind``.

    A value that cannot be read as ``kind`` compares by its plain text; saying that it is wrong is the job of
    the adapter's ``reject``.
    """
    try:
        return _KEYS[kind](value)
    except (ValueError, OverflowError):
        return ("?", text_of(value))


def unique_key(value: Scalar, kind: Kind) -> Hashable:
    """Return what may exist only once: a mail address is the same one as primary and as alias."""
    found = key(value, kind)
    if kind is Kind.ADDRESS and isinstance(found, tuple):
        return (str(found[0]).lower(), found[1])
    return found


def keys(values: Iterable[Scalar], kind: Kind = Kind.TEXT) -> frozenset[Hashable]:
    """Return the comparison keys of several values; order and repetition do not count.

    A time that means "never" is none: servers put it where an attribute such as ``accountExpires`` is taken away.
    """
    found = frozenset(key(value, kind) for value in values)
    return found - {_NEVER} if kind is Kind.FILETIME else found


def same(left: Iterable[Scalar], right: Iterable[Scalar], kind: Kind) -> bool:
    """Whether two attribute values are the same set."""
    return keys(left, kind) == keys(right, kind)


def _text(value: Scalar) -> Hashable:
    # Not casefold(): it takes "ß" for "ss", and Strauß who becomes Strauss is a change that people want.
    return text_of(value).lower()


def _exact(value: Scalar) -> Hashable:
    return text_of(value)


def _address(value: Scalar) -> Hashable:
    prefix, colon, address = text_of(value).partition(":")
    return (prefix, address.lower()) if colon else ("", prefix.lower())


def is_primary(value: Scalar) -> bool:
    """Whether a mail address is the primary one of its object: ``SMTP:`` says so, ``smtp:`` says not."""
    return text_of(value).startswith("SMTP:")


def _integer(value: Scalar) -> Hashable:
    return int(text_of(value)) if not isinstance(value, bool) else int(value)


def _boolean(value: Scalar) -> Hashable:
    word = text_of(value).strip().upper()
    if word in ("TRUE", "FALSE"):
        return word == "TRUE"
    raise ValueError(word)


def moment(value: Scalar) -> datetime:
    """Read a date (its start in UTC), a date-time, or their ISO or generalized-time text as a UTC moment."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    text = text_of(value).strip()
    match = re.fullmatch(r"(\d{14})(?:\.(\d+))?Z", text)
    if match:
        whole = datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return whole + timedelta(microseconds=int((match[2] or "0").ljust(6, "0")[:6]))
    parsed = datetime.fromisoformat(text)
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def filetime(value: Scalar) -> int:
    """Return a moment as 100 ns since 1601; integers (and their text) stay what they are."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value.strip()):
        return int(value)
    since = moment(value) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10_000_000 + since.microseconds * 10


def _filetime(value: Scalar) -> Hashable:
    ticks = filetime(value)
    return _NEVER if ticks in NEVER else ticks


def _time(value: Scalar) -> Hashable:
    return moment(value).replace(microsecond=0)


def _binary(value: Scalar) -> Hashable:
    return value if isinstance(value, bytes) else ("?", text_of(value))


def _licence(value: Scalar) -> Hashable:
    sku, *plans = text_of(value).lower().split()
    return (sku, frozenset(plan.removeprefix("-") for plan in plans))


def _guid(value: Scalar) -> Hashable:
    return text_of(value).strip("{}").lower()


def _reference(value: Scalar) -> Hashable:
    target = value.target if isinstance(value, Ref) else text_of(value)
    if "=" in target and not re.match(r"[A-Za-z_][\w-]*:", target):
        return dn.key(target)
    return target


_KEYS = {
    Kind.TEXT: _text,
    Kind.EXACT: _exact,
    Kind.ADDRESS: _address,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.TIME: _time,
    Kind.FILETIME: _filetime,
    Kind.BINARY: _binary,
    Kind.GUID: _guid,
    Kind.SID: _exact,
    Kind.REFERENCE: _reference,
    Kind.LICENCE: _licence,
}
