"""Assigning licences to one user: refusals of direct assignments, failures of inherited ones, units taken and freed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from idcode.directories.sandbox.tenant.clock import stamp
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import GraphError, bad_request, not_a_guid
from idcode.directories.sandbox.tenant.licensing import (
    COUNT,
    DEPENDENCY,
    EXCLUSIVE,
    LOCATION,
    Assignment,
    active,
    assignment,
    assignments_of,
    exclusive_plans,
    in_force,
    licensed,
    may_be_used_in,
    plans_in_force,
    unmet_need,
)
from idcode.directories.sandbox.tenant.skus import LICENCES, has_room, subscription_to
from idcode.directories.sandbox.tenant.state import Draft
from idcode.directories.sandbox.tenant.view import View
from idcode.directories.sandbox.tenant.work import Moment

Wanted = Mapping[str, Sequence[str]]
"""Disabled plans by SKU."""


def read_request(view: View, body: Mapping[str, Any]) -> tuple[dict[str, list[str]], list[str]]:
    """Return what a call of ``assignLicense`` adds (disabled plans by SKU) and which SKUs it removes.

    Raises ``GraphError`` for a body that is malformed or names a product that the tenant does not have.
    """
    missing = [name for name in ("addLicenses", "removeLicenses") if not isinstance(body.get(name), list)]
    if missing:
        raise bad_request(
            "One or more parameters of the operation 'assignLicense' are missing from the request payload. "
            f"The missing parameters are: {', '.join(missing)}."
        )
    added: dict[str, list[str]] = {}
    for each in body["addLicenses"]:
        wanted = each if isinstance(each, dict) else {}
        sku_id, disabled = _guid(wanted.get("skuId")), wanted.get("disabledPlans") or []
        if not isinstance(disabled, list):
            raise bad_request("The property 'disabledPlans' must be a collection.")
        added[sku_id] = [_guid(plan) for plan in disabled]
        _check_product(view, sku_id, added[sku_id])
    return added, [_guid(each) for each in body["removeLicenses"]]


def assign(moment: Moment, user: Entity, added: Wanted, removed: Iterable[str]) -> Entity:
    """Carry out ``assignLicense`` on a user and return what becomes of it.

    Raises ``GraphError`` where the user has no usage location, units are used up, plans do not go together, or what is
    to be removed is not held directly.
    """
    if added and not may_be_used_in(user.get("usageLocation")):
        raise bad_request("License assignment cannot be done for user with invalid usage location.")
    kept = assignments_of(user)
    for sku_id in removed:
        kept = _without(kept, sku_id)
    time = stamp(moment.now)
    kept = [each for each in kept if each["assignedByGroup"] is not None or each["skuId"] not in added]
    kept += [assignment(sku_id, disabled, None, None, time) for sku_id, disabled in added.items()]
    _check_plans(plans_in_force(moment.draft.view, kept))
    return settle(moment.draft, user, kept, refuse=_no_units)


def inherit(moment: Moment, user: Entity, group_id: str, wanted: Wanted) -> Entity:
    """Give a user what a group has, in place of what the user had from it; failures are noted on the user."""
    had = assignments_of(user)
    kept = [each for each in had if each["assignedByGroup"] != group_id]
    for sku_id, disabled in wanted.items():
        error = _failure(moment.draft.view, user, kept, sku_id, disabled)
        new = assignment(sku_id, disabled, group_id, error, stamp(moment.now))
        kept.append(next((each for each in had if _same(each, new)), new))
    return settle(moment.draft, user, kept)


def settle(
    draft: Draft, user: Entity, assignments: Sequence[Assignment], refuse: Callable[[str], GraphError] | None = None
) -> Entity:
    """Put a user in with these assignments; take and free units.

    Raises what ``refuse`` makes of the SKU that no unit is left of.
    """
    held = set(draft.view.targets(LICENCES, user.id))
    wanted = {sku.id: sku for sku in (subscription_to(draft.view, each) for each in in_force(assignments)) if sku}
    for sku_id in sorted(held - wanted.keys()):
        draft.unlink(LICENCES, user.id, sku_id)
    for sku in [wanted[each] for each in sorted(wanted.keys() - held)]:
        if refuse is not None and not has_room(draft.view, sku):
            raise refuse(sku.get("skuId"))
        draft.link(LICENCES, user.id, sku.id)
    return draft.put(licensed(user, assignments))


def location_of(view: View, user: Entity) -> str | None:
    """Return where a user's inherited licences are used: without a usage location, where the organisation is."""
    organisation = next(view.of_type("organization"), None)
    return user.get("usageLocation") or (organisation.get("countryLetterCode") if organisation else None)


def _failure(
    view: View, user: Entity, others: Sequence[Assignment], sku_id: str, disabled: Sequence[str]
) -> str | None:
    """Return why a user cannot have a SKU besides ``others``; ``None`` where nothing is in the way."""
    sku = subscription_to(view, sku_id)
    if not may_be_used_in(location_of(view, user)):
        return LOCATION
    plans = plans_in_force(view, [*others, assignment(sku_id, disabled, "", None, "")])
    if exclusive_plans(plans):
        return EXCLUSIVE
    if unmet_need(plans):
        return DEPENDENCY
    if sku is None or not (view.linked(LICENCES, user.id, sku.id) or has_room(view, sku)):
        return COUNT
    return None


def _same(one: Assignment, other: Assignment) -> bool:
    return {**one, "lastUpdatedDateTime": ""} == {**other, "lastUpdatedDateTime": ""}


def _without(assignments: Sequence[Assignment], sku_id: str) -> list[Assignment]:
    """Return the assignments without the direct one of a SKU. Raises ``GraphError`` where there is none."""
    if any(each["skuId"] == sku_id and each["assignedByGroup"] is None for each in assignments):
        return [each for each in assignments if each["skuId"] != sku_id or each["assignedByGroup"] is not None]
    if any(each["skuId"] == sku_id for each in active(assignments)):
        raise bad_request(
            "User license is inherited from a group membership and it cannot be removed directly from the user."
        )
    raise bad_request("User does not have a corresponding license.")


def _check_product(view: View, sku_id: str, disabled: Iterable[str]) -> None:
    sku = subscription_to(view, sku_id)
    if sku is None:
        raise bad_request(f"License {sku_id} does not correspond to a valid company License.")
    if sku.get("appliesTo") != "User":
        raise bad_request(f"License {sku_id} cannot be assigned to a user.")
    known = {plan["servicePlanId"] for plan in sku.get("servicePlans")}
    for plan in disabled:
        if plan not in known:
            raise bad_request(f"Service plan {plan} does not belong to the license {sku_id}.")


def _check_plans(plans: set[str]) -> None:
    exclusive = exclusive_plans(plans)
    if exclusive:
        raise bad_request(
            f"License assignment failed because service plans {', '.join(exclusive)} are mutually exclusive."
        )
    unmet = unmet_need(plans)
    if unmet:
        raise bad_request(
            f"License assignment failed because service plan {unmet[0]} depends on the service plan(s) "
            f"{', '.join(unmet[1])}."
        )


def _no_units(sku_id: str) -> GraphError:
    return bad_request(f"Subscription with SKU {sku_id} does not have any available licenses.")


def _guid(value: Any) -> str:
    try:
        return str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise not_a_guid() from None
