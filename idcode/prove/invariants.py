"""What has to hold in a directory after every batch of a plan, whatever the plan is for.

The copy itself refuses what a domain controller would: a parent that is missing, a name that is taken, a reference to
nothing. Here is what a domain controller lets pass and an organisation would not.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from idcode.model import dn
from idcode.model.desired import DirectoryView
from idcode.model.plans import Change
from idcode.model.records import LiveObject
from idcode.model.schema import Kind
from idcode.model.syntax import unique_key
from idcode.model.values import Ref
from idcode.prove.privileges import Privileges


class Watch:
    """Looks at the objects that each batch touched. Only what the plan brings about counts, not what was so before.

    ``attributes`` is what has to be read of them, ``named`` the guards that were overridden, each with its scope.
    """

    def __init__(self, view: DirectoryView, changes: Iterable[Change], named: Collection[tuple[str, str]] = ()) -> None:
        self._schema = view.schema
        self._start = view.objects
        self._now = dict(view.objects)
        written = {view.schema.spelled(name) for change in changes for name in change.attributes}
        known = (view.schema.find(name) for name in written)
        self._unique = {found.name for found in known if found and found.unique in ("domain", "forest", "tenant")}
        self.attributes = written | {"member"}
        self._holders = self._who_holds()
        self._privileges = Privileges(view.objects.values(), named)

    def after(
        self, changes: Sequence[Change], anchors: Mapping[str, str], live: Mapping[str, LiveObject]
    ) -> Iterator[tuple[Change, str]]:
        """Yield each change that broke something, and what. ``anchors`` are the objects of ``changes``, by change id.

        ``live`` has those objects as they are now; one that is gone for good is not in it.
        """
        for change in changes:
            anchor = anchors[change.id]
            before, now = self._now.get(anchor), live.get(anchor)
            if now is not None and not now.deleted:
                yield from ((change, problem) for problem in self._problems(anchor, now))
            self._remember(anchor, before, now)
        for change, problem in self._privileges.after(changes, anchors, self._now):
            yield change, problem

    def _problems(self, anchor: str, now: LiveObject) -> Iterator[str]:
        before = self._start.get(anchor)
        if now.enabled and now.needs_password and not (before and before.enabled and before.needs_password):
            yield "the account is enabled, and nobody ever set a password"
        for name in sorted(self.attributes):
            if name in self._unique:
                yield from self._shared(anchor, name, now)
            if self._schema.kind(name) is Kind.REFERENCE and _graves(now, name) - _graves(before, name):
                yield f"{name} refers to a deleted object"

    def _shared(self, anchor: str, name: str, now: LiveObject) -> Iterator[str]:
        kind = self._schema.kind(name)
        before = self._start.get(anchor)
        known = _keys(before, name, kind)
        for value in now.get(name):
            key = unique_key(value, kind)
            others = self._holders[name].get(key, set()) - {anchor}
            if key not in known and others:
                # Which object, not which value: values may be such as must not be shown.
                yield f"its {name} belongs to {min(self._now[other].dn for other in others)} too"

    def _who_holds(self) -> dict[str, dict[Hashable, set[str]]]:
        holders: dict[str, dict[Hashable, set[str]]] = {name: {} for name in self._unique}
        for anchor, live in self._start.items():
            for name, found in holders.items():
                for key in _keys(live, name, self._schema.kind(name)):
                    found.setdefault(key, set()).add(anchor)
        return holders

    def _remember(self, anchor: str, before: LiveObject | None, now: LiveObject | None) -> None:
        for name, found in self._holders.items():
            kind = self._schema.kind(name)
            for key in _keys(before, name, kind):
                found[key].discard(anchor)
            for key in _keys(now, name, kind):
                found.setdefault(key, set()).add(anchor)
        if now is None:
            self._now.pop(anchor, None)
            return
        self._now[anchor] = now
        if before is not None and before.dn != now.dn and now.object_type in ("ou", "other"):
            self._relocate(before.dn, now.dn)

    def _relocate(self, old: str, new: str) -> None:
        """Let what lies below a renamed container follow it."""
        for anchor, live in self._now.items():
            if live.dn != new and dn.is_under(live.dn, old):
                below = dn.parse(live.dn)[: len(dn.parse(live.dn)) - len(dn.parse(old))]
                self._now[anchor] = replace(live, dn=dn.build((*below, *dn.parse(new))))


def _keys(live: LiveObject | None, name: str, kind: Kind) -> frozenset[Hashable]:
    """Return the values that a living object keeps from others."""
    if live is None or live.deleted:
        return frozenset()
    return frozenset(unique_key(value, kind) for value in live.get(name))


def _graves(live: LiveObject | None, name: str) -> frozenset[str]:
    """Return the deleted objects that a reference attribute leads to."""
    found = live.get(name) if live is not None else ()
    return frozenset(value.target for value in found if isinstance(value, Ref) and _is_tombstone(value.target))


def _is_tombstone(name: str) -> bool:
    """Whether a DN is that of a deleted object (MS-ADTS 3.1.1.5.5.1.1: its name is mangled)."""
    return "\nDEL:" in dn.parse(name)[0].value if name else False
