"""Administrative units of a tenant, and the roles that people and groups hold in it and in its applications."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idcode.config.models.base import Dialect
from idcode.config.models.objects import (
    AppRoleAssignment,
    Members,
    ObjectFile,
    RoleAssignment,
)
from idcode.model.addresses import Address
from idcode.model.desired import DesiredObject, Wanted
from idcode.model.diagnostics import Span
from idcode.model.records import LiveObject, ObjectType
from idcode.model.syntax import text_of
from idcode.model.values import Ref
from idcode.sync.context import Context
from idcode.sync.gather import DirectoryReading
from idcode.sync.membership import Roster

TENANT = "/"
"""The scope of a role that holds in the whole tenant (Graph page "unifiedRoleAssignment", ``directoryScopeId``)."""
_UNIT = "/administrativeUnits/"


def declared_units(context: Context, reading: DirectoryReading) -> Iterator[tuple[DesiredObject, Roster | None]]:
    """Yield the declared administrative units, each with who should be in it, where the files say so."""
    for file in context.repository.objects:
        dialect = file.dialect or context.repository.project.dialect
        for unit in file.administrative_units if file.directory == reading.name else ():
            found = _units(reading, unit.name, *unit.previously)
            if len(found) > 1:
                _ambiguous(context, reading, _address("administrative_unit", unit.name, reading), unit.name, unit.at)
                continue
            wanted = _object("administrative_unit", unit.name, reading, found[0] if found else None)
            if wanted.live is None:
                wanted.action = "create"
            wanted.attributes["displayName"] = Wanted((unit.name,))
            if unit.description is not None:
                wanted.attributes["description"] = Wanted((unit.description,) if unit.description else ())
            if unit.membership_rule is not None:
                rule = (unit.membership_rule,) if unit.membership_rule else ()
                wanted.attributes["membershipRule"] = Wanted(rule)
            roster = Roster(wanted, "members", unit.members, dialect, unit.at) if unit.members else None
            context.declared_at[wanted.address] = unit.at
            yield wanted, roster


def declared_roles(
    context: Context, reading: DirectoryReading, units: Sequence[DesiredObject]
) -> Iterator[tuple[DesiredObject, Roster]]:
    """Yield the declared directory roles with their holders; ``units`` are the declared administrative units."""
    by_name = {Address.parse(unit.address).key.lower(): unit for unit in units}
    for file, assignment, dialect in _of_directory(context, reading, "role_assignments"):
        assert isinstance(assignment, RoleAssignment)
        address = _address("role_assignment", assignment.role, reading)
        role = _role(reading, assignment.role)
        if role is None:
            message = f"{reading.name} has no directory role {assignment.role}"
            context.say("error", "unknown-role", message, address, "Correct its name.", assignment.place("role"))
            context.freeze(reading.name, address, assignment.role, message)
            continue
        if assignment.scope is None:
            wanted = _object("role_assignment", assignment.role, reading, role)
        else:
            unit = by_name.get(Address.parse(assignment.scope, context.gathered.directories).key.lower())
            if unit is None or (unit.live is None and unit.action != "create"):
                continue  # the unit itself is said to be in doubt
            wanted = _scoped_role(reading, assignment.role, role, unit)
        context.declared_at[wanted.address] = assignment.at
        yield wanted, _holders(wanted, assignment, dialect, file)


def declared_app_roles(context: Context, reading: DirectoryReading) -> Iterator[tuple[DesiredObject, Roster]]:
    """Yield the declared roles of applications with their holders."""
    for file, assignment, dialect in _of_directory(context, reading, "app_role_assignments"):
        assert isinstance(assignment, AppRoleAssignment)
        label = f"{assignment.app}: {assignment.role or 'default access'}"
        address = _address("app_role_assignment", label, reading)
        found = _app_roles(reading, assignment)
        if len(found) != 1:
            what = "no application" if not found else f"{len(found)} applications"
            message = f"{reading.name} has {what} {assignment.app} with the role {assignment.role or '(default)'}"
            hint = "Correct the names; the appId tells applications of one name apart."
            context.say("error", "unknown-app-role", message, address, hint, assignment.place("app"))
            context.freeze(reading.name, address, label, message)
            continue
        wanted = _object("app_role_assignment", label, reading, found[0])
        context.declared_at[wanted.address] = assignment.at
        yield wanted, _holders(wanted, assignment, dialect, file)


def _of_directory(
    context: Context, reading: DirectoryReading, section: str
) -> Iterator[tuple[ObjectFile, RoleAssignment | AppRoleAssignment, Dialect]]:
    for file in context.repository.objects:
        if file.directory == reading.name:
            dialect = file.dialect or context.repository.project.dialect
            yield from ((file, assignment, dialect) for assignment in getattr(file, section))


def _holders(
    wanted: DesiredObject, assignment: RoleAssignment | AppRoleAssignment, dialect: Dialect, file: ObjectFile
) -> Roster:
    members = Members(mode=assignment.mode, include=assignment.principals).standing_at(file)
    return Roster(wanted, "members", members, dialect, assignment.at)


def _units(reading: DirectoryReading, *names: str) -> list[LiveObject]:
    """Return the units that are called by the first of ``names`` that any is called by."""
    for name in names:
        found = [
            live
            for live in reading.view.objects.values()
            if live.object_type == "administrative_unit" and not live.deleted and _is_called(live, name)
        ]
        if found:
            return found
    return []


def find_unit(reading: DirectoryReading, name: str) -> LiveObject | None:
    """Return the one administrative unit that is called ``name``; ``None`` for none or several."""
    found = _units(reading, name)
    return found[0] if len(found) == 1 else None


def _role(reading: DirectoryReading, name: str) -> LiveObject | None:
    return next(
        (
            live
            for live in reading.view.objects.values()
            if live.object_type == "role_assignment" and live.anchor.endswith(f"@{TENANT}") and _is_called(live, name)
        ),
        None,
    )


def _scoped_role(reading: DirectoryReading, name: str, role: LiveObject, unit: DesiredObject) -> DesiredObject:
    """Return a role within a unit. A unit of this plan has no anchor yet, nor has a role in it."""
    label = f"{name} in {unit.label}"
    definition = role.anchor.removesuffix(f"@{TENANT}")
    if unit.live is None:
        wanted = _object("role_assignment", label, reading, None)
        wanted.action = "create"
        wanted.attributes["displayName"] = Wanted((name,))
        wanted.attributes["directoryScope"] = Wanted((Ref(unit.address),))
        return wanted
    anchor = f"{definition}@{_UNIT}{unit.live.anchor}"
    there = reading.view.objects.get(anchor)
    empty = LiveObject(anchor, label, "role_assignment", {"displayName": (name,)})
    return _object("role_assignment", label, reading, there or empty)


def _app_roles(reading: DirectoryReading, assignment: AppRoleAssignment) -> list[LiveObject]:
    wanted = (assignment.app.lower(), (assignment.role or "").lower())
    return [
        live
        for live in reading.view.objects.values()
        if live.object_type == "app_role_assignment"
        and wanted[0] in {text_of(value).lower() for name in ("displayName", "appId") for value in live.get(name)}
        and wanted[1] in _role_names(live)
    ]


def _role_names(live: LiveObject) -> set[str]:
    """Return what a role of an application is called: by its name, or by the value that tokens have."""
    found = {text_of(value).lower() for name in ("appRole", "appRoleValue") for value in live.get(name)}
    return found or {""}


def _is_called(live: LiveObject, name: str) -> bool:
    return name.lower() in {text_of(value).lower() for value in live.get("displayName")}


def _address(kind: str, name: str, reading: DirectoryReading) -> str:
    return str(Address(kind, name, reading.name))


def _object(kind: ObjectType, name: str, reading: DirectoryReading, live: LiveObject | None) -> DesiredObject:
    return DesiredObject(_address(kind, name, reading), reading.name, kind, name, f"{reading.name}/{kind}s", live)


def _ambiguous(context: Context, reading: DirectoryReading, address: str, name: str, at: Span) -> None:
    message = f"{reading.name} has several objects called {name}; none of them is touched"
    context.say("error", "ambiguous-name", message, address, "Give each a name of its own in the tenant.", at)
    context.freeze(reading.name, address, name, "several objects are called so")
