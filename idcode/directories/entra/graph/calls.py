"""One request to Graph and its answer: plain data between the adapter and the client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

VERSION = "v1.0"
"""The version of the API: the first part of every path."""
_ASKING = ("getByIds", "checkMemberGroups", "checkMemberObjects", "getMemberGroups", "getMemberObjects")
"""Actions that change nothing: they are POSTs because of all that they are asked about."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it stands in a ``$batch``.

    ``url`` is relative to the version, percent-encoded, with its query (``/users?$select=id``). ``body`` is JSON data.
    ``created`` says that the object of the URL, or one that it refers to, was created in this run: 404 then means that
    it is not visible yet, and the call is repeated within the client's patience.
    """

    id: str
    method: str
    url: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    created: bool = False

    @property
    def reads(self) -> bool:
        """Whether it changes nothing, and may be repeated as one likes."""
        return self.method == "GET" or self.url.partition("?")[0].rsplit("/", 1)[-1] in _ASKING


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a call.

    ``status`` is that of HTTP, 0 where it is not known whether a write was carried out (no answer, or a gateway's).
    ``body`` is JSON data, ``None`` for none. ``error`` is ``code: message`` of Graph's envelope, with how often and
    how long it was tried, ``None`` where there is no error.
    ``doubtful`` says that an earlier attempt may have been carried out: an "already exists" is then to be settled by
    reading.
    """

    id: str
    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None
    doubtful: bool = False

    @property
    def ok(self) -> bool:
        """Whether the call was carried out."""
        return 200 <= self.status < 300


class Graph(Protocol):
    """The client as the adapter of the directory uses it; synchronous.

    All methods raise ``DirectoryError`` where the service cannot be reached or refuses the credential. Reading methods
    raise it as well where their budget of attempts and waiting is used up; the message says how often and how long.
    """

    def get(self, url: str) -> Any:
        """Return the JSON of one resource, ``None`` where it does not exist (404)."""

    def pages(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[list[Any]]:
        """Yield the values of a collection page by page, to the page without a next link.

        ``headers`` go with every page. Ends only when the collection is complete. A listing that the service has
        forgotten on the way raises ``ListingExpired``: begun anew it would give objects twice.
        """

    def delta(self, url: str, token: str | None) -> Iterator[list[Any] | str]:
        """Yield the pages of a delta query, and as the last item its delta link.

        ``token`` is the delta link of an earlier read, ``None`` to begin anew. Raises ``ResyncError`` where the
        service does not know the token any more (410).
        """

    def read_all(self, urls: Sequence[str]) -> Iterator[tuple[str, list[Any] | None]]:
        """Yield each of ``urls`` with all values of its collection (or the one resource as a list of one).

        In any order; ``None`` stands for 404. Sent in batches of 20; further pages follow.
        """

    def send(self, calls: Sequence[Call]) -> Iterator[Answer]:
        """Send independent calls in batches of 20 and yield answers as they arrive, in any order.

        Single calls that are throttled (429, 503) are repeated within the budget; one that uses it up comes back with
        that status, or 0. What had no answer (504, a broken connection) comes back with status 0 at once. Where the
        service refuses a batch as a whole, the others under way are answered before ``DirectoryError`` is raised.
        Leaving early sends nothing more, and waits for what is under way.
        """

    def close(self) -> None:
        """Close the connections; safe to call twice."""
