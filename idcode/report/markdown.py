"""A plan as a comment on a pull request: bounded, folded, and safe to paste whatever the names in it are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from idcode.model.plans import Plan
from idcode.report.change_view import AttributeView, ChangeView, ops_line
from idcode.report.findings import FindingsView, GuardView, ReportedView
from idcode.report.marks import LEGEND
from idcode.report.plan_view import GroupView, PlanView, view_plan
from idcode.report.wording import Listing, number, plural

MOST_CHARACTERS = 60_000
"""GitHub refuses comments above 65,536 characters; the rest is left for what a pipeline adds around it."""
_NOTE_ROOM = 400
_LONGEST_CODE = 600
_MARKUP = re.compile(r"[&<>`*_\[\]\\|~$!#]")
_LINK = re.compile(r"(www|(?:http|ftp|https|mailto|xmpp))([.:])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Block:
    """A part of the comment that is taken whole or left out; ``changes`` are those it shows."""

    text: str
    what: str
    changes: int = 0


def render_plan(plan: Plan, *, limit: int = 20, redact: Collection[str] = (), most: int = MOST_CHARACTERS) -> str:
    """Return ``plan`` as GitHub-flavoured Markdown of at most ``most`` characters (1,000 or more).

    The summary, tripped guards and risks come first, so what does not fit are details; a note at the end counts
    them. ``limit`` and ``redact`` are those of :func:`idcode.report.text.render_plan`.
    """
    view = view_plan(plan, limit, redact)
    taken: list[str] = []
    left_out: list[_Block] = []
    room = most - _NOTE_ROOM
    for block in filter(lambda block: block.text, _blocks(view)):
        if len(block.text) + 2 <= room:
            taken.append(block.text)
            room -= len(block.text) + 2
        else:
            left_out.append(block)
    return "\n\n".join([*taken, *_note(left_out)]) + "\n"


def _note(left_out: Sequence[_Block]) -> list[str]:
    if not left_out:
        return []
    counts: dict[str, list[int]] = {}
    for block in left_out:
        counts.setdefault(block.what, []).append(block.changes)
    parts = [
        f"{number(len(changes))} × {what}" + (f" ({plural(sum(changes), 'change')})" if any(changes) else "")
        for what, changes in counts.items()
    ]
    return [f"**Cut to fit a comment.** Left out: {', '.join(parts)}. `idcode show` on the plan file shows everything."]


def _blocks(view: PlanView) -> Iterator[_Block]:
    """Yield the parts, the most important first."""
    proof = f"\n\n{view.proof}" if view.proof else ""
    yield _Block(f"### {code(view.title)}\n\n**{view.summary}**{proof}", "summary")
    if view.stopped:
        yield _Block("> **Stopped by a guard: nothing of this plan is applied.**", "summary")
    for warning in view.warnings:
        yield _Block(f"> **Warning:** {code(warning)}", "warning")
    for guard in view.guards:
        yield _Block(_guard(guard), "guard")
    yield _Block(_counts(view), "table of counts")
    for risks in view.glance:
        items = [f"`{risks.sign}` {risks.what}: {code(i.who)}{_after(': ', i.detail)}" for i in risks.items]
        yield _Block(_bullets([*items, *_more(risks.more, risks.noun)]), "part of the glance")
    for findings in view.findings:
        yield _Block(_findings(findings), "kind of finding")
    for group in view.groups:
        yield _Block(_group(group), "person or object", len(group.changes))
    for reported in view.reported:
        yield _Block(_reported(reported), "list of unchanged objects")
    yield _Block(_details("About this plan", _bullets([code(fact) for fact in (*view.facts, LEGEND)])), "origin")


def _counts(view: PlanView) -> str:
    counted = {key: count for key, count in view.counts.items() if count}
    if not counted:
        return ""
    names = " | ".join(key.replace("_", " ") for key in counted)
    return f"| {names} |\n|{' ---: |' * len(counted)}\n| {' | '.join(map(number, counted.values()))} |"


def _guard(guard: GuardView) -> str:
    lines = [f"> **{guard.status.upper()}** {code(guard.headline)}. {guard.meaning}"]
    if guard.message:
        lines.append(f"> {code(guard.message)}")
    lines += [f"> - {item}" for item in _listing(guard.first)]
    if guard.override:
        lines.append(f">\n> If it is meant, apply with {code(guard.override)}")
    return "\n".join(lines)


def _findings(findings: FindingsView) -> str:
    items = []
    for subject, place, message, hint in findings.first:
        where = f" ({code(place)})" if place else ""
        items.append(f"{_before(subject, ': ')}{code(message)}{where}{_after('; hint: ', hint)}")
    title = f"{findings.severity} {code(findings.code)}: {number(findings.count)}"
    return _details(title, _bullets([*items, *_more(findings.more, "")]))


def _group(group: GroupView) -> str:
    risky = "⚠ " if any(change.risky for change in group.changes) else ""
    title = f"{risky}{code(group.address)} {_after('', group.label)}: {ops_line(group.changes)}"
    return _details(title, "\n\n".join(_change(change) for change in group.changes))


def _change(change: ChangeView) -> str:
    lines = [f"`{change.mark.sign}` **{change.verb}** in {code(change.place)} {code(change.dn)}"]
    lines += [f"to {code(change.new_dn)}"] if change.new_dn else []
    lines += [f"because of {code(change.why)}"] if change.why else []
    lines += [change.password] if change.password else []
    lines += [f"**{code(change.undo)}**"] if change.undo else []
    table = _attributes(change.attributes)
    return "<br>\n".join(lines) + (f"\n\n{table}" if table else "")


def _attributes(attributes: Iterable[AttributeView]) -> str:
    rows = [_attribute(attribute) for attribute in attributes]
    return "\n".join(["| attribute | before | after | why |", "| --- | --- | --- | --- |", *rows]) if rows else ""


def _attribute(attribute: AttributeView) -> str:
    if attribute.counts:
        before = "<br>".join(["− " + item for item in _listing(attribute.removed)])
        after = "<br>".join(["+ " + item for item in _listing(attribute.added)])
        name = f"{code(attribute.name)}<br>{attribute.counts}"
        return f"| {name} | {before} | {after} | {_after('', attribute.why)} |"
    return (
        f"| {code(attribute.name)} | {_after('', attribute.before or '')} "
        f"| {code(attribute.after)} | {_after('', attribute.why)} |"
    )


def _reported(reported: ReportedView) -> str:
    items = []
    for item in reported.items:
        changed = "; ".join(
            f"{code(a.name)} {a.counts or f'{code(a.before or a.after)} → {code(a.after)}'}" for a in item.attributes
        )
        items.append(f"{code(item.who)}{_after(': ', item.reason)}" + (f" ({changed})" if changed else ""))
    title = f"{reported.heading}: {number(reported.count)}"
    return _details(title, f"{reported.meaning}\n\n{_bullets([*items, *_more(reported.more, '')])}")


def _listing(listing: Listing) -> list[str]:
    return [code(item) for item in listing.items] + _more(listing.more, "")


def _more(count: int, noun: str) -> list[str]:
    return [f"… and {number(count)} more {noun}".rstrip()] if count else []


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _details(summary: str, body: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _after(lead: str, text: str) -> str:
    return lead + code(text) if text else ""


def _before(text: str, tail: str) -> str:
    return code(text) + tail if text else ""


def code(text: str) -> str:
    """Return text from outside as an inline ``<code>`` element that Markdown leaves alone.

    Characters that could be markup become character references, which never are (CommonMark 0.31, section 2.5);
    so do those that GitHub's autolinks start with. Inside ``<code>`` GitHub makes no mentions, issue links or emoji.
    Very long text is cut.
    """
    if len(text) > _LONGEST_CODE:
        text = f"{text[:_LONGEST_CODE]}… ({plural(len(text), 'character')})"
    escaped = _MARKUP.sub(lambda found: f"&#{ord(found[0])};", text)
    return f"<code>{_LINK.sub(lambda found: found[1] + f'&#{ord(found[2])};', escaped)}</code>"
