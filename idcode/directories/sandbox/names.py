"""What may exist only once in a domain, and what names may look like."""

from __future__ import annotations

from collections.abc import Callable, Collection

from idcode.directories.sandbox import results
from idcode.directories.sandbox.classes import ObjectClass, class_of
from idcode.directories.sandbox.draft import Draft
from idcode.directories.sandbox.results import Refused, attribute_error, naming_violation, update_error
from idcode.directories.sandbox.tree import Guid, Node

_RDN_LIMIT = 64
"""rangeUpper of cn and ou (MS-ADA1, MS-ADA3)."""
_UNIQUE: dict[str, Callable[[], Refused]] = {
    "samaccountname": lambda: update_error(68, results.ACCOUNT_NAME_TAKEN),
    # Domains since Windows Server 2012 R2 (MS-ADTS 3.1.1.5.2.2, 3.1.1.5.3.2).
    "userprincipalname": lambda: attribute_error(19, results.UPN_TAKEN, "userPrincipalName"),
    "serviceprincipalname": lambda: attribute_error(19, results.SPN_TAKEN, "servicePrincipalName"),
}


def check_unique(draft: Draft, node: Node, touched: Collection[str]) -> None:
    """Raise :class:`Refused` where another object, not a deleted one, holds a value that may exist only once."""
    for name, refusal in _UNIQUE.items():
        if name not in touched:
            continue
        for raw in node.values.get(name, ()):
            holders = draft.tree.find(name, draft.tree.value_key(name, raw))
            if any(holder.guid != node.guid and not holder.deleted for holder in holders):
                raise refusal()


def check_free(draft: Draft, parent: Guid, rdn_type: str, name: str, own: Guid | None = None) -> None:
    """Raise :class:`Refused` (68) where ``parent`` has a child of this name; ``own`` is no obstacle to itself."""
    holder = draft.tree.child(parent, rdn_type, name)
    if holder is not None and holder.guid != own:
        raise update_error(68, results.NAME_TAKEN)


def check_name(kind: ObjectClass | None, rdn_type: str, name: str, parent_dn: str) -> None:
    """Raise :class:`Refused` for a name that an object of the class ``kind`` cannot have."""
    if kind is not None and rdn_type.upper() != kind.rdn:
        raise naming_violation(results.RDN_TYPE, parent_dn)
    if not name or "\0" in name:
        raise results.bad_name(f"{rdn_type}={name}")
    if "\n" in name and "\nDEL:" in name:
        raise naming_violation(results.RDN_TYPE, parent_dn)
    if len(name.encode("utf-16-le")) // 2 > _RDN_LIMIT:
        raise attribute_error(19, results.OUT_OF_RANGE, rdn_type.lower(), f":len {len(name.encode())}")


def check_parent(draft: Draft, kind: ObjectClass | None, parent: Node) -> None:
    """Raise :class:`Refused` where an object of the class ``kind`` may not be right below ``parent``.

    What is not known here, such as a class that only a read of another domain brought, is not restricted.
    """
    if parent.deleted:
        raise results.unwilling(results.ILLEGAL_CHANGE)
    above = class_of(parent.values)
    if kind is not None and above is not None and above.chain[-1].lower() not in kind.below:
        raise naming_violation(results.ILLEGAL_PARENT, draft.tree.dn(parent))
