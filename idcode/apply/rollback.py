"""The inverse of a run, as a plan that goes through the same door."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from idcode.apply.checks import RESET
from idcode.apply.contents import foreign_contents
from idcode.apply.images import decode_live
from idcode.apply.inverse import Simulated, invert
from idcode.apply.links import lost_links
from idcode.apply.names import Known, References, Renames, referenced, resolved
from idcode.apply.preconditions import PLACES, STATES, Comparison
from idcode.apply.restraint import Restraints, named, populations_left, protected, restrain
from idcode.directories.port import Directory
from idcode.model import dn
from idcode.model.desired import DesiredObject, DesiredState
from idcode.model.diagnostics import Diagnostic
from idcode.model.errors import PlanRefused, StoreError
from idcode.model.plans import (
    SUMMARY_KEYS,
    Batch,
    Change,
    DirectoryState,
    Plan,
    Population,
    Project,
    Reference,
    Reported,
    Why,
)
from idcode.model.records import LiveObject
from idcode.model.values import iso
from idcode.model.writes import Write
from idcode.plan.decoding import decode_change
from idcode.plan.encoding import change_key
from idcode.store.records import ChangeRow, WriteRow
from idcode.store.store import Store


@dataclass(frozen=True, slots=True)
class RollbackOptions:
    """What the command and the configuration say about a rollback.

    Batches up to ``to_batch`` stay applied. ``config_digest`` and ``commit`` are those of the files as they are now.
    ``restraints`` are the guards, holds and protected objects of the files as they are now. ``redact`` names
    attributes, in any case, whose values are in no message.
    """

    project: str
    commit: str | None
    config_digest: str
    now: datetime
    expires: timedelta
    version: str
    to_batch: int = 0
    restraints: Restraints = Restraints()
    redact: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Done:
    """A change that the run carried out, ``in_part`` perhaps, and the object as it was before."""

    change: Change
    before: LiveObject | None
    anchor: str | None
    in_part: bool


def plan_rollback(run_id: str, store: Store, directories: Mapping[str, Directory], options: RollbackOptions) -> Plan:
    """Return the plan that undoes what run ``run_id`` did, last batch first.

    Only writes that were carried out are undone; one whose answer never came is settled by reading. What somebody
    else has changed since is left as it is, and listed in ``held``, as is what a hold or a guard forbids. A plan
    without changes means that nothing is left to undo. Raises :class:`StoreError` where the run is not known, still
    going on, or of a directory that is not in ``directories``, :class:`PlanRefused` where a directory is another one
    than the run wrote to, and ``DirectoryError`` where one cannot be read.
    """
    run = store.run(run_id)
    if store.may_be_going_on(run_id):
        raise StoreError(f"run {run_id} is still going on", hint="wait for it to end, or stop it with Ctrl-C")
    rows = store.changes(run_id)
    document = store.plan_document(run_id)
    _insist_on_directories(run_id, rows, directories, document, options.to_batch)
    done = _carried_out(rows, store.writes(run_id), directories, options.to_batch)
    found = _Rollback(
        run_id, options.redact, {anchor: item["address"] for anchor, item in document.get("references", {}).items()}
    )
    for name in sorted({item.change.directory for item in done}):
        found.undo(directories[name], [item for item in done if item.change.directory == name])
    changes, _ = _number(found.batches)
    changes = _depend(changes, {item.change.id: item.change for item in done})
    populations = _populations(document, rows, done, options.to_batch)
    restraints = replace(options.restraints, holds=named(options.restraints.holds, changes, directories))
    state = DesiredState(found.known, protected=protected(changes, directories, restraints.protection))
    today, powers = options.now.date(), lambda name: directories[name].privileges()
    restrained = restrain(changes, state, populations, restraints, today, powers)
    changes, numbered = _number(_batches(restrained.changes))
    states = {
        name: _state(directory, found.objects[name]) for name, directory in directories.items() if name in found.objects
    }
    summary = dict.fromkeys(SUMMARY_KEYS, 0) | Counter(change.op for change in changes)
    held = (*found.held, *restrained.held)
    return Plan(
        plan_id=str(uuid.uuid4()),
        created_at=iso(options.now.replace(microsecond=0)),
        expires_at=iso((options.now + options.expires).replace(microsecond=0)),
        as_of=iso(options.now.replace(microsecond=0)),
        idcode_version=options.version,
        project=Project(options.project, options.commit, options.config_digest),
        directories=states,
        sources={},
        summary=summary | {"held": len({item.address for item in held})},
        changes=tuple(changes),
        batches=tuple(numbered),
        guards=restrained.guards,
        held=held,
        diagnostics=tuple(found.diagnostics),
        references=found.references,
        populations=populations,
        overrides=restraints.overrides,
        kind="rollback",
        rolls_back=run.run_id,
    )


def _insist_on_directories(
    run_id: str,
    rows: Sequence[ChangeRow],
    directories: Mapping[str, Directory],
    document: Mapping[str, Any],
    to_batch: int,
) -> None:
    written = {row.directory for row in rows if row.batch > to_batch and row.intended is not None}
    gone = written - set(directories)
    if gone:
        raise StoreError(
            f"run {run_id} changed {', '.join(sorted(gone))}, which the files do not have any more",
            hint="put the directory back into idcode.yaml under the name it had, for as long as the rollback takes",
        )
    for name in sorted(written):
        then, now = document["directories"][name], directories[name].fingerprint()
        if (now.type == "sandbox") != (then["type"] == "sandbox"):
            # A practice domain may have the identity, and the objects, of the one that it began as a copy of.
            words = ("live", "a practice one") if now.type == "sandbox" else ("a practice one", "live")
            raise PlanRefused(
                f"{name} was {words[0]} when run {run_id} wrote to it, and is {words[1]} now",
                hint="roll back with the files that point to the directory the run wrote to",
            )
        if now.identity != then["fingerprint"]:
            raise PlanRefused(
                f"{name} is another directory than run {run_id} wrote to: {now.identity} ({now.server}), then "
                f"{then['fingerprint']}",
                hint=RESET
                if then["type"] == "sandbox"
                else "roll back with the files that point to the directory the run wrote to",
            )


def _populations(
    document: Mapping[str, Any], rows: Sequence[ChangeRow], done: Sequence[_Done], to_batch: int
) -> dict[str, Population]:
    """Return what each guard scope holds now: what the plan counted before the run, and what the run did to it."""
    recorded = {scope: Population(**item) for scope, item in document.get("populations", {}).items()}
    stays = (row for row in rows if row.batch <= to_batch and row.status == "done" and row.intended is not None)
    kept = [(decode_change(row.intended), decode_live(row.live) if row.live else None) for row in stays]
    return populations_left(recorded, [*kept, *((item.change, item.before) for item in done)])


def _carried_out(
    rows: Sequence[ChangeRow], writes: Sequence[WriteRow], directories: Mapping[str, Directory], to_batch: int
) -> list[_Done]:
    """Return the changes of which something was written, in order, with the anchors of new objects."""
    by_change: dict[str, list[WriteRow]] = defaultdict(list)
    for write in writes:
        by_change[write.change_id].append(write)
    done = []
    for row in rows:
        if row.batch <= to_batch or row.intended is None:
            continue
        anchor, begun, in_part = row.anchor, False, False
        for write in by_change[row.change_id]:
            outcome, found = write.outcome, write.anchor
            if outcome in (None, "unknown") and write.kind != "password":
                request = Write(write.write_id, write.change_id, write.kind, write.request)
                settled = directories[row.directory].settle(request)
                outcome, found = settled.status, settled.anchor
            begun, in_part = begun or outcome == "done", in_part or outcome != "done"
            anchor = found or anchor
        if begun:
            before = decode_live(row.live) if row.live else None
            done.append(_Done(decode_change(row.intended), before, anchor, in_part))
    return done


@dataclass
class _Rollback:
    """The inverses found so far: ``batches`` in the order in which they are to be carried out.

    ``addresses`` are those that the plan of the run gave to anchors, ``known`` the objects of the run and those they
    refer to, as they are now.
    """

    run_id: str
    redact: tuple[str, ...]
    addresses: dict[str, str | None]
    known: list[DesiredObject] = field(default_factory=list)
    batches: list[list[Change]] = field(default_factory=list)
    held: list[Reported] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    references: dict[str, Reference] = field(default_factory=dict)
    objects: dict[str, int] = field(default_factory=dict)

    def undo(self, directory: Directory, done: Sequence[_Done]) -> None:
        """Invert what was done to one directory, last batch first."""
        known = Known({item.change.address: item.anchor for item in done if item.anchor}, _renames(done))
        done = [replace(item, change=resolved(item.change, known.anchors)) for item in done]
        live, targets = _look(directory, done, known)
        comparison = Comparison(directory.schema(), known, References(known, targets), self.redact)
        states = {anchor: Simulated(found, found.dn) for anchor, found in live.items()}
        by_batch: dict[int, list[_Done]] = defaultdict(list)
        for item in done:
            by_batch[item.change.batch].append(item)
        for number in sorted(by_batch, reverse=True):
            inverses = [
                change
                for item in by_batch[number]
                if (change := self._possible(item, directory, self._invert(item, states, comparison)))
            ]
            by_phase: dict[str, list[Change]] = defaultdict(list)
            for change in inverses:
                by_phase[change.phase].append(change)
            self.batches += by_phase.values()
            restored = {change.id: change for change in inverses if change.op == "restore"}
            images = {item.change.id: item.before for item in by_batch[number] if item.before}
            links = lost_links(directory, restored, images, comparison)
            self.batches.append([replace(link, why=self._why("delete")) for link in links])
            for link in links:
                _follow(link, states)
        self._keep_used_containers(directory, done, states)
        self.objects[directory.name] = len(live)
        owners = self.addresses | {item.anchor: item.change.address for item in done if item.anchor}
        for anchor, found in targets.items():
            # A deleted object is called "name, line feed, DEL:objectGUID" (MS-ADTS, 3.1.1.5.5.1.1).
            label, address = dn.name_of(found.dn).partition("\n")[0], owners.get(anchor)
            self.references[anchor] = Reference(address, found.dn, label)
            here = (directory.name, found.object_type, label, directory.name)
            self.known.append(DesiredObject(address or "", *here, found))

    def _keep_used_containers(
        self, directory: Directory, done: Iterable[_Done], states: Mapping[str, Simulated]
    ) -> None:
        """Hold back the deletion of containers that are not empty then: the directory would refuse it."""
        mine = [change for batch in self.batches for change in batch if change.directory == directory.name]
        used = foreign_contents(directory, mine, states)
        for item in done:
            if objects := used.get(item.change.id):
                more = f" and {len(objects) - 1} more lie" if len(objects) > 1 else " lies"
                reason = f"{dn.name_of(objects[0].dn)}{more} in it, which the run did not put there"
                self._hold(item.change, item.anchor, reason)
        self.batches = [[change for change in batch if not used.get(change.id)] for batch in self.batches]

    def _invert(self, item: _Done, states: Mapping[str, Simulated], comparison: Comparison) -> Change | None:
        change, state = item.change, states.get(item.anchor or "")
        place = state.dn if state else ""
        undone = invert(change, item.before, state, comparison, in_part=item.in_part)
        for reason in undone.held:
            self._hold(change, item.anchor, reason)
        if state and state.dn != place:
            for other in states.values():
                if other is not state and dn.is_under(other.dn, place):
                    other.dn = Renames.single(place, state.dn).now(other.dn)
        return replace(undone.change, why=self._why(change.op)) if undone.change else None

    def _possible(self, item: _Done, directory: Directory, change: Change | None) -> Change | None:
        """Leave out of an inverse the values that the directory never lets go of again; the rest is undone."""
        if change is None or change.op not in ("update", "enable", "disable"):
            return change
        kept = dict(change.attributes)
        for name, attribute in change.attributes.items():
            clears = not attribute.delta and attribute.before and not attribute.after
            refused = directory.reject(replace(change, attributes={name: attribute})) if clears else []
            if refused:
                del kept[name]
                self._hold(item.change, item.anchor, refused[0].message)
        if kept.keys() == change.attributes.keys():
            return change
        key = change_key(change.directory, change.address, change.op, kept)
        return replace(change, attributes=kept, key=key) if kept else None

    def _hold(self, change: Change, anchor: str | None, reason: str) -> None:
        self.held.append(Reported(change.directory, change.address, change.object.label, reason, anchor))
        self.diagnostics.append(
            Diagnostic(
                "warning",
                "not-rolled-back",
                f"{change.op} of {change.object.label} is not undone: {reason}",
                hint="look at the object, and decide by hand or in the files what it should be",
                subject=change.address,
            )
        )

    def _why(self, op: str) -> Why:
        return Why(note=f"undoes {op} of run {self.run_id}")


def _follow(link: Change, states: Mapping[str, Simulated]) -> None:
    """Let earlier changes to the same object see the links that come back with a restored one."""
    state = states.get(link.object.anchor or "")
    if state:
        for name, item in link.attributes.items():
            state.values[name] = (*state.live().get(name), *item.add) if item.delta else item.after


def _renames(done: Iterable[_Done]) -> Renames:
    renames = Renames()
    for item in done:
        if item.change.new_dn and item.before and item.change.op != "restore":
            renames.add(item.before.dn, item.change.new_dn)
    return renames


def _look(
    directory: Directory, done: Sequence[_Done], known: Known
) -> tuple[dict[str, LiveObject], dict[str, LiveObject]]:
    """Read the objects of the run as they are now, and, without attributes, those they refer to."""
    names = {name for item in done for name in item.change.attributes} - PLACES - STATES
    if any(item.change.object_type == "ou" for item in done):
        names.add("protected")
    live = dict(directory.fetch(sorted({item.anchor for item in done if item.anchor}), sorted(names)))
    further = referenced((item.change for item in done), known) - set(live)
    targets = {**live, **(directory.fetch(sorted(further), []) if further else {})}
    return live, targets


def _number(batches: Sequence[Sequence[Change]]) -> tuple[list[Change], list[Batch]]:
    changes, numbered = [], []
    for number, batch in enumerate((items for items in batches if items), start=1):
        changes += [replace(change, batch=number) for change in batch]
        first = batch[0]
        numbered.append(Batch(number, first.directory, first.phase, tuple(change.id for change in batch)))
    return changes, numbered


def _batches(changes: Sequence[Change]) -> list[list[Change]]:
    """Return changes in order as the batches they are numbered for."""
    return [list(items) for _, items in groupby(changes, key=lambda change: change.batch)]


def _depend(changes: Sequence[Change], originals: Mapping[str, Change]) -> list[Change]:
    """Turn the dependencies round: what came after a change must be undone before it is."""
    batch_of = {change.id: change.batch for change in changes}
    followers: dict[str, set[str]] = defaultdict(set)
    for original in originals.values():
        for needed in original.depends_on:
            followers[needed].add(original.id)
    result = []
    for change in changes:
        before = {name for name in followers[change.id] if batch_of.get(name, change.batch) < change.batch}
        result.append(replace(change, depends_on=tuple(sorted({*change.depends_on, *before}))))
    return result


def _state(directory: Directory, objects: int) -> DirectoryState:
    now = directory.fingerprint()
    return DirectoryState(now.type, now.identity, now.server, now.invocation_id, now.usn, True, objects)
