"""Operations on whole objects: add, rename, delete, restore, fill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from idcode.directories.ad.bench import DONE, Bench, Request, Step, refused
from idcode.directories.ad.constants import ENTRY_EXISTS, NO_RIGHTS
from idcode.directories.ad.operations import Modification, Result
from idcode.directories.ad.reading import SHOW_DELETED
from idcode.directories.ad.values import escape_filter, guid_text
from idcode.model import dn
from idcode.model.errors import DirectoryError

_PARENT_MISSING = ("00002089", "00002095")
"""The Win32 error code of Microsoft's servers (ERROR_DS_NO_PARENT_OBJECT), and that of Samba."""


def add(bench: Bench, request: Request) -> Step:
    """Create the object and report its objectGUID."""
    attributes = {name: bench.encode(name, found) for name, found in request["attributes"].items()}
    result = bench.session.add(request["target"]["dn"], request["classes"], attributes)
    if result.ok or is_added(bench, request):
        return replace(DONE, anchor=anchor(bench, request))
    if result.code == ENTRY_EXISTS:
        return Step("failed", "ldap:68", f"its name or sAMAccountName is taken: {result}")
    return refused(result)


def is_added(bench: Bench, request: Request) -> bool:
    """Whether the object is there with all the values it was to have."""
    held = bench.current(request, request["attributes"])
    return held is not None and all(
        held.has(name, value) for name, found in request["attributes"].items() for value in found
    )


def rename(bench: Bench, request: Request) -> Step:
    """Rename or move; the current DN is read just before, since a container may have been renamed meanwhile."""
    now = bench.need(request).dn
    if _is_at(now, request):
        return DONE
    same_parent = dn.key(dn.parent(now)) == dn.key(request["parent"])
    # Without newSuperior where it stays: that is a rename to the server, for which a protected OU has no objection.
    result = bench.session.rename(now, request["rdn"], None if same_parent else request["parent"])
    if result.ok or is_renamed(bench, request):
        return DONE
    if result.message.startswith(_PARENT_MISSING):
        return Step("failed", f"ldap:{result.code}", f"the target container does not exist: {request['parent']}")
    return _explain_protection(result)


def is_renamed(bench: Bench, request: Request) -> bool:
    """Whether the object is where it was to be, spelled as it was to be."""
    entry = bench.look(request)
    return entry is not None and _is_at(entry.dn, request)


def delete(bench: Bench, request: Request) -> Step:
    """Delete one object; one that has others below it is refused by the server."""
    result = bench.session.delete(bench.address(request))
    if result.ok or is_deleted(bench, request):
        return DONE
    return _explain_protection(result)


def is_deleted(bench: Bench, request: Request) -> bool:
    """Whether the object is gone (deleted objects do not show without their control)."""
    return bench.look(request) is None


def restore(bench: Bench, request: Request) -> Step:
    """Reanimate a deleted object (MS-ADTS 3.1.1.5.3.7): same objectGUID and SID, none of its passwords and groups."""
    entry = bench.look(request, ["isDeleted", "sAMAccountName"], deleted=True)
    if entry is None:
        return Step("failed", "gone", "the deleted object is not there any more: its tombstone has expired")
    if entry.first("isDeleted") != b"TRUE":
        if dn.key(entry.dn) == dn.key(request["dn"]):
            return replace(DONE, anchor=anchor(bench, request))
        return Step("stale", "not-deleted", f"somebody has restored it already, as {entry.dn}")
    taken = _holder(bench, entry.first("sAMAccountName"))
    if taken:
        return Step("failed", "name-taken", f"its sAMAccountName belongs to {taken} by now")
    result = bench.session.modify(
        entry.dn,
        {"isDeleted": [("delete", [])], "distinguishedName": [("replace", [request["dn"].encode("utf-8")])]},
        [SHOW_DELETED],
    )
    if result.ok or is_restored(bench, request):
        return replace(DONE, anchor=anchor(bench, request))
    return refused(result)


def is_restored(bench: Bench, request: Request) -> bool:
    """Whether the object lives at its place."""
    entry = bench.look(request)
    return entry is not None and dn.key(entry.dn) == dn.key(request["dn"])


def fill(bench: Bench, request: Request) -> Step:
    """Give a restored object the values it was to have, whatever restoring left of them."""
    held = bench.current(request, request["attributes"])
    if held is None:
        return Step("stale", "gone", "the object is not there any more")
    wanted: Mapping[str, Sequence[Any]] = request["attributes"]
    missing = {name: found for name, found in wanted.items() if not held.is_exactly(name, found)}
    if not missing:
        return DONE
    changes: dict[str, list[Modification]] = {
        name: [("replace", bench.encode(name, found))] for name, found in missing.items()
    }
    result = bench.session.modify(bench.address(request), changes)
    return DONE if result.ok else refused(result)


def is_filled(bench: Bench, request: Request) -> bool:
    """Whether the object holds exactly the values it was to have."""
    wanted: Iterable[tuple[str, Sequence[Any]]] = request["attributes"].items()
    held = bench.current(request, request["attributes"])
    return held is not None and all(held.is_exactly(name, found) for name, found in wanted)


def anchor(bench: Bench, request: Request) -> str:
    """Return the objectGUID of the request's object."""
    raw = bench.need(request).first("objectGUID")
    if raw is None:
        raise DirectoryError("the new object's objectGUID cannot be read")
    return guid_text(raw)


def _is_at(now: str, request: Request) -> bool:
    own, wanted = dn.parse(now), dn.parse(request["rdn"])
    return own[0].value == wanted[0].value and dn.key(dn.parent(now)) == dn.key(request["parent"])


def _holder(bench: Bench, name: bytes | None) -> str | None:
    """Return who has this sAMAccountName now: not every server checks that when it restores."""
    if not name:
        return None
    answer = bench.session.search(bench.root_dn, f"(sAMAccountName={escape_filter(name)})")
    if not answer.result.ok:
        raise DirectoryError(f"cannot tell whether a name is taken: {answer.result}")
    return answer.entries[0].dn if answer.entries else None


def _explain_protection(result: Result) -> Step:
    if result.code == NO_RIGHTS:
        return Step("failed", "ldap:50", f"{result}; it may be protected from accidental deletion")
    return refused(result)
