"""Guards: limits that stop a plan, or hold back the changes they count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from idcode.model.desired import DesiredState, GuardLimit
from idcode.model.plans import GuardResult, Population
from idcode.model.schema import MEMBERS
from idcode.model.syntax import text_of
from idcode.plan.drafts import Draft

_LOGON = frozenset({"samaccountname", "userprincipalname"})
_MAIL = frozenset({"mail", "proxyaddresses"})


def _changed(draft: Draft, names: frozenset[str]) -> bool:
    """Whether a value that people already use changes (not whether one is added)."""
    return draft.op == "update" and any(
        name.lower() in names and (change.before or change.remove) for name, change in draft.attributes.items()
    )


def _cleared(draft: Draft) -> bool:
    return draft.op == "update" and any(c.before and not c.after for c in draft.attributes.values() if not c.delta)


def _members(draft: Draft, lost: bool) -> int:
    changes = [item for name, item in draft.attributes.items() if name in MEMBERS] if draft.op == "update" else []
    return sum(len(change.remove if lost else change.add) for change in changes)


def _licences_lost(draft: Draft) -> int:
    """Count the SKUs that are taken away; one of which only plans change is not."""
    change = draft.attributes.get("licences") if draft.op == "update" else None
    if change is None:
        return 0
    kept = {text_of(value).split()[0].lower() for value in (*change.after, *change.add)}
    return len({text_of(value).split()[0].lower() for value in (*change.before, *change.remove)} - kept)


COUNTERS: Mapping[str, Callable[[Draft], int]] = {
    "create": lambda d: d.op in ("create", "restore"),
    "update": lambda d: d.op == "update" and d.anchor is not None and not d.attributes.keys() <= MEMBERS,
    "clear": _cleared,
    "move": lambda d: d.op == "move",
    "logon_name": lambda d: _changed(d, _LOGON),
    "mail_address": lambda d: _changed(d, _MAIL),
    "enable": lambda d: d.op == "enable",
    "disable": lambda d: d.op == "disable",
    "delete": lambda d: d.op == "delete",
    "membership_loss": lambda d: _members(d, lost=True),
    "membership_gain": lambda d: _members(d, lost=False),
    "licence_loss": _licences_lost,
    "authority": lambda d: "isCloudManaged" in d.attributes,
}
"""How much of a guard's limit one draft uses up."""


def check(
    limits: Iterable[GuardLimit],
    drafts: Iterable[Draft],
    populations: Mapping[str, Population],
    min_population: int,
    allowed: Mapping[str, int],
) -> tuple[list[GuardResult], set[Draft]]:
    """Compare every limit with the drafts of each scope; return the results and the drafts to hold back.

    ``populations`` is by scope; in one that is not in it every percentage is exceeded, because nobody can say of how
    many. ``allowed`` maps guard names to the numbers that ``--allow GUARD=N`` permits in this run.
    """
    by_scope: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        by_scope[draft.scope].append(draft)
    results: list[GuardResult] = []
    held: set[Draft] = set()
    for limit in limits:
        counter = COUNTERS.get(limit.name)
        if counter is None:
            continue
        for scope in sorted(by_scope):
            counted = [draft for draft in by_scope[scope] if counter(draft)]
            if not counted:
                continue
            population = _population(limit, populations.get(scope))
            result = _result(
                limit, scope, counted, sum(counter(d) for d in counted), population, min_population, allowed
            )
            results.append(result)
            if result.status == "held":
                held |= set(counted)
    return results, held


def populations_of(state: DesiredState) -> dict[str, Population]:
    """Return what each guard scope of the desired state holds now, scopes without any object included."""
    memberships = dict.fromkeys((wanted.scope for wanted in state.objects), 0)
    for wanted in state.objects:
        if wanted.live is not None:
            memberships[wanted.scope] += sum(len(wanted.live.get(name)) for name in MEMBERS)
    return {
        scope: Population(state.populations.get(scope, 0), memberships.get(scope, 0))
        for scope in sorted({*memberships, *state.populations})
    }


def _population(limit: GuardLimit, population: Population | None) -> int | None:
    """Return how many a percentage of ``limit`` is of, ``None`` where that is not known."""
    if population is None:
        return None
    return population.memberships if limit.name.startswith("membership") else population.objects


def _result(
    limit: GuardLimit,
    scope: str,
    counted: list[Draft],
    count: int,
    population: int | None,
    min_population: int,
    allowed: Mapping[str, int],
) -> GuardResult:
    bound = _bound(limit, population, min_population)
    known = population or 0
    if bound is None or count <= bound:
        return GuardResult(limit.name, scope, "ok", count, bound, known)
    if count <= allowed.get(limit.name, -1):
        message = f"{count} allowed by --allow {limit.name}={allowed[limit.name]}; the limit is {bound}"
        return GuardResult(limit.name, scope, "overridden", count, bound, known, message)
    first = ", ".join(draft.label for draft in sorted(counted, key=lambda d: d.address)[:5])
    more = f" and {len(counted) - 5} more" if len(counted) > 5 else ""
    of = "an unknown number" if population is None else str(population)
    message = f"{count} of {of}, the limit is {bound}: {first}{more}; override with --allow {limit.name}={count}"
    return GuardResult(
        limit.name, scope, "held" if limit.on_trip == "hold" else "stopped", count, bound, known, message
    )


def _bound(limit: GuardLimit, population: int | None, min_population: int) -> int | None:
    """Return the smaller of the two limits; percentages count only from ``min_population`` objects on."""
    bounds = []
    if limit.max is not None:
        bounds.append(limit.max)
    if limit.max_percent is not None and population is None:
        bounds.append(0)
    elif limit.max_percent is not None and population is not None and population >= min_population:
        bounds.append(int(population * limit.max_percent / 100 + 1e-9))  # 4.6 % of 1500 is 69
    return min(bounds) if bounds else None
