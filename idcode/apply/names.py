"""Who is who during a run: objects that got an anchor, a new name, or a state that the run itself left."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from idcode.model import dn
from idcode.model.plans import AttributeChange, Change
from idcode.model.records import LiveObject
from idcode.model.values import Ref, Scalar

_ANCHOR = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DnKey = tuple[tuple[str, str], ...]


def dn_key(text: str) -> DnKey | None:
    """Return the comparison key of a distinguished name, ``None`` for any other text."""
    if "=" not in text:
        return None
    try:
        return dn.key(text)
    except ValueError:
        return None


def same_dn(left: str, right: str) -> bool:
    """Whether two texts are the same DN; texts that are none are compared as they are."""
    key = dn_key(left)
    return left == right if key is None else key == dn_key(right)


class Renames:
    """The moves and renames of a run, in order: where an object is now that had another DN when it was planned."""

    def __init__(self) -> None:
        self._moves: dict[DnKey, list[tuple[int, str]]] = defaultdict(list)
        self._count = 0

    @classmethod
    def single(cls, old: str, new: str) -> Renames:
        """Return the one rename from ``old`` to ``new``."""
        renames = cls()
        renames.add(old, new)
        return renames

    def add(self, old: str, new: str) -> None:
        """Note that ``old``, with everything below it, is called ``new`` from now on."""
        key = dn_key(old)
        if key is not None and not same_dn(old, new):
            self._count += 1
            self._moves[key].append((self._count, new))

    def now(self, text: str) -> str:
        """Return the present DN of what was called ``text`` before the first move."""
        after = 0
        while True:
            step = self._next(text, after)
            if step is None:
                return text
            after, text = step

    def _next(self, text: str, after: int) -> tuple[int, str] | None:
        """Return the first move later than ``after`` that concerns ``text``, and its DN afterwards."""
        key = dn_key(text)
        if key is None or not self._moves:
            return None
        found: tuple[int, int, str] | None = None
        for depth in range(len(key)):
            for number, new in self._moves.get(key[depth:], ()):
                if number > after and (found is None or number < found[0]):
                    found = (number, depth, new)
        if found is None:
            return None
        number, depth, new = found
        return number, dn.build(dn.parse(text)[:depth] + dn.parse(new))


@dataclass
class Known:
    """What a run has learnt about the objects of one directory.

    ``anchors`` are those of objects it created, by address. ``left`` holds, by anchor, the values of what the run
    itself wrote to an object, as they were read back; nothing else of it, since that may be somebody else's by now.
    """

    anchors: dict[str, str] = field(default_factory=dict)
    renames: Renames = field(default_factory=Renames)
    left: dict[str, dict[str, tuple[Scalar, ...]]] = field(default_factory=lambda: defaultdict(dict))

    def anchor_of(self, change: Change) -> str | None:
        """Return the anchor of the object of ``change``, ``None`` for one that does not exist yet."""
        return change.object.anchor or self.anchors.get(change.address)


class References:
    """Resolves references to the anchor of what they mean, so that all ways of saying it compare equal.

    A live reference is a DN of now, a planned one an anchor, the address of an object created in this run, or a DN
    as it was when the plan was made.
    """

    def __init__(self, known: Known, targets: Mapping[str, LiveObject]) -> None:
        self._known = known
        self._by_dn = {dn_key(live.dn): anchor for anchor, live in targets.items() if not live.deleted}

    def planned(self, value: Scalar) -> Scalar:
        """Return a value of the plan with a reference resolved."""
        if not isinstance(value, Ref):
            return value
        target = self._known.anchors.get(value.target, value.target)
        return self.live(Ref(self._known.renames.now(target)))

    def live(self, value: Scalar) -> Scalar:
        """Return a value of the directory with a reference resolved."""
        if not isinstance(value, Ref):
            return value
        key = dn_key(value.target)
        return Ref(self._by_dn.get(key, value.target) if key is not None else value.target)


def referenced(changes: Iterable[Change], known: Known) -> set[str]:
    """Return the anchors that the values of ``changes`` refer to."""
    found: set[str] = set()
    for change in changes:
        values = [value for item in change.attributes.values() for value in _all_values(item)]
        values += [value for expected in change.expect.attributes.values() for value in expected]
        targets = (known.anchors.get(value.target, value.target) for value in values if isinstance(value, Ref))
        found.update(target for target in targets if _ANCHOR.fullmatch(target))
    return found


def _all_values(item: AttributeChange) -> tuple[Scalar, ...]:
    return item.before + item.after + item.add + item.remove


def resolved(change: Change, anchors: Mapping[str, str]) -> Change:
    """Return ``change`` with references to the addresses in ``anchors`` as references to their objects."""

    def values(given: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
        return tuple(
            Ref(anchors.get(value.target, value.target)) if isinstance(value, Ref) else value for value in given
        )

    def attribute(item: AttributeChange) -> AttributeChange:
        before, after, add, remove = (values(part) for part in (item.before, item.after, item.add, item.remove))
        return replace(item, before=before, after=after, add=add, remove=remove)

    return replace(change, attributes={name: attribute(item) for name, item in change.attributes.items()})
