"""One change on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from idcode.report.ansi import Tone
from idcode.report.cells import pad, width
from idcode.report.change_view import AttributeView, ChangeView
from idcode.report.layout import Page
from idcode.report.marks import ATTENTION
from idcode.report.visible import is_right_to_left
from idcode.report.wording import Listing, number

_INDENT = 6
_WIDEST_NAME = 24
_WIDEST_BEFORE = 32


def write_change(page: Page, change: ChangeView, *, heading: str, dn: str) -> None:
    """Write one change: ``heading`` names the object, ``dn`` is left out ("") where it stands above already."""
    title = f"{change.mark.sign} {change.verb}  {heading}"
    if dn and 2 + width(title) + 2 + width(dn) <= page.cells:
        page.with_aside(title, dn, 2 + width(title) + 2, indent=2, tone=change.mark.tone)
    else:
        page.write(title, change.mark.tone, indent=2, hanging=2)
        if dn:
            page.write(dn, "dim", indent=_INDENT, hanging=2)
    if change.new_dn:
        page.labelled("to", change.new_dn, indent=_INDENT, column=_INDENT + 4, hanging=2)
    if change.why:
        page.write(f"# {change.why}", "dim", indent=_INDENT, hanging=2)
    write_attributes(page, change.attributes, _INDENT)
    if change.password:
        page.labelled("password", change.password, indent=_INDENT, column=_INDENT + 10)
    if change.undo:
        page.write(f"{ATTENTION} {change.undo}", "warning", indent=_INDENT, hanging=2)


def write_attributes(page: Page, attributes: Sequence[AttributeView], indent: int) -> None:
    """Write attributes with names, arrows and reasons aligned."""
    if not attributes:
        return
    names = min(max(width(attribute.name) for attribute in attributes), _WIDEST_NAME, page.cells // 3)
    column = indent + names + 2
    befores = [width(a.before) for a in attributes if a.before is not None and width(a.before) <= _WIDEST_BEFORE]
    before_width = max(befores, default=0)
    bodies = {a.name: _body(a, before_width, page.cells - column) for a in attributes}
    aside = column + 2 + _aside_column([(bodies[a.name], a.why) for a in attributes], page.cells - column)
    for attribute in attributes:
        _write_attribute(page, attribute, bodies[attribute.name], indent, column, aside)


def _body(attribute: AttributeView, before_width: int, cells: int) -> str | None:
    """Return an attribute's values on one line of at most ``cells``, or ``None`` where they need several lines."""
    if attribute.counts:
        return attribute.counts
    if attribute.before is None:
        body = attribute.after
    elif is_right_to_left(attribute.before + attribute.after):
        # A terminal may show a line with right-to-left names in the opposite order: never both on one line.
        return None
    else:
        body = f"{pad(attribute.before, before_width)} → {attribute.after}"
    return body if width(body) <= cells else None


def _aside_column(bodies: Sequence[tuple[str | None, str]], cells: int) -> int:
    """Return how wide the column of values is with which the most reasons fit beside them."""
    sizes = [(width(body), width(why) + len("  # ")) for body, why in bodies if body is not None and why]

    def fitting(column: int) -> int:
        return sum(1 for body, why in sizes if max(body, column) + why <= cells)

    return max({body for body, _ in sizes}, key=lambda column: (fitting(column), column), default=0)


def _write_attribute(
    page: Page, attribute: AttributeView, body: str | None, indent: int, column: int, aside: int
) -> None:
    why = f"# {attribute.why}" if attribute.why else ""
    named = width(attribute.name) < column - indent
    if body is not None and why and named:
        text = pad(attribute.name, column - indent) + body
        at = max(aside, indent + width(text) + 2)
        if at + width(why) <= page.cells and not is_right_to_left(body):
            page.with_aside(text, why, at, indent=indent)
            why = ""
        else:
            page.labelled(attribute.name, body, indent=indent, column=column)
    elif body is not None:
        page.labelled(attribute.name, body, indent=indent, column=column)
    elif attribute.before is None:
        page.labelled(attribute.name, attribute.after, indent=indent, column=column, hanging=2)
    else:
        page.labelled(attribute.name, f"was {attribute.before}", indent=indent, column=column, hanging=4)
        page.write(f"now {attribute.after}", indent=column, hanging=4)
    if why:
        page.write(why, "dim", indent=column, hanging=2)
    write_listing(page, "-", attribute.removed, "danger", column, "removed")
    write_listing(page, "+", attribute.added, "good", column, "added")


def write_listing(page: Page, sign: str, listing: Listing, tone: Tone, indent: int, word: str) -> None:
    """Write values one a line with their sign, and how many more there are."""
    for item in listing.items:
        page.write(f"{sign} {item}", tone, indent=indent, hanging=2)
    if listing.more:
        page.write(f"{sign} … and {number(listing.more)} more {word}", tone, indent=indent)
