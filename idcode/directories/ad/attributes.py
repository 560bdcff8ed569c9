"""Operations on attributes: guarded modifications, long lists of references, group types, protection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from idcode.directories.ad import security
from idcode.directories.ad.bench import DONE, Bench, Held, Request, Step, refused, scalar
from idcode.directories.ad.constants import NO_RIGHTS
from idcode.directories.ad.entries import group_type, group_words
from idcode.directories.ad.operations import Modification
from idcode.directories.ad.reading import DACL_ONLY
from idcode.model import dn
from idcode.model.syntax import key


def modify(bench: Bench, request: Request) -> Step:
    """Delete old and add new values in one modify, which the server refuses where the old ones are others by now."""
    changes = {
        part["attribute"]: _steps(bench, part["attribute"], part["delete"], part["add"]) for part in request["changes"]
    }
    result = bench.session.modify(bench.address(request), changes)
    if result.ok:
        return DONE
    held = bench.current(request, changes)
    if held is None:
        return Step("stale", f"ldap:{result.code}", "the object is not there any more")
    if _is_reached(held, request):
        return DONE
    unlike = [part["attribute"] for part in request["changes"] if not _is_untouched(held, part)]
    # Which attributes, not what they hold: the adapter does not know which values must not be shown.
    return refused(result, ", ".join(unlike or changes) + " is not as it was")


def is_modified(bench: Bench, request: Request) -> bool:
    """Whether all new values are there and all old ones gone."""
    held = bench.current(request, [part["attribute"] for part in request["changes"]])
    return held is not None and _is_reached(held, request)


def links(bench: Bench, request: Request) -> Step:
    """Add and take away references. Where some are (or are not) there already, only the others are sent."""
    name = request["attribute"]
    removed, added = request["delete"], request["add"]
    result = bench.session.modify(bench.address(request), {name: _steps(bench, name, removed, added)})
    if result.ok:
        return DONE
    held = bench.current(request, [name])
    if held is None:
        return Step("stale", f"ldap:{result.code}", "the object is not there any more")
    removed = [value for value in removed if held.has(name, value)]
    added = [value for value in added if not held.has(name, value)]
    if not removed and not added:
        return DONE
    if len(removed) + len(added) < len(request["delete"]) + len(request["add"]):
        result = bench.session.modify(bench.address(request), {name: _steps(bench, name, removed, added)})
    return DONE if result.ok else refused(result)


def are_linked(bench: Bench, request: Request) -> bool:
    """Whether all references are as they were to be."""
    name = request["attribute"]
    held = bench.current(request, [name])
    return (
        held is not None
        and all(held.has(name, value) for value in request["add"])
        and not any(held.has(name, value) for value in request["delete"])
    )


def change_group_type(bench: Bench, request: Request) -> Step:
    """Change scope or category, guarded by the whole groupType as it was read."""
    number, category, scope = _group(bench, request)
    wanted = group_type(request.get("category", category), request.get("scope", scope))
    if number == wanted or scope == request.get("then"):
        return DONE
    for name, now in (("category", category), ("scope", scope)):
        before = request.get(f"{name}_before")
        if before and now not in (before[0], request[name]):
            return Step("stale", None, f"it was changed meanwhile; now {name} is {now}")
    change: list[Modification] = [("delete", [str(number).encode()]), ("add", [str(wanted).encode()])]
    result = bench.session.modify(bench.address(request), {"groupType": change})
    return DONE if result.ok else refused(result, "groupType is another")


def is_group_type(bench: Bench, request: Request) -> bool:
    """Whether the group has the scope and category it was to have."""
    number, category, scope = _group(bench, request)
    wanted = group_type(request.get("category", category), request.get("scope", scope))
    return number == wanted or scope == request.get("then")


def protect(bench: Bench, request: Request) -> Step:
    """Put the denial on the object itself, or take it off."""
    wanted: bool = request["protected"]
    return _set_denial(bench, bench.address(request), security.PROTECTION, wanted)


def is_protected(bench: Bench, request: Request) -> bool:
    """Whether the object's own denial is as it was to be."""
    descriptor = _descriptor(bench, bench.address(request))
    return descriptor.denies_everyone(security.PROTECTION) is bool(request["protected"])


def protect_parent(bench: Bench, request: Request) -> Step:
    """Deny deleting children on the parent; the object's own denial alone does not stop who may do that."""
    return _set_denial(bench, dn.parent(bench.need(request).dn), security.DELETE_CHILD, True)


def is_parent_protected(bench: Bench, request: Request) -> bool:
    """Whether the parent denies deleting children."""
    return _descriptor(bench, dn.parent(bench.need(request).dn)).denies_everyone(security.DELETE_CHILD)


def _set_denial(bench: Bench, name: str, mask: int, wanted: bool) -> Step:
    now = _descriptor(bench, name)
    then = now.deny_everyone(mask) if wanted else now.lift_denial(mask)
    if then == now:
        return DONE
    result = bench.session.modify(name, {"nTSecurityDescriptor": [("replace", [then.build()])]}, [DACL_ONLY])
    if result.code == NO_RIGHTS:
        return Step("failed", "ldap:50", f"the service account may not change permissions of {name}: {result}")
    return DONE if result.ok else refused(result)


def _descriptor(bench: Bench, name: str) -> security.Descriptor:
    return security.Descriptor.parse(bytes(bench.need_descriptor(name).first("nTSecurityDescriptor") or b""))


def _group(bench: Bench, request: Request) -> tuple[int, str, str]:
    number = int(bench.need(request, ["groupType"]).first("groupType") or b"0")
    return (number, *group_words(number))


def _steps(bench: Bench, name: str, removed: Sequence[Any], added: Sequence[Any]) -> list[Modification]:
    steps: list[Modification] = []
    if removed:
        steps.append(("delete", bench.encode(name, removed)))
    if added:
        steps.append(("add", bench.encode(name, added)))
    return steps


def _is_reached(held: Held, request: Request) -> bool:
    for part in request["changes"]:
        name = part["attribute"]
        kind = held.bench.kind(name)
        old = {key(scalar(value), kind) for value in part["delete"]}
        new = {key(scalar(value), kind) for value in part["add"]}
        for value in part["add"]:
            # Where old and new differ by letter case only, the case decides.
            if not held.has(name, value, exact=key(scalar(value), kind) in old):
                return False
        if any(held.has(name, value) for value in part["delete"] if key(scalar(value), kind) not in new):
            return False
    return True


def _is_untouched(held: Held, part: dict[str, Any]) -> bool:
    """Whether an attribute is still as the change expected it: old values there, new ones not."""
    name = part["attribute"]
    return all(held.has(name, value) for value in part["delete"]) and not any(
        held.has(name, value) for value in part["add"] if not part["delete"]
    )
