"""What a delimited file is read to: values, keys, and rows that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.sources.conftest import ReadCsv
from tests.sources.reading import TRAILER, csv_source


def test_values_are_kept_as_written_and_an_empty_cell_is_null(read_csv: ReadCsv) -> None:
    read = read_csv('id;name;title\nE1; Ada ;\nE2;007;" "\nE3;"";TRUE\n')
    assert read.values == {
        "E1": {"id": "E1", "name": " Ada ", "title": None},
        "E2": {"id": "E2", "name": "007", "title": " "},
        "E3": {"id": "E3", "name": None, "title": "TRUE"},
    }


def test_quoted_fields_hold_delimiters_line_ends_and_doubled_quotes(read_csv: ReadCsv) -> None:
    read = read_csv('id,note\nE1,"a, b"\nE2,"two\r\nlines"\nE3,"say ""hi"""\n')
    assert [record.values["note"] for record in read.records] == ["a, b", "two\r\nlines", 'say "hi"']


def test_each_record_knows_the_line_on_which_it_begins(read_csv: ReadCsv) -> None:
    read = read_csv('\n\nid;note\n\nE1;"one\ntwo\nthree"\n  \nE2;x\r\nE3;y\rE4;z')
    assert [(record.key, record.line) for record in read.records] == [("E1", 5), ("E2", 9), ("E3", 10), ("E4", 11)]


def test_a_row_with_too_few_or_too_many_fields_freezes_its_key_and_the_rest_proceeds(read_csv: ReadCsv) -> None:
    read = read_csv("id;name;title\nE1;Ada\nE2;Grace;Admiral\nE3;Edsger;Professor;Eindhoven\nTOTAL;3\n", proof=TRAILER)
    assert read.keys == ["E2"]
    assert read.proof.unreadable_keys == {"E1", "E3"}
    assert read.proof.complete
    assert [found.span.line for found in read.proof.diagnostics if found.span and found.severity == "error"] == [2, 4]


def test_a_delimiter_that_should_be_quoted_moves_the_key_and_still_freezes_it(read_csv: ReadCsv) -> None:
    read = read_csv("name,id,title\nBrisling, Ada,E1,Countess\nGrace,E2,Admiral\nTOTAL,2\n",
                    proof={"trailer": r"TOTAL,(?P<rows>\d+)"})  # fmt: skip
    assert "E1" in read.proof.unreadable_keys
    assert read.keys == ["E2"]


def test_a_line_end_that_should_be_quoted_freezes_the_key_behind_it_or_leaves_the_read_incomplete(
    read_csv: ReadCsv,
) -> None:
    read = read_csv("name,title,id,room\nAda,Count\ness,E1,7\nGrace,Admiral,E2,8\n", proof={"min_rows": 1})
    assert "E1" in read.proof.unreadable_keys
    assert not read.proof.complete
    assert read.keys == ["E2"]


def test_the_other_rows_of_a_key_with_a_ragged_row_are_not_used_either(read_csv: ReadCsv) -> None:
    read = read_csv("id;rank\nE1;1\nE1\nE2;1\n", rows={"order_by": ["rank"]})
    assert read.keys == ["E2"]
    assert read.proof.unreadable_keys == {"E1"}


def test_a_row_without_a_key_leaves_the_read_incomplete_because_someone_may_be_missing(read_csv: ReadCsv) -> None:
    read = read_csv("id;name\nE1;Ada\n ;Grace\nTOTAL;2\n", proof=TRAILER)
    assert read.keys == ["E1"]
    assert not read.proof.complete
    assert read.found("source-key-empty").span.line == 3  # type: ignore[union-attr]


def test_two_rows_of_one_key_freeze_it_where_nothing_says_which_counts(read_csv: ReadCsv) -> None:
    read = read_csv("id;name\nE1;Ada\nE2;Grace\nE1;Augusta\nTOTAL;3\n", proof=TRAILER)
    assert read.keys == ["E2"]
    assert read.proof.unreadable_keys == {"E1"}
    assert read.proof.complete
    assert "lines 2, 4" in read.found("csv-duplicate-key").message


@pytest.mark.parametrize(
    ("order_by", "pick", "expected"),
    [
        (["-primary"], "first", "c"),
        (["primary"], "last", "c"),
        (["since"], "first", "a"),
        (["-since"], "first", "b"),
        (["hours"], "first", "b"),  # 9 < 20 < 100 by number, not by text
        (["-hours"], "first", "a"),
        (["until"], "first", "c"),  # a row without a value is taken only if no other has one
        (["-until"], "first", "c"),
        (["until"], "last", "c"),
        (["city", "-hours"], "first", "a"),
    ],
)
def test_of_several_rows_of_one_key_order_by_and_pick_say_which_counts(
    read_csv: ReadCsv, order_by: list[str], pick: str, expected: str
) -> None:
    table = (
        "id;mark;primary;since;hours;until;city\n"
        "E1;a;0;2019-01-31;100;;Oslo\n"
        "E1;b;0;2024-12-01;9;;oslo\n"
        "E1;c;1;2021-06-15;20;2027-01-01;Umeå\n"
    )
    read = read_csv(table, rows={"order_by": order_by, "pick": pick})
    assert [record.values["mark"] for record in read.records] == [expected]
    assert read.proof.unreadable_keys == frozenset()


def test_rows_that_order_by_cannot_tell_apart_are_taken_in_file_order_with_a_warning(read_csv: ReadCsv) -> None:
    read = read_csv("id;rank;name\nE1;1;Ada\nE1;1;Augusta\nE2;1;Grace\nE2;1;Grace\n", rows={"order_by": ["rank"]})
    assert [record.values["name"] for record in read.records] == ["Ada", "Grace"]
    assert "'E1' in lines 2 and 3" in read.found("csv-rows-tied").message


def test_keys_that_differ_only_by_case_or_spaces_are_read_with_a_warning(read_csv: ReadCsv) -> None:
    read = read_csv("id;name\nE1;Ada\ne1 ;Augusta\n")
    assert read.keys == ["E1", "e1 "]
    assert "'E1' and 'e1 '" in read.found("source-similar-keys").message


def test_a_record_without_a_required_value_is_frozen(read_csv: ReadCsv) -> None:
    read = read_csv("id;name\nE1;\nE2;  \nE3;Edsger\nTOTAL;3\n", required=["id", "name"], proof=TRAILER)
    assert read.keys == ["E3"]
    assert read.proof.unreadable_keys == {"E1", "E2"}
    assert read.proof.complete


def test_too_many_empty_cells_of_a_column_leave_the_read_incomplete(read_csv: ReadCsv) -> None:
    table = "id;department\nE1;\nE2;\nE3;Sales\nE4;Sales\nTOTAL;4\n"
    assert read_csv(table, proof=TRAILER, max_null={"department": "50%"}).proof.complete
    read = read_csv(table, proof=TRAILER, max_null={"department": "49%"})
    assert not read.proof.complete
    assert read.keys == ["E1", "E2", "E3", "E4"]
    assert "2 of 4 records (50.0%)" in read.found("source-too-many-nulls").message


def test_text_behind_a_closing_quote_leaves_the_read_incomplete_and_the_rest_is_read(read_csv: ReadCsv) -> None:
    read = read_csv('id;name\nE1;"Ada" Brisling\nE2;Grace\n', proof={"min_rows": 1})
    assert read.keys == ["E2"]
    assert not read.proof.complete
    assert read.found("csv-bad-quoting").message.startswith("line 2 of data/hr.csv")


def test_a_quote_that_is_never_closed_says_that_the_file_is_cut_and_where_it_began(read_csv: ReadCsv) -> None:
    read = read_csv('id;name\nE1;Ada\nE2;"Grace\nE3;Edsger\n', proof={"min_rows": 1})
    assert read.keys == ["E1"]
    assert not read.proof.complete
    assert read.found("csv-cut").span.line == 3  # type: ignore[union-attr]


def test_a_quote_that_swallows_most_of_a_large_file_is_said_and_leaves_the_read_incomplete(read_csv: ReadCsv) -> None:
    read = read_csv('id;name\nE1;"Ada\n' + "".join(f"E{n};Somebody\n" for n in range(2, 20_000)), proof={"min_rows": 1})
    assert not read.proof.complete
    assert "field limit" in read.found("csv-bad-quoting").message


def test_a_file_that_is_wrong_in_every_line_is_reported_in_part_and_frozen_in_full(read_csv: ReadCsv) -> None:
    read = read_csv("id;name\n" + "".join(f"E{n}\n" for n in range(250)))
    assert read.codes().count("csv-ragged-row") == 100
    assert "150 more" in read.found("source-more-findings").message
    assert len(read.proof.unreadable_keys) == 250


def test_the_files_of_the_source_are_those_that_it_reads(tmp_path: Path) -> None:
    source = csv_source(tmp_path, proof={"manifest": "data/hr.json"})
    assert source.files() == (tmp_path / "data/hr.csv", tmp_path / "data/hr.json")


@pytest.mark.parametrize(
    "settings",
    [
        {"delimiter": '"'},
        {"delimiter": "\n"},
        {"encoding": "utf-9"},
        {"encoding": "base64"},
        {"encoding": "unicode-escape"},
        {"proof": {"trailer": "^TOTAL;(\\d+)$"}},
        {"proof": {"trailer": "TOTAL;(?P<rows>"}},
        {"proof": {}},
    ],
)
def test_settings_that_cannot_work_are_refused_when_the_files_are_validated(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        csv_source(tmp_path, **settings)
