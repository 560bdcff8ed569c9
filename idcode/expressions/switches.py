"""Cases of ``Switch`` that can never be reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from idcode.expressions.checked import Checked, Constant
from idcode.expressions.conversions import text


def unreachable(form: str, arguments: Sequence[Checked]) -> Iterator[tuple[int, str]]:
    """Yield the position of each key or condition (``form`` ``switch`` or ``cases``) that never counts, and why."""
    return _keys(arguments) if form == "switch" else _conditions(arguments)


def _keys(arguments: Sequence[Checked]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for index in range(2, len(arguments), 2):
        key = arguments[index]
        if not isinstance(key, Constant):
            continue
        written = key_text(key.value)
        if written in seen:
            yield index, f'this case is never reached: the key "{written}" stands further to the left'
        seen.add(written)


def _conditions(arguments: Sequence[Checked]) -> Iterator[tuple[int, str]]:
    decided = False
    for index in range(0, len(arguments), 2):
        condition = arguments[index]
        if decided:
            yield index, "this case is never reached: a condition further to the left is always True"
        elif isinstance(condition, Constant):
            if not condition.value:
                yield index, "this case is never reached: its condition is never True"
            decided = bool(condition.value)


def key_text(value: Any) -> str:
    """Return a key or source as ``Switch`` compares it; null is the empty text."""
    return text(value, "Switch") or ""
