"""Text of Connect and MIM: case, parts, padding, replacing; and what is the same in all dialects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.expressions import Dialect
from idcode.model.values import Ref, Value

from .running import fails, marked, refused, run

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
CONNECT = {
    "LCase([a])": ("ada b", None),
    "UCase([a])": ("ADA B", None),
    "PCase([a])": ("Ada B", None),
    "Trim([a])": ("Ada B", None),
    "LTrim([a])": ("Ada B", None),
    "RTrim([a])": ("Ada B", None),
    "Len([a])": (5, 0),
    "Left([a], 2)": ("Ad", ""),
    "Right([a], 2)": (" B", ""),
    "Mid([a], 2)": ("da B", ""),
    "Mid([a], 2, 2)": ("da", ""),
    'Word([a], 2, " ")': ("B", ""),
    'InStr([a], "B")': (5, 0),
    'InStrRev([a], "B")': (5, 0),
    'PadLeft([a], 6, "-")': ("-Ada B", ""),
    'PadRight([a], 6, "-")': ("Ada B-", ""),
    'Replace([a], "A", "O")': ("Oda B", None),
    'ReplaceChars([a], "A:O")': ("Oda B", None),
    'Split([a], ";")': (("Ada B",), None),
    'Append([a], "!")': ("Ada B!", None),
    "StripSpaces([a])": ("AdaB", None),
}
"""Calls of the dialect ``connect`` with what they give for ``Ada B`` and for null."""


@pytest.mark.parametrize("call", CONNECT)
def test_a_text_in_connect_gives_a_value_null_another_and_a_list_one_for_each(call: str) -> None:
    value, of_null = CONNECT[call]
    assert run(call, "connect", a="Ada B") == value
    assert run(call, "connect") == of_null
    assert run(call, "connect", a=()) == of_null
    assert run(call, "connect", a=("Ada B",)) == (value if isinstance(value, tuple) else (value,))
    once = value if isinstance(value, tuple) else (value,)
    assert run(call, "connect", a=("Ada B", "Ada B")) == once + once


@pytest.mark.parametrize("call", CONNECT)
@pytest.mark.parametrize("wrong", [5, True, b"\x00"])
def test_connect_takes_only_text_for_text(call: str, wrong: Value) -> None:
    assert "text is needed" in fails(call, "connect", a=wrong).message
    literal = call.replace("[a]", "5")
    assert refused(literal, "connect").code == "wrong-type"
    assert marked(literal, refused(literal, "connect")) == "5"


MIM = {
    "LowerCase(a)": ("ada b", None),
    "UpperCase(a)": ("ADA B", None),
    "ProperCase(a)": ("Ada B", None),
    "Trim(a)": ("Ada B", None),
    "Left(a, 2)": ("Ad", ""),
    "Right(a, 2)": (" B", ""),
    "Mid(a, 2, 2)": ("da", ""),
    'Word(a, 2, " ")': ("B", ""),
    'LeftPad(a, 6, "-")': ("-Ada B", ""),
    'RightPad(a, 6, "-")': ("Ada B-", ""),
    'ReplaceString(a, "A", "O")': ("Oda B", None),
    'Concatenate(a, "!")': ("Ada B!", "!"),
}
"""The same of the dialect ``mim``."""


@pytest.mark.parametrize("call", MIM)
def test_a_text_in_mim_gives_a_value_and_null_another(call: str) -> None:
    value, of_null = MIM[call]
    assert run(call, "mim", a="Ada B") == value
    assert run(call, "mim") == of_null
    if call != "Trim(a)":
        assert run(call, "mim", a=("Ada B",)) == value
        assert "one value is needed" in fails(call, "mim", a=("Ada B", "b")).message
    assert "text is needed" in fails(call, "mim", a=b"\x00").message


@pytest.mark.parametrize(
    ("dialect", "expression", "value"),
    [
        ("connect", 'LCase("ÄÉ İ")', "äé İ"),
        ("connect", 'UCase("straße ı")', "STRAßE ı"),
        ("entra", 'ToUpper("ı", "tr-TR")', "I"),
        ("mim", 'UpperCase("äé1")', "ÄÉ1"),
        ("connect", 'PCase("")', ""),
        ("connect", 'PCase("  two  blanks ")', "  Two  Blanks "),
        ("connect", 'PCase("MARY ann O\'NEIL mcKAY")', "MARY Ann O'NEIL Mckay"),
        ("connect", 'PCase("1ST 42 -")', "1ST 42 -"),
        ("connect", 'PCase("1sT")', "1st"),
        ("connect", 'PCase("mary-ANN\tx")', "Mary-ann\tx"),
        ("mim", 'ProperCase("")', ""),
        ("mim", 'ProperCase("MARY aNN")', "Mary Ann"),
        ("mim", 'ProperCase("$TEsT 1A")', "$test 1a"),
        ("mim", 'ProperCase(" TEsT  é")', " Test  É"),
        ("entra", 'PCase("mary ann", "")', "Mary ann"),
        ("entra", 'PCase("mary-ann o neil", "-")', "Mary-Ann o neil"),
        ("connect", 'PadLeft("", 3, " ")', "   "),
        ("connect", 'PadLeft("abc", 0, "x")', "abc"),
        ("connect", 'PadRight("abc", -1, "x")', "abc"),
        ("mim", 'LeftPad(7, 3, "0")', "007"),
        ("mim", 'LeftPad("7", "3", 0)', "007"),
        ("mim", 'Concatenate("a")', "a"),
        ("mim", "Concatenate(none, none)", ""),
        ("mim", 'Concatenate("a", 5, "c")', "a5c"),
    ],
)
def test_case_and_padding(dialect: Dialect, expression: str, value: Value) -> None:
    assert run(expression, dialect) == value


@pytest.mark.parametrize("call", ["PadLeft", "PadRight", "LeftPad", "RightPad"])
@pytest.mark.parametrize("character", ["", "ab", None])
def test_padding_takes_a_single_character_even_where_there_is_nothing_to_pad(call: str, character: str | None) -> None:
    for text in ("User", "x" * 20, None):
        assert "single character" in fails(f"{call}([a], 10, [c])", a=text, c=character).message


@pytest.mark.parametrize("call", ["PadLeft", "PadRight", "LeftPad", "RightPad"])
def test_padding_has_an_end(call: str) -> None:
    assert len(str(run(f'{call}("x", 1000000, "-")'))) == 1_000_000
    assert "at most 1,000,000 characters" in fails(f'{call}("x", 1000001, "-")').message


@given(TEXTS, st.integers(-5, 40))
def test_padding_gives_the_length_or_the_text(text: str, length: int) -> None:
    left, right = (
        run('PadLeft([a], [n], "-")', "connect", a=text, n=length),
        run('RightPad([a], [n], "-")', a=text, n=length),
    )
    missing = "-" * max(length - len(text), 0)
    assert (left, right) == (missing + text, text + missing)


@pytest.mark.parametrize(
    ("call", "connect", "mim"),
    [
        ('Mid("Ada B", 2, 2)', "da", "da"),
        ('Mid("Ada B", 4, 99)', " B", " B"),
        ('Mid("Ada B", 5, 1)', "B", "B"),
        ('Mid("Ada B", 6, 1)', "Ada B", "Ada B"),
        ('Mid("Ada B", 0, 1)', "Ada B", "Ada B"),
        ('Mid("Ada B", -1, 1)', "Ada B", "Ada B"),
        ('Mid("Ada B", 2, 0)', "", ""),
        ('Mid("Ada B", 99, 0)', "", ""),
        ('Mid("Ada B", 2, -1)', "Ada B", ""),
        ('Mid("Ada B", 99, -1)', "Ada B", ""),
        ('Mid("", 1, 1)', "", ""),
        ("Mid(NULL, 1, -1)", "", ""),
    ],
)
def test_the_dialects_differ_in_what_mid_makes_of_places_outside(call: str, connect: str, mim: str) -> None:
    assert run(call, "connect") == connect
    assert run(call, "mim") == mim


def test_only_connect_lets_mid_go_on_to_the_end() -> None:
    assert run('Mid("Ada B", 3)', "connect") == "a B"
    assert refused('Mid("Ada B", 3)', "mim").code == "wrong-arity"
    assert refused('Mid("Ada B", 3)', "entra").code == "wrong-arity"


@given(TEXTS, st.integers(1, 20), st.integers(0, 20))
def test_the_parts_of_a_text_make_the_text(text: str, start: int, length: int) -> None:
    if start <= len(text):
        left = run("Left([a], [n])", "connect", a=text, n=start - 1)
        middle = run("Mid([a], [n], [l])", "connect", a=text, n=start, l=length)
        right = run("Right([a], [n])", "connect", a=text, n=max(len(text) - start + 1 - length, 0))
        assert f"{left}{middle}{right}" == text


@pytest.mark.parametrize("dialect", ["entra", "connect", "mim"])
@pytest.mark.parametrize(
    ("call", "place"),
    [
        ('InStr("", "")', 0),
        ('InStr("abc", "")', 1),
        ('InStr("abc", "c", 4)', 0),
        ('InStr("abc", "c", 99)', 0),
        ('InStr("ABC", "c", 1, vbBinaryCompare)', 0),
        ('InStr("ABC", "c", 1, "vbTextCompare")', 3),
        ('InStr("abc", NULL)', 0),
        ('InStrRev("abbcdbbbef", "bb")', 7),
        ('InStrRev("abbcdbbbef", "bb", 10)', 7),
        ('InStrRev("abbcdbbbef", "bb", 8)', 7),
        ('InStrRev("abbcdbbbef", "bb", 7)', 6),
        ('InStrRev("abbcdbbbef", "bb", 6)', 2),
        ('InStrRev("abbcdbbbef", "bb", 3)', 2),
        ('InStrRev("abbcdbbbef", "bb", 2)', 0),
        ('InStrRev("abbcdbbbef", "bb", 11)', 0),
        ('InStrRev("abbcdbbbef", "bb", -1)', 7),
        ('InStrRev("abbcdbbbef", "BB")', 0),
        ('InStrRev("abbcdbbbef", "BB", -1, vbTextCompare)', 7),
        ('InStrRev("abbcdbbbef", "BB", 6, "vbTextCompare")', 2),
        ('InStrRev("abc", "")', 3),
        ('InStrRev("abc", "", 2)', 2),
        ('InStrRev("", "a")', 0),
        ('InStrRev("abc", NULL)', 0),
        ('InStrRev("abc", "x")', 0),
    ],
)
def test_positions(dialect: Dialect, call: str, place: int) -> None:
    assert run(call, dialect) == place


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ('InStr("a", "a", 0)', "start counts from 1"),
        ('InStrRev("a", "a", 0)', "start counts from 1"),
        ('InStrRev("a", "a", -2)', "start counts from 1"),
        ('InStrRev("a", "a", 1, "loud")', "InStrRev: compare is vbBinaryCompare or vbTextCompare"),
    ],
)
def test_places_that_cannot_be(call: str, reason: str) -> None:
    assert reason in fails(call, "connect").message


@given(TEXTS, TEXTS)
def test_the_last_place_is_the_first_one_of_the_reverse(text: str, find: str) -> None:
    place = run("InStrRev([a], [f])", "connect", a=text, f=find)
    if find and text:
        mirrored = run("InStr([a], [f])", "connect", a=text[::-1], f=find[::-1])
        assert isinstance(place, int)
        assert isinstance(mirrored, int)
        assert (place == 0) == (mirrored == 0)
        assert not place or place + len(find) - 1 == len(text) - mirrored + 1


@pytest.mark.parametrize("dialect", ["entra", "connect", "mim"])
@pytest.mark.parametrize("blank", ["\t", "\r\n", "\u00a0", "\u2003", "\u3000", "\x85"])
def test_trimming_takes_all_white_space_and_nothing_else(dialect: Dialect, blank: str) -> None:
    name = "a" if dialect == "mim" else "[a]"
    text = f"{blank} x{blank}y {blank}"
    assert run(f"Trim({name})", dialect, a=text) == f"x{blank}y"
    assert run(f"LTrim({name})", dialect, a=text) == f"x{blank}y {blank}"
    assert run(f"RTrim({name})", dialect, a=text) == f"{blank} x{blank}y"
    assert run(f"Trim({name})", dialect, a="\x1fx\u200b") == "\x1fx\u200b"


def test_trim_takes_several_values_one_by_one_everywhere() -> None:
    for dialect, call in (("entra", "Trim([a])"), ("connect", "Trim([a])"), ("mim", "Trim(a)")):
        assert run(call, dialect, a=(" x ", "y\t")) == ("x", "y")


@pytest.mark.parametrize(
    ("dialect", "call", "text", "result"),
    [
        ("connect", r'Replace([a], "\r\n", ", ")', "1 Quay\r\nHarbour\nx", "1 Quay, Harbour\nx"),
        ("connect", r'Replace([a], ", ", "\n")', "1 Quay, Harbour", "1 Quay\nHarbour"),
        ("connect", r'Replace([a], "\t", "")', "x\ty", "xy"),
        ("connect", r'Replace([a], "\t", " ")', r"C:\temp", r"C:\temp"),
        ("connect", 'Replace([a], CRLF, " ")', "x\r\ny", "x y"),
        ("connect", 'Replace([a], "X", "")', "aXbxX", "abx"),
        ("connect", 'Replace([a], "", "y")', "abc", "abc"),
        ("connect", 'Replace([a], NULL, "y")', "abc", "abc"),
        ("connect", 'Replace([a], "b", NULL)', "abc", "ac"),
        ("connect", 'Replace([a], "aa", "a")', "aaaa", "aa"),
        ("connect", 'Replace([a], ".", "")', "a.b", "ab"),
        ("connect", 'Replace([a], "x", "y")', "", ""),
        ("mim", r'ReplaceString(a, "\n\r", " ")', "One\n\rTwo", "One Two"),
        ("mim", r'ReplaceString(a, "\n\r", " ")', r"One\n\rTwo", "One Two"),
        ("mim", r'ReplaceString(a, "\n", "\n\n")', "x\ny", "x\n\ny"),
        ("mim", 'ReplaceString(a, CRLF(), ", ")', "x\r\ny", "x, y"),
        ("mim", 'ReplaceString(a, "", "y")', r"a\n", r"a\n"),
        ("mim", 'ReplaceString(a, "b", Null())', r"ab\t", r"a\t"),
        ("connect", 'ReplaceChars([a], "ä:ae,ß:ss,’:,A:Aa")', "ÄäßA’", "ÄaessAa"),
        ("connect", 'ReplaceChars([a], "a:b,b:a")', "abba", "baab"),
        ("connect", 'ReplaceChars([a], " ö : o\te ")', "ö e", "oe e"),
        ("connect", 'ReplaceChars([a], "")', "abc", "abc"),
        ("connect", "ReplaceChars([a], NULL)", "abc", "abc"),
        ("connect", 'ReplaceChars([a], "😀:smile")', "x😀", "xsmile"),
    ],
)
def test_replacing(dialect: Dialect, call: str, text: str, result: str) -> None:
    assert run(call, dialect, a=text) == result


@pytest.mark.parametrize("pattern", ["ab:x", ":x", "a", "a:b,", "a:b,c", "a:b:c", ",", "e\u0301:e", "a:1,a:2"])
def test_a_wrong_pattern_of_characters_is_refused_before_and_while_it_runs(pattern: str) -> None:
    expression = f'ReplaceChars([a], "{pattern}")'
    assert marked(expression, refused(expression, "connect")) == f'"{pattern}"'
    assert "ReplaceChars" in fails("ReplaceChars([a], [p])", "connect", a="x", p=pattern).message


@given(TEXTS, TEXTS, TEXTS)
def test_replacing_is_literal(text: str, old: str, new: str) -> None:
    if old and "\\" not in old + new:
        assert run("Replace([a], [o], [n])", "connect", a=text, o=old, n=new) == text.replace(old, new)


@pytest.mark.parametrize(
    ("dialect", "call"),
    [
        ("connect", 'Replace([a], "x", [a])'),
        ("connect", 'ReplaceChars([a], "x:0123456789012345678901234567890123456789")'),
        ("connect", 'Join(Split([a], "x"), [a])'),
        ("entra", 'Replace([a], "x", , , [a], , )'),
        ("entra", 'Replace([a], "x", , , , , [a])'),
        ("entra", 'Join("", ' + ", ".join(["[a]"] * 40) + ")"),
        ("entra", "ConvertToBase64(" * 8 + "[a]" + ")" * 8),
        ("connect", "ConvertToUTF8Hex(" * 8 + "[a]" + ")" * 8),
        ("connect", "EscapeDNComponent(" * 8 + 'Append("CN=", Replace([a], "x", ","))' + ")" * 8),
        ("connect", "With($a, [a], " + "With($a, Append($a, $a), " * 8 + "$a" + ")" * 9),
        ("mim", 'ReplaceString(a, "x", a)'),
        ("mim", "Concatenate(a, " + ", ".join(["a"] * 40) + ")"),
    ],
)
def test_no_text_grows_without_end(dialect: Dialect, call: str) -> None:
    assert "at most 1,000,000 characters" in fails(call, dialect, a="x" * 30_000).message


def test_the_form_of_replace_with_seven_arguments_is_entras_alone() -> None:
    expression = 'Replace([m], "@contoso.com", , ,"", ,)'
    assert run(expression, "entra", m="a@contoso.com") == "a"
    assert refused(expression, "connect").code == "wrong-arity"
    assert run(expression.replace("Replace", "entra.Replace"), "connect", m="a@contoso.com") == "a"


def test_a_reference_is_text_in_connect() -> None:
    assert run("LCase([a])", "connect", a=Ref("CN=Ada")) == "cn=ada"
    assert run('Replace([a], "CN=", "")', "connect", a=Ref("CN=Ada")) == "Ada"
