"""Snapshots made by hand, and plans on them: nothing of this needs a domain."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

from idcode.cli import wiring
from idcode.cli.planning import make_plan
from idcode.config.loader import load_repository
from idcode.directories.ad.reading import Asked
from idcode.directories.ad.schema import AdSchema
from idcode.directories.sandbox.schema import bundled_schema
from idcode.directories.sandbox.snapshot import SavedDirectory, Snapshot
from idcode.model.plans import Plan
from idcode.model.records import Fingerprint, LiveObject, Proof, Query, collect
from idcode.model.values import iso
from idcode.sync.programs import compile_rules
from idcode.sync.queries import queries
from tests.sync.company import TODAY, UNITS, people, project
from tests.sync.lines import lines
from tests.sync.memory import BASE, MemoryDirectory, read_objects

TAKEN = "2026-11-30T09:00:00Z"


@cache
def schema() -> AdSchema:
    return bundled_schema()


def guid(name: str) -> str:
    """Return the objectGUID of the object that the lines call ``name``."""
    return str(uuid5(NAMESPACE_DNS, name))


def snapshot(
    objects: Collection[LiveObject],
    query: Query,
    *,
    without: Collection[str] = (),
    redacted: Collection[str] = (),
    base_dn: str = BASE,
    mark_in: str = "adminDescription",
    name: str = "corp",
) -> Snapshot:
    """Return what ``idcode snapshot`` would have saved of ``objects``, asked for ``query`` but ``without`` some."""
    hidden = {text.lower() for text in (*without, *redacted)}
    asked = {
        kind: frozenset(text for text in names if text.lower() not in hidden)
        for kind, names in Asked.of(query, schema()).attributes.items()
    }
    pseudo = {**asked, "group": asked["group"] | {"category", "scope"}}
    read, _ = collect(MemoryDirectory(objects).read(Query(pseudo, query.scopes)))
    # Of deleted objects everything is read that is read of any type, since they may not be told apart any more.
    whole = {live.anchor: live.attributes for live in objects if live.deleted}
    everything = frozenset().union(*asked.values())
    kept = [
        replace(live, attributes={n: v for n, v in whole[live.anchor].items() if n in everything})
        if live.deleted
        else live
        for live in read
    ]
    fingerprint = Fingerprint("ad", "S-1-5-21-1-2-3", "dc1.corp.example", "11111111-2222-3333-4444-555555555555", 4711)
    proof = Proof(True, "paged-search", len(kept))
    saved = SavedDirectory(fingerprint, base_dn, mark_in, schema(), asked, query.scopes, tuple(kept), proof)
    return Snapshot(TAKEN, "0.1.0", "contoso", tuple(redacted), {name: saved})


class Repository:
    """Files in a folder, and the snapshot that would have been taken of a domain with ``live`` in it.

    ``live`` is read by :func:`tests.sync.memory.read_objects`; the units ``People`` and ``Groups`` are always there.
    """

    def __init__(self, root: Path, files: Mapping[str, str], live: str = "") -> None:
        for name, text in {"idcode.yaml": project(), "rules/people.yaml": people(), **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        repository, found = load_repository(root, wiring.registry())
        assert repository is not None, "\n".join(f"{d.span}: {d.message}" for d in found)
        self.repository = repository
        self.objects = [replace(found, anchor=guid(found.anchor)) for found in read_objects(UNITS + live)]

    @property
    def query(self) -> Query:
        """What a plan of these files asks for."""
        return queries(self.repository, compile_rules(self.repository))["corp"]

    def plan(self, *without: str, on: Snapshot | None = None) -> Plan:
        """Plan on a snapshot that lacks the attributes ``without``, or on a given one."""
        taken = on or snapshot(self.objects, self.query, without=without)
        return make_plan(self.repository, [], as_of=iso(TODAY), snapshot=taken, progress=lambda *_: None).plan

    def lines(self, *without: str) -> list[str]:
        """Return the plan as text, without the warnings about what is not in the snapshot."""
        return [line for line in lines(self.plan(*without)) if "attribute-not-in-snapshot" not in line]
