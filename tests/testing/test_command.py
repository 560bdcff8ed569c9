"""What ``idcode test`` shows, to people and to pipelines, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from idcode.model.diagnostics import Span
from idcode.model.testing import Mismatch, RuleTestResult, Said
from idcode.report.testing import render_junit, render_text
from tests.testing.support import ADA as SALESWOMAN
from tests.testing.support import Trial

ADA = SALESWOMAN.replace("Manager: E2, ", "")
TWO = (
    "as_of: 2026-06-01\n"
    "tests:\n"
    "  - name: Ada is active\n"
    f"    given: {{sources: {{hr: [{ADA}]}}}}\n"
    "    expect: {person:E1: {stage: active}}\n"
    "  - name: Ada has left\n"
    f"    given: {{sources: {{hr: [{ADA}]}}}}\n"
    "    expect:\n"
    "      person:E1:\n"
    "        stage: leaver\n"
    "        objects:\n"
    "          account:\n"
    "            attributes: {sn: Hummer}\n"
)


def test_a_failure_shows_both_values_the_place_in_the_test_and_where_the_value_comes_from(start: Trial) -> None:
    start.write(TWO)
    code, out, _ = start.run()
    assert code == 1
    assert out == (
        "rules/people.test.yaml  2 tests: 1 failed, 1 passed\n"
        "\n"
        "  FAILED Ada has left\n"
        "    at rules/people.test.yaml:6:11\n"
        "\n"
        "    person:E1 stage\n"
        "      expected leaver\n"
        "      got      active\n"
        "      # expected at rules/people.test.yaml:10:16\n"
        "      # got from hr[E1] EndDate, HireDate; rules/people.yaml:34\n"
        "\n"
        "    person:E1@corp/account sn\n"
        '      expected "Hummer"\n'
        '      got      "Brisling"\n'
        "      # expected at rules/people.test.yaml:13:30\n"
        "      # got from hr[E1] LastName; rule account at rules/people.yaml:58\n"
    )


def test_a_failed_test_tells_what_the_plan_says_of_the_people_in_it(start: Trial) -> None:
    start.case("person:E1: {stage: active}", [ADA.replace("2020-01-01", "soon")])
    code, out, _ = start.run()
    assert code == 1
    assert "error flow-error: startDate of person:E1 cannot be computed by rule hr" in " ".join(out.split())


def test_a_failed_test_tells_what_is_wrong_with_the_rules_of_its_objects(start: Trial) -> None:
    start.write(TWO)
    start.change("rules/people.yaml", "      sn: [surname]\n", "      sn: [surname]\n      nickname: [givenName]\n")
    out = start.run()[1]
    assert "error unknown-directory-attribute: directory corp has no attribute nickname" in " ".join(out.split())


def test_a_test_that_cannot_be_run_fails_and_the_others_run(start: Trial) -> None:
    start.write(TWO + "  - name: impossible\n    given: {objects: {corp: [{name: x, attributes: {nonsense: x}}]}}\n"
                "    expect: {person:E1: {state: absent}}\n")  # fmt: skip
    code, out, _ = start.run()
    assert code == 1
    assert "3 tests: 1 failed, 1 cannot be run, 1 passed" in out
    assert "it cannot be run: nonsense of x cannot be given: corp has no such attribute" in out


@pytest.mark.parametrize(
    ("patterns", "run"),
    [((), 2), (("HAS LEFT",), 1), (("people.test",), 2), (("active", "left"), 2), (("rules/", "left"), 2)],
)
def test_patterns_choose_tests_by_their_name_or_that_of_their_file(
    patterns: tuple[str, ...], run: int, start: Trial
) -> None:
    start.write(TWO)
    out = start.run(*patterns, "--format", "json")[1]
    assert len(json.loads(out)["tests"]) == run


def test_a_pattern_that_fits_nothing_is_an_error(start: Trial) -> None:
    code, out, err = start.run("marriage license")
    assert (code, out) == (1, "")
    assert "no test is called marriage license" in err


def test_a_repository_without_tests_is_in_order_and_told_so(start: Trial) -> None:
    (start.root / "rules" / "people.test.yaml").unlink()
    code, out, err = start.run()
    assert (code, out) == (0, "no tests\n")
    assert "there are no rule tests" in err


def test_files_with_errors_are_not_run(start: Trial) -> None:
    start.write(TWO.replace("sn: Hummer", "sn: ''"))
    code, out, err = start.run()
    assert (code, out) == (1, "")
    assert "rules/people.test.yaml:13:30: error empty-expectation" in err
    assert "the rule tests have 1 error" in err
    start.write(TWO)
    (start.root / "rules" / "people.yaml").write_text("identity: person\n", "utf-8")
    code, out, err = start.run()
    assert (code, out) == (1, "")
    assert "missing-key" in err


def test_an_unknown_format_is_refused(start: Trial) -> None:
    code, out, err = start.run("--format", "tap")
    assert (code, out) == (1, "")
    assert "Use one of text, junit, json" in err


def test_tests_are_found_where_include_looks(start: Trial) -> None:
    start.change(
        "idcode.yaml",
        "directories:",
        "include: [rules/*.yaml, more/**/*.yaml, objects/*.yaml, decisions.yaml]\n\ndirectories:",
    )
    (start.root / "more" / "deep").mkdir(parents=True)
    (start.root / "more" / "deep" / "a.test.yaml").write_text(TWO, "utf-8")
    (start.root / "elsewhere.test.yaml").write_text("[", "utf-8")
    code, out, _ = start.run()
    assert code == 1
    assert out.startswith("more/deep/a.test.yaml  2 tests: 1 failed, 1 passed\n")
    assert out.endswith("rules/people.test.yaml  10 tests: 10 passed\n12 tests: 1 failed, 11 passed\n")


def test_plans_do_not_depend_on_tests(start: Trial) -> None:
    from idcode.cli.main import run_main

    start.write("[")
    assert run_main(["plan", "-C", str(start.root), "--sandbox"]) == 0


def test_the_report_of_a_pipeline_is_junit_xml_and_the_log_has_the_text(start: Trial, tmp_path: Path) -> None:
    start.write(TWO)
    report = tmp_path / "tests.xml"
    code, out, _ = start.run("--format", "junit", "--out", str(report))
    assert code == 1
    assert "FAILED Ada has left" in out
    assert report.read_text("utf-8").startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ')
    root = ElementTree.parse(report).getroot()
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "2", "failures": "1", "errors": "0", "skipped": "0"
    }  # fmt: skip
    (suite,) = root
    assert suite.get("name") == "rules/people.test.yaml"
    good, bad = suite
    assert (good.get("name"), good.get("classname"), len(good)) == ("Ada is active", "rules/people.test.yaml", 0)
    assert float(good.get("time", "")) >= 0
    assert (bad.get("file"), bad.get("line")) == ("rules/people.test.yaml", "6")
    (failure,) = bad
    assert failure.tag == "failure"
    assert failure.get("message", "").startswith(
        "person:E1 stage: expected leaver, got active; person:E1@corp/account sn"
    )
    assert "# got from hr[E1] LastName" in (failure.text or "")


def test_a_text_report_is_written_and_shown(start: Trial, tmp_path: Path) -> None:
    start.write(TWO)
    report = tmp_path / "tests.txt"
    _, out, _ = start.run("--out", str(report))
    assert "FAILED Ada has left" in out
    assert report.read_text("utf-8") == out


def test_a_report_that_cannot_be_written_is_an_error(start: Trial, tmp_path: Path) -> None:
    code, _, err = start.run("--format", "junit", "--out", str(tmp_path / "nowhere" / "tests.xml"))
    assert code == 1
    assert "cannot be written" in err


HOSTILE = 'a <b> & "c" \x00\x1b[31m\x0b ]]> \ud800 \U0001f600 \ufffe \n two'


def test_no_value_can_break_the_xml_or_reach_the_terminal() -> None:
    span = Span(HOSTILE, 1, 1)
    mismatch = Mismatch(HOSTILE, HOSTILE, span, Said((HOSTILE,)), Said(word=HOSTILE))
    results = [RuleTestResult(HOSTILE, span, (mismatch,)), RuleTestResult(HOSTILE, span, problem=HOSTILE)]
    root = ElementTree.fromstring(render_junit(results))
    assert [child.tag for case in root[0] for child in case] == ["failure", "error"]
    assert "\U0001f600" in (root[0][0].get("name") or "")
    assert "\x1b" not in render_text(results, color=False, width=80)


def test_expected_and_got_are_coloured_on_a_terminal_and_read_without() -> None:
    span = Span("rules/a.test.yaml", 1, 1)
    results = [RuleTestResult("a", span, (Mismatch("person:E1", "sn", span, Said(("x",)), Said(("y",))),))]
    coloured = render_text(results, color=True, width=80)
    assert '\x1b[32m"x"\x1b[0m' in coloured
    assert '\x1b[1;31m"y"\x1b[0m' in coloured
    assert "\x1b" not in render_text(results, color=False, width=80)
