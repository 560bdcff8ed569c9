"""Links that requests write: members, owners, managers, sponsors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import bad_request
from idcode.directories.sandbox.tenant.work import Work

MOST_BOUND = 20
"""How many references one request may add (group-post-groups, group-update)."""
_BINDS = {"members@odata.bind": "members", "owners@odata.bind": "owners"}


def reference(work: Work, *types: str) -> Entity:
    """Return the object that the body's ``@odata.id`` names. Raises ``GraphError``."""
    body = work.body()
    if "@odata.id" not in body:
        raise bad_request("Invalid URL format specified in @odata.bind or @odata.id.")
    return work.referred(body["@odata.id"], *types)


def bound(work: Work, body: dict[str, Any]) -> dict[str, list[Entity]]:
    """Return the objects that a body binds, by relationship. Raises ``GraphError`` for more than 20 in total."""
    texts: dict[str, Sequence[Any]] = {}
    for key, relation in _BINDS.items():
        value = body.get(key, [])
        if not isinstance(value, list):
            raise bad_request("Invalid URL format specified in @odata.bind or @odata.id.")
        texts[relation] = value
    total = sum(map(len, texts.values()))
    if total > MOST_BOUND:
        raise bad_request(
            f"The number of references in the request, {total}, exceeds the maximum of {MOST_BOUND} in one request."
        )
    return {relation: [work.referred(text) for text in found] for relation, found in texts.items()}
