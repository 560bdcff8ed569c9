"""The chain of stages, from what was read to the desired state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from idcode.config.project import Repository
from idcode.expressions import Environment, EvaluationError
from idcode.model.addresses import Address, join_path, split_path
from idcode.model.desired import DesiredObject
from idcode.model.values import Result
from idcode.sync.assignments import declared_app_roles, declared_roles, declared_units, find_unit
from idcode.sync.attribute_names import check_names, check_recognition
from idcode.sync.attributes import fill_attribute, known_values
from idcode.sync.authority import keep_to_authority
from idcode.sync.conflicts import refuse_conflicts
from idcode.sync.containers import Containers
from idcode.sync.context import Context
from idcode.sync.gather import DirectoryReading, Gathered
from idcode.sync.generated import generate
from idcode.sync.groups import declared_groups, desired_group, find_group
from idcode.sync.holding import resolve_holds
from idcode.sync.hybrid import feeds, report_awaiting, report_leaving, synced_objects
from idcode.sync.identities import Population, evaluate, is_true
from idcode.sync.lifecycle import set_missing_stage, set_stages
from idcode.sync.links import add_missing, link, managed_keys, read_decisions, refuse_shared
from idcode.sync.membership import group_rosters, set_members
from idcode.sync.orphans import (
    find_orphan_groups,
    find_orphans,
    keep_full_containers,
    known_missing,
    mark_missing,
    missing_since,
    report_missing,
    since_place,
)
from idcode.sync.outbound import ObjectBuilder
from idcode.sync.placing import census, place_records
from idcode.sync.presence import decide
from idcode.sync.programs import IdentityRules, Outbound, program
from idcode.sync.unique import Register


def compute(repository: Repository, rules: Mapping[str, IdentityRules], gathered: Gathered, as_of: datetime) -> Context:
    """Run all stages; the result is ``context.state``, the rest of the context is what ``explain`` reads."""
    decisions = read_decisions(repository.decisions, list(repository.directories))
    forests = {name: str(getattr(s, "forest", None) or name) for name, s in repository.directories.items()}
    containers = {name: Containers(reading) for name, reading in gathered.directories.items()}
    context = Context(
        repository=repository,
        rules=rules,
        gathered=gathered,
        as_of=as_of,
        decisions=decisions,
        populations={
            name: Population(kind, aliases=dict(decisions.aliases.get(name, {}))) for name, kind in rules.items()
        },
        containers=containers,
        register=Register(gathered.directories, forests, containers),
    )
    context.state.diagnostics += gathered.diagnostics
    check_names(context)
    check_recognition(context)
    context.declared_at |= {
        str(Address("ou", join_path(split_path(unit.path)), file.directory)): unit.at
        for file in repository.objects
        for unit in file.organizational_units
    }
    for population in context.populations.values():
        _identities(context, population)
    refuse_shared(context.populations.values(), gathered.directories)
    context.state.holds = resolve_holds(context)
    for reading in gathered.directories.values():
        context.state.objects += context.containers[reading.name].declare(repository.objects)
    for population in context.populations.values():
        _objects(context, population)
    _orphans(context)
    refuse_conflicts(context)
    for reading in gathered.directories.values():
        _groups(context, reading)
    keep_to_authority(context)
    refuse_conflicts(context)
    keep_full_containers(context)
    report_awaiting(context)
    report_leaving(context)
    for population in context.populations.values():
        context.state.diagnostics += population.diagnostics
    _protect(context)
    _count(context)
    return context


def _identities(context: Context, population: Population) -> None:
    """Sources to identities with attributes and links, in the order of the dependency graph."""
    as_of = context.as_of
    population.views = {name: reading.view for name, reading in context.gathered.directories.items()}
    census(population, context.gathered.sources, as_of)
    _check_aliases(context, population)
    _check_shrinkage(context, population)
    for outbound in population.rules.outbound.values():
        reading = context.directory(outbound.rule.directory)
        if reading is not None:
            undecided = add_missing(population, outbound, reading)
            population.contested |= {(reading.name, live.anchor) for live in undecided}
    for node in population.rules.type.order:
        step, _, name = node.partition(":")
        if step == "records":
            rule = population.rules.inbound[name]
            place_records(population, rule, context.gathered.sources[rule.rule.source or ""], as_of)
        elif step == "attribute":
            fill_attribute(population, name, as_of)
        elif step == "link":
            outbound = population.rules.outbound[name]
            reading = context.directory(outbound.rule.directory)
            if reading is None:
                continue
            synced = synced_objects(context, population, outbound, reading)
            link(population, outbound, reading, context.decisions, synced, as_of)


def _check_aliases(context: Context, population: Population) -> None:
    """Set aside what ``same`` decides for a person whom no source has (yet): their former self stays who it is."""
    kind = population.rules.type.name
    for old, keep in sorted(population.aliases.items()):
        if keep in population.seen:
            continue
        del population.aliases[old]
        if population.creating_incomplete is None:
            context.say(
                "warning",
                "same-without-record",
                f"decisions.yaml joins {kind}:{old} to {kind}:{keep}, whom no source has; the decision waits",
                f"{kind}:{keep}",
                "Correct the key, or wait until the source has it.",
            )


def _check_shrinkage(context: Context, population: Population) -> None:
    """Take a source for incomplete where too many of its people vanished at once (``max_shrink``).

    Nothing in the directory says which source a vanished person came from, so each source that may have had them
    is held against its own people and all who vanished. Those already marked as missing count no more.
    """
    here: dict[str, str] = {}
    for rule in population.rules.outbound.values():
        reading = context.directory(rule.rule.directory)
        if reading is not None:
            here |= managed_keys(population, rule, reading, known_missing(population, reading))
    gone = {name for folded, name in here.items() if folded not in population.seen and folded not in population.aliases}
    floor = context.repository.project.guards.min_population
    for name, keys in sorted(population.seen_in.items()):
        source = context.gathered.sources[name]
        limit = source.limits.max_shrink
        own = len(gone) + len(keys & here.keys())
        if limit is None or name in population.untrusted or not gone or own < floor or 100 * len(gone) <= limit * own:
            continue
        population.untrusted[name] = f"{len(gone)} of {own} people are gone, more than max_shrink allows"
        context.say(
            "error",
            "source-shrunk",
            f"source {name}: {len(gone)} of {own} people whom the directory has from it are gone "
            f"({100 * len(gone) / own:.1f} %, max_shrink is {limit:g} %), such as {', '.join(sorted(gone)[:5])}; "
            "nobody counts as missing and its attributes are frozen",
            name,
            "If the file is right, raise max_shrink for this change.",
            source.limits.key_at("max_shrink"),
        )


def _objects(context: Context, population: Population) -> None:
    """Stages, presence, generated values, then the objects of every outbound rule."""
    set_stages(population, context.as_of)
    place = since_place(population)
    lifecycle = population.rules.type.lifecycle
    for identity in population.sorted():
        if identity.missing and lifecycle and lifecycle.missing:
            reading = context.directory(place[0]) if place else None
            since = missing_since(population, identity, reading)
            set_missing_stage(identity, lifecycle.missing.stage, since, lifecycle.missing.grace, context.as_of)
        for rule in _domains_first(context, population):
            if context.directory(rule.rule.directory) is not None:
                presence = decide(context, population, identity, rule)
                context.presence[(identity.type, identity.key, rule.name)] = presence
    for identity in population.sorted():
        if not identity.missing and not identity.frozen:
            for name in population.rules.generate:
                generate(context, population, identity, name)
    for rule in population.rules.outbound.values():
        reading = context.directory(rule.rule.directory)
        if reading is None:
            continue
        builder = ObjectBuilder(context, population, rule, reading)
        for identity in population.sorted():
            builder.release(identity, context.presence[(identity.type, identity.key, rule.name)])
        for identity in population.sorted():
            presence = context.presence[(identity.type, identity.key, rule.name)]
            wanted = builder.build(identity, presence)
            if wanted is not None:
                mark_missing(context, population, identity, wanted)
                context.state.objects.append(wanted)
    report_missing(context, population)


def _domains_first(context: Context, population: Population) -> list[Outbound]:
    """Return the outbound rules, those of synced directories after those they are synced from."""
    return sorted(population.rules.outbound.values(), key=lambda rule: bool(feeds(context, rule.rule.directory)))


def _orphans(context: Context) -> None:
    """Once all rules of all types have said what they own."""
    for population in context.populations.values():
        for rule in population.rules.outbound.values():
            reading = context.directory(rule.rule.directory)
            if reading is not None:
                find_orphans(context, population, rule, reading)


def _groups(context: Context, reading: DirectoryReading) -> None:
    declared = declared_groups(context, reading)
    context.declared_at |= {group.address: group.group.at for group in declared}
    pairs = [(group, desired_group(context, reading, group)) for group in declared]
    objects = [wanted for _, wanted in pairs]
    rosters = [roster for group, wanted in pairs for roster in group_rosters(reading, group, wanted)]
    if reading.view.flat:
        units = list(declared_units(context, reading))
        roles = [
            *declared_roles(context, reading, [unit for unit, _ in units]),
            *declared_app_roles(context, reading),
        ]
        objects += [wanted for wanted, _ in (*units, *roles)]
        rosters += [roster for _, roster in (*units, *roles) if roster is not None]
    set_members(context, reading, rosters, {group.name.lower(): wanted for group, wanted in pairs})
    context.state.objects += [wanted for wanted in objects if wanted.live is not None or _comes(wanted)]
    find_orphan_groups(context, reading, declared)
    _absent(context, reading)


def _comes(wanted: DesiredObject) -> bool:
    """Whether an object that is not there is to be made; a role that nobody is to hold is nothing."""
    is_role = wanted.object_type in ("role_assignment", "app_role_assignment")
    return wanted.action == "create" and not (is_role and not any(value.add for value in wanted.attributes.values()))


def _absent(context: Context, reading: DirectoryReading) -> None:
    """Plan the removal of what ``absent:`` names and is still there."""
    for file in context.repository.objects:
        for text in file.absent if file.directory == reading.name else ():
            address = Address.parse(text, context.gathered.directories)
            if address.type == "ou":
                live = reading.at(context.containers[reading.name].dn_of(split_path(address.key)))
            elif address.type == "administrative_unit":
                live = find_unit(reading, address.key)
            else:
                live = find_group(reading, address.key)
            if live is not None:
                full = Address(address.type, address.key, reading.name)
                scope = f"{reading.name}/{'ou' if address.type == 'ou' else f'{address.type}s'}"
                context.state.objects.append(
                    DesiredObject(str(full), reading.name, live.object_type, address.key, scope, live, "delete")
                )


def _protect(context: Context) -> None:
    """Find the objects that a ``protect`` expression names."""
    project = context.repository.project
    tests = [program(expression, project.dialect, project.parameters) for expression in project.guards.protect]
    for wanted in context.state.objects:
        if wanted.live is None:
            continue
        for test in tests:
            view = context.gathered.directories[wanted.directory].view
            values: dict[str, Result] = known_values(wanted.live, test.attributes, view)
            owner = context.owners.get((wanted.directory, wanted.live.anchor))
            if owner is not None:
                values = {**owner[0].values, **{name: value for name, value in values.items() if value is not None}}
            result = evaluate(test, Environment(values=values, now=context.as_of))
            if is_true(result) or isinstance(result, EvaluationError):
                context.state.protected[wanted.live.anchor] = f"it is protected: {test.text}"


def _count(context: Context) -> None:
    """Count, per guard scope, the living objects that a rule manages."""
    members: dict[str, set[str]] = {}
    for wanted in context.state.objects:
        if wanted.live is not None and not wanted.live.deleted:
            members.setdefault(wanted.scope, set()).add(wanted.live.anchor)
    for reading in context.gathered.directories.values():
        for live in reading.view.objects.values():
            for scope in live.scopes if not live.deleted else ():
                name = f"{reading.name}/groups" if "/objects/" in scope else scope
                members.setdefault(name, set()).add(live.anchor)
    context.state.populations.update({scope: len(anchors) for scope, anchors in members.items()})
