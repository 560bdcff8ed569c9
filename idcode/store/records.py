"""What the store keeps, as plain data. Times are ISO 8601 in UTC; JSON columns hold JSON types only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from idcode.model.writes import Write

RunStatus = Literal["running", "done", "partial", "failed", "interrupted"]
RunKind = Literal["apply", "rollback"]
ChangeStatus = Literal["intended", "done", "already", "stale", "failed", "skipped", "unknown"]
"""``intended``: its writes are on their way. ``already``: the directory had the wanted values, nothing was sent."""
OwnerState = Literal["running", "ended", "unseen"]
"""Whether the owner of a lock lives; ``unseen``: this cannot be found out from here."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """Where a change of a run stands.

    ``intended`` is the change as it was really sent (in the JSON form of plans; parts that were there already are
    left out), ``live`` the object just before (:func:`idcode.apply.images.encode_live`); both are ``None`` where
    nothing was sent. ``anchor`` is the object's, new ones included.
    """

    change_id: str
    key: str
    batch: int
    directory: str
    address: str
    op: str
    status: ChangeStatus
    message: str | None = None
    anchor: str | None = None
    intended: Mapping[str, Any] | None = None
    live: Mapping[str, Any] | None = None
    at: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the object of ``idcode.run/1``: what became of the change, and why."""
        return {
            "change": self.change_id,
            "batch": self.batch,
            "directory": self.directory,
            "address": self.address,
            "op": self.op,
            "status": self.status,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class WriteIntent:
    """A write that is about to be sent, and what it will change as it is now."""

    write: Write
    position: int
    batch: int
    directory: str
    address: str
    before: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WriteRow:
    """A journalled write: the intent, and the outcome once there is one."""

    write_id: str
    change_id: str
    position: int
    batch: int
    directory: str
    address: str
    kind: str
    request: Mapping[str, Any]
    before: Mapping[str, Any]
    intent_at: str
    outcome: str | None = None
    code: str | None = None
    message: str | None = None
    anchor: str | None = None
    outcome_at: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the object of ``idcode.run/1``."""
        return {
            "change": self.change_id,
            "write": self.write_id,
            "batch": self.batch,
            "directory": self.directory,
            "address": self.address,
            "kind": self.kind,
            "intent": {"request": dict(self.request), "before": dict(self.before)},
            "outcome": self.outcome,
            "code": self.code,
            "message": self.message,
            "intent_at": self.intent_at,
            "outcome_at": self.outcome_at,
        }


@dataclass(frozen=True, slots=True)
class RunRow:
    """One apply or rollback. ``overrides`` are the guards that the command let pass, and up to which number."""

    run_id: str
    plan_id: str
    kind: RunKind
    status: RunStatus
    started_at: str
    finished_at: str | None
    config_digest: str
    as_of: str
    actor: str
    host: str
    rolls_back: str | None = None
    message: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    overrides: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the object of ``idcode.run/1``, without its writes."""
        return {
            "run_id": self.run_id,
            "plan_id": self.plan_id,
            "kind": self.kind,
            "rolls_back": self.rolls_back,
            "status": self.status,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "counts": dict(self.counts),
            "config_digest": self.config_digest,
            "as_of": self.as_of,
            "actor": self.actor,
            "host": self.host,
            "overrides": dict(self.overrides),
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class LockRow:
    """Who writes to a directory, and since when.

    ``owner`` is for people. ``place``, ``pid`` and ``started`` (clock ticks after the boot, 0 where unknown) find the
    process.
    """

    directory: str
    run_id: str
    owner: str
    place: str
    pid: int
    acquired_at: str
    started: int = 0
