"""The generated parts of docs/expressions.md: ``python -m tests.docs.expressions_page`` writes them anew."""

from __future__ import annotations

import json
import re
from datetime import date, datetime

from idcode.expressions.catalogue import OPERATORS, WORDS, Entry, entries
from idcode.model.values import Complex, Ref, Result, Special, iso, to_json
from tests.docs.pages import DOCS

PAGE = DOCS / "expressions.md"
_PART = re.compile(r"(<!-- (\w+): written by [^\n]* -->\n).*?(<!-- end -->)", re.DOTALL)


def rendered(text: str) -> str:
    """Return the page's text with its generated parts as the catalogue has them now."""
    parts = {"operators": _operators(), "words": _words(), "functions": _functions()}
    found = [match[2] for match in _PART.finditer(text)]
    assert found == list(parts), f"the page has the parts {found}"
    return _PART.sub(lambda match: f"{match[1]}\n{parts[match[2]]}\n{match[3]}", text)


def _operators() -> str:
    rows = [f"| {' '.join(_code(sign) for sign in signs.split())} | {what} |" for signs, what in OPERATORS]
    return "\n".join(["| operators | do |", "| --- | --- |", *rows]) + "\n"


def _words() -> str:
    rows = [f"| `{word}` | {what} |" for word, what in WORDS]
    return "\n".join(["| word | means |", "| --- | --- |", *rows]) + "\n"


def _functions() -> str:
    lines: list[str] = []
    families = list(dict.fromkeys(entry.family for entry in entries()))
    for family in families:
        lines += [f"### {family}", ""]
        for entry in entries():
            if entry.family == family:
                lines += _function(entry)
    return "\n".join(lines).rstrip("\n") + "\n"


def _function(entry: Entry) -> list[str]:
    only = "" if len(entry.dialects) == 3 else f" Dialects: {', '.join(entry.dialects)}."
    inputs = ", ".join(f"[{name}] is {_shown(value)}" for name, value in entry.inputs)
    example = f"`{entry.example}` → {_shown(entry.result)}" + (f", where {inputs}" if inputs else "")
    return [f"**`{entry.signature}`**", "", f"{entry.doc}{only}", "", f"> {example}", ""]


def _shown(value: Result) -> str:
    if isinstance(value, tuple):
        return "the list " + ", ".join(_shown(item) for item in value)
    if value is None:
        return "null"
    if isinstance(value, Special):
        return f"*{value.value}*"
    if isinstance(value, datetime):
        return _code(iso(value))
    if isinstance(value, bytes):
        return f"the bytes {_code(value.hex(' '))}" if len(value) <= 30 else f"{len(value)} bytes of binary data"
    if isinstance(value, Complex):
        return _code(json.dumps(to_json(value)))
    if isinstance(value, Ref):
        return f"the reference {_code(value.target)}"
    if isinstance(value, str):
        return _code('"' + value.replace("\r", "\\r").replace("\n", "\\n") + '"')
    return _code(value.isoformat() if isinstance(value, date) else str(value))


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text("utf-8")), "utf-8")
