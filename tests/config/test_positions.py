"""An error inside an expression is shown at the character it is about, however YAML wrote the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.config.located import LocatedStr
from idcode.config.positions import locate
from idcode.config.reader import read_yaml
from tests.config.test_reader import dump


def scalar(text: str) -> LocatedStr:
    found = read_yaml(text.encode(), "a.yaml")
    assert found.diagnostics == ()
    value = found.documents[0]["key"]
    assert isinstance(value, LocatedStr)
    return value


@pytest.mark.parametrize(
    "text",
    [
        "key: Foo([x], QQ)\n",
        "key: Foo(\n    [x],\n\n    QQ)\n",
        "key: 'Foo(''a'', QQ)'\n",
        "key: 'Foo(''a'',\n\n  ''b'' QQ)'\n",
        'key: "Foo(\\"a\\", \\u00e9\\t\\x20 QQ)"\n',
        'key: "Foo(\\\n    a,\n   b\\n, QQ)"\n',
        "key: |\n  Foo(\n    a,\n    QQ)\n",
        "key: |2-  # comment\n    Foo(\n    a,\n\n    QQ)\n",
        "key: >-\n  Foo(\n  a,\n\n    b,\n  QQ)\n",
        "é: x\nkey: ü😀 QQ)\n",
        "key: >\r\n  Foo(\r\n  QQ)\r\n",
    ],
)
def test_a_place_in_the_value_is_found_in_the_file(text: str) -> None:
    value = scalar(text)
    lines = text.split("\n")
    span = locate(value, value.index("QQ"), 2)
    assert lines[span.line - 1][span.column - 1 :][: span.length] == "QQ"


def test_the_end_of_the_text_is_right_after_its_last_character() -> None:
    value = scalar("key: Foo(a\n")
    assert locate(value, len(value)).column == 11
    assert locate(scalar("key: >\n  Foo(a\n\n"), 5).line == 2


def test_a_length_that_runs_over_a_line_break_is_cut_at_the_line() -> None:
    value = scalar("key: |\n  Foo(abc,\n  d)\n")
    span = locate(value, 4, 6)
    assert (span.line, span.column, span.length) == (2, 7, 4)


@given(st.text("ab('[]) \n\"\\ü😀\t:#-", min_size=1, max_size=60), st.integers(10, 60), st.integers(0, 60))
def test_every_character_is_found_where_it_was_written(text: str, width: int, at: int) -> None:
    data = dump({"key": text}, False, width)
    value = read_yaml(data, "a.yaml").documents[0]["key"]
    check(data.decode(), value, at)


@given(
    st.lists(st.text("ab(),[] ü😀", max_size=12), min_size=1, max_size=6),
    st.sampled_from(["|", ">", "|-", ">+", "|2", ">2-"]),
    st.integers(0, 60),
)
def test_every_character_of_a_block_is_found_where_it_was_written(lines: list[str], header: str, at: int) -> None:
    text = f"key: {header}\n" + "".join(f"  {line}\n" for line in ["x", *lines])
    value = read_yaml(text.encode(), "a.yaml").documents[0]["key"]
    check(text, value, at)


def check(source: str, value: str | None, at: int) -> None:
    if not isinstance(value, LocatedStr) or not value:
        return
    at %= len(value)
    span = locate(value, at)
    line = source.split("\n")[span.line - 1]
    written = line[span.column - 1 : span.column] or "\n"
    if value[at].isspace():
        assert span.column <= len(line) + 1
    elif written != "\\":
        assert written == value[at]
    else:
        assert value[at] in "\\\"'" or not value[at].isascii()
