"""Where the three dialects differ: notation, functions of one name, types, lists taken value by value, variables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from idcode.expressions import Dialect, Environment, ExpressionError, compile_expression
from idcode.expressions.names import names_of
from idcode.model.values import Ref, Special, Value

from .running import NOW, fails, marked, refused, run

DIALECTS: tuple[Dialect, ...] = ("entra", "connect", "mim")


@pytest.mark.parametrize(
    ("dialect", "written", "value"),
    [
        ("entra", r'"a\\b\"c\d"', r'a\b"c\d'),
        ("connect", r'"a\\b\"c\d"', r'a\b"c\d'),
        ("connect", '"say ""hi"""', 'say "hi"'),
        ("connect", '""""', '"'),
        ("connect", '""', ""),
        ("mim", r'"\\server\share\"', "\\\\server\\share\\"),
    ],
)
def test_a_text_is_written_as_the_product_writes_it(dialect: Dialect, written: str, value: str) -> None:
    assert run(written, dialect) == value


@pytest.mark.parametrize("dialect", ["entra", "mim"])
def test_a_doubled_quotation_mark_is_no_escape_elsewhere(dialect: Dialect) -> None:
    assert refused('"say ""hi"""', dialect).code == "expression-syntax"


def test_attributes_stand_bare_in_mim_and_only_there() -> None:
    program = compile_expression('accountName + "@" + ms-DS-Site + [Cost Centre]', dialect="mim")
    assert program.attributes == {"accountName", "ms-DS-Site", "Cost Centre"}
    assert program(Environment({"accountName": "ada", "ms-DS-Site": "oslo"}, now=NOW)) == "ada@oslo"
    assert compile_expression("displayName", dialect="mim").direct == "displayName"
    assert refused('"a" & displayName', "connect").code == "unknown-name"
    text = "givenNmae + surname"
    error = refused(text, "mim", attributes=["givenName", "surname"])
    assert (error.code, marked(text, error), error.hint) == (
        "unknown-attribute",
        "givenNmae",
        "did you mean [givenName]?",
    )


def test_words_are_not_attributes_in_mim_either() -> None:
    assert run("IIF(a, True, Null)", "mim", a="x" == "y") is None
    assert run("IgnoreThisFlow", "mim") is Special.ABSENT
    assert run("CRLF", "mim") == run("CRLF", "connect") == "\r\n"


@pytest.mark.parametrize(("dialect", "value"), [("entra", 12), ("connect", 12), ("mim", "57")])
def test_plus_adds_or_joins(dialect: Dialect, value: object) -> None:
    assert run("5 + 7", dialect) == value


def test_an_argument_can_be_left_out_in_entra_only() -> None:
    assert run('Switch([a], , "k", "v")') is None
    assert run('IIF(False, "x", )') is None
    for dialect in ("connect", "mim"):
        text = 'InStr("a", "b", , vbTextCompare)'
        error = refused(text, dialect)
        assert (error.code, marked(text, error)) == ("wrong-arity", ",")
        assert f"cannot be left out in dialect {dialect}" in error.message
    assert run('entra.Switch([a], , "k", "v")', "connect", a="k") == "v"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_dialect_before_the_name_reaches_the_other_meaning(dialect: Dialect) -> None:
    assert run('connect.Switch([a] = "x", "cases", True, "other")', dialect, a="x") == "cases"
    assert run('entra.Switch([a], "other", "x", "keys")', dialect, a="x") == "keys"
    assert run("mim.IsPresent([a])", dialect, a="") is True
    assert run("connect.IsPresent([a])", dialect, a="") is False


def test_an_unknown_name_is_marked_with_its_dialect() -> None:
    text = 'mim.Cosine("a")'
    error = refused(text, "connect")
    assert (error.code, marked(text, error)) == ("unknown-function", "mim.Cosine")
    error = refused("cobol.Trim([a])", "connect")
    assert error.code == "expression-syntax"


@pytest.mark.parametrize(
    ("name", "hint"), [("CBin", "nothing says what it does"), ("Thumbprint", "nothing says"), ("ValueCount", "Count([")]
)
def test_an_undocumented_function_of_shipped_rules_is_explained(name: str, hint: str) -> None:
    assert hint in (refused(f'{name}("a")', "connect").hint or "")


@pytest.mark.parametrize(
    ("expression", "values", "remedy"),
    [
        ("Len([a])", {"a": 5}, "CStr"),
        ("Len([a])", {"a": True}, "CStr"),
        ("Len([a])", {"a": date(2026, 1, 1)}, "FormatDateTime"),
        ("BitAnd([a], 1)", {"a": "5"}, "CNum"),
        ("[a] * 2", {"a": "5"}, "CNum"),
        ("IIF([a], 1, 2)", {"a": "True"}, "CBool"),
        ("[a] && True", {"a": "True"}, "CBool"),
        ('DateAdd("d", 1, [a])', {"a": "2026-01-01"}, "CDate"),
        ('DateAdd("d", 1, [a])', {"a": 5}, "DateFromNum"),
        ("Count([a])", {"a": "x"}, "multi-valued"),
        ("Where($x, [a], True)", {"a": "x"}, "multi-valued"),
    ],
)
def test_connect_wants_every_value_in_its_type(expression: str, values: dict[str, Value], remedy: str) -> None:
    assert remedy in fails(expression, "connect", **values).message


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        ("Len(5)", "5"),
        ('BitAnd("5", 1)', '"5"'),
        ('IIF("True", 1, 2)', '"True"'),
        ('Count("x")', '"x"'),
        ("DateAdd(5, 1, Now())", "5"),
        ('DateAdd("d", 1, "2026-01-01")', '"2026-01-01"'),
        ("Count(Now())", "Now()"),
        ("1 + True", "True"),
    ],
)
def test_connect_finds_wrong_literals_when_the_files_are_read(expression: str, at: str) -> None:
    error = refused(expression, "connect")
    assert (error.code, marked(expression, error)) == ("wrong-type", at)


@pytest.mark.parametrize("dialect", ["entra", "mim"])
def test_the_others_convert(dialect: Dialect) -> None:
    assert run("Len(42)", dialect) == 2
    assert run('BitAnd("5", 1)', dialect) == 1
    assert run('IIF("True", 1, 2)', dialect) == 1
    assert run('Count("x")', dialect) == 1


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("Left([two], 1)", ("a", "c")),
        ("Left([one], 1)", ("a",)),
        ("Left([none], 1)", ""),
        ('[two] & "!"', ("ab!", "cd!")),
        ('"x" & [two] & [one]', ("xabab", "xcdab")),
        ("[numbers] * 2", (2, 4)),
        ('[two] = "ab"', (True, False)),
        ("[two] = [two]", True),
        ('IIF([two] = "ab", NULL, [two])', ("cd",)),
        ('IIF([two] = "ab", "yes", "no")', ("yes", "no")),
        ('IIF([two] = "ab", [two], NULL)', ("ab",)),
        ('IIF([one] = "ab", [two], NULL)', ("ab", "cd")),
        ('IIF([one] = "no", "x", NULL)', ()),
        ('IIF([one] = "ab", IgnoreThisFlow, NULL)', Special.ABSENT),
        ('IIF([two] = "ab", [none], "x")', ("x",)),
        ("IsNullOrEmpty([two])", False),
        ("Count([two])", 2),
    ],
)
def test_connect_takes_a_list_value_by_value(expression: str, value: object) -> None:
    found = run(expression, "connect", two=("ab", "cd"), one=("ab",), none=(), numbers=(1, 2))
    assert (type(found), found) == (type(value), value)


def test_only_the_branches_that_some_value_needs_are_evaluated() -> None:
    assert run('IIF([a] <> "z", "x", Error("no"))', "connect", a=("b", "c")) == ("x", "x")
    assert run('IIF([a] = "z", Error("no"), "x")', "connect", a=("b", "c")) == ("x", "x")


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("[two] & [three]", "lists of 2 and 3 values"),
        ("Append([two], [three])", "lists of 2 and 3 values"),
        ('IIF([two] = "a", [three], NULL)', "a condition of 2 values chooses among 3"),
        ('IIF([two] = "a", IgnoreThisFlow, NULL)', "absent cannot be the result for one value of several"),
        ('[two] = "a" && [three] = "a"', "lists of 2 and 3 values"),
    ],
)
def test_lists_that_do_not_go_together_are_an_error(expression: str, reason: str) -> None:
    assert reason in fails(expression, "connect", two=("a", "b"), three=("a", "b", "c")).message


def test_entra_refuses_several_values_for_one() -> None:
    assert "there are 2; choose with Item or Join" in fails("Left([a], 1)", a=("b", "c")).message


def test_trim_works_on_every_value_in_entra_too() -> None:
    assert run("RemoveDuplicates(Trim([proxyAddresses]))", proxyAddresses=(" a", "a ", "b")) == ("a", "b")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("Select($x, [l], Append($x, [s]))", ("a!", "b!", "c!")),
        ('Select($x, [l], IIF($x = "b", NULL, $x))', ("a", "c")),
        ('Select($x, [l], Split($x, ","))', ("a", "b", "c")),
        ('Where($x, [l], $x <> "b")', ("a", "c")),
        ('Where($x, [l], $x = "q")', ()),
        ("Where($x, NULL, True)", ()),
        ("Where($x, [l], Count(Where($y, [l], $y < $x)) = 1)", ("b",)),
        ("Where($x, [l], Count(Where($x, [l], $x = $x)) = 3)", ("a", "b", "c")),
        ("With($n, Count([l]), $n * $n)", 9),
        ("With($a, 2, With($b, $a * 3, $a * $b))", 12),
        ("With($a, 2, With($a, 3, $a) * $a)", 6),
        ("With($a, Count([l]), IIF($a > 2, IgnoreThisFlow, $a))", Special.ABSENT),
    ],
)
def test_variables(dialect: Dialect, expression: str, value: object) -> None:
    assert run(expression, dialect, l=("a", "b", "c"), s="!") == value


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        ("$x", "$x"),
        ("Select($item, [l], $itme)", "$itme"),
        ("With($x, $x, 1)", "$x"),
        ("Where($x, [l], True) & $x", "$x"),
        ("Select([l], [l], [l])", "[l]"),
        ("Trim($x)", "$x"),
        ("Where($x, [l])", "Where($x, [l])"),
    ],
)
def test_a_variable_that_is_not_bound_is_refused(expression: str, at: str) -> None:
    assert marked(expression, refused(expression)) == at
    assert refused("Select($item, [l], $itme)").hint == "did you mean $item?"


def test_parameters_are_given_or_missed_by_name() -> None:
    program = compile_expression('[a] & "@" & %Domain.FQDN%', dialect="connect")
    assert program.attributes == {"a"}
    known = Environment({"a": "ada"}, now=NOW, params={"Domain.FQDN": "contoso.com"})
    assert program(known) == "ada@contoso.com"
    assert "%Domain.FQDN%" in fails("%Domain.FQDN%", "connect").message


def test_an_imported_value_is_the_confirmed_one_and_counts_as_an_attribute() -> None:
    program = compile_expression('ImportedValue("a")', dialect="connect")
    assert program.attributes == {"a"}
    assert program.direct is None
    assert program(Environment({"a": "read"}, now=NOW)) == "read"
    assert program(Environment({"a": "pending"}, now=NOW, imported={"a": "kept"})) == "kept"
    assert program(Environment({"a": "pending"}, now=NOW, imported={})) is None
    for wrong in ("ImportedValue([a])", 'ImportedValue("a" & "b")'):
        assert refused(wrong, "connect").code == "wrong-arguments"
    text = 'ImportedValue("b")'
    assert marked(text, refused(text, "connect", attributes=["a"])) == '"b"'


def test_all_conditions_of_a_connect_switch_are_evaluated_and_one_value() -> None:
    assert run('Switch([a] = 1, "one", [a] = 2, Error("no"))', "connect", a=1) == "one"
    assert "no" in fails('Switch([a] = 1, "one", CBool(Error("no")), "two")', "connect", a=1).message
    assert run('Switch([a] = 1, NULL, True, "two")', "connect", a=1) is None
    assert run('Switch([a] = 1, "one")', "connect", a=3) is None


@pytest.mark.parametrize(
    ("expression", "dialect", "at"),
    [
        ('Switch([a], "d", "k", 1, "j", 2, "k", 3)', "entra", ['"k"']),
        ('Switch([a], "d", "True", 1, True, 2)', "entra", ["True"]),
        ('Switch([a], "d", "k", 1, "K", 2, [b], 3)', "entra", []),
        ("Switch([a] = 1, 1, True, 2, [a] = 3, 3, True, 4)", "connect", ["[a] = 3", "True"]),
        ("Switch(False, 1, NULL, 2, [a] = 3, 3)", "connect", ["False", "NULL"]),
    ],
)
def test_a_case_that_is_never_reached_is_a_warning(expression: str, dialect: Dialect, at: list[str]) -> None:
    warnings = compile_expression(expression, dialect=dialect).warnings
    assert [marked(expression, warning) for warning in warnings] == at
    assert {warning.code for warning in warnings} <= {"unreachable-case"}


def test_all_problems_of_an_expression_are_told_from_left_to_right() -> None:
    text = 'Join(foo, Left([a], "x"), Fnord(toupper([b]), $v), IgnoreThisFlow, Trim(), 1 + Now())'
    error = refused(text)
    found = [(problem.code, marked(text, problem)) for problem in (error, *error.others)]
    assert found == [
        ("unknown-name", "foo"),
        ("wrong-type", '"x"'),
        ("unknown-function", "Fnord"),
        ("unknown-function", "toupper"),
        ("wrong-place", "IgnoreThisFlow"),
        ("wrong-arity", "Trim()"),
        ("wrong-type", "Now()"),
    ]


def test_every_function_can_be_called_in_every_dialect() -> None:
    assert names_of("entra") == names_of("connect") == names_of("mim")
    assert run('Replace(UCase("a"), "A", "b")', "connect") == run('LowerCase("B")') == "b"


def test_what_variables_could_multiply_is_bounded() -> None:
    doubling = '"x"'
    for depth in range(40):
        doubling = f"With($v{depth}, {doubling}, $v{depth} & $v{depth})"
    assert "at most 1,000,000 characters" in fails(doubling, "connect").message
    nested = "$c"
    for name in "cba":
        nested = f"Select(${name}, [l], Count({nested}))" if nested != "$c" else f"Select(${name}, [l], ${name})"
    assert "more than 100,000 values" in fails(nested, l=tuple(map(str, range(60)))).message
    assert run("Count(Select($x, [l], Append($x, $x)))", l=tuple(map(str, range(90_000)))) == 90_000


def test_numbers_stay_exact() -> None:
    assert run("[a] + 0.1", "connect", a=Decimal("0.2")) == Decimal("0.3")


def test_a_reference_is_a_text_where_one_is_wanted() -> None:
    assert run("Left([dn], 2)", "connect", dn=Ref("CN=Ada")) == "CN"


def test_each_dialect_refuses_what_is_broken() -> None:
    for dialect in DIALECTS:
        with pytest.raises(ExpressionError):
            compile_expression("Trim([a]", dialect=dialect)


def test_parameters_that_are_known_beforehand_are_checked() -> None:
    text = '[a] & "@" & %Domain.FQDN%'
    program = compile_expression(text, dialect="connect", parameters={"Domain.FQDN": "contoso.com"})
    assert program(Environment({"a": "ada"}, now=NOW)) == "ada@contoso.com"
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text, dialect="connect", parameters={"Domain.Fqdn": "contoso.com"})
    assert (caught.value.code, marked(text, caught.value)) == ("unknown-parameter", "%Domain.FQDN%")
    assert caught.value.hint == "did you mean %Domain.Fqdn%?"


def test_what_an_operator_makes_of_a_list_in_connect_is_a_list() -> None:
    assert run('Join([l] & "!", "-")', "connect", l=("a", "b")) == "a!-b!"


def test_a_call_as_another_dialect_has_it_is_told_which() -> None:
    told = refused('FormatDateTime([a], "yyyy")').hint
    assert told is not None
    assert told.endswith("; with dialect: connect it is FormatDateTime(date, format)")
    assert refused("Left([a])").hint == "write Left(source, count)"
