"""The endpoints that applications get their tokens from, as far as ``azure-identity`` and other libraries need them.

Sources: "Microsoft identity platform and the OAuth 2.0 client credentials flow", "Application authentication
certificate credentials", "Workload identity federation", "Microsoft Entra authentication and authorization error
codes".
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import jwt

from idcode.directories.sandbox.tenant.errors import GraphError
from idcode.directories.sandbox.tenant.exchange import Reply, Request

LIFETIME = 3599
"""How long a token is good for, in seconds of the real time: that is what its bearer goes by."""
GRAPH = "https://graph.microsoft.com"
_DEFAULT = "/.default"
_BEARER_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_EXCHANGE = "api://AzureADTokenExchange"
_TOKEN = re.compile(r"^/([^/]+)/oauth2/v2\.0/token$")
_DISCOVERY = re.compile(r"^/([^/]+)/v2\.0/\.well-known/openid-configuration$")
_INSTANCE = "/common/discovery/instance"


@dataclass(frozen=True, slots=True)
class Registration:
    """An application that may get tokens, and what it may prove itself with.

    ``certificates`` are PEM. ``federated`` are pairs of issuer and subject whose tokens are believed; their signatures
    are not checked, because the keys are with the issuer.
    """

    client_id: str
    secrets: Sequence[str] = ()
    certificates: Sequence[bytes] = ()
    federated: Sequence[tuple[str, str]] = ()


class LoginError(Exception):
    """A refusal of the token endpoint: its OAuth error, and the number and text that Entra says it with."""

    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(text)
        self.status, self.error, self.number, self.text = status, error, number, text


class Login:
    """The token endpoint of a tenant, and who checks its tokens. They end with this object: its key is its own."""

    def __init__(self, tenant_id: str, registrations: Sequence[Registration], domains: Sequence[str] = ()) -> None:
        self.tenant_id = tenant_id
        self._names = {tenant_id.lower(), *(domain.lower() for domain in domains)}
        self._registrations = {each.client_id.lower(): each for each in registrations}
        self._key = secrets.token_bytes(32)

    def handle(self, request: Request, path: str, origin: str, content: bytes) -> Reply | None:
        """Answer a request to one of the endpoints; ``None`` for another one. ``path`` is that without a version."""
        if path == _INSTANCE:
            return Reply(200, self._instance(request.query.get("authorization_endpoint", ""), origin))
        token, discovery = _TOKEN.match(path), _DISCOVERY.match(path)
        try:
            if discovery:
                self._check_tenant(discovery[1])
                return Reply(200, self._configuration(origin))
            if token and request.method == "POST":
                self._check_tenant(token[1])
                form = dict(parse_qsl(content.decode("utf-8", "replace")))
                return Reply(200, self._token(form, origin + path, origin), {"Cache-Control": "no-store"})
        except LoginError as error:
            return _refused(error)
        return None

    def check(self, authorization: str, origin: str) -> None:
        """Raise ``GraphError`` (401) where the header ``Authorization`` has no token of this tenant that is good."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthenticated("Access token is empty.")
        try:
            jwt.decode(token.strip(), self._key, algorithms=["HS256"], audience=[GRAPH, *_names(origin)])
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
            raise _unauthenticated("Lifetime validation failed, the token is expired.") from None
        except jwt.InvalidAudienceError:
            raise _unauthenticated("Access token validation failure. Invalid audience.") from None
        except jwt.InvalidTokenError:
            raise _unauthenticated("Access token validation failure.") from None

    def _check_tenant(self, name: str) -> None:
        if name.lower() not in self._names:
            raise LoginError(400, "invalid_request", 90002, f"Tenant '{name}' not found.")

    def _instance(self, endpoint: str, origin: str) -> dict[str, Any]:
        """Return what MSAL asks of an authority that it knows; this one has no other names."""
        host = origin.partition("://")[2]
        tenant = endpoint.partition("://")[2].partition("/")[2].partition("/")[0] or self.tenant_id
        return {
            "tenant_discovery_endpoint": f"{origin}/{tenant}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }

    def _configuration(self, origin: str) -> dict[str, Any]:
        tenant = f"{origin}/{self.tenant_id}"
        return {
            "issuer": f"{tenant}/v2.0",
            "token_endpoint": f"{tenant}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
            "response_types_supported": ["token"],
            "msgraph_host": origin.partition("://")[2],
        }

    def _token(self, form: Mapping[str, str], endpoint: str, origin: str) -> dict[str, Any]:
        grant, client, scope = (form.get(name, "") for name in ("grant_type", "client_id", "scope"))
        if grant != "client_credentials":
            raise LoginError(
                400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant}'."
            )
        known = self._registrations.get(client.lower())
        if known is None:
            text = f"Application with identifier '{client}' was not found in the directory '{self.tenant_id}'."
            raise LoginError(400, "unauthorized_client", 700016, text)
        _authenticate(known, form, endpoint)
        if not scope.endswith(_DEFAULT):
            text = f"The provided value for scope {scope} is not valid. It needs the suffix {_DEFAULT}."
            raise LoginError(400, "invalid_scope", 1002012, text)
        now = int(time.time())
        claims = {
            "aud": scope.removesuffix(_DEFAULT).rstrip("/"),
            "iss": f"{origin}/{self.tenant_id}/",
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            "appid": known.client_id,
            "idtyp": "app",
            "tid": self.tenant_id,
            "ver": "1.0",
        }
        token = jwt.encode(claims, self._key, algorithm="HS256")
        return {"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token}


def _authenticate(known: Registration, form: Mapping[str, str], endpoint: str) -> None:
    """Raise ``LoginError`` where the request does not prove that it comes from the application."""
    if "client_secret" in form:
        given = form["client_secret"].encode()
        if not any(hmac.compare_digest(given, secret.encode()) for secret in known.secrets):
            text = f"Invalid client secret provided for app '{known.client_id}'."
            raise LoginError(401, "invalid_client", 7000215, text)
        return
    assertion = form.get("client_assertion", "")
    if not assertion or form.get("client_assertion_type") != _BEARER_ASSERTION:
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise LoginError(401, "invalid_client", 7000218, text)
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False, "verify_exp": True})
    except jwt.InvalidTokenError as error:
        raise LoginError(401, "invalid_client", 50027, f"JWT token is invalid or malformed: {error}.") from None
    if claims.get("iss") == known.client_id:
        _check_signed(known, assertion, endpoint)
    elif (claims.get("iss"), claims.get("sub")) not in known.federated or claims.get("aud") not in (
        _EXCHANGE,
        [_EXCHANGE],
    ):
        text = "No matching federated identity record found for the presented assertion."
        raise LoginError(401, "invalid_client", 700213, f"{text} Subject: '{claims.get('sub')}'.")


def _check_signed(known: Registration, assertion: str, endpoint: str) -> None:
    """Raise ``LoginError`` where none of the application's certificates has signed the assertion for this endpoint."""
    from cryptography.x509 import load_pem_x509_certificate

    for certificate in known.certificates:
        key: Any = load_pem_x509_certificate(certificate).public_key()
        try:
            claims = jwt.decode(assertion, key, algorithms=["PS256", "RS256"], audience=endpoint)
        except jwt.InvalidTokenError:
            continue
        if claims.get("sub") == known.client_id:
            return
    raise LoginError(
        401, "invalid_client", 700027, "The certificate used to sign the client assertion is not registered."
    )


def _names(origin: str) -> list[str]:
    """Return what tokens for an address may be asked for by: the clients of the Graph SDK leave its port out."""
    return [origin, re.sub(r":\d+$", "", origin)]


def _unauthenticated(message: str) -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", message, headers={"WWW-Authenticate": "Bearer"})


def _refused(error: LoginError) -> Reply:
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    text = f"AADSTS{error.number}: {error.text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
    body = {
        "error": error.error,
        "error_description": text,
        "error_codes": [error.number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
    }
    return Reply(error.status, body)
