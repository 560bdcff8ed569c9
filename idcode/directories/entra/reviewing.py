"""What is to be said of a whole plan: whether the licences suffice, and how long Graph will take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from idcode.directories.entra.graph.quota import forecast
from idcode.directories.entra.licences import sku_key
from idcode.directories.entra.requests import difference
from idcode.directories.entra.tenant import Tenant
from idcode.model.diagnostics import Diagnostic
from idcode.model.plans import AttributeChange, Change
from idcode.model.records import LiveObject
from idcode.model.values import Scalar

_WORTH_SAYING = timedelta(minutes=1)


def review(name: str, tenant: Tenant, known: Mapping[str, LiveObject], changes: Sequence[Change]) -> list[Diagnostic]:
    """Return findings about ``changes`` of the directory ``name``; ``known`` are its objects as they were read."""
    return [*_licences(name, tenant, _needed(known, changes)), *_time(name, changes)]


def _licences(name: str, tenant: Tenant, needed: Mapping[str, int]) -> Iterator[Diagnostic]:
    for sku_name, units in sorted(needed.items()):
        sku = tenant.skus.find(sku_name) if units > 0 else None
        if sku is not None and units > sku.free:
            yield Diagnostic(
                "warning",
                "licences-short",
                f"{name}: the plan needs up to {units} more units of {sku.name}, and {max(0, sku.free)} are free",
                "Buy more, or let others give theirs back first; those for whom there is none left get none.",
                subject=name,
            )


def _needed(known: Mapping[str, LiveObject], changes: Sequence[Change]) -> Counter[str]:
    """Return by SKU how many units the plan takes more than it gives back.

    An upper bound: who has a licence in two ways uses one unit.
    """
    needed: Counter[str] = Counter()
    for change in changes:
        live = known.get(change.object.anchor or "")
        held = {sku_key(value) for value in live.get("licences")} if live else set()
        gained, lost = _skus(change.attributes.get("licences"))
        if change.object_type == "user":
            needed.update(gained - held)
            needed.subtract(lost if change.op != "delete" else held)
        elif change.object_type == "group":
            added, removed = _members(change.attributes.get("members"))
            before = len(live.get("members")) if live else 0
            for sku in (held | gained) - lost:
                needed[sku] += len(added) - len(removed) + (before if sku not in held else 0)
            for sku in lost & held:
                needed[sku] -= before
    return needed


def _skus(item: AttributeChange | None) -> tuple[set[str], set[str]]:
    """Return the SKUs that an object gains and loses; one of which only plans change is neither."""
    if item is None:
        return set(), set()
    added, removed = ({sku_key(value) for value in values} for values in difference(item))
    return added - removed, removed - added


def _members(item: AttributeChange | None) -> tuple[Sequence[Scalar], Sequence[Scalar]]:
    return difference(item) if item else ((), ())


def _time(name: str, changes: Sequence[Change]) -> Iterator[Diagnostic]:
    writes = sum(change.writes for change in changes)
    duration = forecast(writes)
    if duration >= _WORTH_SAYING:
        minutes = round(duration / timedelta(minutes=1))
        text = f"{name}: {writes} writes will take about {minutes} minutes, because Graph takes twenty a second"
        yield Diagnostic("info", "writes-take-time", text, subject=name)
