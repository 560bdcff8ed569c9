"""Membership: who should be in each declared object, and what that adds and takes away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from idcode.config.models.base import Dialect
from idcode.config.models.objects import Members
from idcode.expressions import Environment, EvaluationError, Program, UnknownValueError
from idcode.model.addresses import Address
from idcode.model.desired import DesiredObject, Wanted
from idcode.model.diagnostics import Span
from idcode.model.identifiers import is_guid
from idcode.model.values import Ref, Scalar, Special
from idcode.sync.context import Context
from idcode.sync.gather import DirectoryReading
from idcode.sync.groups import DeclaredGroup, find_group
from idcode.sync.identities import Identity, evaluate, is_true
from idcode.sync.programs import program


@dataclass(slots=True)
class Roster:
    """Who should be in one ``attribute`` of a declared object: members, owners, or holders of a role.

    ``people`` are the identities that a ``for_each`` gives it (``None`` elsewhere), ``undecided`` those of whom that
    is not known. Losing a ``moved`` membership waits until the same object has gained another one.
    """

    wanted: DesiredObject
    attribute: str
    members: Members
    dialect: Dialect
    at: Span
    people: list[Identity] | None = None
    undecided: list[Identity] = field(default_factory=list)
    moved: bool = False

    @property
    def address(self) -> str:
        """The address of the object."""
        return self.wanted.address


class Matcher:
    """Finds the people of ``match`` expressions; equality conjuncts pick candidates from an index."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._people = [identity for population in context.populations.values() for identity in population.sorted()]
        self._index: dict[str, tuple[Mapping[str, list[Identity]], list[Identity]]] = {}

    def match(self, test: Program) -> tuple[list[Identity], list[Identity], list[tuple[Identity, EvaluationError]]]:
        """Return who matches, of whom it is unknown, and the errors among those."""
        inside, unknown, errors = [], [], []
        for identity in self._candidates(test):
            env = Environment(values=identity.values, now=self._context.as_of, seed=identity.address)
            result = evaluate(test, env)
            if identity.frozen or result is Special.UNKNOWN:
                unknown.append(identity)
            elif isinstance(result, EvaluationError):
                unknown.append(identity)
                errors.append((identity, result))
            elif is_true(result):
                inside.append(identity)
        return inside, unknown, errors

    def _candidates(self, test: Program) -> Iterable[Identity]:
        """Everybody whom an equality of the expression does not rule out."""
        for name, literal in test.equalities().items():
            if all(p.rules.type.attributes.get(name, "string") == "string" for p in self._context.populations.values()):
                index, others = self._indexed(name)
                return [*index.get(literal, ()), *others]
        return self._people

    def _indexed(self, name: str) -> tuple[Mapping[str, list[Identity]], list[Identity]]:
        if name not in self._index:
            index: dict[str, list[Identity]] = defaultdict(list)
            others = []
            for identity in self._people:
                value = identity.values.get(name)
                if identity.frozen or value is Special.UNKNOWN:
                    others.append(identity)
                elif isinstance(value, str):
                    index[value].append(identity)
            self._index[name] = (index, others)
        return self._index[name]


def group_rosters(reading: DirectoryReading, declared: DeclaredGroup, wanted: DesiredObject) -> list[Roster]:
    """Return who should be in a declared group, and who should own it, where the files say so."""
    group, found = declared.group, []
    if group.members is not None or declared.people is not None:
        members = Roster(wanted, reading.view.schema.terms.members, declared.members, declared.dialect, group.at)
        members.people, members.undecided, members.moved = declared.people, declared.undecided, True
        found.append(members)
    if group.owners is not None:
        found.append(Roster(wanted, "owners", group.owners, declared.dialect, group.at))
    return found


def set_members(
    context: Context, reading: DirectoryReading, rosters: Sequence[Roster], groups: Mapping[str, DesiredObject]
) -> None:
    """Put the wanted additions and removals into the desired objects of ``rosters``.

    ``groups`` are all declared groups of the directory, by name in lower case.
    """
    matcher = Matcher(context)
    untouchable = _untouchable(context, reading)
    gained: set[Scalar] = set()
    for roster in rosters:
        wanted = roster.wanted
        if wanted.action == "delete" or (wanted.live is None and wanted.action != "create"):
            continue
        wants, unknown = _wanted_members(context, reading, matcher, roster, groups, untouchable)
        have = _live_members(reading, roster)
        add = sorted(wants - have)
        remove = sorted(have - wants - unknown) if roster.members.mode == "exact" else []
        wanted.attributes[roster.attribute] = Wanted(add=tuple(add), remove=tuple(remove), delta=True)
        if roster.moved:
            gained.update(add)
    for roster in rosters:
        held = roster.wanted.attributes.get(roster.attribute)
        if roster.moved and held is not None and held.remove:
            roster.wanted.movers = frozenset(held.remove) & gained


def _untouchable(context: Context, reading: DirectoryReading) -> frozenset[Ref]:
    """Objects whose memberships stay: those of frozen people, and those of which it is not known whose they are."""
    found = set()
    for population in context.populations.values():
        found |= {Ref(anchor) for directory, anchor in population.contested if directory == reading.name}
        for identity in population.by_key.values():
            if identity.frozen:
                found |= _objects(context, identity, reading.name)
            for rule, live in identity.links.items():
                if live is not None and context.presence.get((identity.type, identity.key, rule)) == "frozen":
                    found.add(Ref(live.anchor))
    return frozenset(found)


def _live_members(reading: DirectoryReading, roster: Roster) -> set[Ref]:
    """The members as anchors; those outside what was read keep their DN."""
    found = set()
    for value in roster.wanted.live.get(roster.attribute) if roster.wanted.live else ():
        if isinstance(value, Ref):
            live = reading.at(value.target)
            found.add(Ref(live.anchor) if live else value)
    return found


def _wanted_members(
    context: Context,
    reading: DirectoryReading,
    matcher: Matcher,
    declared: Roster,
    groups: Mapping[str, DesiredObject],
    untouchable: frozenset[Ref],
) -> tuple[set[Ref], set[Ref]]:
    """Return who should be in, and who must stay as they are because it is unknown."""
    people, undecided = _matched(context, matcher, declared)
    wants: set[Ref] = set()
    unknown = set(untouchable)
    for identity in undecided:
        unknown |= _objects(context, identity, reading.name)
    for identity in people:
        target = context.object_of(identity, reading.name)
        if isinstance(target, Ref):
            wants.add(target)
        elif target == "frozen":
            unknown |= _objects(context, identity, reading.name)
    for text in declared.members.include:
        named = _named(context, reading, declared, text, groups)
        if isinstance(named, Ref):
            wants.add(named)
        elif named == "frozen":
            owner = _owner(context, text)
            unknown |= _objects(context, owner, reading.name) if owner else set()
    for text in declared.members.exclude:
        named = _named(context, reading, declared, text, groups)
        owner = _owner(context, text)
        if isinstance(named, Ref):
            wants.discard(named)
            if owner is None or not owner.frozen:
                unknown.discard(named)
    return wants, unknown


def _matched(context: Context, matcher: Matcher, declared: Roster) -> tuple[list[Identity], list[Identity]]:
    """Return the people whom ``match`` (and ``for_each``) find, and those of whom it cannot be said."""
    match = declared.members.match
    people, undecided = list(declared.people or []), list(declared.undecided)
    if match is None:
        return people, undecided
    matched, unknown, errors = matcher.match(program(match, declared.dialect, context.repository.project.parameters))
    for identity, error in errors:
        if not isinstance(error, UnknownValueError):
            context.say(
                "error",
                "match-error",
                f"whether {identity.address} is a member of {declared.address} cannot be computed: {error}; "
                "the membership stays as it is",
                identity.address,
                "Correct the record, or let the expression handle such values.",
                match.span,
            )
    chosen = {identity.address for identity in matched}
    found = matched if declared.people is None else [p for p in people if p.address in chosen]
    return found, undecided + unknown


def _objects(context: Context, identity: Identity, directory: str) -> set[Ref]:
    """Every object in ``directory`` that the person has."""
    rules = context.rules[identity.type].outbound
    return {
        Ref(live.anchor)
        for name, live in identity.links.items()
        if live is not None and name in rules and rules[name].rule.directory == directory
    }


def _named(
    context: Context, reading: DirectoryReading, declared: Roster, text: str, groups: Mapping[str, DesiredObject]
) -> Ref | str | None:
    """Resolve an ``include`` or ``exclude`` entry; ``directory/anchor`` is an object that no source knows."""
    anchor = text.removeprefix(f"{reading.name}/").lower()
    if is_guid(anchor) and (reading.view.flat or anchor in reading.view.objects):
        return Ref(anchor)  # in a tenant also of kinds that are not read, such as service principals
    if is_guid(anchor):
        _unknown_member(context, declared, text, f"is not in {reading.name}")
        return None
    address = Address.parse(text, context.gathered.directories)
    if address.type == "group":
        group = groups.get(address.key.lower())
        if group is not None and group.live is None:
            return Ref(group.address) if group.action == "create" else "frozen"
        if group is not None and group.live is not None:
            return Ref(group.live.anchor)
        found = find_group(reading, address.key)
        if found is not None:
            return Ref(found.anchor)
        _unknown_member(context, declared, text, "is not there")
        return None
    identity = context.find_identity(address)
    if identity is None:
        population = context.populations.get(address.type)
        if population is None or population.creating_incomplete is None:  # a cut source may well have them
            context.say(
                "warning",
                "unknown-member",
                f"{declared.address} names {text}, whom no source has",
                declared.address,
                "Correct the key, or take the entry out.",
                declared.at,
            )
        return None
    return context.object_of(identity, reading.name, address.rule)


def _unknown_member(context: Context, declared: Roster, text: str, what: str) -> None:
    context.say(
        "error",
        "unknown-member",
        f"{declared.address} includes {text}, which {what}",
        declared.address,
        "Declare the group, or correct its name.",
        declared.at,
    )


def _owner(context: Context, text: str) -> Identity | None:
    """Return the person whom an entry names, if it is one."""
    try:
        return context.find_identity(Address.parse(text, context.gathered.directories))
    except ValueError:
        return None
