"""Carrying out writes, one after the other on one connection, and settling those whose answer never came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from idcode.directories.ad import accounts, attributes, objects
from idcode.directories.ad.bench import Bench, Missing, Request, Step
from idcode.directories.ad.lowering import unresolved
from idcode.directories.ad.operations import ConnectionLost
from idcode.directories.port import Secrets
from idcode.model.errors import DirectoryError
from idcode.model.records import LiveObject
from idcode.model.syntax import key
from idcode.model.values import Ref, to_json
from idcode.model.writes import Outcome, Write

_PERFORM: Mapping[str, Callable[[Bench, Request], Step]] = {
    "add": objects.add,
    "rename": objects.rename,
    "delete": objects.delete,
    "restore": objects.restore,
    "fill": objects.fill,
    "modify": attributes.modify,
    "links": attributes.links,
    "group-type": attributes.change_group_type,
    "protect": attributes.protect,
    "protect-parent": attributes.protect_parent,
    "account": accounts.set_account,
}
_REACHED: Mapping[str, Callable[[Bench, Request], bool]] = {
    "add": objects.is_added,
    "rename": objects.is_renamed,
    "delete": objects.is_deleted,
    "restore": objects.is_restored,
    "fill": objects.is_filled,
    "modify": attributes.is_modified,
    "links": attributes.are_linked,
    "group-type": attributes.is_group_type,
    "protect": attributes.is_protected,
    "protect-parent": attributes.is_parent_protected,
    "account": accounts.is_account,
}


def write(bench: Bench, changes: Sequence[Sequence[Write]], secrets: Secrets) -> Iterator[Outcome]:
    """Carry out the writes of each change in order; see the port.

    Where the connection breaks, the write in flight is ``unknown`` and everything after it ``skipped``.
    """
    lost: str | None = None
    for change in changes:
        stopped: str | None = None
        for item in change:
            reason = lost or stopped
            if reason:
                yield Outcome(item.id, "skipped", message=reason)
                continue
            outcome = _write_one(bench, item, secrets)
            yield outcome
            if outcome.status == "unknown":
                lost = f"the connection broke during write {item.id}"
            elif outcome.status != "done":
                stopped = f"write {item.id} of the same change is {outcome.status}"


def settle(bench: Bench, item: Write) -> Outcome:
    """Read whether a write was carried out; a password never counts as set, a new one does no harm."""
    if item.request["op"] == "password":
        return Outcome(item.id, "failed", "unsettled", "whether the password was set cannot be read; set a new one")
    try:
        if not _REACHED[item.request["op"]](bench, item.request):
            return Outcome(item.id, "failed", "not-done", "it was not carried out")
        anchor = None
        if item.request["op"] == "add":
            anchor = objects.anchor(bench, item.request)
        return Outcome(item.id, "done", "settled", anchor=anchor)
    except Missing:
        return Outcome(item.id, "failed", "not-done", "it was not carried out: the object is not there")
    except DirectoryError as error:
        return Outcome(item.id, "unknown", message=str(error))


def before_image(bench: Bench, item: Write, live: LiveObject | None) -> Mapping[str, object]:
    """Return what ``item`` is about to change as ``live`` has it: DN, state and the attributes concerned."""
    if live is None:
        return {}
    request = item.request
    image: dict[str, object] = {"dn": live.dn}
    match request["op"]:
        case "account" | "password":
            image |= {"enabled": live.enabled, "mark": live.mark, "needs_password": live.needs_password}
        case "protect":
            image["protected"] = live.protected
        case "modify":
            image["attributes"] = _values(live, [part["attribute"] for part in request["changes"]])
        case "fill":
            image["attributes"] = _values(live, request["attributes"])
        case "group-type":
            image["attributes"] = _values(live, ["category", "scope"])
        case "links":
            image["attributes"] = {request["attribute"]: _touched(bench, request, live)}
        case "delete":
            image |= {"object_type": live.object_type, "enabled": live.enabled, "mark": live.mark}
            image |= {"protected": live.protected, "attributes": _values(live, live.attributes)}
    return image


def _write_one(bench: Bench, item: Write, secrets: Secrets) -> Outcome:
    missing = unresolved(item.request)
    if missing:
        return Outcome(item.id, "failed", "unresolved", f"it refers to {missing}, which does not exist")
    try:
        step = _perform(bench, item.request, secrets)
    except ConnectionLost as error:
        return Outcome(item.id, "unknown", message=str(error))
    except Missing as error:
        return Outcome(item.id, "stale", "ldap:32", str(error))
    except DirectoryError as error:
        return Outcome(item.id, "failed", message=str(error))
    except ValueError as error:
        return Outcome(item.id, "failed", "value", str(error))
    return Outcome(item.id, step.status, step.code, step.message, step.anchor)


def _perform(bench: Bench, request: Request, secrets: Secrets) -> Step:
    if request["op"] == "password":
        return accounts.set_password(bench, request, secrets)
    return _PERFORM[request["op"]](bench, request)


def _values(live: LiveObject, names: Any) -> dict[str, object]:
    return {name: [to_json(value) for value in live.get(name)] for name in sorted(names)}


def _touched(bench: Bench, request: Request, live: LiveObject) -> dict[str, object]:
    """Return which of a long list's values that the write touches are there now."""
    name = request["attribute"]
    kind = bench.kind(name)
    there = {key(value, kind) for value in live.get(name)}

    def held(found: Sequence[Any]) -> list[Any]:
        return [value for value in found if key(Ref(value["$ref"]), kind) in there]

    return {"add": held(request["add"]), "delete": held(request["delete"])}
