"""The tenant's objects and everything that has happened to them.

For whoever adds routes, in the order in which it is needed:

1. A module exports ``ROUTES``, a tuple of :class:`~.routes.Route`; ``tenant.py`` collects them. A route's function
   takes one :class:`~.work.Work` and returns a :class:`~.exchange.Reply`; it refuses by raising what ``errors.py``
   makes.
2. Reads go through ``work.reading``, a :class:`~.view.View` as the tenant was ``lag`` seconds ago: ``live(id,
   *types)``, ``ids(type)``, ``of_type``, ``find(property, value)``, ``targets(kind, source)``, ``sources(kind,
   target)``. ``work.found(id, *types)`` is one object of it, or 404.
3. Writes go through ``work.draft``, a :class:`Draft` of the newest state: ``put(entity)``, ``link(kind, source,
   target)``, ``unlink``, ``remove(id)``; ``draft.view`` already shows them. ``work.target(id, *types)`` is the newest
   form of an object that reads show, or 404. All that one request writes is one transaction, stamped with the time;
   when the function raises, nothing of it has happened.
4. Uniqueness is checked against ``draft.view``, never against ``reading``.
5. What shall happen later: ``draft.later("name", due, **data)``, and the module exports ``TASKS``, a mapping of names
   to functions that take a :class:`~.work.Moment` and the data. A task is part of the transaction that ordered it, and
   of the file; it runs before the first request that comes when it is due, in a transaction of its own.
6. What shall follow from other people's writes (rules of dynamic groups, licences of new members): a module exports
   ``REACTIONS``, functions that take a ``Moment`` and the changes of the transaction so far, before it is complete.

Kinds of links are Graph's names of the relationships, from the object whose property it is: ``members`` and ``owners``
(of groups; ``members`` also of administrative units and directory roles), ``manager`` (from the user to the manager),
``sponsors``. Links of soft-deleted objects stay, and whoever lists them leaves those out.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from idcode.directories.sandbox.tenant.clock import moment
from idcode.directories.sandbox.tenant.entities import Change, Entity, Link, Put, Transaction
from idcode.directories.sandbox.tenant.view import View

RETENTION = timedelta(days=7)
"""How long what happened is kept: as long as a delta token of directory objects is good (delta-query-overview)."""
TASK = "task"
"""The type of the objects that stand for what shall happen later; no client sees them."""


class Keeper(Protocol):
    """Who keeps a tenant in a file: shared with other processes, so that its state may have moved on."""

    def refresh(self, state: State) -> None:
        """Bring ``state`` up to date with what others have written."""

    def writing(self, state: State) -> AbstractContextManager[None]:
        """Keep others from writing meanwhile; bring ``state`` up to date first."""

    def save(self, transaction: Transaction, oldest: int) -> None:
        """Write a transaction, for good; what happened before number ``oldest`` need not be kept."""


class Draft:
    """Changes of the newest state that are not complete yet."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.changes: list[Change] = []

    def put(self, entity: Entity) -> Entity:
        """Put an object in, in place of the one with its id. Return it."""
        before = self.view.get(entity.id)
        if before != entity:
            self._do(Put(before, entity))
        return entity

    def remove(self, entity_id: str) -> None:
        """Let an object go for good, with all links from and to it."""
        before = self.view.get(entity_id)
        if before is not None:
            for link in self.view.links_of(entity_id):
                self._do(link.undone())
            self._do(Put(before, None))

    def link(self, kind: str, source: str, target: str) -> bool:
        """Let ``source`` refer to ``target``; ``False`` where it does already."""
        new = not self.view.linked(kind, source, target)
        if new:
            self._do(Link(kind, source, target))
        return new

    def unlink(self, kind: str, source: str, target: str) -> bool:
        """Let ``source`` no longer refer to ``target``; ``False`` where it does not."""
        there = self.view.linked(kind, source, target)
        if there:
            self._do(Link(kind, source, target, present=False))
        return there

    def later(self, task: str, due: datetime, **data: Any) -> None:
        """Order the task of this name for the time ``due``; ``data`` is JSON."""
        when = due.astimezone(UTC).isoformat(timespec="microseconds")
        # Ids of objects are sorted, so that the next task is always the first.
        self.put(Entity(f"{when} {uuid.uuid4()}", TASK, {"name": task, "due": when, "data": data}))

    def take_back(self) -> None:
        """Undo all of it."""
        while self.changes:
            self.view.apply(self.changes.pop().undone())

    def _do(self, change: Change) -> None:
        self.changes.append(change)
        self.view.apply(change)


class State:
    """The newest view, the transactions of the last days, and the view of those who read some time behind."""

    def __init__(self, view: View | None = None, log: Sequence[Transaction] = (), number: int = 0) -> None:
        self.newest = view or View()
        self.log: list[Transaction] = list(log)
        self.number = log[-1].number if log else number
        """The number of the last transaction."""
        self.keeper: Keeper | None = None
        self._behind: View | None = None
        self._behind_number = 0

    def refresh(self) -> None:
        """Bring it up to date with the file that it is kept in."""
        if self.keeper is not None:
            self.keeper.refresh(self)

    @contextmanager
    def writing(self, now: datetime) -> Iterator[Draft]:
        """Give out a draft; it takes effect as one transaction at the end, or, after an exception, not at all."""
        if self.keeper is None:
            with self._drafting(now) as draft:
                yield draft
            return
        with self.keeper.writing(self), self._drafting(now) as draft:
            yield draft

    @contextmanager
    def _drafting(self, now: datetime) -> Iterator[Draft]:
        draft = Draft(self.newest)
        try:
            yield draft
            if draft.changes:
                time = max(now, self.log[-1].time) if self.log else now
                self._complete(Transaction(self.number + 1, time, tuple(draft.changes)))
            draft.changes.clear()
        finally:
            draft.take_back()

    def _complete(self, transaction: Transaction) -> None:
        if self.keeper is not None:
            self.keeper.save(transaction, self._oldest(transaction.time))
        self._note(transaction)

    def follow(self, transaction: Transaction) -> None:
        """Carry out what another process has written."""
        for change in transaction.changes:
            self.newest.apply(change)
        self._note(transaction)

    def _note(self, transaction: Transaction) -> None:
        self.log.append(transaction)
        self.number = transaction.number
        oldest = self._oldest(transaction.time)
        # Once in a while, so that the list is not moved for every write.
        if self.log[0].number + 1000 < oldest:
            del self.log[: oldest - self.log[0].number]

    def _oldest(self, now: datetime) -> int:
        """Return the number of the first transaction that is still kept, one more than the last where none is."""
        for transaction in self.log:
            if transaction.time >= now - RETENTION:
                return transaction.number
        return self.number + 1

    def reading(self, now: datetime, lag: float) -> View:
        """Return the tenant as it was ``lag`` seconds before ``now``; it is the newest view where that is 0."""
        if lag <= 0:
            return self.newest
        until = now - timedelta(seconds=lag)
        if self._behind is None:
            self._behind, self._behind_number = self.newest.copy(), self.number
            for transaction in reversed(self.log):
                if transaction.time > until:
                    for change in reversed(transaction.changes):
                        self._behind.apply(change.undone())
                    self._behind_number = transaction.number - 1
        for transaction in self.since(self._behind_number):
            if transaction.time > until:
                break
            for change in transaction.changes:
                self._behind.apply(change)
            self._behind_number = transaction.number
        return self._behind

    def read_number(self, lag: float) -> int:
        """Return the number of the last transaction that :meth:`reading` shows."""
        return self.number if lag <= 0 else self._behind_number

    def since(self, number: int) -> list[Transaction]:
        """Return the transactions after ``number`` that are still kept."""
        if not self.log or number >= self.number:
            return []
        return self.log[max(0, number + 1 - self.log[0].number) :]

    def due(self, now: datetime) -> Entity | None:
        """Return the first task whose time has come."""
        ids = self.newest.ids(TASK)
        task = self.newest.get(ids[0]) if ids else None
        return task if task is not None and moment(task.get("due")) <= now else None
