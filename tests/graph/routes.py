"""Which published operation a request is: the path template, and what it takes and returns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.graph.schema import Operation, Property, schema

_GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
GUID = re.compile(_GUID)
_PARAMETER = re.compile(r"\{([^}]*)\}")
_CAST = re.compile(r"^(?:microsoft\.)?graph\.")
# What a key looks like; those not named here may be any text without a slash.
_BY_GUID = (
    *("directoryObject", "user", "group", "application", "servicePrincipal", "device", "orgContact", "organization"),
    *("administrativeUnit", "directoryRole", "directoryRoleTemplate", "unifiedRoleDefinition", "groupLifecyclePolicy"),
)
_KEYS = {f"{name}-id": _GUID for name in _BY_GUID} | {
    "user-id": rf"(?:{_GUID}|[^/@]+@[^/@]+)",
    "domain-id": r"[^/.]+(?:\.[^/.]+)+",
    "subscribedSku-id": f"{_GUID}_{_GUID}",
    "appId": _GUID,
    "roleTemplateId": _GUID,
}


@dataclass(frozen=True, slots=True)
class Route:
    """A path template and a method that it has.

    ``result`` is what a successful answer holds: an entity or a primitive, ``collection`` for a list of them, ``None``
    where nothing is described. ``kind`` is one of entity, collection, count, ref, delta, action, function, batch.
    """

    template: str
    method: str
    kind: str
    query: frozenset[str]
    result: Property | None = None
    body: str | None = None
    operation: Operation | None = None


def find(method: str, path: str) -> Route | str:
    """Return the route of a decoded path (after the version, without query), or what is wrong with it."""
    if path == "/$batch":
        return Route(path, method, "batch", frozenset()) if method == "POST" else f"{method} {path}: only POST"
    template = template_of(path)
    if template is None:
        return f"{path}: no such path"
    if method not in schema().paths[template]:
        return f"{method} {path}: {template} has only {', '.join(schema().paths[template])}"
    return _route(method, template)


@cache
def template_of(path: str) -> str | None:
    """Return the published template that a path fits; one with fewer keys wins."""
    segments = [_CAST.sub("", segment) for segment in path.split("/")]
    wanted = "/".join(segments)
    fitting = [t for t, pattern in _templates().get(len(segments), []) if pattern.fullmatch(wanted)]
    return min(fitting, key=lambda t: t.count("{"), default=None)


@cache
def _templates() -> dict[int, list[tuple[str, re.Pattern[str]]]]:
    by_length: dict[int, list[tuple[str, re.Pattern[str]]]] = {}
    for template in schema().paths:
        pattern, at = "", 0
        for match in _PARAMETER.finditer(template):
            quoted = template[match.start() - 1] == "'"
            pattern += re.escape(template[at : match.start()]) + _key(match[1], quoted=quoted)
            at = match.end()
        # A function without parameters may be called without brackets.
        pattern += re.escape(template[at:]).replace(r"\(\)", r"(?:\(\))?")
        by_length.setdefault(template.count("/") + 1, []).append((template, re.compile(pattern)))
    return by_length


def _key(name: str, *, quoted: bool) -> str:
    return f"(?:{_KEYS.get(name, '[^/]+' if quoted else '[^/()$]+')})"


@cache
def _route(method: str, template: str) -> Route:
    info = schema().paths[template][method]
    last = template.rsplit("/", 1)[1]
    query = frozenset(info.get("query", []))
    body = info.get("body")
    if last == "$count":
        return Route(template, method, "count", query, Property("value", "Edm.Int32", nullable=False))
    if last == "$ref":
        return Route(template, method, "ref", query, None, body)
    operation = _operation(template)
    if operation is not None:
        kind = "delta" if operation.name == "delta" else "function" if method == "GET" else "action"
        return Route(template, method, kind, query, operation.returns, body, operation)
    result = _result(info.get("returns"))
    return Route(template, method, "collection" if result and result.collection else "entity", query, result, body)


def _operation(template: str) -> Operation | None:
    parent, last = template.rsplit("/", 1)
    name = last.split("(")[0]
    if "{" in name or not any(op.name == name for op in schema().operations):
        return None
    of_parent = schema().paths.get(parent, {}).get("GET", {})
    owner = _result(of_parent.get("returns"))
    return schema().operation(name, owner.type if owner else "directoryObject")


def _result(returns: str | None) -> Property | None:
    if returns is None:
        return None
    collection = returns.endswith("CollectionResponse")
    name = returns.removesuffix("CollectionResponse")
    plain: dict[str, Any] = {"String": "Edm.String", "int": "Edm.Int32", "str": "Edm.String", "bytes": "Edm.Binary"}
    return Property("value", plain.get(name) or name[0].lower() + name[1:], collection, nullable=False)


_LINK = re.compile(r"https?://[^/]+/v1\.0(/.*)")


def check_reference(link: Any, to: Property, at: str) -> Iterator[str]:
    """Yield what is wrong with the address of an object that a relationship refers to."""
    match = _LINK.fullmatch(link) if isinstance(link, str) else None
    if match is None:
        yield f"{at}: {link!r} is no address of an object"
        return
    route = find("GET", match[1])
    if isinstance(route, str):
        yield f"{at}: {route}"
    elif route.kind != "entity" or route.result is None:
        yield f"{at}: {link} is no single object"
    elif not (schema().derived(route.result.type, to.type) or schema().derived(to.type, route.result.type)):
        yield f"{at}: {link} is a {route.result.type}, not a {to.type}"
