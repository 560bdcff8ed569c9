"""Temporary access passes (resource type temporaryAccessPassAuthenticationMethod). The pass itself is kept nowhere."""

from __future__ import annotations

import secrets
import string
import uuid
from datetime import datetime, timedelta
from typing import Any

from idcode.directories.sandbox.tenant.clock import moment, stamp
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import bad_request, not_found
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.work import Work

_TYPE = "temporaryAccessPassAuthenticationMethod"
_HAS = "temporaryAccessPassMethods"
"""Links of this kind go from a user to the pass the user has."""
_PATH = "/users/{id}/authentication/temporaryAccessPassMethods"
_SIGNS = string.ascii_letters + string.digits + "+*&@!$%"
_SHORTEST, _LONGEST, _USUAL = 10, 43200, 60
"""Minutes that a pass is good for."""


def create(work: Work) -> Reply:
    """Make a pass, in place of one that is there (authentication-post-temporaryaccesspassmethods)."""
    user = work.target(work.param("id"), "user")
    body = {} if work.request.body is None else work.body()
    minutes = body.get("lifetimeInMinutes", _USUAL)
    once = body.get("isUsableOnce", False)
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not _SHORTEST <= minutes <= _LONGEST:
        raise bad_request(f"lifetimeInMinutes must be between {_SHORTEST} and {_LONGEST}.")
    if not isinstance(once, bool):
        raise bad_request("isUsableOnce must be a boolean.")
    made = Entity(
        str(uuid.uuid4()),
        _TYPE,
        {
            "createdDateTime": stamp(work.now),
            "startDateTime": stamp(_start(body.get("startDateTime"), work.now)),
            "lifetimeInMinutes": minutes,
            "isUsableOnce": once,
        },
    )
    for old in list(work.draft.view.targets(_HAS, user.id)):
        work.draft.remove(old)
    work.draft.put(made)
    work.draft.link(_HAS, user.id, made.id)
    pass_ = "".join(secrets.choice(_SIGNS) for _ in range(8))
    return Reply(201, {**_context(work, user, "/$entity"), **_shown(work, made), "temporaryAccessPass": pass_})


def listing(work: Work) -> Reply:
    """Return the pass that a user has, if any."""
    user = work.found(work.param("id"), "user")
    passes = [work.reading.live(each, _TYPE) for each in work.reading.targets(_HAS, user.id)]
    value = [_shown(work, each) for each in passes if each is not None]
    return Reply(200, {**_context(work, user), "value": value})


def get(work: Work) -> Reply:
    """Return one pass, without what it says."""
    user = work.found(work.param("id"), "user")
    return Reply(200, {**_context(work, user, "/$entity"), **_shown(work, _of_user(work))})


def delete(work: Work) -> Reply:
    """Withdraw a pass."""
    work.draft.remove(_of_user(work).id)
    return Reply(204)


def _of_user(work: Work) -> Entity:
    user = work.found(work.param("id"), "user")
    found = work.found(work.param("pass"), _TYPE)
    if not work.reading.linked(_HAS, user.id, found.id):
        raise not_found(found.id)
    return found


def _context(work: Work, user: Entity, suffix: str = "") -> dict[str, str]:
    return {"@odata.context": f"{work.request.base}/$metadata#users('{user.id}')/authentication/{_HAS}{suffix}"}


def _start(text: Any, now: datetime) -> datetime:
    if text is None:
        return now
    try:
        start = moment(text)
    except (ValueError, TypeError):
        raise bad_request("startDateTime must be a date and time.") from None
    if start.tzinfo is None:
        raise bad_request("startDateTime must have a time zone.")
    return start


def _shown(work: Work, found: Entity) -> dict[str, Any]:
    start = moment(found.get("startDateTime"))
    end = start + timedelta(minutes=found.get("lifetimeInMinutes"))
    reason = "NotYetValid" if work.now < start else "EnabledByPolicy" if work.now < end else "Expired"
    return {
        "@odata.type": f"#microsoft.graph.{_TYPE}",
        "id": found.id,
        "temporaryAccessPass": None,
        **found.properties,
        "isUsable": reason == "EnabledByPolicy",
        "methodUsabilityReason": reason,
    }


ROUTES = (
    Route("POST", _PATH, create),
    Route("GET", _PATH, listing),
    Route("GET", _PATH + "/{pass}", get),
    Route("DELETE", _PATH + "/{pass}", delete),
)
