"""What a plan would take from those who have power over a directory, and to whom it would give such power.

A change of a protected object that its rule or declaration asks for is made; but disabling, deleting, moving and
renaming it, setting its password, and taking members from a group that gives power count for the guard ``protected``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from idcode.model.privileges import Privileges
from idcode.model.schema import MEMBERS
from idcode.model.values import Ref, Scalar
from idcode.plan.drafts import Draft

_HARMFUL = frozenset({"disable", "delete", "move"})
_LOGON = frozenset({"samaccountname", "userprincipalname"})


def weigh(
    drafts: Sequence[Draft], privileges: Callable[[str], Privileges], *, gains: bool, undoing: bool = False
) -> None:
    """Note in ``drafts`` what they take from the powerful and give to others.

    ``privileges`` is asked only for directories of which a draft may concern power; with ``gains`` also where it only
    adds members. Where drafts are ``undoing`` a run, taking members out of a group takes nothing that they had before.
    """
    for name in sorted({draft.directory for draft in drafts if _may_concern(draft, gains)}):
        known = privileges(name)
        mine = [draft for draft in drafts if draft.directory == name]
        giving = _giving_power(mine, known)
        for draft in mine:
            _weigh(draft, known, _target(draft) in giving, undoing)


def renames_logon(draft: Draft) -> bool:
    """Whether a name that people sign in with changes; giving one to an object that has none is no change."""
    return draft.op not in ("create", "restore") and any(
        name.lower() in _LOGON and lost(draft, name) for name in draft.attributes
    )


def lost(draft: Draft, name: str) -> tuple[Scalar, ...]:
    """Return the values of an attribute that are there before a draft and not after it."""
    change = draft.attributes[name]
    return change.remove or tuple(value for value in change.before if value not in change.after)


def leaving(draft: Draft) -> tuple[Scalar, ...]:
    """Return the members that a draft takes out of a group."""
    return tuple(value for name in draft.attributes if name in MEMBERS for value in lost(draft, name))


def joining(draft: Draft) -> tuple[Scalar, ...]:
    """Return the members that a draft puts into a group, those that it is created with included."""
    changes = (change for name, change in draft.attributes.items() if name in MEMBERS)
    return tuple(value for change in changes for value in (*change.add, *change.after) if value not in change.before)


def _may_concern(draft: Draft, gains: bool) -> bool:
    return _harms(draft) or bool(leaving(draft)) or (gains and bool(joining(draft)))


def _harms(draft: Draft) -> bool:
    there = draft.op not in ("create", "restore")
    return draft.op in _HARMFUL or renames_logon(draft) or (there and draft.password)


def _weigh(draft: Draft, known: Privileges, gives_power: bool, undoing: bool) -> None:
    own = {Ref(anchor) for anchor in known.own}
    if _harms(draft):
        draft.protected = _reason(draft.anchor, known)
        draft.harmed = bool(draft.protected)
    if gives_power:
        draft.gained = len(joining(draft))
        if leaving(draft) and not undoing:
            draft.harmed += len(leaving(draft))
            draft.protected = draft.protected or "its members have power over the directory"
    elif out := own.intersection(leaving(draft)):
        draft.harmed += len(out)
        draft.protected = draft.protected or "the account of idcode is a member of it"


def _reason(anchor: str | None, known: Privileges) -> str:
    if anchor in known.own:
        return "it is the account of idcode"
    return known.holders.get(anchor or "", "")


def _giving_power(drafts: Iterable[Draft], known: Privileges) -> Collection[str]:
    """Return the groups and roles whose members have power: those known for it, and those that come to it here."""
    groups = [draft for draft in drafts if draft.object_type in ("group", "role_assignment")]
    found = set(known.holders) | {_target(d) for d in groups if d.object_type == "role_assignment" or _is_for_roles(d)}
    grown = True
    while grown:
        nested = {
            value.target
            for draft in groups
            if _target(draft) in found
            for value in joining(draft)
            if isinstance(value, Ref)
        }
        grown = not nested <= found
        found |= nested
    return found


def _is_for_roles(draft: Draft) -> bool:
    change = draft.attributes.get("isAssignableToRole")
    return change is not None and change.after == (True,)


def _target(draft: Draft) -> str:
    return draft.anchor or draft.address
