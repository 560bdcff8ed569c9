"""When a delimited file counts as whole (DESIGN.md, law 2)."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.sources.conftest import ReadCsv
from tests.sources.reading import NOW, TRAILER, csv_source

TABLE = "id;name\nE1;Ada\nE2;Grace\n"
SHA256 = hashlib.sha256(TABLE.encode()).hexdigest()


def test_without_a_configured_proof_the_read_is_incomplete_and_says_how_to_get_one(read_csv: ReadCsv) -> None:
    read = read_csv(TABLE)
    assert (read.proof.complete, read.proof.kind, read.proof.count) == (False, "none", 2)
    assert read.keys == ["E1", "E2"]
    assert "trailer" in (read.found("source-no-proof").hint or "")
    assert read.codes() == []


def test_a_trailer_with_the_right_number_proves_the_file_and_is_no_record(read_csv: ReadCsv) -> None:
    read = read_csv(TABLE + "TOTAL;2\n\n  \n", proof=TRAILER)
    assert read.keys == ["E1", "E2"]
    assert (read.proof.complete, read.proof.kind, read.proof.count) == (True, "trailer", 2)
    assert read.proof.digest == "sha256:" + hashlib.sha256((TABLE + "TOTAL;2\n\n  \n").encode()).hexdigest()


def test_a_trailer_counts_rows_and_not_keys(read_csv: ReadCsv) -> None:
    read = read_csv("id;rank\nE1;1\nE1;2\nE2\nTOTAL;3\n", proof=TRAILER, rows={"order_by": ["rank"]})
    assert read.proof.complete


def test_a_trailer_with_another_number_says_both_numbers(read_csv: ReadCsv) -> None:
    read = read_csv(TABLE + "TOTAL;3\n", proof=TRAILER)
    assert not read.proof.complete
    found = read.found("source-trailer-mismatch")
    assert found.message == "data/hr.csv has 2 rows, and its trailer says 3"
    assert found.span is not None
    assert found.span.line == 4


@pytest.mark.parametrize("last", ["", "TOTAL;\n", "SUBTOTAL;2\n", "TOTAL;2 or so\n", "TOTAL;" + "9" * 5000 + "\n"])
def test_a_file_without_its_trailer_is_incomplete(read_csv: ReadCsv, last: str) -> None:
    read = read_csv(TABLE + last, proof=TRAILER)
    assert "source-trailer-missing" in read.codes()
    assert not read.proof.complete


@pytest.mark.parametrize(
    "manifest",
    [
        json.dumps({"rows": 2}),
        json.dumps({"sha256": SHA256.upper()}),
        json.dumps({"rows": 2, "sha256": SHA256, "exported": "2026-05-04"}),
        f"{SHA256}  hr.csv\n",
        f"{'0' * 64}  other.csv\n{SHA256} *exports/hr.csv\n",
    ],
)
def test_a_manifest_that_agrees_proves_the_file(read_csv: ReadCsv, tmp_path: Path, manifest: str) -> None:
    (tmp_path / "hr.manifest").write_text(manifest)
    read = read_csv(TABLE, proof={"manifest": "hr.manifest"})
    assert (read.proof.complete, read.proof.kind) == (True, "manifest")


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        (json.dumps({"rows": 3}), "source-manifest-mismatch"),
        (json.dumps({"rows": 2, "sha256": "0" * 64}), "source-manifest-mismatch"),
        (f"{'0' * 64}  hr.csv\n", "source-manifest-mismatch"),
        (f"{SHA256}  other.csv\n", "source-manifest-unreadable"),
        ("{}", "source-manifest-unreadable"),
        ('{"rows": "2"}', "source-manifest-unreadable"),
        ('{"rows": true}', "source-manifest-unreadable"),
        ('{"sha256": "abc"}', "source-manifest-unreadable"),
        ('{"rows": 2', "source-manifest-unreadable"),
        ('{"a":' * 100_000, "source-manifest-unreadable"),
        ("", "source-manifest-unreadable"),
    ],
)
def test_a_manifest_that_disagrees_or_cannot_be_read_proves_nothing(
    read_csv: ReadCsv, tmp_path: Path, manifest: str, code: str
) -> None:
    (tmp_path / "hr.manifest").write_text(manifest)
    read = read_csv(TABLE, proof={"manifest": "hr.manifest"})
    assert read.codes() == [code]
    assert not read.proof.complete


def test_a_manifest_that_is_not_there_proves_nothing(read_csv: ReadCsv) -> None:
    read = read_csv(TABLE, proof={"manifest": "hr.manifest"})
    assert read.found("source-manifest-missing").message == (
        "the manifest hr.manifest of data/hr.csv does not exist"
    )  # fmt: skip
    assert not read.proof.complete


def test_fewer_rows_than_min_rows_leave_the_read_incomplete(read_csv: ReadCsv) -> None:
    assert read_csv(TABLE, proof={"min_rows": 2}).proof.complete
    read = read_csv(TABLE, proof={"min_rows": 3})
    assert read.codes() == ["source-too-few-rows"]
    assert not read.proof.complete


def test_of_several_proofs_all_must_hold(read_csv: ReadCsv) -> None:
    read = read_csv(TABLE + "TOTAL;2\n", proof=TRAILER | {"min_rows": 100})
    assert (read.proof.complete, read.proof.kind) == (False, "trailer+min-rows")


def test_a_file_older_than_max_age_is_stale_and_says_how_old_it_is(read_csv: ReadCsv) -> None:
    settings = {"proof": {"min_rows": 1}, "max_age": "PT26H"}
    assert read_csv(TABLE, now=NOW + timedelta(hours=26), **settings).proof.complete
    read = read_csv(TABLE, now=NOW + timedelta(days=3, hours=5, minutes=7), **settings)
    assert not read.proof.complete
    assert read.keys == ["E1", "E2"]
    assert read.found("source-stale").message == (
        "data/hr.csv was written 3 days 5 hours ago, and max_age allows 1 day 2 hours"
    )


def test_a_file_that_is_not_there_is_an_incomplete_read(tmp_path: Path) -> None:
    reading = csv_source(tmp_path, proof=TRAILER).read(NOW)
    with pytest.raises(StopIteration) as end:
        next(reading)
    assert end.value.value.diagnostics[0].code == "source-not-found"
    assert not end.value.value.complete


def test_a_directory_in_the_place_of_the_file_is_an_incomplete_read(tmp_path: Path) -> None:
    (tmp_path / "data/hr.csv").mkdir(parents=True)
    with pytest.raises(StopIteration) as end:
        next(csv_source(tmp_path).read(NOW))
    assert end.value.value.diagnostics[0].code == "source-unreadable"


@pytest.mark.parametrize("what", ["appended", "replaced", "removed"])
def test_a_file_that_changes_before_the_read_has_ended_is_incomplete(tmp_path: Path, what: str) -> None:
    path = tmp_path / "data" / "hr.csv"
    path.parent.mkdir()
    path.write_text(TABLE)
    reading = csv_source(tmp_path, proof={"min_rows": 1}).read(NOW)
    next(reading)
    if what == "appended":
        with path.open("a") as file:
            file.write("E3;Edsger\n")
    else:
        path.unlink()
        if what == "replaced":
            path.write_text(TABLE.replace("Ada", "Eva"))
    assert next(reading).key == "E2"
    with pytest.raises(StopIteration) as end:
        next(reading)
    assert not end.value.value.complete
    assert [found.code for found in end.value.value.diagnostics if found.severity == "error"] == ["source-changed"]


def test_a_source_outside_the_project_is_named_by_its_full_path(tmp_path: Path) -> None:
    (tmp_path / "hr.csv").write_text(TABLE)
    project = tmp_path / "project"
    with pytest.raises(StopIteration) as end:
        next(csv_source(project, path=str(tmp_path / "nowhere.csv")).read(NOW))
    assert end.value.value.diagnostics[0].span.file == (tmp_path / "nowhere.csv").as_posix()
