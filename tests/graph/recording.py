"""Every request that a practice tenant carries out, and every reply it gives, in all tests: judged by the metadata.

``tests/conftest.py`` imports the fixtures, which need no word in a test. A request that the tenant refuses may be wrong
(that is then what the test is about), its reply may not; one that it carries out may be wrong only where the test asks
for ``bad_requests``. What idcode's own client sends must be among the operations for which ``docs/permissions.md`` names the
permission.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import pytest

from idcode.directories.entra import permissions
from idcode.directories.entra.graph.connection import Connection, Response
from idcode.directories.sandbox.tenant.exchange import Reply, Request
from idcode.directories.sandbox.tenant.http.batch import Batches
from idcode.directories.sandbox.tenant.tenant import Tenant
from tests.graph.official import check_batch, check_reply, check_request, split
from tests.graph.routes import template_of
from tests.graph.schema import AVAILABLE

_MOST_ITEMS = 40
_MOST_SHOWN = 10
_BATCH = "/$batch"

# Where the client is tried against services that answer anything to anything.
_SCRIPTED = "tests/entra/graph/"

Handle = Callable[[Any, Request], Reply]
Send = Callable[..., Awaitable[Response]]


def judge(request: Request, reply: Reply) -> list[str]:
    """Return what is wrong with a request that was carried out, and with its reply; each problem names the request."""
    found = check_reply(
        request.method, request.path, reply.status, _sampled(reply.body), request.query, headers=request.headers
    )
    found = [f"reply: {problem}" for problem in found]
    if reply.status < 400:
        found += [f"request: {problem}" for problem in _problems(request)]
    options = "&".join(f"{name}={value}" for name, value in request.query.items())
    return [f"{request.method} {request.path}{'?' if options else ''}{options}: {problem}" for problem in found]


def _sampled(body: Any) -> Any:
    """Return a reply with fewer items: a page of 999 holds objects of the same make."""
    items = body.get("value") if isinstance(body, dict) else None
    if not isinstance(items, list) or len(items) <= _MOST_ITEMS:
        return body
    return body | {"value": items[:: -(-len(items) // _MOST_ITEMS)]}


def _problems(request: Request) -> list[str]:
    if request.path == _BATCH:
        return list(check_batch(request.body))  # the requests in it are judged one by one
    return check_request(request.method, request.path, request.query, request.headers, request.body)


class Record:
    """What was found since it was last emptied."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.operations: dict[tuple[str, str], str] = {}
        """What idcode's client sent: method and path template, with an example."""

    def watch(self, handle: Handle, *, batches: bool) -> Handle:
        """Return ``handle`` with its exchanges judged: whole batches, or everything else."""

        def watched(service: Any, request: Request) -> Reply:
            reply = handle(service, request)
            # At once, because whoever made the bodies may change them later.
            if batches == (request.path == _BATCH):
                self.problems += judge(request, reply)
            return reply

        return watched

    def listen(self, send: Send) -> Send:
        """Return the client's ``send`` with the operations noted."""

        async def listening(
            connection: Any, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
        ) -> Response:
            self._note(method, url.removeprefix(connection.base))
            if body is not None and url == _BATCH:
                for inner in json.loads(body)["requests"]:
                    self._note(inner["method"], inner["url"])
            return await send(connection, method, url, headers, body)

        return listening

    def _note(self, method: str, url: str) -> None:
        path, _ = split(url)
        if path != _BATCH:
            self.operations.setdefault((method, template_of(path) or path), path)


@pytest.fixture(scope="session", autouse=True)
def graph_record() -> Iterator[Record]:
    record = Record()
    with pytest.MonkeyPatch.context() as patch:
        if AVAILABLE:
            patch.setattr(Tenant, "handle", record.watch(Tenant.handle, batches=False))
            patch.setattr(Batches, "handle", record.watch(Batches.handle, batches=True))
            patch.setattr(Connection, "request", record.listen(Connection.request))
        yield record


@pytest.fixture
def bad_requests() -> None:
    """Asked for by tests whose tenant carries out, on purpose, what Graph would not."""


@pytest.fixture(autouse=True)
def _judged(graph_record: Record, request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    problems, graph_record.problems = graph_record.problems, []
    operations, graph_record.operations = graph_record.operations, {}
    if not request.node.nodeid.startswith(_SCRIPTED):
        problems += [
            f"{method} {path}: not among the operations of idcode/directories/entra/permissions.py"
            for (method, _), path in operations.items()
            if permissions.find(method, path) is None
        ]
    if "bad_requests" in request.fixturenames:
        problems = [problem for problem in problems if ": request: " not in problem]
    distinct = list(dict.fromkeys(problems))
    if distinct:
        more = [f"and {len(distinct) - _MOST_SHOWN} more"] if len(distinct) > _MOST_SHOWN else []
        lines = "\n".join(distinct[:_MOST_SHOWN] + more)
        pytest.fail(f"{request.node.nodeid}: not as Microsoft Graph is published:\n{lines}", pytrace=False)
