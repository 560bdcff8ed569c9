"""The lines that a tenant is written in: what they are made of (``cases/README.md`` explains them to readers)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("app", "sku", "user", "guest", "group", "unit", "role", "access")
STATES = ("deleted", "synced")
FLAGS = frozenset({"disabled", "microsoft365", "mail-enabled", "distribution", "role-assignable", "cloud-managed"})
EXTENSIONS = tuple(f"extensionAttribute{number}" for number in range(1, 16))
IN_ORGANISATION = ("costCenter", "division")
ALONE = ("aboutMe", "birthday", "interests", "mySite", "pastProjects", "responsibilities", "schools", "skills")
"""Properties of users that Graph reads and writes singly."""
SET_LATER = ("allowExternalSenders", "autoSubscribeNewMembers", "hideFromAddressLists", "hideFromOutlookClients")
"""Properties of Microsoft 365 groups that Graph reads and writes singly."""
MANY = frozenset({"businessPhones", "otherMails", "interests", "pastProjects", "responsibilities", "schools", "skills"})
LINKS = frozenset({"manager", "members", "owners"})
DERIVED = frozenset({"inherited"})
"""Shown, and made by nobody: it follows from the rest."""
OF_USERS = (
    "ageGroup", "businessPhones", "city", "companyName", "consentProvidedForMinor", "country", "department",
    "displayName", "employeeHireDate", "employeeId", "employeeLeaveDateTime", "employeeType", "faxNumber", "givenName",
    "jobTitle", "mail", "mailNickname", "mobilePhone", "officeLocation", "onPremisesImmutableId", "otherMails",
    "passwordPolicies", "postalCode", "preferredLanguage", "showInAddressList", "state", "streetAddress", "surname",
    "usageLocation", "userPrincipalName", "userType",
)  # fmt: skip
OF_GROUPS = ("classification", "description", "displayName", "mailNickname", "membershipRule", "uniqueName")
OF_UNITS = ("description", "displayName", "membershipRule", "membershipType", "visibility")
BORN = "0001-01-01T00:00:00Z"
"""What ``birthday`` shows where it has no value."""


@dataclass(frozen=True, slots=True)
class Line:
    """One object of the text. ``values`` are texts; ``flags`` are words without ``=``."""

    kind: str
    name: str
    state: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()

    def first(self, name: str, default: str = "") -> str:
        """Return the only value of an attribute."""
        return self.values.get(name, (default,))[0]


def read_line(text: str) -> Line:
    """Read one line; raise ``AssertionError`` for what is none."""
    head, *words = text.strip().split(" | ")
    state, _, rest = head.partition(" ")
    kind, _, name = rest.partition(" ") if state in STATES else head.partition(" ")
    assert kind in KINDS, f"not an object: {text}"
    assert name, f"not an object: {text}"
    values: dict[str, tuple[str, ...]] = {}
    for word in words:
        attribute, equals, value = word.partition("=")
        if equals:
            values[attribute] = (*values.get(attribute, ()), value)
    flags = frozenset(word for word in words if "=" not in word)
    assert flags <= FLAGS, f"no such flag: {sorted(flags - FLAGS)}"
    return Line(kind, name, state if state in STATES else "", values, flags)


def name_of(line: str) -> str:
    """Return what the object of a line is called."""
    return read_line(line).name
