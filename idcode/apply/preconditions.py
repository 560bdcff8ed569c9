"""Whether a change may still be made: what it relied on, compared with what is there now (DESIGN.md, law 7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from idcode.apply.names import Known, References, dn_key, same_dn
from idcode.model import dn, syntax
from idcode.model.plans import AttributeChange, Change, Expect
from idcode.model.records import LiveObject
from idcode.model.schema import DirectorySchema, Kind
from idcode.model.values import Scalar

PLACES = frozenset({"path"})
"""Pseudo attributes that only explain a change of DN to people."""
STATES = frozenset({"enabled", "mark"})
"""Pseudo attributes that live objects always have, so that they need not be asked for.

``mark`` is idcode's own on a disabled account. Enabling relies on it; only a rollback changes it, where disabling
alone would not bring back the mark there was. It is written together with ``enabled``, and only then.
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """``go`` with ``change`` (without what is there already), or not: ``already`` done, or ``stale`` and why."""

    verdict: Literal["go", "already", "stale"]
    change: Change
    message: str | None = None


class Comparison:
    """Compares planned with live values of one directory, by its schema and with references resolved.

    ``redact`` names attributes, in any case, whose values no message shows.
    """

    def __init__(
        self, schema: DirectorySchema, known: Known, references: References, redact: Collection[str] = ()
    ) -> None:
        self.schema, self.known, self._references = schema, known, references
        self._redact = {name.lower() for name in redact}

    def shown(self, name: str, values: Iterable[Scalar]) -> str:
        """Return values of an attribute for a message."""
        found = tuple(values)
        return "(redacted)" if found and name.lower() in self._redact else shown(found)

    def live(self, live: LiveObject, name: str) -> tuple[Scalar, ...]:
        """Return the live values of an attribute or pseudo attribute, in any case of its name."""
        states = {"enabled": live.enabled, "protected": live.protected, "mark": live.mark}
        if name in states:
            state = states[name]
            return () if state is None else (state,)
        return live.get(self.spelled(name))

    def spelled(self, name: str) -> str:
        """Return the name of an attribute as the schema spells it; pseudo attributes are none of the schema's."""
        if name in STATES or name == "protected":
            return name  # Active Directory has an attribute Enabled, which is something else
        found = self.schema.find(name)
        return found.name if found else name

    def place(self, live: LiveObject) -> str | None:
        """Return where the object stands, for a change to rely on; ``None`` in a directory without a tree."""
        return live.dn if self.schema.terms.naming else None

    def planned_keys(self, values: Iterable[Scalar], kind: Kind) -> frozenset[object]:
        """Return the comparison keys of values of the plan."""
        return syntax.keys((self._references.planned(value) for value in values), kind)

    def live_keys(self, values: Iterable[Scalar], kind: Kind) -> frozenset[object]:
        """Return the comparison keys of values of the directory."""
        return syntax.keys((self._references.live(value) for value in values), kind)

    def kind(self, name: str, item: AttributeChange | None = None) -> Kind:
        """Return how to compare ``name``; exactly, where the change itself is one of spelling only."""
        kind = Kind.BOOLEAN if name in ("enabled", "protected") else self.schema.kind(name)
        replaces = item is not None and not item.delta and kind in (Kind.TEXT, Kind.ADDRESS)
        if item and replaces and self.planned_keys(item.before, kind) == self.planned_keys(item.after, kind):
            return Kind.EXACT
        return kind

    def is_now(self, live: LiveObject, name: str, values: Iterable[Scalar], kind: Kind) -> bool:
        """Whether the live attribute has exactly the planned ``values``."""
        return self.live_keys(self.live(live, name), kind) == self.planned_keys(values, kind)

    def was_left(self, live: LiveObject, name: str, kind: Kind) -> bool:
        """Whether the live attribute is as this run's own last write to the object left it."""
        left = self.known.left.get(live.anchor, {}).get(self.spelled(name))
        return left is not None and self.live_keys(self.live(live, name), kind) == self.live_keys(left, kind)

    def remember(self, change: Change, live: LiveObject) -> None:
        """Note the values that ``change`` wrote to the object, which ``live`` is as it was read back.

        Of values added and removed nothing is noted: the others of such an attribute are not this run's.
        """
        names = {name for name, item in change.attributes.items() if not item.delta} - PLACES
        if change.op in ("create", "restore", "enable", "disable"):
            names |= STATES
        left = self.known.left[live.anchor]
        for name in names:
            # References as anchors: a later change of this run may rename what they point to.
            left[self.spelled(name)] = tuple(self._references.live(value) for value in self.live(live, name))

    def recall(self, change: Change, anchor: str) -> None:
        """Note the values that ``change`` wrote to the object, which were read back by an earlier process."""
        for name, item in change.attributes.items():
            if not item.delta and name not in PLACES:
                values = tuple(self._references.planned(value) for value in item.after)
                self.known.left[anchor][self.spelled(name)] = values


def decide(change: Change, live: LiveObject | None, comparison: Comparison) -> Decision:
    """Compare a change with its object as it is now (``None``: gone).

    A create has nothing to compare: the directory itself refuses a name that is taken. Its writes, like all others,
    are refused rather than forced.
    """
    if change.op == "create":
        return Decision("go", change)
    if live is None or (live.deleted and change.op != "restore"):
        if change.op == "delete":
            return Decision("already", change, "it is gone already")
        return Decision("stale", change, "the object is gone")
    if change.op == "restore" and not live.deleted:
        return Decision("stale", change, f"the object is not deleted any more, it is at {live.dn}")
    if broken := _broken_expectation(change, live, comparison):
        return Decision("stale", change, broken)
    if change.op in ("delete", "restore"):
        # A restore writes all it wants: what a deleted object still shows need not survive its return.
        return Decision("go", _as_of_now(change, live, change.attributes, comparison))
    return _what_is_left(change, live, comparison)


def why_not_again(change: Change, live: LiveObject | None, comparison: Comparison) -> str | None:
    """Return why the rest of a change may not be sent of which something was written; ``None`` where it may.

    ``change`` is as it was planned: each of its values may be the former or the wanted one by now.
    """
    if change.op == "delete" and (live is None or live.deleted):
        return None
    if live is None or live.deleted:
        return "the object is gone"
    if change.op in ("create", "restore"):
        return None
    decision = decide(change, live, comparison)
    return decision.message if decision.verdict == "stale" else None


def _broken_expectation(change: Change, live: LiveObject, comparison: Comparison) -> str | None:
    """Return what the change relied on and is no longer so, other than the values it replaces."""
    expect = change.expect
    if expect.dn is not None and not _name_is_right(change, live, comparison):
        return f"it was at {expect.dn} when it was planned and is at {live.dn} now"
    attributes = {name: values for name, values in expect.attributes.items() if name not in change.attributes}
    if expect.enabled is not None and "enabled" not in change.attributes:
        attributes["enabled"] = (expect.enabled,)
    if change.op == "enable" and _is_enabled(change, live):
        attributes.pop("mark", None)  # nothing is left to do for which the mark would have to be idcode's
    for name, values in attributes.items():
        kind = comparison.kind(name)
        if not comparison.is_now(live, name, values, kind) and not comparison.was_left(live, name, kind):
            now = comparison.shown(name, comparison.live(live, name))
            named = "idcode's mark" if name == "mark" else name
            return f"{named} was {comparison.shown(name, values)} when it was planned and is {now} now"
    if change.op == "enable" and not live.enabled and live.needs_password and not change.password:
        return "it has no password now"
    return None


def _is_enabled(change: Change, live: LiveObject) -> bool:
    return live.enabled is True and not (change.password and live.needs_password)


def _name_is_right(change: Change, live: LiveObject, comparison: Comparison) -> bool:
    planned = change.expect.dn or ""
    names = (planned, comparison.known.renames.now(planned), change.new_dn or planned)
    return any(same_dn(live.dn, name) for name in names)


def is_in_place(change: Change, live: LiveObject) -> bool:
    """Whether the object has the name that the change gives it; ``True`` where it gives none."""
    if change.new_dn is None:
        return True
    if change.expect.dn is not None and same_dn(change.expect.dn, change.new_dn) and dn_key(live.dn):
        return dn.parse(live.dn)[0].value == dn.parse(change.new_dn)[0].value
    return same_dn(live.dn, change.new_dn)


def _what_is_left(change: Change, live: LiveObject, comparison: Comparison) -> Decision:
    """Leave out what is there already; what is neither as planned nor as wanted makes the change stale."""
    left: dict[str, AttributeChange] = {}
    together = {"mark"} if "enabled" in change.attributes else set()
    for name, item in change.attributes.items():
        if name in PLACES | together:
            continue
        kind = comparison.kind(name, item)
        if item.delta:
            if kind is Kind.ADDRESS and (other := _other_primary(item, comparison.live(live, name))):
                now = comparison.shown(name, other)
                return Decision("stale", change, f"{name} has another primary address now, {now}")
            rest = _rest_of_delta(item, comparison.live_keys(comparison.live(live, name), kind), comparison, kind)
            if rest.add or rest.remove:
                left[name] = rest
        elif not comparison.is_now(live, name, item.after, kind):
            before = change.expect.attributes.get(name, item.before)
            if not comparison.is_now(live, name, before, kind):
                if not comparison.was_left(live, name, kind):
                    return Decision("stale", change, _three_values(name, before, live, item, comparison))
                item = replace(item, before=comparison.live(live, name))
            left[name] = item
    if "enabled" in left:
        left.update({name: change.attributes[name] for name in together & change.attributes.keys()})
    in_place = is_in_place(change, live)
    if in_place and not left and not (change.password and live.needs_password):
        return Decision("already", change, "it has the wanted values already")
    if not in_place:
        left.update({name: item for name, item in change.attributes.items() if name in PLACES})
    return Decision("go", _as_of_now(change, live, left, comparison))


def _other_primary(item: AttributeChange, live: Iterable[Scalar]) -> tuple[Scalar, ...]:
    """Return the primary address that somebody set meanwhile, where the change would set one beside it."""
    if not any(syntax.is_primary(value) for value in item.add):
        return ()
    planned = syntax.keys((*item.remove, *item.add), Kind.ADDRESS)
    return tuple(value for value in live if syntax.is_primary(value) and syntax.key(value, Kind.ADDRESS) not in planned)


def _rest_of_delta(
    item: AttributeChange, present: frozenset[object], comparison: Comparison, kind: Kind
) -> AttributeChange:
    add = tuple(value for value in item.add if not comparison.planned_keys((value,), kind) <= present)
    remove = tuple(value for value in item.remove if comparison.planned_keys((value,), kind) <= present)
    return replace(item, add=add, remove=remove)


def _as_of_now(
    change: Change, live: LiveObject, attributes: Mapping[str, AttributeChange], comparison: Comparison
) -> Change:
    """Return the change as it will be sent: it relies on what was read a moment ago."""
    expected = {name: comparison.live(live, name) for name in change.expect.attributes}
    expect = Expect(comparison.place(live), live.enabled, expected)
    return replace(change, attributes=dict(attributes), expect=expect, object=replace(change.object, dn=live.dn))


def _three_values(
    name: str, before: tuple[Scalar, ...], live: LiveObject, item: AttributeChange, comparison: Comparison
) -> str:
    was, wanted, now = (comparison.shown(name, values) for values in (before, item.after, comparison.live(live, name)))
    return f"{name} was {was} when it was planned, should become {wanted}, and is {now} now"


def shown(values: Iterable[Scalar], limit: int = 100) -> str:
    """Return values for a message, cut to about ``limit`` characters."""
    text = ", ".join(repr(value) if isinstance(value, str) else syntax.text_of(value) for value in values) or "absent"
    return text if len(text) <= limit else text[:limit] + "…"
