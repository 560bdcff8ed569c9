"""Reading YAML: what was written is what is read, with its place, and nothing surprising is accepted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idcode.config.located import LocatedDict, LocatedList, LocatedStr
from idcode.config.reader import read_yaml
from idcode.config.text import mask_secrets


def read(text: str) -> Any:
    found = read_yaml(text.encode(), "a.yaml")
    assert found.diagnostics == ()
    (document,) = found.documents
    return document


def problem(data: str | bytes) -> str:
    found = read_yaml(data.encode() if isinstance(data, str) else data, "a.yaml")
    (finding,) = found.diagnostics
    assert finding.span is not None
    return f"{finding.span.line}:{finding.span.column} {finding.code}"


@pytest.mark.parametrize("text", ["NO", "0012345", "12:30:45", "2026-03-01", "1_000", "1e3", "true", "Null", "0x1F"])
def test_scalars_stay_the_text_that_was_written(text: str) -> None:
    value = read(f"key: {text}\n")["key"]
    assert value == text
    assert isinstance(value, LocatedStr)


@pytest.mark.parametrize("text", ["null", "~", ""])
def test_plain_null_tilde_and_nothing_are_null(text: str) -> None:
    assert read(f"key: {text}\nother: x\n")["key"] is None


@pytest.mark.parametrize("text", ["'null'", '"~"', "''"])
def test_quoted_null_words_are_text(text: str) -> None:
    assert read(f"key: {text}\n")["key"] == text[1:-1]


def test_columns_count_characters_whatever_their_width() -> None:
    document = read("é: {😀😀: 'ö', x: [𝔘, b]}\n")
    inner = document["é"]
    assert inner.keys_at["x"].column == 14
    assert inner["x"].span.column == 17
    assert inner["x"][1].span.column == 21


def test_a_byte_order_mark_and_windows_line_ends_change_no_position() -> None:
    found = read_yaml("\ufeffa: b\r\nlong: |\r\n  x\r\nc: d\r\n".encode(), "a.yaml")
    document = found.documents[0]
    assert document.keys_at["a"].column == 1
    assert (document["c"].span.line, document["c"].span.column) == (4, 4)
    assert document["long"] == "x\n"


def test_an_empty_file_has_no_documents() -> None:
    assert read_yaml(b"# nothing yet\n", "a.yaml").documents == ()


def test_several_documents_are_read_in_order() -> None:
    assert read_yaml(b"a: 1\n---\nb: 2\n", "a.yaml").documents == ({"a": "1"}, {"b": "2"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1 duplicate-key"),
        ("a:\n\t- b\n", "2:1 yaml-tab"),
        ("a: &x b\n", "1:4 yaml-anchor"),
        ("a: *x\n", "1:4 yaml-anchor"),
        ("a:\n  <<: b\n", "2:3 yaml-anchor"),
        ("a: !!str b\n", "1:4 yaml-tag"),
        ("a: !vault b\n", "1:4 yaml-tag"),
        ("%YAML 1.1\n---\na: b\n", "1:1 yaml-directive"),
        ("? [a]\n: b\n", "1:3 yaml-key"),
        ("~: b\n", "1:1 yaml-key"),
        ("a: b: c\n", "1:5 yaml-syntax"),
        ("a: @b\n", "1:4 yaml-syntax"),
        ("a: ü'x\nb: 'y\n", "2:4 yaml-syntax"),
        ("a: [b\n", "2:1 yaml-syntax"),
        ("a: x\u2028y\n", "1:5 bad-character"),
        ("a: ü\x07\n", "1:5 bad-character"),
        ("a: x\ufeff\n", "1:5 bad-character"),
    ],
)
def test_what_idcode_does_not_read_is_refused_at_its_place(text: str, expected: str) -> None:
    assert problem(text) == expected


def test_bytes_that_are_not_utf_8_are_placed_by_character() -> None:
    assert problem("é: 1\nüü: ".encode() + b"\xff\n") == "2:5 not-utf-8"
    assert problem("a: b".encode("utf-16")) == "1:1 not-utf-8"


def test_nesting_is_bounded() -> None:
    assert problem("[" * 5000) == "1:65 yaml-too-deep"


def test_all_repeated_keys_of_a_file_are_found_at_once() -> None:
    found = read_yaml(b"a: 1\na: 2\nb: {c: 1, c: 2}\n", "a.yaml")
    assert [finding.code for finding in found.diagnostics] == ["duplicate-key", "duplicate-key"]


def test_an_excerpt_never_shows_a_password() -> None:
    found = read_yaml(b"bind: {password: hunter2, user: x, user: y}\n", "a.yaml")
    assert found.diagnostics[0].excerpt == "bind: {password: *******, user: x, user: y}"
    assert "s3cret" not in mask_secrets("client_secret: 's3cret'")
    assert "s3cret" not in mask_secrets("store: postgresql://idcode:s3cret@db/idcode")
    assert mask_secrets('password: "${env:PW}"') == 'password: "${env:PW}"'


def flat(node: Any) -> Any:
    if isinstance(node, LocatedDict):
        return ("map", node.span, [(key, node.keys_at[key], flat(value)) for key, value in node.items()])
    if isinstance(node, LocatedList):
        return ("list", node.span, [flat(item) for item in node])
    return (node, node.span, node.style, node.raw) if isinstance(node, LocatedStr) else node


WRITTEN = st.recursive(
    st.text(alphabet="ab ü😀'\"\n:#-", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abü😀", min_size=1), inner, max_size=3),
    max_leaves=8,
)


def test_addresses_need_no_quotes_inside_brackets_and_braces() -> None:
    found = read_yaml(b"include: [person:E1001, group:sg-leads]\nsame: {keep: person:E7, was: [person:E9]}\n", "a.yaml")
    assert found.complete
    (document,) = found.documents
    assert document == {
        "include": ["person:E1001", "group:sg-leads"],
        "same": {"keep": "person:E7", "was": ["person:E9"]},
    }
    assert (document["include"][1].span.line, document["include"][1].span.column) == (1, 25)


@given(WRITTEN, st.booleans(), st.integers(20, 80))
def test_the_parser_in_python_and_the_one_in_c_read_the_same(value: Any, flow: bool, width: int) -> None:
    data = dump(value, flow, width)
    fast, slow = read_yaml(data, "a.yaml"), read_yaml(data, "a.yaml", pure=True)
    if not fast.complete:  # what neither of them reads
        return
    assert [flat(document) for document in fast.documents] == [flat(document) for document in slow.documents]


@given(WRITTEN, st.booleans(), st.integers(20, 80))
def test_every_key_and_every_scalar_stands_where_its_span_says(value: Any, flow: bool, width: int) -> None:
    data = dump(value, flow, width)
    lines = data.decode().split("\n")

    def check(node: Any) -> None:
        if isinstance(node, LocatedDict):
            for key, inner in node.items():
                span = node.keys_at[key]
                assert lines[span.line - 1][span.column - 1 :].lstrip("'\"? ").startswith(key)
                check(inner)
        elif isinstance(node, LocatedList):
            for inner in node:
                check(inner)
        elif isinstance(node, LocatedStr):
            first = node.raw.split("\n")[0]
            assert lines[node.span.line - 1][node.span.column - 1 :].startswith(first)

    found = read_yaml(data, "a.yaml")
    if found.complete:
        check(found.documents[0])


@settings(max_examples=300)
@given(st.binary(max_size=60) | st.text("ab:-[]{}\"'&*!%#|>?\n\t ,\\xuU0é\ufeff", max_size=60).map(str.encode))
def test_any_bytes_give_nodes_or_findings_and_never_an_exception(data: bytes) -> None:
    reads = [read_yaml(data, "a.yaml", pure=pure) for pure in (False, True)]
    if all(found.complete for found in reads):
        for left, right in zip(reads[0].documents, reads[1].documents, strict=True):
            # A document that is nothing but a block scalar (">\n#", no file of ours) ends differently for the two.
            if getattr(left, "style", "") not in ("folded", "literal"):
                assert flat(left) == flat(right)
    for found in reads:
        for finding in found.diagnostics:
            assert finding.span is not None
            assert finding.span.line <= data.count(b"\n") + data.count(b"\r") + 1


def dump(value: Any, flow: bool, width: int) -> bytes:
    from io import BytesIO

    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = flow
    yaml.width = width
    yaml.allow_unicode = True
    out = BytesIO()
    yaml.dump(value, out)
    return out.getvalue()
