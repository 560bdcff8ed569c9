"""What new objects have from the beginning."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator, Sequence

from idcode.directories.sandbox.tenant.entities import Entity

INITIAL_DOMAIN = "contoso.onmicrosoft.com"


def new_id() -> str:
    """Return an id that nothing has."""
    return str(uuid.uuid4())


def security_identifier(entity_id: str) -> str:
    """Return the SID that Entra derives from an id: ``S-1-12-1-`` and the GUID's bytes as four numbers."""
    return "S-1-12-1-" + "-".join(str(part) for part in struct.unpack("<4I", uuid.UUID(entity_id).bytes_le))


def organization(name: str, tenant_id: str, domains: Sequence[str], created: str) -> Iterator[Entity]:
    """Yield the objects of a new tenant: its organization and its verified domains, the first one the default.

    ``contoso.onmicrosoft.com`` is added where no domain is an ``onmicrosoft.com`` one.
    """
    every = list(dict.fromkeys(domain.lower() for domain in domains))
    if not any(domain.endswith(".onmicrosoft.com") for domain in every):
        every.append(INITIAL_DOMAIN)
    verified = []
    for domain in every:
        initial, default = domain.endswith(".onmicrosoft.com"), domain == every[0]
        properties = {"isVerified": True, "isDefault": default, "isInitial": initial, "isRoot": True}
        managed = {"authenticationType": "Managed", "isAdminManaged": True, "supportedServices": ["Email"]}
        yield Entity(domain, "domain", {**properties, **managed})
        kind = {"name": domain, "type": "Managed", "capabilities": "Email"}
        verified.append({**kind, "isDefault": default, "isInitial": initial})
    facts = {"displayName": name, "createdDateTime": created, "tenantType": "AAD"}
    facts["mobileDeviceManagementAuthority"] = "unknown"  # which is never null
    yield Entity(tenant_id, "organization", {**facts, "verifiedDomains": verified})
