"""The whole tenant as it is at one moment, and the ways to find something in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from idcode.directories.sandbox.tenant import rosters
from idcode.directories.sandbox.tenant.entities import Change, Entity, Link, Put

INDEXED = (
    "appId",
    "mail",
    "mailNickname",
    "onPremisesImmutableId",
    "proxyAddresses",
    "roleTemplateId",
    "skuId",
    "templateId",
    "uniqueName",
    "userPrincipalName",
)
"""Properties by whose values (case does not count) objects are found at once."""
_NONE: list[str] = []


class View:
    """Objects by id and type, deleted ones apart, and the links between them.

    Lists of ids are sorted and belong to the view: read them only.
    """

    def __init__(self, entities: Iterable[Entity] = (), links: Iterable[tuple[str, str, str]] = ()) -> None:
        self._entities: dict[str, Entity] = {}
        self._ids: dict[tuple[str, bool], list[str]] = {}
        self._index: dict[tuple[str, str], list[str]] = {}
        self._targets: dict[str, dict[str, list[str]]] = {}
        self._sources: dict[str, dict[str, list[str]]] = {}
        self._load(entities, links)

    def _load(self, entities: Iterable[Entity], links: Iterable[tuple[str, str, str]]) -> None:
        """Take in many at once: lists are sorted when all is there."""
        for entity in entities:
            self._entities[entity.id] = entity
            self._ids.setdefault((entity.type, entity.deleted), []).append(entity.id)
            for key in _keys(entity):
                self._index.setdefault(key, []).append(entity.id)
        for kind, source, target in links:
            self._targets.setdefault(kind, {}).setdefault(source, []).append(target)
            self._sources.setdefault(kind, {}).setdefault(target, []).append(source)
        for ids in (*self._ids.values(), *self._index.values()):
            ids.sort()
        for lists in (*self._targets.values(), *self._sources.values()):
            for ids in lists.values():
                ids.sort()

    def copy(self) -> View:
        """Return another one that holds the same and changes on its own."""
        return View(self._entities.values(), self.links())

    def __len__(self) -> int:
        return len(self._entities)

    def entities(self) -> Iterator[Entity]:
        """Yield every object, deleted ones included."""
        return iter(self._entities.values())

    def links(self) -> Iterator[tuple[str, str, str]]:
        """Yield kind, source and target of every link, those of deleted objects included."""
        for kind, lists in self._targets.items():
            for source, targets in lists.items():
                for target in targets:
                    yield kind, source, target

    def get(self, entity_id: str) -> Entity | None:
        """Return an object, deleted or not; ``None`` where there is none."""
        return self._entities.get(entity_id)

    def live(self, entity_id: str, *types: str) -> Entity | None:
        """Return an object that is not deleted, of one of ``types`` where any is given."""
        entity = self._entities.get(entity_id)
        if entity is None or entity.deleted or (types and entity.type not in types):
            return None
        return entity

    def ids(self, type_name: str, *, deleted: bool = False) -> Sequence[str]:
        """Return the sorted ids of all objects of a type that are live (or deleted)."""
        return self._ids.get((type_name, deleted), _NONE)

    def of_type(self, type_name: str, *, deleted: bool = False) -> Iterator[Entity]:
        """Yield all objects of a type that are live (or deleted)."""
        return (self._entities[each] for each in self.ids(type_name, deleted=deleted))

    def find(self, name: str, value: str, *types: str) -> list[Entity]:
        """Return the objects that hold a value of an indexed property, deleted ones included; case does not count."""
        assert name in INDEXED, name
        found = [self._entities[each] for each in self._index.get((name, value.lower()), _NONE)]
        return [entity for entity in found if not types or entity.type in types]

    def targets(self, kind: str, source: str) -> Sequence[str]:
        """Return the sorted ids of what ``source`` refers to; deleted ones are among them."""
        return self._targets.get(kind, {}).get(source, _NONE)

    def sources(self, kind: str, target: str) -> Sequence[str]:
        """Return the sorted ids of what refers to ``target``; deleted ones are among them."""
        return self._sources.get(kind, {}).get(target, _NONE)

    def linked(self, kind: str, source: str, target: str) -> bool:
        """Whether ``source`` refers to ``target``."""
        return rosters.contains(self.targets(kind, source), target)

    def links_of(self, entity_id: str) -> list[Link]:
        """Return every link from and to an object."""
        found = [Link(kind, entity_id, each) for kind, by in self._targets.items() for each in by.get(entity_id, _NONE)]
        return found + [
            Link(kind, each, entity_id)
            for kind, by in self._sources.items()
            for each in by.get(entity_id, _NONE)
            if each != entity_id
        ]

    def apply(self, change: Change) -> None:
        """Let a change take effect. What it says of the state before must be so."""
        if isinstance(change, Put):
            if change.before is not None:
                self._take_out(change.before)
            if change.after is not None:
                self._put_in(change.after)
            return
        edit = rosters.insert if change.present else rosters.remove
        edit(self._targets.setdefault(change.kind, {}).setdefault(change.source, []), change.target)
        edit(self._sources.setdefault(change.kind, {}).setdefault(change.target, []), change.source)

    def _put_in(self, entity: Entity) -> None:
        self._entities[entity.id] = entity
        rosters.insert(self._ids.setdefault((entity.type, entity.deleted), []), entity.id)
        for key in _keys(entity):
            rosters.insert(self._index.setdefault(key, []), entity.id)

    def _take_out(self, entity: Entity) -> None:
        del self._entities[entity.id]
        rosters.remove(self._ids[entity.type, entity.deleted], entity.id)
        for key in _keys(entity):
            rosters.remove(self._index[key], entity.id)


def _keys(entity: Entity) -> set[tuple[str, str]]:
    """Return the places of an object in the index."""
    keys: set[tuple[str, str]] = set()
    for name in INDEXED:
        value = entity.properties.get(name)
        if value is not None:
            values = value if isinstance(value, list | tuple) else (value,)
            keys.update((name, str(each).lower()) for each in values)
    return keys
