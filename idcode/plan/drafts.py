"""Drafts: changes that have no number and no place in the order yet."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from idcode.model.plans import AttributeChange, Change, Expect, Op, Phase, Reversibility, Target, Why
from idcode.model.records import ObjectType
from idcode.plan.encoding import change_key

Token = tuple[Hashable, ...]
"""Something one change brings about and another one needs: an object, a container, a free value."""


@dataclass(slots=True, eq=False)
class Draft:
    """One object in one phase.

    ``provides`` and ``needs`` are tokens: whoever needs one comes after everybody who provides it. ``dn`` is where
    the object stands before the plan (for a creation, where it will be).

    ``harmed`` counts what it would take from protected objects and ``protected`` says why they are; ``gained`` counts
    who would get power over the directory (``plan/protection.py``).
    """

    directory: str
    object_type: ObjectType
    address: str
    label: str
    anchor: str | None
    dn: str
    op: Op
    phase: Phase
    scope: str
    attributes: dict[str, AttributeChange] = field(default_factory=dict)
    expect: Expect = Expect()
    new_dn: str | None = None
    password: bool = False
    why: Why | None = None
    reversibility: Reversibility = Reversibility()
    provides: set[Token] = field(default_factory=set)
    needs: set[Token] = field(default_factory=set)
    harmed: int = 0
    gained: int = 0
    protected: str = ""


def change_of(draft: Draft, identifier: str) -> Change:
    """Return a draft as a change that has no batch yet, and does not know what comes before it."""
    return Change(
        id=identifier,
        key=change_key(draft.directory, draft.address, draft.op, draft.attributes),
        directory=draft.directory,
        object_type=draft.object_type,
        address=draft.address,
        object=Target(draft.anchor, draft.dn, draft.label),
        op=draft.op,
        phase=draft.phase,
        attributes=dict(sorted(draft.attributes.items())),
        expect=draft.expect,
        why=draft.why,
        scope=draft.scope,
        new_dn=draft.new_dn,
        password=draft.password,
        reversibility=draft.reversibility,
    )
