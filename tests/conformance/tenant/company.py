"""A case about a tenant, with a practice domain beside it where the case has one."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

from idcode.model.identifiers import guid_bytes
from tests.conformance import state
from tests.conformance.book import Case
from tests.conformance.company import ELSEWHERE, Company
from tests.conformance.expectation import Expectation
from tests.conformance.servers import SandboxServer, yaml_of
from tests.conformance.tenant import text
from tests.conformance.tenant.seeding import seed
from tests.conformance.tenant.servers import TenantServer
from tests.conformance.tenant.witness import describe

_IMMUTABLE_ID = re.compile(r"<immutable id of ([^>]+)>")
_ID_OF = re.compile(r"<id of ([^>]+)>")


class TenantCompany(Company):
    """A case on one tenant. Lines that begin with ``corp`` are about the domain beside it."""

    base_dn = SandboxServer.root_dn
    proves = False

    def __init__(self, case: Case, tenant: TenantServer, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(case, tenant.name, root, capsys)
        self._tenant = tenant
        self._handed_over = root.parent / "handed-over.jsonl"
        written = case.text("start", tenant.name) or ()
        in_domain = [line.removeprefix(ELSEWHERE) for line in written if line.startswith(ELSEWHERE)]
        self._domain = SandboxServer(root) if in_domain else None
        if self._domain:
            self._born = state.describe(self._domain.hands.objects(), self.base_dn)
            state.seed(self._domain.hands, in_domain, self.base_dn)
        seed(tenant.hands, [self._completed(line) for line in written if not line.startswith(ELSEWHERE)])
        tenant.settle()
        self.start = self.state()
        self.write_files()

    def state(self) -> dict[str, str]:
        """Return the objects of the tenant by id, and those of the domain by ``objectGUID``."""
        known = {self._immutable_id(guid): line for guid, line in self._in_domain().items()}
        found = {}
        for anchor, line in describe(self._tenant.hands).items():
            for immutable_id, account in known.items():
                line = line.replace(immutable_id, f"<immutable id of {state.place_of(account)}>")
            found[anchor] = line
        return found | {guid: f"{ELSEWHERE}{line}" for guid, line in self._in_domain().items()}

    def names(self) -> dict[str, str]:
        """Return names in the tenant, and places in the domain."""
        return {
            anchor: state.place_of(line.removeprefix(ELSEWHERE)) if line.startswith(ELSEWHERE) else text.name_of(line)
            for anchor, line in self.start.items()
        }

    def completed(self, text: str) -> str:
        """Put settings and the ids of objects into a file."""
        ids = {name: anchor for anchor, name in self.names().items()}
        cloud = "\n    ".join(f"{name}: {json.dumps(value)}" for name, value in self._tenant.settings().items())
        text = _ID_OF.sub(lambda match: ids[match[1]], text).replace("<cloud>", cloud)
        text = text.replace("<handed over>", str(self._handed_over))
        return text.replace("<corp>", yaml_of(self._domain.settings(self.base_dn)) if self._domain else "")

    def witness(self, expect: Expectation) -> None:
        """Compare who was handed what; no file may have any of it."""
        lines = self._handed_over.read_text("utf-8").splitlines() if self._handed_over.exists() else []
        accounts = [json.loads(line) for line in lines]
        expect.text("handed over", sorted(f"{account['address']} as {account['dn']}" for account in accounts))
        for path in self.root.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            found = [account["dn"] for account in accounts if account["password"].encode() in content]
            assert not found, f"{path} has the passwords of {found}"

    def _in_domain(self) -> dict[str, str]:
        if self._domain is None:
            return {}
        found = state.describe(self._domain.hands.objects(), self.base_dn)
        return {guid: line for guid, line in found.items() if line != self._born.get(guid)}

    def _completed(self, line: str) -> str:
        """Put immutable ids into a line of the start."""
        guids = {state.place_of(line): guid for guid, line in self._in_domain().items()}
        return _IMMUTABLE_ID.sub(lambda match: self._immutable_id(guids[match[1]]), line)

    @staticmethod
    def _immutable_id(guid: str) -> str:
        return base64.b64encode(guid_bytes(guid)).decode("ascii")
