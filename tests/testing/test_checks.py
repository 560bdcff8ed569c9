"""``idcode validate`` finds in rule tests what cannot be meant, each with its place."""

from __future__ import annotations

import pytest

from tests.testing.support import ADA, Trial, account

PERSON = "person:E1: {}"
RECORD = "{EmployeeID: E1, %s}"
OBJECT = "{name: Ada, %s}"
EXPECTED = {
    PERSON: [],
    "persn:E1: {}": ["5:14 unknown-identity-type"],
    "E1: {}": ["5:14 bad-address"],
    "person:E1@corp/account: {}": ["5:14 bad-address"],
    "person:E1: {attribute: {}}": ["5:26 unknown-key"],
    "person:E1: {attributes: {sn: x}}": ["5:39 unknown-attribute"],
    "person:E1: {attributes: {stage: active}}": ["5:39 unknown-attribute"],
    "person:E1: {absent: [mail, nobody]}": ["5:41 unknown-attribute"],
    "person:E1: {unknown: [nobody]}": ["5:36 unknown-attribute"],
    "person:E1: {stage: gone}": ["5:33 unknown-stage"],
    "person:E1: {state: gone}": ["5:33 unknown-value"],
    "person:E1: {attributes: {mail: ''}}": ["5:45 empty-expectation"],
    "person:E1: {attributes: {mail: []}}": ["5:45 empty-expectation"],
    "person:E1: {attributes: {mail: [a, '']}}": ["5:45 empty-expectation"],
    "person:E1: {attributes: {mail: {a: b}}}": ["5:45 wrong-type"],
    "person:E1: {state: absent, stage: active}": ["5:25 invalid-combination"],
    "person:E1: {objects: {admin: {}}}": ["5:36 unknown-rule"],
    account("enabled: yes"): ["5:55 wrong-type"],
    account("state: deleted, enabled: false"): ["5:45 invalid-combination"],
    account("path: People//Staff"): ["5:52 bad-path"],
    account("in: [group:sg-enginering]"): ["5:51 unknown-group"],
    account("not_in: [group:sg-engineering, sg-engineering]"): ["5:77 bad-address"],
    account("not_in: [person:E2]"): ["5:55 bad-address"],
    account("in: [group:sg-engineering@cloud]"): ["5:51 unknown-group"],
}
RECORDS = {
    "Department: Sales": [],
    "Deparment: Sales": ["4:45 unknown-column"],
    "Status: Active": ["4:45 column-not-read"],
    "Department: [Sales, Legal]": ["4:57 wrong-type"],
    "Department: {a: b}": ["4:57 wrong-type"],
}
OBJECTS = {
    "path: People": [],
    "pth: People": ["4:61 unknown-key"],
    "path: /": ["4:67 bad-path"],
    "object: robot": ["4:69 unknown-value"],
    "object: group, enabled: true": ["4:49 invalid-combination"],
    "object: ou, mark: disabled": ["4:49 invalid-combination"],
    "mark: mine": ["4:67 unknown-value"],
}


@pytest.mark.parametrize("expect", EXPECTED)
def test_expectations_name_what_there_is(expect: str, start: Trial) -> None:
    start.case(expect)
    assert start.validate() == EXPECTED[expect]


@pytest.mark.parametrize("columns", RECORDS)
def test_records_have_columns_that_rules_read(columns: str, start: Trial) -> None:
    hr = start.root / "data" / "hr.csv"
    hr.write_text(hr.read_text("utf-8").replace("EndDate\n", "EndDate;Status\n"), "utf-8")
    start.case(PERSON, [RECORD % columns])
    assert start.validate() == RECORDS[columns]


@pytest.mark.parametrize("keys", OBJECTS)
def test_objects_are_such_as_a_directory_holds(keys: str, start: Trial) -> None:
    start.case(PERSON, [], [OBJECT % keys])
    assert start.validate() == OBJECTS[keys]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("hr:", "hrr:", ["4:23 unknown-source"]),
        ("corp:", "crop:", ["4:148 unknown-directory"]),
        ("EmployeeID: E1, ", "", ["4:28 source-key-empty"]),
        ("EmployeeID: E1", "EmployeeID: ''", ["4:28 source-key-empty"]),
        ("as_of: 2026-06-01T08:00:00Z\n", "", ["2:5 no-moment"]),
        ("2026-06-01T08:00:00Z", "tomorrow", ["1:8 bad-moment"]),
        ("2026-06-01T08:00:00Z", "20260601", ["1:8 bad-moment"]),
        ("tests:", "test:", ["2:1 unknown-key"]),
        ("name: a case", "name: ''", ["3:11 empty-value"]),
        (f"{{{PERSON}}}", "{}", ["5:13 too-few"]),
        ("tests:", "---\ntests:", ["1:1 missing-key", "3:1 several-documents"]),
        ("as_of", "\tas_of", ["1:1 yaml-tab"]),
    ],
)
def test_files_have_their_form(old: str, new: str, found: list[str], start: Trial) -> None:
    start.case(PERSON, [ADA])
    start.change("rules/people.test.yaml", old, new)
    assert start.validate() == found


def test_a_name_and_a_key_are_used_once(start: Trial) -> None:
    start.case(PERSON, [ADA, "{EmployeeID: E1}"])
    text = (start.root / "rules" / "people.test.yaml").read_text("utf-8")
    start.write(text + "  - {name: a case, expect: {person:E2: {}}}\n")
    assert start.validate() == ["4:149 given-twice", "6:12 test-twice"]


def test_where_the_columns_are_not_known_one_that_no_rule_reads_is_a_warning(start: Trial) -> None:
    (start.root / "data" / "hr.csv").unlink()
    start.case(PERSON, [RECORD % "Deparment: Sales"])
    assert start.validate() == ["4:45 column-not-read"]
    code, out, err = start.run()
    assert (code, out) == (0, "rules/people.test.yaml  1 test: 1 passed\n")
    assert "did you mean 'Department'?" in err


@pytest.mark.parametrize(("content", "found"), [("", ["1:1 empty-file"]), ("- a\n", ["1:1 wrong-type"])])
def test_files_hold_a_mapping(content: str, found: list[str], start: Trial) -> None:
    start.write(content)
    assert start.validate() == found


def test_the_form_is_checked_even_where_the_rules_are_wrong(start: Trial) -> None:
    start.case("person:E1: {stage: gone, moon: full}")
    (start.root / "rules" / "people.yaml").write_text("identity: person\n", "utf-8")
    assert start.validate() == ["5:39 unknown-key"]


def test_objects_of_directories_that_are_not_read_are_refused(start: Trial) -> None:
    start.change(
        "idcode.yaml",
        "directories:\n",
        "directories:\n  cloud: {type: entra, tenant_id: 00000000-0000-4000-8000-000000000000}\n",
    )
    start.case(PERSON, [], [])
    start.change("rules/people.test.yaml", "corp: []", "cloud: [{name: Ada}]")
    assert start.validate() == ["4:42 directory-not-tested"]
