"""The practice tenant as a directory: the adapter of tenants, with the tenant in the same process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import httpx

from idcode.directories.entra.directory import EntraDirectory
from idcode.directories.entra.graph.client import GraphClient
from idcode.directories.sandbox.tenant.http.asgi import application
from idcode.directories.sandbox.tenant.http.batch import Batches
from idcode.directories.sandbox.tenant.practice import open_practice
from idcode.directories.sandbox.tenant.settings import TenantSettings, as_entra
from idcode.model.records import Fingerprint


class _Token(NamedTuple):
    token: str
    expires_on: int


class _Anybody:
    """A credential for a tenant that asks for none."""

    def get_token(self, *_scopes: str, **_options: object) -> _Token:
        return _Token("practice", 2**40)

    def close(self) -> None:
        """Close nothing."""


class TenantDirectory(EntraDirectory):
    """A practice tenant; made on first use, with nothing in it but what every tenant is born with.

    ``root`` is the repository's root, below which its file is. Raises ``DirectoryError`` where the file cannot be
    used.
    """

    def __init__(self, name: str, settings: TenantSettings, root: Path) -> None:
        tenant = open_practice(name, settings, root)
        entra = as_entra(settings)
        transport = httpx.ASGITransport(application(Batches(tenant)))
        super().__init__(name, entra, root, GraphClient(entra, root, transport=transport, credential=_Anybody))

    def fingerprint(self) -> Fingerprint:
        """Return which tenant this is; plans call it a sandbox."""
        return replace(super().fingerprint(), type="sandbox")
