"""Explanations as data: where every value of one identity or object comes from (DESIGN.md, law 10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from idcode.model.diagnostics import Diagnostic
from idcode.model.plans import Origin, Why
from idcode.model.values import Scalar


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one rule had to say about an attribute: a value, or in ``reason`` why it gave or won nothing.

    The winner has no reason. ``at`` is ``file:line``.
    """

    rule: str
    at: str | None = None
    value: tuple[Scalar, ...] = ()
    reason: str | None = None
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class AttributeExplanation:
    """One identity attribute: its value, why, and every rule that was asked, in order of precedence.

    ``state`` tells an empty ``value`` apart: ``null`` (clears what it flows to), ``absent`` (no rule applies),
    ``unknown`` (cannot be computed now; what depends on it is frozen).
    """

    name: str
    value: tuple[Scalar, ...] = ()
    state: Literal["value", "null", "absent", "unknown"] = "value"
    why: Why | None = None
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectAttribute:
    """One attribute of a directory object: what the files want and what is there.

    ``desired`` is ``None`` where the files leave the attribute alone, ``live`` is ``None`` where there is no object
    yet. ``same`` is the verdict of the schema's matching rule. ``note`` says more (shadow, once, frozen).
    """

    name: str
    desired: tuple[Scalar, ...] | None = None
    live: tuple[Scalar, ...] | None = None
    same: bool = True
    why: Why | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectExplanation:
    """One object: how it was found, and its attributes.

    ``state`` is ``linked``, ``new`` (will be created), ``none`` (out of scope), ``frozen``, ``held`` or
    ``awaiting-sync``; ``reason`` says why, ``joined_by`` which join found it.
    """

    address: str
    state: Literal["linked", "new", "none", "frozen", "held", "awaiting-sync"]
    dn: str | None = None
    anchor: str | None = None
    joined_by: str | None = None
    reason: str | None = None
    attributes: tuple[ObjectAttribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything ``idcode explain`` shows of one address; a declared object has no attributes of its own.

    ``stage`` is the identity's stage of the lifecycle and ``stage_why`` where it comes from.
    """

    address: str
    label: str
    stage: str | None = None
    stage_why: Why | None = None
    attributes: tuple[AttributeExplanation, ...] = ()
    objects: tuple[ObjectExplanation, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
