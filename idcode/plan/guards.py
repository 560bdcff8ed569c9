"""Guards: limits that stop a plan, or hold back the changes they count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from idcode.model.desired import DesiredState, GuardLimit
from idcode.model.plans import GuardResult, Override, Population
from idcode.model.privileges import Privileges
from idcode.model.schema import AUTHORITY, MEMBERS
from idcode.model.syntax import text_of
from idcode.plan.drafts import Draft
from idcode.plan.protection import joining, leaving, lost, renames_logon, weigh

_MAIL = frozenset({"mail", "proxyaddresses"})
_NEW = ("create", "restore")
_OF_MEMBERSHIPS = frozenset({"membership_loss", "membership_gain", "privileged_gain"})
PROTECTED = GuardLimit("protected", 0, None, "hold")
"""The only guard that is there without being configured."""


def _loses_mail(draft: Draft) -> bool:
    """Whether an address that people write to goes, or is not the primary one any more; new aliases alone are fine."""
    return draft.op not in _NEW and any(lost(draft, name) for name in draft.attributes if name.lower() in _MAIL)


def _cleared(draft: Draft) -> bool:
    return draft.op not in _NEW and any(c.before and not c.after for c in draft.attributes.values() if not c.delta)


def _switched(draft: Draft, to: bool) -> bool:
    """Whether an existing account is enabled or disabled, by whatever change."""
    change = draft.attributes.get("enabled")
    switched = draft.op not in _NEW and change is not None and change.after == (to,) and change.before != (to,)
    return draft.op == ("enable" if to else "disable") or switched


def _licences_lost(draft: Draft) -> int:
    """Count the SKUs that are taken away; one of which only plans change is not."""
    change = draft.attributes.get("licences") if draft.op not in _NEW else None
    if change is None:
        return 0
    kept = {text_of(value).split()[0].lower() for value in (*change.after, *change.add)}
    return len({text_of(value).split()[0].lower() for value in (*change.before, *change.remove)} - kept)


COUNTERS: Mapping[str, Callable[[Draft], int]] = {
    "create": lambda d: d.op in _NEW,
    "update": lambda d: d.op == "update" and d.anchor is not None and not d.attributes.keys() <= MEMBERS,
    "clear": _cleared,
    "move": lambda d: d.op == "move",
    "logon_name": renames_logon,
    "mail_address": _loses_mail,
    "enable": lambda d: _switched(d, True),
    "disable": lambda d: _switched(d, False),
    "delete": lambda d: d.op == "delete",
    "membership_loss": lambda d: len(leaving(d)),
    "membership_gain": lambda d: len(joining(d)),
    "privileged_gain": lambda d: d.gained,
    "licence_loss": _licences_lost,
    "authority": lambda d: AUTHORITY in d.attributes,
    "protected": lambda d: d.harmed,
}
"""How much of a guard's limit one draft uses up."""


@dataclass(frozen=True, slots=True)
class _Count:
    """What one guard counts in one scope. ``population`` is ``None`` where nobody knows of how many."""

    limit: GuardLimit
    scope: str
    drafts: Sequence[Draft]
    number: int
    bound: int | None
    population: int | None

    @property
    def exceeds(self) -> bool:
        """Whether it is more than the limit."""
        return self.bound is not None and self.number > self.bound


def check(
    limits: Sequence[GuardLimit],
    drafts: Sequence[Draft],
    populations: Mapping[str, Population],
    min_population: int,
    overrides: Sequence[Override],
    privileges: Callable[[str], Privileges],
    *,
    undoing: bool = False,
) -> tuple[list[GuardResult], dict[Draft, str]]:
    """Compare every limit with the drafts of each scope; return the results, and the drafts to hold back with why.

    The limit for a scope is the one that names it, else the one that names its directory, else the general one.
    ``populations`` is by scope; in one that is not in it every percentage is exceeded, because nobody can say of how
    many. ``overrides`` are those that count today. ``privileges`` tells who has power over a directory; it is asked
    only where a draft and a limit are about that, and raises ``DirectoryError`` where the directory does not tell.
    ``undoing`` is for rollbacks.
    """
    names = {limit.name for limit in limits}
    if names & {"protected", "privileged_gain"}:
        weigh(drafts, privileges, gains="privileged_gain" in names, undoing=undoing)
    by_scope: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        by_scope[draft.scope].append(draft)
    results: list[GuardResult] = []
    held: dict[Draft, str] = {}
    for name in dict.fromkeys(limit.name for limit in limits):
        counts = [
            count
            for scope in sorted(by_scope)
            if (limit := _limit_of(name, scope, limits)) is not None
            and (count := _count(limit, scope, by_scope[scope], populations.get(scope), min_population)).number
        ]
        over = {count.scope: count.number for count in counts if count.exceeds}
        permits = permitted(name, over, overrides)
        needed = sum(number for scope, number in over.items() if scope not in permits)
        for count in counts:
            results.append(_result(count, permits.get(count.scope), needed))
            if results[-1].status == "held":
                held |= {draft: _why_held(draft, name, needed) for draft in count.drafts}
    return results, held


def permitted(name: str, over: Mapping[str, int], overrides: Iterable[Override]) -> dict[str, Override]:
    """Return the scopes that guard ``name`` lets through, of those that exceed their limit, each with its override.

    ``over`` is by scope what was counted there. An override lets pass all that it is about, or nothing; what it lets
    pass is never more than its number, in all scopes together, and several never add up. Narrow ones come first.
    """
    found: dict[str, Override] = {}
    about = (override for override in overrides if override.guard == name)
    for override in sorted(about, key=lambda o: (o.scope is None, "/" not in (o.scope or ""), -o.max)):
        scopes = [scope for scope in over if scope not in found and override.covers(scope)]
        if sum(over[scope] for scope in scopes) <= override.max:
            found |= dict.fromkeys(scopes, override)
    return found


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


def _limit_of(name: str, scope: str, limits: Iterable[GuardLimit]) -> GuardLimit | None:
    by_scope = {limit.scope: limit for limit in limits if limit.name == name}
    return by_scope.get(scope) or by_scope.get(scope.partition("/")[0]) or by_scope.get(None)


def _count(
    limit: GuardLimit, scope: str, drafts: Iterable[Draft], population: Population | None, min_population: int
) -> _Count:
    counter = COUNTERS[limit.name]
    counted = [draft for draft in drafts if counter(draft)]
    known = None
    if population is not None:
        known = population.memberships if limit.name in _OF_MEMBERSHIPS else population.objects
    number = sum(counter(draft) for draft in counted)
    return _Count(limit, scope, counted, number, _bound(limit, known, min_population), known)


def _result(count: _Count, override: Override | None, needed: int) -> GuardResult:
    name, known = count.limit.name, count.population or 0
    if not count.exceeds:
        return GuardResult(name, count.scope, "ok", count.number, count.bound, known)
    if override is not None:
        message = f"{count.number} allowed by {override}; the limit is {count.bound}"
        return GuardResult(name, count.scope, "overridden", count.number, count.bound, known, message)
    first = ", ".join(draft.label for draft in sorted(count.drafts, key=lambda d: d.address)[:5])
    more = f" and {len(count.drafts) - 5} more" if len(count.drafts) > 5 else ""
    of = "an unknown number" if count.population is None else str(count.population)
    message = f"{count.number} of {of}, the limit is {count.bound}: {first}{more}"
    return GuardResult(
        name,
        count.scope,
        "held" if count.limit.on_trip == "hold" else "stopped",
        count.number,
        count.bound,
        known,
        f"{message}; override with --allow {name}={needed}",
    )


def _why_held(draft: Draft, name: str, needed: int) -> str:
    if name != PROTECTED.name:
        return "held back by a guard"
    return f"it is protected: {draft.protected}; if this is meant: --allow {name}={needed}"


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
