"""``$search``: words in names and descriptions ("Use the $search query parameter": directory object collections)."""

from __future__ import annotations

import re
from collections.abc import Callable

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import malformed, unsupported_query
from idcode.directories.sandbox.tenant.properties import find

_CLAUSE = re.compile(r'\s*"(\w+):((?:[^"\\]|\\.)*)"\s*')
_JOINT = re.compile(r"\s*(AND|OR)\b")
_WORDS = re.compile(r"[^\W_]+")
_IN_WORDS = ("displayName", "description")
"""Properties that are searched word by word; others from their beginning."""

Test = Callable[[Entity], bool]


def searched(text: str, type_name: str) -> Test:
    """Return whether an object is what a search like ``"displayName:wa" OR "mail:wa"`` is for.

    ``AND`` binds tighter than ``OR``. Raises ``GraphError`` for other forms and properties.
    """
    alternatives: list[list[Test]] = [[]]
    at = 0
    while True:
        clause = _CLAUSE.match(text, at)
        if clause is None:
            raise malformed(f"Syntax error: character '{text[at : at + 1]}' is not valid at position {at} in '{text}'.")
        alternatives[-1].append(_clause(clause[1], clause[2], type_name))
        at = clause.end()
        if at == len(text):
            return lambda entity: any(all(test(entity) for test in tests) for tests in alternatives)
        joint = _JOINT.match(text, at)
        if joint is None:
            raise malformed(f"Syntax error: character '{text[at]}' is not valid at position {at} in '{text}'.")
        if joint[1] == "OR":
            alternatives.append([])
        at = joint.end()


def _clause(name: str, text: str, type_name: str) -> Test:
    known = find(type_name, name)
    if known is None or known.kind != "Edm.String" or known.collection:
        raise unsupported_query(f"Property '{name}' is not searchable.")
    wanted = re.sub(r"\\(.)", r"\1", text).lower()
    found_in = known.name
    if found_in not in _IN_WORDS:
        return lambda entity: str(entity.get(found_in, "")).lower().startswith(wanted)
    parts = _WORDS.findall(wanted)

    def in_words(entity: Entity) -> bool:
        words = _WORDS.findall(str(entity.get(found_in, "")).lower())
        return all(any(word.startswith(part) for word in words) for part in parts)

    return in_words
