"""Links from other objects that a deletion took away, and the changes that bring them back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from idcode.apply.preconditions import Comparison
from idcode.directories.port import Directory
from idcode.model import dn
from idcode.model.plans import AttributeChange, Change, Expect, Target
from idcode.model.records import LiveObject, Query, collect
from idcode.model.values import Ref
from idcode.plan.encoding import change_key

BACK_LINKS = {"memberOf": "member", "directReports": "manager", "managedObjects": "managedBy"}
"""What a deleted object shows of the links that others have to it → the attribute that holds them (MS-ADSC)."""


def lost_links(
    directory: Directory,
    restored: Mapping[str, Change],
    images: Mapping[str, LiveObject],
    comparison: Comparison,
) -> list[Change]:
    """Return the changes that put restored objects back into the groups they were in, and so on.

    ``restored`` and ``images`` (the objects before they were deleted) are by change id. The holders of the links are
    known by DN only, so the whole directory is read, and only where links were lost. A directory without a tree brings
    the links back itself.
    """
    if comparison.schema.terms.naming is None:
        return []
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for change_id in restored:
        for back, forward in BACK_LINKS.items():
            for value in images[change_id].get(back) if change_id in images else ():
                if isinstance(value, Ref):
                    wanted[comparison.known.renames.now(value.target), forward].add(change_id)
    if not wanted:
        return []
    objects, _ = collect(directory.read(Query({})))
    by_dn = {dn.key(live.dn): live for live in objects if not live.deleted}
    links: list[Change] = []
    for (holder_dn, forward), change_ids in sorted(wanted.items()):
        holder = by_dn.get(dn.key(holder_dn))
        if holder is not None:
            first = min(change_ids)
            links.append(_link(f"{first}-{len(links) + 1}", holder, forward, change_ids, restored))
    return links


def _link(
    change_id: str, holder: LiveObject, forward: str, change_ids: set[str], restored: Mapping[str, Change]
) -> Change:
    first = restored[min(change_ids)]
    values = tuple(Ref(restored[name].object.anchor or "") for name in sorted(change_ids))
    if forward == "member":
        item = AttributeChange(add=values, delta=True, single=False)
    else:
        item = AttributeChange(after=values[:1])
    label = dn.parse(holder.dn)[0].value
    address = f"{holder.object_type}:{label}@{first.directory}"
    attributes = {forward: item}
    return Change(
        id=change_id,
        key=change_key(first.directory, address, "update", attributes),
        directory=first.directory,
        object_type=holder.object_type,
        address=address,
        object=Target(holder.anchor, holder.dn, label),
        op="update",
        phase="link",
        attributes=attributes,
        expect=Expect(),
        scope=first.scope,
        depends_on=tuple(sorted(change_ids)),
    )
