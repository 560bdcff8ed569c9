"""The port every directory adapter offers to the core.

The core is synchronous and knows no network: concurrency, throttling and packing live in the adapter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from idcode.model.diagnostics import Diagnostic
from idcode.model.plans import Change
from idcode.model.privileges import Privileges
from idcode.model.records import Fingerprint, LiveObject, Query, Reading
from idcode.model.schema import DirectorySchema
from idcode.model.writes import Outcome, Write


class Secrets(Protocol):
    """Makes initial passwords and hands them over; the only place where they exist."""

    def new_password(self) -> str:
        """Return a new random password."""

    def deliver(self, account: Mapping[str, str], password: str) -> None:
        """Hand ``password`` to the sink and wait for its success.

        ``account`` tells whose it is: ``address``, ``directory``, ``dn``, ``sAMAccountName``, ``userPrincipalName``
        as far as known. Raises ``IdcodeError`` where the sink does not take it.
        """


class Directory(Protocol):
    """One live directory: read it, tell what it cannot hold, write to it."""

    name: str

    def fingerprint(self) -> Fingerprint:
        """Return which directory this is and how far its server has come. Connects on first use."""

    def schema(self) -> DirectorySchema:
        """Return the attribute types of the directory."""

    def read(self, query: Query) -> Reading[LiveObject]:
        """Yield every user, group, OU and container, deleted ones included, with the attributes asked for.

        The proof that ends the reading is complete only if the server said so itself (DESIGN.md, law 2). Raises
        ``DirectoryError`` where the directory cannot be read at all.
        """

    def fetch(self, anchors: Collection[str], attributes: Iterable[str]) -> Mapping[str, LiveObject]:
        """Read single objects again, deleted ones included, hundreds per request; those gone are left out."""

    def privileges(self) -> Privileges:
        """Return who has power over this directory now, in a few requests; asked only where a plan touches such power.

        Raises ``DirectoryError`` where the directory does not tell: whoever might have power is not to lose it.
        """

    def reject(self, change: Change) -> list[Diagnostic]:
        """Return what this directory would refuse of ``change``; an empty list where it would take it."""

    def review(self, changes: Sequence[Change]) -> list[Diagnostic]:
        """Return what is to be said of a whole plan: that licences run out, or how long its writes will take."""

    def lower(self, change: Change, anchors: Mapping[str, str]) -> list[Write]:
        """Return the writes that make up ``change``, in order; deterministic.

        ``anchors`` resolves addresses of objects created earlier in the run; at plan time it is empty, and the
        number of writes is the same.
        """

    def before_image(self, write: Write, live: LiveObject | None) -> Mapping[str, object]:
        """Return in JSON types what ``write`` will change, as it is now, for the journal."""

    def write(self, changes: Sequence[Sequence[Write]], secrets: Secrets) -> Iterator[Outcome]:
        """Carry out the writes of several independent changes; yield outcomes as they arrive.

        The writes of one change run in order, and stop at the first that is not done (the rest is ``skipped``).
        """

    def settle(self, write: Write) -> Outcome:
        """Find out by reading whether a write whose answer never came was carried out."""

    def unseen(self, anchors: Collection[str]) -> frozenset[str]:
        """Return those of ``anchors`` whose last writes were acknowledged, and that still read as before.

        Only of a directory that is consistent in the end: ``fetch`` has waited for them as long as is reasonable, and
        shows them as acknowledged.
        """

    def remember(self, write: Write, live: LiveObject | None, anchor: str | None, at: datetime) -> None:
        """Take note of a write that an earlier process of the same run carried out, acknowledged ``at`` that time.

        ``live`` is the object before its change, ``anchor`` what it is by now. What the directory was told may not be
        visible yet, and later writes of the change may need to know what it created.
        """

    def close(self) -> None:
        """Close connections; safe to call twice."""
