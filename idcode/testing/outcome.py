"""What becomes of people's objects: as they are once the plan is applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idcode.model import dn
from idcode.model.addresses import Address, join_path, split_path
from idcode.model.desired import DesiredObject, Wanted
from idcode.model.plans import AttributeChange, Change, Plan
from idcode.model.records import LiveObject
from idcode.model.schema import Kind
from idcode.model.syntax import key, keys
from idcode.model.values import Ref, Scalar
from idcode.sync.context import Context
from idcode.sync.gather import DirectoryReading
from idcode.sync.identities import Identity
from idcode.sync.programs import Outbound

_APART = frozenset({"path", "enabled", "mark", "cn"})
"""What changes call attributes and directories keep elsewhere."""


@dataclass(frozen=True, slots=True)
class ObjectAfter:
    """An object after the plan. ``dn`` is ``None`` where there is none; references are anchors or addresses.

    ``state`` is one of those that tests can expect, ``reason`` says why it is left as it is or not there.
    """

    address: str
    state: str
    reason: str | None = None
    dn: str | None = None
    enabled: bool | None = None
    values: Mapping[str, tuple[Scalar, ...]] | None = None


class Outcome:
    """A plan as its result: objects and groups as they will be."""

    def __init__(self, context: Context, plan: Plan) -> None:
        self.context = context
        self.plan = plan
        self._wanted = {wanted.address.lower(): wanted for wanted in context.state.objects}

    def reading(self, rule: Outbound) -> DirectoryReading:
        """Return the directory of a rule as it was read."""
        return self.context.gathered.directories[rule.rule.directory]

    def object(self, identity: Identity, rule: Outbound) -> ObjectAfter:
        """Return the object of a person under a rule."""
        address = str(Address(identity.type, identity.key, rule.rule.directory, rule.name))
        live = identity.links.get(rule.name)
        living = live if live is not None and not live.deleted else None
        changes = self._changes(address)
        ops = {change.op for change in changes}
        frozen = next((item.reason for item in self.plan.frozen if item.address == address), None)
        held = next((item.reason for item in self.plan.held if item.address == address), None)
        if "delete" in ops:
            return ObjectAfter(address, "deleted")
        made = next((word for op, word in (("create", "created"), ("restore", "restored")) if op in ops), None)
        state = made or ("frozen" if frozen else "kept" if living else "absent")
        if living is None and made is None:
            return ObjectAfter(address, state, frozen or held or "out of scope, or not in a stage of the rule")
        reading = self.reading(rule)
        values = self._values(living, changes, reading)
        place = self._dn(living, changes, rule)
        values["cn"] = (dn.parse(place)[0].value,)
        enabled = living.enabled if living else None
        for change in changes:
            if "enabled" in change.attributes:
                enabled = bool(change.attributes["enabled"].after[0])
        return ObjectAfter(address, state, frozen or held, place, enabled, values)

    def shadow(self, found: ObjectAfter, rule: Outbound, name: str) -> tuple[Scalar, ...] | None:
        """Return what a shadow flow computes for an attribute; ``None`` where none does."""
        wanted = self._wanted.get(found.address.lower())
        value = wanted.attributes.get(name) if wanted else None
        if wanted is None or value is None or not (wanted.shadow or value.shadow):
            return None
        reading = self.reading(rule)
        held = self._held(wanted.live, name, reading)
        return _applied(held, value, reading.view.schema.kind(name)) if value.delta else value.values

    def members(self, group: str) -> frozenset[Scalar] | None:
        """Return the direct members of a declared group (an address); ``None`` where there will be no such group."""
        wanted = self._wanted.get(group.lower())
        if wanted is None:
            return None
        changes = self._changes(wanted.address)
        ops = {change.op for change in changes}
        if "delete" in ops or (wanted.live is None and "create" not in ops):
            return None
        reading = self.context.gathered.directories[wanted.directory]
        return frozenset(self._values(wanted.live, changes, reading).get("member", ()))

    def reference(self, found: ObjectAfter, identity: Identity, rule: Outbound) -> Ref:
        """Return how groups and attributes refer to an object."""
        live = identity.links.get(rule.name)
        return Ref(live.anchor if live is not None and found.state != "created" else found.address)

    def path(self, text: str, directory: str) -> str:
        """Return the container of a DN as a path; as a DN where it is none."""
        base = self.context.gathered.directories[directory].view.base_dn
        above = dn.parse(dn.parent(text))
        inside = above[: len(above) - len(dn.parse(base))]
        if not dn.is_under(dn.parent(text), base) or any(rdn.type.upper() != "OU" for rdn in inside):
            return dn.parent(text)
        return join_path(tuple(rdn.value for rdn in reversed(inside)))

    def named(self, value: Scalar, directory: str) -> str:
        """Return what tests call the object that a reference leads to: its address, or its path and name."""
        if not isinstance(value, Ref):
            return str(value)
        owner = self.context.owners.get((directory, value.target))
        if owner is not None:
            return str(Address(owner[0].type, owner[0].key, directory, owner[1].name))
        declared = next((w.address for w in self._wanted.values() if _is(w, directory, value.target)), None)
        live = self.context.gathered.directories[directory].view.objects.get(value.target)
        if declared is not None or live is None:
            return declared or value.target
        path = self.path(live.dn, directory)
        return live.dn if "=" in path else join_path((*split_path(path), dn.parse(live.dn)[0].value))

    def _changes(self, address: str) -> list[Change]:
        return [change for change in self.plan.changes if change.address == address]

    def _dn(self, living: LiveObject | None, changes: list[Change], rule: Outbound) -> str:
        moved = [change.new_dn for change in changes if change.new_dn is not None]
        if moved:
            return moved[-1]
        assert living is not None
        return self.context.containers[rule.rule.directory].relocated(living.dn)

    def _values(
        self, living: LiveObject | None, changes: list[Change], reading: DirectoryReading
    ) -> dict[str, tuple[Scalar, ...]]:
        names = living.attributes if living else ()
        values = {name: self._held(living, name, reading) for name in names}
        for change in changes:
            for name, part in change.attributes.items():
                if name not in _APART:
                    kind = reading.view.schema.kind(name)
                    values[name] = _applied(values.get(name, ()), part, kind) if part.delta else part.after
        return values

    def _held(self, live: LiveObject | None, name: str, reading: DirectoryReading) -> tuple[Scalar, ...]:
        found = live.get(name) if live is not None and not live.deleted else ()
        targets = ((value, reading.at(value.target) if isinstance(value, Ref) else None) for value in found)
        return tuple(Ref(target.anchor) if target else value for value, target in targets)


def _applied(held: tuple[Scalar, ...], part: AttributeChange | Wanted, kind: Kind) -> tuple[Scalar, ...]:
    gone, have = keys(part.remove, kind), keys(held, kind)
    left = tuple(value for value in held if key(value, kind) not in gone)
    return left + tuple(value for value in part.add if key(value, kind) not in have)


def _is(wanted: DesiredObject, directory: str, anchor: str) -> bool:
    return wanted.directory == directory and wanted.live is not None and wanted.live.anchor == anchor
