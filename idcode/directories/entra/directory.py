"""The Entra adapter: a tenant behind Microsoft Graph."""

from __future__ import annotations

from pathlib import Path

from idcode.directories.entra.adapter import GraphDirectory
from idcode.directories.entra.graph.client import GraphClient
from idcode.directories.entra.settings import EntraSettings


class EntraDirectory(GraphDirectory):
    """One Entra tenant on the network; connects with the first request.

    ``root`` is the repository's root, which the files of ``settings`` are relative to.
    """

    def __init__(self, name: str, settings: EntraSettings, root: Path) -> None:
        super().__init__(name, settings, GraphClient(settings, root))
