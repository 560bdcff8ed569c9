"""The Active Directory adapter: a domain behind its domain controllers."""

from __future__ import annotations

from pathlib import Path

from idcode.directories.ad.domain import AdDomain
from idcode.directories.ad.session import LdapSession
from idcode.directories.ad.settings import AdSettings


class AdDirectory(AdDomain):
    """One AD domain on the network; connects on first use, to the first server that answers, and stays with it.

    ``root`` is the repository's root, which ``tls.ca_file`` is relative to.
    """

    def __init__(self, name: str, settings: AdSettings, root: Path) -> None:
        super().__init__(name, LdapSession(settings, root), settings.base_dn, settings.disable_mark_in)
