"""``idcode runs``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idcode.cli import console, wiring
from idcode.cli.commands.common import check_format
from idcode.report import runs as report
from idcode.report.visible import visible_json


def run(directory: Path | None, run_id: str | None, output: str, sandbox: bool) -> int:
    """Show the history, or one run write by write."""
    check_format(output, ("text", "json"))
    repository, _ = wiring.load(directory, sandbox=sandbox)
    store = wiring.build_store(wiring.with_store(repository))
    try:
        if run_id is None:
            listed = [row.to_json() for row in store.runs()]
            text = report.render_runs(listed, color=console.color(), width=console.width())
            console.say(_json(listed) if output == "json" else text)
            return 0
        writes = [row.to_json() for row in store.writes(run_id)]
        changes = [row.to_json() for row in store.changes(run_id)]
        plan = store.plan_document(run_id)
        document = {
            "format": "idcode.run/1",
            **store.run(run_id).to_json(),
            "approved": plan.get("approved"),
            "let_through": _let_through(plan),
            "changes": changes,
            "writes": writes,
        }
        text = report.render_run(document, color=console.color(), width=console.width())
        console.say(_json(document) if output == "json" else text)
        return 0
    finally:
        store.close()


def _let_through(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what guards counted beyond their limits and were told to let pass, as the plan says."""
    return [guard for guard in plan.get("guards", ()) if guard["status"] == "overridden"]


def _json(value: object) -> str:
    return visible_json(json.dumps(value, ensure_ascii=False, indent=2))
