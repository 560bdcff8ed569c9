"""What goes wrong between a client and Graph, on purpose: for tests of clients, never for practice."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import httpx

from idcode.directories.sandbox.tenant.errors import GraphError
from idcode.directories.sandbox.tenant.exchange import Reply, Request, Service
from idcode.directories.sandbox.tenant.http.refusals import refusal


class Fault(Enum):
    """What can happen to a request."""

    THROTTLED = "429, and nothing was done"
    UNAVAILABLE = "503, and nothing was done"
    TIMED_OUT = "504, and everything was done"
    CUT = "the connection breaks: everything was done, and there is no answer"
    SLOW = "the answer comes late"


class ConnectionLost(httpx.RemoteProtocolError):
    """The connection is to break without an answer.

    A client that reaches the service in process through ``httpx.ASGITransport`` gets this error itself; one behind a
    socket gets httpx's own, because the server breaks off in the middle of its answer.
    """


@dataclass(frozen=True, slots=True)
class Late(Reply):
    """A reply that is to be held back for ``seconds`` (of the real time: it is for the client's own time limits)."""

    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """What befalls some requests: of those that match, after the first ``after``, each with this ``chance``.

    No more than ``times`` are broken. ``path`` is a regular expression for a part of the path. ``retry_after`` is what
    ``Retry-After`` says, in seconds; ``None`` leaves the header out. ``seconds`` is how late a slow answer comes.
    """

    fault: Fault
    times: int = 1
    after: int = 0
    chance: float = 1.0
    method: str | None = None
    path: str = ""
    retry_after: int | None = 1
    seconds: float = 0.0

    def matches(self, request: Request) -> bool:
        """Whether the rule is about this request."""
        return self.method in (None, request.method) and re.search(self.path, request.path) is not None


class Faults:
    """A service that breaks some of the requests to the one behind it, the same ones each time for the same ``seed``.

    In front of ``Batches`` it breaks whole batches (``path=r"^/\\$batch$"``); behind it, single requests: a connection
    cut there ends the batch in its midst. ``Fault.SLOW`` belongs in front. Where requests arrive in another order,
    other ones are broken, but never more than ``times`` of each rule.
    """

    def __init__(self, service: Service, rules: Sequence[Rule], seed: int = 0) -> None:
        self._service = service
        self._rules = list(rules)
        self._random = random.Random(seed)
        self._met: Counter[int] = Counter()
        self._used: Counter[int] = Counter()
        self.done: Counter[Fault] = Counter()
        """How often each fault happened."""

    def handle(self, request: Request) -> Reply:
        """Answer a request, or break it as the first rule says that is due. Raises ``ConnectionLost``."""
        rule = self._due(request)
        if rule is None:
            return self._service.handle(request)
        self.done[rule.fault] += 1
        if rule.fault in (Fault.THROTTLED, Fault.UNAVAILABLE):
            return _refusal(rule, request)
        reply = self._service.handle(request)
        if rule.fault is Fault.CUT:
            raise ConnectionLost("The connection was broken before there was an answer.")
        if rule.fault is Fault.SLOW:
            return Late(reply.status, reply.body, reply.headers, rule.seconds)
        return _refusal(rule, request)

    def _due(self, request: Request) -> Rule | None:
        for number, rule in enumerate(self._rules):
            if not rule.matches(request) or self._used[number] >= rule.times:
                continue
            self._met[number] += 1
            if self._met[number] > rule.after and self._random.random() < rule.chance:
                self._used[number] += 1
                return rule
        return None


_REFUSALS = {
    Fault.THROTTLED: (429, "TooManyRequests", "Too Many Requests"),
    Fault.UNAVAILABLE: (503, "ServiceUnavailable", "The service is temporarily unavailable."),
    Fault.TIMED_OUT: (504, "GatewayTimeout", "The server did not answer in time."),
}


def _refusal(rule: Rule, request: Request) -> Reply:
    headers = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
    return refusal(GraphError(*_REFUSALS[rule.fault], headers=headers), request)
