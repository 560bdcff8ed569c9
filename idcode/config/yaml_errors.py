"""YAML syntax errors in the user's terms: the parser's problem, its place, and what usually causes it."""

from __future__ import annotations

import re
from typing import Any

from idcode.config.text import SourceText, missing_space
from idcode.model.diagnostics import Diagnostic

_QUOTE_IT = "put the whole value in single quotes"
_SPACE = "write a space after the colon: 'key: value'"
# Fragments of the messages of both parsers (C and pure) → (what to say, what to do).
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a second ': ' in this value, or a line that is indented too far",
        f"{_QUOTE_IT}, or correct the indentation",
    ),
    ("block sequence entries are not allowed", "a list item cannot begin here", "start the list on a new line"),
    ("sequence entries are not allowed", "a list item cannot begin here", "start the list on a new line"),
    ("unexpected end of stream", "a quotation mark is never closed", "add the closing quotation mark"),
    ("found unknown escape character", "an unknown escape in double quotes", "write \\\\ or use single quotes"),
    ("found unexpected ':'", "a ':' inside [ ] or { } needs quotes or a space after it", _QUOTE_IT),
    ("',' or ']'", "this list is not closed properly", "add the missing ',' or ']'"),
    ("',' or '}'", "this mapping is not closed properly", "add the missing ',' or '}'"),
    (
        "could not find expected ':'",
        "a key without ': '",
        "write 'key: value' with a space, or correct the indentation",
    ),
    ("expected key", "expected a key here", "correct the indentation or close the quotation mark"),
    ("expected <block end>", "this line does not fit the lines above", "correct the indentation"),
    ("expected '-' indicator", "expected another list item here", "correct the indentation"),
    ("expected <document start>", "text after the end of the document", "correct the indentation or the brackets"),
    ("undefined tag handle", "a tag (!name) is not allowed", "remove it, or put the value in quotes"),
)
_BRACKET_AND_MORE = re.compile(r"""[^#'"]*:\s+\[[^\]'"]*\]\s*[^\s,}#]""")
_RESERVED = {"@": _QUOTE_IT, "`": _QUOTE_IT, "%": _QUOTE_IT}


def syntax_error(error: Any, text: SourceText) -> Diagnostic:
    """Place and word a ``YAMLError`` of either parser."""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    marks = [getattr(error, "problem_mark", None), getattr(error, "context_mark", None)]
    if "unexpected end of stream" in problem:
        marks.reverse()  # where the quotation began says more than where the file ends
    mark = marks[0] or marks[1]
    index = mark.index if mark else int(getattr(error, "position", 0) or 0)
    span = text.span(min(index, len(text.text)))
    character = text.text[index : index + 1]
    if "cannot start any token" in problem:
        if character == "\t":
            return text.finding("error", "yaml-tab", "a tab is not allowed as indentation", span, "indent with spaces")
        hint = _RESERVED.get(character, "put the value in quotes")
        message = f"a value cannot begin with {character!r}"
        return text.finding("error", "yaml-syntax", message, span, hint)
    if text.text[max(0, index - 1) : index] == ":" and ("',' or '}'" in problem or "',' or ']'" in problem):
        return text.finding("error", "yaml-syntax", "a space is missing after the colon", span, _SPACE)
    if character in ("[", "{") and ("',' or '}'" in problem or "',' or ']'" in problem):
        message = f"a value inside {{ }} or [ ] that holds {character!r} needs quotes"
        return text.finding("error", "yaml-syntax", message, span, _QUOTE_IT)
    if _BRACKET_AND_MORE.match(text.line(span.line)) or _BRACKET_AND_MORE.match(text.line(span.line - 1)):
        message = "an expression that begins with [ must be in quotes"
        return text.finding("error", "yaml-syntax", message, span, "write '[stage] = \"active\"' with single quotes")
    above = missing_space(text.line(span.line - 1).strip())
    if above and "mapping values are not allowed" in problem:
        return text.finding("error", "yaml-syntax", "a space is missing after the colon in the line above", span, above)
    for fragment, message, hint in _KNOWN:
        if fragment in problem:
            return text.finding("error", "yaml-syntax", message, span, hint)
    return text.finding("error", "yaml-syntax", f"this is not valid YAML: {problem}", span)
