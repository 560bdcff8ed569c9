"""Unique values: who may have which logon name, address or object name.

Selecting values is the one sequential stage: identities are taken in the order of their keys, so that the same
inputs always give the same names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

from idcode.model import dn
from idcode.model.schema import AttributeType
from idcode.model.syntax import key, text_of, unique_key
from idcode.model.values import Scalar, Value
from idcode.sync.containers import Containers
from idcode.sync.gather import DirectoryReading

DnKey = tuple[tuple[str, str], ...]
Place = tuple[str, str, DnKey]
"""(realm, attribute in lower case, container or ()): within one place a value may occur once."""


class Register:
    """Who holds which value in each place: live objects (deleted ones included) and values given in this plan."""

    def __init__(
        self,
        directories: Mapping[str, DirectoryReading],
        forests: Mapping[str, str],
        containers: Mapping[str, Containers],
    ) -> None:
        self._directories = directories
        self._containers = containers
        self._forests = forests
        self._holders: dict[Place, dict[Hashable, set[str]]] = {}
        self._given: dict[Place, dict[Hashable, str]] = defaultdict(dict)
        self._released: dict[Place, set[Hashable]] = defaultdict(set)
        self._by_container: dict[str, dict[DnKey, list[tuple[str, str]]]] = {}

    def place(self, directory: str, attribute: AttributeType, container: DnKey = ()) -> Place:
        """Return where a value of ``attribute`` has to be unique."""
        if attribute.unique == "container":
            return (directory, attribute.name.lower(), container)
        realm = self._forests.get(directory, directory) if attribute.unique == "forest" else directory
        return (realm, attribute.name.lower(), ())

    def holders(self, place: Place) -> Mapping[Hashable, set[str]]:
        """Return, by comparison key, the anchors of the objects that hold a value at ``place``."""
        if place not in self._holders:
            self._holders[place] = self._read(place)
        return self._holders[place]

    def _read(self, place: Place) -> dict[Hashable, set[str]]:
        realm, name, container = place
        found: dict[Hashable, set[str]] = defaultdict(set)
        for directory, reading in self._directories.items():
            if realm not in (directory, self._forests.get(directory)):
                continue
            attribute = reading.view.schema.find(name)
            if attribute is None:
                continue
            if container:
                for name_key, anchor in self._children(directory).get(container, ()):
                    found[name_key].add(anchor)
                continue
            for live in reading.view.objects.values():
                for value in live.get(attribute.name):
                    found[unique_key(value, attribute.kind)].add(live.anchor)
        return found

    def _children(self, directory: str) -> Mapping[DnKey, list[tuple[str, str]]]:
        """Index the names in each container (as it will be after renames), once per directory."""
        if directory not in self._by_container:
            index: dict[DnKey, list[tuple[str, str]]] = defaultdict(list)
            relocated = self._containers[directory].relocated
            for live in self._directories[directory].by_dn.values():
                dn_key = dn.key(relocated(live.dn))
                if dn_key:
                    index[dn_key[1:]].append((dn_key[0][1], live.anchor))
            self._by_container[directory] = index
        return self._by_container[directory]

    def is_known(self, place: Place) -> bool:
        """Whether ``place`` was read, so that a value that nobody seems to hold is free."""
        realm, name, container = place
        return bool(container) or all(
            reading.view.knows_all(name)
            for directory, reading in self._directories.items()
            if realm in (directory, self._forests.get(directory))
        )

    def give(self, place: Place, value: Hashable, owner: str) -> None:
        """Note that ``owner`` (an address) gets ``value`` in this plan."""
        self._given[place][value] = owner

    def release(self, place: Place, value: Hashable) -> None:
        """Note that the live holder of ``value`` lets go of it in this plan."""
        self._released[place].add(value)

    def is_free(
        self, place: Place, value: Hashable, owner: str, own: Iterable[str], released_too: bool = False
    ) -> bool:
        """Whether ``owner``, whose own objects are ``own``, may take ``value``."""
        if self._given[place].get(value, owner) != owner:
            return False
        others = self.holders(place).get(value, set()) - set(own)
        return not others or (released_too and value in self._released[place])


def select(
    register: Register,
    places: Iterable[tuple[Place, AttributeType]],
    candidates: tuple[Value, ...],
    owner: str,
    own: Iterable[str],
    live: Scalar | None,
) -> Scalar | None:
    """Choose a candidate that is free in every place: the live value while it still is one, else the first free.

    Values that others release in this plan count as taken unless nothing else is free. ``None``: all are taken.
    """
    spots = list(places)
    own = set(own)
    options = [candidate for candidate in candidates if candidate is not None and not isinstance(candidate, tuple)]

    def free(value: Scalar, released_too: bool) -> bool:
        return all(register.is_free(p, unique_key(value, a.kind), owner, own, released_too) for p, a in spots)

    chosen: Scalar | None = None
    if live is not None:
        kind = spots[0][1].kind if spots else None
        chosen = next((o for o in options if kind and key(o, kind) == key(live, kind)), None)
        if chosen is not None and not free(chosen, False):
            chosen = None
    for released_too in (False, True):
        chosen = chosen or next((option for option in options if text_of(option) and free(option, released_too)), None)
    if chosen is not None:
        for place, attribute in spots:
            register.give(place, unique_key(chosen, attribute.kind), owner)
    return chosen
