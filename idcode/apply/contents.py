"""Containers that a rollback would delete, and what others have put into them since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from idcode.apply.inverse import Simulated
from idcode.directories.port import Directory
from idcode.model import dn
from idcode.model.plans import Change
from idcode.model.records import LiveObject, Query, collect


def foreign_contents(
    directory: Directory, changes: Iterable[Change], states: Mapping[str, Simulated]
) -> dict[str, list[LiveObject]]:
    """Return, by change id, what lies in the containers that ``changes`` delete and is not gone by then.

    ``states`` are the objects of the run as the changes leave them. What else lies in a container is known to the
    directory only: it is read whole, and only where a container is deleted.
    """
    doomed = {change.object.anchor or "": change for change in changes if change.op == "delete"}
    containers = {
        dn.key(states[anchor].now.dn): (change.id, states[anchor])
        for anchor, change in doomed.items()
        if change.object_type == "ou" and anchor in states
    }
    found: dict[str, list[LiveObject]] = defaultdict(list)
    if not containers:
        return found
    objects, _ = collect(directory.read(Query({})))
    for live in objects:
        if live.deleted or live.anchor in doomed:
            continue
        key = dn.key(live.dn)
        for depth in range(1, len(key)):
            change_id, container = containers.get(key[depth:], ("", None))
            if container is not None and _stays(live, states, container):
                found[change_id].append(live)
    return found


def _stays(live: LiveObject, states: Mapping[str, Simulated], container: Simulated) -> bool:
    state = states.get(live.anchor)
    return state is None or dn.is_under(state.dn, container.dn)
