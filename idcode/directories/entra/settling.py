"""Finding out by reading whether a write was carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from idcode.directories.entra.bench import Bench, by_unique_name
from idcode.directories.entra.licences import direct
from idcode.directories.entra.links import add_managers, authority_url, equals, links_url
from idcode.directories.entra.objects import Flat, reference
from idcode.directories.entra.roles import app_anchor, role_anchor
from idcode.model.records import ObjectType
from idcode.model.syntax import text_of
from idcode.model.values import Ref
from idcode.model.writes import Write

_SECRET = "passwordProfile"


def reached(bench: Bench, write: Write, patience_since: float | None) -> str | None:
    """Return the anchor of the write's object where all is as the write wanted it; ``None`` where it is not.

    With ``patience_since`` (a moment of the memory's clock) it is read again until the patience is used up: replicas
    may not show the write yet. A password is never reached; that cannot be read.
    """
    look = _REACHED.get(str(write.request["op"]))
    if look is None:
        return None
    found = look(bench, write)
    if found is None and patience_since is not None:
        for _ in bench.memory.attempts(patience_since):
            found = look(bench, write)
            if found is not None:
                break
    return found


def _created(bench: Bench, write: Write) -> str | None:
    target, body = write.request["target"], write.request["body"]
    fields = ",".join(["id", *(name for name in body if name != _SECRET)])
    if target["type"] == "user":
        item = bench.graph.get(f"/users/{quote(target['name'], safe='@')}?$select={fields}")
    elif target["type"] == "group":
        item = bench.graph.get(f"{by_unique_name(target['name'])}?$select={fields}")
    else:
        item = _only(bench, f"/directory/administrativeUnits?$filter={equals('displayName', target['name'])}")
    if item is None or not holds(item, body):
        return None
    anchor = str(item["id"]).lower()
    lists = {name: write.request[name] for name in ("owners", "members") if name in write.request}
    if all(_ids(found) <= _linked(bench, "group", anchor, name) for name, found in lists.items()):
        return anchor
    return None


def _invited(bench: Bench, write: Write) -> str | None:
    address = write.request["body"]["invitedUserEmailAddress"]
    item = _only(bench, f"/users?$filter={equals('mail', address)}&$select=id,mail,userType")
    is_guest = item is not None and item.get("userType") == "Guest"  # and not an employee with that address
    return str(item["id"]).lower() if item is not None and is_guest else None


def _updated(bench: Bench, write: Write) -> str | None:
    body = bench.merged(write)
    item = bench.graph.get(f"{bench.url(write)}?$select={','.join(['id', *body])}")
    return bench.anchor(write) if item is not None and holds(item, body) else None


def _managed(bench: Bench, write: Write) -> str | None:
    anchor, wanted = bench.anchor(write), write.request["to"]
    flats: dict[str, Flat] = {anchor: {}}
    add_managers(bench.graph, flats)
    now = flats[anchor].get("manager")
    return anchor if now == ((Ref(wanted["$ref"]),) if wanted else ()) else None


def _added(bench: Bench, write: Write) -> str | None:
    anchor = bench.anchor(write)
    there = _linked(bench, bench.type(write), anchor, write.request["attribute"])
    return anchor if _ids(write.request["add"]) <= there else None


def _removed(bench: Bench, write: Write) -> str | None:
    anchor = bench.anchor(write)
    there = _linked(bench, bench.type(write), anchor, write.request["attribute"])
    return None if write.request["remove"]["$ref"] in there else anchor


def _licensed(bench: Bench, write: Write) -> str | None:
    name = "licenseAssignmentStates" if bench.type(write) == "user" else "assignedLicenses"
    item = bench.graph.get(f"{bench.url(write)}?$select=id,{name}")
    if item is None:
        return None
    held = direct(item.get(name) or ()) if bench.type(write) == "user" else item.get(name) or ()
    now = {str(one["skuId"]).lower(): sorted(one.get("disabledPlans") or ()) for one in held}
    right = all(now.get(one["skuId"]) == one["disabledPlans"] for one in write.request["add"])
    return bench.anchor(write) if right and not now.keys() & set(write.request["remove"]) else None


def _gone(bench: Bench, write: Write) -> str | None:
    return bench.anchor(write) if bench.graph.get(f"{bench.url(write)}?$select=id") is None else None


def _back(bench: Bench, write: Write) -> str | None:
    return bench.anchor(write) if bench.graph.get(f"{bench.url(write)}?$select=id") is not None else None


def _granted(bench: Bench, write: Write) -> str | None:
    anchor = place(write)
    return anchor if write.request["principal"]["$ref"] in _holders(bench, anchor) else None


def _revoked(bench: Bench, write: Write) -> str | None:
    anchor = place(write)
    return None if write.request["principal"]["$ref"] in _holders(bench, anchor) else anchor


def _converted(bench: Bench, write: Write) -> str | None:
    item = bench.graph.get(authority_url(bench.type(write), bench.anchor(write)))
    is_cloud = item is not None and item.get("isCloudManaged") is True
    return bench.anchor(write) if is_cloud == write.request["cloud"] else None


_REACHED: Mapping[str, Callable[[Bench, Write], str | None]] = {
    "create": _created,
    "invite": _invited,
    "update": _updated,
    "account": _updated,
    "manager": _managed,
    "link": _added,
    "unlink": _removed,
    "licences": _licensed,
    "delete": _gone,
    "restore": _back,
    "grant": _granted,
    "revoke": _revoked,
    "authority": _converted,
}


def place(write: Write) -> str:
    """Return the anchor of the role that a write gives or takes."""
    request = write.request
    if "application" in request:
        return app_anchor(request["application"], request["role"])
    return role_anchor(request["role"], request["scope"])


def members_now(bench: Bench, write: Write) -> set[str]:
    """Return the ids that the list of a write holds now."""
    return _linked(bench, bench.type(write), bench.anchor(write), write.request["attribute"])


def holds(item: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Whether a resource has what the body of a write gave it; null, empty and missing are the same."""
    for name, wanted in body.items():
        now = item.get(name)
        if isinstance(wanted, Mapping):
            if not holds(now or {}, wanted):
                return False
        elif isinstance(wanted, list):
            if sorted(map(str, wanted)) != sorted(map(str, now or ())):
                return False
        elif name != _SECRET and (wanted or None) != (now or None):
            return False
    return True


def _holders(bench: Bench, anchor: str) -> set[str]:
    flat = bench.roles.fetch(anchor)
    return set() if flat is None else {text_of(holder) for holder in flat["members"]}


def _linked(bench: Bench, object_type: ObjectType, anchor: str, name: str) -> set[str]:
    pages = bench.graph.pages(links_url(object_type, anchor, name))
    return {reference(item).target for page in pages for item in page}


def _only(bench: Bench, url: str) -> Mapping[str, Any] | None:
    found = [item for page in bench.graph.pages(url) for item in page]
    return found[0] if len(found) == 1 else None


def _ids(references: Sequence[Mapping[str, str]]) -> set[str]:
    return {reference["$ref"] for reference in references}
