"""Adding objects (MS-ADTS 3.1.1.5.2)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from idcode.directories.ad.operations import Modification
from idcode.directories.sandbox import classes, names, results
from idcode.directories.sandbox.draft import Draft
from idcode.directories.sandbox.modifying import PLAIN, write
from idcode.directories.sandbox.results import bad_name, no_object, unwilling, update_error
from idcode.directories.sandbox.tree import Node
from idcode.model import dn


def add(draft: Draft, name: str, given_classes: Sequence[str], attributes: Mapping[str, Sequence[bytes]]) -> None:
    """Add the object ``name``; raise :class:`Refused` where the domain does not take it."""
    try:
        first, *rest = dn.parse(name)
    except ValueError:
        raise bad_name(name) from None
    parent, best_match = draft.tree.walk(dn.build(tuple(rest)))
    if parent is None:
        raise no_object(best_match)
    if classes.unknown_names(given_classes):
        raise results.conversion_error(16)
    kind = classes.most_specific(given_classes)
    if kind is None:
        raise update_error(65, results.CLASS_REQUIRED)
    if not {name.lower() for name in given_classes} <= {name.lower() for name in kind.chain}:
        raise update_error(65, results.CLASS_VIOLATION)  # two classes of which neither is above the other
    if not kind.below:
        raise unwilling(results.CANNOT_ADD_SYSTEM_ONLY)
    names.check_name(kind, first.type, first.value, best_match)
    names.check_parent(draft, kind, parent)
    names.check_free(draft, parent.guid, first.type, first.value)
    node = Node(
        uuid.uuid4().bytes_le,
        parent.guid,
        kind.rdn,
        first.value,
        {"objectclass": tuple(name.encode("ascii") for name in kind.chain), "instancetype": (b"4",)},
    )
    steps: dict[str, Sequence[Modification]] = {}
    for attribute, found in attributes.items():
        if attribute.lower() == kind.rdn.lower():
            continue  # what an add says again of the name it gives
        if not found:
            raise results.attribute_error(19, results.CLASS_LACKS_VALUE, attribute)
        steps[attribute] = [("replace", found)]
    write(draft, None, node, steps, PLAIN)
