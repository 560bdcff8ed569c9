"""Laws of the csv source: what is written is read, no bytes raise, and no cut file passes for whole."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from idcode.model.records import collect
from tests.sources.reading import NOW, TRAILER, Read, csv_source

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0") | st.sampled_from(' ;,|\t"\r\n'), max_size=12)
PIECES = st.sampled_from([b"id", b";", b'"', b"\n", b"\r", b"E1", b"\xc3\xa9", b"\xff", b"\0", b"TOTAL;1"])
BYTES = st.binary(max_size=200) | st.lists(PIECES).map(b"".join)
TABLES = st.lists(st.tuples(CELLS, CELLS), max_size=8)


def read_bytes(data: bytes, **settings: Any) -> Read:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hr.csv"
        path.write_bytes(data)
        return Read(*collect(csv_source(Path(folder), path="hr.csv", **settings).read(NOW)))


def written(table: list[tuple[str, str]], delimiter: str = ";", line_end: str = "\r\n") -> str:
    out = io.StringIO()
    # All quoted: the writer leaves a lone \r bare where it is not its own line end.
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "first", "second"])
    writer.writerows((f"E{number}", *cells) for number, cells in enumerate(table))
    return out.getvalue()


@given(
    table=TABLES,
    delimiter=st.sampled_from(";,|\t"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    told=st.booleans(),
)
def test_a_written_table_reads_back_equal(
    table: list[tuple[str, str]], delimiter: str, line_end: str, encoding: str, told: bool
) -> None:
    settings = {"delimiter": delimiter, "encoding": encoding} if told else {}
    read = read_bytes(written(table, delimiter, line_end).encode(encoding), **settings)
    assert [(record.values["first"] or "", record.values["second"] or "") for record in read.records] == table
    assert read.proof.count == len(table)
    assert read.codes() == []


@given(data=BYTES, proof=st.sampled_from([None, TRAILER, {"min_rows": 1}]))
def test_no_bytes_make_the_read_raise(data: bytes, proof: dict[str, Any] | None) -> None:
    for content in (data, b"id;name\n" + data):
        read = read_bytes(content, proof=proof, rows={"order_by": ["-id"]})
        assert read.proof.complete or any(found.severity != "info" for found in read.proof.diagnostics)


@given(table=TABLES, encoding=st.sampled_from(["utf-8", "utf-16", None]), data=st.data())
def test_a_file_cut_anywhere_never_passes_for_whole(
    table: list[tuple[str, str]], encoding: str | None, data: st.DataObject
) -> None:
    whole = (written(table) + f"TOTAL;{len(table)}\r\n").encode(encoding or "utf-8")
    cut = data.draw(st.integers(0, len(whole) - 1))
    expected = read_bytes(whole, encoding=encoding, proof=TRAILER)
    assert expected.proof.complete
    read = read_bytes(whole[:cut], encoding=encoding, proof=TRAILER)
    assert not read.proof.complete or read.records == expected.records


@given(table=TABLES, data=st.data())
def test_a_file_that_lost_some_rows_never_passes_for_whole(table: list[tuple[str, str]], data: st.DataObject) -> None:
    kept = data.draw(st.integers(0, len(table)))
    content = written(table[:kept]) + f"TOTAL;{len(table)}\r\n"
    assert read_bytes(content.encode(), proof=TRAILER).proof.complete == (kept == len(table))
