"""Read every source and directory that a plan needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from idcode.config.models.project import SourceLimits
from idcode.config.project import Repository
from idcode.directories.port import Directory
from idcode.model import dn
from idcode.model.desired import DirectoryView
from idcode.model.diagnostics import Diagnostic
from idcode.model.records import Fingerprint, LiveObject, Proof, Query, Record, collect
from idcode.model.schema import AUTHORITY
from idcode.sources.port import Source
from idcode.sync.programs import IdentityRules
from idcode.sync.queries import queries


@dataclass(frozen=True, slots=True)
class SourceReading:
    """The records of one source by key, and how the read ended."""

    name: str
    type: str
    limits: SourceLimits
    records: Mapping[str, Record]
    proof: Proof


@dataclass(frozen=True, slots=True)
class DirectoryReading:
    """A directory as read, with the indexes that joins need."""

    view: DirectoryView
    fingerprint: Fingerprint
    proof: Proof
    by_dn: Mapping[tuple[tuple[str, str], ...], LiveObject] = field(repr=False)

    @property
    def name(self) -> str:
        """The directory's name in the files."""
        return self.view.name

    def at(self, text: str) -> LiveObject | None:
        """Return the object (not a deleted one) with this DN, in any spelling."""
        return self.by_dn.get(dn.key(text)) if self.by_dn else None


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything a plan is computed from."""

    sources: Mapping[str, SourceReading]
    directories: Mapping[str, DirectoryReading]
    diagnostics: tuple[Diagnostic, ...]


def gather(
    repository: Repository,
    rules: Mapping[str, IdentityRules],
    sources: Mapping[str, Source],
    directories: Mapping[str, Directory],
    now: datetime,
    progress: Callable[[str, int], None],
) -> Gathered:
    """Read it all. ``progress`` is called with what is being read and how many items came so far.

    ``now`` is the wall clock for ``max_age``. Raises ``DirectoryError`` where a directory cannot be read; a source
    that cannot be read is an incomplete one.
    """
    diagnostics: list[Diagnostic] = []
    read_sources = {}
    for name, source in sources.items():
        records, proof = collect(source.read(now))
        progress(name, len(records))
        settings = repository.sources[name]
        assert isinstance(settings, SourceLimits)
        kind = str(getattr(settings, "type", ""))
        read_sources[name] = SourceReading(name, kind, settings, {record.key: record for record in records}, proof)
        diagnostics += proof.diagnostics
    read_directories = {}
    for name, query in queries(repository, rules).items():
        if name not in directories:
            continue
        reading = read_directory(repository, directories[name], query, progress)
        read_directories[name] = reading
        diagnostics += reading.proof.diagnostics
    return Gathered(read_sources, read_directories, tuple(diagnostics))


def read_directory(
    repository: Repository, directory: Directory, query: Query, progress: Callable[[str, int], None]
) -> DirectoryReading:
    """Read one directory to its end. Raises ``DirectoryError`` where it cannot be read at all."""
    # Before the read: apply compares the server's state with this number, and must not miss what came meanwhile.
    fingerprint = directory.fingerprint()
    schema = directory.schema()
    objects: dict[str, LiveObject] = {}
    reading = directory.read(query)
    while True:
        try:
            live = next(reading)
        except StopIteration as end:
            proof: Proof = end.value
            break
        objects[live.anchor] = live
        if len(objects) % 500 == 0:
            progress(directory.name, len(objects))
    progress(directory.name, len(objects))
    settings = repository.directories[directory.name]
    base_dn = str(getattr(settings, "base_dn", ""))
    view = DirectoryView(directory.name, fingerprint.type, base_dn, schema, objects, proof.unread)
    in_tree = () if view.flat else objects.values()
    by_dn = {dn.key(live.dn): live for live in in_tree if not live.deleted}
    return DirectoryReading(view, fingerprint, proof, by_dn)


def ask_authority(
    gathered: Gathered, directories: Mapping[str, Directory], anchors: Mapping[str, Collection[str]]
) -> Gathered:
    """Read whether tenants have become the masters of synced objects, which they tell object by object only.

    Returns what was gathered with these objects as they are. Raises ``DirectoryError``.
    """
    readings = dict(gathered.directories)
    for name, asked in anchors.items():
        found = directories[name].fetch(sorted(asked), [AUTHORITY])
        objects = dict(readings[name].view.objects)
        for anchor, live in found.items():
            known = objects[anchor]
            attributes = {**known.attributes, AUTHORITY: live.get(AUTHORITY) or (False,)}
            objects[anchor] = replace(known, synced=live.synced, attributes=attributes)
        readings[name] = replace(readings[name], view=replace(readings[name].view, objects=objects))
    return replace(gathered, directories=readings)
