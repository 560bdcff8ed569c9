"""Signing in, where the token goes, and what is said when it does not work."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from idcode.directories.entra.graph.client import GraphClient
from idcode.directories.entra.graph.clock import Clock
from idcode.directories.entra.graph.connection import Connection
from idcode.directories.sandbox.tenant.exchange import Reply, Request
from idcode.directories.sandbox.tenant.http import tls
from idcode.directories.sandbox.tenant.http.asgi import application
from idcode.directories.sandbox.tenant.http.serve import serving
from idcode.directories.sandbox.tenant.http.tokens import Login, Registration
from idcode.model.errors import DirectoryError
from tests.entra.graph.service import FAST, TENANT, Answered, Asked, Credential, Lost, Service, error, settings
from tests.tenant.test_tokens import CLIENT, ISSUER, SUBJECT, pipeline_token, self_signed

Connect = Callable[..., GraphClient]
ROOT = Path(__file__).parents[3]
EXPIRED = error(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")


def authorized(service: Service) -> list[str | None]:
    return [request.headers.get("authorization") for request in service.sent]


def test_one_token_is_asked_for_and_used_as_long_as_it_is_good(connect: Connect) -> None:
    given: list[str] = []
    service = Service(lambda _asked: Answered(200, {"id": "1"}))
    graph = connect(service, credential=lambda: Credential(given))
    for _ in range(5):
        graph.get("/organization")
    assert authorized(service) == ["Bearer t1"] * 5
    assert given == ["t1"]


def test_a_token_that_ends_soon_is_replaced(connect: Connect) -> None:
    service = Service(lambda _asked: Answered(200, {"id": "1"}))
    graph = connect(service, credential=lambda: Credential(given, lifetime=100))
    given: list[str] = []
    graph.get("/organization")
    graph.get("/organization")
    assert authorized(service) == ["Bearer t1", "Bearer t2"]


def test_a_token_that_is_not_accepted_is_replaced_once_by_a_credential_without_memory(connect: Connect) -> None:
    made: list[Credential] = []
    given: list[str] = []

    def make() -> Credential:
        made.append(Credential(given))
        return made[-1]

    def script(asked: Asked) -> Answered:
        return Answered(200, {"id": "1"}) if asked.headers["authorization"] == "Bearer t2" else EXPIRED

    service = Service(script)
    graph = connect(service, credential=make)
    assert graph.get("/organization") == {"id": "1"}
    assert authorized(service) == ["Bearer t1", "Bearer t2"]
    assert [credential.closed for credential in made] == [True, False]
    service.script = lambda _asked: EXPIRED
    with pytest.raises(DirectoryError, match="InvalidAuthenticationToken: Lifetime validation failed") as caught:
        graph.get("/organization")
    assert len(service.sent) == 4
    assert "tenant_id" in str(caught.value.hint)
    graph.close()
    assert all(credential.closed for credential in made)


@pytest.mark.parametrize("url", ["http://graph.microsoft.com", "ftp://localhost", "graph.microsoft.com"])
def test_a_token_is_never_sent_in_the_clear(url: str) -> None:
    with pytest.raises(DirectoryError, match=r"graph_url .* is not an https URL"):
        GraphClient(settings(graph_url=url), Path())


def test_a_token_is_sent_to_the_service_and_to_nobody_else() -> None:
    service = Service(lambda _asked: Answered(200))

    async def ask(url: str, **others: Any) -> None:
        connection = Connection(settings(**others), Path(), service, Credential)
        await connection.request("GET", url, {})
        await connection.close()

    asyncio.run(ask("/users"))
    asyncio.run(ask("/users", graph_url="http://127.0.0.1:8080"))
    asyncio.run(ask("https://graph.microsoft.com.example.net/v1.0/users"))
    assert authorized(service) == ["Bearer t1", "Bearer t1", None]


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ReadTimeout])
def test_a_service_that_cannot_be_reached_is_tried_within_the_budget_and_then_named(
    connect: Connect, kind: type[httpx.TransportError]
) -> None:
    def script(_asked: Asked) -> Answered:
        raise Lost(kind)

    service = Service(lambda _asked: Answered(200, {"id": "1"}))
    graph = connect(service)
    graph.get("/organization")
    service.script = script
    with pytest.raises(DirectoryError, match=r"does not answer GET /users/1: no .*\(sent 20 times, waiting") as caught:
        graph.get("/users/1")
    assert len(service.sent) == 21
    assert "proxy" in str(caught.value.hint)


def test_a_service_that_was_never_reached_is_not_tried_again(connect: Connect) -> None:
    def script(_asked: Asked) -> Answered:
        raise Lost(httpx.ConnectError)

    service = Service(script)
    with pytest.raises(DirectoryError, match=r"no connection to https://graph\.microsoft\.com: ") as caught:
        connect(service).get("/organization")
    assert len(service.sent) == 1
    assert "graph_url" in str(caught.value.hint)


@dataclass(frozen=True)
class Place:
    """A served tenant with a token endpoint."""

    url: str
    folder: Path
    seen: list[Request]

    def graph(self, **others: Any) -> GraphClient:
        base = {"graph_url": self.url, "login_url": self.url, "ca_file": "localhost.pem", "client_id": CLIENT}
        return GraphClient(settings(**{**base, **others}), self.folder, clock=Clock(FAST))

    def organization(self, **others: Any) -> Any:
        graph = self.graph(**others)
        try:
            return graph.get("/organization/1")
        finally:
            graph.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("tls")
    pem = self_signed_pem()
    (folder / "idcode.pem").write_bytes(pem)
    (folder / "other.pem").write_bytes(self_signed_pem())
    seen: list[Request] = []

    class Organization:
        def handle(self, request: Request) -> Reply:
            seen.append(request)
            return Reply(200, {"id": "1"})

    known = Registration(CLIENT, secrets=["right"], certificates=[pem], federated=[(ISSUER, SUBJECT)])
    with serving(application(Organization(), Login(TENANT, [known])), tls.identity(folder)) as url:
        yield Place(url, folder, seen)


def self_signed_pem() -> bytes:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return self_signed(rsa.generate_private_key(65537, 2048))


@pytest.fixture(autouse=True)
def _no_credentials_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLIENT_ID", "CLIENT_SECRET", "CLIENT_CERTIFICATE_PATH", "TENANT_ID", "FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(f"AZURE_{name}", raising=False)
    for name in ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_a_client_secret_signs_in(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert place.organization(credential="client-secret", client_secret="right") == {"id": "1"}
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "right")
    monkeypatch.setenv("AZURE_CLIENT_ID", CLIENT)
    assert place.organization(credential="client-secret", client_id=None) == {"id": "1"}


def test_a_certificate_signs_in(place: Place) -> None:
    assert place.organization(credential="certificate", certificate_file="idcode.pem") == {"id": "1"}


def test_the_default_credential_takes_what_the_environment_has(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("TENANT_ID", TENANT), ("CLIENT_ID", CLIENT), ("CLIENT_SECRET", "right")):
        monkeypatch.setenv(f"AZURE_{name}", value)
    assert place.organization(credential="default") == {"id": "1"}


def test_a_workload_signs_in_by_its_token_in_a_file(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", pipeline_token(tmp_path / "token"))
    assert place.organization(credential="workload-identity") == {"id": "1"}


def test_a_job_of_github_signs_in_by_the_token_that_github_gives_it(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token = Path(pipeline_token(tmp_path / "token")).read_text()

    async def github(scope: Any, _receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        right = (
            headers[b"authorization"] == b"Bearer job"
            and b"audience=api%3A%2F%2FAzureADTokenExchange" in (scope["query_string"])
        )
        await send({"type": "http.response.start", "status": 200 if right else 401, "headers": []})
        await send({"type": "http.response.body", "body": f'{{"value": "{token}"}}'.encode()})

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await github(scope, receive, send)
        else:
            await application_lifespan(receive, send)

    with serving(app) as url:
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{url}/token?api-version=2.0")
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job")
        assert place.organization(credential="workload-identity") == {"id": "1"}


async def application_lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


REFUSED = [
    ({"credential": "client-secret", "client_secret": "wrong"}, "AADSTS7000215: Invalid client secret", "not its id"),
    ({"credential": "client-secret", "client_secret": "right", "client_id": TENANT}, "AADSTS700016", "client_id"),
    (
        {"credential": "client-secret", "client_secret": "right", "tenant_id": CLIENT},
        "Unable to get authority",
        "tenant_id",
    ),
    ({"credential": "certificate", "certificate_file": "other.pem"}, "AADSTS700027", "Upload the certificate"),
]
INCOMPLETE = [
    ({"credential": "client-secret"}, "credential client-secret needs client_secret", "AZURE_CLIENT_SECRET"),
    ({"credential": "client-secret", "client_id": None}, "client-secret needs client_id", "AZURE_CLIENT_ID"),
    ({"credential": "certificate"}, "needs certificate_file", "AZURE_CLIENT_CERTIFICATE_PATH"),
    ({"credential": "certificate", "certificate_file": "gone.pem"}, "there is no file gone.pem", "certificate_file"),
    ({"credential": "certificate", "certificate_file": "localhost.pem"}, "certificate cannot be used", None),
    ({"credential": "workload-identity"}, "finds no token of this workload", "AZURE_FEDERATED_TOKEN_FILE"),
    ({"credential": "client-secret", "ca_file": "gone.pem"}, "there is no file gone.pem", "ca_file"),
    (
        {"credential": "client-secret", "ca_file": "localhost.key"},
        "cannot read the certificates in localhost.key",
        "PEM",
    ),
    ({"credential": "client-secret", "login_url": "http://localhost"}, "login_url .* is not an https URL", "TLS"),
    ({"credential": "azure-cli", "tenant_id": "a b"}, "azure-cli cannot be used: Invalid tenant", None),
]


@pytest.mark.parametrize(("given", "message", "hint"), REFUSED + INCOMPLETE)
def test_what_does_not_sign_in_is_said_with_what_to_do(
    place: Place, given: dict[str, Any], message: str, hint: str | None
) -> None:
    before = len(place.seen)
    with pytest.raises(DirectoryError, match=message) as caught:
        place.organization(**given)
    assert hint is None or hint in str(caught.value.hint)
    assert "Trace ID" not in str(caught.value)
    assert "right" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(place.seen) == before


def test_where_there_is_nothing_to_sign_in_with_the_default_credential_says_what_it_tried(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "dev")  # nothing that asks the network
    with pytest.raises(DirectoryError, match=r"nothing to sign in with was found \(.*AzureCli, ") as caught:
        place.organization(credential="default")
    assert "client-secret" in str(caught.value.hint)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "environmentcredential")
    for name, value in (("TENANT_ID", TENANT), ("CLIENT_ID", CLIENT), ("CLIENT_SECRET", "wrong")):
        monkeypatch.setenv(f"AZURE_{name}", value)
    with pytest.raises(DirectoryError, match="AADSTS7000215: Invalid client secret") as caught:
        place.organization(credential="default")
    assert "not its id" in str(caught.value.hint)


def test_without_the_azure_cli_it_is_said_how_to_sign_in(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(DirectoryError, match="by credential azure-cli: Azure CLI not found") as caught:
        place.organization(credential="azure-cli")
    assert caught.value.hint == f"Sign in with: az login --tenant {TENANT}"


def test_a_refused_sign_in_is_said_once() -> None:
    code = """
from tests.entra.graph.service import *
try:
    GraphClient(settings(credential="azure-cli"), Path()).get("/organization")
except Exception as error:
    print(type(error).__name__)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PATH": "/nowhere"}, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("DirectoryError\n", "")


def test_the_azure_cli_is_started_once(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    token = place_token(place)
    az = tmp_path / "az"
    az.write_text(
        "#!/bin/sh\necho started >> " + str(tmp_path / "log") + "\n"
        f'echo \'{{"accessToken": "{token}", "expires_on": {int(time.time()) + 3600}, '
        '"expiresOn": "2099-01-01 00:00:00.000000"}\'\n'
    )
    az.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    graph = place.graph(credential="azure-cli")
    try:
        assert [graph.get("/organization/1") for _ in range(3)] == [{"id": "1"}] * 3
    finally:
        graph.close()
    assert (tmp_path / "log").read_text().split() == ["started"]


def place_token(place: Place) -> str:
    place.organization(credential="client-secret", client_secret="right")
    return place.seen[-1].headers["authorization"].removeprefix("Bearer ")


def test_a_certificate_that_is_not_trusted_ends_the_connection(place: Place) -> None:
    graph = GraphClient(settings(graph_url=place.url), place.folder, credential=Credential, clock=Clock(FAST))
    try:
        with pytest.raises(DirectoryError, match="certificate verify failed") as caught:
            graph.get("/organization/1")
        assert "ca_file" in str(caught.value.hint)
    finally:
        graph.close()
