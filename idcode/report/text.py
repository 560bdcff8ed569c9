"""A plan on a terminal: what deserves a second look first, the one-line summary last."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from idcode.model.plans import Plan
from idcode.report.ansi import Tone
from idcode.report.cells import width
from idcode.report.change_text import write_attributes, write_change
from idcode.report.findings import FindingsView, GuardView, ReportedView
from idcode.report.layout import Page
from idcode.report.marks import LEGEND
from idcode.report.plan_view import GroupView, PlanView, RiskGroup, view_plan
from idcode.report.wording import number

_SEVERITY_TONES: dict[str, Tone] = {"error": "danger", "warning": "change", "info": "move"}
_WHOLE = 3
"""How many of many new people or objects are shown with all their attributes."""
_GUARD_TONES: dict[str, Tone] = {"stopped": "danger", "held": "change", "overridden": "warning"}


def render_plan(plan: Plan, *, color: bool, width: int, limit: int | None = 20, redact: Collection[str] = ()) -> str:
    """Return ``plan`` as text of at most ``width`` terminal cells a line (40 at least), ending in a newline.

    ``limit`` folds long lists (members, orphans, findings; ``None``: never). Of more than ``limit`` people or objects
    that are simply new, the first few are shown whole and the others on one line each; no change is left out.
    ``redact`` names attributes, in any case, whose values are hidden.
    """
    view = view_plan(plan, limit, redact, clip=limit is not None)
    page = Page(width, color)
    _head(page, view)
    _glance(page, view.glance)
    _groups(page, view.people_heading, view.people, limit)
    _groups(page, "Declared objects", view.declared, limit)
    for reported in view.reported:
        _reported(page, reported)
    _findings(page, view.findings)
    _guards(page, view.guards)
    page.blank()
    page.write(view.summary, "bold")
    if view.stopped:
        page.write("Stopped by a guard: nothing is applied, see Guards above.", "danger")
    return page.text()


def _head(page: Page, view: PlanView) -> None:
    page.write(view.title, "bold")
    for fact in view.facts:
        page.write(fact, "dim", indent=2, hanging=2)
    if view.proof:
        page.write(view.proof, "dim", indent=2, hanging=2)
    for warning in view.warnings:
        page.write(f"! {warning}", "danger", indent=2, hanging=2)
    if view.groups:
        page.write(f"signs: {LEGEND}", "dim", indent=2, hanging=2)


def _glance(page: Page, glance: Sequence[RiskGroup]) -> None:
    if not glance:
        return
    page.heading("At a glance")
    column = 6 + max(width(group.what) for group in glance)
    for group in glance:
        tone: Tone = "danger" if group.sign in "-x" else "warning"
        for item in group.items:
            text = item.who + (f": {item.detail}" if item.detail else "")
            page.labelled(f"{group.sign} {group.what}", text, indent=2, column=column, hanging=2, label_tone=tone)
        if group.more:
            page.write(f"… and {number(group.more)} more {group.noun}", "dim", indent=column)


def _groups(page: Page, heading: str, groups: Sequence[GroupView], limit: int | None) -> None:
    if not groups:
        return
    page.heading(f"{heading} ({number(len(groups))})")
    new = [group for group in groups if group.only_new]
    brief = new[_WHOLE:] if limit is not None and len(new) > limit else []
    for group in groups:
        if group not in brief:
            page.blank()
            _group(page, group)
    if brief:
        page.blank()
        page.write(
            f"… and {number(len(brief))} more that are simply new, one line each (--full shows them whole):", "dim"
        )
        for group in brief:
            places = ", ".join(dict.fromkeys(change.place for change in group.changes))
            page.write(f"+ create  {group.address}  {group.label}  {places}", "good", indent=2, hanging=4)


def _group(page: Page, group: GroupView) -> None:
    page.write(f"{group.address}  {group.label}".rstrip(" "), "bold", hanging=2)
    shown: set[str] = set()
    for change in group.changes:
        label = f"  {change.label}" if change.label != group.label else ""
        dn = change.dn if f"{change.place}\n{change.dn}" not in shown else ""
        shown.add(f"{change.place}\n{change.dn}")
        kind = f"{change.object_type} in " if group.declared else ""
        write_change(page, change, heading=f"{kind}{change.place}{label}", dn=dn)


def _reported(page: Page, reported: ReportedView) -> None:
    page.heading(f"{reported.heading} ({number(reported.count)})")
    page.write(reported.meaning, "dim", indent=2)
    for item in reported.items:
        page.write(item.who + (f": {item.reason}" if item.reason else ""), indent=2, hanging=2)
        write_attributes(page, item.attributes, 6)
    if reported.more:
        page.write(f"… and {number(reported.more)} more", "dim", indent=2)


def _findings(page: Page, findings: Sequence[FindingsView]) -> None:
    if not findings:
        return
    page.heading("Findings")
    for group in findings:
        page.write(
            f"{group.severity} {group.code} ({number(group.count)})",
            _SEVERITY_TONES[group.severity],
            indent=2,
            hanging=2,
        )
        last_hint = ""
        for subject, place, message, hint in group.first:
            text = ": ".join(part for part in (subject, message) if part)
            page.write(text + (f" ({place})" if place else ""), indent=4, hanging=2)
            if hint and hint != last_hint:
                page.write(f"hint: {hint}", "dim", indent=6, hanging=6)
                last_hint = hint
        if group.more:
            page.write(f"… and {number(group.more)} more", "dim", indent=4)


def _guards(page: Page, guards: Sequence[GuardView]) -> None:
    if not guards:
        return
    page.heading("Guards")
    for guard in guards:
        label = f"{guard.status.upper()} {guard.headline}"
        page.write(label, _GUARD_TONES[guard.status], indent=2, hanging=2)
        if guard.message:
            page.write(guard.message, indent=4, hanging=2)
        page.write(guard.meaning, indent=4, hanging=2)
        for name in guard.first.items:
            page.write(name, indent=6, hanging=2)
        if guard.first.more:
            page.write(f"… and {number(guard.first.more)} more", "dim", indent=6)
        if guard.override:
            page.write(f"If it is meant, apply with {guard.override}", indent=4, hanging=2)
