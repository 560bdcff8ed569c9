"""The practice tenant behind a port: what HTTP adds, and Microsoft's own client at work on it."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from idcode.directories.sandbox.tenant.http import tls
from idcode.directories.sandbox.tenant.http.asgi import application
from idcode.directories.sandbox.tenant.http.serve import Server, serving
from idcode.model.errors import DirectoryError
from tests.tenant.shelf import Shelf, upn, user


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def client(shelf: Shelf) -> Iterator[httpx.Client]:
    with serving(application(shelf)) as address, httpx.Client(base_url=address) as client:
        yield client


def test_requests_arrive_as_they_were_meant(client: httpx.Client, shelf: Shelf) -> None:
    client.get(
        "/v1.0/users/ada%40contoso.example?$select=id,displayName&$filter=startswith(displayName,'Brisling%20%26')",
        headers={"ConsistencyLevel": "eventual", "X-Forwarded-Proto": "https"},
    )
    (request,) = shelf.requests
    assert (request.method, request.path) == ("GET", "/users/ada@contoso.example")
    assert request.query == {"$select": "id,displayName", "$filter": "startswith(displayName,'Brisling &')"}
    assert request.headers["consistencylevel"] == "eventual"
    assert request.base == str(client.base_url).rstrip("/") + "/v1.0"
    assert request.body is None


def test_replies_are_the_json_of_graph(client: httpx.Client) -> None:
    reply = client.post("/v1.0/users", json=user("ada"))
    assert reply.status_code == 201
    assert reply.json() == {"id": upn("ada")}
    assert reply.headers["content-type"].startswith("application/json;odata.metadata=minimal")
    gone = client.delete(f"/v1.0/users/{upn('ada')}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert client.get("/v1.0/users/$count").text == "0"


@pytest.mark.parametrize(
    ("content", "kind"), [(b"{", "application/json"), (b"{}", "text/plain"), (b"\xff", "application/json")]
)
def test_a_body_that_is_no_json_is_refused(client: httpx.Client, shelf: Shelf, content: bytes, kind: str) -> None:
    reply = client.post("/v1.0/users", content=content, headers={"Content-Type": kind})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "BadRequest")
    assert shelf.requests == []


@pytest.mark.parametrize("path", ["/beta/users", "/", "/users", "/v2.0/users", "/x/oauth2/v2.0/token"])
def test_there_is_nothing_beside_version_1(client: httpx.Client, shelf: Shelf, path: str) -> None:
    reply = client.get(path)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "BadRequest")
    assert shelf.requests == []


def test_a_refusal_can_be_found_again_by_the_id_that_the_client_gave_it(client: httpx.Client) -> None:
    reply = client.get(f"/v1.0/users/{upn('nobody')}", headers={"client-request-id": "mine"})
    inner = reply.json()["error"]["innerError"]
    assert inner["client-request-id"] == reply.headers["client-request-id"] == "mine"
    assert inner["request-id"] == reply.headers["request-id"]


def test_a_port_that_is_taken_is_said() -> None:
    with serving(application(Shelf())) as address, pytest.raises(DirectoryError, match="cannot be used"):
        Server(application(Shelf()), port=int(address.rpartition(":")[2]))


def test_the_certificate_is_its_owners_and_stays(tmp_path: Path) -> None:
    first = tls.identity(tmp_path / "sandbox")
    content = first.certificate.read_bytes()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (first.certificate, first.key)} == {0o600}
    assert tls.identity(tmp_path / "sandbox") == first
    assert first.certificate.read_bytes() == content


def test_a_certificate_that_is_about_to_end_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(tls, "LIFETIME", timedelta(days=3))
        old = tls.identity(tmp_path).certificate.read_bytes()
    assert tls.identity(tmp_path).certificate.read_bytes() != old


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_certificate_is_good_for_this_machine(tmp_path: Path, host: str) -> None:
    identity = tls.identity(tmp_path)
    context = ssl.create_default_context(cafile=str(identity.certificate))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with serving(application(Shelf()), identity) as address:
        url = address.replace("localhost", host)
        assert httpx.get(f"{url}/v1.0/users", verify=context).status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/v1.0/users")
