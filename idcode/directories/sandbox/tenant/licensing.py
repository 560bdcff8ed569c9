"""What a user's licences are, from how they were assigned (resource type licenseAssignmentState); plain data.

A user may have a SKU directly and from several groups. ``assignedLicenses`` is the union; a service plan is switched
off in it only where every assignment of the SKU switches it off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.skus import plan_id, subscription_to
from idcode.directories.sandbox.tenant.view import View

Assignment = Mapping[str, Any]
"""One licenseAssignmentState, in JSON."""

COUNT, EXCLUSIVE, DEPENDENCY, LOCATION = (
    "CountViolation",
    "MutuallyExclusiveViolation",
    "DependencyViolation",
    "ProhibitedInUsageLocationViolation",
)
"""Why an assignment failed (licenseAssignmentState, ``error``)."""

_EXCLUDE_EACH_OTHER = (("SHAREPOINTSTANDARD", "SHAREPOINTENTERPRISE"),)
_NEED_ONE_OF = {
    "SHAREPOINTWAC": ("SHAREPOINTSTANDARD", "SHAREPOINTENTERPRISE"),
    "MCOEV": ("MCOSTANDARD", "TEAMS1"),
}
_PROHIBITED_IN = frozenset({"CU", "IR", "KP", "SY"})


def assignment(
    sku_id: str, disabled_plans: Sequence[str], group_id: str | None, error: str | None, time: str
) -> Assignment:
    """Return an assignment; ``group_id`` is ``None`` for a direct one, ``error`` where it took effect."""
    return {
        "skuId": sku_id,
        "disabledPlans": sorted(disabled_plans),
        "assignedByGroup": group_id,
        "state": "Active" if error is None else "Error",
        "error": "None" if error is None else error,
        "lastUpdatedDateTime": time,
    }


def assignments_of(user: Entity) -> list[Assignment]:
    """Return how a user's licences were assigned, those that failed included."""
    return list(user.get("licenseAssignmentStates", ()))


def active(assignments: Iterable[Assignment]) -> list[Assignment]:
    """Return the assignments that took effect."""
    return [each for each in assignments if each["state"] == "Active"]


def in_force(assignments: Iterable[Assignment]) -> dict[str, frozenset[str]]:
    """Return the disabled plans of each SKU that a user has in the end."""
    found: dict[str, frozenset[str]] = {}
    for each in active(assignments):
        disabled = frozenset(each["disabledPlans"])
        found[each["skuId"]] = found.get(each["skuId"], disabled) & disabled
    return found


def plans_in_force(view: View, assignments: Iterable[Assignment]) -> set[str]:
    """Return the ids of the service plans that a user has in the end."""
    found: set[str] = set()
    for sku_id, disabled in in_force(assignments).items():
        sku = subscription_to(view, sku_id)
        if sku is not None:
            found |= {plan["servicePlanId"] for plan in sku.get("servicePlans")} - disabled
    return found


def exclusive_plans(plans: set[str]) -> tuple[str, str] | None:
    """Return two of ``plans`` that nobody can have together."""
    for one, other in _EXCLUDE_EACH_OTHER:
        if plan_id(one) in plans and plan_id(other) in plans:
            return plan_id(one), plan_id(other)
    return None


def unmet_need(plans: set[str]) -> tuple[str, tuple[str, ...]] | None:
    """Return one of ``plans`` that needs another, and those of which one would do."""
    for name, needed in _NEED_ONE_OF.items():
        if plan_id(name) in plans and not any(plan_id(each) in plans for each in needed):
            return plan_id(name), tuple(plan_id(each) for each in needed)
    return None


def may_be_used_in(location: str | None) -> bool:
    """Whether licences can be used in a country (two letters)."""
    return location is not None and location.upper() not in _PROHIBITED_IN


def licensed(user: Entity, assignments: Sequence[Assignment]) -> Entity:
    """Return ``user`` with these assignments and what follows from them."""
    ordered = sorted(assignments, key=lambda each: (each["skuId"], each["assignedByGroup"] or ""))
    union = [{"skuId": sku_id, "disabledPlans": sorted(disabled)} for sku_id, disabled in in_force(ordered).items()]
    return user.having(licenseAssignmentStates=ordered or None, assignedLicenses=union or None)
