"""What the checker says, and where it points."""

from __future__ import annotations

import tracemalloc

import pytest

from .running import fails, marked, refused, run


@pytest.mark.parametrize(
    ("expression", "code", "at"),
    [
        ('Join(" ", Frobnicate([a]))', "unknown-function", "Frobnicate"),
        ("Trim(left([a], 1))", "unknown-function", "left"),
        ("[a] = Active", "unknown-name", "Active"),
        ("UTF8", "unknown-name", "UTF8"),
        ("Trim(Append([a]))", "wrong-arity", "Append([a])"),
        ("Now(1)", "wrong-arity", "Now(1)"),
        ('Switch([a], "d", "k")', "wrong-arity", 'Switch([a], "d", "k")'),
        ("Append([a], )", "wrong-arity", ")"),
        ('Append(, "x")', "wrong-arity", ","),
        ('Left([a], "x")', "wrong-type", '"x"'),
        ('IIF(5, "a", "b")', "wrong-type", "5"),
        ('IIF(Len([a]), "a", "b")', "wrong-type", "Len([a])"),
        ('[a] && "perhaps"', "wrong-type", '"perhaps"'),
        ('DateDiff("d", Now(), "soon")', "wrong-type", '"soon"'),
        ("Left([a], Now())", "wrong-type", "Now()"),
        ('Append(SelectUniqueValue("a", "b"), "c")', "wrong-place", "SelectUniqueValue"),
        ('Join(" ", IgnoreThisFlow, "x")', "wrong-place", "IgnoreThisFlow"),
        ("IIF(IgnoreFlowIfNullOrEmpty([a]), 1, 2)", "wrong-place", "IgnoreFlowIfNullOrEmpty([a])"),
        ('SelectUniqueValue(IgnoreThisFlow, "b")', "wrong-place", "IgnoreThisFlow"),
        ('Replace([a], , "(x", , "", , )', "wrong-arguments", '"(x"'),
        ('Replace([a], , "(?<n>x)", "m", "", , )', "wrong-arguments", '"m"'),
        ('Replace([a], "x")', "wrong-arguments", 'Replace([a], "x")'),
        ('FormatDateTime([a], , "yyyy-MM-dd", "%")', "wrong-arguments", '"%"'),
        ('DateAdd("fortnight", 1, Now())', "wrong-arguments", '"fortnight"'),
        ('Append("a, "b")', "expression-syntax", "b"),
        ("[a] == 1", "expression-syntax", "="),
        ("F(1))", "expression-syntax", ")"),
        ("Trim([a]", "expression-syntax", "("),
        ('Trim("a)', "expression-syntax", '"a)'),
        ("'a'", "expression-syntax", "'"),
        ("[a", "expression-syntax", "["),
        ("[a] =", "expression-syntax", "="),
        ("   ", "expression-syntax", "   "),
    ],
)
def test_a_wrong_expression_is_refused_at_its_place(expression: str, code: str, at: str) -> None:
    error = refused(expression)
    assert error.code == code
    assert marked(expression, error) == at


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("tolower([a])", "did you mean ToLower?"),
        ("NormaliseDiacritics([a])", "did you mean NormalizeDiacritics?"),
        ('department = "x"', "[department]"),
        ("Left([a])", "Left(source, count)"),
        ('FormatDateTime("x")', "FormatDateTime(source, [inputFormat], outputFormat) or FormatDateTime(source, "),
        ("[a] == 1", "= for equal"),
        ("[a] = 1 and [b] = 2", "&& for and"),
        ("'a'", "double quotation marks"),
        ('"C:\\"', "backslash"),
        ("Now", "Now(…)"),
    ],
)
def test_the_hint_says_what_to_write(expression: str, hint: str) -> None:
    assert hint in (refused(expression).hint or "")


def test_an_attribute_that_nothing_provides_is_refused_with_the_nearest_one() -> None:
    expression = 'Join(" ", [givenName], [surName])'
    error = refused(expression, attributes=["givenName", "surname"])
    assert error.code == "unknown-attribute"
    assert marked(expression, error) == "[surName]"
    assert error.hint == "did you mean [surname]?"


def test_the_longest_expression_has_ten_thousand_characters() -> None:
    error = refused('"' + "x" * 9_999 + '"')
    assert (error.code, error.offset) == ("expression-too-long", 10_000)


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("(", ")"), ("Trim(", ")"), ("IIF(True, ", ", 2)"), ("-", ""), ("Coalesce(", ")"), ('("a" = ', ")")],
)
def test_hostile_nesting_is_refused_and_deep_nesting_works(opening: str, closing: str) -> None:
    from idcode.expressions import compile_expression

    count = 9_000 // (len(opening) + len(closing))
    assert refused(opening * count + "[a]" + closing * count).code == "expression-too-deep"
    assert refused(opening * count).code in ("expression-too-deep", "expression-syntax")
    compile_expression(opening * 45 + "[a]" + closing * 45)


def test_a_number_is_bounded() -> None:
    assert "30 digits" in refused("9" * 5_000).message


def test_a_list_that_is_made_is_bounded_in_values_characters_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    some = tuple(map(str, range(1_000)))
    squared = "With($v, Select($x, [l], [l]), Count(Select($x, [l], $v)))"
    assert "at most 100,000 values" in fails(squared, l=some).message
    assert "10,000,000 characters" in fails('Count(Select($x, [l], PadLeft("", 50000, "-")))', l=some).message
    assert "10,000,000 characters" in fails('Count([l] & PadLeft("", 50000, "-"))', "connect", l=some).message
    monkeypatch.setattr("idcode.expressions.forms.SECONDS", 0.0)
    assert "Where: takes more than" in fails('Count(Where($x, [l], $x = "1"))', l=some).message


@pytest.mark.parametrize(
    "pattern", ["(((((a{50}){50}){50}){50}){50})", "(((a?){100}){100}){100}", "(?:[ab]{101}){100}"]
)
def test_a_regular_expression_that_is_huge_written_out_is_refused(pattern: str) -> None:
    assert "repeats more than 10,000" in refused(f'Replace([a], , "{pattern}", , "x", , )').message


@pytest.mark.parametrize(
    "pattern", [r"(?#x{9})[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", ".{64}.{64}.{64}", "(a{0,500}){0,500}"]
)
def test_a_regular_expression_with_usual_repetitions_is_not_huge(pattern: str) -> None:
    assert run(f'Replace("?", , "{pattern}", , "x", , )') is not None


def test_marks_without_end_are_refused() -> None:
    assert "at most 100 marks" in fails("NormalizeDiacritics([a])", a="a" + "\u0301\u0323" * 100_000).message
    assert run("NormalizeDiacritics([a])", a="a" + "\u0301\u0323" * 30) == "a"


def test_a_text_that_is_too_long_is_refused_before_it_is_made() -> None:
    longest = "x" * 1_000_000
    tracemalloc.start()
    try:
        assert "at most 1,000,000" in fails(" & ".join(["[a]"] * 100), a=longest).message
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
