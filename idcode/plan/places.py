"""Where objects stand in a directory's tree, and where they go; a directory without a tree has no places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from idcode.model import dn
from idcode.model.desired import DesiredObject, DirectoryView
from idcode.model.records import LiveObject
from idcode.plan.drafts import Draft


@dataclass(frozen=True, slots=True)
class Step:
    """A move or rename: the DN to go to, and what people see of it, as attribute → (before, after)."""

    target: str
    shown: Mapping[str, tuple[str, str]]


class Places:
    """The tree of one directory with the planned renames of containers.

    In a directory without a tree (``schema.terms.naming`` is ``None``) nothing stands anywhere: every answer is
    ``None``, and no change waits for a place.
    """

    def __init__(self, view: DirectoryView, objects: Iterable[DesiredObject]) -> None:
        self._view = view
        self._flat = view.schema.terms.naming is None
        live_ones = () if self._flat else view.objects.values()
        self._by_dn = {dn.key(live.dn): live for live in live_ones if not live.deleted}
        self.relocation = dn.Relocation()
        for wanted in () if self._flat else objects:
            if wanted.object_type == "ou" and wanted.live and wanted.parent is not None and not wanted.shadow:
                current, target = self.relocation.after(wanted.live.dn), self._target(wanted)
                if dn.key(current) != dn.key(target):
                    self.relocation.add(current, target)

    def at(self, text: str) -> LiveObject | None:
        """Return the living object with this DN."""
        return None if self._flat else self._by_dn.get(dn.key(text))

    def expected(self, live: LiveObject) -> str | None:
        """Return the DN that a change relies on."""
        return None if self._flat else live.dn

    def target(self, wanted: DesiredObject) -> str | None:
        """Return the DN that the object should have."""
        return None if self._flat else self._target(wanted)

    def _target(self, wanted: DesiredObject) -> str:
        current = self.relocation.after(wanted.live.dn) if wanted.live else ""
        parent = wanted.parent if wanted.parent is not None else dn.parent(current)
        if wanted.name is None and wanted.live and not wanted.live.deleted:
            first = dn.parse(current)[0]
            return dn.child(parent, first.type, first.value)
        return dn.child(parent, "OU" if wanted.object_type == "ou" else "CN", wanted.name or "")

    def move(self, wanted: DesiredObject) -> Step | None:
        """Return the way to where the object should stand, ``None`` where it is there already."""
        live = wanted.live
        if self._flat or live is None or (wanted.parent is None and wanted.name is None):
            return None
        target = self._target(wanted)
        original = self._original(live, wanted)
        if dn.parse(original) == dn.parse(target) or (dn.key(original) == dn.key(target) and not wanted.exact_name):
            return None
        shown = {}
        before, after = dn.parse(original), dn.parse(target)
        if before[0].value != after[0].value:
            shown["ou" if wanted.object_type == "ou" else "cn"] = (before[0].value, after[0].value)
        if dn.key(dn.build(before[1:])) != dn.key(dn.build(after[1:])):
            shown["path"] = (self._path(dn.build(before[1:])), self._path(dn.build(after[1:])))
        return Step(target, shown)

    def _original(self, live: LiveObject, wanted: DesiredObject) -> str:
        """Return where the object itself stands, its containers already renamed but not itself."""
        if wanted.object_type != "ou":
            return self.relocation.after(live.dn)
        own = dn.parse(live.dn)
        return dn.build(own[:1] + dn.parse(self.relocation.after(dn.build(own[1:]))))

    def _path(self, text: str) -> str:
        """Return a container as people write it: relative to ``base_dn``."""
        base = dn.parse(self._view.base_dn)
        parsed = dn.parse(text)
        if dn.is_under(text, self._view.base_dn):
            parsed = parsed[: len(parsed) - len(base)]
            return "/".join(rdn.value.replace("/", "\\/") for rdn in reversed(parsed))
        return text

    def add_tokens(self, draft: Draft) -> None:
        """Say what a new place needs, and what leaving the old one sets free."""
        if self._flat:
            return
        if draft.op == "delete":
            draft.provides |= {
                ("free-dn", draft.directory, dn.key(draft.dn)),
                ("emptied", draft.directory, dn.key(dn.parent(draft.dn))),
            }
            if draft.object_type == "ou":
                draft.needs.add(("emptied", draft.directory, dn.key(draft.dn)))
        if draft.new_dn is None:
            return
        draft.needs.add(("container", draft.directory, dn.key(dn.parent(draft.new_dn))))
        draft.needs.add(("free-dn", draft.directory, dn.key(draft.new_dn)))
        if draft.object_type == "ou":
            draft.provides.add(("container", draft.directory, dn.key(draft.new_dn)))
        if draft.op == "move":
            draft.provides.add(("free-dn", draft.directory, dn.key(draft.dn)))
            draft.provides.add(("emptied", draft.directory, dn.key(dn.parent(draft.dn))))
