"""Soft-deleted objects (Graph pages directory-deleteditems-list, -get, -restore, -delete)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from idcode.directories.sandbox.tenant.clock import stamp
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import GraphError, bad_request, conflicting_object, not_found
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.listing import Collection, counted, listed, single
from idcode.directories.sandbox.tenant.names import check_free, check_logon_name
from idcode.directories.sandbox.tenant.navigation import CONTEXT, cast, context_of
from idcode.directories.sandbox.tenant.properties import DIRECTORY_OBJECT
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.view import View
from idcode.directories.sandbox.tenant.work import Moment, Work

KEPT = timedelta(days=30)
"""How long a deleted object can be restored."""
_PURGE = "deleted.purge"
_TYPES = ("user", "group", "servicePrincipal", "application", "administrativeUnit", "device")
_PATH = "/directory/deletedItems"


def soft_delete(moment: Moment, entity: Entity) -> None:
    """Move an object to the deleted ones. A user's name is changed, so that somebody else may have it.

    Links stay as they are, so that a restored object has its memberships again.
    """
    when = stamp(moment.now)
    changes: dict[str, Any] = {"deletedDateTime": when}
    if entity.type == "user":
        changes["userPrincipalName"] = entity.id.replace("-", "") + entity.get("userPrincipalName")
    moment.draft.put(entity.having(**changes))
    moment.draft.later(_PURGE, moment.now + KEPT, id=entity.id, deleted=when)


def _purge(moment: Moment, data: Mapping[str, Any]) -> None:
    entity = moment.draft.view.get(data["id"])
    if entity is not None and entity.get("deletedDateTime") == data["deleted"]:
        moment.draft.remove(entity.id)


def _found(view: View, key: str) -> Entity:
    entity = view.get(key.lower())
    if entity is None or not entity.deleted:
        raise not_found(key)
    return entity


def _target(work: Work) -> Entity:
    """Return the newest form of a deleted object that reads show as deleted."""
    return _found(work.draft.view, _found(work.reading, work.param("id")).id)


def show(work: Work) -> Reply:
    """Answer ``GET /directory/deletedItems/{id}``."""
    return single(work, _found(work.reading, work.param("id")), CONTEXT, DIRECTORY_OBJECT)


def _of_type(answer: Callable[[Work, Collection], Reply]) -> Callable[[Work], Reply]:
    def show_all(work: Work) -> Reply:
        type_name = cast(work)
        if type_name not in _TYPES:
            raise bad_request("The request is not supported for this type of deleted items.")
        return answer(
            work, Collection(work.reading.ids(type_name, deleted=True), type_name, context_of(type_name), True)
        )

    return show_all


def restore(work: Work) -> Reply:
    """Answer ``POST …/restore``: 200 with the object.

    A user gets its name back, or ``newUserPrincipalName``. Raises ``GraphError`` where another object has that name
    now, or an address (unless ``autoReconcileProxyConflict`` leaves such addresses out).
    """
    entity = _target(work)
    body = work.request.body if isinstance(work.request.body, dict) else {}
    restored = entity.having(deletedDateTime=None)
    if entity.type == "user":
        restored = _renamed(work, restored, body)
    try:
        check_free(work.draft.view, restored)
    except GraphError:
        raise conflicting_object(409) from None
    work.draft.put(restored)
    return single(work, restored, CONTEXT, DIRECTORY_OBJECT)


def _renamed(work: Work, user: Entity, body: Mapping[str, Any]) -> Entity:
    name = user.get("userPrincipalName").removeprefix(user.id.replace("-", ""))
    wanted = body.get("newUserPrincipalName")
    if isinstance(wanted, str) and wanted:
        check_logon_name(work.draft.view, wanted)
        name = wanted
    user = user.having(userPrincipalName=name)
    if body.get("autoReconcileProxyConflict") is True:
        view = work.draft.view
        free = [
            each
            for each in user.get("proxyAddresses", ())
            if not any(other.id != user.id and not other.deleted for other in view.find("proxyAddresses", each))
        ]
        user = user.having(proxyAddresses=free or None)
    return user


def remove(work: Work) -> Reply:
    """Answer ``DELETE /directory/deletedItems/{id}``: 204, for good."""
    work.draft.remove(_target(work).id)
    return Reply(204)


ROUTES = (
    Route("GET", f"{_PATH}/microsoft.graph.{{cast}}", _of_type(listed)),
    Route("GET", f"{_PATH}/microsoft.graph.{{cast}}/$count", _of_type(counted)),
    Route("GET", f"{_PATH}/graph.{{cast}}", _of_type(listed)),
    Route("GET", f"{_PATH}/{{id}}", show),
    Route("POST", f"{_PATH}/{{id}}/restore", restore),
    Route("POST", f"{_PATH}/{{id}}/microsoft.graph.restore", restore),
    Route("DELETE", f"{_PATH}/{{id}}", remove),
)
TASKS = {_PURGE: _purge}
