"""People kept in the repository: what a YAML list is read to, and when it counts as whole."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.model.records import collect
from idcode.sources.port import Source
from tests.sources.reading import NOW, Read, csv_source, yaml_source

ReadYaml = Callable[..., Read]


@pytest.fixture
def read_yaml(tmp_path: Path) -> ReadYaml:
    def read(content: str | bytes, **settings: Any) -> Read:
        path = tmp_path / "identities" / "contractors.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Read(*collect(yaml_source(tmp_path, **settings).read(NOW)))

    return read


def test_values_are_texts_as_written_and_lists_are_several_values(read_yaml: ReadYaml) -> None:
    read = read_yaml(
        "- id: 007\n"
        "  start: 2026-02-01\n"
        "  active: yes\n"
        "  mails: [a@partner.example, b@partner.example]\n"
        "  note: >\n    two\n    lines\n"
    )
    assert read.values == {
        "007": {
            "id": "007",
            "start": "2026-02-01",
            "active": "yes",
            "mails": ("a@partner.example", "b@partner.example"),
            "note": "two lines\n",
        }
    }
    assert {type(value) for value in read.values["007"].values()} == {str, tuple}


def test_null_empty_and_left_out_fields_are_null(read_yaml: ReadYaml) -> None:
    read = read_yaml("- {id: X1, a: null, b: ~, c: '', d: []}\n- {id: X2, e: 'null'}\n")
    assert read.values["X1"] == {"id": "X1", "a": None, "b": None, "c": None, "d": None, "e": None}
    assert read.values["X2"]["e"] == "null"


def test_a_valid_document_is_its_own_proof(read_yaml: ReadYaml) -> None:
    content = "# Partners\n- id: X1\n- id: X2\n"
    read = read_yaml(content)
    assert (read.proof.complete, read.proof.kind, read.proof.count) == (True, "document", 2)
    assert read.proof.digest == "sha256:" + hashlib.sha256(content.encode()).hexdigest()
    assert [record.line for record in read.records] == [2, 3]
    assert read.proof.diagnostics == ()


def test_an_empty_list_is_a_complete_source_without_people_and_an_empty_file_is_not(read_yaml: ReadYaml) -> None:
    assert read_yaml("[]\n").proof.complete
    for content in ("", "# nobody yet\n", "~\n", "id: X1\n", "- id: X1\n---\n- id: X2\n"):
        read = read_yaml(content)
        assert read.codes() == ["yaml-not-a-list"]
        assert not read.proof.complete
        assert read.records == []


@pytest.mark.parametrize("content", ["- id: X1\n- id: [X2\n", b"- id: X1\n- id: \xff\n", "- id: X1\n  id: X2\n"])
def test_nothing_is_used_of_a_document_with_an_error(read_yaml: ReadYaml, content: str | bytes) -> None:
    read = read_yaml(content)
    assert not read.proof.complete
    assert read.records == []
    (found,) = read.proof.diagnostics
    assert found.subject == "contractors"
    assert found.span is not None
    assert (found.span.file, found.span.line) != ("identities/contractors.yaml", 1)


def test_two_records_of_one_key_freeze_it(read_yaml: ReadYaml) -> None:
    read = read_yaml("- {id: X1, a: 1}\n- {id: X2}\n- {id: X1, a: 2}\n")
    assert read.keys == ["X2"]
    assert read.proof.unreadable_keys == {"X1"}
    assert read.proof.complete
    found = read.found("yaml-duplicate-key")
    assert "lines 1, 3" in found.message


@pytest.mark.parametrize("value", ["{x: 1}", "[[1]]", "[a, {x: 1}]", "[a, ~]"])
def test_a_value_that_is_no_text_and_no_list_of_texts_freezes_the_record(read_yaml: ReadYaml, value: str) -> None:
    read = read_yaml(f"- id: X1\n- id: X2\n  name: Mara\n  extra: {value}\n")
    assert read.keys == ["X1"]
    assert read.proof.unreadable_keys == {"X2"}
    assert read.proof.complete
    found = read.found("yaml-bad-value")
    assert "'extra' of the record 'X2'" in found.message
    assert found.span is not None
    assert found.span.line == 4


@pytest.mark.parametrize("item", ["{name: Mara}", "{id: ~}", "{id: '  '}", "{id: [X2]}", "{id: {x: 1}}"])
def test_a_record_without_a_key_leaves_the_read_incomplete(read_yaml: ReadYaml, item: str) -> None:
    read = read_yaml(f"- id: X1\n- {item}\n")
    assert read.keys == ["X1"]
    assert not read.proof.complete
    found = read.found("source-key-empty")
    assert found.span is not None
    assert found.span.line == 2


@pytest.mark.parametrize("item", ["X2", "[X2]", "~"])
def test_an_item_that_is_no_record_leaves_the_read_incomplete(read_yaml: ReadYaml, item: str) -> None:
    read = read_yaml(f"- id: X1\n- {item}\n")
    assert read.keys == ["X1"]
    assert not read.proof.complete
    assert "item 2" in read.found("yaml-not-a-record").message


def test_required_fields_and_max_null_hold_for_yaml_too(read_yaml: ReadYaml) -> None:
    content = "- {id: X1, last: Holm}\n- {id: X2}\n- {id: X3, last: Lind, town: Bergen}\n"
    read = read_yaml(content, required=["last"], max_null={"town": "60%"})
    assert read.keys == ["X1", "X3"]
    assert read.proof.unreadable_keys == {"X2"}
    assert read.codes() == ["source-required-empty", "source-too-many-nulls"]
    assert not read.proof.complete


def test_keys_that_differ_only_by_case_are_read_with_a_warning(read_yaml: ReadYaml) -> None:
    read = read_yaml("- id: X1\n- id: x1\n")
    assert read.keys == ["X1", "x1"]
    assert read.codes("warning") == ["source-similar-keys"]


def test_a_file_that_is_not_there_is_an_incomplete_read(tmp_path: Path) -> None:
    records, proof = collect(yaml_source(tmp_path).read(NOW))
    assert records == []
    assert not proof.complete
    assert proof.diagnostics[0].code == "source-not-found"


def test_a_file_that_changes_before_the_read_has_ended_is_incomplete(tmp_path: Path) -> None:
    path = tmp_path / "identities" / "contractors.yaml"
    path.parent.mkdir()
    path.write_text("- id: X1\n")
    reading = yaml_source(tmp_path).read(NOW)
    next(reading)
    path.write_text("- id: X1\n- id: X2\n")
    with pytest.raises(StopIteration) as end:
        next(reading)
    assert not end.value.value.complete


def test_both_kinds_offer_the_port(tmp_path: Path) -> None:
    sources: list[Source] = [csv_source(tmp_path), yaml_source(tmp_path)]
    assert [source.name for source in sources] == ["hr", "contractors"]
    assert sources[1].columns() is None
    assert sources[1].files() == (tmp_path / "identities/contractors.yaml",)


PIECES = st.sampled_from(
    ["- ", "id: ", "X1", "\n", "  ", "[", "]", "{", "}", ": ", "&a ", "*a", "!t ", "'", "~", ">\n", "\t", "\0"]
)


@given(data=st.binary(max_size=100) | st.lists(PIECES).map(lambda pieces: "".join(pieces).encode()))
def test_no_bytes_make_the_read_raise(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for content in (data, b"- id: X1\n" + data):
            (Path(folder) / "people.yaml").write_bytes(content)
            records, proof = collect(yaml_source(Path(folder), path="people.yaml").read(NOW))
            assert proof.complete or proof.diagnostics
            assert not {record.key for record in records} & proof.unreadable_keys
