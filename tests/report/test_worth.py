"""What a reviewer sees before anything else: practice or not, proved or not, everything read or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from idcode.model.plans import DirectoryState, Plan, SourceState
from idcode.report import html, markdown, text
from tests.report.plans import leaver, new_colleague, plan

PRACTICE = {"corp": DirectoryState("sandbox", "S-1-5-21-4-5-6", "sandbox", None, 12, True, 27)}
Renderer = Callable[[Plan], str]
FORMATS: tuple[Renderer, ...] = (
    lambda of: text.render_plan(of, color=False, width=100),
    markdown.render_plan,
    html.render_plan,
)


def top(page: str) -> str:
    """What stands above the first change, and above what a long comment leaves out."""
    return page.partition("person:E")[0].partition("At a glance")[0].partition("| update |")[0]


@pytest.mark.parametrize("render", FORMATS)
def test_a_practice_plan_is_called_one_in_its_title(render: Renderer) -> None:
    assert "Practice plan for contoso" in top(render(replace(new_colleague(), directories=PRACTICE)))
    back = replace(leaver(), kind="rollback", rolls_back="20261123T060000Z-a8e7e9", directories=PRACTICE)
    assert "Practice rollback of run 20261123T060000Z-a8e7e9" in top(render(back))
    assert "ractice" not in render(new_colleague())


@pytest.mark.parametrize("render", FORMATS)
def test_whether_a_plan_is_proved_is_said_at_its_top(render: Renderer) -> None:
    assert "proved on a copy of what was read" in top(render(replace(leaver(), proof="proved")))
    assert "not proved: it was not tried" in top(render(leaver()))
    failed = render(replace(leaver(), proof="failed"))
    assert "Not proved: on a copy of what was read this plan does not hold" in failed
    assert "not tried" not in failed


@pytest.mark.parametrize("render", FORMATS)
def test_where_nothing_can_be_proved_nothing_is_said_of_it(render: Renderer) -> None:
    assert "proved" not in render(plan())
    assert "proved" not in render(replace(leaver(), kind="rollback", rolls_back="20261123T060000Z-a8e7e9"))


def test_a_comment_that_had_to_be_cut_still_says_what_the_plan_is_worth() -> None:
    page = markdown.render_plan(replace(leaver(), directories=PRACTICE, proof="proved"), most=1_000)
    assert "Cut to fit a comment" in page
    assert "Practice plan" in page
    assert "proved on a copy" in page


@pytest.mark.parametrize("render", FORMATS)
def test_directories_are_as_the_files_say_only_after_complete_reads(render: Renderer) -> None:
    cut = {"hr": SourceState("csv", 0, False, "", None)}
    unread = {"corp": DirectoryState("ad", "S-1-5-21-1-2-3", "dc1.corp.contoso.com", None, 4711, False, 0)}
    for page in (render(plan(sources=cut)), render(plan(directories=unread))):
        assert "No changes to apply; not everything was read completely, see the warnings." in page
        assert "as the files say" not in page
