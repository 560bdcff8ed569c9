"""What Graph refuses, in words that tell what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from idcode.directories.entra import permissions
from idcode.directories.entra.graph.calls import VERSION
from idcode.model.errors import DirectoryError

UNSURE = (0, 500, 502, 503, 504)
"""Whether a write was carried out is not known after one of these (0: no answer)."""

_HINTS = {
    0: "Check the network and the proxy (HTTPS_PROXY), and try again.",
    401: "Check tenant_id and credential in idcode.yaml, and that login_url and graph_url are of the same cloud.",
    429: "Try again later, when other applications of the tenant are less busy.",
    503: "Try again later.",
}


class ResyncError(DirectoryError):
    """The service does not know a delta token any more: read everything again."""


class ListingExpired(DirectoryError):
    """A listing took so long that its next page cannot be asked for any more: what was read of it is incomplete."""


def where(method: str, url: str) -> str:
    """Return a request for a message: its path, and of its query only the names, as values may be personal."""
    names = "&".join(option.split("=")[0] for option in urlsplit(url).query.split("&") if option)
    return f"{method} {_path(url)}?{names}" if names else f"{method} {_path(url)}"


def decode(content: bytes) -> Any:
    """Return JSON as data, ``None`` where there is none (204) or where it is something else (a gateway's page)."""
    try:
        return orjson.loads(content) if content else None
    except orjson.JSONDecodeError:
        return None


def code(body: Any) -> str:
    """Return the code of Graph's envelope (page "Microsoft Graph error responses"), empty where there is none."""
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("code") or "") if isinstance(error, dict) else ""


def text(status: int, body: Any) -> str | None:
    """Return ``code: message`` of an answer's envelope, its HTTP status without one, ``None`` where all went well."""
    if 200 <= status < 300:
        return None
    if not code(body):
        return f"HTTP {status}"
    return f"{code(body)}: {body['error'].get('message') or f'HTTP {status}'}"


def problem(method: str, url: str, status: int, said: str | None, headers: Mapping[str, str]) -> DirectoryError:
    """Return the error for an answer that is of no use: ``said`` is its text, with how often it was asked for."""
    verb = "does not answer" if status == 429 or status in UNSURE else "refuses"
    request = next((value for name, value in headers.items() if name.lower() == "request-id"), None)
    identified = f" (request-id {request})" if request else ""
    return DirectoryError(
        f"Microsoft Graph {verb} {where(method, url)}: {said}{identified}", _hint(method, url, status)
    )


def _path(url: str) -> str:
    return urlsplit(url).path.removeprefix(f"/{VERSION}")


def _hint(method: str, url: str, status: int) -> str | None:
    if status == 403:
        operation = permissions.find(method, _path(url))
        wanted = operation.permission if operation else "the permission for it"
        return f"Grant the application {wanted} in Microsoft Entra, with an administrator's consent."
    return _HINTS.get(status)
