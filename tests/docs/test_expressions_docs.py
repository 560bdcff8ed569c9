"""docs/expressions.md shows every operator, word and function as the language has them."""

from __future__ import annotations

from idcode.expressions.catalogue import entries
from tests.docs.expressions_page import PAGE, rendered


def test_the_generated_parts_of_the_page_are_those_of_the_language() -> None:
    text = PAGE.read_text("utf-8")
    assert rendered(text) == text, "write it anew: python -m tests.docs.expressions_page"


def test_every_function_is_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    assert [entry.signature for entry in entries() if f"**`{entry.signature}`**" not in text] == []
