"""The Entra adapter: the directory port over Microsoft Graph, whoever answers it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from idcode.directories.entra import fetching, writing
from idcode.directories.entra.bench import Bench
from idcode.directories.entra.cache import Cache
from idcode.directories.entra.graph.calls import VERSION, Graph
from idcode.directories.entra.graph.client import GraphClient
from idcode.directories.entra.graph.clock import Clock
from idcode.directories.entra.incremental import Incremental
from idcode.directories.entra.limits import Limits
from idcode.directories.entra.lowering import Lowering
from idcode.directories.entra.memory import Memory
from idcode.directories.entra.noting import note_earlier
from idcode.directories.entra.objects import Decoder
from idcode.directories.entra.privileges import read_privileges
from idcode.directories.entra.reading import Reader
from idcode.directories.entra.reviewing import review
from idcode.directories.entra.roles import Roles
from idcode.directories.entra.schema import entra_schema
from idcode.directories.entra.settings import EntraSettings
from idcode.directories.entra.tenant import Tenant
from idcode.directories.port import Secrets
from idcode.model.diagnostics import Diagnostic
from idcode.model.errors import DirectoryError
from idcode.model.plans import Change
from idcode.model.privileges import Privileges
from idcode.model.records import Fingerprint, LiveObject, Query, Reading
from idcode.model.schema import DirectorySchema, Kind
from idcode.model.writes import Outcome, Write


class EntraDirectory:
    """One Entra tenant; connects with the first request.

    ``root`` is the repository's root, which the files of ``settings`` are relative to. ``graph`` takes the place of
    the client that ``settings`` describe, ``clock`` that of the time on the wall. ``cache`` is the file in which
    listings are kept from one reading to the next; over a client that is given, none is kept unless it is named. Every
    method that talks to the tenant raises ``DirectoryError`` where it cannot be reached, refuses the application or
    gives an answer that is no proof.
    """

    def __init__(
        self,
        name: str,
        settings: EntraSettings,
        root: Path,
        graph: Graph | None = None,
        *,
        clock: Clock | None = None,
        cache: Path | None = None,
    ) -> None:
        self.name = name
        if graph is None:
            cache = cache or root / ".idcode" / "cache" / f"{name}.db"
        self._cache = Cache(cache) if cache else None
        self._graph = graph = graph or GraphClient(settings, root, clock=clock)
        self._url = settings.graph_url.rstrip("/")
        self._first_sign_in = settings.first_sign_in
        self._client_id = settings.client_id
        self._tenant = Tenant(graph)
        self._schema = entra_schema()
        self._decoder = Decoder(self._schema, self._mark_attribute(settings), self._tenant)
        self._roles = Roles(graph, self._tenant)
        patience = settings.patience.total_seconds()
        self._memory = Memory(patience, clock or Clock())
        self._bench = Bench(graph, self._decoder, self._roles, self._memory, f"{self._url}/{VERSION}")
        self._known: dict[str, LiveObject] = {}
        self._limits = Limits(self._schema, self._tenant, self._known)
        self._unanswered: dict[str, float] = {}
        self._silent_since: float | None = None

    def fingerprint(self) -> Fingerprint:
        """Return the tenant's id; see the port. A tenant has no numbers by which to tell how far a replica is."""
        return Fingerprint("entra", self._tenant.organization.id, self._url)

    def schema(self) -> DirectorySchema:
        """Return the attribute types of a tenant."""
        return self._schema.attributes

    def read(self, query: Query) -> Reading[LiveObject]:
        """Read the whole tenant; see the port."""
        self._known = {}
        self._limits = Limits(self._schema, self._tenant, self._known)
        reader = Reader(self.name, self._graph, self._decoder, self._roles, self._incremental(), self._known)
        return (yield from reader.read(query))

    def fetch(self, anchors: Collection[str], attributes: Iterable[str]) -> Mapping[str, LiveObject]:
        """Read single objects; waits for what this run has written and is not visible yet. See the port."""
        found = fetching.fetch(self._bench, anchors, attributes)
        for anchor in found.keys() & self._known.keys():
            # Who masters an object may be told now, and not when everything was read.
            self._known[anchor] = replace(self._known[anchor], synced=found[anchor].synced)
        return found

    def privileges(self) -> Privileges:
        """Return who holds directory roles, and the application that idcode signs in as; see the port."""
        return read_privileges(self._graph, self._tenant, self._client_id)

    def reject(self, change: Change) -> list[Diagnostic]:
        """Return what Graph would refuse of ``change``, as far as what was read tells."""
        return self._limits.reject(change)

    def review(self, changes: Sequence[Change]) -> list[Diagnostic]:
        """Return whether the licences suffice and, where it is long, how long the writes will take."""
        return review(self.name, self._tenant, self._known, changes)

    def lower(self, change: Change, anchors: Mapping[str, str]) -> list[Write]:
        """Return the requests that make up ``change``; see the port."""
        lowering = Lowering(self._schema, self._tenant, self._decoder.mark_in, self._first_sign_in)
        return lowering.lower(change, anchors)

    def before_image(self, write: Write, live: LiveObject | None) -> Mapping[str, object]:
        """Return what ``write`` will change, as ``live`` has it; see the port."""
        return writing.before_image(write, live)

    def write(self, changes: Sequence[Sequence[Write]], secrets: Secrets) -> Iterator[Outcome]:
        """Carry out the writes, in batches; see the port."""
        self._silent_since = None
        for outcome in writing.write(self._bench, changes, secrets):
            if outcome.status == "unknown":
                self._unanswered[outcome.write_id] = self._memory.now()
            yield outcome

    def settle(self, write: Write) -> Outcome:
        """Find out by reading whether ``write`` was carried out; see the port.

        The patience begins when the answer failed to come, so that many such writes are waited for together. Of those
        whose answers nobody waited for (the run was interrupted, or its process killed) it begins with the first one
        that is asked about.
        """
        if self._silent_since is None:
            self._silent_since = self._memory.now()
        since = self._unanswered.get(write.id, self._silent_since)
        return writing.settle(self._bench, write, since)

    def unseen(self, anchors: Collection[str]) -> frozenset[str]:
        """Return those objects whose last writes never became visible; see the port."""
        return self._memory.unseen(anchors)

    def remember(self, write: Write, live: LiveObject | None, anchor: str | None, at: datetime) -> None:
        """Note what a write of an earlier process created, and what may not be visible yet of it; see the port."""
        if anchor is not None:
            is_fresh = self._memory.may_be_unseen((datetime.now(UTC) - at).total_seconds())
            note_earlier(self._bench, write, live, anchor, is_fresh=is_fresh)

    def close(self) -> None:
        """Close the connections; safe to call twice."""
        self._graph.close()

    def _incremental(self) -> Incremental | None:
        if self._cache is None:
            return None
        return Incremental(self._graph, self._schema, self._cache, self._tenant.organization.id)

    def _mark_attribute(self, settings: EntraSettings) -> str:
        known = self._schema.attributes.find(settings.disable_mark_in)
        writable = known is not None and known.kind is Kind.TEXT and known.single and not known.read_only
        if known is None or not writable or known.name not in self._schema.holds["user"]:
            raise DirectoryError(
                f"{self.name}: disable_mark_in {settings.disable_mark_in} is not a text property that users have",
                "Name one that nothing else uses, such as extensionAttribute15.",
            )
        return known.name
