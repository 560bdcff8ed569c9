"""What the functions behind the routes get into their hands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import bad_request, missing_property, not_found
from idcode.directories.sandbox.tenant.exchange import Request
from idcode.directories.sandbox.tenant.state import Draft, State
from idcode.directories.sandbox.tenant.switches import Switches
from idcode.directories.sandbox.tenant.view import View

KEYS = {"user": "userPrincipalName"}
"""Properties whose value stands for the id in paths, by type."""


@dataclass(slots=True, kw_only=True)
class Moment:
    """The tenant at one moment: as reads show it, and as it is being changed.

    ``state`` is for those who look at what has happened (delta); others need ``reading`` and ``draft`` only.
    """

    now: datetime
    state: State
    reading: View
    draft: Draft
    switches: Switches


@dataclass(slots=True, kw_only=True)
class Work(Moment):
    """A request that is being carried out. ``parameters`` are those of the route's template."""

    request: Request
    parameters: Mapping[str, str] = field(default_factory=dict)

    def param(self, name: str) -> str:
        """Return a parameter of the route's template."""
        return self.parameters[name]

    def body(self) -> dict[str, Any]:
        """Return the body. Raises ``GraphError`` where it is no JSON object."""
        if not isinstance(self.request.body, dict):
            raise bad_request("Empty Payload. JSON content expected." if self.request.body is None else _NO_OBJECT)
        return self.request.body

    def text(self, name: str) -> str:
        """Return a text that the body has to have. Raises ``GraphError`` where it is missing or empty."""
        value = self.body().get(name)
        if not isinstance(value, str) or not value:
            raise missing_property(name)
        return value

    def prefers(self, preference: str) -> bool:
        """Whether the header ``Prefer`` names ``preference``."""
        asked = self.request.headers.get("prefer", "").lower().replace(" ", "").replace(";", ",").split(",")
        return preference in asked

    def eventual(self) -> bool:
        """Whether the client accepts eventual consistency (``ConsistencyLevel``)."""
        return self.request.headers.get("consistencylevel", "").strip().lower() == "eventual"

    def found(self, key: str, *types: str) -> Entity:
        """Return what reads show under an id (users: or user principal name). Raises ``GraphError`` (404)."""
        return _look_up(self.reading, key, types)

    def target(self, key: str, *types: str) -> Entity:
        """Return the newest form of an object that reads show, to be changed. Raises ``GraphError`` (404)."""
        shown = self.found(key, *types)
        newest = self.draft.view.live(shown.id, *types)
        if newest is None:
            raise not_found(key)
        return newest

    def referred(self, reference: Any, *types: str) -> Entity:
        """Return the object that an ``@odata.id`` (an address that ends with its id) names. Raises ``GraphError``."""
        if not isinstance(reference, str) or not reference.rstrip("/").rpartition("/")[2]:
            raise bad_request("Invalid URL format specified in @odata.bind or @odata.id.")
        return self.target(reference.rstrip("/").rpartition("/")[2], *types)


_NO_OBJECT = (
    "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."
)


def _look_up(view: View, key: str, types: tuple[str, ...]) -> Entity:
    entity = view.live(key.lower(), *types) or view.live(key, *types)
    if entity is not None:
        return entity
    for type_name in types:
        name = KEYS.get(type_name)
        if name is not None:
            for each in view.find(name, key, type_name):
                if not each.deleted:
                    return each
    raise not_found(key)
