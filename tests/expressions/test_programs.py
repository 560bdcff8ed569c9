"""Programs: what they tell about themselves, unique values, and whole rules."""

from __future__ import annotations

import gc

import pytest

from idcode.expressions import Environment, EvaluationError, UnknownValueError, compile_expression, compile_rule
from idcode.model.values import Special, Value

from .running import NOW, fails, run


def test_a_program_names_the_attributes_it_refers_to() -> None:
    program = compile_expression('IIF([a] = "x", [object.title], Switch([b], , "k", [c]))')
    assert program.attributes == {"a", "b", "c", "object.title"}


@pytest.mark.parametrize(
    ("expression", "direct"), [("[a]", "a"), (" [a] ", "a"), ("([a])", None), ("Trim([a])", None), ('"a"', None)]
)
def test_a_direct_mapping_is_recognised(expression: str, direct: str | None) -> None:
    assert compile_expression(expression).direct == direct


def test_equal_expressions_are_compiled_once() -> None:
    assert compile_expression("Trim([once])", attributes=["once"]) is compile_expression("Trim([once])")


@pytest.mark.parametrize(
    ("expression", "equalities"),
    [
        ('[a] = "x"', {"a": "x"}),
        ('[a] = "x" && "y" = [b] && [c] <> "z"', {"a": "x", "b": "y"}),
        ('([a] = "x" && [b] = "y") && IsPresent([c])', {"a": "x", "b": "y"}),
        ('[a] = "x" || [b] = "y"', {}),
        ('[a] = "x" || [b] = "y" && [c] = "z"', {"c": "z"}),
        ("[a] = 5", {}),
        ('Not([a] = "x")', {}),
    ],
)
def test_equalities_are_those_that_must_hold_for_the_whole(expression: str, equalities: dict[str, str]) -> None:
    assert compile_expression(expression).equalities() == equalities


def _unique(expression: str, taken: list[Value], **values: Value) -> object:
    return compile_expression(expression)(Environment(values, now=NOW, taken=lambda value: value in taken))


def test_the_first_candidate_that_is_free_is_chosen() -> None:
    expression = 'SelectUniqueValue("ada", "ada.l", "ada.brisling")'
    assert _unique(expression, []) == "ada"
    assert _unique(expression, ["ada", "ada.l"]) == "ada.brisling"


def test_empty_and_repeated_candidates_do_not_count() -> None:
    program = compile_expression('SelectUniqueValue([a], "", "x", "x", "y")')
    assert program.unique
    assert program.candidates(Environment({}, now=NOW)) == ("x", "y")
    assert _unique("SelectUniqueValue([a], [b])", []) is None


def test_it_is_an_error_when_all_candidates_are_taken() -> None:
    with pytest.raises(EvaluationError, match="all 2 candidates are taken"):
        _unique('SelectUniqueValue("a", "b")', ["a", "b"])


def test_a_rule_computes_all_its_flows() -> None:
    flows = {
        "cn": compile_expression('SelectUniqueValue([name], [name] & " 2")'),
        "title": compile_expression("Trim([title])"),
        "active": compile_expression('[stage] = "active" && [u] = "x"'),
        'odd "name"': compile_expression("IgnoreThisFlow"),
    }
    environment = Environment(
        {"name": "Ada", "title": " Lead ", "stage": "leaver", "u": Special.UNKNOWN}, now=NOW, taken=lambda v: v == "Ada"
    )
    results = compile_rule(flows)(environment)
    assert results == {"cn": "Ada 2", "title": "Lead", "active": False, 'odd "name"': Special.ABSENT}
    assert list(results) == list(flows)


def test_an_error_stays_with_its_flow() -> None:
    flows = {
        name: compile_expression(text) for name, text in [("a", '"x"'), ("b", 'Error("no")'), ("c", "[u]"), ("d", "1")]
    }
    results = compile_rule(flows)(Environment({"u": Special.UNKNOWN}, now=NOW))
    assert (results["a"], results["d"]) == ("x", 1)
    assert isinstance(results["b"], EvaluationError)
    assert results["b"].message == "no"
    assert isinstance(results["c"], UnknownValueError)


def test_a_kept_error_does_not_keep_the_record_alive() -> None:
    class Values(dict[str, Value]):
        pass

    values = Values(a="x")
    results = compile_rule({"f": compile_expression("CDate([a])")})(Environment(values, now=NOW))
    assert isinstance(results["f"], EvaluationError)
    assert not [frame for frame in gc.get_referrers(values) if not isinstance(frame, Environment)]
    assert results["f"].__traceback__ is None
    assert results["f"].__context__ is None


def test_the_users_text_is_never_code() -> None:
    hostile = '__import__("os").system("true")'
    literal = hostile.replace("\\", "\\\\").replace('"', '\\"')
    assert run(f'"{literal}"') == hostile
    assert run("[__import__('os')]", **{"__import__('os')": "plain"}) == "plain"
    compiled = compile_rule({"') or exit() or ('": compile_expression("1")})
    assert compiled(Environment({}, now=NOW)) == {"') or exit() or ('": 1}


def test_the_flow_is_decided_where_the_result_is_chosen() -> None:
    assert run('IIF([a] = "x", IgnoreObjectFlow, "go")', a="x") is Special.IGNORE_OBJECT
    assert run('Switch([a], IgnoreThisFlow, "x", "y")') is Special.ABSENT
    assert run("IgnoreFlowIfNullOrEmpty(Coalesce([a], AuthoritativeNull))") is Special.AUTHORITATIVE_NULL
    assert "no" in fails('IgnoreFlowIfNullOrEmpty(Error("no"))').message
