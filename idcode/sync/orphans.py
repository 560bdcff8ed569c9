"""Objects inside managed scopes that nothing owns, and people whom no source has any more."""

from __future__ import annotations

from datetime import datetime

from idcode.model import dn
from idcode.model.desired import DesiredObject, Wanted
from idcode.model.plans import Reported
from idcode.model.records import LiveObject
from idcode.model.syntax import text_of
from idcode.model.values import Special, iso
from idcode.sync.context import Context
from idcode.sync.gather import DirectoryReading
from idcode.sync.groups import DeclaredGroup
from idcode.sync.identities import Identity, Population
from idcode.sync.lifecycle import read_since, since_text
from idcode.sync.programs import Outbound


def since_place(population: Population) -> tuple[str, str, str] | None:
    """Return directory, rule and attribute where the moment of first missing is kept."""
    lifecycle = population.rules.type.lifecycle
    if lifecycle is None or lifecycle.missing is None:
        return None
    directory, name, attribute = population.rules.place(lifecycle.missing.since_in)
    return (directory, name, attribute) if name is not None and name in population.rules.outbound else None


def missing_since(population: Population, identity: Identity, reading: DirectoryReading | None) -> datetime | None:
    """Return since when the identity has been missing, as its object says; ``None`` where nothing says so."""
    place = since_place(population)
    live = identity.links.get(place[1]) if place else None
    if place is None or live is None or reading is None:
        return None
    held = live.get(reading.view.schema.spelled(place[2]))
    return read_since(text_of(held[0])) if held else None


def known_missing(population: Population, reading: DirectoryReading) -> set[str]:
    """Return the anchors of objects that are marked as missing since an earlier plan."""
    place = since_place(population)
    if place is None or place[0] != reading.name:
        return set()
    name = reading.view.schema.spelled(place[2])
    return {
        live.anchor
        for live in reading.view.objects.values()
        if live.get(name) and read_since(text_of(live.get(name)[0])) is not None
    }


def mark_missing(context: Context, population: Population, identity: Identity, wanted: DesiredObject) -> None:
    """Plan the mark that says since when the person is missing, or its removal once they are back."""
    place = since_place(population)
    if place is None or wanted.live is None or wanted.address.partition("@")[2] != f"{place[0]}/{place[1]}":
        return
    reading = context.directory(place[0])
    attribute = reading.view.schema.find(place[2]) if reading else None
    if attribute is None:
        return
    held = wanted.live.get(attribute.name)
    since = read_since(text_of(held[0])) if held else None
    if not identity.missing:
        if since is not None and population.creating_incomplete is None:
            wanted.attributes[attribute.name] = Wanted(())
        return
    if since is None and held:
        context.say(
            "error",
            "since-occupied",
            f"{wanted.live.dn} is {identity.address}, whom no source has any more, and its {attribute.name} holds "
            "another text, so that the grace period cannot begin; it stays as it is",
            identity.address,
            f"Empty {attribute.name}, or name another attribute in since_in.",
        )
    elif since is None:
        wanted.attributes[attribute.name] = Wanted((since_text(context.as_of),))


def report_missing(context: Context, population: Population) -> None:
    """List the people whom no source has any more."""
    place = since_place(population)
    lifecycle = population.rules.type.lifecycle
    for identity in population.sorted():
        if not identity.missing:
            continue
        directory, live = _any_object(population, identity)
        reading = context.directory(place[0]) if place else None
        since = missing_since(population, identity, reading)
        marked = identity.links.get(place[1]) if place else None
        if lifecycle is None or lifecycle.missing is None:
            reason = "no source has it any more; the rules do not say what becomes of such people (lifecycle.missing)"
        elif place and reading and marked and not reading.view.knows(marked, place[2]):
            reason = "no source has it any more; since when is not known"
        elif identity.values.get("stage") is Special.UNKNOWN:
            until = iso((since or context.as_of) + lifecycle.missing.grace)
            reason = f"no source has it any more; it becomes {lifecycle.missing.stage} at {until}"
        else:
            reason = f"no source has had it since {iso(since) if since else 'now'}: {identity.stage}"
        context.state.missing.append(
            Reported(directory, identity.address, identity.label, reason, live.anchor if live else None)
        )


def _any_object(population: Population, identity: Identity) -> tuple[str | None, LiveObject | None]:
    for name, live in identity.links.items():
        if live is not None:
            return population.rules.outbound[name].rule.directory, live
    return None, None


def find_orphans(context: Context, population: Population, rule: Outbound, reading: DirectoryReading) -> None:
    """Report (or take out of service) the managed objects of ``rule`` that nobody owns."""
    if rule.rule.manages is None:
        return
    for anchor in sorted(reading.view.objects):
        live = reading.view.objects[anchor]
        if live.deleted or rule.key not in live.scopes or (reading.name, anchor) in context.owners:
            continue
        if any((reading.name, anchor) in other.contested for other in context.populations.values()):
            continue
        if population.creating_incomplete is not None:
            reason = f"nobody can be called gone: {population.creating_incomplete}"
            context.freeze(reading.name, f"{reading.name}/{anchor}", _label(live), reason, live)
            continue
        policy = "report" if rule.rule.mode == "shadow" else rule.rule.orphans
        _orphan(context, reading, live, rule.key, policy)


def find_orphan_groups(context: Context, reading: DirectoryReading, declared: list[DeclaredGroup]) -> None:
    """Report (or delete) groups in managed bases that no file declares."""
    owned = {group.live.anchor for group in declared if group.live is not None}
    owned |= {item.anchor for item in context.state.frozen if item.anchor is not None}
    for index, file in enumerate(context.repository.objects):
        if file.directory != reading.name or file.manages is None:
            continue
        absent = {text.removeprefix("group:").partition("@")[0].lower() for text in file.absent}
        for anchor in sorted(reading.view.objects):
            live = reading.view.objects[anchor]
            if live.deleted or f"{reading.name}/objects/{index}" not in live.scopes or anchor in owned:
                continue
            if {text_of(value).lower() for value in live.get(reading.view.schema.terms.name)} & absent:
                continue
            _orphan(context, reading, live, f"{reading.name}/groups", file.orphans)


def _orphan(context: Context, reading: DirectoryReading, live: LiveObject, scope: str, policy: str) -> None:
    address = f"{reading.name}/{live.anchor}"
    acts = policy == "delete" or (policy == "disable" and live.enabled)
    if not acts:
        reason = "nothing owns it" if live.enabled is not False else "nothing owns it; it is disabled"
        context.state.orphans.append(Reported(reading.name, address, _label(live), reason, live.anchor))
        return
    wanted = DesiredObject(address, reading.name, live.object_type, _label(live), scope, live)
    if policy == "delete":
        wanted.action = "delete"
    else:
        wanted.enabled = False
    context.state.orphans.append(
        Reported(reading.name, address, _label(live), f"nothing owns it: {policy}", live.anchor)
    )
    context.state.objects.append(wanted)


def _label(live: LiveObject) -> str:
    return text_of(next(iter(live.get("displayName") or live.get("cn")), live.dn))


def keep_full_containers(context: Context) -> None:
    """Refuse to delete an OU in which something stays: the directory would refuse it, after all else was done."""
    for wanted in list(context.state.objects):
        reading = context.directory(wanted.directory)
        if wanted.object_type != "ou" or wanted.action != "delete" or wanted.live is None or reading is None:
            continue
        leaving = {
            other.live.anchor
            for other in context.state.objects
            if other.live is not None and (other.action == "delete" or other.parent is not None)
        }
        staying = [
            live.dn
            for live in reading.by_dn.values()
            if live.anchor != wanted.live.anchor and live.anchor not in leaving and dn.is_under(live.dn, wanted.live.dn)
        ]
        if staying:
            context.state.objects.remove(wanted)
            more = f" and {len(staying) - 3} more" if len(staying) > 3 else ""
            reason = f"it holds {', '.join(sorted(staying)[:3])}{more}"
            context.freeze(wanted.directory, wanted.address, wanted.label, reason, wanted.live)
            context.say(
                "error",
                "ou-not-empty",
                f"{wanted.address} cannot be deleted: {reason}",
                wanted.address,
                "Move or delete what is in it first.",
            )
