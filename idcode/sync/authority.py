"""Who masters what: on objects that come from Active Directory, a tenant refuses to write what is mastered there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from idcode.model.desired import DesiredObject, Wanted
from idcode.model.diagnostics import Span
from idcode.model.records import LiveObject
from idcode.model.schema import AUTHORITY, Kind
from idcode.model.syntax import keys, same
from idcode.sync.context import Context
from idcode.sync.gather import DirectoryReading
from idcode.sync.hybrid import feeds


def keep_to_authority(context: Context) -> None:
    """Take out of the desired state what Active Directory masters, and say where to write it instead."""
    refused: dict[tuple[str, str, str], list[DesiredObject]] = defaultdict(list)
    for wanted, names in list(_of_others(context)):
        if wanted.live is not None and AUTHORITY not in wanted.live.attributes:
            context.in_question[wanted.directory].add(wanted.live.anchor)
        for name in names:
            if name == "enabled":
                wanted.enabled = None
            elif name == "delete":
                wanted.action = "keep"
            else:
                wanted.attributes.pop(name)
            refused[(wanted.directory, wanted.scope, name)].append(wanted)
    for (directory, scope, name), objects in sorted(refused.items()):
        _say(context, directory, scope, name, objects)


def _of_others(context: Context) -> Iterator[tuple[DesiredObject, list[str]]]:
    """Yield what is wanted of synced objects with the names of what is not this directory's to write."""
    for wanted in context.state.objects:
        reading = context.directory(wanted.directory)
        if reading is None or wanted.live is None or not wanted.live.synced:
            continue
        converted = wanted.attributes.get(AUTHORITY)
        if converted is not None and keys(converted.values, Kind.BOOLEAN) == {True}:
            continue  # the tenant masters it by the time that the rest is written
        names = list(_mastered(reading, wanted, wanted.live))
        if names:
            yield wanted, names


def _mastered(reading: DirectoryReading, wanted: DesiredObject, live: LiveObject) -> Iterator[str]:
    """Yield what would be written and is not this directory's to write."""
    if wanted.action == "delete":
        yield "delete"
    if wanted.enabled is not None and wanted.enabled != live.enabled:
        yield "enabled"
    for name, value in wanted.attributes.items():
        attribute = reading.view.schema.find(name)
        if attribute is None or value.shadow or attribute.on_premises is None:
            continue
        if _differs(value, live, attribute.name, Kind.EXACT if value.exact else attribute.kind):
            yield name


def _differs(value: Wanted, live: LiveObject, name: str, kind: Kind) -> bool:
    held = live.get(name)
    if not value.delta:
        return not same(held, value.values, kind)
    have = keys(held, kind)
    return bool(keys(value.add, kind) - have or keys(value.remove, kind) & have)


def _say(context: Context, directory: str, scope: str, name: str, objects: list[DesiredObject]) -> None:
    domains = ", ".join(feed.domain.name for feed in feeds(context, directory)) or "Active Directory"
    labels = sorted(wanted.label for wanted in objects)
    shown = ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")
    what = "they cannot be deleted here" if name == "delete" else f"{name} is mastered by {domains}; it is not written"
    place, span = _ad_rule(context, directory, scope)
    reading = context.directory(directory)
    known = reading.view.schema.find(name) if reading else None
    there = known.on_premises if known else name
    hint = f"Write {there} in {place}" if name != "delete" else f"Let {place} delete it"
    context.say(
        "warning",
        "mastered-on-premises",
        f"{scope}: {len(labels)} synced objects ({shown}): {what}",
        scope,
        f"{hint}; or make the tenant their master: flow {AUTHORITY}: {{constant: true}}.",
        span,
    )


def _ad_rule(context: Context, directory: str, scope: str) -> tuple[str, Span | None]:
    """Return the rule of the domain to use instead, in words, and where the rule in question stands."""
    sources = feeds(context, directory)
    for population in context.populations.values():
        for rule in population.rules.outbound.values():
            if rule.key != scope:
                continue
            for feed in sources:
                primary = population.rules.type.primary_rule(feed.domain.name)
                if primary is not None:
                    return f"rule {primary.name} of {feed.domain.name} ({primary.at})", rule.rule.at
            return "Active Directory", rule.rule.at
    return sources[0].domain.name if sources else "Active Directory", None
