"""The difference between what is there and what should be, as drafts of changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from idcode.model.desired import DesiredObject, DirectoryView, Wanted
from idcode.model.plans import AttributeChange, Expect, Op, Phase, Reversibility, Why
from idcode.model.records import LiveObject
from idcode.model.schema import AUTHORITY, Kind
from idcode.model.syntax import key, keys, same, unique_key
from idcode.model.values import Ref, Scalar
from idcode.plan.drafts import Draft, Token
from idcode.plan.places import Places

WhyFunction = Callable[[str, str], Why | None]
BORN_WITH_LINKS = frozenset({"role_assignment", "app_role_assignment"})
"""Objects that are nothing but links: they wait for what these lead to."""
_RULE = "membershipRule"
"""What decides who is in a group of a tenant, instead of anybody who adds members."""
_SINGLE_PSEUDO = frozenset({"path", "enabled", "mark", "protected", "category", "scope"})


class Differ:
    """Compares the desired objects of one directory with the live ones.

    ``why`` gives the reason for an attribute of an address; ``forest`` tells in which realm forest-wide values are
    unique.
    """

    def __init__(self, view: DirectoryView, objects: Iterable[DesiredObject], forest: str, why: WhyFunction) -> None:
        self.view = view
        self.forest = forest
        self.why = why
        self.objects = list(objects)
        self.places = Places(view, self.objects)
        self._members = view.schema.terms.members

    def drafts(self, wanted: DesiredObject) -> list[Draft]:
        """Return the drafts that bring one object to what it should be; none where it already is."""
        if wanted.action == "delete":
            return [self._delete(wanted)]
        if wanted.action in ("create", "restore"):
            return self._create(wanted)
        parts = [self._enabling(wanted), *self._updates(wanted), self._move(wanted)]
        found = [draft for draft in parts if draft is not None]
        return self._convert(wanted, found)

    def _convert(self, wanted: DesiredObject, others: list[Draft]) -> list[Draft]:
        """Change who masters an object by a change of its own: first where it is taken over, last where given back."""
        value = wanted.attributes.get(AUTHORITY)
        change = None if value is None or value.shadow or wanted.shadow else self._attribute(wanted, AUTHORITY, value)
        if change is None:
            return others
        taken = keys(change.after, Kind.BOOLEAN) == {True}
        draft = self._draft(wanted, "update", "release" if taken else "update")
        draft.attributes[AUTHORITY] = change
        draft.expect = Expect(draft.expect.dn, None, {**draft.expect.attributes, AUTHORITY: change.before})
        for other in others:
            if taken:
                other.needs.add(("mastered", wanted.address))
                relied = {**other.expect.attributes, AUTHORITY: change.after}
                other.expect = Expect(other.expect.dn, other.expect.enabled, relied)
            else:
                other.provides.add(("written", wanted.address))
        draft.provides.add(("mastered", wanted.address))
        draft.needs.add(("written", wanted.address))
        return [draft, *others]

    def shadow(self, wanted: DesiredObject) -> dict[str, AttributeChange]:
        """Return what the shadow flows (or the whole shadow object) would change."""
        found = {}
        for name, value in wanted.attributes.items():
            if value.shadow or wanted.shadow:
                change = self._attribute(wanted, name, value)
                if change is not None:
                    found[name] = change
        return found

    def _draft(self, wanted: DesiredObject, op: Op, phase: Phase) -> Draft:
        live = wanted.live
        text = live.dn if live else self.places.target(wanted) or wanted.label
        changed = wanted.attributes.keys()
        relied = {name: values for name, values in wanted.relied.items() if name not in changed}
        expect = Expect(self.places.expected(live), None, relied) if live else Expect()
        return Draft(
            wanted.directory,
            wanted.object_type,
            wanted.address,
            wanted.label,
            live.anchor if live else None,
            text,
            op,
            phase,
            wanted.scope,
            expect=expect,
        )

    def _create(self, wanted: DesiredObject) -> list[Draft]:
        op: Op = "restore" if wanted.action == "restore" else "create"
        draft = self._draft(wanted, op, "containers" if wanted.object_type == "ou" else "create")
        draft.new_dn, draft.password = self.places.target(wanted), wanted.password
        draft.why = self.why(wanted.address, "")
        draft.expect = Expect()
        later = self._draft(wanted, "update", "link")
        later.anchor, later.expect = None, Expect()
        for name, value in wanted.attributes.items():
            values = value.add if value.delta else value.values
            if value.shadow or not values:
                continue
            created = {v for v in values if isinstance(v, Ref) and ":" in v.target}
            if wanted.object_type in BORN_WITH_LINKS:
                draft.needs |= {("object", v.target) for v in created}
                created = set()
            now = tuple(v for v in values if v not in created)
            reason = self.why(wanted.address, name)
            if now:
                draft.attributes[name] = AttributeChange(after=now, single=self._single(name), why=reason)
            if created:
                self._add_late(later, name, tuple(v for v in values if v in created), value.delta, reason)
        if wanted.object_type == "user":
            why = self.why(wanted.address, "enabled")
            draft.attributes["enabled"] = AttributeChange(after=(bool(wanted.enabled),), why=why)
        draft.provides |= {("object", wanted.address)}
        self._place_tokens(draft)
        if not later.attributes:
            return [draft]
        later.needs.add(("object", wanted.address))
        later.dn = draft.new_dn or draft.dn
        return [draft, later]

    def _add_late(self, draft: Draft, name: str, values: tuple[Scalar, ...], delta: bool, why: Why | None) -> None:
        """References to objects of this very plan are written once those exist."""
        if delta:
            draft.attributes[name] = AttributeChange(add=values, delta=True, single=False, why=why)
        else:
            draft.attributes[name] = AttributeChange(after=values, single=self._single(name), why=why)
        draft.needs |= {("object", v.target) for v in values if isinstance(v, Ref)}

    def _place_tokens(self, draft: Draft) -> None:
        """What a new place and new unique values need, and what leaving the old ones sets free."""
        self.places.add_tokens(draft)
        for name, change in draft.attributes.items():
            for token in self._tokens(name, change.remove if change.delta else change.before):
                draft.provides.add(token)
            for token in self._tokens(name, change.add if change.delta else change.after):
                draft.needs.add(token)
        draft.needs -= {token for token in draft.provides if token[0] in ("free", "free-dn")}

    def _tokens(self, name: str, values: Iterable[Scalar]) -> list[Token]:
        attribute = self.view.schema.find(name)
        if attribute is None or attribute.unique in (None, "container"):
            return []
        realm = self.forest if attribute.unique == "forest" else self.view.name
        return [("free", realm, attribute.name, unique_key(value, attribute.kind)) for value in values]

    def _single(self, name: str) -> bool:
        attribute = self.view.schema.find(name)
        return attribute.single if attribute else name in _SINGLE_PSEUDO

    def _delete(self, wanted: DesiredObject) -> Draft:
        draft = self._draft(wanted, "delete", "delete")
        draft.why = self.why(wanted.address, "")
        live = wanted.live
        assert live is not None
        self.places.add_tokens(draft)
        for name, values in live.attributes.items():
            draft.provides.update(self._tokens(name, values))
        lost = wanted.object_type == "user" and not self.view.schema.terms.keeps_passwords
        password = "; a password is not brought back" if lost else ""
        draft.reversibility = Reversibility(
            "restorable", None, "as long as the directory keeps deleted objects" + password
        )
        return draft

    def _enabling(self, wanted: DesiredObject) -> Draft | None:
        live = wanted.live
        if wanted.enabled is None or live is None or live.enabled == wanted.enabled or wanted.shadow:
            return None
        op: Op = "enable" if wanted.enabled else "disable"
        draft = self._draft(wanted, op, "enable" if wanted.enabled else "disable")
        why = self.why(wanted.address, "enabled")
        before = () if live.enabled is None else (live.enabled,)
        draft.attributes["enabled"] = AttributeChange(before, (wanted.enabled,), why=why)
        relied = dict(draft.expect.attributes)
        if wanted.enabled and live.mark is not None:
            # An account is given back to somebody only as long as it carries idcode's own mark.
            relied["mark"] = (live.mark,)
        draft.expect = Expect(draft.expect.dn, live.enabled, relied)
        draft.password = wanted.password and wanted.enabled
        if draft.password:
            draft.reversibility = Reversibility("reversible", None, "the former password is not brought back")
        return draft

    def _updates(self, wanted: DesiredObject) -> list[Draft]:
        """Split the changed attributes into phases: losses of membership, updates, and late references."""
        update = self._draft(wanted, "update", "containers" if wanted.object_type == "ou" else "update")
        release = self._draft(wanted, "update", "release")
        link = self._draft(wanted, "update", "link")
        moved = self._draft(wanted, "update", "release")
        for name, value in wanted.attributes.items():
            change = None if value.shadow or wanted.shadow else self._attribute(wanted, name, value)
            if change is None or name == AUTHORITY:
                continue
            if name == self._members:
                self._split_members(wanted, change, release, link, moved)
            elif any(isinstance(v, Ref) and ":" in v.target for v in (*change.after, *change.add)):
                link.attributes[name] = change
                link.needs |= {("object", v.target) for v in (*change.after, *change.add) if isinstance(v, Ref)}
            elif wanted.object_type == "user" and self._gives_back(name, change):
                release.attributes[name] = change
                # Whoever gets licences by a group from now on loses their own only then.
                release.needs.add(("gained", Ref(wanted.live.anchor if wanted.live else "")))
            else:
                update.attributes[name] = change
        if _RULE in update.attributes:
            self._keep_members(update, (release, link, moved))
        found = [draft for draft in (release, update, link, moved) if draft.attributes]
        for draft in found:
            before = {n: c.before for n, c in draft.attributes.items() if not c.delta}
            draft.expect = Expect(draft.expect.dn, None, {**draft.expect.attributes, **before})
            self._place_tokens(draft)
        return found

    def _gives_back(self, name: str, change: AttributeChange) -> bool:
        """Whether licences are only taken away: the units may be what others wait for."""
        kind = self.view.schema.kind(name)
        gained = change.add if change.delta else change.after
        return kind is Kind.LICENCE and not keys(gained, kind) - keys(change.before, kind)

    def _keep_members(self, update: Draft, others: Sequence[Draft]) -> None:
        """Write the members of what loses its rule in one change with that: they can be written only after it."""
        parts = [draft.attributes.pop(self._members) for draft in others if self._members in draft.attributes]
        if parts:
            add = tuple(value for part in parts for value in part.add)
            remove = tuple(value for part in parts for value in part.remove)
            update.attributes[self._members] = replace(parts[0], add=add, remove=remove)
            update.needs |= {("object", v.target) for v in add if isinstance(v, Ref)}
            update.provides |= {("gained", v) for v in add}

    def _split_members(
        self, wanted: DesiredObject, change: AttributeChange, release: Draft, link: Draft, moved: Draft
    ) -> None:
        """Who only leaves goes first, who is new comes in, who changes groups leaves the old one last."""
        leaving = tuple(value for value in change.remove if value not in wanted.movers)
        moving = tuple(value for value in change.remove if value in wanted.movers)

        def part(add: tuple[Scalar, ...] = (), remove: tuple[Scalar, ...] = ()) -> AttributeChange:
            return AttributeChange(add=add, remove=remove, delta=True, single=False, why=change.why)

        if leaving:
            release.attributes[self._members] = part(remove=leaving)
        if change.add:
            link.attributes[self._members] = part(add=change.add)
            link.needs |= {("object", v.target) for v in change.add if isinstance(v, Ref)}
            link.provides |= {("gained", v) for v in change.add}
        if moving:
            moved.attributes[self._members] = part(remove=moving)
            moved.needs |= {("gained", v) for v in moving}

    def _attribute(self, wanted: DesiredObject, name: str, value: Wanted) -> AttributeChange | None:
        """Return the change of one attribute, ``None`` where live and wanted values are the same."""
        kind = Kind.EXACT if value.exact else self.view.schema.kind(name)
        if wanted.live is not None and not wanted.live.deleted and not self.view.knows(wanted.live, name):
            return None  # what it is now is not known
        held = self.held(wanted.live, name)
        why = None
        if value.delta:
            have = keys(held, kind)
            add = tuple(v for v in value.add if key(v, kind) not in have)
            remove = tuple(v for v in value.remove if key(v, kind) in have)
            if add or remove:
                why = self.why(wanted.address, name)
                return AttributeChange(add=add, remove=remove, delta=True, single=False, why=why)
            return None
        if same(held, value.values, kind):
            return None
        return AttributeChange(held, value.values, single=self._single(name), why=self.why(wanted.address, name))

    def held(self, live: LiveObject | None, name: str) -> tuple[Scalar, ...]:
        """Return the live values of an attribute; references as anchors where the object was read."""
        if live is None or live.deleted:
            return ()
        if name == "protected":
            return () if live.protected is None else (live.protected,)
        if name == "mark":
            return () if live.mark is None else (live.mark,)
        values = live.get(name)
        if self.view.schema.kind(name) is not Kind.REFERENCE:
            return values
        return tuple(self._anchored(value) for value in values)

    def _anchored(self, value: Scalar) -> Scalar:
        if not isinstance(value, Ref) or "=" not in value.target:
            return value
        live = self.places.at(value.target)
        return Ref(live.anchor) if live else value

    def _move(self, wanted: DesiredObject) -> Draft | None:
        step = None if wanted.shadow else self.places.move(wanted)
        if step is None:
            return None
        draft = self._draft(wanted, "move", "containers" if wanted.object_type == "ou" else "move")
        draft.new_dn = step.target
        for name, (before, after) in step.shown.items():
            draft.attributes[name] = AttributeChange((before,), (after,), why=self.why(wanted.address, name))
        self._place_tokens(draft)
        return draft
