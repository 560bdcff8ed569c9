"""Settings of ``type: sandbox-tenant``: a practice tenant in one local file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from idcode.config.models.base import Duration, Node
from idcode.directories.entra.settings import EntraSettings, SyncedFrom


class TenantSettings(Node):
    """A practice tenant that behaves like Entra ID. ``path`` is its file, relative to the repository's root.

    ``domains`` are its verified domains, beside ``contoso.onmicrosoft.com`` which it is born with where they name no
    other such one. ``practice`` is the file (relative to the repository's root) of what else is in a new one.

    Example: ``cloud: {type: sandbox-tenant, domains: [contoso.example]}``
    """

    type: Literal["sandbox-tenant"]
    path: Annotated[str, Field(pattern=r"^[^\x00-\x1f]+$")] | None = None
    domains: list[str] = []
    practice: str | None = None
    disable_mark_in: str = "extensionAttribute15"
    first_sign_in: Literal["password", "temporary-access-pass"] = "password"
    patience: Duration = Field(default="PT2M", validate_default=True)
    synced_from: list[SyncedFrom] = []


_SHARED = ("domains", "practice", "disable_mark_in", "first_sign_in", "patience", "synced_from")


def in_place_of(node: EntraSettings) -> TenantSettings:
    """Return the settings of a practice tenant that stands in for the tenant of ``node``.

    Errors about what they share still point to the file.
    """
    shared = {name: getattr(node, name) for name in _SHARED}
    return TenantSettings(type="sandbox-tenant", **shared).standing_at(node)


def as_entra(node: TenantSettings) -> EntraSettings:
    """Return what the adapter of tenants needs to know of a practice tenant."""
    shared = {name: getattr(node, name) for name in _SHARED}
    return EntraSettings(type="entra", tenant_id="practice", **shared).standing_at(node)
