"""The query options of a request (OData 4.01; "Use query parameters to customize Microsoft Graph responses")."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idcode.directories.sandbox.tenant.errors import bad_request, malformed, unsupported_query

DEFAULT_PAGE = 100
LONGEST_PAGE = 999
_OPTIONS = ("count", "deltatoken", "expand", "filter", "format", "orderby", "search", "select", "skiptoken", "top")
_EXPAND = re.compile(r"\s*(\w+)\s*(?:\((.*)\))?\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Expand:
    """One relationship to show with each object; ``select`` are the properties of what it leads to."""

    relation: str
    select: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one request; ``None`` and ``False`` where they are left out. ``text`` are those it came with."""

    text: Mapping[str, str]
    select: Sequence[str] | None = None
    expand: Expand | None = None
    filter: str | None = None
    search: str | None = None
    orderby: str | None = None
    count: bool = False
    top: int | None = None


def options(query: Mapping[str, str], allowed: Sequence[str]) -> Options:
    """Return the options of a request that may have those named ``allowed`` (without ``$``).

    The ``$`` may be left out. Raises ``GraphError`` for options that are unknown or not allowed, or have bad values.
    """
    text: dict[str, str] = {}
    for name, value in query.items():
        plain = name.lower().removeprefix("$")
        if plain in _OPTIONS:
            text[plain] = value
        elif name.startswith("$"):
            raise malformed(f"The query parameter '{name}' is not supported.")
    for plain in text:
        if plain not in allowed and plain != "format":
            raise bad_request(f"The query specified in the URI is not valid. Query option '${plain}' is not allowed.")
    return Options(
        text,
        names(text["select"]) if "select" in text else None,
        _expand(text["expand"]) if "expand" in text else None,
        text.get("filter"),
        text.get("search"),
        text.get("orderby"),
        _flag(text["count"]) if "count" in text else False,
        _top(text["top"]) if "top" in text else None,
    )


def names(text: str) -> list[str] | None:
    """Return the names in a ``$select``, types in front of them left out; ``None`` for ``*`` or nothing."""
    found = [each.strip().rpartition("/")[2] for each in text.split(",") if each.strip()]
    return None if not found or "*" in found else list(dict.fromkeys(found))


def _expand(text: str) -> Expand:
    found = _EXPAND.fullmatch(text)
    if found is None:
        message = "Only one property can be expanded in a single query." if "," in text else f"Invalid: '{text}'."
        raise bad_request(f"The query specified in the URI is not valid. {message}")
    select = None
    for part in (found[2] or "").split(";"):
        name, _, value = part.strip().partition("=")
        if name.lower() == "$select":
            select = names(value)
        elif name and name.lower() != "$levels":
            raise malformed(f"Parsing OData Select and Expand failed: '{name}' is not supported in $expand.")
    return Expand(found[1], select)


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise malformed(f"Invalid value '{text}' for $count query option found. Valid values are 'true' and 'false'.")
    return text.lower() == "true"


def _top(text: str) -> int:
    if not text.isdecimal() or not text.isascii():
        raise malformed(
            f"Invalid value '{text}' for $top query option found. The $top query option requires a non-negative "
            "integer value."
        )
    if not 1 <= int(text) <= LONGEST_PAGE:
        raise unsupported_query(
            f"Invalid page size specified: '{text}'. Must be between 1 and {LONGEST_PAGE} inclusive."
        )
    return int(text)
