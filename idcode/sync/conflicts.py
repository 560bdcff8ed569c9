"""Values that two objects would end up with although they must be unique: both stay as they are, and it is said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import replace

from idcode.model import dn
from idcode.model.desired import DesiredObject, Wanted
from idcode.model.schema import AttributeType, Kind
from idcode.model.syntax import key, text_of, unique_key
from idcode.model.values import Ref, Scalar
from idcode.sync.context import Context
from idcode.sync.unique import Place


def refuse_conflicts(context: Context) -> None:
    """Take out of the desired state whatever would give one unique value to two objects.

    Who holds a value now and keeps it is not touched; newcomers lose, all of them where there are several.
    Since a loser keeps its old value, which another may have counted on, this repeats until nothing changes.
    """
    while _refuse_once(context):
        pass


def _refuse_once(context: Context) -> bool:
    claims: dict[tuple[Place, Hashable], list[tuple[DesiredObject, str, Scalar]]] = defaultdict(list)
    claimants: dict[str, dict[str, DesiredObject]] = defaultdict(dict)
    for wanted in context.state.objects:
        if wanted.live is not None:
            claimants[wanted.directory][wanted.live.anchor] = wanted
        if wanted.action == "delete" or wanted.shadow:
            continue
        for place, attribute, value in _claims(context, wanted):
            claims[(place, unique_key(value, attribute.kind))].append((wanted, attribute.name, value))
    losers: dict[DesiredObject, dict[str, str]] = defaultdict(dict)
    for (place, value_key), wants in claims.items():
        holders = _keepers(context, place, value_key, claimants)
        own = {wanted.live.anchor for wanted, _, _ in wants if wanted.live is not None}
        keepers = [anchor for anchor in holders if anchor not in own]
        newcomers = [(w, n, v) for w, n, v in wants if w.live is None or w.live.anchor not in holders]
        if not newcomers or (len(wants) == 1 and not keepers):
            continue
        for wanted, name, value in newcomers:
            others = [_name(context, wanted.directory, a) for a in (*keepers, *(own & set(holders)))]
            others += [w.address for w, _, _ in newcomers if w is not wanted]
            losers[wanted][name] = f"{name} {text_of(value)!r} belongs to {', '.join(sorted(set(others)))} too"
    for wanted, reasons in losers.items():
        _lose(context, wanted, reasons)
    refused = {w.address for w in losers if w.live is None or w.live.deleted}
    if refused:
        context.state.objects = [wanted for wanted in context.state.objects if wanted.address not in refused]
        _forget(context, refused)
    return bool(losers)


def _forget(context: Context, refused: set[str]) -> None:
    """Take references to objects that are not created out of what others want."""
    for population in context.populations.values():
        for identity in population.by_key.values():
            for rule in population.rules.outbound.values():
                if f"{identity.address}@{rule.key}" in refused:
                    context.presence[(identity.type, identity.key, rule.name)] = "frozen"
    gone = {Ref(address) for address in refused}
    for wanted in context.state.objects:
        for name, value in list(wanted.attributes.items()):
            if value.delta and gone & set(value.add):
                wanted.attributes[name] = replace(value, add=tuple(v for v in value.add if v not in gone))
            elif gone & set(value.values):
                del wanted.attributes[name]


def _claims(context: Context, wanted: DesiredObject) -> list[tuple[Place, AttributeType, Scalar]]:
    reading = context.directory(wanted.directory)
    if reading is None:
        return []
    found = []
    for name, value in wanted.attributes.items():
        attribute = reading.view.schema.find(name)
        if attribute is None or attribute.unique in (None, "container") or value.shadow:
            continue
        place = context.register.place(wanted.directory, attribute)
        held = {key(v, attribute.kind) for v in wanted.live.get(attribute.name)} if wanted.live else set()
        for item in value.add if value.delta else value.values:
            if key(item, attribute.kind) not in held or not value.delta:
                found.append((place, attribute, item))
    if not reading.view.flat and (wanted.name is not None or wanted.parent is not None):
        found.append((("dn", wanted.directory, ()), AttributeType("dn", Kind.REFERENCE), _final_dn(context, wanted)))
    return found


def _final_dn(context: Context, wanted: DesiredObject) -> str:
    live_dn = context.containers[wanted.directory].relocated(wanted.live.dn) if wanted.live else ""
    parent = wanted.parent or dn.parent(live_dn)
    rdn_type = "OU" if wanted.object_type == "ou" else "CN"
    name = wanted.name or dn.parse(live_dn)[0].value
    return dn.child(parent, rdn_type, name)


def _keepers(
    context: Context, place: Place, value_key: Hashable, claimants: dict[str, dict[str, DesiredObject]]
) -> set[str]:
    """Return the anchors of living objects that hold the value now and will still hold it after this plan."""
    found = set()
    if place[0] == "dn":
        for live in context.containers[place[1]].at_after(value_key):
            wanted = claimants[place[1]].get(live.anchor)
            stays = wanted is None or dn.key(_final_dn(context, wanted)) == value_key
            if stays and (wanted is None or wanted.action != "delete"):
                found.add(live.anchor)
        return found
    for anchor in context.register.holders(place).get(value_key, ()):
        for name, reading in context.gathered.directories.items():
            held = reading.view.objects.get(anchor)
            if held is None or held.deleted:
                continue
            attribute = reading.view.schema.find(place[1])
            wanted = claimants[name].get(anchor)
            planned = wanted.attributes.get(attribute.name) if wanted and attribute else None
            if wanted is not None and wanted.action == "delete":
                continue
            if (
                planned is not None
                and attribute is not None
                and not planned.shadow
                and not _shadow(wanted)
                and not _keeps(planned, value_key, attribute)
            ):
                continue
            found.add(anchor)
    return found


def _shadow(wanted: DesiredObject | None) -> bool:
    return wanted is not None and wanted.shadow


def _keeps(planned: Wanted, value_key: Hashable, attribute: AttributeType) -> bool:
    """Whether the holder of a value still has it after what is planned for it."""
    if not planned.delta:
        return value_key in {unique_key(v, attribute.kind) for v in planned.values}
    again = {unique_key(v, attribute.kind) for v in planned.add}
    return value_key in again or value_key not in {unique_key(v, attribute.kind) for v in planned.remove}


def _name(context: Context, directory: str, anchor: str) -> str:
    owner = context.owners.get((directory, anchor))
    if owner is not None:
        return owner[0].address
    for reading in context.gathered.directories.values():
        if anchor in reading.view.objects:
            return reading.view.objects[anchor].dn
    return anchor


def _lose(context: Context, wanted: DesiredObject, reasons: dict[str, str]) -> None:
    """Take the values out of what is wanted; an object that does not exist yet is not created without them."""
    hint = "Correct the source or the rule; SelectUniqueValue chooses among several candidates."
    for name, reason in sorted(reasons.items()):
        context.say("error", "value-taken", f"{wanted.address}: {reason}", wanted.address.partition("@")[0], hint)
        if name == "dn":
            wanted.name = wanted.parent = None
        else:
            wanted.attributes.pop(name, None)
    live = wanted.live if wanted.live is not None and not wanted.live.deleted else None
    context.freeze(wanted.directory, wanted.address, wanted.label, "; ".join(sorted(reasons.values())), live)
