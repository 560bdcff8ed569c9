"""Delta queries (Graph pages delta-query-overview, user-delta, group-delta).

The first round lists everything, later ones what has happened since: both are pages that end with a delta link. What a
round asks for (``$select``, ``$filter`` by id) stands in its tokens and cannot be changed later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from idcode.directories.sandbox.tenant import tokens
from idcode.directories.sandbox.tenant.clock import moment, stamp
from idcode.directories.sandbox.tenant.deltas import changed_since, entries_of, everything, tracked
from idcode.directories.sandbox.tenant.errors import bad_request, malformed, resync, unknown_in_query
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.options import options
from idcode.directories.sandbox.tenant.properties import find
from idcode.directories.sandbox.tenant.relations import relations
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.state import RETENTION
from idcode.directories.sandbox.tenant.work import Work

PAGE = 200
"""How many entries a page has at most."""
MOST_LINKS = 1000
"""With so many links of its entries a page is full."""
MOST_IDS = 50
_BY_ID = re.compile(r"\s*id\s+eq\s+'?([0-9a-fA-F-]{36})'?\s*", re.IGNORECASE)
_OR = re.compile(r"\s+or\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Round:
    """What stands in the tokens of one delta query.

    ``number`` is the last transaction that the client knows when the round is over, ``since`` the one that it knew
    before, ``None`` in a first round. ``after`` is where the next page begins: ids of an object and of the last object
    linked to it that was shown (``""``: none), or in a later round the number of entries before it.
    """

    issued: str
    number: int
    select: tuple[str, ...] | None
    ids: tuple[str, ...] | None
    since: int | None = None
    after: tuple[str, str] = ("", "")
    done: bool = False

    def token(self) -> str:
        """Return it as text."""
        facts = {name: getattr(self, name) for name in ("issued", "number", "select", "ids", "since", "after", "done")}
        return tokens.sealed(facts)


def _opened(work: Work, token: str) -> Round:
    content = tokens.unsealed(token)
    if content is None or content.keys() != set(Round.__slots__):
        raise bad_request("Badly formed content. The token in the query is invalid.")
    content["after"] = tuple(content["after"])
    for name in ("select", "ids"):
        content[name] = None if content[name] is None else tuple(content[name])
    opened = Round(**content)
    known_from = work.state.log[0].number - 1 if work.state.log else work.state.number
    begun = opened.number if opened.since is None or opened.done else opened.since
    forgotten = begun < known_from and (opened.done or opened.since is not None)
    if moment(opened.issued) + RETENTION < work.now or forgotten or begun > work.state.number:
        raise resync(f"{work.request.base}{work.request.path}?$deltatoken=")
    return opened


def _begun(work: Work, type_name: str) -> Round:
    asked = options(work.request.query, ("select", "filter", "deltatoken", "skiptoken"))
    select = None if asked.select is None else tuple(_name(each, type_name) for each in asked.select)
    ids = None if asked.filter is None else _ids(asked.filter)
    number = work.state.read_number(work.switches.lag)
    return Round(stamp(work.now), number, select, ids)


def _name(name: str, type_name: str) -> str:
    known = find(type_name, name)
    if known is not None:
        return known.name
    if name in relations(type_name):
        return name
    raise unknown_in_query("Parsing OData Select and Expand failed", name, type_name)


def _ids(text: str) -> tuple[str, ...]:
    found = [_BY_ID.fullmatch(part) for part in _OR.split(text)]
    ids = [each[1].lower() for each in found if each is not None]
    if len(ids) < len(found):
        raise malformed("Invalid filter clause: delta queries of the directory can be filtered by id only.")
    if len(ids) > MOST_IDS:
        raise bad_request(f"Too many ids in the filter; the maximum is {MOST_IDS}.")
    return tuple(sorted(ids))


def _answer(type_name: str, context: str) -> Callable[[Work], Reply]:
    def answer(work: Work) -> Reply:
        query = {name.lower().removeprefix("$"): value for name, value in work.request.query.items()}
        token = query.get("skiptoken") or query.get("deltatoken")
        if token and token != "latest":
            current = _opened(work, token)
            if current.done:
                number = work.state.read_number(work.switches.lag)
                current = Round(stamp(work.now), number, current.select, current.ids, current.number, ("0", ""))
        else:
            current = _begun(work, type_name)
            if token == "latest":
                return _page(work, context, [], current, None)
        entries, after = _entries(work, type_name, current)
        return _page(work, context, entries, current, after)

    return answer


def _page(work: Work, context: str, entries: list[Any], current: Round, after: tuple[str, str] | None) -> Reply:
    facts = (current.issued, current.number, current.select, current.ids)
    body: dict[str, Any] = {"@odata.context": f"{work.request.base}/$metadata#{context}"}
    if after is not None:
        following = Round(*facts, current.since, after)
        body["@odata.nextLink"] = tokens.link(work.request, {"$skiptoken": following.token()})
    else:
        last = Round(stamp(work.now), *facts[1:], done=True)
        body["@odata.deltaLink"] = tokens.link(work.request, {"$deltatoken": last.token()})
    return Reply(200, {**body, "value": entries})


def _entries(work: Work, type_name: str, current: Round) -> tuple[list[Any], tuple[str, str] | None]:
    """Return the entries of a page, and where the next one begins."""
    names = tracked(type_name, current.select)
    found = []
    if current.since is None:
        ids = work.reading.ids(type_name) if current.ids is None else current.ids
        weight = 0
        for entry, after in everything(work.reading, type_name, ids, current.after, current.select, names):
            found.append(entry)
            weight += sum(len(entry.get(f"{name}@delta", ())) for name in names)
            if len(found) == PAGE or weight >= MOST_LINKS:
                return found, after
        return found, None
    changes = changed_since(work.state.since(current.since), current.number, work.reading, type_name)
    told = [
        entry
        for each in changes
        if current.ids is None or each.id in current.ids
        for entry in entries_of(work.reading, each, current.select, names, minimal=work.prefers("return=minimal"))
    ]
    begin = int(current.after[0])
    end = begin + PAGE
    return told[begin:end], (str(end), "") if end < len(told) else None


def _routes(paths: Mapping[str, tuple[str, str]]) -> tuple[Route, ...]:
    return tuple(
        Route("GET", f"{path}/{name}", _answer(type_name, context))
        for path, (type_name, context) in paths.items()
        for name in ("delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()")
    )


ROUTES = _routes(
    {
        "/users": ("user", "users"),
        "/groups": ("group", "groups"),
        "/servicePrincipals": ("servicePrincipal", "servicePrincipals"),
        "/applications": ("application", "applications"),
        "/administrativeUnits": ("administrativeUnit", "administrativeUnits"),
        "/directory/administrativeUnits": ("administrativeUnit", "administrativeUnits"),
        "/directoryRoles": ("directoryRole", "directoryRoles"),
        "/devices": ("device", "devices"),
        "/contacts": ("orgContact", "contacts"),
    }
)
