"""Listings that ask only for what has changed since the last reading (page *Use delta query to track changes*).

A delta query is asked *which* objects have changed, and those are read again by their ids. What it says of their
values and links, in pieces that have to be put together, is not needed then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from idcode.directories.entra.cache import Cache, Kept
from idcode.directories.entra.graph.calls import Graph
from idcode.directories.entra.graph.errors import ResyncError
from idcode.directories.entra.links import PLACES
from idcode.directories.entra.objects import Flat, anchor_of
from idcode.directories.entra.schema import RELATIONS, EntraSchema
from idcode.model.records import ObjectType

_LISTINGS: tuple[ObjectType, ...] = ("user", "group")
_LAG = 3600.0
"""Seconds that a replica may be behind: changes that are younger are asked for again, and read again."""
_DAY = 86_400.0
"""Seconds after which everything is read again all the same."""


@dataclass(frozen=True, slots=True)
class Incremental:
    """Reads listings of one tenant through its cache. ``now`` gives the time in seconds since 1970."""

    graph: Graph
    schema: EntraSchema
    cache: Cache
    tenant_id: str
    now: Callable[[], float] = time.time

    def may(self, object_type: ObjectType, wanted: frozenset[str]) -> bool:
        """Whether a delta query tells of every change of what is wanted.

        Which licences of a person are direct is not among what it is documented to track, nor is what Graph reads
        from single objects only.
        """
        untold = self.schema.apart | ({"licences"} if object_type == "user" else set())
        return object_type in _LISTINGS and not wanted & untold

    def flats(
        self,
        object_type: ObjectType,
        select: str,
        wanted: frozenset[str],
        everything: Callable[[], Iterable[Flat]],
        some: Callable[[list[str]], Iterable[Flat]],
    ) -> Iterator[Flat]:
        """Yield the objects of a listing; ``everything`` reads it whole, ``some`` single ones by their ids."""
        selection = ",".join([self.tenant_id, select, *sorted(wanted & RELATIONS)])
        kept = self.cache.load(object_type, selection)
        if kept is not None and self.now() - kept.read_at < _DAY:
            try:
                yield from self._changed(object_type, kept, some).values()
            except ResyncError:
                pass
            else:
                return
        link = f"{PLACES[object_type]}/delta?$select={','.join([select, *sorted(wanted & RELATIONS)])}"
        began = self.now()
        # Before the listing: what changes while it is read is then told the next time.
        _, token = self._told(f"{link}&$deltatoken=latest", None)
        flats = list(everything())
        self.cache.replace(object_type, selection, token, began, flats)
        yield from flats

    def _changed(
        self, object_type: ObjectType, kept: Kept, some: Callable[[list[str]], Iterable[Flat]]
    ) -> Mapping[str, Flat]:
        began = self.now()
        told, token = self._told("", kept.token)
        again = {anchor_of(flat): flat for flat in some(sorted(told))}
        gone = told - again.keys()
        is_old = began - kept.token_at > _LAG
        self.cache.update(object_type, (token, began) if is_old else None, again.values(), gone)
        left = {anchor: flat for anchor, flat in kept.flats.items() if anchor not in gone}
        return {**left, **again}

    def _told(self, url: str, token: str | None) -> tuple[set[str], str]:
        """Return the ids that a delta query tells of, of deleted objects too, and the link for the next time."""
        ids: set[str] = set()
        link = ""
        for page in self.graph.delta(url, token):
            if isinstance(page, str):
                link = page
            else:
                ids.update(str(item["id"]).lower() for item in page)
        return ids, link
