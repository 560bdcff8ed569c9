"""Products that Microsoft sells, and the tenant's subscriptions to them (resource type subscribedSku).

``skus.tsv`` has the identifiers of the Entra page "Product names and service plan identifiers for licensing", with the
service plans people know best.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import bad_request
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.options import options
from idcode.directories.sandbox.tenant.properties import shown
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.view import View
from idcode.directories.sandbox.tenant.work import Work

SKU = "subscribedSku"
LICENCES = "licences"
"""Links of this kind go from a user to each subscription of which the user takes up a unit."""
_FILE = Path(__file__).with_name("skus.tsv")
_GUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_OF_COMPANY = {"EXCHANGE_S_FOUNDATION"}
"""Plans that belong to the tenant as a whole."""


@dataclass(frozen=True, slots=True)
class Product:
    """A SKU; ``plans`` maps the names of its service plans to their ids."""

    sku_id: str
    plans: Mapping[str, str]


@cache
def products() -> Mapping[str, Product]:
    """Return the products that are known here, by part number."""
    plans: dict[tuple[str, str], dict[str, str]] = {}
    for line in _FILE.read_text("utf-8").splitlines()[1:]:
        part_number, sku_id, plan, plan_id = line.split("\t")
        plans.setdefault((part_number, sku_id), {})[plan] = plan_id
    return {part_number: Product(sku_id, of) for (part_number, sku_id), of in plans.items()}


@cache
def plan_id(name: str) -> str:
    """Return the id of a service plan. Raises ``KeyError`` for one that no product has."""
    return {plan: each for product in products().values() for plan, each in product.plans.items()}[name]


def subscription(tenant_id: str, part_number: str, units: int) -> Entity:
    """Return a tenant's subscription to ``units`` of a product. Raises ``KeyError`` for one that is not known here."""
    product = products()[part_number]
    return Entity(
        f"{tenant_id}_{product.sku_id}",
        SKU,
        {
            "accountId": tenant_id,
            "appliesTo": "User",
            "capabilityStatus": "Enabled",
            "prepaidUnits": {"enabled": units, "suspended": 0, "warning": 0, "lockedOut": 0},
            "servicePlans": [
                {
                    "servicePlanId": each,
                    "servicePlanName": name,
                    "provisioningStatus": "Success",
                    "appliesTo": "Company" if name in _OF_COMPANY else "User",
                }
                for name, each in product.plans.items()
            ],
            "skuId": product.sku_id,
            "skuPartNumber": part_number,
            "subscriptionIds": [str(uuid.uuid5(uuid.UUID(tenant_id), part_number))],
        },
    )


def subscription_to(view: View, sku_id: str) -> Entity | None:
    """Return the tenant's subscription to a SKU."""
    return next(iter(view.find("skuId", sku_id, SKU)), None)


def consumed(view: View, sku: Entity) -> int:
    """Return how many units of a subscription are taken."""
    return len(view.sources(LICENCES, sku.id))


def has_room(view: View, sku: Entity) -> bool:
    """Whether a unit can be had; those in their period of grace count (subscribedSku, ``prepaidUnits``)."""
    units = sku.get("prepaidUnits")
    return consumed(view, sku) < int(units["enabled"] + units["warning"])


def listing(work: Work) -> Reply:
    """List all subscriptions; there are no pages (subscribedsku-list)."""
    select = options(work.request.query, ("select",)).select
    value = [shown(_counted(work, each), select) for each in work.reading.of_type(SKU)]
    return Reply(200, {"@odata.context": f"{work.request.base}/$metadata#subscribedSkus", "value": value})


def get(work: Work) -> Reply:
    """Show one subscription, by tenant and SKU (subscribedsku-get)."""
    if not re.fullmatch(f"{_GUID}_{_GUID}", work.param("id")):
        raise bad_request("Invalid object identifier: it must be a string in the form of [Guid]_[Guid].")
    select = options(work.request.query, ("select",)).select
    found = _counted(work, work.found(work.param("id"), SKU))
    context = f"{work.request.base}/$metadata#subscribedSkus/$entity"
    return Reply(200, {"@odata.context": context, **shown(found, select)})


def _counted(work: Work, sku: Entity) -> Entity:
    return sku.having(consumedUnits=consumed(work.reading, sku))


ROUTES = (Route("GET", "/subscribedSkus", listing), Route("GET", "/subscribedSkus/{id}", get))
