"""``$orderby``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import malformed, unknown_in_query, unsupported_query
from idcode.directories.sandbox.tenant.properties import find

_EVERYWHERE = ("id", "displayName", "deletedDateTime", "createdDateTime")
"""Properties that lists can be sorted by, though the descriptions of some types do not say so (deleteditems-list)."""


def sort_key(text: str, type_name: str) -> Callable[[Iterable[Entity]], list[Entity]]:
    """Return what sorts objects by one property. Raises ``GraphError`` where lists cannot be sorted by it."""
    parts = text.split()
    if len(parts) not in (1, 2) or parts[-1 if len(parts) == 2 else 0].lower() in ("", "by"):
        raise malformed(f"Syntax error in $orderby: '{text}'.")
    direction = parts[1].lower() if len(parts) == 2 else "asc"
    known = find(type_name, parts[0])
    if known is None:
        raise unknown_in_query("Invalid orderby clause", parts[0], type_name)
    if direction not in ("asc", "desc"):
        raise malformed(f"Syntax error in $orderby: '{text}'.")
    if known.name not in _EVERYWHERE and "orderby" not in known.queries:
        raise unsupported_query("Sorting not supported for current query.")
    name = known.name

    def key(entity: Entity) -> tuple[str, str]:
        return ("" if name == "id" else str(entity.get(name, "")).lower()), entity.id

    return lambda entities: sorted(entities, key=key, reverse=direction == "desc")
