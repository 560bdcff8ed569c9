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
    ("pattern", "text", "value"),
    [
        (r"\\p{Lu}", "ÅdaB", "_da_"),
        (r"[^\\p{L}\\d]+", "Zoë-3 x", "Zoë_3_x"),
        (r"[a-z-[aeiou]]", "ada", "a_a"),
        (r"[^a-z-[X-Z]]", "a-Xb", "a_Xb"),
        (r"[a[:x]", "[x", "__"),
        (r"(?>a+)b", "aab", "_"),
        (r"(?<=a+)b", "aab", "aa_"),
        (r"(\\s+\\w+)*!", "a b c!", "a_"),
        (r"(?'n'a)\\k'n'", "aa", "_"),
        (r"(a)\\1", "aa", "_"),
        (r"a{,2}", "a{,2}", "_"),
        (r"\\cA|\\e|[\\e]", "\x01\x1b", "__"),
        (r"a\\Z", "a\n", "_\n"),
        (r"a\\z", "a\n", "a\n"),
        (r"(?i:A)b", "ab aB", "_ aB"),
        (r"a(?#note)b", "ab", "_"),
    ],
)
def test_the_notation_of_net_means_the_same(pattern: str, text: str, value: str) -> None:
    assert run(f'Replace([a], , "{pattern}", , "_", , )', a=text) == value


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)+$", "(a?a?)+$", "(.*)_(.*)_(.*)_(.*)x"])
@pytest.mark.parametrize(
    "form",
    ['Replace([a], , "%s", , "")', 'Replace([a], , "(?<n>%s)", "n", "x")', 'Replace("", , "(?<n>%s)", "n", , [a])'],
)
def test_a_pattern_that_takes_forever_is_given_up(pattern: str, form: str) -> None:
    text = ("_" if "_" in pattern else "a") * 5_000 + "!"
    assert "takes too long on a text of 5,001" in fails(form % pattern, a=text).message


def test_a_replacement_may_not_grow_without_end() -> None:
    assert "at most 1,000,000" in fails('Replace([a], , "a", , [a])', a="a" * 2_000).message


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "missing )"),
        (")", "unbalanced parenthesis"),
        ("[a", "never closed"),
        ("a\\", "lone backslash"),
        ("*a", "nothing to repeat"),
        ("a{3,2}", "wrong"),
        ("\\q", "not supported"),
        ("[a-z-[aeiou]x]", "in the middle of a class"),
        ("(?(1)a|b)", "not supported"),
        ("(?<a-b>x)", "not supported"),
        ("a(?i)b", "not supported"),
        ("(?<n>a)\\1", "\\k<name>"),
        ("(?<n>a)\\k<m>", "wrong"),
        ("[z-a]", "wrong"),
        ("(" * 5_000 + ")" * 5_000, "wrong"),
    ],
)
def test_a_pattern_that_is_wrong_or_unsupported_says_so(pattern: str, reason: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        compile_regex(pattern)
    assert reason in caught.value.message


@given(st.text(alphabet="ab[](){}|?*+.^$\\-,1<>=!:", max_size=25), st.text(alphabet="ab-", max_size=12))
def test_any_pattern_is_refused_or_runs(pattern: str, text: str) -> None:
    try:
        compile_regex(pattern).replace(text, lambda _: "")
    except EvaluationError:
        return


@given(st.text(max_size=20))
def test_a_literal_in_a_class_or_outside_matches_itself(text: str) -> None:
    escaped = "".join(f"\\{c}" if c in "\\[]^-(){}|?*+.$" else c for c in text)
    assert compile_regex(escaped).pattern.fullmatch(text)
    for character in text:
        assert compile_regex(f"[x\\{character}]" if character in "\\]^-[" else f"[x{character}]").pattern.match(
            character
        )
