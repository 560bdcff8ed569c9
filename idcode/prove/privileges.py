"""Who has the rights of an administrator, through however many groups, and whether a plan changes that by the way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from idcode.model import dn
from idcode.model.plans import Change
from idcode.model.privileges import is_privileged_group, sid_of
from idcode.model.records import LiveObject
from idcode.model.values import Ref

_GUARD_OF = {"becomes": "privileged_gain", "is no longer": "protected"}


class Privileges:
    """Follows the effective membership of the privileged groups of one directory.

    A change of such a group itself stands in the plan by that group's name, where a reviewer sees it. What this finds
    is everything else that makes somebody an administrator, or takes it away: a change of a group that is nested in
    one, or the deletion of a member. Unless somebody said so: ``named`` are the guards that were overridden, each with
    its scope.
    """

    def __init__(self, objects: Iterable[LiveObject], named: Collection[tuple[str, str]] = ()) -> None:
        self._named = frozenset(named)
        known = {live.anchor: live for live in objects if not live.deleted}
        self._privileged = {anchor: live for anchor, live in known.items() if _is_privileged(live)}
        self._members = _memberships(known)
        self._known = set(known)
        self._before = self._administrators()

    def after(
        self, changes: Sequence[Change], anchors: Mapping[str, str], now: Mapping[str, LiveObject]
    ) -> Iterator[tuple[Change, str]]:
        """Yield each of ``changes`` that makes or unmakes an administrator by the way, and what it does."""
        if not self._privileged:
            return
        touching = [change for change in changes if change.object_type == "group" or change.op in ("delete", "restore")]
        if not touching:
            return
        by_dn = {dn.key(live.dn): anchor for anchor, live in now.items() if not live.deleted}
        groups = {anchors[change.id] for change in touching if change.object_type == "group"}
        self._known |= set(by_dn.values())
        self._take_in(groups & self._privileged.keys(), now, by_dn)
        self._before = self._administrators()  # what a privileged group's own change brings about is in plain sight
        self._known = set(by_dn.values())
        self._take_in(groups - self._privileged.keys(), now, by_dn)
        found = self._administrators()
        changed: dict[tuple[str, str], list[str]] = {}
        for anchor, group in self._privileged.items():
            for word, members in (
                ("becomes", found[anchor] - self._before[anchor]),
                ("is no longer", self._before[anchor] - found[anchor]),
            ):
                for member in members:
                    changed.setdefault((member, word), []).append(_name(group))
        # By name: new objects have other anchors in every proof, and the same plan has the same findings (law 11).
        called = {member: _name(now[member]) if member in now else member for member, _ in changed}
        for (member, word), names in sorted(changed.items(), key=lambda item: (called[item[0][0]], item[0][1])):
            cause = self._cause(touching, anchors, member)
            if (_GUARD_OF[word], cause.scope) not in self._named:
                yield cause, f"{called[member]} {word} a member of {', '.join(sorted(names))} by way of it"
        self._before = found

    def _take_in(
        self, groups: Iterable[str], now: Mapping[str, LiveObject], by_dn: Mapping[tuple[tuple[str, str], ...], str]
    ) -> None:
        for anchor in groups:
            live = now.get(anchor)
            if live is not None and not live.deleted:
                self._members[anchor] = _members(live, by_dn)

    def _cause(self, touching: Sequence[Change], anchors: Mapping[str, str], member: str) -> Change:
        """Return the change that did it: of the object itself, else of the group the member is in now."""
        for change in touching:
            if anchors[change.id] == member or member in self._reach(anchors[change.id]):
                return change
        return touching[0]

    def _administrators(self) -> dict[str, frozenset[str]]:
        return {anchor: self._reach(anchor) for anchor in self._privileged}

    def _reach(self, group: str) -> frozenset[str]:
        """Return the living objects that are no groups and in ``group`` through any number of groups."""
        seen, todo = {group}, [group]
        while todo:
            for member in self._members.get(todo.pop(), ()):
                if member not in seen and member in self._known:
                    seen.add(member)
                    todo.append(member)
        return frozenset(seen - self._members.keys())


def _name(live: LiveObject) -> str:
    """Return what an object is called; the name of a deleted one has more than one line (MS-ADTS 3.1.1.5.5.1.1)."""
    return dn.parse(live.dn)[0].value.partition("\n")[0]


def _is_privileged(live: LiveObject) -> bool:
    return live.object_type == "group" and is_privileged_group(sid_of(live))


def _memberships(known: Mapping[str, LiveObject]) -> dict[str, frozenset[str]]:
    by_dn = {dn.key(live.dn): anchor for anchor, live in known.items()}
    return {anchor: _members(live, by_dn) for anchor, live in known.items() if live.object_type == "group"}


def _members(live: LiveObject, by_dn: Mapping[tuple[tuple[str, str], ...], str]) -> frozenset[str]:
    found = (by_dn.get(dn.key(value.target)) for value in live.get("member") if isinstance(value, Ref))
    return frozenset(anchor for anchor in found if anchor)
