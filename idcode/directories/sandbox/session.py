"""LDAP operations on a practice domain: the same door, and the same answers, as a domain controller has."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence

from idcode.directories.ad.constants import PAGE_SIZE
from idcode.directories.ad.operations import Answer, Control, Modification, Result, SearchScope
from idcode.directories.sandbox import access, searching
from idcode.directories.sandbox.domain import Domain
from idcode.directories.sandbox.modifying import Options
from idcode.directories.sandbox.results import Refused, unwilling

_DONE = Result(0, "")
_SIZE_LIMIT = Result(4, "")


class EmbeddedSession:
    """Carries out LDAP operations on ``domain`` itself; :class:`~idcode.directories.ad.operations.Session`.

    ``url`` is what messages call the domain.
    """

    def __init__(self, domain: Domain, url: str = "sandbox") -> None:
        self._domain = domain
        self._url = url
        self._pages: dict[bytes, list[bytes]] = {}  # what is still to come of a search, by the cookie of its last page

    @property
    def url(self) -> str:
        """What the domain is called in messages."""
        return self._url

    def search(
        self,
        base: str,
        filter: str = "(objectClass=*)",  # noqa: A002  as LDAP calls it
        attributes: Iterable[str] = (),
        scope: SearchScope = "subtree",
        controls: Iterable[Control] = (),
        page: int | None = None,
        cookie: bytes | None = None,
    ) -> Answer:
        """Search once; see the protocol. Answers hold 1000 entries at most (MaxPageSize, MS-ADTS 3.1.1.3.4.6)."""
        names, wanted = list(attributes), list(controls)
        try:
            self._domain.refresh()
            searching.check_controls(wanted)
            deleted = searching.shows_deleted(wanted)
            special = searching.special_entry(self._domain, base, names) if scope == "base" else None
            if special is not None:
                return Answer((special,), _DONE, None if page is None else b"")
            if cookie:
                found = self._pages.pop(cookie, None)
                if found is None:
                    raise unwilling(0x57)
            else:
                found = [node.guid for node in searching.matching(self._domain, base, filter, scope, deleted)]
        except Refused as refusal:
            return Answer((), Result(refusal.code, refusal.message), None)
        size = min(page or PAGE_SIZE, PAGE_SIZE)
        now, later = found[:size], found[size:]
        nodes = [node for node in map(self._domain.tree.nodes.__getitem__, now) if deleted or not node.deleted]
        entries = tuple(searching.entries(self._domain, nodes, names, wanted))
        if page is None:
            return Answer(entries, _SIZE_LIMIT if later else _DONE, None)
        return Answer(entries, _DONE, self._remember(later))

    def add(self, dn: str, classes: Sequence[str], attributes: Mapping[str, Sequence[bytes]]) -> Result:
        """Add an object (RFC 4511, 4.7)."""
        return _carried_out(lambda: self._domain.add(dn, classes, attributes))

    def modify(
        self, dn: str, changes: Mapping[str, Sequence[Modification]], controls: Iterable[Control] = ()
    ) -> Result:
        """Modify an object: attribute → (kind, values); all or nothing (RFC 4511, 4.6)."""
        wanted = list(controls)

        def run() -> None:
            searching.check_controls(wanted)
            options = Options(
                any(oid == searching.CONTROL_PERMISSIVE for oid, _, _ in wanted),
                access.parts_of(wanted),
                searching.shows_deleted(wanted),
            )
            self._domain.modify(dn, changes, options)

        return _carried_out(run)

    def rename(self, dn: str, rdn: str, superior: str | None) -> Result:
        """Rename, and move below ``superior`` where one is given (RFC 4511, 4.9)."""
        return _carried_out(lambda: self._domain.rename(dn, rdn, superior))

    def delete(self, dn: str) -> Result:
        """Delete one object that has none below it (RFC 4511, 4.8)."""
        return _carried_out(lambda: self._domain.delete(dn))

    def close(self) -> None:
        """Forget searches that nobody followed to their end; safe to call twice."""
        self._pages.clear()

    def _remember(self, later: list[bytes]) -> bytes:
        if not later:
            return b""
        cookie = secrets.token_bytes(8)
        self._pages[cookie] = later
        return cookie


def _carried_out(operation: Callable[[], None]) -> Result:
    try:
        operation()
    except Refused as refusal:
        return Result(refusal.code, refusal.message)
    return _DONE
