"""What a tenant consists of, and how it changes: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Entity:
    """One object. ``type`` is Graph's name of its type (``user``, ``group``, ``administrativeUnit``, ``organization``).

    ``properties`` are JSON values by Graph's names, without ``id`` and without nulls: what is absent is null, or an
    empty collection. An entity never changes; a write puts another one in its place.
    """

    id: str
    type: str
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def deleted(self) -> bool:
        """Whether it is in ``directory/deletedItems``."""
        return "deletedDateTime" in self.properties

    def get(self, name: str, default: Any = None) -> Any:
        """Return a property, ``default`` where it is null."""
        return self.properties.get(name, default)

    def having(self, **changes: Any) -> Entity:
        """Return it with other values; ``None`` takes the property away."""
        merged = {**self.properties, **changes}
        return Entity(self.id, self.type, {name: value for name, value in merged.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Put:
    """An object comes (``before`` is ``None``), becomes another, or goes for good (``after`` is ``None``)."""

    before: Entity | None
    after: Entity | None

    @property
    def id(self) -> str:
        """The id of the object."""
        entity = self.after or self.before
        assert entity is not None
        return entity.id

    def undone(self) -> Put:
        """Return the change that takes this one back."""
        return Put(self.after, self.before)


@dataclass(frozen=True, slots=True)
class Link:
    """``source`` begins (or, not ``present``, ceases) to refer to ``target``: ``members`` of a group, a ``manager``."""

    kind: str
    source: str
    target: str
    present: bool = True

    def undone(self) -> Link:
        """Return the change that takes this one back."""
        return Link(self.kind, self.source, self.target, not self.present)


Change = Put | Link


@dataclass(frozen=True, slots=True)
class Transaction:
    """Changes that took effect together; ``number`` counts up by one."""

    number: int
    time: datetime
    changes: tuple[Change, ...]
