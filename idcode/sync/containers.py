"""Organizational units: declared ones, renamed ones, and those that people's paths need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable

from idcode.config.models.objects import ObjectFile, OrganizationalUnit
from idcode.model import dn
from idcode.model.addresses import Address, join_path, split_path
from idcode.model.desired import DesiredObject, Wanted
from idcode.model.records import LiveObject
from idcode.sync.gather import DirectoryReading


class Containers:
    """The tree of one directory as it will be after this plan."""

    def __init__(self, reading: DirectoryReading) -> None:
        self._reading = reading
        self._renames = dn.Relocation()
        self._after: tuple[int, dict[Hashable, list[LiveObject]]] | None = None
        self._planned: dict[tuple[tuple[str, str], ...], DesiredObject] = {}

    @property
    def base(self) -> str:
        """The directory's base DN."""
        return self._reading.view.base_dn

    def dn_of(self, names: tuple[str, ...]) -> str:
        """Return the DN of a path."""
        return dn.under(self.base, names)

    def relocated(self, text: str) -> str:
        """Return where an object with DN ``text`` will be after the planned renames of containers."""
        return self._renames.after(text)

    def above(self, live: LiveObject) -> str:
        """Return the DN of the container in which ``live`` will be, "" in a directory without a tree."""
        return "" if self._reading.view.flat else dn.parent(self.relocated(live.dn))

    def exists(self, text: str) -> bool:
        """Whether a container with DN ``text`` will be there after this plan."""
        if dn.key(text) in self._planned or dn.key(text) == dn.key(self.base):
            return True
        live = self._reading.at(text)
        return live is not None and dn.key(self.relocated(live.dn)) == dn.key(text)

    def at_after(self, dn_key: Hashable) -> list[LiveObject]:
        """Return the living objects that will be at a DN (given as :func:`idcode.model.dn.key`) after the renames."""
        if not self._renames:
            live = self._reading.by_dn.get(dn_key)  # type: ignore[call-overload]
            return [live] if live else []
        if self._after is None or self._after[0] != len(self._renames):
            after: dict[Hashable, list[LiveObject]] = defaultdict(list)
            for live in self._reading.by_dn.values():
                after[dn.key(self.relocated(live.dn))].append(live)
            self._after = (len(self._renames), after)
        return self._after[1].get(dn_key, [])

    def declare(self, files: Iterable[ObjectFile]) -> list[DesiredObject]:
        """Return the declared OUs of this directory, outside first."""
        units = [
            (split_path(unit.path), unit)
            for file in files
            if file.directory == self._reading.name
            for unit in file.organizational_units
        ]
        units.sort(key=lambda pair: (len(pair[0]), pair[1].path))
        return [self._declare(names, unit) for names, unit in units]

    def _declare(self, names: tuple[str, ...], unit: OrganizationalUnit) -> DesiredObject:
        text = self.dn_of(names)
        live = self._find(text, unit)
        wanted = self._object(names, live)
        if live is not None and dn.key(self.relocated(live.dn)) != dn.key(text):
            self._renames.add(self.relocated(live.dn), text)
            wanted.parent, wanted.name = dn.parent(text), names[-1]
        if unit.description is not None:
            wanted.attributes["description"] = Wanted((unit.description,) if unit.description else ())
        if unit.protected is not None:
            wanted.attributes["protected"] = Wanted((unit.protected,))
        self._planned[dn.key(text)] = wanted
        return wanted

    def _find(self, text: str, unit: OrganizationalUnit) -> LiveObject | None:
        for live in self._live_at(text):
            return live
        for path in unit.previously:
            for live in self._live_at(self.dn_of(split_path(path))):
                return live
        return None

    def _live_at(self, text: str) -> list[LiveObject]:
        """Return what is at ``text``: once the containers planned so far are renamed, or as things stand."""
        found = self.at_after(dn.key(text))
        exact = self._reading.at(text)
        return found + ([exact] if exact is not None and exact not in found else [])

    def _object(self, names: tuple[str, ...], live: LiveObject | None) -> DesiredObject:
        wanted = DesiredObject(
            address=str(Address("ou", join_path(names), self._reading.name)),
            directory=self._reading.name,
            object_type="ou",
            label=join_path(names),
            scope=f"{self._reading.name}/ou",
            live=live,
        )
        if live is None:
            text = self.dn_of(names)
            wanted.action, wanted.parent, wanted.name = "create", dn.parent(text), names[-1]
        return wanted

    def ensure(self, names: tuple[str, ...]) -> list[DesiredObject]:
        """Return creations for the OUs of a path that are neither there nor declared, outside first."""
        made = []
        for depth in range(1, len(names) + 1):
            text = self.dn_of(names[:depth])
            if not self.exists(text):
                made.append(self._object(names[:depth], None))
                self._planned[dn.key(text)] = made[-1]
        return made
