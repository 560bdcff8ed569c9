"""Where every value of one person or object comes from, on a terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from idcode.model.explain import (
    AttributeExplanation,
    Candidate,
    Explanation,
    ObjectAttribute,
    ObjectExplanation,
)
from idcode.model.plans import Reference, Why
from idcode.model.values import Scalar
from idcode.report.ansi import Tone
from idcode.report.cells import width
from idcode.report.diagnostics import render_text
from idcode.report.layout import Page
from idcode.report.visible import visible
from idcode.report.wording import Values, reason

_STATES = {
    "null": "null: clears what it flows to",
    "absent": "no rule applies: what it flows to is left alone",
    "unknown": "cannot be computed now: what depends on it is frozen",
}
_LINKS = {
    "linked": "exists",
    "new": "will be created",
    "none": "not wanted here",
    "frozen": "left as it is",
    "held": "held",
    "awaiting-sync": "waits until the directory synchronisation brings it",
}


def render_explanation(
    explanation: Explanation,
    *,
    color: bool,
    width: int,
    redact: Collection[str] = (),
    references: Mapping[str, Reference] | None = None,
) -> str:
    """Return the explanation of one address: its attributes with what they beat, then its objects, live and wanted.

    ``references`` gives names to the anchors that occur as values; ``redact`` hides values of attributes.
    """
    values = Values(references or {}, redact)
    page = Page(width, color)
    page.write(f"{visible(explanation.address)}  {visible(explanation.label)}".rstrip(" "), "bold", hanging=2)
    if explanation.stage is not None:
        page.labelled("stage", visible(explanation.stage), indent=2, column=9)
        _why(page, explanation.stage_why, 9)
    if explanation.attributes:
        page.heading("Attributes")
        column = _column([attribute.name for attribute in explanation.attributes], page.cells)
        for attribute in explanation.attributes:
            _attribute(page, attribute, values, column)
    for item in explanation.objects:
        _object(page, item, values)
    text = page.text()
    if explanation.diagnostics:
        text += "\n" + render_text(explanation.diagnostics, color=color, width=width)
    return text


def _column(names: Collection[str], cells: int) -> int:
    return 4 + min(max(width(visible(name)) for name in names), 24, cells // 3)


def _attribute(page: Page, attribute: AttributeExplanation, values: Values, column: int) -> None:
    text = _STATES.get(attribute.state) or values.joined(attribute.name, attribute.value)
    page.labelled(visible(attribute.name), text, indent=2, column=column, hanging=2)
    _why(page, attribute.why, column, hide_note=values.hides(attribute.name))
    for candidate in attribute.candidates:
        if candidate.reason:
            _beaten(page, attribute.name, candidate, values, column)


def _beaten(page: Page, name: str, candidate: Candidate, values: Values, column: int) -> None:
    value = f"not {values.joined(name, candidate.value)}" if candidate.value else "no value"
    source = reason(Why(candidate.rule, candidate.at, candidate.origins))
    page.write(f"{value}: {visible(candidate.reason or '')}", "dim", indent=column, hanging=4)
    page.write(f"# {source}", "dim", indent=column + 4, hanging=2)


def _object(page: Page, item: ObjectExplanation, values: Values) -> None:
    state = _LINKS[item.state] + (f": {visible(item.reason)}" if item.reason else "")
    page.heading(visible(item.address))
    page.write(state, indent=2, hanging=2)
    for label, text in (("dn", item.dn), ("id", item.anchor), ("joined by", item.joined_by)):
        if text:
            page.labelled(label, visible(text), "dim", indent=2, column=13, hanging=2)
    if item.attributes:
        page.blank()
        column = _column([attribute.name for attribute in item.attributes], page.cells)
        for attribute in item.attributes:
            _object_attribute(page, attribute, values, column)


def _object_attribute(page: Page, attribute: ObjectAttribute, values: Values, column: int) -> None:
    def text(side: tuple[Scalar, ...] | None, none: str) -> str:
        return none if side is None else values.joined(attribute.name, side)

    name = visible(attribute.name)
    wanted = text(attribute.desired, "left alone by the files")
    live = text(attribute.live, "no object yet")
    if attribute.same and attribute.desired is not None and attribute.live is not None:
        page.labelled(name, f"= {wanted}", indent=2, column=column, hanging=2)
    else:
        tone: Tone = "plain" if attribute.same else "change"
        page.labelled(name, f"live   {live}", tone, indent=2, column=column, hanging=7)
        page.write(f"wanted {wanted}", tone, indent=column, hanging=7)
    if attribute.note and not values.hides(attribute.name):
        page.write(visible(attribute.note), "dim", indent=column, hanging=2)
    _why(page, attribute.why, column, hide_note=values.hides(attribute.name))


def _why(page: Page, why: Why | None, column: int, *, hide_note: bool = False) -> None:
    text = reason(why, hide_note=hide_note)
    if text:
        page.write(f"# {text}", "dim", indent=column, hanging=2)
