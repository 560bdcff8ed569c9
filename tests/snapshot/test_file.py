"""The file of a snapshot: what was read comes back, and anything but a whole and unaltered one is refused."""

from __future__ import annotations

import gzip
import json
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from idcode.directories.ad.schema import AdSchema
from idcode.directories.sandbox.schema import encode_schema
from idcode.directories.sandbox.snapshot import Snapshot, read_snapshot, write_snapshot
from idcode.model.errors import DirectoryError, IdcodeError, UsageError
from idcode.model.records import LiveObject, Proof, Query, Scope
from idcode.model.schema import AttributeType, DirectorySchema, Kind
from idcode.model.values import Ref
from tests.snapshot.saved import snapshot
from tests.sync.memory import BASE, read_objects

QUERY = Query(
    {"user": frozenset({"employeeID", "mail"})}, (Scope("corp/account", "user", ("People",), "(employeeID=*)"),)
)
WHOLE = snapshot(
    read_objects("""
        ou People
        user People/Ada Brisling | employeeID=E1 | mail=ada@x.example | disabled-by-idcode
        user People/Strauß | employeeID=E2
        user People/Gone | employeeID=E3 | deleted
    """),
    QUERY,
)
SMALL = AdSchema(
    DirectorySchema([AttributeType("member", Kind.REFERENCE, single=False), AttributeType("mail", unique="forest")]),
    {"user": frozenset({"mail"})},
    {"member": "memberof"},
)
CORP = replace(WHOLE.directories["corp"], schema=SMALL)
SAVED = replace(WHOLE, directories={"corp": CORP})


def told(saved: Snapshot) -> tuple[object, ...]:
    """Everything a snapshot says, in a form that can be compared."""
    return (
        replace(saved, directories={}),
        {
            name: (
                encode_schema(held.schema), held.fingerprint, held.base_dn, held.mark_in, dict(held.attributes),
                held.scopes, [(live, dict(live.attributes)) for live in held.objects], held.proof,
            )
            for name, held in saved.directories.items()
        },
    )  # fmt: skip


def with_objects(*objects: LiveObject) -> Snapshot:
    corp = replace(CORP, objects=objects, proof=Proof(True, "paged-search", len(objects)))
    return replace(SAVED, directories={"corp": corp})


SCALARS = (
    st.text()
    | st.integers(-(2**63), 2**63 - 1)
    | st.booleans()
    | st.binary()
    | st.text().map(Ref)
    | st.datetimes(min_value=datetime(1601, 1, 1), timezones=st.just(UTC))
)
OBJECTS = st.builds(
    LiveObject,
    anchor=st.uuids().map(str),
    dn=st.text(),
    object_type=st.sampled_from(["user", "group", "ou", "contact", "computer", "other"]),
    attributes=st.dictionaries(st.text(), st.lists(SCALARS, min_size=1).map(tuple)),
    enabled=st.none() | st.booleans(),
    mark=st.sampled_from([None, "new", "disabled"]),
    needs_password=st.booleans(),
    protected=st.none() | st.booleans(),
    deleted=st.booleans(),
    scopes=st.frozensets(st.text()),
)


@pytest.mark.parametrize("name", ["saved.jsonl", "saved.jsonl.gz"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(objects=st.lists(OBJECTS, max_size=5))
def test_what_was_read_comes_back_whatever_it_holds(tmp_path: Path, name: str, objects: list[LiveObject]) -> None:
    saved = with_objects(*objects)
    write_snapshot(tmp_path / name, saved)
    assert told(read_snapshot(tmp_path / name)) == told(saved)


def test_the_schema_of_a_whole_domain_comes_back(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "saved.jsonl", WHOLE)
    assert told(read_snapshot(tmp_path / "saved.jsonl")) == told(WHOLE)


def test_one_content_always_gives_one_file_packed_where_its_name_says_so(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl", "a.jsonl.gz", "b.jsonl.gz"):
        write_snapshot(tmp_path / name, SAVED)
    plain, packed = (tmp_path / "a.jsonl").read_bytes(), (tmp_path / "a.jsonl.gz").read_bytes()
    assert (tmp_path / "b.jsonl").read_bytes() == plain
    assert (tmp_path / "b.jsonl.gz").read_bytes() == packed
    assert gzip.decompress(packed) == plain
    (tmp_path / "renamed.jsonl").write_bytes(packed)
    assert told(read_snapshot(tmp_path / "renamed.jsonl")) == told(SAVED)


def test_each_line_is_json_and_the_last_one_proves_the_read(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "saved.jsonl", SAVED)
    first, *objects, last = [json.loads(line) for line in (tmp_path / "saved.jsonl").read_text("utf-8").splitlines()]
    assert first["format"] == "idcode.snapshot/1"
    assert first["taken_at"] == "2026-11-30T09:00:00Z"
    assert first["directories"]["corp"]["attributes"]["user"] == ["employeeID", "mail"]
    assert [item["dn"].split(",")[0] for item in objects] == ["OU=People", "CN=Ada Brisling", "CN=Strauß", "CN=gone"]
    assert last["proof"] == {"corp": {"complete": True, "kind": "paged-search", "count": 4}}
    assert last["total"] == 4


def test_the_file_is_for_its_owner_and_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "saved.jsonl"
    path.write_text("an older one")
    path.chmod(0o644)
    broken = with_objects(LiveObject("a1", "CN=x", "user", {"mail": (object(),)}))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        write_snapshot(path, broken)
    assert path.read_text() == "an older one"
    assert [item.name for item in tmp_path.iterdir()] == ["saved.jsonl"]
    write_snapshot(path, SAVED)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_of_half_a_read_there_is_no_snapshot(tmp_path: Path) -> None:
    half = replace(SAVED, directories={"corp": replace(CORP, proof=Proof(False, "none", 4))})
    with pytest.raises(ValueError, match="not complete"):
        write_snapshot(tmp_path / "saved.jsonl", half)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["", "there-is-no-such-folder/saved.jsonl"])
def test_where_it_cannot_be_written_that_is_said(tmp_path: Path, place: str) -> None:
    with pytest.raises(UsageError, match="cannot write the snapshot"):
        write_snapshot(tmp_path / place, SAVED)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "saved.jsonl"
    write_snapshot(path, SAVED)
    return path.read_bytes()


def refusal(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(IdcodeError) as raised:
        read_snapshot(path)
    assert raised.value.hint
    assert str(path) in str(raised.value)
    return str(raised.value)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_with_any_bit_changed_is_refused(tmp_path: Path, plain: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(plain) - 1))
    changed = bytearray(plain)
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    assert refusal(tmp_path / "saved.jsonl", bytes(changed))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_packed_file_with_any_bit_changed_is_refused_or_says_the_same(
    tmp_path: Path, plain: bytes, data: st.DataObject
) -> None:
    packed = bytearray(gzip.compress(plain, mtime=0))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path / "saved.jsonl.gz"
    path.write_bytes(bytes(packed))
    try:
        read_snapshot(path)
    except DirectoryError:
        return
    # A bit that packing does not use, such as one of the time of day.
    assert gzip.decompress(bytes(packed)) == plain


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), packed=st.booleans())
def test_a_file_that_was_cut_anywhere_is_refused(
    tmp_path: Path, plain: bytes, data: st.DataObject, packed: bool
) -> None:
    whole = gzip.compress(plain, mtime=0) if packed else plain
    assert refusal(tmp_path / "saved", whole[: data.draw(st.integers(0, len(whole) - 1))])


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary())
def test_a_file_of_anything_else_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path / "saved", content)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_lines_left_out_doubled_or_swapped_are_refused(tmp_path: Path, plain: bytes, data: st.DataObject) -> None:
    lines = plain.splitlines(keepends=True)
    other = [lines[i] for i in data.draw(st.lists(st.integers(0, len(lines) - 1), max_size=len(lines) + 1))]
    assume(other != lines)
    assert refusal(tmp_path / "saved", b"".join(other))


def sealed(lines: list[dict[str, Any]]) -> bytes:
    """Seal lines as somebody would who knows how."""
    import hashlib

    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)[:-2] + ","
    return f'{text}"sha256":"{hashlib.sha256(text.encode()).hexdigest()}"}}\n'.encode()


def edited(plain: bytes, edit: Callable[[list[dict[str, Any]]], object]) -> bytes:
    lines = [json.loads(line) for line in plain.splitlines()]
    lines[-1].pop("sha256")
    edit(lines)
    return sealed(lines)


def test_a_sealed_file_is_read(tmp_path: Path, plain: bytes) -> None:
    (tmp_path / "saved").write_bytes(edited(plain, lambda lines: None))
    assert read_snapshot(tmp_path / "saved").directories["corp"].base_dn == BASE


@pytest.mark.parametrize(
    "edit",
    [
        lambda lines: lines[0].pop("directories"),
        lambda lines: lines[0].update(directories=[]),
        lambda lines: lines[0].update(taken_at="yesterday"),
        lambda lines: lines[0]["directories"]["corp"].pop("schema"),
        lambda lines: lines[0]["directories"]["corp"].update(schema={}),
        lambda lines: lines[0]["directories"]["corp"].update(attributes={"spaceship": []}),
        lambda lines: lines[1].update(directory="elsewhere"),
        lambda lines: lines[1].update(type="spaceship"),
        lambda lines: lines[1].update(attributes={"mail": "not a list"}),
        lambda lines: lines[1].update(attributes={"mail": []}),
        lambda lines: lines[1].update(attributes={"mail": [{"$x": "y"}]}),
        lambda lines: lines.pop(1),
        lambda lines: lines[-1]["proof"]["corp"].update(complete=False),
        lambda lines: lines[-1]["proof"].pop("corp"),
    ],
)
def test_a_sealed_file_that_idcode_would_not_have_written_is_refused(
    tmp_path: Path, plain: bytes, edit: Callable[[list[dict[str, Any]]], object]
) -> None:
    assert "is not a snapshot that idcode wrote" in refusal(tmp_path / "saved", edited(plain, edit))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not a snapshot"),
        (b'{"format": "idcode.plan/1"}\n', "is not a snapshot"),
        (b"dn: CN=Ada\n", "is not a snapshot"),
        (b'{"format":"idcode.snapshot/2"}\n{"anything":1}\n', "has the format idcode.snapshot/2"),
        (b'{"format":"idcode.snapshot/1"}\n', "is cut off"),
        (b'{"format":"idcode.snapshot/1"}\n{"proof":{},"total":0,"sha256":"00"}\n', "was altered or damaged"),
        (b"\x1f\x8b\x08 nothing", "cannot be unpacked"),
    ],
)
def test_the_refusal_says_what_is_wrong(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in refusal(tmp_path / "saved", content)


def test_a_file_that_is_not_there_is_a_wrong_argument(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the snapshot"):
        read_snapshot(tmp_path / "none.jsonl")
