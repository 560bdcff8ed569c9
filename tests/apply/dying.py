"""A process that dies at any moment of a run, without a process: its store and its directory stop answering it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from idcode.model.errors import StoreError
from idcode.model.writes import Write
from idcode.store.store import Store

TRANSITIONS = ("begin_run", "begin_again", "record_intents", "record_outcome", "record_changes", "finish_run")


class Died(BaseException):
    """The end of the process."""


class Life:
    """Counts moments, and ends at the one with the number ``last`` (from 1 on; 0 never ends)."""

    def __init__(self, last: int = 0) -> None:
        self.last, self.moments = last, 0

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return 0 < self.last <= self.moments

    def passes(self) -> None:
        """Let a moment pass; raise :class:`Died` where it was the last one."""
        self.moments += 1
        if self.is_over:
            raise Died

    def store(self, store: Store) -> Any:
        """Return ``store`` as one life sees it: two moments for every transition of the journal."""
        return _Mortal(store, self)

    def fault(self, _write: Write) -> str | None:
        """Let the moment before a write pass; the one after it is that before its outcome is journalled."""
        self.passes()
        return None


class _Mortal:
    def __init__(self, store: Store, life: Life) -> None:
        self._store, self._life = store, life

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._store, name)
        if name not in TRANSITIONS:
            return method

        def passing(*arguments: Any) -> Any:
            if self._life.is_over:
                raise StoreError("nobody is there to write the journal")
            self._life.passes()
            result = method(*arguments)
            self._life.passes()
            return result

        return passing
