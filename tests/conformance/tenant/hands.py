"""Somebody at the tenant: plain requests to Graph without idcode's own code around them; each succeeds, or raises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.exchange import Request
from idcode.directories.sandbox.tenant.tenant import Tenant

PAGE = "999"


class Hands:
    """Prepares a tenant and looks at it; ``before`` is done first each time, such as putting the clock forward."""

    def __init__(self, tenant: Tenant, before: Callable[[], None] = lambda: None) -> None:
        self._tenant, self._before = tenant, before

    def send(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """Send a request and return the body of the reply; names of query options have no ``$``."""
        self._before()
        options = {f"${name}": value for name, value in query.items()}
        reply = self._tenant.handle(Request(method, path, options, {"content-type": "application/json"}, body))
        assert reply.status < 300, f"{method} {path}: {reply.status} {reply.body}"
        return reply.body

    def all(self, path: str, **query: str) -> list[Mapping[str, Any]]:
        """Return a whole collection."""
        body = self.send("GET", path, **query)
        assert "@odata.nextLink" not in body, f"{path} has several pages"
        found: list[Mapping[str, Any]] = body["value"]
        return found

    def change(self, entity_id: str, **properties: Any) -> None:
        """Give an object properties that no request can give it, as a sync or Exchange does."""

        def do(moment: Any) -> None:
            moment.draft.put(moment.draft.view.get(entity_id).having(**properties))

        self._tenant.carry_out(do)

    def plant(self, *entities: Entity) -> None:
        """Put objects in that no request makes, such as subscriptions."""

        def do(moment: Any) -> None:
            for entity in entities:
                moment.draft.put(entity)

        self._tenant.carry_out(do)
