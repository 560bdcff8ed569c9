"""The practice tenant behind a port: what HTTP adds, and Microsoft's own client at work on it."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from azure.identity import ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.user import User
from msgraph_core import GraphClientFactory
from msgraph_core.tasks.page_iterator import PageIterator

from idcode.config.reader import read_yaml
from idcode.config.validation import validate
from idcode.directories.entra.graph.calls import Call
from idcode.directories.entra.graph.client import GraphClient
from idcode.directories.entra.settings import EntraSettings
from idcode.directories.sandbox.tenant.exchange import Reply, Request
from idcode.directories.sandbox.tenant.http import tls
from idcode.directories.sandbox.tenant.http.asgi import application
from idcode.directories.sandbox.tenant.http.batch import Batches
from idcode.directories.sandbox.tenant.http.serve import Server, serving
from idcode.directories.sandbox.tenant.http.tokens import Login, Registration
from idcode.directories.sandbox.tenant.seeding import Seed, planted
from idcode.directories.sandbox.tenant.tenant import Tenant
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


def test_every_reply_has_an_id(client: httpx.Client) -> None:
    reply = client.get("/v1.0/users", headers={"client-request-id": "mine"})
    assert reply.headers["client-request-id"] == "mine"
    assert len(reply.headers["request-id"]) == 36


def test_a_tenant_whose_file_cannot_be_used_says_so(client: httpx.Client, shelf: Shelf) -> None:
    def fail(_request: Request) -> Reply:
        raise DirectoryError("the file is damaged")

    shelf.handle = fail  # type: ignore[method-assign]
    reply = client.get("/v1.0/users")
    assert (reply.status_code, reply.json()["error"]["message"]) == (503, "the file is damaged")


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


def test_a_server_that_stops_hangs_up_on_clients_that_say_no_goodbye(tmp_path: Path) -> None:
    identity = tls.identity(tmp_path)
    context = ssl.create_default_context(cafile=str(identity.certificate))
    with serving(application(Shelf()), identity) as address:
        port = httpx.URL(address).port or 0
        plain = socket.create_connection(("127.0.0.1", port), timeout=10)
        client = context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False)
        client.sendall(b"GET /v1.0/users HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
    client.close()
    gc.collect()


TENANT, CLIENT = "3f0c9a51-6a3e-4c39-9d0a-1d5a3f8b7c01", "7b1de9f4-22c8-4b1e-8a55-90e1c7d2aa02"


@asynccontextmanager
async def official_client(address: str, ca_file: Path) -> AsyncIterator[GraphServiceClient]:
    """Give Microsoft's typed client, with Microsoft's credential; both know only addresses and the certificate."""
    context = ssl.create_default_context(cafile=str(ca_file))
    credential = ClientSecretCredential(
        TENANT,
        CLIENT,
        "right",
        authority=address,
        disable_instance_discovery=True,  # MSAL would ask login.microsoftonline.com about this authority
        connection_verify=str(ca_file),
    )
    # The client closes the SDK's transport, and that one not the real one inside: whoever made it has to.
    transport = httpx.AsyncHTTPTransport(verify=context)
    http = GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient(transport=transport))
    # Without allowed_hosts the client would give its token to nobody but Graph's own hosts.
    provider = AzureIdentityAuthenticationProvider(credential, allowed_hosts=["localhost"])
    adapter = GraphRequestAdapter(provider, http)
    adapter.base_url = f"{address}/v1.0"
    with credential:
        try:
            yield GraphServiceClient(request_adapter=adapter)
        finally:
            await http.aclose()
            await transport.aclose()


@pytest.fixture
def tenant() -> Tenant:
    seed = Seed(tenant_id=TENANT, domains=["contoso.example"])
    return Tenant(planted(seed, datetime(2026, 11, 23, tzinfo=UTC)))


@pytest.fixture
def served(tenant: Tenant, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    identity = tls.identity(tmp_path)
    login = Login(TENANT, [Registration(CLIENT, ["right"])])
    with serving(application(Batches(tenant), login), identity) as address:
        yield address, identity.certificate


def somebody(name: str) -> User:
    return User(
        account_enabled=True,
        display_name=f"{name.title()} Brisling",
        mail_nickname=name,
        user_principal_name=upn(name),
        password_profile=PasswordProfile(password="Xk7!practice-only", force_change_password_next_sign_in=True),
    )


# The typed client's modules warn of their own classes as they are imported.
@pytest.mark.filterwarnings("ignore:(GetQueryParameters|This class) is deprecated:DeprecationWarning")
def test_microsofts_client_works_on_a_served_tenant(served: tuple[str, Path]) -> None:
    async def work() -> None:
        async with official_client(*served) as graph:
            people = [await graph.users.post(somebody(f"ada{number}")) for number in range(7)]
            assert all(person is not None and person.id for person in people)
            group = await graph.groups.post(
                Group(display_name="sg-engineering", mail_enabled=False, mail_nickname="eng", security_enabled=True)
            )
            assert group is not None
            members = graph.groups.by_group_id(str(group.id)).members
            for person in people[:5]:
                address = f"{graph.request_adapter.base_url}/directoryObjects/{person.id}"
                await members.ref.post(ReferenceCreate(odata_id=address))

            assert await listed(graph) == {f"ada{number}@contoso.example" for number in range(7)}
            found = await members.get()
            assert {member.id for member in found.value} == {person.id for person in people[:5]}
            assert all(isinstance(member, User) for member in found.value)

            await members.by_directory_object_id(str(people[0].id)).ref.delete()
            assert len((await members.get()).value) == 4
            await graph.users.by_user_id(str(people[1].id)).patch(User(job_title="Engineer"))
            changed = await graph.users.by_user_id(upn("ada1")).get()
            assert changed is not None
            assert changed.job_title == "Engineer"
            await graph.users.by_user_id(str(people[2].id)).delete()
            with pytest.raises(ODataError) as refused:
                await graph.users.by_user_id(str(people[2].id)).get()
            assert refused.value.response_status_code == 404
            assert refused.value.error.code == "Request_ResourceNotFound"
            with pytest.raises(ODataError, match="Another object with the same value"):
                await graph.users.post(somebody("ada3"))

    asyncio.run(work())


async def listed(graph: GraphServiceClient) -> set[str]:
    """Return the logon names of all users, read in pages of two by the client's own iterator."""
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder

    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(select=["id", "userPrincipalName"], top=2)
    page = await graph.users.get(RequestConfiguration(query_parameters=query))
    assert page is not None
    assert page.odata_next_link, "there are several pages"
    names: set[str] = set()
    await PageIterator(page, graph.request_adapter).iterate(lambda user: names.add(user.user_principal_name) or True)
    return names


def test_what_the_command_prints_is_a_directory_that_idcode_reads(tmp_path: Path) -> None:
    (tmp_path / "idcode.yaml").write_text(
        "version: 1\nproject: contoso\ninclude: []\n"
        "directories:\n  cloud: {type: entra, tenant_id: '${env:AZURE_TENANT_ID}', domains: [contoso.example]}\n"
    )
    command = [sys.executable, "-m", "idcode.cli.main", "sandbox", "serve", "--port", "0", "--lag", "600"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            lines = [server.stdout.readline() for _ in range(11)]
            (document,) = read_yaml("".join(lines).encode(), "printed").documents
            settings, problems = validate(EntraSettings, document["directories"]["cloud"], "printed")
            assert problems == []
            assert settings is not None
            client = GraphClient(settings, tmp_path)
            try:
                assert client.get("/organization")["value"][0]["id"] == settings.tenant_id
                call = Call("1", "POST", "/users", user("ada"))
                assert [answer.status for answer in client.send([call])] == [201]
                assert list(client.pages("/users?$select=id")) == [[]], "reads are behind writes"
            finally:
                client.close()
        finally:
            server.send_signal(signal.SIGINT)
            _, remarks = server.communicate(timeout=30)
    assert (server.returncode, remarks) == (0, "stopped\n")
