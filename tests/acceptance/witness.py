"""The domain seen through ldap3 alone, without any of idcode's code."""

from __future__ import annotations

import ldap3

from tests.lab import Domain

SERVER_KEPT = frozenset(
    {
        "usnchanged", "usncreated", "whenchanged", "whencreated", "pwdlastset", "lastlogon", "logoncount",
        "badpasswordtime", "badpwdcount", "lastlogoff", "dscorepropagationdata", "replpropertymetadata",
        "lastlogontimestamp", "lastknownparent", "admincount", "operatorcount",
    }
)  # fmt: skip
"""What the server keeps to itself: counters, times, the moment a password was set, and what Samba adds when it
brings a deleted object back (lastKnownParent, adminCount, operatorCount)."""


class Witness:
    """Reads and edits the domain as its administrator."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self.connection = domain.connect()

    def find(self, filter_text: str, *attributes: str) -> list[dict[str, list[str]]]:
        """Return what a filter finds: values as text, ``dn`` among them."""
        self.connection.search(self._domain.base_dn, filter_text, attributes=list(attributes) or ["*"])
        return [
            {"dn": [e["dn"]], **{k: [_text(v) for v in values] for k, values in e["raw_attributes"].items()}}
            for e in self.connection.response
            if e["type"] == "searchResEntry"
        ]

    def user(self, employee: str, *attributes: str) -> dict[str, list[str]]:
        """Return the one account with an employee number."""
        found = self.find(f"(&(objectCategory=person)(employeeID={employee}))", *attributes)
        assert len(found) == 1, f"{len(found)} accounts with employeeID {employee}"
        return found[0]

    def members(self, group: str) -> set[str]:
        """Return the CNs in a group, read in ranges where the server answers so."""
        (found,) = self.find(f"(sAMAccountName={group})", "member")
        return {dn.split(",")[0].removeprefix("CN=") for dn in found.get("member", [])}

    def enabled(self, employee: str) -> bool:
        """Whether an account is enabled."""
        return not int(self.user(employee, "userAccountControl")["userAccountControl"][0]) & 2

    def modify(self, dn: str, **changes: list[str]) -> None:
        """Replace attributes by hand, as a colleague would."""
        self.connection.modify(dn, {name: [(ldap3.MODIFY_REPLACE, values)] for name, values in changes.items()})
        assert self.connection.result["result"] == 0, self.connection.result

    def disable(self, employee: str) -> None:
        """Disable an account by hand."""
        self.modify(self.user(employee)["dn"][0], userAccountControl=["514"])

    def add_user(self, dn: str, **attributes: str) -> None:
        """Create an account by hand."""
        self.connection.add(dn, ["user"], attributes)
        assert self.connection.result["result"] == 0, self.connection.result

    def add_group(self, dn: str, *members: str) -> None:
        """Add a group with members."""
        name = dn.partition(",")[0].partition("=")[2]
        assert self.connection.add(dn, ["group"], {"sAMAccountName": name, "member": list(members)}), (
            self.connection.result
        )

    def add_ou(self, name: str) -> None:
        """Create an OU below the base by hand."""
        self.connection.add(f"OU={name},{self._domain.base_dn}", ["organizationalUnit"])

    def dump(self, *bases: str) -> dict[str, dict[str, list[str]]]:
        """Return every user, group and OU with all attributes but :data:`SERVER_KEPT`, by DN in lower case."""
        found = self.find("(|(objectClass=user)(objectClass=group)(objectClass=organizationalUnit))", "*")
        return {
            entry["dn"][0].lower(): {
                name: sorted(values) for name, values in entry.items() if name.lower() not in SERVER_KEPT
            }
            for entry in found
            if "OU=Domain Controllers" not in entry["dn"][0]
        }


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()
