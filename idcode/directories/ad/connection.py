"""Open an authenticated connection: TLS always, certificates always checked, Kerberos or a simple bind."""

from __future__ import annotations

import contextlib
import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ldap3
from ldap3.core.exceptions import LDAPException, LDAPPackageUnavailableError, LDAPPasswordIsMandatoryError

from idcode.directories.ad import problems
from idcode.directories.ad.settings import AdSettings
from idcode.model.errors import DirectoryError

CONNECT_TIMEOUT = 10
"""Seconds until a server that does not answer counts as unreachable."""
_log = logging.getLogger(__name__)


class Unreachable(DirectoryError):
    """One server cannot be used; another one may."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server: ``implicit_tls`` is ``ldaps://``; ``ldap://`` is upgraded by StartTLS (RFC 4511, 4.14)."""

    url: str
    host: str
    port: int
    implicit_tls: bool


def parse_url(url: str) -> Endpoint:
    """Read ``ldaps://host[:port]`` or ``ldap://host[:port]``; raise ``DirectoryError`` for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("ldap", "ldaps") or not parts.hostname or parts.path.strip("/"):
        raise DirectoryError(f"{url!r} is not the URL of a domain controller", "Write ldaps://dc1.example.com.")
    implicit = parts.scheme == "ldaps"
    return Endpoint(url, parts.hostname, port or (636 if implicit else 389), implicit)


class _VerifiedTls(ldap3.Tls):
    """Python's own certificate and host name check, with SNI, in place of ldap3's, which ignores IP addresses."""

    def __init__(self, context: ssl.SSLContext, name: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = context
        self._name = name
        self.failure: ssl.SSLError | None = None

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        """Wrap the connection's socket and shake hands; called by ldap3."""
        try:
            connection.socket = self._context.wrap_socket(
                connection.socket, do_handshake_on_connect=do_handshake, server_hostname=self._name
            )
        except ssl.SSLEOFError:
            raise  # the connection ended: nothing is wrong with the certificate
        except ssl.SSLError as error:
            self.failure = error
            raise


def open_connection(endpoint: Endpoint, settings: AdSettings, root: Path) -> Any:
    """Return a bound connection to ``endpoint``.

    ``root`` is what ``tls.ca_file`` is relative to. Raises :class:`Unreachable` where another server may do, and
    ``DirectoryError`` where it would refuse as well (wrong password): trying everywhere would lock the account.
    """
    name = settings.tls.server_name or endpoint.host
    tls = _VerifiedTls(_context(settings, root), name)
    server = ldap3.Server(
        endpoint.host,
        endpoint.port,
        use_ssl=endpoint.implicit_tls,
        tls=tls,
        get_info=ldap3.NONE,
        connect_timeout=CONNECT_TIMEOUT,
        mode=ldap3.IP_V4_PREFERRED,
    )
    connection: Any = ldap3.Connection(
        server,
        client_strategy=ldap3.SYNC,
        auto_range=False,
        auto_referrals=False,
        check_names=False,
        return_empty_attributes=False,
        receive_timeout=max(1, int(settings.timeout.total_seconds())),
        **_credentials(settings, name),
    )
    try:
        _open(connection, endpoint, tls)
        _bind(connection, endpoint, settings)
    except BaseException:
        close(connection)
        raise
    return connection


def close(connection: Any) -> None:
    """Close the socket whatever state the connection is in."""
    sock = getattr(connection, "socket", None)
    connection.closed = True
    connection.socket = None
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.close()


def _context(settings: AdSettings, root: Path) -> ssl.SSLContext:
    if settings.tls.ca_file is None:
        return ssl.create_default_context()
    path = root / settings.tls.ca_file
    try:
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        raise DirectoryError(
            f"cannot read the certificates in {settings.tls.ca_file}: {error.strerror or error}",
            "tls.ca_file is a PEM file, relative to the repository's root.",
        ) from None


def _credentials(settings: AdSettings, name: str) -> dict[str, Any]:
    bind = settings.bind
    if bind.method == "kerberos":
        return {
            "user": bind.user,
            "authentication": ldap3.SASL,
            "sasl_mechanism": ldap3.KERBEROS,
            "sasl_credentials": (name,),
        }
    return {"user": bind.user, "password": bind.password, "authentication": ldap3.SIMPLE}


def _open(connection: Any, endpoint: Endpoint, tls: _VerifiedTls) -> None:
    try:
        connection.open(read_server_info=False)
        if not endpoint.implicit_tls:
            connection.start_tls(read_server_info=False)
    except (LDAPException, OSError) as error:
        if tls.failure is not None:
            raise Unreachable(
                f"{endpoint.url}: {problems.certificate_problem(tls.failure)}",
                problems.certificate_hint(tls.failure),
            ) from None
        raise Unreachable(f"{endpoint.url} cannot be reached: {error}", "Check the URL and the network.") from None
    if connection.closed:
        raise Unreachable(f"{endpoint.url} cannot be reached", "Check the URL and the network.")


def _bind(connection: Any, endpoint: Endpoint, settings: AdSettings) -> None:
    """Authenticate; no message ever holds the password."""
    who = settings.bind.user or "the Kerberos credentials of this environment"
    try:
        bound = connection.bind(read_server_info=False)
    except LDAPPackageUnavailableError as error:
        raise DirectoryError(
            f"bind.method kerberos needs a package that is missing: {error}",
            "Install idcode[kerberos] (gssapi is built from source: libkrb5-dev and a C compiler).",
        ) from None
    except LDAPPasswordIsMandatoryError:
        raise DirectoryError("bind.password is empty", "Set the environment variable it names.") from None
    except (LDAPException, OSError) as error:
        raise Unreachable(f"{endpoint.url} ended the connection while {who} was to bind: {error}") from None
    except Exception as error:
        if not type(error).__module__.startswith("gssapi"):
            raise
        raise DirectoryError(
            f"Kerberos at {endpoint.url}: {error}",
            "Get a ticket first (kinit, or KRB5_CLIENT_KTNAME), and use the controller's host name as in its SPN.",
        ) from None
    if not bound:
        message = str(connection.result.get("message", ""))
        problem, hint = problems.bind_problem(message)
        raise DirectoryError(f"{endpoint.url} does not accept {who}: {problem}", hint)
    _log.debug("bound to %s as %s", endpoint.url, who)
