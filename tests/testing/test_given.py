"""What a test gives is what the rules see: records, objects, a moment, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testing.support import ADA, GRETA, Trial, account

ADAS = "{name: Ada Brisling, path: People/Staff, attributes: {employeeID: E1, sAMAccountName: ada}}"


def test_columns_that_a_record_leaves_out_and_empty_ones_are_null(start: Trial) -> None:
    start.case("person:E1: {attributes: {givenName: Ada, department: null, mail: null}}", [
        "{EmployeeID: E1, FirstName: Ada, Email: ''}"
    ])  # fmt: skip
    assert start.differences() == []


def test_no_rule_can_tell_an_empty_text_from_null(start: Trial) -> None:
    start.change("rules/people.yaml", "mail: [Email]", 'mail: \'IIF([Email] = "", "empty", "null")\'')
    start.case("person:E1: {attributes: {mail: x}}, person:E2: {attributes: {mail: x}}", [
        ADA.replace("}", ", Email: ''}"), GRETA
    ])  # fmt: skip
    told = [line.partition("->")[2] for line in start.differences()]
    assert len(told) == 2
    assert len(set(told)) == 1


def test_what_a_source_requires_of_whole_files_does_not_count(start: Trial) -> None:
    start.change("idcode.yaml", "max_shrink: 25%", "max_shrink: 0%")
    start.change("idcode.yaml", "guards:", "guards:\n  min_population: 1")
    start.case("person:E1: {state: missing}, person:E2: {attributes: {surname: null}}", ["{EmployeeID: E2}"], [ADAS])
    assert start.differences() == []


def test_people_of_other_sources_are_not_there(start: Trial) -> None:
    start.case("person:E1001: {state: absent}, person:E1: {}")
    assert start.differences() == []


def test_the_environment_is_not_needed(contoso: Trial) -> None:
    contoso.change("idcode.yaml", "base_dn: DC=corp,DC=contoso,DC=com", 'base_dn: "${env:IDCODE_BASE}"')
    code, out, _ = contoso.run("contractors")
    assert (code, out) == (0, "rules/people.test.yaml  1 test: 1 passed\n")


def test_nothing_is_left_behind_and_the_report_is_the_same_every_time(start: Trial) -> None:
    start.case(account("attributes: {sAMAccountName: nobody}"), [ADA], [ADAS])
    before = sorted(start.root.rglob("*"))
    first = start.run("--format", "json")
    assert start.run("--format", "json") == first
    assert sorted(start.root.rglob("*")) == before


def test_an_object_is_found_by_its_join_and_its_values_are_read_back(start: Trial) -> None:
    start.case("person:E1: {attributes: {accountName: ada}, objects: {account: {state: kept}}}", [ADA], [ADAS])
    assert start.differences() == []


def test_names_that_others_have_are_taken_those_of_the_deleted_included(start: Trial) -> None:
    others = [
        "{name: Anna, path: Elsewhere, attributes: {sAMAccountName: abrisling}}",
        "{name: Agda, deleted: true, attributes: {sAMAccountName: adbrisling}}",
    ]
    start.case(account("attributes: {sAMAccountName: e1}"), [ADA], others)
    assert start.differences() == []
    start.case(account("attributes: {sAMAccountName: adbrisling}"), [ADA], others[:1])
    assert start.differences() == []


def test_an_account_is_enabled_only_where_idcode_disabled_it(start: Trial) -> None:
    disabled = ADAS.replace("path:", "enabled: false, path:")
    start.case(account("enabled: false"), [ADA], [disabled])
    assert start.differences() == []
    for mark in ("disabled", "new"):
        start.case(account("enabled: true"), [ADA], [disabled.replace("path:", f"mark: {mark}, path:")])
        assert start.differences() == []


def test_identifiers_are_read_back_as_given_or_the_same_in_every_run(start: Trial) -> None:
    start.change(
        "rules/people.yaml",
        "\ngenerate:",
        "\n  - name: read-back\n    directory: corp\n    rule: account\n    flow: {anchor: 'ConvertToBase64([objectGUID])'}\n\ngenerate:",
    )
    start.case("person:E1: {attributes: {anchor: x}}", [ADA], [ADAS])
    made = start.differences()
    assert start.differences() == made
    given = ADAS.replace("employeeID", "objectGUID: 8c5c1d3e-0000-4000-8000-000000000001, employeeID")
    start.case("person:E1: {attributes: {anchor: Ph1cjAAAAECAAAAAAAAAAQ==}}", [ADA], [given])
    assert start.differences() == []
    assert made != ["person:E1 anchor: x -> null"]


def test_references_lead_to_given_objects_by_path_or_dn(start: Trial) -> None:
    group = "{object: group, name: sg-engineering, path: Groups, attributes: {member: [%s]}}"
    for member in ("People/Staff/Ada Brisling", "'CN=Ada Brisling,OU=Staff,OU=People,DC=corp,DC=example,DC=com'"):
        start.case(account("not_in: [group:sg-engineering]"), [ADA], [ADAS, group % member])
        assert start.differences() == []
        start.change("objects/structure.yaml", "exact", "add-only")
        start.case(account("in: [group:sg-engineering]"), [ADA], [ADAS, group % member])
        assert start.differences() == []
        start.change("objects/structure.yaml", "add-only", "exact")


def test_a_file_gives_to_all_its_tests_and_a_test_adds_columns_to_it(start: Trial) -> None:
    start.write(
        "as_of: 2026-06-01\n"
        f"given: {{sources: {{hr: [{ADA}, {GRETA}]}}, objects: {{corp: [{ADAS}]}}}}\n"
        "tests:\n"
        "  - name: as the file says\n"
        "    expect: {person:E1: {attributes: {department: Sales, accountName: ada}}, person:E2: {}}\n"
        "  - name: with another department\n"
        "    given: {sources: {hr: [{EmployeeID: E1, Department: Legal}]}}\n"
        "    expect: {person:E1: {attributes: {department: Legal, surname: Brisling, accountName: ada}}}\n"
        "  - name: with another account\n"
        "    given:\n"
        "      objects: {corp: [{name: Ada Brisling, path: People/Staff, attributes: {employeeID: E1, "
        "sAMAccountName: brisling}}]}\n"
        "    expect: {person:E1: {attributes: {accountName: brisling}}}\n"
        "  - name: on another day\n"
        "    as_of: 2019-12-31\n"
        "    expect: {person:E1: {stage: prehire}}\n"
        "  - name: at another time\n"
        "    as_of: 2019-12-31T23:30:00Z\n"
        "    expect: {person:E1: {stage: active}}\n"
    )
    assert start.differences() == []


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ("nickname: Ada", "nickname of Ada Brisling cannot be given: corp has no such attribute"),
        ("memberOf: Groups/sg-x", "memberOf of Ada Brisling follows from member of other objects"),
        ("manager: People/Nobody", "no given object is at 'People/Nobody'"),
        ("manager: 'CN=Nobody,DC=corp,DC=example,DC=com'", "a given object refers to a DN at which nothing is"),
        ("manager: 'CN='", "a given object refers to a DN at which nothing is"),
        ("manager: 'X=Y=,'", "manager of Ada Brisling"),
        ("jpegPhoto: '§'", "jpegPhoto of Ada Brisling holds bytes"),
        ("objectGUID: x", "objectGUID of Ada Brisling is not a GUID: x"),
        ("badPwdCount: many", "badPwdCount is malformed"),
        ("sAMAccountName: administrator2, objectGUID: [a, b]", "is not a GUID"),
    ],
)
def test_what_cannot_be_given_is_said(attributes: str, words: str, start: Trial) -> None:
    start.case("person:E1: {}", [ADA], [ADAS.replace("sAMAccountName: ada", attributes)])
    assert words in start.problem()


def test_two_objects_with_one_logon_name_cannot_be_given(start: Trial) -> None:
    start.case("person:E1: {}", [ADA], [ADAS, ADAS.replace("name: Ada", "name: Anna")])
    assert "has the same sAMAccountName" in start.problem()


def test_the_wall_clock_does_not_matter(start: Trial) -> None:
    start.case("person:E1: {stage: future}", [ADA.replace("2020-01-01", "9000-01-01")])
    assert start.differences() == []
    text = (start.root / "rules" / "people.test.yaml").read_text("utf-8")
    start.write(text.replace("2026-06-01T08:00:00Z", "9000-01-02").replace("future", "active"))
    assert start.differences() == []


def test_a_practice_domain_in_use_is_not_looked_at(start: Trial) -> None:
    folder = Path(start.root, ".idcode", "sandbox")
    folder.mkdir(parents=True)
    (folder / "corp.db").write_text("no database", "utf-8")
    start.case("person:E1: {}")
    assert start.differences() == []
