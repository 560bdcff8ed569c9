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
    """One Entra tenant."""

    type: Literal["entra"]
    tenant_id: str
    credential: Literal[
        "default", "workload-identity", "client-secret", "certificate", "managed-identity", "azure-cli"
    ] = "default"
    client_id: str | None = None
    client_secret: str | None = None
    certificate_file: str | None = None
    synced_from: list[SyncedFrom] = []
