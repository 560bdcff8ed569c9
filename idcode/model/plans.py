"""Plans as data: what will change, why, on what it relies, in which order (DESIGN.md, section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from idcode.model.diagnostics import Diagnostic
from idcode.model.records import ObjectType
from idcode.model.signatures import Signature
from idcode.model.values import Scalar

Op = Literal["create", "update", "move", "enable", "disable", "delete", "restore"]
Verdict = Literal["proved", "failed"]
Phase = Literal["disable", "release", "containers", "create", "update", "move", "link", "enable", "delete"]
PHASES: tuple[Phase, ...] = ("disable", "release", "containers", "create", "update", "move", "link", "enable", "delete")
"""In the order in which ready changes are taken."""

SUMMARY_KEYS = (
    "create", "update", "move", "enable", "disable", "delete", "restore",
    "unchanged", "shadow", "orphan", "missing", "frozen", "held", "awaiting_sync",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was read: a column of a record of a source, or an attribute of a directory object."""

    source: str
    record: str
    column: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why a value is what it is: rule, place in the files (``file:line``), origins, and the rules it beat."""

    rule: str | None = None
    at: str | None = None
    origins: tuple[Origin, ...] = ()
    beat: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """What happens to one attribute: either replaced (``before`` → ``after``) or values added and removed.

    ``before``/``after`` are tuples; empty means absent. ``delta`` tells the two forms apart. The pseudo
    attributes ``path`` (text), ``enabled`` and ``protected`` (boolean) stand for what adapters keep elsewhere.
    """

    before: tuple[Scalar, ...] = ()
    after: tuple[Scalar, ...] = ()
    add: tuple[Scalar, ...] = ()
    remove: tuple[Scalar, ...] = ()
    delta: bool = False
    single: bool = True
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The object a change is about: its anchor (``None`` until created), DN, and a name people recognise."""

    anchor: str | None
    dn: str
    label: str


@dataclass(frozen=True, slots=True)
class Expect:
    """What a change relied on when it was planned; compared again before it is written.

    Empty for objects that do not exist yet. ``attributes`` holds whole values (an empty tuple: absent), for
    deltas only the values that must (``remove``) or must not (``add``) be there, which the change itself says.
    """

    dn: str | None = None
    enabled: bool | None = None
    attributes: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reversibility:
    """Whether ``rollback`` can undo a change, until when, and why not."""

    kind: Literal["reversible", "restorable", "irreversible"] = "reversible"
    until: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One object in one phase.

    ``attributes`` of a create or restore hold the wanted values as ``after``; of a delete nothing (the journal
    keeps the before-image). ``password`` says that a new random password is set and handed to the sink.
    ``new_dn`` is where a create, move or restore puts the object.
    """

    id: str
    key: str
    directory: str
    object_type: ObjectType
    address: str
    object: Target
    op: Op
    phase: Phase
    attributes: Mapping[str, AttributeChange]
    expect: Expect
    why: Why | None = None
    scope: str | None = None
    new_dn: str | None = None
    password: bool = False
    batch: int = 0
    depends_on: tuple[str, ...] = ()
    writes: int = 1
    reversibility: Reversibility = Reversibility()


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes of one directory and phase that may be written side by side."""

    number: int
    directory: str
    phase: Phase
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GuardResult:
    """What a guard found: ``status`` is ok, held (only these changes wait) or stopped (the whole plan)."""

    name: str
    scope: str
    status: Literal["ok", "held", "stopped", "overridden"]
    count: int
    limit: int | None
    population: int
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """Lets a guard pass what exceeds its limit, up to ``max`` in all.

    ``scope`` is a guard scope (``corp/account``) or a directory, ``None`` for everything. ``until`` (the last day, ISO
    8601) and ``reason`` are those of an allowance in ``decisions.yaml``, and ``None`` for ``--allow GUARD=N``.
    """

    guard: str
    max: int
    scope: str | None = None
    until: str | None = None
    reason: str | None = None

    def covers(self, scope: str) -> bool:
        """Whether it is about a guard scope."""
        return self.scope is None or self.scope.lower() in (scope.lower(), scope.partition("/")[0].lower())

    def __str__(self) -> str:
        if self.reason is None:
            return f"--allow {self.guard}={self.max}"
        where = f" in {self.scope}" if self.scope else ""
        return f"an allowance of {self.max}{where} until {self.until}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Population:
    """What a guard scope holds when a plan is made, which the percentages of guards are of."""

    objects: int
    memberships: int = 0


@dataclass(frozen=True, slots=True)
class Reported:
    """Something a plan shows and does not change: an orphan, a shadow flow, a frozen, missing or held object."""

    directory: str | None
    address: str | None
    label: str
    reason: str
    anchor: str | None = None
    attributes: Mapping[str, AttributeChange] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DirectoryState:
    """Which directory was read for the plan, and that the read was complete.

    ``snapshot`` is when (ISO 8601 in UTC) the snapshot was taken that was read in its place; such a plan is for
    reading only.
    """

    type: str
    fingerprint: str
    server: str
    invocation_id: str | None
    usn: int | None
    complete: bool
    objects: int
    snapshot: str | None = None


@dataclass(frozen=True, slots=True)
class SourceState:
    """What a source gave: rows, proof and digest."""

    type: str
    rows: int
    complete: bool
    proof: str
    digest: str | None


@dataclass(frozen=True, slots=True)
class Reference:
    """An object that a change refers to by anchor, so that people can read the plan without the directory."""

    address: str | None
    dn: str
    label: str


@dataclass(frozen=True, slots=True)
class Project:
    """Which configuration a plan belongs to."""

    name: str
    commit: str | None
    config_digest: str
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything ``apply`` does and reviewers see. Times are ISO 8601 in UTC.

    ``kind`` is ``apply`` or ``rollback``; a rollback names the run it undoes in ``rolls_back``. ``references``
    maps the anchors used in ``$ref`` values to readable names. ``populations`` is by guard scope (``corp/account``),
    for all scopes and not only those that guards counted something in: a rollback has no other way to know them.
    ``overrides`` let guards pass more than their limits; those named on the command line and those of the files.
    ``proof`` is what trying it on a copy came to, ``None`` where nobody did; what failed is among the diagnostics.
    ``approved`` is the digest of the plan that approved this one, which then has that plan's id: a plan is good for
    one run, whether it is applied or what is left of it.
    """

    plan_id: str
    created_at: str
    expires_at: str
    as_of: str
    idcode_version: str
    project: Project
    directories: Mapping[str, DirectoryState]
    sources: Mapping[str, SourceState]
    summary: Mapping[str, int]
    changes: tuple[Change, ...]
    batches: tuple[Batch, ...]
    guards: tuple[GuardResult, ...] = ()
    shadow: tuple[Reported, ...] = ()
    orphans: tuple[Reported, ...] = ()
    frozen: tuple[Reported, ...] = ()
    missing: tuple[Reported, ...] = ()
    held: tuple[Reported, ...] = ()
    awaiting_sync: tuple[Reported, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    references: Mapping[str, Reference] = field(default_factory=dict)
    populations: Mapping[str, Population] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    kind: Literal["apply", "rollback"] = "apply"
    rolls_back: str | None = None
    proof: Verdict | None = None
    approved: str | None = None
    signature: Signature | None = None

    @property
    def stopped(self) -> bool:
        """Whether a guard stopped the plan."""
        return any(guard.status == "stopped" for guard in self.guards)
