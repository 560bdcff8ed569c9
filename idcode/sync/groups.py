"""Declared groups: which there should be, one per value where a ``for_each`` says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from idcode.config.models.base import Dialect
from idcode.config.models.objects import ForEach, Group, Members, NameExpression, ObjectFile
from idcode.expressions import Environment, EvaluationError
from idcode.model import dn
from idcode.model.addresses import Address, split_path
from idcode.model.desired import DesiredObject, Wanted
from idcode.model.records import LiveObject
from idcode.model.schema import Kind
from idcode.model.syntax import text_of
from idcode.model.values import Result, Special
from idcode.sync.cloud_groups import by_label, set_cloud_attributes
from idcode.sync.context import Context
from idcode.sync.flows import Failed
from idcode.sync.flows import wanted as wanted_of
from idcode.sync.gather import DirectoryReading
from idcode.sync.identities import Identity, evaluate, is_true
from idcode.sync.presence import held_values
from idcode.sync.programs import outbound_flow, program
from idcode.sync.references import resolved


@dataclass(slots=True)
class DeclaredGroup:
    """A group that should be there.

    ``people`` are the identities that a ``for_each`` gives it (``None`` for a single group), ``undecided`` those of
    whom that is not known; ``kept`` is the text that its ``kept_in`` attribute holds.
    """

    group: Group
    dialect: Dialect
    directory: str
    name: str
    live: LiveObject | None = None
    people: list[Identity] | None = None
    undecided: list[Identity] = field(default_factory=list)
    kept: str | None = None
    gone: bool = False

    @property
    def address(self) -> str:
        """``group:name@directory``."""
        return str(Address("group", self.name, self.directory))

    @property
    def members(self) -> Members:
        """The member settings; a ``for_each`` without any has just its people."""
        return self.group.members or Members()


def declared_groups(context: Context, reading: DirectoryReading) -> list[DeclaredGroup]:
    """Expand the declared groups of one directory and find their live objects."""
    found: list[DeclaredGroup] = []
    by_name = _by_name(reading)
    labelled = by_label(reading) if reading.view.flat else {}
    for file in context.repository.objects:
        if file.directory != reading.name:
            continue
        dialect = file.dialect or context.repository.project.dialect
        for group in file.groups:
            if group.for_each is not None:
                found += _for_each(context, reading, file, group, group.for_each, dialect, by_name)
            else:
                name = str(group.name)
                live = next((by_name[n.lower()] for n in (name, *group.previously) if n.lower() in by_name), None)
                one = DeclaredGroup(group, dialect, reading.name, name, live)
                if live is not None or not reading.view.flat or _found_by_label(context, one, labelled):
                    found.append(one)
    return _distinct(context, found)


def _found_by_label(context: Context, declared: DeclaredGroup, labelled: Mapping[str, list[LiveObject]]) -> bool:
    """Take for ``declared`` the one group that people know by its name; ``False`` where there are several."""
    names = (declared.name, *declared.group.previously)
    there = next((labelled[name.lower()] for name in names if name.lower() in labelled), [])
    if len(there) > 1:
        context.say(
            "error",
            "ambiguous-name",
            f"{len(there)} groups of {declared.directory} are called {declared.name}; none of them is touched",
            declared.address,
            "Give the one that is meant the mailNickname of that name, or rename the others.",
            declared.group.at,
        )
        context.freeze(declared.directory, declared.address, declared.name, "several groups are called so")
        return False
    declared.live = there[0] if there else None
    return True


def _by_name(reading: DirectoryReading) -> dict[str, LiveObject]:
    name = reading.view.schema.terms.name
    return {
        text_of(value).lower(): live
        for live in reading.view.objects.values()
        if live.object_type == "group" and not live.deleted
        for value in live.get(name)
    }


def find_group(reading: DirectoryReading, name: str) -> LiveObject | None:
    """Return the living group that files call ``name``, in any case."""
    return _by_name(reading).get(name.lower())


def _distinct(context: Context, groups: list[DeclaredGroup]) -> list[DeclaredGroup]:
    """Leave out groups that collide in name or in their live object; both stay as they are (law 4)."""
    by_place: dict[tuple[str, str], list[DeclaredGroup]] = defaultdict(list)
    for group in groups:
        by_place[("name", group.name.lower())].append(group)
        if group.live is not None:
            by_place[("object", group.live.anchor)].append(group)
    doubled: set[int] = set()
    for (what, value), claimants in by_place.items():
        if len(claimants) > 1:
            doubled |= {id(group) for group in claimants}
            shown = claimants[0].live.dn if what == "object" and claimants[0].live else value
            context.say(
                "error",
                "group-twice",
                f"{shown} is declared {len(claimants)} times: "
                f"{', '.join(sorted({group.address for group in claimants}))}; none of them is touched",
                claimants[0].address,
                "Give every group a name of its own.",
                claimants[0].group.at,
            )
            for group in claimants:
                context.freeze(group.directory, group.address, group.name, "declared several times", group.live)
    return [group for group in groups if id(group) not in doubled]


def _for_each(
    context: Context,
    reading: DirectoryReading,
    file: ObjectFile,
    group: Group,
    each: ForEach,
    dialect: Dialect,
    by_name: dict[str, LiveObject],
) -> list[DeclaredGroup]:
    language = (dialect, context.repository.project.parameters)
    key_program = program(each.key, *language)
    where = program(each.where, *language) if each.where else None
    people: dict[str, list[Identity]] = defaultdict(list)
    undecided: list[Identity] = []
    spelled: dict[str, str] = {}
    for population in context.populations.values():
        if each.identity not in (None, population.rules.type.name):
            continue
        for identity in population.sorted():
            env = Environment(values=identity.values, now=context.as_of, seed=identity.address)
            inside = evaluate(where, env) if where else True
            value = evaluate(key_program, env) if is_true(inside) else None
            if identity.frozen or isinstance(inside, EvaluationError) or isinstance(value, EvaluationError):
                undecided.append(identity)
            elif value is not None and value != "" and not isinstance(value, Special | tuple):
                folded = text_of(value).strip().lower()
                people[folded].append(identity)
                spelled.setdefault(folded, text_of(value).strip())
    kept = _kept(reading, each, file, group)
    prefix = f"{each.label}:" if each.label else ""
    found = []
    for folded in sorted(people):
        held = kept.get(f"{prefix}{folded}")
        name = _name(context, reading, group, dialect, people[folded], spelled[folded], held)
        if name is None:
            continue
        live = held or by_name.get(name.lower())
        found.append(
            DeclaredGroup(group, dialect, reading.name, name, live, people[folded], undecided, prefix + spelled[folded])
        )
    for text, live in sorted(kept.items()):
        if text.startswith(prefix) and text.removeprefix(prefix) not in people:
            name = text_of(live.get(reading.view.schema.terms.name)[0])
            gone = each.on_empty == "delete" and not undecided
            found.append(DeclaredGroup(group, dialect, reading.name, name, live, [], undecided, None, gone))
    return found


def _kept(reading: DirectoryReading, each: ForEach, file: ObjectFile, group: Group) -> dict[str, LiveObject]:
    """Return this block's live groups by the folded text of their ``kept_in``: those in its path or managed base."""
    name = reading.view.schema.spelled(each.kept_in)
    base = reading.view.base_dn
    flat = reading.view.flat
    places = [] if flat else [dn.under(base, split_path(group.path))]
    if file.manages is not None and not flat:
        places.append(dn.under(base, split_path(file.manages.base)))
    kept = {}
    for live in reading.view.objects.values():
        if live.object_type != "group" or live.deleted or not live.get(name):
            continue
        if flat or any(dn.is_under(live.dn, place) for place in places):
            kept[text_of(live.get(name)[0]).lower()] = live
    return kept


def common_values(people: list[Identity]) -> dict[str, Result]:
    """Return the attributes on which all ``people`` agree; the others are unknown."""
    if not people:
        return {}
    values: dict[str, Result] = {}
    for name in {name for identity in people for name in identity.values}:
        found = [identity.values.get(name) for identity in people]
        texts = sorted({value for value in found if isinstance(value, str)})
        if len(texts) and all(isinstance(value, str) for value in found):
            # Directories compare without case; which spelling is taken must not depend on who comes first.
            values[name] = texts[0] if len({text.strip().lower() for text in texts}) == 1 else Special.UNKNOWN
        else:
            values[name] = found[0] if all(value == found[0] for value in found) else Special.UNKNOWN
    return values


def _name(
    context: Context,
    reading: DirectoryReading,
    group: Group,
    dialect: Dialect,
    people: list[Identity],
    value: str,
    live: LiveObject | None,
) -> str | None:
    if not isinstance(group.name, NameExpression):
        result: Result | EvaluationError = f"{group.name}"
    else:
        env = Environment(values=common_values(people), now=context.as_of, seed=value)
        result = evaluate(program(group.name.expression, dialect, context.repository.project.parameters), env)
    if isinstance(result, str) and result.strip():
        return result
    reason = str(result) if isinstance(result, EvaluationError) else "it is empty"
    subject = f"for_each {value}"
    context.say(
        "error",
        "group-name",
        f"the name of the group for {value!r} cannot be computed: {reason}; the group and its members stay as they are",
        subject,
        "Compute the name from attributes on which all people of the group agree.",
        group.key_at("name"),
    )
    context.freeze(reading.name, subject, value, "its name cannot be computed", live)
    return None


def desired_group(context: Context, reading: DirectoryReading, declared: DeclaredGroup) -> DesiredObject:
    """Return the group as it should be, members aside."""
    group, live = declared.group, declared.live
    wanted = DesiredObject(
        address=declared.address,
        directory=reading.name,
        object_type="group",
        label=declared.name,
        scope=f"{reading.name}/groups",
        live=live,
    )
    if declared.gone:
        wanted.action = "delete"
        return wanted
    if live is None:
        wanted.action = "create"
    if declared.kept is None and live is not None and group.for_each is not None:
        return wanted  # an empty for_each group: name and place stay
    if reading.view.flat:
        set_cloud_attributes(reading, group, declared.name, wanted)
    elif not _set_place(context, reading, declared, wanted):
        return wanted
    if group.description is not None:
        wanted.attributes["description"] = Wanted((group.description,) if group.description else ())
    if declared.kept is not None and group.for_each is not None:
        wanted.attributes[reading.view.schema.spelled(group.for_each.kept_in)] = Wanted((declared.kept,))
    _flows(context, reading, declared, wanted)
    return wanted


def _set_place(context: Context, reading: DirectoryReading, declared: DeclaredGroup, wanted: DesiredObject) -> bool:
    """Name and place a group in a tree; ``False`` where there is no such place."""
    group, live = declared.group, declared.live
    containers = context.containers[reading.name]
    parent = containers.dn_of(split_path(group.path))
    if not containers.exists(parent):
        context.say(
            "error",
            "missing-ou",
            f"{declared.address}: there is no organizational unit {parent}",
            declared.address,
            "Declare it under organizational_units.",
            group.key_at("path"),
        )
        context.freeze(reading.name, declared.address, declared.name, f"there is no {parent}", live)
        wanted.action = "keep"
        return False
    wanted.parent, wanted.name = parent, declared.name
    wanted.attributes["sAMAccountName"] = Wanted((declared.name,))
    wanted.attributes["category"] = Wanted((group.category,))
    wanted.attributes["scope"] = Wanted((group.scope,))
    return True


def _flows(context: Context, reading: DirectoryReading, declared: DeclaredGroup, wanted: DesiredObject) -> None:
    """Compute further attributes from constants, or from what all people of a ``for_each`` group agree on."""
    values = common_values(declared.people or [])
    for name, flow in declared.group.flow.items():
        attribute = reading.view.schema.find(name)
        language = (declared.dialect, context.repository.project.parameters)
        compiled = outbound_flow(name, flow, language, declared.group.key_at("flow"))
        if attribute is None:
            context.say(
                "error",
                "unknown-directory-attribute",
                f"directory {reading.name} has no attribute {name}",
                declared.address,
                "Check the schema of the directory.",
                compiled.span,
            )
            continue
        if attribute.unique and not context.register.is_known(context.register.place(reading.name, attribute)):
            continue  # whether its value is taken is not known
        seen = {**values, **held_values(context, wanted.live, compiled.value.attributes, reading.name)}
        env = Environment(values=seen, now=context.as_of, seed=f"{declared.address}:{name}")
        result = wanted_of(compiled, attribute, env, values.keys(), wanted.live)
        if isinstance(result, Wanted) and attribute.kind is Kind.REFERENCE:
            result = resolved(context, reading, attribute, result)
        if isinstance(result, Failed):
            doubt = any(population.untrusted for population in context.populations.values())
            if not result.unknown or not doubt:  # without doubt about a source, people disagree on the value
                context.say(
                    "error",
                    "flow-error",
                    f"{name} of {declared.address} cannot be computed: {result.reason}; it stays as it is",
                    declared.address,
                    "Compute it from attributes on which all people of the group agree.",
                    compiled.span,
                )
        elif result is not None and (wanted.live is not None or result.values or result.add):
            wanted.attributes[attribute.name] = result
