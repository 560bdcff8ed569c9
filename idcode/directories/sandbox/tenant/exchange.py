"""One request to the practice tenant and its reply: what its HTTP server and its directory hand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """A single request, taken out of its ``$batch`` where it came in one.

    ``path`` begins after the version, with a slash, percent-decoded (``/users/ada@contoso.example/manager/$ref``);
    ``query`` maps the decoded names of query options, ``$`` included, to their decoded text; ``headers`` have names in
    lower case. ``body`` is the decoded JSON, ``None`` where there is none. ``base`` is the address of the service with
    the version (``http://127.0.0.1:8080/v1.0``), for next links and ``@odata.context``.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    base: str = "https://graph.microsoft.com/v1.0"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer: ``body`` is JSON data, ``None`` for none (204)."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Service(Protocol):
    """Whoever answers single requests: the tenant, or something in front of it that throttles or breaks them."""

    def handle(self, request: Request) -> Reply:
        """Answer one request; never raises for what a client may send."""
