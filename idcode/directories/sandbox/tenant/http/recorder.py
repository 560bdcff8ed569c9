"""What went through: for benchmarks that count requests, and for checks of every one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from idcode.directories.sandbox.tenant.exchange import Reply, Request, Service
from idcode.directories.sandbox.tenant.http.templates import template
from idcode.directories.sandbox.tenant.http.throttle import cost

Observe = Callable[[Request, Reply], None]


class Recorder:
    """A service that counts the requests to the one behind it.

    In front of ``Batches`` it sees what crosses the network, behind it the single requests. ``observe`` is told every
    request with its reply.
    """

    def __init__(self, service: Service, observe: Observe | None = None) -> None:
        self._service = service
        self._observe = observe
        self.requests: Counter[str] = Counter()
        """How many there were of each operation, such as ``GET /users/{id}``."""
        self.statuses: Counter[int] = Counter()
        """How many replies had each status."""
        self.resource_units = 0
        """What all of them cost."""

    def handle(self, request: Request) -> Reply:
        """Pass a request on and count it, with its reply."""
        reply = self._service.handle(request)
        self.requests[f"{request.method} {template(request.path)}"] += 1
        self.statuses[reply.status] += 1
        self.resource_units += cost(request).resource_units
        if self._observe is not None:
            self._observe(request, reply)
        return reply
