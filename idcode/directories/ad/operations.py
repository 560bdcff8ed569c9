"""LDAP operations with plain results: what the adapter asks of a domain, whoever carries it out.

``session.py`` sends them to a domain controller, the sandbox carries them out itself (``directories/sandbox``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from idcode.directories.ad import problems
from idcode.model.errors import DirectoryError

Control = tuple[str, bool, bytes | None]
"""Object identifier, criticality, and BER-encoded value (RFC 4511, 4.1.11)."""
ModifyKind = Literal["add", "delete", "replace"]
Modification = tuple[ModifyKind, Sequence[bytes]]
SearchScope = Literal["base", "level", "subtree"]


class ConnectionLost(DirectoryError):
    """The connection broke in the middle of an operation: whether it was carried out is not known."""


class BadFilter(DirectoryError):
    """A search filter that is not one (RFC 4515)."""


@dataclass(frozen=True, slots=True)
class Result:
    """The server's answer: LDAP result code (RFC 4511, 4.1.9) and diagnostic message."""

    code: int
    message: str

    @property
    def ok(self) -> bool:
        """Whether the operation was carried out."""
        return self.code == 0

    def __str__(self) -> str:
        return problems.explain(self.code, self.message)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a search: its DN and raw values by the attribute names of the answer (ranges included)."""

    dn: str
    values: Mapping[str, Sequence[bytes]]

    def first(self, name: str) -> bytes | None:
        """Return the first value of ``name`` as the server spells it, or ``None``."""
        values = self.values.get(name)
        return values[0] if values else None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a search. ``cookie`` is ``None`` where the server did not answer the paging control."""

    entries: tuple[Entry, ...]
    result: Result
    cookie: bytes | None


class Session(Protocol):
    """A bound connection to one domain. No operation is ever repeated by itself."""

    @property
    def url(self) -> str:
        """Which server it is, for messages."""

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
        """Search once. With ``page`` the answer is one page of that many entries at most (RFC 2696).

        ``base`` may be ``<GUID=…>``. Continuation references (other naming contexts) are left out. Raises
        :class:`BadFilter` and :class:`ConnectionLost`.
        """

    def add(self, dn: str, classes: Sequence[str], attributes: Mapping[str, Sequence[bytes]]) -> Result:
        """Add an object (RFC 4511, 4.7)."""

    def modify(
        self, dn: str, changes: Mapping[str, Sequence[Modification]], controls: Iterable[Control] = ()
    ) -> Result:
        """Modify an object: attribute → (kind, values); all or nothing (RFC 4511, 4.6)."""

    def rename(self, dn: str, rdn: str, superior: str | None) -> Result:
        """Rename, and move below ``superior`` where one is given (RFC 4511, 4.9)."""

    def delete(self, dn: str) -> Result:
        """Delete one object that has none below it (RFC 4511, 4.8)."""

    def close(self) -> None:
        """Close the connection; safe to call twice."""
