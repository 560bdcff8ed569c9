"""Credentials of every kind, by azure-identity; tokens are kept as long as they are good."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idcode.directories.entra.settings import EntraSettings
from idcode.model.errors import DirectoryError

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

_EARLY = 300
"""Seconds before its end when a token is replaced."""
_TIMEOUTS = {"connection_timeout": 10, "read_timeout": 30}
"""Seconds; azure-core's own are five minutes each, and it tries several times."""
_AUDIENCE = "api://AzureADTokenExchange"

_SIGN_IN_HINTS = {
    "AADSTS7000215": "The client secret is wrong: give its value, not its id.",
    "AADSTS7000222": "The client secret has expired: make a new one.",
    "AADSTS700027": "Upload the certificate (its public part) to the application in Microsoft Entra.",
    "AADSTS700016": "Check client_id and tenant_id: the tenant has no such application.",
    "AADSTS90002": "Check tenant_id: there is no such tenant at login_url.",
    "AADSTS900023": "Check tenant_id: it is the id or a domain of the tenant.",
    "AADSTS700211": "Add a federated credential for this issuer to the application in Microsoft Entra.",
    "AADSTS700213": "Add a federated credential for this subject to the application in Microsoft Entra.",
    "AADSTS70021": "Add a federated credential for this issuer and subject to the application in Microsoft Entra.",
    "AADSTS70025": "Add a federated credential to the application in Microsoft Entra.",
    "AADSTS53003": "A Conditional Access policy blocks the application.",
    "Unable to get authority configuration": "Check tenant_id and login_url: there is no such tenant.",
}
"""By the code in the message of the sign-in service (page "Microsoft Entra authentication and authorization error
codes"), or MSAL's words."""

# What azure-identity has to say is in the error; without a handler Python would print it besides.
logging.getLogger("azure.identity").addHandler(logging.NullHandler())


class Tokens:
    """A credential in front of the real one, which it asks only when it must: the Azure CLI starts a process each time.

    ``make`` returns a credential (azure-core's ``TokenCredential``) whose memory is empty. It works in a thread: the
    asynchronous ones of azure-identity load another HTTP library, which leaves TLS connections open when the loop ends.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._credential: Any = None
        self._token: AccessToken | None = None
        self._one_at_a_time = asyncio.Lock()

    async def get_token(self, *scopes: str, claims: str | None = None, **options: Any) -> AccessToken:
        """Return a token that is good for a while; with ``claims`` (a challenge of the service) a new one."""
        async with self._one_at_a_time:
            if claims is not None or self._token is None or self._token.expires_on - time.time() < _EARLY:
                if self._credential is None:
                    self._credential = self._make()
                ask = partial(self._credential.get_token, *scopes, claims=claims, **options)
                self._token = await asyncio.to_thread(ask)
            return self._token

    async def forget(self, token: str) -> None:
        """Make sure that ``token``, which was not accepted, is not given out again."""
        async with self._one_at_a_time:
            if self._token is not None and self._token.token == token:
                self._close()

    async def close(self) -> None:
        """Close the credential's connections."""
        async with self._one_at_a_time:
            self._close()

    def _close(self) -> None:
        credential, self._credential, self._token = self._credential, None, None
        if credential is not None:
            credential.close()


def make(settings: EntraSettings, root: Path) -> Any:
    """Return the credential of ``settings``; ``root`` is what its files are relative to.

    Raises ``DirectoryError`` where something is missing, naming the setting and the environment variable.
    """
    try:
        return _MAKERS[settings.credential](settings, root, _options(settings, root))
    except ValueError as error:
        raise DirectoryError(f"credential {settings.credential} cannot be used: {_said(error)}") from None


def refused(settings: EntraSettings, error: Exception) -> DirectoryError:
    """Return the error for a sign-in that failed with ``error`` (azure-core's)."""
    message = _said(error)
    known = re.search(r"AADSTS\d+|Unable to get authority configuration", message)
    hint = _SIGN_IN_HINTS.get(known[0]) if known else None
    if hint is None and settings.credential == "azure-cli":
        hint = f"Sign in with: az login --tenant {settings.tenant_id}"
    if hint is None and settings.credential == "default":
        hint = "Say in idcode.yaml which credential it is (client-secret, workload-identity, azure-cli …)."
    return DirectoryError(
        f"no token for tenant {settings.tenant_id} by credential {settings.credential}: {message}",
        hint or "Check credential, tenant_id, client_id and login_url in idcode.yaml, and the network.",
    )


def _said(error: Exception) -> str:
    """Return the first line: what follows in messages of azure-identity are trace ids, advice and links."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    if lines[0].startswith("DefaultAzureCredential"):
        refused = [line for line in lines if "AADSTS" in line]
        tried = [line.partition("Credential: ")[0] for line in lines if re.match(r"\w+Credential: ", line)]
        lines = refused or [f"nothing to sign in with was found ({', '.join(tried)})"]
    return re.sub(r" (Trace ID: |Authority would typically ).*", "", lines[0])


def _options(settings: EntraSettings, root: Path) -> dict[str, Any]:
    """Return what every credential that talks to the sign-in service takes."""
    if not settings.login_url.startswith("https://"):
        raise DirectoryError(f"login_url {settings.login_url!r} is not an https URL", "Sign-in always uses TLS.")
    # Discovery would ask the public cloud whether login_url is one of its own: it may not be, nor be within reach.
    options: dict[str, Any] = {"authority": settings.login_url, "disable_instance_discovery": True, **_TIMEOUTS}
    if settings.ca_file is not None:
        options["connection_verify"] = str(existing(root, settings.ca_file, "ca_file"))
    return options


def existing(root: Path, name: str, setting: str) -> Path:
    """Return the path of a file that a setting names; raise ``DirectoryError`` where there is none."""
    path = root / name
    if not path.is_file():
        raise DirectoryError(f"there is no file {name}", f"{setting} is relative to the repository's root.")
    return path


def _needed(settings: EntraSettings, setting: str, variable: str) -> str:
    value = getattr(settings, setting) or os.environ.get(variable)
    if not value:
        raise DirectoryError(
            f"credential {settings.credential} needs {setting}",
            f"Write {setting} in idcode.yaml, or set the environment variable {variable}.",
        )
    return str(value)


def _default(settings: EntraSettings, _root: Path, options: dict[str, Any]) -> Any:
    from azure.identity import DefaultAzureCredential

    if settings.client_id is not None:
        options |= {"managed_identity_client_id": settings.client_id}
    return DefaultAzureCredential(workload_identity_tenant_id=settings.tenant_id, **options)


def _client_secret(settings: EntraSettings, _root: Path, options: dict[str, Any]) -> Any:
    from azure.identity import ClientSecretCredential

    client = _needed(settings, "client_id", "AZURE_CLIENT_ID")
    secret = _needed(settings, "client_secret", "AZURE_CLIENT_SECRET")
    return ClientSecretCredential(settings.tenant_id, client, secret, **options)


def _certificate(settings: EntraSettings, root: Path, options: dict[str, Any]) -> Any:
    from azure.identity import CertificateCredential

    client = _needed(settings, "client_id", "AZURE_CLIENT_ID")
    file = _needed(settings, "certificate_file", "AZURE_CLIENT_CERTIFICATE_PATH")
    path = existing(root, file, "certificate_file")
    password = settings.certificate_password or os.environ.get("AZURE_CLIENT_CERTIFICATE_PASSWORD")
    return CertificateCredential(settings.tenant_id, client, str(path), password=password, **options)


def _managed_identity(settings: EntraSettings, _root: Path, _options: dict[str, Any]) -> Any:
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=settings.client_id)


def _azure_cli(settings: EntraSettings, _root: Path, _options: dict[str, Any]) -> Any:
    from azure.identity import AzureCliCredential

    return AzureCliCredential(tenant_id=settings.tenant_id)


def _workload_identity(settings: EntraSettings, _root: Path, options: dict[str, Any]) -> Any:
    """A token in a file (Kubernetes, GitLab), or one that GitHub Actions gives to jobs with ``id-token: write``."""
    from azure.identity import ClientAssertionCredential, WorkloadIdentityCredential

    client = _needed(settings, "client_id", "AZURE_CLIENT_ID")
    file = os.environ.get("AZURE_FEDERATED_TOKEN_FILE")
    if file:
        return WorkloadIdentityCredential(
            tenant_id=settings.tenant_id, client_id=client, token_file_path=file, **options
        )
    url = os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL")
    secret = os.environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if url and secret:
        return ClientAssertionCredential(
            settings.tenant_id, client, lambda: _github_token(str(url), str(secret)), **options
        )
    raise DirectoryError(
        "credential workload-identity finds no token of this workload",
        "Set AZURE_FEDERATED_TOKEN_FILE to a file that holds one; in GitHub Actions give the job permissions: "
        "{id-token: write}.",
    )


def _github_token(url: str, secret: str) -> str:
    """Ask GitHub for a token of the job (page "OpenID Connect reference")."""
    import httpx

    answer = httpx.get(url, params={"audience": _AUDIENCE}, headers={"Authorization": f"Bearer {secret}"})
    answer.raise_for_status()
    return str(answer.json()["value"])


_MAKERS: dict[str, Callable[[EntraSettings, Path, dict[str, Any]], Any]] = {
    "default": _default,
    "workload-identity": _workload_identity,
    "client-secret": _client_secret,
    "certificate": _certificate,
    "managed-identity": _managed_identity,
    "azure-cli": _azure_cli,
}
