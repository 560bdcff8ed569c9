"""What a plan says besides its changes: tripped guards, findings, and objects it shows without touching them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from idcode.model.diagnostics import Diagnostic
from idcode.model.plans import Change, GuardResult, Plan, Reported
from idcode.model.schema import MEMBERS
from idcode.report.change_view import AttributeView, view_attribute
from idcode.report.risks import added, risks_of
from idcode.report.visible import visible
from idcode.report.wording import Listing, Values, number, plural

_FEW = 3
_SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class GuardView:
    """A guard that did not simply pass. ``override`` is the option that lets it through, "" where there is none."""

    status: str
    headline: str
    meaning: str
    message: str
    first: Listing
    override: str


@dataclass(frozen=True, slots=True)
class FindingsView:
    """Diagnostics of one code: how many, and the first."""

    severity: str
    code: str
    count: int
    first: tuple[tuple[str, str, str, str], ...]
    """Subject ("" where the message begins with it), place, message and hint of each."""

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.first)


@dataclass(frozen=True, slots=True)
class ReportedItem:
    """One object that is shown and not changed."""

    who: str
    reason: str
    attributes: tuple[AttributeView, ...]


@dataclass(frozen=True, slots=True)
class ReportedView:
    """One kind of such objects, with what the kind means."""

    heading: str
    count: int
    meaning: str
    items: tuple[ReportedItem, ...]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.items)


_REPORTED: tuple[tuple[str, str], ...] = (
    ("frozen", "Left exactly as they are until what is unclear about them is settled."),
    ("held", "Wanted changes that wait: a hold, a guard or someone else's decision forbids them."),
    ("awaiting_sync", "Their account has not reached the tenant yet; what rests on it is planned once it has."),
    ("missing", "Their key is on a managed object, and no complete source has it any more."),
    ("orphans", "Inside a managed scope, and nothing in the files owns them."),
    ("shadow", "Computed for comparison; never written."),
)


def view_reported(plan: Plan, values: Values, limit: int | None) -> tuple[ReportedView, ...]:
    """Word the lists of objects that the plan shows without changing them; empty lists are left out."""
    views = []
    for name, meaning in _REPORTED:
        entries: tuple[Reported, ...] = getattr(plan, name)
        if entries:
            shown = entries if limit is None else entries[:limit]
            items = tuple(_reported(entry, name, values, limit) for entry in shown)
            views.append(ReportedView(name.capitalize().replace("_", " "), len(entries), meaning, items))
    return tuple(views)


def _reported(entry: Reported, heading: str, values: Values, limit: int | None) -> ReportedItem:
    name = who(entry.label, entry.address or entry.directory or "")
    attributes = tuple(view_attribute(key, change, values, limit) for key, change in entry.attributes.items())
    return ReportedItem(name, "" if entry.reason == heading else visible(entry.reason), attributes)


def who(label: str, address: str) -> str:
    """Write a label with the address it belongs to."""
    label, address = visible(label), visible(address)
    return f"{label} ({address})" if label and address and label != address else label or address


def view_guards(plan: Plan, limit: int | None) -> tuple[GuardView, ...]:
    """Word the guards that tripped, those that stop the plan first."""
    order = ("stopped", "held", "overridden")
    tripped = sorted((guard for guard in plan.guards if guard.status in order), key=lambda g: order.index(g.status))
    # One --allow serves a guard in every scope where it tripped, so it has to name what they come to together.
    together: Counter[str] = Counter()
    for guard in tripped:
        together[guard.name] += guard.count if guard.status != "overridden" else 0
    return tuple(_guard(plan, guard, together[guard.name], limit) for guard in tripped)


_GUARD_MEANING = {
    "stopped": "Nothing of this plan is applied.",
    "held": "Only these changes wait; the rest proceeds.",
    "overridden": "Let through, as asked.",
}


def _guard(plan: Plan, guard: GuardResult, together: int, limit: int | None) -> GuardView:
    population = f" of {number(guard.population)}" if guard.population else ""
    allowed = f", limit {number(guard.limit)}" if guard.limit is not None else ""
    first = [who(change.object.label, change.address) for change in plan.changes if _counts(guard, change)]
    # The planner's message names the first objects too; it is needed where the plan no longer holds them, and tells who
    # let something through.
    needed = guard.message and (not first or guard.status == "overridden")
    message = visible(guard.message or "") if needed else ""
    overridable = guard.limit is not None and guard.status != "overridden" and "--allow" not in message
    return GuardView(
        status=guard.status,
        headline=f"{visible(guard.name)} in {visible(guard.scope)}: {number(guard.count)}{population}{allowed}",
        meaning=_GUARD_MEANING[guard.status],
        message=message,
        first=Listing.of(first, _FEW if limit is not None else None),
        override=f"--allow {visible(guard.name)}={together}" if overridable else "",
    )


def _creates(change: Change) -> bool:
    return change.op in ("create", "restore")


def _updates(change: Change) -> bool:
    return change.op == "update" and not change.attributes.keys() <= MEMBERS


def _clears(change: Change) -> bool:
    return any(a.before and not a.after for a in change.attributes.values() if not a.delta)


def _gains(change: Change) -> bool:
    return any(added(a) for name, a in change.attributes.items() if name in MEMBERS)


def _risk(kind: str) -> Callable[[Change], bool]:
    return lambda change: any(risk.kind == kind for risk in risks_of(change))


_COUNTED: dict[str, Callable[[Change], bool]] = {
    "create": _creates,
    "update": _updates,
    "clear": _clears,
    "membership_gain": _gains,
    "membership_loss": _risk("membership-loss"),
    "licence_loss": _risk("licence-loss"),
    "logon_name": _risk("logon-name"),
    "mail_address": _risk("mail-address"),
}


def _counts(guard: GuardResult, change: Change) -> bool:
    """Whether ``change`` is one of those that ``guard`` counted, as far as the change itself tells."""
    places = (change.directory, change.scope, change.address.rpartition("@")[2])
    if guard.scope not in places:
        return False
    counted = _COUNTED.get(guard.name)
    return counted(change) if counted else change.op == guard.name


def view_findings(diagnostics: Iterable[Diagnostic], limit: int | None) -> tuple[FindingsView, ...]:
    """Group diagnostics by code, errors first, then the most frequent; the first few of each are worded."""
    groups: dict[tuple[str, str], list[Diagnostic]] = {}
    for diagnostic in sorted(diagnostics, key=lambda found: found.sort_key):
        groups.setdefault((diagnostic.severity, diagnostic.code), []).append(diagnostic)
    ordered = sorted(groups.items(), key=lambda g: (_SEVERITIES.index(g[0][0]), -len(g[1]), g[0][1]))
    few = None if limit is None else min(limit, _FEW)
    return tuple(
        FindingsView(severity, visible(code), len(found), tuple(_texts(found[:few])))
        for (severity, code), found in ordered
    )


def _texts(diagnostics: Iterable[Diagnostic]) -> Iterator[tuple[str, str, str, str]]:
    for found in diagnostics:
        place = visible(str(found.span)) if found.span else ""
        # Messages that begin with their subject would name it twice.
        subject = found.subject or ""
        named = found.message.startswith((f"{subject} ", f"{subject}:", f"{subject},"))
        yield "" if named else visible(subject), place, visible(found.message), visible(found.hint or "")


def count_severities(diagnostics: Iterable[Diagnostic]) -> str:
    """Write ``2 errors, 1 warning``; ``no findings`` where there are none."""
    counts = dict.fromkeys(_SEVERITIES, 0)
    for diagnostic in diagnostics:
        counts[diagnostic.severity] += 1
    nouns = {"error": "error", "warning": "warning", "info": "note"}
    return ", ".join(plural(count, nouns[name]) for name, count in counts.items() if count) or "no findings"
