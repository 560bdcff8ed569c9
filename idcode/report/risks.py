"""What a reviewer should look at twice, found in the changes themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from idcode.model.plans import AttributeChange, Change
from idcode.model.schema import AUTHORITY, MEMBERS
from idcode.model.syntax import text_of
from idcode.model.values import Scalar

RiskKind = Literal[
    "delete", "irreversible", "disable", "role", "authority",
    "membership-loss", "licence-loss", "logon-name", "mail-address",
]  # fmt: skip
RISKS: tuple[RiskKind, ...] = (
    "delete", "irreversible", "disable", "role", "authority",
    "membership-loss", "licence-loss", "logon-name", "mail-address",
)  # fmt: skip
"""Worst first."""

_LOGON_NAMES = frozenset({"samaccountname", "userprincipalname"})
_MAIL_ADDRESSES = frozenset({"mail", "proxyaddresses"})
_LICENCES = frozenset({"licences", "assignedlicenses"})


@dataclass(frozen=True, slots=True)
class Risk:
    """One thing to look at twice; ``attribute`` and ``count`` (values lost) where it is about one attribute."""

    kind: RiskKind
    change: Change
    attribute: str | None = None
    count: int = 0


def added(change: AttributeChange) -> tuple[Scalar, ...]:
    """Return the values an attribute gains."""
    return change.add if change.delta else _without(change.after, change.before)


def removed(change: AttributeChange) -> tuple[Scalar, ...]:
    """Return the values an attribute loses."""
    return change.remove if change.delta else _without(change.before, change.after)


def risks_of(change: Change) -> Iterator[Risk]:
    """Yield what is risky about ``change``."""
    if change.op in ("delete", "disable"):
        yield Risk(change.op, change)
    elif change.reversibility.kind == "irreversible":
        yield Risk("irreversible", change)
    for name, attribute in change.attributes.items():
        kind = _attribute_risk(name.lower(), change, attribute)
        if kind:
            yield Risk(kind, change, name, len(removed(attribute)))
        if name in MEMBERS and change.object_type == "role_assignment" and added(attribute):
            yield Risk("role", change, name, len(added(attribute)))
        if name == AUTHORITY:
            yield Risk("authority", change, name)


def all_risks(changes: Iterable[Change]) -> list[Risk]:
    """Return the risks of all changes, the worst kind first, then by address."""
    found = [risk for change in changes for risk in risks_of(change)]
    return sorted(found, key=lambda risk: (RISKS.index(risk.kind), risk.change.address, risk.attribute or ""))


def _without(values: tuple[Scalar, ...], others: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    known = frozenset(others)
    return tuple(value for value in values if value not in known)


def _attribute_risk(name: str, change: Change, attribute: AttributeChange) -> RiskKind | None:
    if name in _MAIL_ADDRESSES and _loses_mail(name, attribute):
        return "mail-address"
    if not removed(attribute):
        return None
    if name in _LOGON_NAMES and change.object_type in ("user", "computer"):
        return "logon-name"
    if name in MEMBERS:
        return "membership-loss"
    return "licence-loss" if name in _LICENCES else None


def _loses_mail(name: str, attribute: AttributeChange) -> bool:
    """Whether an address people write to, or the primary one, is gone; new aliases alone are harmless."""
    lost = [text_of(value) for value in removed(attribute)]
    if name != "proxyaddresses":
        return bool(lost)
    return any(value.lower().startswith("smtp:") for value in lost)
