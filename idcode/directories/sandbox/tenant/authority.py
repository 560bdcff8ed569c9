"""Who is the master of an object that was synchronised: Active Directory, or the tenant (onPremisesSyncBehavior)."""

from __future__ import annotations

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import bad_request
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.work import Work

CLOUD_MANAGED = "isCloudManaged"
"""A property of objects that is only shown as part of their onPremisesSyncBehavior."""
_OWNERS = {"users": "user", "groups": "group", "contacts": "orgContact"}


def is_synced(entity: Entity) -> bool:
    """Whether Active Directory is the master of an object: what it masters is read-only in the tenant."""
    return bool(entity.get("onPremisesSyncEnabled")) and not entity.get(CLOUD_MANAGED)


def get(work: Work) -> Reply:
    """Return onPremisesSyncBehavior of an object (onpremisessyncbehavior-get)."""
    return _reply(work, work.found(work.param("id"), _type(work)))


def update(work: Work) -> Reply:
    """Hand an object to the tenant, or let Active Directory take over again (onpremisessyncbehavior-update)."""
    entity = work.target(work.param("id"), _type(work))
    managed = work.body().get(CLOUD_MANAGED)
    if not isinstance(managed, bool):
        raise bad_request("Invalid value specified for property 'isCloudManaged' of resource 'OnPremisesSyncBehavior'.")
    if not entity.get("onPremisesSyncEnabled"):
        raise bad_request("The source of authority of an object that is not synchronized cannot be changed.")
    return _reply(work, work.draft.put(entity.having(**{CLOUD_MANAGED: True if managed else None})))


def _type(work: Work) -> str:
    return _OWNERS[work.request.path.split("/")[1].lower()]


def _reply(work: Work, entity: Entity) -> Reply:
    collection = work.request.path.split("/")[1].lower()
    context = f"{work.request.base}/$metadata#{collection}('{entity.id}')/onPremisesSyncBehavior/$entity"
    managed = bool(entity.get(CLOUD_MANAGED)) or not entity.get("onPremisesSyncEnabled")
    return Reply(200, {"@odata.context": context, "id": entity.id, CLOUD_MANAGED: managed})


ROUTES = tuple(
    Route(method, f"/{collection}/{{id}}/onPremisesSyncBehavior", function)
    for collection in _OWNERS
    for method, function in (("GET", get), ("PATCH", update))
)
