"""The token endpoint: real credentials of azure-identity get their tokens there, and wrong ones do not."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential, WorkloadIdentityCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from idcode.directories.sandbox.tenant.http import tls, tokens
from idcode.directories.sandbox.tenant.http.asgi import application
from idcode.directories.sandbox.tenant.http.serve import serving
from idcode.directories.sandbox.tenant.http.tokens import Login, Registration
from tests.tenant.shelf import Shelf

TENANT = "3f0c9a51-6a3e-4c39-9d0a-1d5a3f8b7c01"
CLIENT = "7b1de9f4-22c8-4b1e-8a55-90e1c7d2aa02"
ISSUER, SUBJECT = "https://token.actions.example", "repo:contoso/identities:ref:refs/heads/main"


@dataclass(frozen=True)
class Place:
    url: str
    ca_file: str
    pem: bytes

    def credential(self, kind: Any, **arguments: Any) -> Any:
        """Return a credential that knows nothing of the service but its address."""
        common = {"authority": self.url, "disable_instance_discovery": True, "connection_verify": self.ca_file}
        return kind(**{"tenant_id": TENANT, "client_id": CLIENT, **common, **arguments})

    def client(self, token: str = "") -> httpx.Client:
        context = ssl.create_default_context(cafile=self.ca_file)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, verify=context)


def self_signed(key: rsa.RSAPrivateKey) -> bytes:
    """Return a certificate and its key in PEM, as CertificateCredential takes them."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idcode")])
    now = datetime.now(UTC)
    certificate = (x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))).sign(
        key, hashes.SHA256()
    )
    encoding = serialization.Encoding.PEM
    return certificate.public_bytes(encoding) + key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("tls")
    pem = self_signed(rsa.generate_private_key(65537, 2048))
    known = Registration(CLIENT, secrets=["right"], certificates=[pem], federated=[(ISSUER, SUBJECT)])
    identity = tls.identity(folder)
    login = Login(TENANT, [known], domains=["contoso.example"])
    with serving(application(Shelf(), login), identity) as url:
        yield Place(url, str(identity.certificate), pem)


def opens(place: Place, token: str) -> bool:
    with place.client(token) as client:
        return client.get("/v1.0/users").status_code == 200


def scopes(place: Place) -> list[str]:
    return [f"{place.url}/.default", "https://graph.microsoft.com/.default", "https://localhost/.default"]


def test_a_client_secret_gets_a_token_that_opens_the_tenant(place: Place) -> None:
    with place.credential(ClientSecretCredential, client_secret="right") as credential:
        for scope in scopes(place):
            assert opens(place, credential.get_token(scope).token)


def test_the_tenant_can_be_named_by_a_domain(place: Place) -> None:
    with place.credential(ClientSecretCredential, tenant_id="contoso.example", client_secret="right") as credential:
        assert opens(place, credential.get_token(scopes(place)[0]).token)


def test_a_wrong_client_secret_is_refused_as_entra_does(place: Place) -> None:
    with (
        place.credential(ClientSecretCredential, client_secret="wrong") as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        credential.get_token(scopes(place)[0])


@pytest.mark.parametrize(
    ("changed", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": TENANT}, 400, "unauthorized_client", 700016),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "https://graph.microsoft.com/User.Read.All"}, 400, "invalid_scope", 1002012),
        ({"client_secret": None}, 401, "invalid_client", 7000218),
        (
            {"client_secret": None, "client_assertion": "x", "client_assertion_type": "y"},
            401,
            "invalid_client",
            7000218,
        ),
        (
            {
                "client_secret": None,
                "client_assertion": "no.token.at.all",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            },
            401,
            "invalid_client",
            50027,
        ),
    ],
)
def test_refusals_are_those_of_the_token_endpoint(
    place: Place, changed: dict[str, str | None], status: int, error: str, number: int
) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT,
        "client_secret": "right",
        "scope": "https://graph.microsoft.com/.default",
        **changed,
    }
    with place.client() as client:
        reply = client.post(f"/{TENANT}/oauth2/v2.0/token", data={k: v for k, v in form.items() if v is not None})
    assert (reply.status_code, reply.json()["error"], reply.json()["error_codes"]) == (status, error, [number])
    assert reply.json()["error_description"].startswith(f"AADSTS{number}: ")


def test_another_tenant_is_not_here(place: Place) -> None:
    with place.client() as client:
        assert client.post(f"/{CLIENT}/oauth2/v2.0/token").json()["error_codes"] == [90002]
        assert client.get(f"/{CLIENT}/v2.0/.well-known/openid-configuration").status_code == 400


def test_a_certificate_gets_a_token(place: Place) -> None:
    with place.credential(CertificateCredential, certificate_data=place.pem) as credential:
        assert opens(place, credential.get_token(scopes(place)[0]).token)


def test_a_certificate_that_is_not_registered_gets_none(place: Place) -> None:
    other = self_signed(rsa.generate_private_key(65537, 2048))
    with (
        place.credential(CertificateCredential, certificate_data=other) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS700027"),
    ):
        credential.get_token(scopes(place)[0])


@pytest.mark.parametrize(
    ("changed", "number"), [({}, None), ({"sub": TENANT}, 700027), ({"aud": "https://elsewhere.example"}, 700027)]
)
def test_an_assertion_speaks_for_its_own_application_at_this_endpoint(
    place: Place, changed: dict[str, str], number: int | None
) -> None:
    key = serialization.load_pem_private_key(place.pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    path = f"/{TENANT}/oauth2/v2.0/token"
    claims = {"iss": CLIENT, "sub": CLIENT, "aud": place.url + path, "exp": int(time.time()) + 300, **changed}
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(claims, key, algorithm="PS256"),
        "scope": "https://graph.microsoft.com/.default",
    }
    with place.client() as client:
        reply = client.post(path, data=form).json()
    assert reply.get("error_codes") == ([number] if number else None)


def pipeline_token(path: Path, **claims: Any) -> str:
    """Write what a pipeline's runner gets from its own service, and return the path."""
    now = int(time.time())
    content = {"iss": ISSUER, "sub": SUBJECT, "aud": "api://AzureADTokenExchange", "exp": now + 300, **claims}
    path.write_text(jwt.encode(content, rsa.generate_private_key(65537, 2048), algorithm="RS256"))
    return str(path)


def test_a_federated_token_of_a_pipeline_gets_a_token(place: Place, tmp_path: Path) -> None:
    file = pipeline_token(tmp_path / "token")
    with place.credential(WorkloadIdentityCredential, token_file_path=file) as credential:
        assert opens(place, credential.get_token(scopes(place)[0]).token)


@pytest.mark.parametrize(
    ("claims", "number"),
    [
        ({"sub": "repo:contoso/identities:pull_request"}, 700213),
        ({"iss": "https://elsewhere.example"}, 700213),
        ({"aud": "https://github.com/contoso"}, 700213),
        ({"exp": 1}, 50027),
    ],
)
def test_a_federated_token_of_another_place_gets_none(
    place: Place, tmp_path: Path, claims: dict[str, Any], number: int
) -> None:
    file = pipeline_token(tmp_path / "token", **claims)
    with (
        place.credential(WorkloadIdentityCredential, token_file_path=file) as credential,
        pytest.raises(ClientAuthenticationError, match=f"AADSTS{number}"),
    ):
        credential.get_token(scopes(place)[0])


def test_without_a_token_nothing_is_answered(place: Place) -> None:
    with place.client() as client:
        reply = client.get("/v1.0/users")
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_for_another_service_or_of_another_maker_opens_nothing(place: Place) -> None:
    with place.credential(ClientSecretCredential, client_secret="right") as credential:
        assert not opens(place, credential.get_token("https://vault.azure.net/.default").token)
    assert not opens(place, jwt.encode({"aud": "https://graph.microsoft.com"}, "k" * 32))
    assert not opens(place, "x")


def test_a_token_that_has_ended_opens_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "LIFETIME", -1)
    form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": "right"}
    with place.client() as client:
        form["scope"] = "https://graph.microsoft.com/.default"
        token = client.post(f"/{TENANT}/oauth2/v2.0/token", data=form).json()["access_token"]
        reply = client.get("/v1.0/users", headers={"Authorization": f"Bearer {token}"})
    assert reply.status_code == 401
    assert "expired" in reply.json()["error"]["message"]


def test_msal_finds_the_endpoints_of_an_authority_that_it_asks(place: Place) -> None:
    endpoint = f"{place.url}/{TENANT}/oauth2/v2.0/authorize"
    with place.client() as client:
        instance = client.get("/common/discovery/instance", params={"authorization_endpoint": endpoint}).json()
        configuration = client.get(instance["tenant_discovery_endpoint"]).json()
    assert configuration["token_endpoint"] == f"{place.url}/{TENANT}/oauth2/v2.0/token"
    assert configuration["authorization_endpoint"] == endpoint
    (host,) = instance["metadata"][0]["aliases"]
    assert f"https://{host}" == place.url
