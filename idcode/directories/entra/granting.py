"""Changes of roles: one request per holder, since Graph has nothing that changes an assignment."""

from __future__ import annotations

from collections.abc import Iterator

from idcode.directories.entra.requests import Attributes, Request, difference, first, references
from idcode.directories.entra.roles import unit_scope
from idcode.directories.entra.tenant import DEFAULT_ACCESS, Application, Tenant
from idcode.model.identifiers import is_guid
from idcode.model.plans import AttributeChange, Change


def assignments(tenant: Tenant, change: Change, attributes: Attributes) -> Iterator[Request]:
    """Yield what gives a role to its new holders and takes it from the former ones. Raises ``ValueError``."""
    if change.op == "delete":
        raise ValueError("a role cannot be deleted; take its holders away")
    added, removed = difference(attributes.get("members", AttributeChange()))
    is_directory_role = change.object_type == "role_assignment"
    place = (_directory_role if is_directory_role else _app_role)(tenant, change, attributes)
    for holder in references(added):
        yield {"op": "grant", **place, "principal": holder}
    for holder in references(removed):
        yield {"op": "revoke", **place, "principal": holder}


def _directory_role(tenant: Tenant, change: Change, attributes: Attributes) -> Request:
    if change.object.anchor:
        role, scope = change.object.anchor.split("@", 1)
        return {"role": role, "scope": scope}
    name = first(attributes, "displayName") or change.object.dn
    found = find_role(tenant, name)
    units = references(attributes.get("directoryScope", AttributeChange()).after)
    if found is None or not units:
        # Tenant-wide roles are always there: without a unit, what is meant is never all of the tenant.
        raise ValueError(f"there is no directory role {name}" if found is None else f"{name} has no unit to hold in")
    unit = units[0]["$ref"]
    return {"role": found, "scope": unit_scope(unit) if is_guid(unit) else units[0]}


def _app_role(tenant: Tenant, change: Change, attributes: Attributes) -> Request:
    if change.object.anchor:
        application, role = change.object.anchor.split("@", 1)
        return {"application": application, "role": role}
    name = (first(attributes, "displayName") or change.object.dn).lower()
    role_name = first(attributes, "appRole").lower()
    for known in tenant.applications.values():
        if name in (known.name.lower(), known.app_id):
            return {"application": known.id, "role": _role_of(known, role_name)}
    raise ValueError(f"there is no application {name}")


def find_role(tenant: Tenant, name: str) -> str | None:
    """Return the id of the directory role with this name, in any case."""
    return next((role for role, known in tenant.roles.items() if known.lower() == name.lower()), None)


def _role_of(application: Application, name: str) -> str:
    if not name:
        return DEFAULT_ACCESS
    for role, known in application.roles.items():
        if name in (known.lower(), application.values.get(role, "").lower()):
            return role
    raise ValueError(f"{application.name} has no app role {name}")
