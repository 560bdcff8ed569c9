"""Plans built by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from idcode.model.diagnostics import Diagnostic, Span
from idcode.model.plans import (
    AttributeChange,
    Batch,
    Change,
    DirectoryState,
    Expect,
    GuardResult,
    Op,
    Origin,
    Phase,
    Plan,
    Population,
    Project,
    Reference,
    Reported,
    Reversibility,
    Target,
    Why,
)
from idcode.model.values import Ref, Scalar
from idcode.plan.encoding import change_key

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BASE = "DC=corp,DC=example"
PHASE_OF: dict[Op, Phase] = {
    "create": "create", "update": "update", "move": "move", "enable": "enable", "disable": "disable",
    "delete": "delete", "restore": "create",
}  # fmt: skip


def single(before: Scalar | None, after: Scalar | None) -> AttributeChange:
    """One value before, one after; ``None`` is absent."""
    return AttributeChange(() if before is None else (before,), () if after is None else (after,))


def delta(add: Sequence[Scalar] = (), remove: Sequence[Scalar] = ()) -> AttributeChange:
    """Values added and removed."""
    return AttributeChange(add=tuple(add), remove=tuple(remove), delta=True, single=False)


def change(
    id_: str,
    op: Op,
    address: str,
    attributes: Mapping[str, AttributeChange] | None = None,
    *,
    anchor: str | None = None,
    dn: str = "",
    **fields: Any,
) -> Change:
    """Make a change with the expectations that a planner writes down: the values before, and the DN."""
    attributes = attributes or {}
    before = {name: item.before for name, item in attributes.items() if not item.delta and name != "enabled"}
    defaults: dict[str, Any] = {
        "phase": PHASE_OF[op],
        "object_type": "user",
        "expect": Expect(dn=dn, attributes=before) if anchor else Expect(),
        "directory": "corp",
    }
    return Change(
        id=id_,
        key=change_key("corp", address, op, attributes),
        address=address,
        object=Target(anchor, dn, address),
        op=op,
        attributes=attributes,
        **{**defaults, **fields},
    )


def plan(batches: Sequence[Sequence[Change]], **fields: Any) -> Plan:
    """Number the batches and wrap them in a plan for the directory ``corp``."""
    numbered = [
        (number, [replace(item, batch=number) for item in items]) for number, items in enumerate(batches, start=1)
    ]
    defaults: dict[str, Any] = {
        "plan_id": "p1",
        "created_at": "2026-11-23T11:00:00Z",
        "expires_at": "2026-11-24T11:00:00Z",
        "as_of": "2026-11-23T11:00:00Z",
        "idcode_version": "0.1.0",
        "project": Project("contoso", None, "sha256:c0"),
        "directories": {"corp": DirectoryState("memory", "S-1-5-21-1", "dc1", "inv-1", 7, True, 3)},
        "sources": {},
        "summary": {},
        "changes": tuple(item for _, items in numbered for item in items),
        "batches": tuple(
            Batch(number, items[0].directory, items[0].phase, tuple(item.id for item in items))
            for number, items in numbered
        ),
    }
    return Plan(**{**defaults, **fields})


def rich_plan() -> Plan:
    """A plan with something in every field."""
    why = Why("account", "rules/people.yaml:31", (Origin("hr", "E1", "Title"),), ("phonebook",), "note")
    update = change(
        "c1",
        "update",
        "person:E1@corp/account",
        {
            "title": replace(single("Engineer", "Lead"), why=why),
            "accountExpires": single(0, 2**63 - 1),
            "thumbnailPhoto": single(None, b"\x00\xff"),
            "proxyAddresses": delta(["smtp:a@example.com"], ["smtp:b@example.com"]),
            "member": AttributeChange((Ref("g1"),), (Ref("g1"), Ref("g2")), single=False),
        },
        anchor="a1",
        dn=f"CN=Ada,{BASE}",
        why=why,
        depends_on=("c0",),
        reversibility=Reversibility("restorable", "2027-05-22T00:00:00Z", "note"),
    )
    item = Reported("corp", "person:E9@corp/account", "Nn", "a reason", "a9", {"title": single("a", "b")})
    span = Span("rules/people.yaml", 31, 7, 4)
    return plan(
        [[update]],
        summary={"update": 1},
        guards=(GuardResult("delete", "corp/account", "ok", 0, 10, 980),),
        shadow=(item,), orphans=(item,), frozen=(item,), missing=(item,), held=(item,),
        diagnostics=(Diagnostic("error", "x-y", "message", "hint", span, "person:E1", "excerpt"),),
        references={"g1": Reference("group:sg@corp", f"CN=sg,{BASE}", "sg")},
        populations={"corp/account": Population(980), "corp/groups": Population(33, 5000)},
    )  # fmt: skip
