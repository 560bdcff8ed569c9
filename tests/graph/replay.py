"""An official example, carried out on a practice tenant that holds the objects it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from idcode.directories.sandbox.tenant.clock import ScaledClock
from idcode.directories.sandbox.tenant.exchange import Reply, Request
from idcode.directories.sandbox.tenant.state import State
from idcode.directories.sandbox.tenant.tenant import Tenant
from tests.graph.queries import wanted
from tests.graph.routes import Route, find
from tests.graph.samples import Sample
from tests.graph.schema import schema
from tests.graph.seeding import SOMEONE, Shown, seed, shown_in

_NOW = datetime(2026, 11, 23, 10, 17, 6, tzinfo=UTC)
_BASE = "https://graph.microsoft.com/v1.0"
# What the tenant says of a path that it does not have; a word of the path may also pass for a key.
_UNKNOWN = re.compile(
    r"Resource not found for the segment|Specified HTTP method|Resource '(?:\$count|delta)' does not exist"
)
# The bodies of requests in the documentation are not published as data.
_ACTIONS: Mapping[str, Any] = {
    "assignLicense": {"addLicenses": [], "removeLicenses": []},
    "checkMemberGroups": {"groupIds": [SOMEONE]},
    "checkMemberObjects": {"ids": [SOMEONE]},
    "getMemberGroups": {"securityEnabledOnly": True},
    "getMemberObjects": {"securityEnabledOnly": True},
}
_NEEDED: Mapping[str, Mapping[str, Any]] = {
    "user": {"accountEnabled": True, "displayName": "Ada Brisling", "mailNickname": "new"}
    | {"passwordProfile": {"password": "Somewhat-l0ng!"}, "userPrincipalName": "ada@contoso.com"},
    "group": {"mailNickname": "new"},
    "invitation": {"inviteRedirectUrl": "https://example.org"},
}


def replay(sample: Sample) -> Reply:
    """Send an example's request to a new tenant that holds the example's objects."""
    tenant = Tenant(State(), ScaledClock(0, _NOW))
    with tenant.state.writing(_NOW) as draft:
        seed(draft, sample)
    return tenant.handle(request_of(sample))


def request_of(sample: Sample) -> Request:
    """Return the request of an example."""
    headers = {"consistencylevel": "eventual"} if sample.method == "GET" else {"content-type": "application/json"}
    return Request(sample.method, sample.path, sample.query, headers, _body(sample), _BASE)


def _body(sample: Sample) -> Any:
    route = find(sample.method, sample.path)
    assert isinstance(route, Route)
    if sample.method in ("GET", "DELETE"):
        return None
    if route.kind == "ref":
        return {"@odata.id": f"{_BASE}/directoryObjects/{SOMEONE}"}
    if route.operation is not None:
        return {"ids": [SOMEONE]} if route.operation.name == "getByIds" else _ACTIONS.get(route.operation.name)
    if sample.method in ("PATCH", "PUT"):
        return {"displayName": "Another name"}
    kind = schema().type(route.result.type) if route.result else None
    if kind is None:
        return {}
    written = {
        name: value
        for name, value in sample.body.items()
        if (declared := kind.properties.get(name)) and not declared.read_only and not declared.navigation
        if name not in ("id", "deletedDateTime") and value is not None
    }
    return {**_NEEDED.get(kind.name, {}), **written}


def is_served(reply: Reply) -> bool:
    """Whether the tenant has the path and the method at all."""
    return reply.status not in (400, 404, 405) or not _UNKNOWN.match(reply.body["error"]["message"])


def differences(sample: Sample, reply: Reply) -> Iterator[str]:
    """Yield what a reply lacks of the example's; it may hold more, because the documentation shortens."""
    if reply.status != sample.status:
        yield f"{reply.status} instead of {sample.status}: {reply.body}"
        return
    if (reply.body is None) != (sample.body is None):
        yield f"{reply.body!r} instead of {sample.body!r}"
    if not isinstance(sample.body, dict) or not isinstance(reply.body, dict):
        return
    for name in {"@odata.context", "@odata.count", "value"} & sample.body.keys() - reply.body.keys():
        yield f"lacks {name}"
    if not reply.body.keys() & {"@odata.deltaLink", "@odata.nextLink"} and "delta" in sample.path:
        yield "lacks both links of a delta query"
    yield from _missing(sample, reply.body)


def _missing(sample: Sample, body: Mapping[str, Any]) -> Iterator[str]:
    listed = isinstance(body.get("value"), list)
    answered = {str(item.get("id")).lower(): item for item in body["value"] if isinstance(item, dict)} if listed else {}
    for one in shown_in(sample):
        if sample.path.endswith("/getByIds"):
            continue  # it was asked for another object
        item = answered.get(one.id.lower()) if listed else body
        if item is None:
            yield f"{one.type} {one.id} is missing"
        else:
            yield from (f"{one.type} {one.id} lacks {name}" for name in _expected(one, sample) if name not in item)


def _expected(one: Shown, sample: Sample) -> Iterator[str]:
    kind, select = schema().type(one.type), wanted(sample.query).select
    assert kind is not None
    for name in one.item:
        declared = kind.properties.get(name)
        if declared is not None and not declared.navigation and (name != "id" or select is None or "id" in select):
            yield name
