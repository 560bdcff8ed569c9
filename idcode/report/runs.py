"""The history on a terminal: all runs, or one run write by write.

Both take the JSON form of ``idcode.run/1`` (DESIGN.md, section 6), so that what people read and what
``--format json`` gives cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from idcode.report.ansi import Tone
from idcode.report.cells import pad, width
from idcode.report.layout import Page
from idcode.report.visible import visible
from idcode.report.wording import moment, number, plural

_STATUS_TONES: dict[str, Tone] = {
    "done": "good",
    "running": "move",
    "interrupted": "change",
    "partial": "danger",
    "failed": "danger",
}
_OUTCOME_TONES: dict[str, Tone] = {"done": "plain", "skipped": "dim", "stale": "change"}
_NO_OUTCOME = "no answer"


def render_runs(runs: Sequence[Mapping[str, Any]], *, color: bool, width: int) -> str:
    """Return a table of runs in the order given.

    Each is a mapping of ``run_id``, ``kind``, ``status``, ``started_at``, ``finished_at`` and ``counts``.
    """
    page = Page(width, color)
    if not runs:
        page.write("No runs yet.")
        return page.text()
    rows = [(_text(run, "run_id"), _text(run, "kind"), _text(run, "status"), _when(run)) for run in runs]
    columns = _columns(rows)
    for run, row in zip(runs, rows, strict=True):
        tone = _STATUS_TONES.get(row[2], "plain")
        counts = _counts(run.get("counts") or {})
        undone = f"undoes {visible(str(run['rolls_back']))}" if run.get("rolls_back") else ""
        page.write("; ".join([_row(row, columns), *filter(None, (counts, undone))]), tone, hanging=4)
    return page.text()


def render_run(run: Mapping[str, Any], *, color: bool, width: int, limit: int | None = None) -> str:
    """Return one run with the ``changes`` it did not bring about, and its ``writes``.

    ``limit`` folds the writes that were simply done. Each change is a mapping of ``change``, ``address``, ``op``,
    ``status`` and ``message``, each write one of ``change``, ``write``, ``address``, ``kind``, ``outcome`` (absent:
    none was recorded), ``code`` and ``message``.
    """
    page = Page(width, color)
    status = _text(run, "status")
    page.write(f"Run {_text(run, 'run_id')}: {status}", _STATUS_TONES.get(status, "bold"))
    page.write(f"{_text(run, 'kind')} of plan {_text(run, 'plan_id')}, {_when(run)}", indent=2, hanging=2)
    if run.get("approved"):
        page.write(f"what was left of that plan, which approved it: {_text(run, 'approved')}", indent=2, hanging=2)
    if run.get("rolls_back"):
        page.write(f"undoes run {_text(run, 'rolls_back')}", indent=2)
    if run.get("actor"):
        page.write(f"by {_text(run, 'actor')} on {_text(run, 'host')}", indent=2, hanging=2)
    for name, allowed in (run.get("overrides") or {}).items():
        page.write(f"let through with --allow {visible(str(name))}={allowed}", indent=2, hanging=2)
    for guard in run.get("let_through") or ():
        what = f"{_text(guard, 'name')} in {_text(guard, 'scope')}: {_text(guard, 'message')}"
        page.write(f"a guard was overridden: {what}", indent=2, hanging=2)
    if run.get("message"):
        page.write(_text(run, "message"), indent=2, hanging=2)
    writes: Sequence[Mapping[str, Any]] = run.get("writes") or ()
    _not_done(page, run.get("changes") or ())
    _writes(page, writes, limit)
    page.blank()
    page.write(_counts(run.get("counts") or {}) or _counted(writes), "bold")
    if status != "done":
        for step in next_steps(_text(run, "run_id")):
            page.write(f"hint: {step[0].lower()}{step[1:]}", "dim", hanging=6)
    return page.text()


def next_steps(run_id: str, flag: str = "") -> list[str]:
    """Say what can be done about a run that is not done; ``flag`` is for practice runs: `` --sandbox``."""
    return [
        f"To finish it: idcode apply --resume {run_id}{flag}",
        f"To undo it: idcode rollback {run_id}{flag}",
    ]


def _counted(writes: Sequence[Mapping[str, Any]]) -> str:
    """Count the writes of a run that did not come to its own count."""
    counts: dict[str, int] = {}
    for write in writes:
        outcome = str(write.get("outcome") or _NO_OUTCOME)
        counts[outcome] = counts.get(outcome, 0) + 1
    return f"{plural(len(writes), 'write')}: {_counts(counts)}" if counts else "nothing was written"


def _not_done(page: Page, changes: Sequence[Mapping[str, Any]]) -> None:
    left = [change for change in changes if change.get("status") not in ("done", "already")]
    if not left:
        return
    page.heading(f"Not done ({number(len(left))})")
    rows = [tuple(_text(change, name) for name in ("change", "status", "op", "address")) for change in left]
    columns = _columns(rows)
    for change, row in zip(left, rows, strict=True):
        message = _text(change, "message")
        tone = _OUTCOME_TONES.get(row[1], "danger")
        page.write(_row(row, columns) + (f"  {message}" if message else ""), tone, indent=2, hanging=4)


def _writes(page: Page, writes: Sequence[Mapping[str, Any]], limit: int | None) -> None:
    if not writes:
        return
    page.heading(f"Writes ({number(len(writes))})")
    rows = [(_text(w, "write") or _text(w, "change"), _outcome(w), _text(w, "kind")) for w in writes]
    columns = _columns(rows)
    done = 0
    for write, row in zip(writes, rows, strict=True):
        done += row[1] == "done"
        if limit is not None and row[1] == "done" and done > limit:
            continue
        detail = ": ".join(filter(None, (_text(write, "code"), _text(write, "message"))))
        text = _row([*row, _text(write, "address")], [*columns, 0])
        page.write(text + (f"  {detail}" if detail else ""), _OUTCOME_TONES.get(row[1], "danger"), indent=2, hanging=4)
    if limit is not None and done > limit:
        page.write(f"… and {number(done - limit)} more done", "dim", indent=2)


def _outcome(write: Mapping[str, Any]) -> str:
    return visible(str(write.get("outcome") or _NO_OUTCOME))


def _columns(rows: Iterable[Sequence[str]]) -> list[int]:
    return [max(width(cell) for cell in column) for column in zip(*rows, strict=True)]


def _row(cells: Sequence[str], columns: Sequence[int]) -> str:
    return "  ".join(pad(cell, size) for cell, size in zip(cells, columns, strict=True)).rstrip(" ")


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return "" if value is None else visible(str(value))


def _when(run: Mapping[str, Any]) -> str:
    started, finished = _text(run, "started_at"), _text(run, "finished_at")
    if not finished:
        return f"{moment(started)}, not finished"
    try:
        seconds = (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds()
    except (ValueError, TypeError):
        return f"{moment(started)} to {moment(finished)}"
    return f"{moment(started)}, took {_duration(round(seconds))}"


def _duration(seconds: int) -> str:
    minutes, rest = divmod(max(seconds, 0), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else plural(rest, "second")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number(count)} {visible(name)}" for name, count in counts.items() if count)
