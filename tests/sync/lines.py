"""A plan as short lines of text, one for each thing it does or says."""

from __future__ import annotations

from collections.abc import Iterable

from idcode.model import dn
from idcode.model.plans import AttributeChange, Change, Plan, Reported
from idcode.model.syntax import text_of
from idcode.model.values import Ref, Scalar
from tests.sync.memory import BASE


def lines(plan: Plan, base: str = BASE) -> list[str]:
    """Return changes in their order, then what is shown and not changed, tripped guards, and diagnostics.

    New objects are shown by their place below ``base``, where they have one.
    """
    found = [_change(change, base) for change in plan.changes]
    for word, items in (
        ("awaiting", plan.awaiting_sync),
        ("frozen", plan.frozen),
        ("held", plan.held),
        ("missing", plan.missing),
        ("orphan", plan.orphans),
        ("shadow", plan.shadow),
    ):
        found += sorted(_reported(word, item) for item in items)
    found += [
        f"guard {guard.name} {guard.scope} {guard.status}: {guard.count} of {guard.population}, limit {guard.limit}"
        for guard in plan.guards
        if guard.status != "ok"
    ]
    return found + [f"{found.severity} {found.code} {found.subject}" for found in plan.diagnostics]


def _change(change: Change, base: str) -> str:
    head = f"{change.op} {change.address}"
    if change.op in ("create", "restore") and change.new_dn is not None:
        head += f" at {_path(change.new_dn, base)}"
    if change.password:
        head += " with a password"
    shown = [_attribute(name, item) for name, item in sorted(change.attributes.items()) if not _implied(change, name)]
    return head + (": " + ", ".join(shown) if shown else "")


def _implied(change: Change, name: str) -> bool:
    return name == "enabled" and change.op in ("enable", "disable")


def _attribute(name: str, item: AttributeChange) -> str:
    if item.delta:
        added, removed = (sorted(_text(value) for value in values) for values in (item.add, item.remove))
        return f"{name} " + " ".join([*(f"+{text}" for text in added), *(f"-{text}" for text in removed)])
    if not item.before:
        return f"{name}={_texts(item.after)}"
    return f"{name}: {_texts(item.before)} → {_texts(item.after) or 'nothing'}"


def _texts(values: Iterable[Scalar]) -> str:
    return ", ".join(sorted(_text(value) for value in values))


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.target if isinstance(value, Ref) else text_of(value)


def _path(text: str, base: str) -> str:
    """``CN=Ada,OU=People,BASE`` as ``People/Ada``."""
    return "/".join(rdn.value for rdn in reversed(dn.parse(text)[: -len(dn.parse(base))]))


def _reported(word: str, item: Reported) -> str:
    if word == "shadow":
        shown = ", ".join(_attribute(name, change) for name, change in sorted(item.attributes.items()))
        return f"{word} {item.address}: {shown}"
    return f"{word} {item.address}: {item.reason}"
