"""The tenant as an ASGI application: from bytes to requests, and from replies to bytes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson

from idcode.directories.sandbox.tenant.errors import GraphError
from idcode.directories.sandbox.tenant.exchange import Reply, Request, Service
from idcode.directories.sandbox.tenant.http.faults import ConnectionLost, Late
from idcode.directories.sandbox.tenant.http.refusals import refusal
from idcode.model.errors import DirectoryError

if TYPE_CHECKING:
    from idcode.directories.sandbox.tenant.http.tokens import Login

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

VERSION = "v1.0"
_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


def application(service: Service, login: Login | None = None) -> Application:
    """Return an ASGI application that answers ``/v1.0/…`` with ``service``.

    ``login`` has the token endpoint under the same address, and every other request needs a token of it; without it
    none is needed, for a client in the same process (``httpx.ASGITransport``).
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        content = await _content(receive)
        try:
            reply = _reply(service, login, scope, content)
        except ConnectionLost:
            # An answer that is begun and not finished: a server can only close the connection then.
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
            raise
        if isinstance(reply, Late):
            await asyncio.sleep(reply.seconds)
        await _answer(reply, send)

    return app


def _reply(service: Service, login: Login | None, scope: Scope, content: bytes) -> Reply:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    origin = f"{scope['scheme']}://{headers.get('host', 'localhost')}"
    version, _, path = scope["path"].lstrip("/").partition("/")
    request = Request(
        method=scope["method"],
        path=f"/{path}",
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers=headers,
        base=f"{origin}/{VERSION}",
    )
    if login is not None and (answer := login.handle(request, scope["path"], origin, content)):
        return answer
    try:
        if version != VERSION:
            raise GraphError(404, "BadRequest", f"Invalid version: {version}")
        if login is not None:
            login.check(headers.get("authorization", ""), origin)
        body = _body(content, headers)
        return _identified(service.handle(replace(request, body=body)), request)
    except GraphError as error:
        return refusal(error, request)
    except DirectoryError as error:
        # The tenant's file, such as one that another command holds or has made anew.
        return refusal(GraphError(503, "ServiceUnavailable", str(error)), request)


def _identified(reply: Reply, request: Request) -> Reply:
    """Return a reply with the ids that Microsoft's support asks for, where it has none yet, as those of batches."""
    own = str(uuid.uuid4())
    theirs = request.headers.get("client-request-id") or own
    return replace(reply, headers={"request-id": own, "client-request-id": theirs, **reply.headers})


def _body(content: bytes, headers: Mapping[str, str]) -> Any:
    """Return the JSON of a body, ``None`` without one. Raises ``GraphError`` where it is none, or is not called so."""
    if not content:
        return None
    try:
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise ValueError
        return orjson.loads(content)
    except ValueError:
        raise GraphError(
            400,
            "BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid "
            "JSON format.",
        ) from None


async def _content(receive: Receive) -> bytes:
    content = b""
    more = True
    while more:
        message = await receive()
        content += message.get("body", b"")
        more = message.get("more_body", False)
    return content


async def _answer(reply: Reply, send: Send) -> None:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    content = b""
    if reply.body is not None:
        kind = headers.setdefault("content-type", _JSON)
        content = orjson.dumps(reply.body) if kind.startswith("application/json") else str(reply.body).encode()
    if reply.status != 204:
        headers["content-length"] = str(len(content))
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    await send({"type": "http.response.body", "body": content})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
