"""Replace and its regular expressions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.expressions import EvaluationError
from idcode.expressions.regex import compile_regex

from .running import fails, run


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ('[a], "o", , , "0"', "f00 bar"),
        ('[a], "O", , , "0"', "foo bar"),
        ('[a], "", , , "0"', "foo bar"),
        ('[a], [null], , , "0"', "foo bar"),
        ('[a], "foo ", , , [null]', "bar"),
        ('[a], "X", , , , , "<X|X>"', "<foo bar|foo bar>"),
        ('[a], , "o+", , "0"', "f0 bar"),
        ('[a], , "(?<first>\\w+) (?<second>\\w+)", , "${second}, ${first}"', "bar, foo"),
        ('[a], , "(\\w+) (\\w+)", , "$2 $1 $$ $& $9 ${none}"', "bar foo $ foo bar $9 ${none}"),
        ('[a], , "(?<n>f)(o)", , "$1$2"', "ofo bar"),
        ('[a], , "(?<word>o+) ", "word", "u"', "fu bar"),
        ('[a], , "(?<x>q)?f", "x", "u"', "foo bar"),
        ('[null], , "(?<id>\\d+)", "id", , [b]', "42"),
        ('"", , "(?<id>\\d+)", "id", , [b]', "42"),
        ('[a], , "(?<id>\\d+)", "id", , [b]', "foo bar"),
        ('[null], , "(?<id>z)", "id", , [b]', None),
        ('[null], "o", , , "0"', None),
        ('[a], , "(?i)FOO", , "x"', "x bar"),
        ('[a], , "[]\\s[]", , "_"', "foo_bar"),
        ('[a], , "(?:o|r)(?=\\s|$)", , "!"', "fo! ba!"),
    ],
)
def test_replace_by_its_arguments(arguments: str, value: str | None) -> None:
    assert run(f"Replace({arguments})", a="foo bar", b="no. 42 b") == value


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|b)*c", "(a?b)*", "([a-z]+)*", "(?:x*)*", "(a{1,3})+", "((a|a)(a|a))+"]
)
def test_a_pattern_that_could_take_forever_is_refused(pattern: str) -> None:
    with pytest.raises(EvaluationError, match="could take forever"):
        compile_regex(pattern)


def test_a_pattern_with_many_wildcards_runs_on_short_texts_only() -> None:
    wildcards = 'Replace([a], , "(.*)_(.*)_(.*)x", , "")'
    assert run(wildcards, a="a_b_cx") == ""
    assert "too long for this regular expression" in fails(wildcards, a="_" * 2_000).message
    assert run('Replace([a], , "_+$", , "")', a="_" * 5_000) == ""


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "never closed"),
        (")", "too many"),
        ("[a", "never closed"),
        ("a\\", "lone backslash"),
        ("*a", "nothing to repeat"),
        ("a**", "two quantifiers"),
        ("a{3,2}", "reversed"),
        ("\\p{L}", "not supported"),
        ("[a-z-[aeiou]]", "not supported"),
        ("(?>a)", "not supported"),
        ("(?=a*)b", "not supported"),
        ("(?<n>a)\\1", "\\k<name>"),
        ("(?<n>a)(?<n>b)", "not supported"),
        ("[z-a]", "wrong"),
        ("(" * 60 + ")" * 60, "more than 50 groups"),
        ("a" * 1_001, "at most 1,000"),
        ("(a?){40}", "too many ways"),
    ],
)
def test_a_pattern_that_is_wrong_or_unsupported_says_so(pattern: str, reason: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        compile_regex(pattern)
    assert reason in caught.value.message


@given(st.text(alphabet="ab[](){}|?*+.^$\\-,1<>=!:", max_size=25), st.text(alphabet="ab-", max_size=12))
def test_any_pattern_is_refused_or_runs(pattern: str, text: str) -> None:
    try:
        regex = compile_regex(pattern)
        regex.check_length(text)
    except EvaluationError:
        return
    regex.pattern.sub("", text)


@given(st.text(max_size=20))
def test_a_literal_in_a_class_or_outside_matches_itself(text: str) -> None:
    escaped = "".join(f"\\{c}" if c in "\\[]^-(){}|?*+.$" else c for c in text)
    assert compile_regex(escaped).pattern.fullmatch(text)
    for character in text:
        assert compile_regex(f"[x\\{character}]" if character in "\\]^-[" else f"[x{character}]").pattern.match(
            character
        )
