from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from idcode.model.diagnostics import Diagnostic, Span
from idcode.report.diagnostics import render_github, render_json, render_text
from tests.report.golden import assert_golden
from tests.report.strategies import diagnostics

FOUND = [
    Diagnostic(
        "error",
        "unknown-attribute",
        "there is no attribute 'departement'",
        "did you mean 'department'?",
        Span("rules/people.yaml", 31, 16, 11),
        excerpt="  department: [departement]",
    ),
    Diagnostic("warning", "unused-column", "nothing reads Title", span=Span("idcode.yaml", 12, 5), subject="hr"),
    Diagnostic(
        "error",
        "expression-syntax",
        "expected ')'",
        span=Span("rules/people.yaml", 8, 173, 4),
        excerpt='value: Join(" ", ' + "[surname], " * 14 + "[last)" + ", [more]" * 20,
    ),
    Diagnostic("info", "guessed-encoding", "data/hr.csv is read as windows-1252", subject="hr"),
    Diagnostic("error", "wide", "山 is wide", span=Span("rules/wide.yaml", 1, 8, 2), excerpt="name: 山田 太郎"),
]


def test_the_text_is_the_reviewed_one() -> None:
    assert_golden("diagnostics.txt", render_text(FOUND, color=False, width=100))


def test_the_caret_stands_under_what_is_wrong() -> None:
    lines = render_text(FOUND[:1], color=False).splitlines()
    assert lines[0].startswith("rules/people.yaml:31:16: error unknown-attribute: ")
    at = lines[1].index("departement")
    assert lines[2][at:] == "^" * len("departement")
    assert lines[3] == "  hint: did you mean 'department'?"


def test_the_caret_is_right_after_wide_letters_and_in_lines_too_long_to_show() -> None:
    lines = render_text(FOUND, color=False, width=60).splitlines()
    long = next(index for index, line in enumerate(lines) if "[last)" in line)
    assert lines[long][lines[long + 1].index("^")] == "l"
    wide = next(index for index, line in enumerate(lines) if "太郎" in line)
    assert lines[wide + 1].index("^") == len("    1 | name: ") + len("山") * 2


def test_a_place_outside_the_shown_line_gets_no_caret() -> None:
    odd = Diagnostic("error", "x", "y", span=Span("a.yaml", 3, 99), excerpt="short")
    assert "^" not in render_text([odd], color=False)


def test_the_count_stands_last() -> None:
    assert render_text(FOUND, color=False).splitlines()[-1] == "3 errors, 1 warning, 1 note"
    assert render_text([], color=False) == "no findings\n"


def test_github_shows_a_finding_at_its_line_with_the_hint() -> None:
    assert render_github(FOUND[:1]) == (
        "::error title=unknown-attribute,file=rules/people.yaml,line=31,col=16,endColumn=26"
        "::there is no attribute 'departement'%0Ahint: did you mean 'department'?\n"
    )


def test_a_finding_cannot_smuggle_a_workflow_command() -> None:
    evil = Diagnostic("error", "x", "100%\n::set-env name=A::b", span=Span("a,b:c%.yaml"), hint="\r::stop-commands::t")
    lines = render_github([evil]).splitlines()
    assert len(lines) == 1
    assert "file=a%2Cb%3Ac%25.yaml," in lines[0]
    assert "::100%25\\n::set-env" in lines[0]


def test_notes_are_notices_on_github() -> None:
    assert render_github(FOUND[3:4]).startswith("::notice title=guessed-encoding::hr: ")


def test_the_json_document_names_its_format_and_counts() -> None:
    document = json.loads(render_json(FOUND))
    assert document["format"] == "idcode.diagnostics/1"
    assert document["counts"] == {"error": 3, "warning": 1, "info": 1}
    assert [one["code"] for one in document["diagnostics"]] == [
        "guessed-encoding", "unused-column", "expression-syntax", "unknown-attribute", "wide",
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(diagnostics)
@pytest.mark.parametrize("color", [False])
def test_any_findings_are_shown_in_all_formats(color: bool, found: tuple[Diagnostic, ...]) -> None:
    assert "\x1b" not in render_text(found, color=color)
    assert len(render_github(found).split("\n")) == len(found) + 1
