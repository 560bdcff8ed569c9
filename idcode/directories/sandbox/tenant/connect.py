"""What Entra Connect makes of an object of Active Directory.

Source: Entra page "Microsoft Entra Connect Sync: attributes synchronized to Microsoft Entra ID".
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idcode.model import dn
from idcode.model.identifiers import guid_bytes
from idcode.model.records import LiveObject
from idcode.model.syntax import text_of

_OF_BOTH = {"displayName": "displayName", "mail": "mail"}
_OF_USERS = {
    **_OF_BOTH,
    "co": "country",
    "company": "companyName",
    "department": "department",
    "employeeID": "employeeId",
    "facsimileTelephoneNumber": "faxNumber",
    "givenName": "givenName",
    "l": "city",
    "mobile": "mobilePhone",
    "physicalDeliveryOfficeName": "officeLocation",
    "postalCode": "postalCode",
    "preferredLanguage": "preferredLanguage",
    "sn": "surname",
    "st": "state",
    "streetAddress": "streetAddress",
    "title": "jobTitle",
}
_OF_GROUPS = {**_OF_BOTH, "description": "description"}
_EXTENSIONS = range(1, 16)
READS = frozenset(
    {"cn", "sAMAccountName", "userPrincipalName", "objectSid", "proxyAddresses", "mailNickname", "telephoneNumber"}
    | {"msExchUsageLocation", "isCriticalSystemObject", "category", "manager", "member"}
    | {*_OF_USERS, *_OF_GROUPS, *(f"extensionAttribute{number}" for number in _EXTENSIONS)}
)
"""The attributes of Active Directory that this reads, beside the anchor."""


@dataclass(frozen=True, slots=True)
class Synced:
    """An AD object on its way to the tenant. ``anchor`` is its ``onPremisesImmutableId``.

    ``properties`` are those that AD masters, ``None`` for those it leaves empty; ``refers`` are the names (DN or
    objectGUID) of its manager or members.
    """

    anchor: str
    type_name: str
    live: LiveObject
    properties: Mapping[str, Any]
    refers: Sequence[str]


def exported(live: LiveObject, anchor: Sequence[str]) -> Synced | None:
    """Return what becomes of an object; ``None`` where Connect leaves it out.

    It leaves out deleted and critical system objects, what has no sAMAccountName, and distribution groups without an
    address. ``anchor`` names the attributes of which the first with a value identifies the object.
    """
    if live.object_type not in ("user", "group") or live.deleted or _first(live, "isCriticalSystemObject") == "TRUE":
        return None
    if _first(live, "sAMAccountName") is None:
        return None
    properties = _user(live) if live.object_type == "user" else _group(live)
    if live.object_type == "group" and not properties["securityEnabled"] and not properties["mailEnabled"]:
        return None
    refers = live.get("manager" if live.object_type == "user" else "member")
    immutable_id = _immutable_id(live, anchor)
    common = {**_common(live), "onPremisesImmutableId": immutable_id}
    return Synced(immutable_id, live.object_type, live, {**common, **properties}, [text_of(each) for each in refers])


def domain_of(name: str) -> str:
    """Return the DNS name of the domain that a distinguished name lies in."""
    return ".".join(part.value for part in dn.parse(name) if part.type.upper() == "DC")


def in_scope(name: str, scope: Iterable[str]) -> bool:
    """Whether a distinguished name is one of ``scope`` or below it; everything is where that is empty."""
    bases = list(scope)
    return not bases or any(dn.is_under(name, base) for base in bases)


def _common(live: LiveObject) -> dict[str, Any]:
    domain = domain_of(live.dn)
    return {
        "onPremisesDomainName": domain,
        "onPremisesNetBiosName": domain.partition(".")[0].upper(),
        "onPremisesSamAccountName": _first(live, "sAMAccountName"),
        "onPremisesSecurityIdentifier": _first(live, "objectSid"),
        "onPremisesSyncEnabled": True,
        "proxyAddresses": _addresses(live) or None,
        "mailNickname": _first(live, "mailNickname") or _first(live, "sAMAccountName"),
    }


def _user(live: LiveObject) -> dict[str, Any]:
    phone = _first(live, "telephoneNumber")
    numbered = {f"extensionAttribute{each}": _first(live, f"extensionAttribute{each}") for each in _EXTENSIONS}
    extensions = {name: value for name, value in numbered.items() if value is not None}
    found: dict[str, Any] = {to: _first(live, name) for name, to in _OF_USERS.items()}
    found |= {
        "accountEnabled": live.enabled is not False,
        "businessPhones": [phone] if phone else None,
        "displayName": _label(live),
        "onPremisesDistinguishedName": live.dn,
        "onPremisesExtensionAttributes": extensions or None,
        "onPremisesUserPrincipalName": _first(live, "userPrincipalName"),
        "userPrincipalName": _first(live, "userPrincipalName"),
    }
    location = _first(live, "msExchUsageLocation")
    # AD masters it only where it says something.
    return {**found, "usageLocation": location} if location else found


def _group(live: LiveObject) -> dict[str, Any]:
    mail_enabled = _first(live, "mail") is not None
    found: dict[str, Any] = {to: _first(live, name) for name, to in _OF_GROUPS.items()}
    return {
        **found,
        "displayName": _label(live),
        "mailEnabled": mail_enabled,
        "securityEnabled": live.get("category") != ("distribution",),
    }


def _label(live: LiveObject) -> str:
    return _first(live, "displayName") or _first(live, "cn") or dn.name_of(live.dn)


def _addresses(live: LiveObject) -> list[str]:
    mail = _first(live, "mail")
    found = [text_of(each) for each in live.get("proxyAddresses")]
    if mail and not any(each.startswith("SMTP:") for each in found):
        found = [f"SMTP:{mail}", *(each for each in found if each.lower() != f"smtp:{mail.lower()}")]
    return found


def _immutable_id(live: LiveObject, anchor: Sequence[str]) -> str:
    for name in anchor:
        for value in live.get(name):
            raw = value if isinstance(value, bytes) else guid_bytes(text_of(value))
            return base64.b64encode(raw).decode("ascii")
    return base64.b64encode(guid_bytes(live.anchor)).decode("ascii")


def _first(live: LiveObject, name: str) -> str | None:
    values = live.get(name)
    return text_of(values[0]) if values else None
