"""Who administers a domain now: the built-in accounts, the privileged groups, and who is in them by whatever way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from idcode.directories.ad.entries import complete_ranges, type_of
from idcode.directories.ad.operations import Entry, Session
from idcode.directories.ad.paging import pages
from idcode.directories.ad.reading import DOMAIN_SCOPE
from idcode.directories.ad.values import escape_filter, guid_text, sid_bytes, sid_text
from idcode.model import dn
from idcode.model.errors import DirectoryError
from idcode.model.privileges import Privileges, privileged_sids
from idcode.model.records import ObjectType

_FIELDS = ("member", "objectClass", "objectGUID", "objectSid")
_CHUNK = 200
"""How many objects one search asks for."""


def read_privileges(session: Session, root_dn: str, domain_sid: str) -> Privileges:
    """Follow ``member`` and ``primaryGroupID`` from the privileged groups, level by level: few searches in all.

    Asks for nested groups by their SIDs and not by ``adminCount``, which stays behind when somebody leaves them.
    Raises ``DirectoryError`` where the domain does not tell.
    """
    groups, accounts = privileged_sids(domain_sid)
    found: dict[str, str] = {}
    for entry in _by_sids(session, root_dn, accounts):
        found[_anchor(entry)] = "built in"
    level: list[tuple[Entry, str]] = []
    for entry in sorted(_by_sids(session, root_dn, groups), key=lambda entry: entry.dn):
        name = dn.name_of(entry.dn)
        found[_anchor(entry)] = "built in"
        level.append((entry, f"in {name}"))
    while level:
        members = [item for item in _members(session, root_dn, level) if _anchor(item[0]) not in found]
        found |= {_anchor(entry): reason for entry, reason in members}
        level = [(entry, reason) for entry, reason in members if _type(entry) == "group"]
    return Privileges(found, _own(session, root_dn))


def _members(session: Session, root_dn: str, groups: Sequence[tuple[Entry, str]]) -> Iterator[tuple[Entry, str]]:
    """Yield the direct members of ``groups``, each with the reason of its group; the first group's reason counts."""
    by_dn: dict[tuple[tuple[str, str], ...], tuple[str, str]] = {}
    by_rid: dict[bytes, str] = {}
    for group, reason in groups:
        for raw in group.values.get("member", ()):
            name = bytes(raw).decode("utf-8")
            by_dn.setdefault(dn.key(name), (name, reason))
        by_rid.setdefault(_sid(group).rpartition("-")[2].encode("ascii"), reason)
    names = {name.encode("utf-8"): reason for name, reason in by_dn.values()}
    for entry in _having(session, root_dn, "distinguishedName", names):
        yield entry, by_dn[dn.key(entry.dn)][1]
    for entry in _having(session, root_dn, "primaryGroupID", by_rid, ("primaryGroupID",)):
        yield entry, by_rid[bytes(entry.first("primaryGroupID") or b"")]


def _own(session: Session, root_dn: str) -> frozenset[str]:
    """Return the account that this connection is bound as, however it was named: the user among its own SIDs.

    The rootDSE tells the SIDs of the caller (MS-ADTS 3.1.1.3.2.25); a practice domain has no callers.
    """
    answer = session.search("", attributes=["tokenGroups"], scope="base")
    if not answer.result.ok:
        raise DirectoryError(f"{session.url} does not tell whose connection this is: {answer.result}")
    held = answer.entries[0].values.get("tokenGroups", ()) if answer.entries else ()
    entries = _by_sids(session, root_dn, map(sid_text, held))
    return frozenset(_anchor(entry) for entry in entries if _type(entry) in ("user", "computer"))


def _by_sids(session: Session, root_dn: str, sids: Iterable[str]) -> Iterator[Entry]:
    return _having(session, root_dn, "objectSid", dict.fromkeys(map(sid_bytes, sids), ""))


def _having(
    session: Session, root_dn: str, name: str, wanted: Mapping[bytes, str], more: Sequence[str] = ()
) -> Iterator[Entry]:
    """Yield the objects of which ``name`` has one of the values, with all their members."""
    values = sorted(wanted)
    for start in range(0, len(values), _CHUNK):
        some = "".join(f"({name}={escape_filter(value)})" for value in values[start : start + _CHUNK])
        for entry in pages(session, root_dn, f"(|{some})", (*_FIELDS, *more), [DOMAIN_SCOPE]):
            if entry.first("objectGUID"):
                yield complete_ranges(session, entry)


def _anchor(entry: Entry) -> str:
    return guid_text(entry.first("objectGUID") or b"")


def _sid(entry: Entry) -> str:
    raw = entry.first("objectSid")
    return sid_text(raw) if raw else ""


def _type(entry: Entry) -> ObjectType:
    return type_of(entry.values.get("objectClass", ()))
