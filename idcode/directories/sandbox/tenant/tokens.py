"""The opaque tokens of next links and delta links."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from idcode.directories.sandbox.tenant.exchange import Request


def sealed(content: Mapping[str, Any]) -> str:
    """Return a token that holds JSON data."""
    return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode().rstrip("=")


def unsealed(token: str) -> dict[str, Any] | None:
    """Return what a token holds, ``None`` where it is none of the tenant's."""
    try:
        content = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, binascii.Error):
        return None
    return content if isinstance(content, dict) else None


def link(request: Request, query: Mapping[str, str]) -> str:
    """Return the address of a request's path with another query."""
    return f"{request.base}{quote(request.path, safe='/$(),=@')}?{urlencode(query, safe='$,()', quote_via=quote)}"
