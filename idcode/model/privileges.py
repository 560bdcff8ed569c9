"""Who has power over a directory, and which groups of a domain give it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from idcode.model import dn
from idcode.model.records import LiveObject
from idcode.model.syntax import text_of
from idcode.model.values import Ref

_DOMAIN_SID = "S-1-5-21-"
_GROUP_RIDS = frozenset({"498", "512", "516", "518", "519", "520", "521", "526", "527"})
_ACCOUNT_RIDS = frozenset({"500", "502"})
_BUILT_IN = frozenset({"S-1-5-32-544", "S-1-5-32-548", "S-1-5-32-549", "S-1-5-32-550", "S-1-5-32-551", "S-1-5-32-552"})
"""Domain, enterprise and schema administrators, domain controllers, policy and key administrators; Administrator and
krbtgt; administrators, account, server, print and backup operators, replicators (MS-ADTS 6.1.1.6 and 3.1.1.6.1.2, the
protected groups)."""


@dataclass(frozen=True, slots=True)
class Privileges:
    """Who has power over one directory now.

    ``holders`` maps the anchors of accounts and groups to the reason, such as ``in Domain Admins``, whatever number of
    groups is between. ``own`` are the anchors of what idcode itself signs in as.
    """

    holders: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()


def is_privileged_group(sid: str) -> bool:
    """Whether the members of the group with this SID administer the domain, whatever language its name is in."""
    domain, _, rid = sid.rpartition("-")
    return sid in _BUILT_IN or (domain.startswith(_DOMAIN_SID) and rid in _GROUP_RIDS)


def privileged_sids(domain: str) -> tuple[Iterable[str], Iterable[str]]:
    """Return the SIDs of the privileged groups and of the built-in accounts of the domain with SID ``domain``."""
    groups = [*sorted(_BUILT_IN), *(f"{domain}-{rid}" for rid in sorted(_GROUP_RIDS))]
    return groups, [f"{domain}-{rid}" for rid in sorted(_ACCOUNT_RIDS)]


def follow(objects: Iterable[LiveObject]) -> Privileges:
    """Return who administers a domain of which all ``objects`` are at hand: whoever its groups lead to.

    They need ``objectSid`` and ``member`` of groups. Primary groups do not count: who has one is not read.
    """
    known = {dn.key(live.dn): live for live in objects if not live.deleted}
    todo = [live for live in known.values() if is_privileged_group(sid_of(live))]
    found = {live.anchor: "built in" for live in todo}
    reasons = {live.anchor: f"in {dn.name_of(live.dn)}" for live in todo}
    while todo:
        group = todo.pop()
        for value in group.get("member"):
            member = known.get(dn.key(value.target)) if isinstance(value, Ref) else None
            if member is not None and member.anchor not in found:
                found[member.anchor] = reasons[member.anchor] = reasons[group.anchor]
                todo.append(member)
    return Privileges(found)


def sid_of(live: LiveObject) -> str:
    """Return the ``objectSid`` of an object, ``""`` where it has none or it was not read."""
    return next((text_of(value) for value in live.get("objectSid")), "")
