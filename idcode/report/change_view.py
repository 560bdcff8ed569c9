"""One change as the texts that a reviewer reads, the same for text, Markdown and HTML."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from idcode.model import dn
from idcode.model.addresses import Address
from idcode.model.plans import AttributeChange, Change, Reversibility
from idcode.report.marks import MARKS, Mark
from idcode.report.risks import added, removed, risks_of
from idcode.report.visible import visible
from idcode.report.wording import NEW_PASSWORD, NONE, Listing, Values, moment, number, plural, reason


@dataclass(frozen=True, slots=True)
class AttributeView:
    """One attribute. Either ``before`` → ``after`` (``before`` is ``None`` for new objects), or values by sign.

    ``kept`` counts the values that stay, where that is known.
    """

    name: str
    why: str
    before: str | None = None
    after: str = NONE
    removed: Listing = Listing()
    added: Listing = Listing()
    kept: int = 0

    @property
    def counts(self) -> str:
        """Describe a list of values in numbers; "" for a plain value."""
        if not self.removed and not self.added:
            return ""
        parts = [f"{number(len(self.removed))} removed"] if self.removed else []
        parts += [f"{number(len(self.added))} added"] if self.added else []
        parts += [f"{number(self.kept)} kept"] if self.kept else []
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change. ``place`` is directory and rule; ``undo`` says what rollback cannot do, "" where it can."""

    mark: Mark
    verb: str
    address: str
    place: str
    object_type: str
    label: str
    dn: str
    new_dn: str
    attributes: tuple[AttributeView, ...]
    password: str
    why: str
    undo: str
    risky: bool


def parse_address(text: str, directories: Collection[str]) -> Address | None:
    """Read an address; ``None`` for a text that is none, which is then shown as it is."""
    try:
        return Address.parse(text, directories)
    except ValueError:
        return None


def view_change(change: Change, address: Address | None, values: Values, limit: int | None) -> ChangeView:
    """Word one change; lists are folded after ``limit`` values."""
    rule = address.rule if address else None
    own_rule = address.rule or address.key if address else None
    return ChangeView(
        mark=MARKS[change.op],
        verb=_verb(change),
        address=visible(change.address),
        place=visible(f"{change.directory}/{rule}" if rule else change.directory),
        object_type=change.object_type,
        label=visible(change.object.label),
        dn=visible(change.object.dn),
        new_dn=visible(change.new_dn) if change.new_dn and change.new_dn != change.object.dn else "",
        attributes=tuple(
            view_attribute(name, attribute, values, limit, rule=own_rule, is_new=change.op in ("create", "restore"))
            for name, attribute in change.attributes.items()
        ),
        password=NEW_PASSWORD if change.password else "",
        why=reason(change.why, own_rule),
        undo=undo_note(change.reversibility),
        risky=any(risks_of(change)),
    )


def view_attribute(
    name: str,
    change: AttributeChange,
    values: Values,
    limit: int | None,
    *,
    rule: str | None = None,
    is_new: bool = False,
) -> AttributeView:
    """Word one attribute; ``is_new`` leaves out the before side of objects that are only now made."""
    why = reason(change.why, rule, hide_note=values.hides(name))
    shown = visible(name)
    lost, gained = removed(change), added(change)
    if (lost or gained) and (change.delta or len(change.before) > 1 or len(change.after) > 1):
        return AttributeView(
            shown,
            why,
            removed=values.many(name, lost, limit),
            added=values.many(name, gained, limit),
            kept=0 if change.delta else len(change.before) - len(lost),
        )
    before = None if is_new and not change.before else values.joined(name, change.before)
    return AttributeView(shown, why, before=before, after=values.joined(name, change.after))


def undo_note(reversibility: Reversibility) -> str:
    """Say what rollback can do about a change that is not simply reversible; "" otherwise."""
    note = f": {visible(reversibility.note)}" if reversibility.note else ""
    if reversibility.kind == "irreversible":
        return f"cannot be undone{note}"
    until = f" until {moment(reversibility.until)}" if reversibility.until else ""
    if reversibility.kind == "restorable":
        return f"can be restored{until}{note}"
    return f"can be undone, with a limit{note}" if note else ""


def ops_line(changes: Collection[ChangeView]) -> str:
    """Name the operations of several changes, each once."""
    return ", ".join(dict.fromkeys(change.verb for change in changes)) or plural(0, "change")


def _verb(change: Change) -> str:
    """Tell a rename from a move by comparing the DN's parts; the operation itself is the same."""
    if change.op != "move" or not change.new_dn:
        return MARKS[change.op].verb
    try:
        old, new = dn.key(change.object.dn), dn.key(change.new_dn)
    except ValueError:
        return "move"
    if old[1:] == new[1:]:
        return "rename"
    return "move" if old[:1] == new[:1] else "move and rename"
