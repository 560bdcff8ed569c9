"""Graph's quotas for identity and access, as token buckets in the tenant's time (Graph: "Throttling limits")."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from idcode.directories.sandbox.tenant.clock import Clock
from idcode.directories.sandbox.tenant.errors import GraphError
from idcode.directories.sandbox.tenant.exchange import Reply, Request, Service
from idcode.directories.sandbox.tenant.http.refusals import refusal
from idcode.directories.sandbox.tenant.http.templates import template

WRITES = frozenset(["POST", "PATCH", "PUT", "DELETE"])


@dataclass(frozen=True, slots=True)
class Quota:
    """So many units in so many seconds."""

    units: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """The quotas of one application in one tenant, and those of the tenant over all applications.

    ``references_per_write`` is for what the documentation leaves out: bound members and owners of one request count as
    writes, one for about three (recorded by Canvas LMS from Microsoft's answer); 0 does not count them.
    """

    resource_units: Quota
    writes: Quota = Quota(3_000, 150)
    tenant_writes: Quota = Quota(18_000, 300)
    references_per_write: int = 3

    def scaled(self, factor: float) -> Limits:
        """Return the limits with ``factor`` times the units in the same seconds."""
        units, writes, tenant = (
            replace(quota, units=quota.units * factor)
            for quota in (self.resource_units, self.writes, self.tenant_writes)
        )
        return replace(self, resource_units=units, writes=writes, tenant_writes=tenant)


SMALL, MEDIUM, LARGE = Limits(Quota(3_500, 10)), Limits(Quota(5_000, 10)), Limits(Quota(8_000, 10))


def limits_for(users: int) -> Limits:
    """Return the documented limits of a tenant with so many users."""
    return SMALL if users < 50 else MEDIUM if users <= 500 else LARGE


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request takes from the buckets."""

    resource_units: int
    writes: int


_GET = {
    "/applications": 2,
    "/applications/{id}/extensionProperties": 2,
    "/contracts": 3,
    "/domains/{id}/domainNameReferences": 4,
    "/groups/{id}/members": 3,
    "/groups/{id}/transitiveMembers": 5,
    "/oauth2PermissionGrants": 2,
    "/oauth2PermissionGrants/{id}": 2,
    "/servicePrincipals/{id}/appRoleAssignments": 2,
    "/subscribedSkus": 3,
    "/users": 2,
}
_GET_ANYWHERE = {"licenseDetails": 2, "memberOf": 2, "ownedObjects": 2, "transitiveMemberOf": 2}
_POST_ANYWHERE = {
    "getByIds": 5,
    "isMemberOf": 4,
    "checkMemberGroups": 4,
    "checkMemberObjects": 4,
    "getMemberGroups": 2,
    "getMemberObjects": 2,
}
"""Requests that only read, although they are posted: they cost no write."""
_SMALL_PAGE = 20


def cost(request: Request, references_per_write: int = 0) -> Cost:
    """Return what the documentation says that a request costs; what it does not list is 1, and 1 write where it writes.

    ``$select`` makes it cheaper by 1, ``$top`` below 20 too, ``$expand`` dearer by 1; never below 1.
    """
    path = template(request.path)
    last = path.rsplit("/", 1)[-1]
    if request.method == "GET":
        units, writes = _GET.get(path) or _GET_ANYWHERE.get(last, 1), 0
    elif request.method == "POST" and last in _POST_ANYWHERE:
        units, writes = _POST_ANYWHERE[last], 0
        # The table has its own price for this one with $select, lower than the rule would make it.
        units -= 2 if last == "getByIds" and _selects(request) else 0
    else:
        units, writes = 1, _writes(request, references_per_write) if request.method in WRITES else 0
    units += ("$expand" in request.query) - _selects(request) - _has_small_page(request)
    return Cost(max(1, units), writes)


def _selects(request: Request) -> bool:
    return "$select" in request.query


def _has_small_page(request: Request) -> bool:
    top = request.query.get("$top", "")
    return top.isdecimal() and int(top) < _SMALL_PAGE


def _writes(request: Request, references_per_write: int) -> int:
    body = request.body if isinstance(request.body, Mapping) else {}
    bound = sum(
        len(value) for name, value in body.items() if name.endswith("@odata.bind") and isinstance(value, (list, tuple))
    )
    return max(1, math.ceil(bound / references_per_write)) if references_per_write else 1


_ROUNDING = 1e-6
"""Units that arithmetic may lose: who has waited as long as told gets through."""


class _Bucket:
    """What is left of a quota; it fills evenly."""

    def __init__(self, quota: Quota, reason: str, scope: str, now: datetime) -> None:
        self._quota = quota
        self._left = quota.units
        self._then = now
        self.reason = reason
        self.scope = scope

    def take(self, units: float, now: datetime) -> float:
        """Take ``units``, and return the seconds to wait where they were not there (0: they were).

        They are taken all the same: refused requests accrue, up to the whole quota once more.
        """
        quota = self._quota.units
        rate = quota / self._quota.seconds
        self._left = min(quota, self._left + (now - self._then).total_seconds() * rate)
        self._then = now
        needed = min(units, quota)
        enough = self._left >= needed - _ROUNDING
        self._left = max(-quota, self._left - units)
        return 0.0 if enough else (needed - self._left) / rate

    @property
    def used(self) -> float:
        """How much of the quota is used up; 1 is all of it."""
        return 1 - self._left / self._quota.units


class Throttle:
    """A service that answers 429 for the one behind it when a quota is used up.

    It stands behind ``Batches``, so that the requests of a batch are charged and refused one by one.
    """

    def __init__(
        self, service: Service, clock: Clock, limits: Limits, *, tenant_id: str = "", client_id: str = ""
    ) -> None:
        now = clock.now()
        both = f"Tenant_Application/{{}}/{client_id}/{tenant_id}"
        self._service, self._clock, self._limits = service, clock, limits
        self._units = _Bucket(limits.resource_units, "ResourceUnitLimitExceeded", both.format("ReadWrite"), now)
        self._writes = _Bucket(limits.writes, "WriteLimitExceeded", both.format("Write"), now)
        self._tenant = _Bucket(limits.tenant_writes, "WriteLimitExceeded", f"Tenant/Write/{client_id}/{tenant_id}", now)

    def handle(self, request: Request) -> Reply:
        """Answer a request, or refuse it with the seconds after which the quota allows it."""
        price = cost(request, self._limits.references_per_write)
        now = self._clock.now()
        wants = [(self._units, price.resource_units)]
        wants += [(bucket, price.writes) for bucket in (self._writes, self._tenant) if price.writes]
        wait, bucket = max(((bucket.take(units, now), bucket) for bucket, units in wants), key=lambda found: found[0])
        reply = _refused(request, bucket, wait) if wait else self._service.handle(request)
        return replace(reply, headers={**reply.headers, **_telling(price, [bucket for bucket, _ in wants])})


def _refused(request: Request, bucket: _Bucket, wait: float) -> Reply:
    headers = {
        "Retry-After": str(math.ceil(wait)),
        "x-ms-throttle-scope": bucket.scope,
        "x-ms-throttle-information": bucket.reason,
    }
    return refusal(GraphError(429, "TooManyRequests", "Too Many Requests", headers=headers), request)


def _telling(price: Cost, buckets: list[_Bucket]) -> dict[str, str]:
    used = max(bucket.used for bucket in buckets)
    headers = {"x-ms-resource-unit": str(price.resource_units)}
    return headers | ({"x-ms-throttle-limit-percentage": f"{min(used, 1.8):.2f}"} if used >= 0.8 else {})
