"""No secret of a tenant leaves its place: client secrets, tokens, temporary access passes, certificates."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from idcode.directories.sandbox.tenant.clock import ScaledClock
from idcode.directories.sandbox.tenant.exchange import Reply, Request
from idcode.directories.sandbox.tenant.http import tls
from idcode.directories.sandbox.tenant.http.asgi import application
from idcode.directories.sandbox.tenant.http.batch import Batches
from idcode.directories.sandbox.tenant.http.serve import serving
from idcode.directories.sandbox.tenant.http.tokens import Login, Registration
from idcode.directories.sandbox.tenant.seeding import Seed, planted
from idcode.directories.sandbox.tenant.tenant import Tenant
from tests.acceptance.repository import Repository
from tests.trust.search import files, found_in, readable_by_others

TENANT = "84841066-274d-4ec0-a5c1-276be684bdd3"
CLIENT = "1dc0de00-0000-4000-8000-000000000001"
SECRET = "cl1ent~Secret/planted+here"
CERTIFICATE_PASSWORD = "c3rt-P@ss&planted"

PROJECT = """\
version: 1
project: contoso
directories:
  cloud:
    type: entra
    tenant_id: "{tenant}"
    credential: client-secret
    client_id: "{client}"
    client_secret: "${{env:GRAPH_SECRET}}"
    graph_url: "{url}"
    login_url: "{url}"
    ca_file: {ca}
    patience: PT10S
    first_sign_in: {way}
sources:
  hr: {{type: csv, path: hr.csv, key: id, proof: {{min_rows: 1}}}}
credentials: {{command: [./sink.sh]}}
"""
RULES = """\
identity: person
key: id
inbound:
  - {name: hr, source: hr, flow: {id: [id], first: [first], department: [department]}}
outbound:
  - name: user
    directory: cloud
    object: user
    join: [{employeeId: [id]}]
    manages: {filter: "employeeId ge 'E'"}
    on_exit: delete
    enabled: IsPresent([id])
    flow:
      employeeId: [id]
      userPrincipalName: Join("@", [first], "contoso.com")
      mailNickname: [first]
      displayName: [first]
      department: [department]
"""


@dataclass
class Listening:
    """Hears what only a tenant should hear: who asks it, with which token, and what passwords it is given."""

    service: Any
    tokens: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)

    def handle(self, request: Request) -> Reply:
        self.tokens |= {text.partition(" ")[2] for name, text in request.headers.items() if name == "authorization"}
        reply: Reply = self.service.handle(request)
        for one in (request.body or {}).get("requests", ()) if request.path == "/$batch" else ():
            profile = (one.get("body") or {}).get("passwordProfile") or {}
            self.given |= {profile["password"]} if "password" in profile else set()
        for one in (reply.body or {}).get("responses", ()) if request.path == "/$batch" else ():
            found = one["body"].get("temporaryAccessPass") if isinstance(one.get("body"), dict) else None
            self.given |= {found} if found else set()
        return reply


@dataclass
class Life:
    repo: Repository
    heard: Listening
    url: str
    kept: Path
    temporary: Path
    before: frozenset[Path]
    printed: dict[str, bytes] = field(default_factory=dict)

    def settings(self, way: str = "password", credential: str = "") -> None:
        text = PROJECT.format(tenant=TENANT, client=CLIENT, url=self.url, ca=self.kept / "localhost.pem", way=way)
        kind = "credential: client-secret\n"
        self.repo.write("idcode.yaml", text.replace(kind, credential or kind))

    def people(self, *rows: str) -> None:
        self.repo.write("hr.csv", "\n".join(["id,first,department", *rows, ""]))

    def run(self, *arguments: str, code: int = 0) -> str:
        result = self.repo.run(*arguments)
        assert result.code == code, result.out[-3000:] + result.err
        self.printed[f"{len(self.printed)} {' '.join(arguments)}"] = (result.out + result.err).encode()
        return result.out + result.err


@pytest.fixture
def life(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    practising: Repository,
) -> Iterator[Life]:
    kept, temporary = tmp_path_factory.mktemp("kept"), tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("GRAPH_SECRET", SECRET)
    monkeypatch.setenv("CERTIFICATE_PASSWORD", CERTIFICATE_PASSWORD)
    for name in ("CLIENT_ID", "CLIENT_SECRET", "TENANT_ID"):
        monkeypatch.delenv(f"AZURE_{name}", raising=False)
    for path in files([practising.root]):
        path.unlink()
    practising.write("rules/people.yaml", RULES)
    practising.write(
        "sink.sh", f"#!/bin/sh\ncat >> {kept}/delivered\ngrep -q Greta {kept}/delivered && exit 1\nexit 0\n"
    )
    (practising.root / "sink.sh").chmod(0o755)
    seed = Seed(tenant_id=TENANT, domains=("contoso.com",))
    tenant = Tenant(planted(seed, datetime.now(UTC)), ScaledClock())
    heard = Listening(Batches(tenant))
    login = Login(TENANT, [Registration(CLIENT, [SECRET])])
    with serving(application(heard, login), tls.identity(kept)) as url:
        yield Life(practising, heard, url, kept, temporary, frozenset(files([practising.root])))


def test_no_secret_of_a_tenant_is_in_anything_that_idcode_writes_or_prints(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    umask = os.umask(0o022)
    try:
        live_through(life, monkeypatch)
    finally:
        os.umask(umask)
    delivered = [json.loads(line)["password"] for line in (life.kept / "delivered").read_text("utf-8").splitlines()]
    assert len(delivered) == 3
    assert set(delivered) <= life.heard.given
    assert life.heard.tokens
    secrets = {
        "the client secret": SECRET,
        "the password of the certificate": CERTIFICATE_PASSWORD,
        **{f"token {number}": token for number, token in enumerate(life.heard.tokens)},
        **{f"password or pass {number}": word for number, word in enumerate(life.heard.given)},
    }
    written = list(files([life.repo.root, life.temporary], life.before | {life.repo.root / "hr.csv"}))
    written = [path for path in written if path.name not in ("idcode.yaml", "bad.pem")]
    assert {"plan.json", "idcode.db"} <= {path.name for path in written}
    texts = {str(path): path.read_bytes() for path in written} | life.printed
    assert found_in(secrets, texts) == []
    assert found_in({"it would be seen": "person:E2@cloud/user"}, texts) != []
    assert readable_by_others([*written, life.repo.root / ".idcode"]) == []


def live_through(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """New people with passwords and with passes, one of whom the sink does not take; then all that can go wrong."""
    life.settings("password")
    life.people("E1,Ada,Sales")
    life.run("plan", "--out", "plan.json")
    life.run("apply", "plan.json")
    life.settings("temporary-access-pass")
    life.people("E1,Ada,Research", "E2,Bo,Sales", "E3,Greta,Sales")
    life.run("plan", "--out", "plan.json", "--full")
    life.run("show", "plan.json", "--format", "json")
    life.run("apply", "plan.json", code=4)
    run = life.repo.last_run()
    life.run("runs", run, "--format", "json")
    life.run("explain", "person:E2")
    life.run("rollback", run, "--yes")
    monkeypatch.setenv("GRAPH_SECRET", SECRET + "-wrong")
    life.run("plan", code=1)
    life.repo.write("bad.pem", "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    bad = 'credential: certificate\n    certificate_file: bad.pem\n    certificate_password: "${env:CERTIFICATE_PASSWORD}"\n'
    life.settings(credential=bad)
    life.run("plan", code=1)
