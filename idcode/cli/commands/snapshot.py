"""``idcode snapshot``."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from idcode import __version__
from idcode.cli import console, wiring
from idcode.cli.planning import Progress, insist_on_proof
from idcode.config.project import Repository
from idcode.directories.ad.domain import AdDomain
from idcode.directories.ad.reading import Asked
from idcode.directories.sandbox.snapshot import SavedDirectory, Snapshot, write_snapshot
from idcode.model.errors import UsageError
from idcode.model.records import LiveObject, ObjectType, Query
from idcode.model.values import iso
from idcode.sync.gather import read_directory
from idcode.sync.programs import compile_rules
from idcode.sync.queries import queries

_TYPES: tuple[ObjectType, ...] = ("user", "group", "contact", "ou")


def run(directory: Path | None, out: Path, names: tuple[str, ...], attributes: tuple[str, ...], sandbox: bool) -> int:
    """Read the directories as ``plan`` does, and save what was read."""
    repository, _ = wiring.load(directory, sandbox=sandbox)
    asked = _chosen(queries(repository, compile_rules(repository)), repository, names)
    repository = wiring.only_directories(repository, asked)
    progress = console.Progress()
    adapters = wiring.build_directories(repository)
    redacted = repository.project.redact
    started = datetime.now(UTC).replace(microsecond=0)
    saved = {}
    try:
        for name, query in asked.items():
            adapter = adapters.get(name)
            if isinstance(adapter, AdDomain):
                saved[name] = _saved(repository, adapter, query, attributes, redacted, progress)
    finally:
        for adapter in adapters.values():
            adapter.close()
    if not saved:
        raise UsageError("there is no directory to take a snapshot of", "A snapshot is taken of AD domains.")
    write_snapshot(out, Snapshot(iso(started), __version__, repository.project.project, tuple(redacted), saved))
    progress.clear()
    told = ", ".join(f"{name} with {len(held.objects):,} objects" for name, held in saved.items())
    console.say(f"{out}: {told}, taken {started:%Y-%m-%d %H:%M} UTC")
    console.note(f"plan on it with: idcode plan --snapshot {out}")
    return 0


def _chosen(asked: Mapping[str, Query], repository: Repository, names: tuple[str, ...]) -> dict[str, Query]:
    for name in names:
        if name not in asked:
            near = difflib.get_close_matches(name, list(repository.directories), 1)
            what = "no rule or object of this repository uses" if name in repository.directories else "there is no"
            hint = f"Did you mean {near[0]}?" if near and near[0] != name else f"Used: {', '.join(sorted(asked))}."
            raise UsageError(f"--directory {name}: {what} directory {name}", hint)
    return {name: query for name, query in sorted(asked.items()) if not names or name in names}


def _saved(
    repository: Repository,
    adapter: AdDomain,
    query: Query,
    attributes: Collection[str],
    redacted: Collection[str],
    progress: Progress,
) -> SavedDirectory:
    """Read one domain: for the rules as they are, and ``attributes`` for those to come."""
    schema = adapter.definitions
    for name in attributes:
        if not schema.canonical([name]):
            known = [attribute.name for attribute in schema.attributes]
            near = difflib.get_close_matches(name, known, 1)
            raise UsageError(
                f"--attribute {name}: {adapter.name} has no such attribute, or it is never read",
                f"Did you mean {near[0]}?" if near and near[0] != name else None,
            )
    asked = replace(query, attributes={**query.attributes, **_more(query, attributes)})
    reading = read_directory(repository, adapter, asked, progress)
    insist_on_proof({adapter.name: reading})
    hidden = {name.lower() for name in redacted}
    return SavedDirectory(
        fingerprint=reading.fingerprint,
        base_dn=reading.view.base_dn,
        mark_in=adapter.mark_in,
        schema=schema,
        attributes={
            kind: frozenset(name for name in names if name.lower() not in hidden)
            for kind, names in Asked.of(asked, schema).attributes.items()
        },
        scopes=asked.scopes,
        objects=tuple(_without(live, hidden) for live in reading.view.objects.values()),
        proof=reading.proof,
    )


def _more(query: Query, attributes: Collection[str]) -> dict[ObjectType, frozenset[str]]:
    return {kind: query.attributes.get(kind, frozenset()) | frozenset(attributes) for kind in _TYPES}


def _without(live: LiveObject, hidden: Collection[str]) -> LiveObject:
    kept = {name: values for name, values in live.attributes.items() if name.lower() not in hidden}
    return replace(live, attributes=kept)
