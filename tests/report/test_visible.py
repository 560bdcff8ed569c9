from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.report.cells import clip, pad, width, wrap
from idcode.report.visible import is_right_to_left, quoted, visible
from tests.report.plans import HOSTILE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Åsa Öström", "Åsa Öström"),
        ("a\tb\r\n", "a\\tb\\r\\n"),
        ("\x1b[31m", "\\x1b[31m"),
        ("x\u202ey", "x\\u202ey"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("no\u00a0break", "no\\xa0break"),
        ("\u3164", "\\u3164"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("山田　太郎", "山田　太郎"),
        ("🎉", "🎉"),
        (r"\\server\share", r"\\server\share"),
    ],
)
def test_what_cannot_be_seen_is_escaped_and_the_rest_stays(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_visible_text_has_no_control_format_or_foreign_space_characters(text: str) -> None:
    shown = visible(text)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")]


@given(st.text() | st.sampled_from(HOSTILE))
def test_making_text_visible_twice_changes_nothing(text: str) -> None:
    assert visible(visible(text)) == visible(text)


def test_quotes_inside_a_value_cannot_end_it() -> None:
    assert quoted('a" → "b') == '"a\\" → \\"b"'


def test_right_to_left_names_are_known() -> None:
    assert is_right_to_left("دانا")
    assert not is_right_to_left("Dana Öst 山田")


def test_wide_characters_take_two_cells_and_combining_marks_none() -> None:
    assert width("abc") == 3
    assert width("山田") == 4
    assert width("e\u0301") == 1
    assert pad("山", 4) == "山  "
    assert clip("山田太郎", 5) == "山田…"


@given(st.text(alphabet="ab \u0301山é"), st.integers(2, 20))
def test_wrapping_keeps_every_letter_and_the_width(text: str, cells: int) -> None:
    lines = wrap(text, cells)
    assert lines
    assert all(width(line) <= cells for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_lines_are_broken_between_words() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("incomprehensible", 6) == ["incomp", "rehens", "ible"]
