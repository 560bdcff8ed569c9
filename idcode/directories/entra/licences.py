"""Licences as people name them: ``SPE_E5 -SWAY``, a SKU and the plans that are switched off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idcode.model.syntax import text_of
from idcode.model.values import Scalar

_COUNTED = ("enabled", "warning")
"""Units of ``prepaidUnits`` that can be assigned; suspended and locked ones cannot (page *licenseUnitsDetail*)."""


@dataclass(frozen=True, slots=True)
class Sku:
    """A subscription of the tenant. ``plans`` maps the names of its service plans to their ids."""

    id: str
    name: str
    plans: Mapping[str, str]
    units: int
    consumed: int

    @property
    def free(self) -> int:
        """How many units can still be assigned; negative where more are assigned than were bought."""
        return self.units - self.consumed


class Skus:
    """The subscriptions of a tenant that can be assigned to users, found by name without case."""

    def __init__(self, subscribed: Iterable[Mapping[str, Any]]) -> None:
        known = [_sku(item) for item in subscribed if item.get("appliesTo", "User") == "User"]
        self._by_name = {sku.name.lower(): sku for sku in known}
        self._by_id = {sku.id: sku for sku in known}

    def __iter__(self) -> Iterator[Sku]:
        return iter(self._by_name.values())

    def find(self, name: str) -> Sku | None:
        """Return the subscription with this part number (or id), in any case."""
        return self._by_name.get(name.lower()) or self._by_id.get(name.lower())

    def text(self, assigned: Mapping[str, Any]) -> str:
        """Return a licence of Graph as text; a SKU or plan that the tenant does not have stays an id."""
        sku_id = str(assigned["skuId"]).lower()
        sku = self._by_id.get(sku_id)
        names = {plan: name for name, plan in sku.plans.items()} if sku else {}
        off = sorted(names.get(str(plan).lower(), str(plan)) for plan in assigned.get("disabledPlans") or ())
        return " ".join([sku.name if sku else sku_id, *(f"-{plan}" for plan in off)])

    def assignment(self, licence: Scalar) -> dict[str, Any]:
        """Return a licence as ``assignLicense`` wants it. Raises ``ValueError`` for an unknown SKU or plan."""
        name, *off = text_of(licence).split()
        sku = self.find(name)
        if sku is None:
            raise ValueError(f"the tenant has no subscription {name}")
        plans = {plan.lower(): plan_id for plan, plan_id in sku.plans.items()}
        wanted = [plan.removeprefix("-") for plan in off]
        unknown = [plan for plan in wanted if plan.lower() not in plans and plan.lower() not in plans.values()]
        if unknown:
            raise ValueError(f"{sku.name} has no service plan {', '.join(unknown)}")
        ids = sorted(plans.get(plan.lower(), plan.lower()) for plan in wanted)
        return {"skuId": sku.id, "disabledPlans": ids}

    def sku_id(self, licence: Scalar) -> str:
        """Return the id of a licence's SKU, also of one that the tenant does not have any more (kept as its id)."""
        name = text_of(licence).split()[0]
        sku = self.find(name)
        return sku.id if sku else name.lower()


def direct(states: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return those of a user's ``licenseAssignmentStates`` that no group gave."""
    return [state for state in states if state.get("assignedByGroup") is None]


def sku_key(licence: Scalar) -> str:
    """Return what is common to all forms of one licence: its SKU, in lower case."""
    return text_of(licence).split()[0].lower()


def _sku(item: Mapping[str, Any]) -> Sku:
    prepaid = item.get("prepaidUnits") or {}
    return Sku(
        id=str(item["skuId"]).lower(),
        name=str(item["skuPartNumber"]),
        plans={str(p["servicePlanName"]): str(p["servicePlanId"]).lower() for p in item.get("servicePlans") or ()},
        units=sum(int(prepaid.get(name) or 0) for name in _COUNTED),
        consumed=int(item.get("consumedUnits") or 0),
    )
