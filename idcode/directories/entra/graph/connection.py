"""Requests to one tenant: every one sent once, authenticated, its answer as raw bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from idcode.directories.entra.graph import credentials
from idcode.directories.entra.graph.calls import VERSION
from idcode.directories.entra.graph.errors import where
from idcode.directories.entra.settings import EntraSettings
from idcode.model.errors import DirectoryError

if TYPE_CHECKING:
    import httpx

CONNECT_TIMEOUT = 10.0
ANSWER_TIMEOUT = 120.0
"""Seconds without a byte until the connection counts as lost. A ``$batch`` answers when its slowest part has."""
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; names of ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class NoAnswer(Exception):
    """The connection failed; ``sent`` says whether the request may have reached the service."""

    def __init__(self, message: str, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class Connection:
    """Sends requests through the request adapter of the Graph SDK; connects with the first one.

    ``transport`` stands in for the network, and ``credential`` makes one (azure-core's ``TokenCredential``) in place
    of that of the settings: a practice tenant in the same process needs neither sockets nor secrets. Used in one event
    loop.
    """

    def __init__(
        self,
        settings: EntraSettings,
        root: Path,
        transport: httpx.AsyncBaseTransport | None = None,
        credential: Callable[[], Any] | None = None,
    ) -> None:
        self._service = _checked(settings.graph_url)
        self.base = f"{self._service}/{VERSION}"
        self._settings = settings
        self._root = root
        self._transport = transport
        self._make = credential or (lambda: credentials.make(settings, root))
        self._tokens: Any = None  # credentials.Tokens, with the adapter
        self._client: Any = None  # httpx.AsyncClient, likewise
        self._adapter: Any = None  # kiota is typed in part only
        self._reached = False

    async def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Response:
        """Send a request (``url`` is relative to the version, or a link that the service gave) and return the answer.

        Nothing is repeated, but for a token that is not accepted (401): once, with a new one. Raises
        :class:`NoAnswer`, and ``DirectoryError`` where there is no token to be had, or where not even the first
        request reaches the service: that is a mistake in the settings rather than an incident.
        """
        if self._adapter is None:
            self._open()
        response = await self._send(method, url, headers, body)
        if response.status_code == 401:
            await self._tokens.forget(response.request.headers.get("authorization", "").removeprefix("Bearer "))
            response = await self._send(method, url, headers, body)
        self._reached = True
        return Response(response.status_code, dict(response.headers), response.content)

    async def close(self) -> None:
        """Close the connections; safe to call twice."""
        if self._adapter is not None:
            self._adapter = None
            await self._client.aclose()
            await self._tokens.close()

    def _open(self) -> None:
        """Put the SDK's adapter on a client of our own, without the SDK's middleware.

        Its retry handler would repeat writes that may have been carried out, and sees nothing of what happens inside a
        ``$batch``: who repeats what is in ``retry.py``. Its redirects and its rewriting of URLs would change next
        links, which are to be followed as they are; and the transport that it comes with never closes its connections.
        HTTP/1.1: a few connections with large answers gain nothing from HTTP/2, which is pure Python here.
        """
        import httpx
        from kiota_authentication_azure import azure_identity_authentication_provider as by_token
        from msgraph_core import BaseGraphRequestAdapter

        self._client = httpx.AsyncClient(
            transport=self._transport,
            verify=self._trusted(),
            timeout=httpx.Timeout(ANSWER_TIMEOUT, connect=CONNECT_TIMEOUT),
        )
        self._tokens = credentials.Tokens(self._make)
        host = str(urlsplit(self._service).hostname)
        provider = by_token.AzureIdentityAuthenticationProvider(
            self._tokens, scopes=[f"{self._service}/.default"], allowed_hosts=[host]
        )
        self._adapter = BaseGraphRequestAdapter(provider, http_client=self._client)

    def _trusted(self) -> Any:
        import ssl

        if self._settings.ca_file is None:
            return True
        path = credentials.existing(self._root, self._settings.ca_file, "ca_file")
        try:
            return ssl.create_default_context(cafile=str(path))
        except (OSError, ssl.SSLError) as error:
            raise DirectoryError(
                f"cannot read the certificates in {self._settings.ca_file}: {error.strerror or error}",
                "ca_file is a PEM file, relative to the repository's root.",
            ) from None

    async def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Any:
        """Return the answer as httpx has it."""
        import httpx
        from azure.core.exceptions import AzureError
        from kiota_abstractions.method import Method
        from kiota_abstractions.native_response_handler import NativeResponseHandler
        from kiota_abstractions.request_information import RequestInformation
        from kiota_http.middleware.options import ResponseHandlerOption

        request = RequestInformation(Method(method))
        request.url = self.base + url if url.startswith("/") else url
        for name, value in headers.items():
            request.headers.add(name, value)
        request.content = body
        request.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        try:
            return await self._adapter.send_no_response_content_async(request, None)
        except AzureError as error:
            raise credentials.refused(self._settings, error) from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            problem = f"no connection to {self._service}: {_said(error)}"
            if self._reached:
                raise NoAnswer(problem, sent=False) from None
            raise DirectoryError(problem, _unreached_hint(problem)) from None
        except httpx.TransportError as error:
            raise NoAnswer(f"no answer to {where(method, url)}: {_said(error)}", sent=True) from None


def _unreached_hint(problem: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in problem:
        return "Name the certificate of the authority that issued it (of a proxy, say) as ca_file in idcode.yaml."
    return "Check graph_url in idcode.yaml, the network, and the proxy (HTTPS_PROXY)."


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise DirectoryError(f"graph_url {url!r} is not an https URL", "A token is sent with every request.")
    return url.rstrip("/")
