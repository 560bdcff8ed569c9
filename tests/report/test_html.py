from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from idcode.model.plans import Plan
from idcode.report.html import render_plan
from tests.report.plans import PLANS, hostile_names, leaver, secrets
from tests.report.strategies import plans

VOID = {"meta", "br"}
ALLOWED = VOID | {
    "html", "head", "title", "style", "body", "h1", "h2", "p", "ul", "li", "details", "summary", "div", "span", "b",
    "bdi", "table", "tr", "th", "td",
}  # fmt: skip


class Page(HTMLParser):
    """Checks that elements are closed in order, and collects what a reader sees."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.words = ""
        self.links: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.links += [name for name, _ in attrs if name in ("src", "href") or name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("name", PLANS)
def test_the_page_is_whole_and_loads_nothing(name: str) -> None:
    page = Page(render_plan(PLANS[name]()))
    assert page.open == []
    assert page.seen <= ALLOWED
    assert page.links == []


def test_the_page_says_what_the_text_says() -> None:
    words = Page(render_plan(leaver())).words
    for expected in (
        "2 to delete",
        "Finn Öst",
        "stage is leaver since 2026-11-22",
        "cannot be undone",
        "People/Leavers",
    ):
        assert expected in words


def test_names_are_shown_as_they_are_and_never_run() -> None:
    page = Page(render_plan(hostile_names()))
    assert "<script>alert(1)</script>" in page.words
    assert "script" not in page.seen
    assert "\x1b" not in page.words


def test_redacted_values_are_nowhere_in_the_page() -> None:
    page = render_plan(secrets(), redact=["mobile", "homePhone", "otherMobile", "mail"])
    for secret in ("+46", "private@", "secret@", "correct horse"):
        assert secret not in page


@settings(max_examples=40, deadline=None)
@given(plans)
def test_any_plan_gives_a_well_formed_page(of: Plan) -> None:
    page = Page(render_plan(of))
    assert page.open == []
    assert page.seen <= ALLOWED
