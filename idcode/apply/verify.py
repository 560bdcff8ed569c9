"""Whether the directory holds what was written: read back and compared, change by change."""

from __future__ import annotations

from idcode.apply.names import same_dn
from idcode.apply.preconditions import PLACES, Comparison
from idcode.model.plans import Change
from idcode.model.records import LiveObject


def mismatch(change: Change, live: LiveObject | None, comparison: Comparison) -> str | None:
    """Return what the directory holds otherwise than ``change`` wanted, ``None`` where all is as wanted."""
    if change.op == "delete":
        return None if live is None or live.deleted else f"was deleted, and is still there as {live.dn}"
    if live is None or live.deleted:
        return "was written, and is not there now"
    if change.new_dn is not None and not same_dn(live.dn, change.new_dn):
        return f"was put at {change.new_dn}, and is at {live.dn}"
    for name, item in change.attributes.items():
        if name in PLACES:
            continue
        kind = comparison.kind(name, item)
        now = comparison.live_keys(comparison.live(live, name), kind)
        added, removed = (comparison.planned_keys(values, kind) for values in (item.add, item.remove))
        right = (
            added <= now and not (removed - added) & now
            if item.delta
            else comparison.planned_keys(item.after, kind) == now
        )
        if not right:
            wanted = "the values of the plan" if item.delta else comparison.shown(name, item.after)
            return f"{name} was set to {wanted}, and reads {comparison.shown(name, comparison.live(live, name))}"
    return None
