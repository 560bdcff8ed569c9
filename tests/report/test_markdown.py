from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from idcode.model.plans import Plan
from idcode.report.markdown import MOST_CHARACTERS, code, render_plan
from tests.report.golden import assert_golden
from tests.report.plans import (
    HOSTILE,
    PLANS,
    STAFF,
    change,
    guard_stopped,
    hostile_names,
    large_group,
    plan,
    secrets,
    was,
)
from tests.report.strategies import plans

ALLOWED = {
    "h3", "p", "strong", "code", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "details", "summary", "br",
    "blockquote",
}  # fmt: skip


def html(markdown: str) -> str:
    """What CommonMark makes of it; raw HTML passes, as on GitHub."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough").render(markdown)


def tags(markdown: str) -> set[str]:
    return set(re.findall(r"</?([a-zA-Z][\w-]*)", html(markdown)))


@pytest.mark.parametrize("name", ["leaver", "marriage", "guard-stopped", "frozen-people"])
def test_the_comment_is_the_reviewed_one(name: str) -> None:
    assert_golden(f"{name}.md", render_plan(PLANS[name]()))


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_shown_as_they_are_and_never_as_markup(name: str) -> None:
    of = plan(
        [change(1, "update", "person:E1@corp/account", name, f"CN={name},{STAFF}", attributes={name: was(name, name)})]
    )
    assert tags(render_plan(of)) <= ALLOWED


def test_a_name_with_html_pipes_and_backticks_arrives_unharmed() -> None:
    assert "&lt;b&gt; | `x` *y* [z](http://a.example) @all" in html(
        f"| a |\n| --- |\n| {code('<b> | `x` *y* [z](http://a.example) @all')} |\n"
    ).replace("&quot;", '"')


def test_links_are_not_made_of_names() -> None:
    for text in ("http://evil.example", "HTTPS://evil.example", "www.evil.example", "mailto:x@evil.example"):
        assert text not in code(text)


def test_the_summary_and_the_guards_come_before_any_detail() -> None:
    comment = render_plan(guard_stopped())
    assert comment.index("63 to disable") < comment.index("STOPPED") < comment.index("<details>")
    assert "--allow disable=63" in comment


def test_a_large_plan_is_cut_to_fit_and_says_what_is_missing() -> None:
    many = [
        change(
            n,
            "update",
            f"person:E{n:05d}@corp/account",
            f"Person {n}",
            f"CN=P{n},{STAFF}",
            attributes={"title": was("a" * 50, "b" * 50)},
        )
        for n in range(1000)
    ]
    comment = render_plan(plan(many))
    assert len(comment) <= MOST_CHARACTERS
    shown = comment.count("<details><summary><code>person:")
    assert 0 < shown < 1000
    assert f"{1000 - shown} × person or object ({1000 - shown} changes)" in comment
    assert "1,000 to update" in comment


def test_a_plan_that_fits_says_nothing_about_cuts() -> None:
    assert "Cut to fit" not in render_plan(large_group())


def test_redacted_values_are_nowhere_in_the_comment() -> None:
    comment = render_plan(secrets(), redact=["mobile", "homePhone", "otherMobile", "mail"])
    assert "(redacted)" in comment
    for secret in ("+46", "private@", "secret@", "correct horse"):
        assert secret not in comment


def test_escape_sequences_are_shown_not_sent() -> None:
    assert "\x1b" not in render_plan(hostile_names())


@settings(max_examples=60, deadline=None)
@given(plans)
def test_any_plan_gives_a_bounded_comment_of_known_elements(of: Plan) -> None:
    comment = render_plan(of, most=4000)
    assert len(comment) <= 4000
    assert tags(comment) <= ALLOWED
