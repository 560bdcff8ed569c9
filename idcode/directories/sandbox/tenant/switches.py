"""What can be set about a tenant: how far behind its reads are, and which of two documented behaviours it has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switches:
    """Times are seconds of the tenant's clock.

    ``lag``: how far behind writes its reads are, and its choice of what a write may refer to.
    ``page_seconds``: how long a next link is good for.
    ``extension_attributes_at_creation``: ``POST /users`` takes ``onPremisesExtensionAttributes`` (as user-post-users
    says), or refuses them (as live tenants were seen to do).
    ``licence_seconds``: how long until members have the licences of their groups.
    ``rule_seconds``: how long until the members of dynamic groups follow their rules.
    """

    lag: float = 0.0
    page_seconds: float = 3600.0
    extension_attributes_at_creation: bool = True
    licence_seconds: float = 20.0
    rule_seconds: float = 30.0
