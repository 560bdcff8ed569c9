"""What this run has written and the directory may not show yet.

Graph answers from replicas that lag behind (page *Change your app for eventual consistency*, and everybody's
experience): for seconds, sometimes minutes, a new object is not found and a new value still reads as the old one. What
was acknowledged is therefore laid over what is read, as long as that is what was there before; anything else is
somebody else's edit, and shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from idcode.directories.entra.graph.clock import Clock
from idcode.directories.entra.objects import Flat
from idcode.model.records import ObjectType
from idcode.model.values import Ref, Scalar

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 16.0


@dataclass(frozen=True, slots=True)
class Seen:
    """An object as it was read."""

    object_type: ObjectType
    flat: Flat
    deleted: bool = False


@dataclass(slots=True)
class Note:
    """What was acknowledged of one object.

    ``values`` holds, by attribute, the earlier values and the written one; ``links`` whether each reference should be
    there. ``presence`` is ``None`` where the object was neither made nor taken away. ``visible`` says that all of it
    was read once, ``waited`` that there is no more waiting for it.
    """

    object_type: ObjectType
    values: dict[str, tuple[list[tuple[Scalar, ...]], tuple[Scalar, ...]]] = field(default_factory=dict)
    links: dict[str, dict[Scalar, bool]] = field(default_factory=dict)
    presence: Literal["there", "gone"] | None = None
    visible: bool = False
    waited: bool = False


class Memory:
    """The writes of one run. ``patience`` bounds, in seconds, how long anything is waited for."""

    def __init__(self, patience: float, clock: Clock) -> None:
        self._patience, self._clock = patience, clock
        self._notes: dict[str, Note] = {}
        self._shown: dict[str, Flat] = {}
        self._made: set[str] = set()
        self.born: dict[str, str] = {}
        """Anchors of objects that changes of this run have created, by change."""

    def shown(self, anchor: str) -> Flat:
        """Return what was last shown of an object to whoever decides about it; empty for one not read yet."""
        return self._shown.get(anchor, {})

    def show(self, anchor: str, flat: Flat) -> None:
        """Note what an object was like when an earlier process of this run decided about it."""
        self._shown[anchor] = {**self._shown.get(anchor, {}), **flat}

    def may_be_unseen(self, seconds: float) -> bool:
        """Whether a write may still not be visible that was acknowledged so many seconds ago, on the wall."""
        return seconds * self._clock.speed < self._patience

    def is_new(self, anchor: str) -> bool:
        """Whether the object was created or restored in this run, so that not finding it says nothing."""
        return anchor in self._made

    def created(self, anchor: str, object_type: ObjectType, flat: Flat) -> None:
        """Note that an object was made (or restored) with these values."""
        note = self._note(anchor, object_type)
        note.presence = "there"
        self._made.add(anchor)
        self.wrote(anchor, object_type, flat)

    def deleted(self, anchor: str, object_type: ObjectType) -> None:
        """Note that an object was taken away."""
        self._note(anchor, object_type).presence = "gone"
        self._made.discard(anchor)

    def wrote(self, anchor: str, object_type: ObjectType, flat: Flat) -> None:
        """Note new values of attributes."""
        note = self._note(anchor, object_type)
        before = self._shown.get(anchor, {})
        for name, values in flat.items():
            earlier, last = note.values.get(name, ([], None))
            old = last if last is not None else before.get(name, () if anchor in self._made else None)
            note.values[name] = ([*earlier, *([] if old is None else [old])], values)
        self._shown[anchor] = {**before, **flat}

    def linked(self, anchor: str, object_type: ObjectType, name: str, targets: Iterable[str], there: bool) -> None:
        """Note that references were added to a list, or taken away."""
        links = self._note(anchor, object_type).links.setdefault(name, {})
        links.update({Ref(target): there for target in targets})

    def _note(self, anchor: str, object_type: ObjectType) -> Note:
        note = self._notes.setdefault(anchor, Note(object_type))
        note.visible = note.waited = False
        return note

    def look(self, anchors: Iterable[str], read: Callable[[Iterable[str]], Mapping[str, Seen]]) -> dict[str, Seen]:
        """Read objects, wait for what was written and is not visible yet, and return them as acknowledged.

        Each write is waited for once; after that :meth:`unseen` tells of it.
        """
        asked = set(anchors)
        found = dict(read(asked))
        missing = self._behind(asked, found)
        for _ in self.attempts(self._clock.now()) if missing else ():
            for anchor in missing:
                found.pop(anchor, None)
            found.update(read(missing))
            missing = self._behind(missing, found)
            if not missing:
                break
        for anchor in asked & self._notes.keys():
            self._notes[anchor].waited = True
        shown = {anchor: seen for anchor in asked if (seen := self._overlaid(anchor, found.get(anchor)))}
        for anchor, seen in shown.items():
            self._shown[anchor] = {**self._shown.get(anchor, {}), **seen.flat}
        return shown

    def attempts(self, since: float) -> Iterable[None]:
        """Pause again and again, longer each time, until the patience that began at ``since`` is used up."""
        pause = _FIRST_PAUSE
        while (left := since + self._patience - self._clock.now()) > 0:
            time.sleep(min(pause, left) / self._clock.speed)
            pause = min(2 * pause, _LONGEST_PAUSE)
            yield

    def now(self) -> float:
        """Return the time by which :meth:`attempts` counts."""
        return self._clock.now()

    def unseen(self, anchors: Iterable[str]) -> frozenset[str]:
        """Return those objects whose writes never became visible while they were waited for."""
        notes = ((anchor, self._notes.get(anchor)) for anchor in anchors)
        return frozenset(anchor for anchor, note in notes if note and note.waited and not note.visible)

    def _behind(self, anchors: Iterable[str], found: Mapping[str, Seen]) -> set[str]:
        return {anchor for anchor in anchors if self._awaited(anchor, found.get(anchor))}

    def _awaited(self, anchor: str, seen: Seen | None) -> bool:
        """Whether it is worth reading an object again; notes that it does not have to be, once all is visible."""
        note = self._notes.get(anchor)
        if note is None or note.visible or note.waited:
            return False
        note.visible = self._shows(note, seen)
        return not note.visible

    def _shows(self, note: Note, seen: Seen | None) -> bool:
        is_there = seen is not None and not seen.deleted
        if note.presence == "gone" or not is_there:
            return (note.presence == "gone") != is_there
        assert seen is not None
        stale = any(
            name in seen.flat and not _same(seen.flat[name], new) and _was(seen.flat[name], olds)
            for name, (olds, new) in note.values.items()
        )
        return not stale and all(
            (target in seen.flat[name]) == there
            for name, links in note.links.items()
            if name in seen.flat
            for target, there in links.items()
        )

    def _overlaid(self, anchor: str, seen: Seen | None) -> Seen | None:
        note = self._notes.get(anchor)
        if note is None:
            return seen
        if note.presence == "gone":
            return Seen(seen.object_type, seen.flat, deleted=True) if seen else None
        if seen is None or (seen.deleted and note.presence == "there"):
            if note.presence != "there":
                return seen
            flat: Flat = {**dict.fromkeys(note.links, ()), **self._shown.get(anchor, {}), "id": (anchor,)}
            seen = Seen(note.object_type, flat)
        else:
            flat = dict(seen.flat)
        for name, (olds, new) in note.values.items():
            if name in flat and _was(flat[name], olds):
                flat[name] = new
        for name, links in note.links.items():
            if name in flat:
                kept = [value for value in flat[name] if links.get(value, True)]
                flat[name] = (*kept, *(value for value, there in links.items() if there and value not in kept))
        return Seen(seen.object_type, flat)


def _same(left: tuple[Scalar, ...], right: tuple[Scalar, ...]) -> bool:
    """Whether two lists of values are the same to the letter: the case of one may be all that was written."""
    return set(left) == set(right)


def _was(values: tuple[Scalar, ...], olds: Iterable[tuple[Scalar, ...]]) -> bool:
    return any(_same(values, old) for old in olds)
