"""The tenant: one request after the other, each carried out as a whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any, TypeVar

from idcode.directories.sandbox.tenant import (
    applications,
    deleted,
    delta,
    dynamic,
    groups,
    invitations,
    licences,
    members,
    objects,
    organization,
    others,
    passes,
    roles,
    skus,
    sync_behavior,
    units,
    users,
)
from idcode.directories.sandbox.tenant.clock import Clock, RealClock
from idcode.directories.sandbox.tenant.entities import Change
from idcode.directories.sandbox.tenant.errors import GraphError
from idcode.directories.sandbox.tenant.exchange import Reply, Request
from idcode.directories.sandbox.tenant.routes import Route, Router
from idcode.directories.sandbox.tenant.state import Draft, State
from idcode.directories.sandbox.tenant.switches import Switches
from idcode.directories.sandbox.tenant.work import Moment, Work

T = TypeVar("T")
Task = Callable[[Moment, Mapping[str, Any]], None]
Reaction = Callable[[Moment, Sequence[Change]], None]
_READS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a tenant can do: what its modules export, put together."""

    routes: Sequence[Route] = ()
    tasks: Mapping[str, Task] = field(default_factory=dict)
    reactions: Sequence[Reaction] = ()


def together(modules: Iterable[Any]) -> Abilities:
    """Return the ``ROUTES``, ``TASKS`` and ``REACTIONS`` of all ``modules`` in one."""
    known = list(modules)
    return Abilities(
        tuple(route for module in known for route in getattr(module, "ROUTES", ())),
        {name: task for module in known for name, task in getattr(module, "TASKS", {}).items()},
        tuple(reaction for module in known for reaction in getattr(module, "REACTIONS", ())),
    )


MODULES: tuple[Any, ...] = (
    *(users, groups, members, deleted, objects, organization, others, delta),
    *(units, roles, applications, invitations, passes, sync_behavior, skus),
    *(dynamic, licences),
)
"""In the order in which their reactions run."""


class Tenant:
    """A practice Entra tenant; :class:`~idcode.directories.sandbox.tenant.exchange.Service`. Safe to use by threads."""

    def __init__(
        self,
        state: State,
        clock: Clock | None = None,
        switches: Switches | None = None,
        abilities: Abilities | None = None,
    ) -> None:
        self.state = state
        self.clock = clock or RealClock()
        self.switches = switches or Switches()
        self._abilities = abilities or together(MODULES)
        self._router = Router(self._abilities.routes)
        self._lock = RLock()

    def handle(self, request: Request) -> Reply:
        """Answer one request; never raises for what a client may send."""
        with self._lock:
            now = self.clock.now()
            request_id = str(uuid.uuid4())
            client_id = request.headers.get("client-request-id") or request_id
            try:
                reply = self._carry_out(request, now)
            except GraphError as error:
                body = error.envelope(now.strftime("%Y-%m-%dT%H:%M:%S"), request_id, client_id)
                reply = Reply(error.status, body, error.headers)
            headers = {"request-id": request_id, "client-request-id": client_id, **reply.headers}
            return Reply(reply.status, reply.body, headers)

    def carry_out(self, do: Callable[[Moment], T]) -> T:
        """Do what no request asks for, such as a sync, as one transaction with all that follows from it.

        Raises what ``do`` raises; nothing of it has happened then.
        """
        with self._lock:
            now = self.clock.now()
            self.state.refresh()
            self._do_what_is_due(now)
            with self.state.writing(now) as draft:
                moment = self._moment(now, draft)
                result = do(moment)
                self._react(moment)
                return result

    def _carry_out(self, request: Request, now: datetime) -> Reply:
        self.state.refresh()
        self._do_what_is_due(now)
        route, parameters = self._router.match(request.method.upper(), request.path)
        if route.method in _READS:
            return route.function(self._work(request, parameters, now, Draft(self.state.newest)))
        with self.state.writing(now) as draft:
            work = self._work(request, parameters, now, draft)
            reply = route.function(work)
            self._react(work)
            return reply

    def _work(self, request: Request, parameters: Mapping[str, str], now: datetime, draft: Draft) -> Work:
        reading = self.state.reading(now, self.switches.lag)
        return Work(
            now=now,
            state=self.state,
            reading=reading,
            draft=draft,
            switches=self.switches,
            request=request,
            parameters=parameters,
        )

    def _moment(self, now: datetime, draft: Draft) -> Moment:
        reading = self.state.reading(now, self.switches.lag)
        return Moment(now=now, state=self.state, reading=reading, draft=draft, switches=self.switches)

    def _do_what_is_due(self, now: datetime) -> None:
        while self.state.due(now):
            with self.state.writing(now) as draft:
                task = self.state.due(now)
                if task is None:  # another process was quicker
                    return
                moment = self._moment(now, draft)
                draft.remove(task.id)
                self._abilities.tasks[task.get("name")](moment, task.get("data"))
                self._react(moment)

    def _react(self, moment: Moment) -> None:
        for reaction in self._abilities.reactions:
            if moment.draft.changes:
                reaction(moment, tuple(moment.draft.changes))
