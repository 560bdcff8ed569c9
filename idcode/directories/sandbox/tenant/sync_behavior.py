"""Moving an object that was synchronised to the tenant, and back to Active Directory (onPremisesSyncBehavior)."""

from __future__ import annotations

from idcode.directories.sandbox.tenant.authority import synced
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import bad_request, invalid_value
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.work import Work

_NAME = "isCloudManaged"
_OWNERS = {"users": "user", "groups": "group", "contacts": "orgContact"}


def get(work: Work) -> Reply:
    """Show who is the master of an object (onpremisessyncbehavior-get)."""
    return _reply(work, work.found(work.param("id"), _type(work)))


def update(work: Work) -> Reply:
    """Make the tenant the master of an object, or let Active Directory take over again."""
    entity = work.target(work.param("id"), _type(work))
    managed = work.body().get(_NAME)
    if not isinstance(managed, bool):
        raise invalid_value(_NAME, "OnPremisesSyncBehavior")
    if not entity.get("onPremisesSyncEnabled"):
        raise bad_request("The source of authority of an object that is not synchronized cannot be changed.")
    return _reply(work, work.draft.put(entity.having(**{_NAME: managed or None})))


def _type(work: Work) -> str:
    return _OWNERS[_collection(work)]


def _collection(work: Work) -> str:
    return work.request.path.split("/")[1].lower()


def _reply(work: Work, entity: Entity) -> Reply:
    context = f"{work.request.base}/$metadata#{_collection(work)}('{entity.id}')/onPremisesSyncBehavior/$entity"
    return Reply(200, {"@odata.context": context, "id": entity.id, _NAME: not synced(entity)})


ROUTES = tuple(
    Route(method, f"/{collection}/{{id}}/onPremisesSyncBehavior", function)
    for collection in _OWNERS
    for method, function in (("GET", get), ("PATCH", update))
)
