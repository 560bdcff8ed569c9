"""What a delta query tells about objects: all that there is, or what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from idcode.directories.sandbox.tenant.entities import Entity, Put, Transaction
from idcode.directories.sandbox.tenant.properties import shown
from idcode.directories.sandbox.tenant.relations import relations
from idcode.directories.sandbox.tenant.rosters import beyond
from idcode.directories.sandbox.tenant.view import View

LINKS = 500
"""How many links one entry tells of; more follow in further entries of the same object."""


@dataclass(slots=True)
class Changed:
    """What has happened to an object: which properties and links have changed, and whether it is new or back again."""

    id: str
    properties: set[str] = field(default_factory=set)
    links: dict[str, set[str]] = field(default_factory=dict)
    appeared: bool = False


def tracked(type_name: str, select: Sequence[str] | None) -> list[str]:
    """Return the relationships that are told about: those selected, or by default a group's members and owners."""
    known = relations(type_name)
    wanted: Sequence[str] = ("members", "owners") if type_name == "group" else ()
    return [name for name in (wanted if select is None else select) if name in known]


def everything(
    view: View,
    type_name: str,
    ids: Sequence[str],
    after: tuple[str, str],
    select: Sequence[str] | None,
    names: Sequence[str],
) -> Iterator[tuple[dict[str, Any], tuple[str, str]]]:
    """Yield an entry for every object, several for one with many links, and after each where to go on from there.

    That is the id of the object, and the last link that was told of (``""``: the object is complete).
    """
    entity_id, rest = after
    for each in (*([entity_id] if rest else ()), *beyond(ids, entity_id)):
        entity = view.live(each, type_name)
        while entity is not None:
            links, rest = _some_links(view, each, names, rest)
            yield {**_properties(entity, select), **links}, (each, rest)
            if not rest:
                break
        rest = ""


def _some_links(view: View, entity_id: str, names: Sequence[str], after: str) -> tuple[dict[str, Any], str]:
    """Return the next links of an object, and the last of them where there may be more."""
    found: dict[str, Any] = {}
    number = 0
    begin_with, _, last = after.partition("/")
    for name in names[names.index(begin_with) :] if after else names:
        for other in beyond(view.targets(name, entity_id), last if name == begin_with else ""):
            if view.live(other) is None:
                continue
            found.setdefault(f"{name}@delta", []).append(_link(view, name, entity_id, other))
            number += 1
            if number == LINKS:
                return found, f"{name}/{other}"
    return found, ""


def _link(view: View, name: str, entity_id: str, other: str) -> dict[str, Any]:
    target = view.get(other)
    told: dict[str, Any] = {} if target is None else {"@odata.type": f"#microsoft.graph.{target.type}"}
    told["id"] = other
    if target is None or target.deleted or not view.linked(name, entity_id, other):
        told["@removed"] = {"reason": "deleted"}
    return told


def _properties(entity: Entity, select: Sequence[str] | None) -> dict[str, Any]:
    return {**shown(entity, select), "id": entity.id}


def changed_since(transactions: Iterable[Transaction], until: int, view: View, type_name: str) -> list[Changed]:
    """Return what transactions up to number ``until`` did to objects of a type, those that changed last at the end.

    An object that is linked and goes, or comes back, counts as a change of the link.
    """
    changes: dict[str, Changed] = {}

    def of(entity_id: str) -> Changed:
        changes[entity_id] = changes.pop(entity_id) if entity_id in changes else Changed(entity_id)
        return changes[entity_id]

    for transaction in transactions:
        for change in transaction.changes if transaction.number <= until else ():
            if not isinstance(change, Put):
                source = view.get(change.source)
                if source is not None and source.type == type_name:
                    of(change.source).links.setdefault(change.kind, set()).add(change.target)
                continue
            before, after = change.before, change.after
            there, is_there = _live(before), _live(after)
            if (after or before or _NOTHING).type == type_name:
                told = of(change.id)
                told.properties |= _differing(before, after)
                told.appeared = is_there if there != is_there else told.appeared
            if there != is_there:
                for name in relations(type_name):
                    for each in view.sources(name, change.id):
                        source = view.live(each, type_name)
                        if source is not None:
                            of(each).links.setdefault(name, set()).add(change.id)
    return list(changes.values())


_NOTHING = Entity("", "")


def _live(entity: Entity | None) -> bool:
    return entity is not None and not entity.deleted


def _differing(before: Entity | None, after: Entity | None) -> set[str]:
    old: Mapping[str, Any] = before.properties if before is not None else {}
    new: Mapping[str, Any] = after.properties if after is not None else {}
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


def entries_of(
    view: View, changed: Changed, select: Sequence[str] | None, names: Sequence[str], *, minimal: bool
) -> Iterator[dict[str, Any]]:
    """Yield the entries for an object that has changed, none where only what was not asked for has.

    ``minimal``: with nothing but the properties that have changed (``Prefer: return=minimal``).
    """
    entity = view.get(changed.id)
    if entity is None or entity.deleted:
        yield {"id": changed.id, "@removed": {"reason": "deleted" if entity is None else "changed"}}
        return
    links = {name: changed.links.get(name, set()) for name in names}
    if changed.appeared:
        links = {name: found | set(view.targets(name, changed.id)) for name, found in links.items()}
    properties = changed.properties if select is None else changed.properties & set(select)
    if not properties and not changed.appeared and not any(links.values()):
        return
    only = sorted(properties) if minimal and not changed.appeared else select
    rows = [(name, _link(view, name, changed.id, other)) for name, found in links.items() for other in sorted(found)]
    for begin in range(0, max(len(rows), 1), LINKS):
        told: dict[str, Any] = _properties(entity, only)
        for name, row in rows[begin : begin + LINKS]:
            told.setdefault(f"{name}@delta", []).append(row)
        yield told
