"""One connection to a domain controller, pinned to one server."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import ldap3
from ldap3.core.exceptions import LDAPCommunicationError, LDAPException, LDAPInvalidFilterError

from idcode.directories.ad.connection import Endpoint, Unreachable, close, open_connection, parse_url
from idcode.directories.ad.constants import CONTROL_PAGED
from idcode.directories.ad.operations import (
    Answer,
    BadFilter,
    ConnectionLost,
    Control,
    Entry,
    Modification,
    ModifyKind,
    Result,
    SearchScope,
)
from idcode.directories.ad.settings import AdSettings
from idcode.model.errors import DirectoryError

T = TypeVar("T")
_SCOPES: Mapping[SearchScope, str] = {"base": ldap3.BASE, "level": ldap3.LEVEL, "subtree": ldap3.SUBTREE}
_KINDS: Mapping[ModifyKind, str] = {
    "add": ldap3.MODIFY_ADD,
    "delete": ldap3.MODIFY_DELETE,
    "replace": ldap3.MODIFY_REPLACE,
}
_log = logging.getLogger(__name__)


class LdapSession:
    """Connects on first use, to the first server that can be reached, and from then on only to that one.

    No operation is ever repeated by itself. After :class:`ConnectionLost` the next operation connects again.
    """

    def __init__(self, settings: AdSettings, root: Path) -> None:
        self._settings = settings
        self._root = root
        self._endpoints = [parse_url(url) for url in settings.servers]
        self._pinned: Endpoint | None = None
        self._connection: Any = None  # ldap3.Connection, which is typed in part only

    @property
    def url(self) -> str:
        """The pinned server's URL (before there is one: the first configured)."""
        return (self._pinned or self._endpoints[0]).url

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        if self._connection is not None:
            close(self._connection)
            self._connection = None

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

        Continuation references (other naming contexts) are left out. Raises :class:`BadFilter` and
        :class:`ConnectionLost`.
        """
        names = list(attributes)
        _log.debug("ldapsearch -H %s -b %s -s %s %s %s", self.url, shlex.quote(base), scope, shlex.quote(filter), names)

        def run(connection: Any) -> Answer:
            connection.search(
                base,
                filter,
                _SCOPES[scope],
                attributes=names or ["1.1"],
                controls=list(controls) or None,
                paged_size=page,
                paged_cookie=cookie,
                paged_criticality=page is not None,
            )
            entries = tuple(
                Entry(item["dn"], item["raw_attributes"])
                for item in connection.response or ()
                if item["type"] == "searchResEntry"
            )
            return Answer(entries, _result(connection), _cookie(connection.result))

        return self._do(run)

    def add(self, dn: str, classes: Sequence[str], attributes: Mapping[str, Sequence[bytes]]) -> Result:
        """Add an object (RFC 4511, 4.7)."""
        return self._do(lambda c: _run(c, c.add(dn, list(classes), {k: list(v) for k, v in attributes.items()})))

    def modify(
        self, dn: str, changes: Mapping[str, Sequence[Modification]], controls: Iterable[Control] = ()
    ) -> Result:
        """Modify an object: attribute → (kind, values); all or nothing (RFC 4511, 4.6)."""
        plain = {name: [(_KINDS[kind], list(values)) for kind, values in parts] for name, parts in changes.items()}
        return self._do(lambda c: _run(c, c.modify(dn, plain, controls=list(controls) or None)))

    def rename(self, dn: str, rdn: str, superior: str | None) -> Result:
        """Rename, and move below ``superior`` where one is given (RFC 4511, 4.9)."""
        return self._do(lambda c: _run(c, c.modify_dn(dn, rdn, new_superior=superior)))

    def delete(self, dn: str) -> Result:
        """Delete one object that has none below it (RFC 4511, 4.8)."""
        return self._do(lambda c: _run(c, c.delete(dn)))

    def _do(self, operation: Callable[[Any], T]) -> T:
        connection = self._connected()
        try:
            return operation(connection)
        except LDAPInvalidFilterError as error:
            raise BadFilter(str(error) or "malformed filter") from None
        except (LDAPCommunicationError, OSError) as error:
            self.close()
            raise ConnectionLost(f"the connection to {self.url} broke: {error}") from None
        except LDAPException as error:
            self.close()
            raise DirectoryError(f"{self.url}: {type(error).__name__}: {error}") from None
        except BaseException:
            # An answer may still be on its way; the next operation must not take it for its own.
            self.close()
            raise

    def _connected(self) -> Any:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> Any:
        failures: list[Unreachable] = []
        for endpoint in [self._pinned] if self._pinned else self._endpoints:
            try:
                connection = open_connection(endpoint, self._settings, self._root)
            except Unreachable as error:
                failures.append(error)
                continue
            self._pinned = endpoint
            return connection
        raise DirectoryError("; ".join(str(error) for error in failures), failures[0].hint)


def _run(connection: Any, _: object) -> Result:
    return _result(connection)


def _result(connection: Any) -> Result:
    result: dict[str, Any] = connection.result
    return Result(int(result["result"]), str(result.get("message") or ""))


def _cookie(result: Mapping[str, Any]) -> bytes | None:
    control = (result.get("controls") or {}).get(CONTROL_PAGED)
    if control is None:
        return None
    cookie: bytes = control["value"]["cookie"] or b""
    return cookie
