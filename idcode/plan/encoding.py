"""Plans as JSON: the writing side of ``idcode.plan/1`` (DESIGN.md, section 6)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from idcode.model import canonical
from idcode.model.diagnostics import Diagnostic
from idcode.model.plans import AttributeChange, Batch, Change, DirectoryState, Expect, GuardResult, Plan, Reported, Why
from idcode.model.values import Scalar, to_json

FORMAT = "idcode.plan/1"
_SINCE = re.compile(r"\A(\s*idcode:missing-since=)\S+\s*\Z")


def encode(plan: Plan) -> dict[str, Any]:
    """Return the JSON document of ``plan``, digest and signature included."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "plan_id": plan.plan_id,
        "kind": plan.kind,
        "rolls_back": plan.rolls_back,
        "proof": plan.proof,
        "approved": plan.approved,
        "created_at": plan.created_at,
        "expires_at": plan.expires_at,
        "as_of": plan.as_of,
        "idcode_version": plan.idcode_version,
        "project": {**asdict(plan.project), "only": list(plan.project.only)},
        "directories": {name: _directory(state) for name, state in plan.directories.items()},
        "sources": {name: asdict(state) for name, state in plan.sources.items()},
        "summary": dict(plan.summary),
        "changes": [encode_change(change) for change in plan.changes],
        "batches": [_batch(batch) for batch in plan.batches],
        "guards": [_guard(guard) for guard in plan.guards],
        "overrides": [asdict(override) for override in plan.overrides],
        "shadow": [_reported(item) for item in plan.shadow],
        "orphans": [_reported(item) for item in plan.orphans],
        "frozen": [_reported(item) for item in plan.frozen],
        "missing": [_reported(item) for item in plan.missing],
        "awaiting_sync": [_reported(item) for item in plan.awaiting_sync],
        "held": [_reported(item) for item in plan.held],
        "diagnostics": [_diagnostic(item) for item in plan.diagnostics],
        "references": {anchor: asdict(reference) for anchor, reference in plan.references.items()},
        "populations": {scope: asdict(population) for scope, population in plan.populations.items()},
    }
    signature = asdict(plan.signature) if plan.signature else None
    return {**document, "digest": digest_of(document), "signature": signature}


def _directory(state: DirectoryState) -> dict[str, Any]:
    """Return the JSON form, ``snapshot`` only where there was one: most plans are made of live directories."""
    document = asdict(state)
    if state.snapshot is None:
        del document["snapshot"]
    return document


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the digest over everything but ``digest`` and ``signature``.

    Raises ``ValueError`` where the document holds a floating-point number, which no plan does.
    """
    return canonical.digest({name: value for name, value in document.items() if name not in ("digest", "signature")})


def encode_change(change: Change) -> dict[str, Any]:
    """Return the JSON form of one change."""
    return {
        "id": change.id,
        "key": change.key,
        "directory": change.directory,
        "object_type": change.object_type,
        "address": change.address,
        "object": asdict(change.object),
        "op": change.op,
        "phase": change.phase,
        "batch": change.batch,
        "scope": change.scope,
        "new_dn": change.new_dn,
        "password": change.password,
        "attributes": {name: encode_attribute(item) for name, item in change.attributes.items()},
        "expect": _expect(change.expect),
        "why": _why(change.why),
        "depends_on": list(change.depends_on),
        "writes": change.writes,
        "reversibility": asdict(change.reversibility),
    }


def change_key(directory: str, address: str, op: str, attributes: Mapping[str, AttributeChange]) -> str:
    """Return ``sha256:…`` of what a change does, whatever plan it stands in.

    Ids, batches, reasons and the values of before do not count, nor does the order of values; a restore is a create
    that found a deleted object. Nor does the moment in the mark of a missing person, which is that of the plan: the
    mark that a rollback took away is the one that the next plan would set.
    """
    content = {
        "directory": directory,
        "address": address,
        "op": "create" if op == "restore" else op,
        "attributes": {name: _content(item) for name, item in attributes.items()},
    }
    return canonical.digest(content)


def _content(item: AttributeChange) -> dict[str, Any]:
    if item.delta:
        return {"add": _sorted(item.add), "remove": _sorted(item.remove)}
    return {"after": _sorted(item.after)}


def _sorted(values: tuple[Scalar, ...]) -> list[Any]:
    timeless = (_SINCE.sub(r"\1", value) if isinstance(value, str) else value for value in values)
    return sorted((to_json(value) for value in timeless), key=lambda value: json.dumps(value, sort_keys=True))


def encode_attribute(item: AttributeChange) -> dict[str, Any]:
    """Return ``{before, after, why}`` or ``{add, remove, why}``.

    A single-valued attribute has scalars (a cleared one ``null``), a multi-valued one lists (a cleared one the
    empty list); ``before`` is left out where the attribute was absent.
    """
    document: dict[str, Any] = {}
    if item.delta:
        document["add"] = [to_json(value) for value in item.add]
        document["remove"] = [to_json(value) for value in item.remove]
    else:
        single = item.single and len(item.before) <= 1 and len(item.after) <= 1
        if item.before:
            document["before"] = _values(item.before, single)
        document["after"] = _values(item.after, single)
    if item.why is not None:
        document["why"] = _why(item.why)
    return document


def _values(values: tuple[Scalar, ...], single: bool) -> Any:
    if single:
        return to_json(values[0]) if values else None
    return [to_json(value) for value in values]


def _expect(expect: Expect) -> dict[str, Any]:
    attributes = {name: _values(values, len(values) <= 1) for name, values in expect.attributes.items()}
    return {"dn": expect.dn, "enabled": expect.enabled, "attributes": attributes}


def _why(why: Why | None) -> dict[str, Any] | None:
    if why is None:
        return None
    return {
        "rule": why.rule,
        "at": why.at,
        "from": [asdict(origin) for origin in why.origins],
        "beat": list(why.beat),
        "note": why.note,
    }


def _batch(batch: Batch) -> dict[str, Any]:
    return {**asdict(batch), "changes": list(batch.changes)}


def _guard(guard: GuardResult) -> dict[str, Any]:
    return asdict(guard)


def _reported(item: Reported) -> dict[str, Any]:
    return {
        "directory": item.directory,
        "address": item.address,
        "label": item.label,
        "reason": item.reason,
        "anchor": item.anchor,
        "attributes": {name: encode_attribute(change) for name, change in item.attributes.items()},
    }


def _diagnostic(item: Diagnostic) -> dict[str, Any]:
    """Return the published form, plus what the caret line of the text format needs where there is any."""
    document: dict[str, Any] = item.to_json()
    if item.span is not None:
        document["length"] = item.span.length
    if item.excerpt is not None:
        document["excerpt"] = item.excerpt
    return document
