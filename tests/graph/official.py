"""What is wrong with a request to Microsoft Graph or its reply, by Microsoft's own published metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.graph.bodies import check_body
from tests.graph.queries import Wanted, check_query, wanted
from tests.graph.routes import Route, find
from tests.graph.schema import Property, Type, examples, schema
from tests.graph.values import Occasion, check_object, check_value, type_of

_LARGEST_BATCH = 20
_INNER = frozenset({"date", "request-id", "client-request-id"})
_TOP = frozenset({"@odata.context"})
_LISTS = frozenset({"@odata.context", "@odata.count", "@odata.nextLink", "@odata.deltaLink", "value"})


def check_request(
    method: str, url: str, query: Mapping[str, str], headers: Mapping[str, str] | None, body: Any
) -> list[str]:
    """Return what is wrong with a request.

    ``url`` is the decoded path after the version, ``query`` has decoded names and values, ``headers`` names in lower
    case; ``None``: they are not known, and nothing is said about what they lack.
    """
    route = find(method, url)
    if isinstance(route, str):
        return [route]
    if route.kind == "batch":
        return [*check_batch(body), *_check_inside(body)]
    return [*check_query(route, query, headers), *check_body(route, body)]


def check_reply(
    method: str,
    url: str,
    status: int,
    body: Any,
    query: Mapping[str, str],
    *,
    headers: Mapping[str, str] | None = None,
    shortened: bool = False,
) -> list[str]:
    """Return what is wrong with the reply to a request.

    ``headers`` are those of the request. ``shortened`` says that properties may be left out, as the documentation does
    in its examples.
    """
    if status >= 400:
        return list(_check_error(body))
    route = find(method, url)
    if isinstance(route, str):
        return [f"{status} for {route}"]
    allowed = _statuses(route, headers or {})
    if status not in allowed:
        return [f"{status} for {method} {route.template}, not {' or '.join(map(str, sorted(allowed)))}"]
    if status == 204 or (route.result is None and body is None):
        return [] if body is None else [f"a body with {status}"]
    if route.kind == "batch":
        return list(_check_responses(body))
    if headers is not None and headers.get("consistencylevel", "").lower() != "eventual":
        # $count is ignored without a word then (aad-advanced-queries).
        query = {name: value for name, value in query.items() if name != "$count"}
    return list(_check_success(route, body, query, shortened=shortened))


def split(url: str) -> tuple[str, dict[str, str]]:
    """Return the decoded path and query of an address relative to the version."""
    path, _, query = url.partition("?")
    return "/" + unquote(path).strip("/"), dict(parse_qsl(query, keep_blank_values=True))


# --- $batch ------------------------------------------------------------------------------------------------------------


def check_batch(body: Any) -> Iterator[str]:
    """Yield what is wrong with a batch, whatever the requests in it are."""
    requests = body.get("requests") if isinstance(body, dict) and body.keys() == {"requests"} else None
    if not isinstance(requests, list) or not 1 <= len(requests) <= _LARGEST_BATCH:
        yield f"$batch: not a list of 1 to {_LARGEST_BATCH} requests"
        return
    seen: set[str] = set()
    for inner in requests:
        if unknown := inner.keys() - {"id", "method", "url", "headers", "body", "dependsOn"}:
            yield f"$batch: {', '.join(sorted(unknown))} in a request"
        at = f"$batch {inner.get('id')}"
        if not isinstance(inner.get("id"), str) or inner["id"].lower() in seen:
            yield f"{at}: no id of its own"
        if any(str(one).lower() not in seen for one in inner.get("dependsOn", [])):
            yield f"{at}: depends on {inner['dependsOn']}, which do not stand before it"
        seen.add(str(inner.get("id")).lower())
        if inner.get("body") is not None and not _headers(inner).get("content-type", "").startswith("application/json"):
            yield f"{at}: a body without Content-Type"


def _check_inside(body: Any) -> Iterator[str]:
    for inner in body.get("requests", []) if isinstance(body, dict) else []:
        path, query = split(inner["url"])
        problems = check_request(inner["method"], path, query, _headers(inner), inner.get("body"))
        yield from (f"$batch {inner.get('id')}: {problem}" for problem in problems)


def _headers(inner: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in inner.get("headers", {}).items()}


def _check_responses(body: Any) -> Iterator[str]:
    responses = body.get("responses") if isinstance(body, dict) else None
    if not isinstance(responses, list):
        yield "$batch: no list of responses"
        return
    for inner in responses:
        if not isinstance(inner.get("id"), str) or not isinstance(inner.get("status"), int):
            yield f"$batch: a response without id or status: {inner}"
        elif inner["status"] >= 400:
            yield from (f"$batch {inner['id']}: {problem}" for problem in _check_error(inner.get("body")))
        if unknown := inner.keys() - {"id", "status", "headers", "body"}:
            yield f"$batch: {', '.join(sorted(unknown))} in a response"


# --- replies -----------------------------------------------------------------------------------------------------------


def _statuses(route: Route, headers: Mapping[str, str]) -> set[int]:
    if route.method == "GET" or route.kind == "batch":
        return {200}
    allowed = {204}
    if route.kind == "action":
        allowed = {204} if route.result is None else {200}
    elif route.kind == "collection" or (route.kind == "entity" and route.method == "POST"):
        allowed = {201}
    elif route.method in ("PATCH", "PUT"):
        allowed = {200, 204}
        if "create-if-missing" in headers.get("prefer", ""):
            allowed = {201, 204}
    return allowed | _of_examples().get((route.method, route.template), set())


@cache
def _of_examples() -> dict[tuple[str, str], set[int]]:
    found: dict[tuple[str, str], set[int]] = {}
    for example in examples():
        if example["method"] in ("POST", "DELETE"):
            found.setdefault((example["method"], example["path"]), set()).add(example["status"])
    return found


def _check_success(route: Route, body: Any, query: Mapping[str, str], *, shortened: bool) -> Iterator[str]:
    result = route.result
    if result is None or (route.kind not in ("count", "delta") and _unknown(result)):
        return  # described nowhere in this cut of the metadata
    if route.kind == "count":
        if not (str(body).isdecimal() and not isinstance(body, bool)):
            yield f"$count: {body!r} is no number"
        return
    if not isinstance(body, dict):
        yield f"{body!r} where a JSON object belongs"
        return
    if not shortened or "@odata.context" in body:
        yield from _check_context(body.get("@odata.context"))
    asked = wanted(query)
    if query.keys() & {"$skiptoken", "$deltatoken"} and "$select" not in query:
        shortened, asked = True, Wanted(frozenset(), {})
    if result.collection or result.type.startswith("Edm."):
        yield from _check_list(route, result, body, query, shortened=shortened)
        items = body.get("value") if result.collection else []
        for index, item in enumerate(items if isinstance(items, list) else []):
            at = f"value[{index}]"
            yield from check_presence(item, result, asked, at, delta=route.kind == "delta", shortened=shortened)
        return
    kind = schema().type(result.type)
    assert kind is not None
    yield from check_object(body, kind, kind.name, Occasion(annotated=_TOP))
    if route.kind == "entity" or route.kind == "collection":  # what else actions return is not described
        yield from check_presence(body, result, asked, kind.name, shortened=shortened or route.method != "GET")


def _unknown(result: Property) -> bool:
    return not result.type.startswith("Edm.") and schema().type(result.type) is None


def _check_list(
    route: Route, result: Property, body: Mapping[str, Any], query: Mapping[str, str], *, shortened: bool
) -> Iterator[str]:
    for name in body.keys() - _LISTS:
        if not name.startswith("@microsoft.graph."):
            yield f"{name}: not beside the value of a list"
    if "value" not in body:
        yield "no value"
        return
    delta = route.kind == "delta"
    yield from check_value(body["value"], result, "value", Occasion(delta=delta))
    yield from _check_links(route, body, delta=delta)
    counted = query.get("$count") == "true"
    count = body.get("@odata.count")
    if count is None:
        if counted and "$skiptoken" not in query and not shortened:
            yield "@odata.count is missing"
    elif not counted and not shortened:
        yield "@odata.count, which was not asked for"
    elif not isinstance(count, int) or isinstance(count, bool):
        yield f"@odata.count: {count!r} is no number"


_CONTEXT = re.compile(r"https?://[^/]+/(?:v1\.0|beta)/\$metadata#.+")


def _check_context(context: Any) -> Iterator[str]:
    if not isinstance(context, str) or not _CONTEXT.fullmatch(context):
        yield f"@odata.context: {context!r}"


def _check_links(route: Route, body: Mapping[str, Any], *, delta: bool) -> Iterator[str]:
    links = {name: body[name] for name in ("@odata.nextLink", "@odata.deltaLink") if name in body}
    if delta and len(links) != 1:
        yield f"a page of a delta query has a next link or a delta link, not {sorted(links)}"
    for name, link in links.items():
        if name == "@odata.deltaLink" and not delta:
            yield f"{name}: not in {route.template}"
        match = re.fullmatch(r"https?://[^/]+/v1\.0(/.*)", link) if isinstance(link, str) else None
        if match is None:
            yield f"{name}: {link!r} is no address"
            continue
        path, query = split(match[1])
        there = find("GET", path)
        if isinstance(there, str) or there.template != route.template:
            yield f"{name}: {link} is not of {route.template}"
        elif not query.keys() & {"$skiptoken", "$deltatoken", "$skip"}:
            yield f"{name}: {link} has no token"


# Relationships that come without $expand, as the official examples of these types show.
_UNASKED = {"invitation": {"invitedUser"}, "unifiedRoleDefinition": {"inheritsPermissionsFrom"}}


def check_presence(
    item: Any, declared: Property, asked: Wanted, at: str, *, delta: bool = False, shortened: bool = False
) -> Iterator[str]:
    """Yield which properties an object has that nobody asked for, and which of those asked for it lacks."""
    base = schema().type(declared.type)
    kind = type_of(item, base, at) if base is not None and isinstance(item, dict) else None
    if not isinstance(kind, Type) or not kind.entity or "@removed" in item:
        return
    if kind.name == "directoryObject" and not shortened:
        yield f"{at}: says not by @odata.type what it is"
        return
    present = {name for name in item if "@" not in name}
    defaults = {p.name for p in kind.properties.values() if p.default}
    navigation = {p.name for p in kind.properties.values() if p.navigation}
    selected = asked.select
    if selected is None:
        surplus = {p.name for p in kind.properties.values() if p.select_only} & present
        if kind.has_defaults:
            surplus = (present & kind.properties.keys()) - defaults - {"id"}
        missing = defaults - present - {"securityIdentifier"}  # which tenants do not have everywhere
    else:
        names = {name.split("/")[-1 if name.startswith("microsoft.graph.") else 0] for name in selected}
        surplus = (present & kind.properties.keys()) - names - {"id"} if selected else set()
        missing = (names & kind.properties.keys()) - present
    surplus = (surplus | (present & navigation)) - asked.expand.keys() - _UNASKED.get(kind.name, set())
    # An expanded manager that does not exist is left out.
    lists = {name for name in asked.expand.keys() & navigation if kind.properties[name].collection}
    missing = ({"id"} if selected is None else set()) | missing | lists
    if surplus:
        yield f"{at}: {', '.join(sorted(surplus))}, which nobody asked for"
    if delta:
        missing = {"id"}  # of an object that was not new, only what changed
    if (missing := missing - present) and not shortened:
        yield f"{at}: lacks {', '.join(sorted(missing))}"
    for name, inner in asked.expand.items():
        found = kind.properties.get(name)
        values = item.get(name) if found else None
        for index, value in enumerate(values if isinstance(values, list) else [values] if values else []):
            yield from check_presence(value, found, inner, f"{at}.{name}[{index}]", shortened=shortened)  # type: ignore[arg-type]


def _check_error(body: Any) -> Iterator[str]:
    error = body.get("error") if isinstance(body, dict) and body.keys() == {"error"} else None
    if not isinstance(error, dict):
        yield f"{body!r} is no error"
        return
    if unknown := error.keys() - {"code", "message", "target", "details", "innerError"}:
        yield f"error: {', '.join(sorted(unknown))}"
    for name in ("code", "message"):
        if not isinstance(error.get(name), str) or not error[name]:
            yield f"error.{name}: {error.get(name)!r}"
    for detail in error.get("details", []):
        if not isinstance(detail, dict) or not {"code", "message"} <= detail.keys() <= {"code", "message", "target"}:
            yield f"error.details: {detail!r}"
    inner = error.get("innerError")
    if not isinstance(inner, dict) or not {"date", "request-id"} <= inner.keys() <= _INNER:
        yield f"error.innerError: {inner!r}"
