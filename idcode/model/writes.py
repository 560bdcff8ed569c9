"""Writes: the atomic operations a change is lowered to, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

OutcomeStatus = Literal["done", "failed", "unknown", "stale", "skipped"]


@dataclass(frozen=True, slots=True)
class Write:
    """One LDAP operation or Graph request.

    ``id`` is ``<change id>.<n>``, n from 1. ``request`` is the adapter's own form in JSON types, deterministic and
    without secrets: a password write says only that one is to be set. ``kind`` is for people and for the
    executor: ``password`` writes hand a new password to the sink.
    """

    id: str
    change_id: str
    kind: str
    request: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a write: ``unknown`` means that no answer came and the object must be read.

    ``code`` is the server's result (``ldap:68``), ``anchor`` the new object's for a create.
    """

    write_id: str
    status: OutcomeStatus
    code: str | None = None
    message: str | None = None
    anchor: str | None = None
