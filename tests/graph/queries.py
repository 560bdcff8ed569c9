"""Whether the query options of a request are such that Graph accepts them, and what they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.graph.routes import Route
from tests.graph.schema import Property, Type, schema
from tests.graph.values import EXTENSION

# The tokens stand in next and delta links, which are opaque; no list of options names them.
_TOKENS = frozenset({"$skiptoken", "$deltatoken"})
# Delta queries of directory objects take no other ("Use delta query to track changes", Optional query parameters).
_OF_DELTA = frozenset({"$select", "$filter"}) | _TOKENS
_LARGEST_PAGE = 999


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an object was asked for: selected names (``None``: the defaults), and expanded relationships."""

    select: frozenset[str] | None = None
    expand: Mapping[str, Wanted] = field(default_factory=dict)


def wanted(query: Mapping[str, str]) -> Wanted:
    """Read ``$select`` and ``$expand``."""
    select = frozenset(_split(query["$select"], ",")) if query.get("$select") else None
    expand = {}
    for part in _split(query.get("$expand", ""), ","):
        name, _, options = part.partition("(")
        inner = dict(option.split("=", 1) for option in _split(options.removesuffix(")"), ";") if "=" in option)
        expand[name] = wanted(inner)
    return Wanted(select, expand)


def check_query(route: Route, query: Mapping[str, str], headers: Mapping[str, str] | None) -> Iterator[str]:
    """Yield what is wrong with the query of a request; ``headers`` (names in lower case) ``None``: not known."""
    allowed = _OF_DELTA if route.kind == "delta" else {"@id" if n == "id" else f"${n}" for n in route.query}
    if route.kind in ("collection", "function"):
        allowed = allowed | _TOKENS
    if route.kind == "action" and route.result is not None:
        allowed = allowed | {"$select"}
    for name in query.keys() - allowed:
        yield f"{name}: not an option of {route.method} {route.template}"
    kind = schema().type(route.result.type) if route.result else None
    if "$top" in query and not (query["$top"].isdecimal() and 1 <= int(query["$top"]) <= _LARGEST_PAGE):
        yield f"$top={query['$top']}: must be between 1 and {_LARGEST_PAGE}"
    if "$count" in query and query["$count"] not in ("true", "false"):
        yield f"$count={query['$count']}: neither true nor false"
    if kind is not None:
        yield from _check_wanted(wanted(query), kind, delta=route.kind == "delta")
        yield from _check_filter(query.get("$filter", ""), kind, delta=route.kind == "delta")
        yield from _check_order(query.get("$orderby", ""), kind)
        if headers is not None and kind.directory_object:
            yield from _check_advanced(route, query, headers)


def _check_wanted(what: Wanted, kind: Type, *, delta: bool = False) -> Iterator[str]:
    for name in sorted(what.select or ()):
        found = _resolve(name, kind)
        if found is None:
            if not (kind.open and EXTENSION.fullmatch(name)):
                yield f"$select: {kind.name} has no property {name}"
        elif found.navigation and not delta:
            yield f"$select: {name} is a relationship of {kind.name}, to be expanded"
    if len(what.expand) > 1 and kind.directory_object:
        yield f"$expand: one relationship a request, not {', '.join(what.expand)}"
    for name, inner in what.expand.items():
        found = None if name == "*" else _resolve(name, kind)
        if name == "*":
            continue
        if found is None or not found.navigation:
            yield f"$expand: {kind.name} has no relationship {name}"
        elif found.name == "onPremisesSyncBehavior":
            yield f"$expand: {name} cannot be expanded"
        elif (to := schema().type(found.type)) is not None:
            yield from _check_wanted(inner, to)


def _resolve(path: str, kind: Type) -> Property | None:
    """Find a property by its path: also inside complex ones, behind a cast, or of a type that inherits from this one."""
    found: Property | None = None
    here: list[Type] = [kind, *schema().heirs(kind.name)] if kind.name == "directoryObject" else [kind]
    for step in path.split("/"):
        if step.startswith("microsoft.graph."):
            cast = schema().type(step.removeprefix("microsoft.graph."))
            here = [cast] if cast else []
            continue
        found = next((one.properties[step] for one in here if step in one.properties), None)
        if found is None:
            return None
        inside = schema().type(found.type)
        here = [inside] if inside else []
    return found


# --- $filter and $orderby ----------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"'(?:[^']|'')*'|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[\d:.TZ+-]*\d[\d:.TZ+-]*"
    r"|[A-Za-z_$][\w.$]*(?:/[\w.$]+)*|[(),:]|\S"
)
_COMPARISONS = frozenset({"eq", "ne", "ge", "le", "gt", "lt", "in"})
_FUNCTIONS = frozenset({"startswith", "endswith", "contains"})
_WORDS = frozenset({"and", "or", "not", "true", "false", "null", "any", "all", "isof"})
_ADVANCED = frozenset({"ne", "not", "endswith"})


@dataclass(frozen=True, slots=True)
class _Use:
    """A property path in a filter, and the operator or function that it is used with, in lower case."""

    path: str
    operator: str | None


def _uses(text: str) -> list[_Use]:
    tokens = _TOKEN.findall(text)
    variables = {tokens[i + 1]: tokens[i - 1] for i, t in enumerate(tokens[:-2]) if t == "(" and tokens[i + 2] == ":"}
    found = []
    for i, token in enumerate(tokens):
        lower = token.lower()
        if not (token[0].isalpha() or token[0] == "$") or lower in _COMPARISONS | _FUNCTIONS | _WORDS:
            continue
        if re.fullmatch(r"[0-9a-fA-F]{8}-.*", token) or (token in variables and tokens[i + 1 : i + 2] == [":"]):
            continue
        head, _, rest = token.partition("/")
        if head in variables:
            token = re.sub(r"/(any|all)$", "", variables[head]) + (f"/{rest}" if rest else "")
        token = re.sub(r"/(any|all)$", "", token)
        following = tokens[i + 1].lower() if i + 1 < len(tokens) else ""
        before = tokens[i - 2].lower() if i >= 2 and tokens[i - 1] == "(" else ""
        operator = following if following in _COMPARISONS else before if before in _FUNCTIONS else None
        found.append(_Use(token, operator))
    return found


def _check_filter(text: str, kind: Type, *, delta: bool) -> Iterator[str]:
    for use in _uses(text):
        path, counted = use.path.removesuffix("/$count"), use.path.endswith("/$count")
        found = _resolve(path, kind)
        if found is None:
            yield f"$filter: {kind.name} has no property {path}"
        elif delta and (path, use.operator) != ("id", "eq"):
            yield f"$filter: a delta query filters by id eq only, not {path}"
        elif not counted and use.operator and found.filters and not _filterable(found, use.operator):
            yield f"$filter: {path} knows {', '.join(sorted(found.filters))}, not {use.operator}"


def _filterable(found: Property, operator: str) -> bool:
    return operator in found.filters or (operator == "eq" and any("null" in one for one in found.filters))


def _check_order(text: str, kind: Type) -> Iterator[str]:
    for part in _split(text, ","):
        name, _, direction = part.strip().partition(" ")
        found = _resolve(name, kind)
        if found is None:
            yield f"$orderby: {kind.name} has no property {name}"
        if direction not in ("", "asc", "desc"):
            yield f"$orderby: {direction!r} is no direction"


def _check_advanced(route: Route, query: Mapping[str, str], headers: Mapping[str, str]) -> Iterator[str]:
    """Hold the rules of "Advanced query capabilities on directory objects"."""
    words = {token.lower() for token in _TOKEN.findall(query.get("$filter", ""))}
    reasons = sorted(words & _ADVANCED) + (["$filter with $orderby"] if {"$filter", "$orderby"} <= query.keys() else [])
    if any(word.endswith("/$count") for word in words):
        reasons.append("/$count in a filter")
    if query.get("$count") == "true" or route.kind == "count":
        reasons.append("$count")
    if "$search" in query:
        reasons.append("$search")
    if not reasons:
        return
    if headers.get("consistencylevel") != "eventual":
        yield f"ConsistencyLevel: eventual is missing, which {', '.join(reasons)} needs"
    if route.kind != "count" and "$search" not in query and query.get("$count") != "true":
        yield f"$count=true is missing, which {', '.join(reasons)} needs"
    if "$expand" in query:
        yield f"$expand cannot go together with {', '.join(reasons)}"


def _split(text: str, separator: str) -> list[str]:
    """Split outside brackets."""
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == separator and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    return [*parts, text[start:].strip()] if text[start:].strip() else parts
