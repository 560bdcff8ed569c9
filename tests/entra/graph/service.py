"""A service with a script: answers requests, single ones and those in a batch, as a test tells it to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
from azure.core.credentials import AccessToken

from idcode.directories.entra.graph.client import GraphClient
from idcode.directories.entra.graph.clock import Clock
from idcode.directories.entra.graph.retry import Budget
from idcode.directories.entra.settings import EntraSettings

BASE = "https://graph.microsoft.com/v1.0"
TENANT = "11111111-2222-3333-4444-555555555555"
FAST = 2000.0
"""How much faster the client's time passes."""


class Lost(Exception):
    """Raised by a script: no answer comes; ``kind`` is what httpx makes of it."""

    def __init__(self, kind: type[httpx.TransportError] = httpx.ReadError) -> None:
        super().__init__("the connection was reset")
        self.kind = kind


@dataclass
class Asked:
    """A request as it arrived, taken out of its batch; ``batch`` is the number of the request that it came in."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    batch: int

    @property
    def name(self) -> str:
        return f"{self.method} {self.url}"


@dataclass
class Answered:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def error(status: int, code: str, message: str = "no", headers: dict[str, str] | None = None) -> Answered:
    return Answered(status, {"error": {"code": code, "message": message}}, headers or {})


def throttled(seconds: float | None = None) -> Answered:
    return error(429, "TooManyRequests", headers={} if seconds is None else {"Retry-After": f"{seconds:g}"})


class Service(httpx.AsyncBaseTransport):
    """``script`` answers single requests; ``whole`` may answer a batch as a whole, ``None`` leaves it to ``script``."""

    def __init__(
        self, script: Callable[[Asked], Answered], whole: Callable[[int], Answered | None] = lambda _number: None
    ) -> None:
        self.script = script
        self.whole = whole
        self.asked: list[Asked] = []
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        number = len(self.sent)
        self.sent.append(request)
        url = str(request.url).removeprefix(BASE)
        try:
            if url != "/$batch":
                answer = self._one(Asked(request.method, url, dict(request.headers), _json(content), number))
            else:
                answer = self.whole(number) or self._batch(json.loads(content), number)
        except Lost as lost:
            raise lost.kind(str(lost)) from None
        return httpx.Response(answer.status, headers=answer.headers, content=_bytes(answer.body))

    def names(self) -> list[str]:
        return [asked.name for asked in self.asked]

    def _one(self, asked: Asked) -> Answered:
        self.asked.append(asked)
        return self.script(asked)

    def _batch(self, body: Any, number: int) -> Answered:
        responses = []
        for part in reversed(body["requests"]):  # in any order, says the documentation
            asked = Asked(part["method"], part["url"], part.get("headers", {}), part.get("body"), number)
            answer = self._one(asked)
            responses.append(
                {"id": part["id"], "status": answer.status, "headers": answer.headers, "body": answer.body}
            )
        return Answered(200, {"responses": responses})


def _json(content: bytes) -> Any:
    return json.loads(content) if content else None


def _bytes(body: Any) -> bytes:
    return b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()


class Credential:
    """Gives out tokens: ``t1``, ``t2`` and so on."""

    def __init__(self, given: list[str] | None = None, lifetime: float = 3600) -> None:
        self.given = [] if given is None else given
        self.lifetime = lifetime
        self.closed = False

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        self.given.append(f"t{len(self.given) + 1}")
        return AccessToken(self.given[-1], int(time.time() + self.lifetime))

    def close(self) -> None:
        self.closed = True


def settings(**others: Any) -> EntraSettings:
    return EntraSettings.model_validate({"type": "entra", "tenant_id": TENANT, **others})


def client(service: httpx.AsyncBaseTransport, budget: Budget | None = None, credential: Any = None) -> GraphClient:
    return GraphClient(
        settings(),
        Path(),
        transport=service,
        credential=credential or Credential,
        clock=Clock(FAST),
        random=Random(1),
        budget=budget,
    )
