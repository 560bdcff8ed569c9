from __future__ import annotations

from idcode.model.diagnostics import Diagnostic
from idcode.model.explain import (
    AttributeExplanation,
    Candidate,
    Explanation,
    ObjectAttribute,
    ObjectExplanation,
)
from idcode.model.plans import Origin, Reference, Why
from idcode.model.values import Ref
from idcode.report.explain import render_explanation
from tests.report.golden import assert_golden
from tests.report.plans import STAFF

PERSON = Explanation(
    "person:E1001",
    "Ada Ek",
    stage="active",
    stage_why=Why(None, "rules/people.yaml:52", (Origin("hr", "E1001", "HireDate"),)),
    attributes=(
        AttributeExplanation(
            "telephoneNumber",
            ("+46 8 555 01 01",),
            why=Why("phonebook", "rules/people.yaml:33", (Origin("phonebook", "1001", "phone"),), ("hr",)),
            candidates=(
                Candidate("phonebook", "rules/people.yaml:33", ("+46 8 555 01 01",)),
                Candidate(
                    "hr",
                    "rules/people.yaml:21",
                    ("0855501 00",),
                    "phonebook comes first in precedence",
                    (Origin("hr", "E1001", "Phone"),),
                ),
                Candidate("from-ad", "rules/people.yaml:38", (), "not linked yet"),
            ),
        ),
        AttributeExplanation("endDate", (), "null", Why("hr", "rules/people.yaml:24", (Origin("hr", "E1001", "End"),))),
        AttributeExplanation("badge", (), "unknown", Why("badges", "rules/people.yaml:44")),
    ),
    objects=(
        ObjectExplanation(
            "person:E1001@corp/account",
            "linked",
            f"CN=Ada Ek,{STAFF}",
            "8c5c1d3e-0000-0000-0000-000000000001",
            "employeeID = E1001",
            attributes=(
                ObjectAttribute("sn", ("Ek",), ("Ek",), True, Why("account", "rules/people.yaml:68")),
                ObjectAttribute(
                    "department", ("Engineering",), ("Sales",), False, Why("account", "rules/people.yaml:69")
                ),
                ObjectAttribute("manager", (Ref("u7"),), (), False),
                ObjectAttribute("division", ("4711",), ("Sales",), False, note="shadow: never written"),
                ObjectAttribute("info", None, ("by hand",)),
            ),
        ),
        ObjectExplanation("person:E1001@corp/admin", "none", reason="scope of rule admin is false"),
        ObjectExplanation(
            "person:E1001@cloud/user", "new", attributes=(ObjectAttribute("mail", ("a@x.example",), None, False),)
        ),
    ),
    diagnostics=(Diagnostic("error", "source-incomplete", "badges was not read completely", subject="person:E1001"),),
)
NAMES = {"u7": Reference("person:E0007@corp/account", f"CN=Bo Lund,{STAFF}", "Bo Lund")}


def page(**options: object) -> str:
    settings: dict[str, object] = {"color": False, "width": 100, "references": NAMES}
    return render_explanation(PERSON, **{**settings, **options})  # type: ignore[arg-type]


def test_the_explanation_is_the_reviewed_one() -> None:
    assert_golden("explain.txt", page())


def test_each_value_names_its_rule_record_and_column_and_the_values_it_beat() -> None:
    text = page()
    assert "# phonebook[1001] phone; rule phonebook at rules/people.yaml:33; beats hr" in text
    assert 'not "0855501 00": phonebook comes first in precedence' in text
    assert "# hr[E1001] Phone; rule hr at rules/people.yaml:21" in text


def test_wanted_and_live_values_stand_below_each_other_where_they_differ() -> None:
    lines = [line.strip() for line in page().splitlines()]
    assert 'department  live   "Sales"' in lines
    assert 'wanted "Engineering"' in lines
    assert 'sn          = "Ek"' in lines


def test_attributes_the_files_leave_alone_are_told_from_empty_ones() -> None:
    text = page()
    assert "left alone by the files" in text
    assert "null: clears what it flows to" in text
    assert "no object yet" in text


def test_redacted_attributes_stay_hidden_with_what_they_beat() -> None:
    text = page(redact=["telephonenumber", "department"])
    for secret in ("555", '"Sales"\n             wanted', "Engineering"):
        assert secret not in text
