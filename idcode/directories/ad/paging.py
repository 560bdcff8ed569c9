"""Whole searches, page by page, with a proof that nothing is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from idcode.directories.ad.constants import NO_SUCH_OBJECT, PAGE_SIZE
from idcode.directories.ad.operations import Control, Entry, SearchScope, Session
from idcode.model.errors import DirectoryError


class Incomplete(DirectoryError):
    """A search did not come to its proven end; ``code`` is the LDAP result it ended with."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


def pages(
    session: Session,
    base: str,
    wanted: str,
    attributes: Iterable[str],
    controls: Iterable[Control] = (),
    missing_ok: bool = False,
    scope: SearchScope = "subtree",
) -> Iterator[Entry]:
    """Yield all entries of a search; raise :class:`Incomplete` unless the server says that these are all.

    The proof is result 0 and an empty cookie (RFC 2696). With ``missing_ok`` a ``base`` that is not there is empty.
    """
    names, sent = sorted(attributes), list(controls)
    cookie: bytes | None = None
    while True:
        answer = session.search(base, wanted, names, scope, sent, PAGE_SIZE, cookie)
        if answer.result.code == NO_SUCH_OBJECT and missing_ok and cookie is None:
            return
        yield from answer.entries
        if not answer.result.ok:
            raise Incomplete(f"the search of {base} ended with: {answer.result}", answer.result.code)
        if answer.cookie is None:
            raise Incomplete(f"the server did not answer the search of {base} in pages")
        cookie = answer.cookie
        if not cookie:
            return
