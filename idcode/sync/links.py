"""Links: which directory object belongs to which identity under which outbound rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from idcode.config.models.decisions import DecisionFile
from idcode.expressions import Environment, EvaluationError, Program
from idcode.model.addresses import Address
from idcode.model.records import LiveObject
from idcode.model.syntax import key, text_of
from idcode.model.values import Result, Scalar, Special
from idcode.sync.gather import DirectoryReading
from idcode.sync.identities import Identity, Population, evaluate, fold
from idcode.sync.programs import Outbound


@dataclass(slots=True)
class Decisions:
    """``decisions.yaml`` in the form that joins need: keys folded, pins by anchor."""

    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    distinct: tuple[frozenset[str], ...] = ()
    pins: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def are_distinct(self, left: str, right: str) -> bool:
        """Whether two identity addresses were decided to be different people."""
        return any(left in group and right in group for group in self.distinct)


def read_decisions(file: DecisionFile, directories: Collection[str]) -> Decisions:
    """Index the decisions. ``pins`` maps (directory, anchor) to (identity address, rule or empty)."""
    aliases: dict[str, dict[str, str]] = defaultdict(dict)
    for same in file.same:
        keep = Address.parse(same.keep, directories)
        for was in same.was:
            aliases[keep.type][fold(Address.parse(was, directories).key)] = fold(keep.key)
    pins = {}
    for pin in file.pins:
        directory, _, anchor = pin.object.partition("/")
        owner = Address.parse(pin.is_, directories)
        pins[(directory, anchor.lower())] = (_folded(owner.identity), owner.rule or "")
    groups = tuple(frozenset(_folded(Address.parse(who, directories)) for who in group) for group in file.distinct)
    return Decisions(aliases, groups, pins)


def _folded(address: Address) -> str:
    return f"{address.type}:{fold(address.key)}"


def add_missing(population: Population, rule: Outbound, directory: DirectoryReading) -> list[LiveObject]:
    """Add the people who own a managed object and whom no creating source has any more.

    Returns the objects of which that cannot be said, since a source was not read completely (DESIGN.md, section 4,
    "Lifecycle").
    """
    attribute = population.rules.key_join(rule)
    if attribute is None or rule.rule.manages is None:
        return []
    undecided = []
    for live in directory.view.objects.values():
        held = live.get(directory.view.schema.spelled(attribute))
        if live.deleted or not held:
            continue
        name = text_of(held[0])
        folded = fold(name)
        if folded in population.seen or folded in population.aliases:
            continue
        if population.creating_incomplete:
            undecided.append(live)
            continue
        if rule.key not in live.scopes:
            continue
        if folded not in population.by_key:
            identity = Identity(population.rules.type.name, name, missing=True)
            identity.values = dict.fromkeys(population.rules.type.attributes, Special.UNKNOWN)
            identity.values[population.rules.type.key] = name
            population.by_key[folded] = identity
    return undecided


def managed_keys(
    population: Population, rule: Outbound, directory: DirectoryReading, without: Collection[str]
) -> dict[str, str]:
    """Return the keys (folded → as held) on the living managed objects of ``rule``, but those ``without`` (anchors)."""
    attribute = population.rules.key_join(rule)
    if attribute is None or rule.rule.manages is None:
        return {}
    name = directory.view.schema.spelled(attribute)
    held = (
        live.get(name)
        for live in directory.view.objects.values()
        if not live.deleted and rule.key in live.scopes and live.anchor not in without
    )
    return {fold(text_of(values[0])): text_of(values[0]) for values in held if values}


def link(
    population: Population,
    rule: Outbound,
    directory: DirectoryReading,
    decisions: Decisions,
    synced: Mapping[str, LiveObject],
    now: datetime,
) -> None:
    """Link every identity to its object under ``rule``: by pin, else by the first join that finds exactly one.

    ``synced`` are the objects, by address of the person, that were brought from the person's account elsewhere.
    """
    if not _joins_are_known(population, rule, directory):
        return
    indexes = [_index(join_names, rule, directory) for join_names in _names(rule)]
    pinned = _pins(population, rule, directory, decisions)
    # A pinned object belongs to its pin alone, whichever rule would find it.
    taken = {anchor for name, anchor in decisions.pins if name == directory.name}
    taken |= {live.anchor for live in synced.values()}
    for identity in population.sorted():
        if identity.address in pinned:
            identity.links[rule.name] = pinned[identity.address]
        elif identity.address in synced:
            identity.links[rule.name] = synced[identity.address]
        elif rule.name not in identity.unlinked:
            _link_one(population, rule, directory, decisions, identity, indexes, taken, now)
    open_ends = [i for i in population.by_key.values() if rule.name in i.unlinked]
    if open_ends or population.creating_incomplete:
        population.contested |= _without_owner(rule, directory)
    for identity in open_ends:
        for join, index in zip(rule.joins, indexes, strict=True):
            wanted = _wanted(join, identity.values, directory, identity, now)
            found = index.get(wanted, []) if isinstance(wanted, tuple) else []
            population.contested |= {(directory.name, live.anchor) for live in found}


def _without_owner(rule: Outbound, directory: DirectoryReading) -> set[tuple[str, str]]:
    """Objects that do not say whose they are: while somebody cannot be linked, each may be theirs."""
    names = [directory.view.schema.spelled(name) for name, _ in rule.joins[0]] if rule.joins else []
    return {
        (directory.name, live.anchor)
        for live in directory.view.objects.values()
        if live.object_type == rule.rule.object and not live.deleted and not any(live.get(name) for name in names)
    }


def _joins_are_known(population: Population, rule: Outbound, directory: DirectoryReading) -> bool:
    """Refuse to link by an attribute that the directory does not have: everybody would look new."""
    unknown = [name for names in _names(rule) for name in names if directory.view.schema.find(name) is None]
    if not unknown:
        return True
    for identity in population.by_key.values():
        identity.unlinked[rule.name] = f"rule {rule.name} joins by {unknown[0]}, which {directory.name} does not have"
    population.contested |= {(directory.name, anchor) for anchor in directory.view.objects}
    population.say(
        "unknown-directory-attribute",
        f"rule {rule.name} joins by {unknown[0]}, an attribute that directory {directory.name} does not have; "
        "nothing of the rule is planned",
        rule.key,
        "Correct the name of the join attribute.",
        rule.rule.key_at("join"),
    )
    return False


def _names(rule: Outbound) -> list[tuple[str, ...]]:
    return [tuple(name for name, _ in join) for join in rule.joins]


def _pins(
    population: Population, rule: Outbound, directory: DirectoryReading, decisions: Decisions
) -> dict[str, LiveObject]:
    found = {}
    primary = population.rules.type.primary_rule(rule.rule.directory)
    for (name, anchor), (owner, owner_rule) in decisions.pins.items():
        meant = owner_rule == rule.name or (not owner_rule and primary is not None and primary.name == rule.name)
        if name != directory.name or not meant:
            continue
        identity = (
            population.find(owner.partition(":")[2]) if owner.startswith(population.rules.type.name + ":") else None
        )
        live = directory.view.objects.get(anchor)
        if identity is None or live is None:
            if identity is not None:
                identity.unlinked[rule.name] = f"it is pinned to {name}/{anchor}, which is not there"
                owner = identity.address
            population.say(
                "pin-unknown", f"the pin of {name}/{anchor} names an object or person that is not there", owner
            )
            continue
        found[identity.address] = live
    return found


def _index(
    names: tuple[str, ...], rule: Outbound, directory: DirectoryReading
) -> dict[tuple[object, ...], list[LiveObject]]:
    index: dict[tuple[object, ...], list[LiveObject]] = defaultdict(list)
    wanted = "user" if rule.rule.object == "guest" else rule.rule.object
    spelled = [
        (name, directory.view.schema.kind(name)) for name in (directory.view.schema.spelled(name) for name in names)
    ]
    for live in directory.view.objects.values():
        # Deleted objects lose their category, so that a person's tombstone may show as another type.
        if live.object_type != wanted and not live.deleted:
            continue
        # Nobody's own account is taken for a guest, nor a guest for one, although the address fits both.
        if wanted == "user" and (live.get("userType") == ("Guest",)) != (rule.rule.object == "guest"):
            continue
        combinations: list[tuple[object, ...]] = [()]
        for name, kind in spelled:
            combinations = [(*c, key(value, kind)) for c in combinations for value in live.get(name)]
        for combination in set(combinations):
            index[combination].append(live)
    return index


def _link_one(
    population: Population,
    rule: Outbound,
    directory: DirectoryReading,
    decisions: Decisions,
    identity: Identity,
    indexes: Iterable[dict[tuple[object, ...], list[LiveObject]]],
    pinned: Collection[str],
    now: datetime,
) -> None:
    values = dict(identity.values)
    former = population.former.get(fold(identity.key), [])
    for position, (join, index) in enumerate(zip(rule.joins, indexes, strict=True)):
        attempts = [values] + [{**values, population.rules.type.key: old} for old in former]
        matches: dict[str, LiveObject] = {}
        for attempt in attempts:
            wanted = _wanted(join, attempt, directory, identity, now)
            if isinstance(wanted, str):
                identity.unlinked[rule.name] = wanted
                return
            for live in index.get(wanted, ()) if wanted else ():
                matches[live.anchor] = live
        living = {anchor: live for anchor, live in matches.items() if not live.deleted}
        chosen = {a: live for a, live in (living or matches).items() if a not in pinned}
        if position > 0:
            chosen = _without_recycled(population, rule, directory, decisions, identity, chosen, values, former, now)
            if rule.name in identity.unlinked:
                return
        if len(chosen) > 1:
            population.contested |= {(directory.name, anchor) for anchor in chosen}
            names = "; ".join(sorted(live.dn for live in chosen.values()))
            identity.unlinked[rule.name] = f"{len(chosen)} objects fit it"
            population.say(
                "ambiguous-link",
                f"{identity.address} fits {len(chosen)} objects of {directory.name} under rule {rule.name}: {names}",
                identity.address,
                f"Decide it with a pin in decisions.yaml: {{object: {directory.name}/{min(chosen)}, "
                f"is: {identity.address}@{directory.name}/{rule.name}}}",
                rule.rule.key_at("join"),
            )
            return
        if chosen:
            (identity.links[rule.name],) = chosen.values()
            return
    identity.links[rule.name] = None


def _wanted(
    join: tuple[tuple[str, Program], ...],
    values: Mapping[str, Result],
    directory: DirectoryReading,
    identity: Identity,
    now: datetime,
) -> tuple[object, ...] | str | None:
    """Return the join key, ``None`` where a value is null, or why it cannot be known."""
    parts = []
    for name, program in join:
        result = evaluate(program, Environment(values=values, now=now, seed=identity.address))
        if isinstance(result, EvaluationError) or result is Special.UNKNOWN:
            # A missing person's other attributes are unknown by nature; the join by key decides.
            return None if identity.missing else f"join attribute {name} cannot be known: {result}"
        if result is None or result == "" or isinstance(result, Special | tuple):
            return None
        parts.append(key(result, directory.view.schema.kind(name)))
    return tuple(parts)


def _without_recycled(
    population: Population,
    rule: Outbound,
    directory: DirectoryReading,
    decisions: Decisions,
    identity: Identity,
    chosen: dict[str, LiveObject],
    values: Mapping[str, Result],
    former: list[str],
    now: datetime,
) -> dict[str, LiveObject]:
    """Take out objects whose first join attributes name somebody else (a recycled address): law 4."""
    schema = directory.view.schema
    accepted = []
    for name, program in rule.joins[0]:
        own = _wanted(((name, program),), values, directory, identity, now)
        keys = {own[0]} if isinstance(own, tuple) else set()
        if program.direct == population.rules.type.key:
            keys |= {key(old, schema.kind(name)) for old in former}
        accepted.append((schema.spelled(name), schema.kind(name), keys))
    kept = {}
    for anchor, live in chosen.items():
        foreign = [
            (name, live.get(name)[0])
            for name, kind, keys in accepted
            if live.get(name) and not {key(value, kind) for value in live.get(name)} & keys
        ]
        if not foreign:
            kept[anchor] = live
        elif not _is_somebody_else(population, decisions, identity, text_of(foreign[0][1])):
            _say_recycled(population, rule, directory, identity, live, *foreign[0])
    return kept


def _is_somebody_else(population: Population, decisions: Decisions, identity: Identity, held: str) -> bool:
    """Whether it was decided that the person and whoever the object names are different people."""
    other = f"{population.rules.type.name}:{fold(held)}"
    return decisions.are_distinct(f"{identity.type}:{fold(identity.key)}", other)


def _say_recycled(
    population: Population,
    rule: Outbound,
    directory: DirectoryReading,
    identity: Identity,
    live: LiveObject,
    name: str,
    value: Scalar,
) -> None:
    held = text_of(value)
    population.contested.add((directory.name, live.anchor))
    identity.unlinked[rule.name] = f"{live.dn} fits it, but its {name} is {held}"
    population.say(
        "recycled-value",
        f"{identity.address} joins {live.dn} of {directory.name}, whose {name} is {held!r}; "
        "it is not linked, and nothing is created",
        identity.address,
        f"The same person: same: [{{keep: {identity.address}, was: [{identity.type}:{held}]}}] in decisions.yaml. "
        f"Two people: distinct: [[{identity.address}, {identity.type}:{held}]].",
        rule.rule.key_at("join"),
    )


def refuse_shared(populations: Iterable[Population], directories: Mapping[str, DirectoryReading]) -> None:
    """Freeze identities that claim one object, whatever their types and rules (law 4)."""
    claims: dict[tuple[str, str], list[tuple[Population, Identity, str]]] = defaultdict(list)
    for population in populations:
        for identity in population.sorted():
            for name, live in identity.links.items():
                if live is not None:
                    place = (population.rules.outbound[name].rule.directory, live.anchor)
                    claims[place].append((population, identity, name))
    for (directory, anchor), claimants in sorted(claims.items(), key=lambda item: item[0]):
        if len(claimants) < 2:
            continue
        live = directories[directory].view.objects[anchor]
        names = ", ".join(sorted({f"{who.address}@{directory}/{name}" for _, who, name in claimants}))
        for population, identity, name in claimants:
            population.contested.add((directory, anchor))
            identity.links[name] = None
            identity.unlinked[name] = f"{live.dn} is claimed by {names}"
        population, identity, name = claimants[0]
        population.say(
            "claimed-twice",
            f"{live.dn} of {directory} is claimed by {names}; none of them is touched",
            identity.address,
            "Correct the join attribute of all but one, or decide it with a pin in decisions.yaml.",
            population.rules.outbound[name].rule.key_at("join"),
        )
