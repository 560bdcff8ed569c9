"""Small pieces of text that all renderers share: counts, values, references and reasons."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from idcode.model.plans import Origin, Reference, Why
from idcode.model.syntax import NEVER, text_of
from idcode.model.values import Ref, Scalar
from idcode.report.visible import quoted, visible

NONE = "(none)"
REDACTED = "(redacted)"
NEW_PASSWORD = "a new password is set; credentials in idcode.yaml says who receives it"
SECRETS = frozenset({"unicodepwd", "userpassword", "passwordprofile", "password", "dbcspwd"})
"""Attributes that are always hidden: adapters never put them into a plan, but a file made by someone else might."""
_LONGEST_TEXT = 400
_SHORT_BYTES = 16
_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listing:
    """The first texts of a list and how many more there are."""

    items: tuple[str, ...] = ()
    more: int = 0

    @classmethod
    def of(cls, items: Sequence[str], limit: int | None) -> Listing:
        """Keep the first ``limit`` items (``None``: all); a single one more is shown rather than counted."""
        if limit is None or len(items) <= limit + 1:
            return cls(tuple(items))
        return cls(tuple(items[:limit]), len(items) - limit)

    def __len__(self) -> int:
        return len(self.items) + self.more


def number(count: int) -> str:
    """Write a count with commas between thousands."""
    return f"{count:,}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun: ``1 object``, ``1,200 objects``."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def moment(text: str) -> str:
    """Write an ISO moment of a plan as people read it: ``2026-11-23 06:00 UTC``; other text stays as it is."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return visible(text)
    return parsed.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if parsed.tzinfo else visible(text)


def age(since: str, now: str) -> str:
    """Write how old something is by its two largest units: ``1 day 3 hours old``."""
    try:
        passed = datetime.fromisoformat(now) - datetime.fromisoformat(since)
    except (TypeError, ValueError):
        return "of unknown age"
    minutes = max(0, int(passed.total_seconds() // 60))
    days, hours, left = minutes // 1440, minutes % 1440 // 60, minutes % 60
    units = [(days, "day"), (hours, "hour"), (left, "minute")]
    while len(units) > 2 and not units[0][0]:
        del units[0]
    told = " ".join(plural(count, unit) for count, unit in units[:2] if count > 0)
    return f"{told} old" if told else "less than a minute old"


class Values:
    """Writes attribute values for people: references by name, long ones shortened, redacted ones hidden.

    ``redact`` names attributes without case. Attributes that hold passwords are always redacted.
    """

    def __init__(self, references: Mapping[str, Reference], redact: Collection[str], clip: bool = True) -> None:
        self._references = references
        self._redact = SECRETS | {name.lower() for name in redact}
        self._clip = clip

    def hides(self, attribute: str) -> bool:
        """Whether values of ``attribute`` must not be shown."""
        return attribute.lower() in self._redact

    def one(self, attribute: str, value: Scalar) -> str:
        """Return the text of one value."""
        if self.hides(attribute):
            return REDACTED
        if isinstance(value, Ref):
            return self.reference(value.target)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, bytes):
            return _binary(value)
        if isinstance(value, int):
            return _expiry(value) if attribute.lower() == "accountexpires" else str(value)
        return self._text(value) if isinstance(value, str) else text_of(value)

    def many(self, attribute: str, values: Collection[Scalar], limit: int | None) -> Listing:
        """Return the texts of several values."""
        if values and self.hides(attribute):
            return Listing((f"{plural(len(values), 'value')} {REDACTED}" if len(values) > 1 else REDACTED,))
        return Listing.of([self.one(attribute, value) for value in values], limit)

    def joined(self, attribute: str, values: Sequence[Scalar], limit: int | None = None) -> str:
        """Return several values on one line; ``(none)`` for an absent attribute."""
        listing = self.many(attribute, values, limit)
        more = [f"… and {number(listing.more)} more"] if listing.more else []
        return ", ".join([*listing.items, *more]) or NONE

    def reference(self, target: str) -> str:
        """Return the name and address of what ``target`` (an anchor, address or DN) stands for."""
        found = self._references.get(target)
        if not found:
            return visible(target)
        return f"{visible(found.label)} ({visible(found.address or found.dn)})"

    def _text(self, text: str) -> str:
        if not self._clip or len(text) <= _LONGEST_TEXT:
            return quoted(text)
        mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        return f"{quoted(text[:_LONGEST_TEXT])}… ({plural(len(text), 'character')}, sha256 {mark}…)"


def reason(why: Why | None, own_rule: str | None = None, hide_note: bool = False) -> str:
    """Write on one line where a value comes from: records and columns, rule, place, what it beat; "" if unknown.

    ``own_rule`` is the rule that the reader knows from the object's address and need not read again.
    """
    if not why:
        return ""
    parts = list(_origins(why.origins))
    rule = f"rule {visible(why.rule)}" if why.rule and why.rule != own_rule else ""
    place = visible(why.at) if why.at else ""
    parts.append(f"{rule} at {place}" if rule and place else rule or place)
    if why.beat:
        parts.append("beats " + ", ".join(visible(rule) for rule in why.beat))
    if why.note and not hide_note:
        parts.append(visible(why.note))
    return "; ".join(part for part in parts if part)


def _origins(origins: Iterable[Origin]) -> Iterable[str]:
    """Group columns by the record they were read from: ``hr[E1001] FirstName, LastName``."""
    records: dict[tuple[str, str], list[str]] = {}
    for origin in origins:
        records.setdefault((origin.source, origin.record), []).append(origin.column)
    for (source, record), columns in records.items():
        yield f"{visible(source)}[{visible(record)}] {', '.join(visible(column) for column in dict.fromkeys(columns))}"


def _binary(value: bytes) -> str:
    if len(value) <= _SHORT_BYTES:
        return f"0x{value.hex()}"
    return f"({plural(len(value), 'byte')}, sha256 {hashlib.sha256(value).hexdigest()[:8]}…)"


def _expiry(ticks: int) -> str:
    """Write ``accountExpires`` (100 ns since 1601; MS-ADA1, accountExpires) as the moment it means."""
    if ticks in NEVER:
        return f"never ({ticks})"
    try:
        return (_FILETIME_EPOCH + timedelta(microseconds=ticks // 10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return str(ticks)
