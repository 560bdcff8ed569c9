"""Sorted lists of ids without doubles: a page of one begins anywhere at no cost."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence


def insert(ids: list[str], one: str) -> bool:
    """Put ``one`` where it belongs; ``False`` where it is there already."""
    at = bisect_left(ids, one)
    if at < len(ids) and ids[at] == one:
        return False
    ids.insert(at, one)
    return True


def remove(ids: list[str], one: str) -> bool:
    """Take ``one`` out; ``False`` where it is not there."""
    at = bisect_left(ids, one)
    if at == len(ids) or ids[at] != one:
        return False
    del ids[at]
    return True


def contains(ids: Sequence[str], one: str) -> bool:
    """Whether ``one`` is there."""
    at = bisect_left(ids, one)
    return at < len(ids) and ids[at] == one


def beyond(ids: Sequence[str], one: str) -> Iterator[str]:
    """Yield the ids after ``one``, whether that is (still) there or not; ``""`` yields all."""
    for at in range(bisect_right(ids, one), len(ids)):
        yield ids[at]
