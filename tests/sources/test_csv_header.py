"""Encoding, delimiter and header: what is guessed is said, and what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.conftest import ReadCsv
from tests.sources.reading import csv_source


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8, guessed from its bytes"),
        ("utf-8-sig", "utf-8-sig, guessed from its byte order mark"),
        ("utf-16", "utf-16, guessed from its byte order mark"),
        ("windows-1252", "windows-1252, guessed from bytes that are not UTF-8"),
    ],
)
def test_the_encoding_is_guessed_and_said_where_it_is_left_out(read_csv: ReadCsv, encoding: str, said: str) -> None:
    read = read_csv("id;name\nE1;Åsa Øst\n".encode(encoding))
    assert read.values == {"E1": {"id": "E1", "name": "Åsa Øst"}}
    assert read.found("csv-encoding-guessed").message.endswith(said)


def test_a_configured_encoding_is_not_spoken_of_and_a_byte_order_mark_is_no_part_of_the_header(
    read_csv: ReadCsv,
) -> None:
    read = read_csv("\ufeffid;name\nE1;Åsa\n".encode(), encoding="utf-8", delimiter=";")
    assert read.values == {"E1": {"id": "E1", "name": "Åsa"}}
    assert read.codes("info") == []


def test_bytes_that_are_not_of_the_configured_encoding_are_placed_by_line_and_column(read_csv: ReadCsv) -> None:
    read = read_csv("id;name\r\nE1;Ada\r\nE2;Åsa Øst\r\n".encode("windows-1252"), encoding="utf-8")
    found = read.found("csv-encoding")
    assert (found.span.line, found.span.column) == (3, 4)  # type: ignore[union-attr]
    assert "0xC5" in found.message
    assert read.records == []
    assert not read.proof.complete


def test_utf8_that_breaks_off_is_not_taken_for_another_encoding(read_csv: ReadCsv) -> None:
    read = read_csv("id;name\nE1;Åsa\nE2;Ø".encode()[:-1], proof={"min_rows": 1})
    assert read.codes() == ["csv-encoding"]
    assert read.records == []
    assert not read.proof.complete


def test_nul_characters_mean_that_the_file_is_damaged(read_csv: ReadCsv) -> None:
    read = read_csv("id;name\nE1;Ada\nE2;Gr\0ce\n", proof={"min_rows": 1})
    found = read.found("csv-nul")
    assert (found.span.line, found.span.column) == (3, 6)  # type: ignore[union-attr]
    assert not read.proof.complete


@pytest.mark.parametrize(("delimiter", "word"), [(";", "semicolon"), (",", "comma"), ("\t", "tab"), ("|", "bar")])
def test_the_delimiter_is_guessed_from_the_header_and_said_where_it_is_left_out(
    read_csv: ReadCsv, delimiter: str, word: str
) -> None:
    read = read_csv(f'"Name, title; room"{delimiter}id\nAda{delimiter}E1\n')
    assert read.keys == ["E1"]
    assert word in read.found("csv-delimiter-guessed").message


def test_the_delimiter_that_makes_the_key_a_column_is_preferred(read_csv: ReadCsv) -> None:
    read = read_csv("a,b,c,d;id\n1;E1\n")
    assert read.keys == ["E1"]


@pytest.mark.parametrize("content", ["", "\n \r\n\n", "\ufeff"])
def test_an_empty_file_is_not_a_source_without_people(read_csv: ReadCsv, content: str) -> None:
    read = read_csv(content, proof={"min_rows": 1})
    assert read.codes() == ["csv-empty"]
    assert not read.proof.complete


@pytest.mark.parametrize("header", ["ID;name", " id;name", "idd;name"])
def test_a_missing_key_column_is_an_error_that_names_the_one_meant(read_csv: ReadCsv, header: str) -> None:
    read = read_csv(f"{header}\nE1;Ada\n", proof={"min_rows": 1})
    assert read.records == []
    assert not read.proof.complete
    assert f"Did you mean {header.split(';')[0]!r}?" in (read.found("csv-column-missing").hint or "")


@pytest.mark.parametrize(
    "settings",
    [{"required": ["title"]}, {"max_null": {"title": "5%"}}, {"rows": {"order_by": ["-title"]}}],
)
def test_every_column_that_the_settings_name_must_be_there(read_csv: ReadCsv, settings: dict[str, object]) -> None:
    read = read_csv("id;name\nE1;Ada\n", proof={"min_rows": 1}, **settings)
    assert "'title'" in read.found("csv-column-missing").message
    assert not read.proof.complete


def test_a_wrong_delimiter_is_suggested_where_the_header_is_one_column(read_csv: ReadCsv) -> None:
    read = read_csv("id;name\nE1;Ada\n", delimiter=",")
    assert "check delimiter" in (read.found("csv-column-missing").hint or "")


def test_a_column_named_twice_is_an_error_because_nothing_says_which_is_meant(read_csv: ReadCsv) -> None:
    read = read_csv("id;mail;mail\nE1;a@example.com;b@example.com\n", proof={"min_rows": 1})
    assert "'mail'" in read.found("csv-column-doubled").message
    assert read.records == []
    assert not read.proof.complete


def test_a_column_without_a_name_is_left_out_with_a_warning(read_csv: ReadCsv) -> None:
    read = read_csv("id;;name;\nE1;x;Ada;\nTOTAL;1\n", proof={"trailer": r"TOTAL;(?P<rows>\d+)"})
    assert read.values == {"E1": {"id": "E1", "name": "Ada"}}
    assert "column 2, 4" in read.found("csv-column-without-name").message
    assert read.proof.complete


def test_a_column_with_spaces_around_its_name_is_read_with_a_warning(read_csv: ReadCsv) -> None:
    read = read_csv("id; name\nE1;Ada\n")
    assert read.values == {"E1": {"id": "E1", " name": "Ada"}}
    assert "' name'" in read.found("csv-column-spaces").message


def test_the_columns_are_known_before_the_records_are_read(tmp_path: Path) -> None:
    source = csv_source(tmp_path)
    assert source.columns() is None
    (tmp_path / "data").mkdir()
    (tmp_path / "data/hr.csv").write_text("number;name;\nE1;Ada;\n")
    assert source.columns() == ("number", "name")
    (tmp_path / "data/hr.csv").write_text("")
    assert source.columns() is None
