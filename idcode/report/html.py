"""A plan as one self-contained page: no scripts, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from html import escape

from idcode.model.plans import Plan
from idcode.report.change_view import AttributeView, ChangeView, ops_line
from idcode.report.findings import FindingsView, GuardView, ReportedView
from idcode.report.marks import LEGEND
from idcode.report.plan_view import GroupView, PlanView, view_plan
from idcode.report.wording import Listing, number

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1b1f24;
  background: #fff }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; margin: .3rem 0 1rem } td, th { border: 1px solid #d0d7de; padding: .2rem .6rem;
  text-align: left; vertical-align: top; overflow-wrap: anywhere }
bdi { font-family: ui-monospace, monospace; font-size: .92em; white-space: pre-wrap }
.why, .fact { color: #57606a; font-size: .9em } .danger { color: #a40e26 } .warning { color: #8a4600 }
.summary { font-weight: 600; border-left: 4px solid #57606a; padding-left: .8rem }
details { margin: .3rem 0 } summary { cursor: pointer } .body { margin-left: 1.2rem }
@media (prefers-color-scheme: dark) { body { background: #0d1117; color: #e6edf3 } .why, .fact { color: #9198a1 }
  td, th { border-color: #3d444d } .danger { color: #ff7b72 } .warning { color: #f0b35f } }
@media print { details > .body { display: block } }
"""


def render_plan(plan: Plan, *, limit: int | None = 20, redact: Collection[str] = ()) -> str:
    """Return ``plan`` as an HTML document; ``limit`` and ``redact`` are those of the text format.

    Names from outside stand in ``<bdi>`` elements, so that right-to-left ones cannot reorder what is around them.
    """
    view = view_plan(plan, limit, redact, clip=limit is not None)
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(view.title)}</title><style>{_STYLE}</style></head><body>",
            *_body(view),
            "</body></html>",
            "",
        ]
    )


def _body(view: PlanView) -> Iterable[str]:
    yield f"<h1>{_text(view.title)}</h1>"
    yield f'<p class="summary">{_text(view.summary)}</p>'
    if view.proof:
        yield f"<p>{escape(view.proof)}</p>"
    if view.stopped:
        yield '<p class="danger">Stopped by a guard: nothing of this plan is applied.</p>'
    yield from (f'<p class="danger">{_text(warning)}</p>' for warning in view.warnings)
    yield from _section("Guards", [_guard(guard) for guard in view.guards])
    risks = [
        item
        for group in view.glance
        for item in (
            *(f"{group.sign} {group.what}: {_text(i.who)} {_text(i.detail)}" for i in group.items),
            *_more(group.more, group.noun),
        )
    ]
    yield from _section("At a glance", [_bullets(risks)] if risks else [])
    yield from _section(view.people_heading, [_group(group) for group in view.people])
    yield from _section("Declared objects", [_group(group) for group in view.declared])
    for reported in view.reported:
        yield from _section(f"{reported.heading} ({number(reported.count)})", [_reported(reported)])
    yield from _section("Findings", [_findings(findings) for findings in view.findings])
    facts = [f'<span class="fact">{_text(fact)}</span>' for fact in (*view.facts, f"signs: {LEGEND}")]
    yield from _section("About this plan", [_bullets(facts)])


def _section(heading: str, parts: Collection[str]) -> Iterable[str]:
    return [f"<h2>{escape(heading)}</h2>", *parts] if parts else []


def _guard(guard: GuardView) -> str:
    parts = [f"<b>{guard.status.upper()}</b> {_text(guard.headline)}", escape(guard.meaning)]
    parts += [_text(guard.message)] if guard.message else []
    parts += [f"If it is meant, apply with {_text(guard.override)}"] if guard.override else []
    tone = "danger" if guard.status == "stopped" else "warning"
    return f'<div class="{tone}">{"<br>".join(parts)}{_bullets(_listing(guard.first))}</div>'


def _group(group: GroupView) -> str:
    risky = any(change.risky for change in group.changes)
    title = f"{_text(group.address)} {_text(group.label)}: {escape(ops_line(group.changes))}"
    tone = ' class="danger"' if risky else ""
    body = "".join(_change(change) for change in group.changes)
    return f'<details open><summary{tone}>{title}</summary><div class="body">{body}</div></details>'


def _change(change: ChangeView) -> str:
    parts = [f"<b>{escape(change.mark.sign)} {change.verb}</b> in {_text(change.place)} {_text(change.dn)}"]
    parts += [f"to {_text(change.new_dn)}"] if change.new_dn else []
    parts += [f'<span class="why">{_text(change.why)}</span>'] if change.why else []
    parts += [escape(change.password)] if change.password else []
    parts += [f'<span class="warning">{_text(change.undo)}</span>'] if change.undo else []
    return f"<p>{'<br>'.join(parts)}</p>{_attributes(change.attributes)}"


def _attributes(attributes: Collection[AttributeView]) -> str:
    if not attributes:
        return ""
    head = "<tr><th>attribute</th><th>before</th><th>after</th><th>why</th></tr>"
    return f"<table>{head}{''.join(_attribute(attribute) for attribute in attributes)}</table>"


def _attribute(attribute: AttributeView) -> str:
    name = _text(attribute.name)
    if attribute.counts:
        name += f"<br>{attribute.counts}"
        before = "<br>".join(f"− {item}" for item in _listing(attribute.removed))
        after = "<br>".join(f"+ {item}" for item in _listing(attribute.added))
    else:
        before, after = _text(attribute.before or ""), _text(attribute.after)
    cells = (name, before, after, f'<span class="why">{_text(attribute.why)}</span>')
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _reported(reported: ReportedView) -> str:
    items = [
        f"{_text(item.who)} {_text(item.reason)}{_attributes(item.attributes)}" for item in reported.items
    ] + _more(reported.more, "")
    return f"<p>{escape(reported.meaning)}</p>{_bullets(items)}"


def _findings(findings: FindingsView) -> str:
    items = []
    for subject, place, message, hint in findings.first:
        hinted = f"<br>hint: {_text(hint)}" if hint else ""
        items.append(f"{_text(subject)} {_text(message)} {_text(place)}{hinted}")
    title = f"<p><b>{escape(findings.severity)}</b> {_text(findings.code)}: {number(findings.count)}</p>"
    return title + _bullets([*items, *_more(findings.more, "")])


def _listing(listing: Listing) -> list[str]:
    return [_text(item) for item in listing.items] + _more(listing.more, "")


def _more(count: int, noun: str) -> list[str]:
    return [escape(f"… and {number(count)} more {noun}".rstrip())] if count else []


def _bullets(items: Collection[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>" if items else ""


def _text(text: str) -> str:
    return f"<bdi>{escape(text)}</bdi>" if text else ""
