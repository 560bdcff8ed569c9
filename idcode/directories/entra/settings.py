"""Settings of ``type: entra``; no network."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from idcode.config.models.base import Duration, Node


class SyncedFrom(Node):
    """An AD domain that Entra Connect or Cloud Sync brings into the tenant."""

    directory: str
    anchor: list[str] = ["mS-DS-ConsistencyGuid", "objectGUID"]
    scope: list[str] = []
    expect_within: Duration = Field(default="PT3H", validate_default=True)


class EntraSettings(Node):
    """One Entra tenant.

    ``graph_url`` and ``login_url`` are those of the public cloud unless said otherwise; ``ca_file`` (PEM, relative to
    the repository's root) is for a proxy with a certificate of its own. ``disable_mark_in`` is the attribute of users
    that holds idcode's mark on accounts that it disabled. ``patience`` bounds how long idcode waits until what it has
    written can be read. A tenant knows its verified ``domains`` itself; they are for a practice one in its place, as is
    ``practice``, the file (relative to the repository's root) of what that one begins with.
    """

    type: Literal["entra"]
    tenant_id: str
    credential: Literal[
        "default", "workload-identity", "client-secret", "certificate", "managed-identity", "azure-cli"
    ] = "default"
    client_id: str | None = None
    client_secret: str | None = None
    certificate_file: str | None = None
    certificate_password: str | None = None
    graph_url: str = "https://graph.microsoft.com"
    login_url: str = "https://login.microsoftonline.com"
    ca_file: str | None = None
    disable_mark_in: str = "extensionAttribute15"
    first_sign_in: Literal["password", "temporary-access-pass"] = "password"
    patience: Duration = Field(default="PT2M", validate_default=True)
    domains: list[str] = []
    practice: str | None = None
    synced_from: list[SyncedFrom] = []
