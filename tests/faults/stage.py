"""A company on a real domain controller, which can be set back to its morning."""

from __future__ import annotations

import re
import shutil
import struct
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.acceptance.witness import SERVER_KEPT
from tests.faults import company
from tests.faults.scene import Dump, Lives, Scene
from tests.lab import Domain, SambaLab

PASSWORD_ATTRIBUTES = frozenset({0x90037, 0x9005A, 0x9005E, 0x90060, 0x9007D, 0x900A0})
"""The numbers of dBCSPwd, unicodePwd, ntPwdHistory, pwdLastSet, supplementalCredentials and lmPwdHistory (MS-ADA3)."""


class Stage(Scene):
    """The company of :mod:`tests.faults.company` on one domain."""

    as_of = company.TODAY

    def __init__(self, lab: SambaLab, domain: Domain, root: Path, lives: Lives) -> None:
        super().__init__(root, lives)
        self._lab, self._domain = lab, domain

    def prepare(self) -> dict[str, Any]:
        """Make the company of yesterday and the plan for today, and keep this morning."""
        company.write_yesterday(self.folder, self._domain)
        for as_of in (company.LONG_AGO, company.YESTERDAY):
            self.insist("plan", "--out", "plan.json", "--as-of", as_of)
            self.insist("apply", "plan.json")
        company.write_today(self.folder)
        plan = self.keep()
        self._lab.stop()
        # Its sockets are made anew with every start.
        shutil.copytree(self._domain.tree / "private", self.root / "private", ignore=shutil.ignore_patterns("ldapi"))
        self._lab.restart(self._domain)
        return plan

    def morning(self) -> None:
        """Put domain, files and history back to what they were before the day."""
        super().morning()
        self._lab.stop()
        shutil.rmtree(self._domain.tree / "private")
        shutil.copytree(self.root / "private", self._domain.tree / "private")
        self._lab.restart(self._domain)

    def writes(self) -> Counter[str]:
        """Return how often each operation was sent and succeeded."""
        done = (re.fullmatch(r"after ((?:add|modify|rename|delete) .*) -> 0", one) for one in self.called(self.moments))
        return Counter(found[1] for found in done if found and "unicodePwd" not in found[1])

    def called(self, moments: Iterable[str]) -> list[str]:
        """Return moments with the DNs of objects that are there now instead of their objectGUID."""
        raw = ((str(entry["dn"]), entry["raw_attributes"]["objectGUID"][0]) for entry in self._entries("objectGUID"))
        names = {str(UUID(bytes_le=guid)): dn for dn, guid in raw}
        return [re.sub(r"<GUID=([^>]+)>", lambda found: names.get(found[1], found[1]), one) for one in moments]

    def dump(self, *, versions: bool = False) -> Dump:
        """Return every attribute of every living object, by DN, except what the server keeps to itself.

        With ``versions`` also how often each attribute was written, by the server's own count (MS-ADTS 3.1.1.1.9),
        passwords apart; and no objectGUID.
        """
        found: Dump = {}
        for entry in self._entries("*", "nTSecurityDescriptor", "replPropertyMetaData"):
            values = {name: sorted(raw) for name, raw in entry["raw_attributes"].items() if raw}
            written = _versions(values.pop("replPropertyMetaData")[0])
            if versions:
                values.pop("objectGUID")
            kept = {name: raw for name, raw in values.items() if name.lower() not in SERVER_KEPT}
            found[entry["dn"].lower()] = {**kept, **({"versions": written} if versions else {})}
        return found

    def _entries(self, *attributes: str) -> list[dict[str, Any]]:
        connection = self._domain.connect()
        try:
            connection.search(
                self._domain.base_dn,
                "(|(objectClass=user)(objectClass=group)(objectClass=organizationalUnit))",
                attributes=list(attributes),
            )
            return [entry for entry in connection.response if entry["type"] == "searchResEntry"]
        finally:
            connection.unbind()


def _versions(blob: bytes) -> dict[int, int]:
    """Read replPropertyMetaData: a head of 16 bytes, the third number of it how many entries of 48 bytes follow."""
    (count,) = struct.unpack_from("<I", blob, 8)
    entries = (struct.unpack_from("<II", blob, 16 + 48 * number) for number in range(count))
    return {attribute: version for attribute, version in entries if attribute not in PASSWORD_ATTRIBUTES}
