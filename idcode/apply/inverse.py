"""The inverse of one change that was carried out, given what its object is like now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from idcode.apply.names import Renames, same_dn
from idcode.apply.preconditions import PLACES, STATES, Comparison
from idcode.model import dn, syntax
from idcode.model.plans import AttributeChange, Change, Expect, Op, Phase, Reversibility, Target
from idcode.model.records import LiveObject
from idcode.model.schema import MEMBERS
from idcode.model.values import Scalar
from idcode.plan.encoding import change_key

SERVER_KEPT = frozenset(
    name.lower()
    for name in (
        "objectClass", "objectCategory", "instanceType", "cn", "ou", "name", "distinguishedName", "userAccountControl",
        "pwdLastSet", "badPwdCount", "badPasswordTime", "lastLogon", "lastLogoff", "lastLogonTimestamp", "logonCount",
        "lockoutTime", "primaryGroupID", "groupType", "sAMAccountType", "adminCount", "dSCorePropagationData",
        "operatorCount", "isDeleted", "isRecycled", "lastKnownParent", "nTSecurityDescriptor",
    )
)  # fmt: skip
"""Attributes that a restored object has of the server, or through its state, and that no restore writes.

They are kept by the tombstone or maintained by the server (MS-ADTS, 3.1.1.5.5.1.1 and 3.1.1.5.3.7; MS-SAMR, 3.1.1.8).
"""
ACCOUNT_FLAGS = "userAccountControl"
UAC_NOT_RESTORED = 0x10 | 0x20 | 0x40 | 0x800000
"""Flags of userAccountControl that no restored account gets: LOCKOUT, PASSWD_CANT_CHANGE and PASSWORD_EXPIRED are the
server's to tell, and with PASSWD_NOTREQD it could be enabled without a password (MS-ADTS, 2.2.16)."""
DOMAIN_USERS = 513
"""The primary group that accounts are restored into (MS-SAMR, 3.1.1.8.2)."""
ROLES = frozenset({"role_assignment", "app_role_assignment"})
_OPS: Mapping[Op, Op] = {"enable": "disable", "disable": "enable"}
_PHASES: Mapping[Phase, Phase] = {"disable": "enable", "enable": "disable", "release": "update"}


@dataclass
class Simulated:
    """An object while a run is undone on paper, last change first.

    ``now`` is the object as it was read (or as a restore brings it back); ``dn`` and ``values`` follow the inverses
    made so far.
    """

    now: LiveObject
    dn: str
    values: dict[str, tuple[Scalar, ...]] = field(default_factory=dict)

    def live(self) -> LiveObject:
        """Return the object as it will be once the inverses made so far are carried out."""
        attributes = {**self.now.attributes, **self.values}
        flags = {name: attributes.pop(name) for name in ("enabled", "protected") if name in attributes}
        enabled, protected = (
            flags[name] == (True,) if name in flags else found
            for name, found in (("enabled", self.now.enabled), ("protected", self.now.protected))
        )
        return replace(self.now, dn=self.dn, attributes=attributes, enabled=enabled, protected=protected)

    @property
    def without_password(self) -> bool:
        """Whether nobody has a password for the account: it came back from deletion, or was never handed one."""
        return self.now.needs_password or self.now.mark == "new"


@dataclass(frozen=True, slots=True)
class Undone:
    """The inverse of a change, ``None`` where nothing is left to undo, and what is not undone, with the reason."""

    change: Change | None = None
    held: tuple[str, ...] = ()


def invert(
    change: Change, before: LiveObject | None, state: Simulated | None, comparison: Comparison, *, in_part: bool
) -> Undone:
    """Return the inverse of ``change`` as it was carried out, ``in_part`` perhaps, on an object that was ``before``.

    What is no longer as the run left it belongs to somebody else by now and stays. ``state`` is ``None`` for an
    object that the directory does not keep any more, and is moved on to what the inverse leaves.
    """
    if change.op == "delete":
        return _restore(change, before, state, comparison)
    if state is None or state.now.deleted:
        gone = "the object was deleted since"
        return Undone() if change.op in ("create", "restore") else Undone(held=(gone,))
    if change.object_type in ROLES:
        # Nobody makes a role or deletes one: who has got it gives it back.
        change = replace(change, op="update", phase="link", attributes=_holders(change))
    if change.op in ("create", "restore"):
        return _delete(change, state, comparison, in_part)
    return _turn_back(change, before, state, comparison)


def _holders(change: Change) -> Mapping[str, AttributeChange]:
    return {
        name: item if item.delta else AttributeChange(add=item.after, delta=True, single=False)
        for name, item in change.attributes.items()
        if name == "members"
    }


def _delete(change: Change, state: Simulated, comparison: Comparison, in_part: bool) -> Undone:
    """Undo a creation. The object must still be as the run made it: what others put there is not theirs to lose.

    One that was made ``in_part`` need not have everything that it was to have.
    """
    live = state.live()
    # The flags of a restored account follow its state, which later changes of the run may have set.
    relied = {name: item for name, item in change.attributes.items() if name not in PLACES | STATES | {ACCOUNT_FLAGS}}
    if in_part:
        relied = {name: item for name, item in relied.items() if comparison.live(live, name) not in ((), (False,))}
    edited = [name for name, item in relied.items() if not _is_as_left(item, live, name, comparison)]
    if edited:
        return Undone(held=(f"changed since: {', '.join(edited)}; the object is not deleted",))
    expected = {name: item.after for name, item in relied.items() if not item.delta and name != "protected"}
    lift = {"protected": AttributeChange((True,), (False,))} if live.protected else {}
    undone = replace(
        _changed(change, state, "delete", "delete", lift),
        expect=Expect(comparison.place(state.now), None, expected),
        reversibility=Reversibility("restorable", None, "what others have added to it since goes with it"),
    )
    return Undone(undone)


def _restore(change: Change, before: LiveObject | None, state: Simulated | None, comparison: Comparison) -> Undone:
    """Undo a deletion, from the tombstone and the journal."""
    if before is None or state is None:
        return Undone(held=("the directory does not keep the deleted object any more",))
    if not state.now.deleted:
        return Undone(held=(f"somebody has restored it already, as {state.now.dn}",))
    attributes: dict[str, AttributeChange] = {}
    for name, values in sorted(before.attributes.items()):
        known = comparison.schema.find(name)
        # idcode's mark is not a value to bring back: without a password the account is marked as new.
        is_mark = before.mark is not None and values == (f"idcode:{before.mark}",)
        if name in MEMBERS and before.get("membershipRule"):
            continue  # they follow the rule again by themselves
        if known is not None and not known.read_only and name.lower() not in SERVER_KEPT and not is_mark:
            attributes[known.name] = AttributeChange(after=values, single=known.single)
    for name, flag in (("enabled", before.enabled), ("protected", before.protected or None)):
        if flag is not None:
            attributes[name] = AttributeChange(after=(flag,))
    is_user = change.object_type == "user"
    forgets = is_user and not comparison.schema.terms.keeps_passwords
    if is_user:
        attributes |= _account_flags(before)
    undone = replace(
        _changed(change, state, "restore", "containers" if change.object_type == "ou" else "create", attributes),
        expect=Expect(comparison.place(state.now)),
        new_dn=comparison.place(before),
        password=forgets and before.enabled is True,
        reversibility=Reversibility("reversible", None, _not_brought_back(before) if forgets else None),
    )
    back = replace(before, anchor=state.now.anchor)
    if forgets:
        mark: Literal["new"] | None = "new" if before.mark and not undone.password else None
        back = replace(back, mark=mark, needs_password=not undone.password)
    state.now, state.dn, state.values = back, before.dn, {}
    return Undone(undone)


def _not_brought_back(before: LiveObject) -> str:
    """Say what of an account is gone for good. Its primary group is: only a member can have one."""
    group = before.get("primaryGroupID")
    other = bool(group) and int(syntax.text_of(group[0])) != DOMAIN_USERS
    return "the former password is not brought back" + (", nor is its primary group" if other else "")


def _account_flags(before: LiveObject) -> dict[str, AttributeChange]:
    """Return what a restored account was besides its values: its flags, and whose it was to enable it."""
    found: dict[str, AttributeChange] = {}
    if flags := before.get(ACCOUNT_FLAGS):
        found[ACCOUNT_FLAGS] = AttributeChange(after=(int(syntax.text_of(flags[0])) & ~UAC_NOT_RESTORED,))
    if not before.enabled and before.mark is None:
        found["mark"] = AttributeChange()
    return found


def _turn_back(change: Change, before: LiveObject | None, state: Simulated, comparison: Comparison) -> Undone:
    """Undo an update, a move, an enabling or a disabling, attribute by attribute."""
    attributes: dict[str, AttributeChange] = {}
    held: list[str] = []
    live = state.live()
    old_dn = _old_dn(change, before, state, comparison.known.renames, held)
    for name, item in change.attributes.items():
        if name in PLACES:
            back = replace(item, before=item.after, after=item.before, why=None) if old_dn else None
        elif item.delta:
            back = _back_delta(item, live, name, comparison)
        else:
            back = _back_value(item, live, name, comparison, held)
        if back is not None:
            attributes[name] = back
            state.values[comparison.spelled(name)] = _afterwards(back, live, name, comparison)
    if not attributes and old_dn is None:
        return Undone(held=tuple(held))
    op: Op = _OPS.get(change.op, "move" if old_dn else "update")
    if op == "enable" and "enabled" in attributes and live.mark is None:
        held.append("it carries no mark of idcode's any more: somebody else may have locked it, and it stays disabled")
        del attributes["enabled"], state.values["enabled"]
        op = "update"
        if not attributes:
            return Undone(held=tuple(held))
    if change.op == "enable" and before is not None and before.mark != "disabled" and not change.password:
        attributes["mark"] = AttributeChange(("disabled",), (before.mark,) if before.mark else ())
    relied = {name: item.before for name, item in attributes.items() if not item.delta and name not in PLACES | STATES}
    if op == "enable" and live.mark is not None:
        relied["mark"] = (live.mark,)
    note = "the password that was set stays" if change.password else None
    undone = replace(
        _changed(change, state, op, _PHASES.get(change.phase, change.phase), attributes),
        expect=Expect(comparison.place(state.now), None, relied),
        new_dn=old_dn,
        password=op == "enable" and state.without_password,
        reversibility=Reversibility("reversible", None, note),
    )
    state.dn = old_dn or state.dn
    if undone.password:
        state.now = replace(state.now, needs_password=False, mark=None)
    return Undone(undone, tuple(held))


def _old_dn(
    change: Change, before: LiveObject | None, state: Simulated, renames: Renames, held: list[str]
) -> str | None:
    """Return the DN to move back to; ``None`` where the change moved nothing or the object is back already."""
    if change.new_dn is None or before is None or dn.parse(state.dn) == dn.parse(before.dn):
        return None
    if any(same_dn(state.dn, name) for name in (change.new_dn, renames.now(change.new_dn))):
        return before.dn
    held.append(f"it was moved since, to {state.dn}")
    return None


def _back_value(
    item: AttributeChange, live: LiveObject, name: str, comparison: Comparison, held: list[str]
) -> AttributeChange | None:
    kind = comparison.kind(name, item)
    if comparison.is_now(live, name, item.before, kind):
        return None
    if comparison.is_now(live, name, item.after, kind):
        return replace(item, before=item.after, after=item.before, why=None)
    now = comparison.shown(name, comparison.live(live, name))
    held.append(f"{name} was set to {comparison.shown(name, item.after)} and is {now} now")
    return None


def _back_delta(item: AttributeChange, live: LiveObject, name: str, comparison: Comparison) -> AttributeChange | None:
    kind = comparison.kind(name, item)
    present = comparison.live_keys(comparison.live(live, name), kind)
    remove = tuple(value for value in item.add if comparison.planned_keys((value,), kind) <= present)
    add = tuple(value for value in item.remove if not comparison.planned_keys((value,), kind) <= present)
    return replace(item, add=add, remove=remove, why=None) if add or remove else None


def _afterwards(back: AttributeChange, live: LiveObject, name: str, comparison: Comparison) -> tuple[Scalar, ...]:
    if not back.delta:
        return back.after
    kind = comparison.kind(name, back)
    gone = comparison.planned_keys(back.remove, kind)
    kept = tuple(value for value in comparison.live(live, name) if not comparison.live_keys((value,), kind) <= gone)
    return (*kept, *back.add)


def _is_as_left(item: AttributeChange, live: LiveObject, name: str, comparison: Comparison) -> bool:
    kind = comparison.kind(name)
    wanted = comparison.planned_keys(item.add if item.delta else item.after, kind)
    now = comparison.live_keys(comparison.live(live, name), kind)
    return wanted <= now if item.delta else wanted == now


def _changed(
    change: Change, state: Simulated, op: Op, phase: Phase, attributes: Mapping[str, AttributeChange]
) -> Change:
    """Return a change of the same object and id; what depends on what is the caller's to say."""
    return Change(
        id=change.id,
        key=change_key(change.directory, change.address, op, attributes),
        directory=change.directory,
        object_type=change.object_type,
        address=change.address,
        object=Target(state.now.anchor, state.now.dn, change.object.label),
        op=op,
        phase=phase,
        attributes=dict(attributes),
        expect=Expect(),
        scope=change.scope,
    )
