"""Which of several rows of one key counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from idcode.sources.csv.table import Row

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


class Order(NamedTuple):
    """One column to sort by, as its position in the row."""

    position: int
    descending: bool


class Choice(NamedTuple):
    """The row that counts, and one that is just as good by all columns of the order but not the same."""

    row: Row
    rival: Row | None


def split_direction(column: str) -> tuple[str, bool]:
    """Return the column of one entry of ``order_by``, and whether ``-`` asks for the descending order."""
    return column.removeprefix("-"), column.startswith("-")


def choose(rows: Sequence[Row], order: Sequence[Order], pick: Literal["first", "last"]) -> Choice:
    """Sort the rows of one key and take the first or last.

    A column is compared by number where it holds only numbers in these rows, otherwise as text without letter
    case (so ``0`` < ``1``, ``false`` < ``true``, and ISO dates by time). A row that has nothing in the column is
    taken only if no other has. Rows that are equal by all columns stay in the order of the file.
    """
    ranked = list(rows)
    for column in reversed(order):  # sorting is stable: the most significant column last
        ranked = _sorted(ranked, column, pick)
    chosen = ranked[0 if pick == "first" else -1]
    sort_values = _sort_values(chosen, order)
    rivals = (row for row in rows if row.fields != chosen.fields and _sort_values(row, order) == sort_values)
    return Choice(chosen, next(rivals, None))


def _sorted(rows: list[Row], column: Order, pick: Literal["first", "last"]) -> list[Row]:
    def cell(row: Row) -> str:
        return row.fields[column.position].strip()

    filled = [row for row in rows if cell(row)]
    empty = [row for row in rows if not cell(row)]
    if all(_NUMBER.fullmatch(cell(row)) for row in filled):
        filled.sort(key=lambda row: Decimal(cell(row)), reverse=column.descending)
    else:
        filled.sort(key=lambda row: cell(row).lower(), reverse=column.descending)
    return filled + empty if pick == "first" else empty + filled


def _sort_values(row: Row, order: Sequence[Order]) -> list[str]:
    return [row.fields[column.position].strip().lower() for column in order]
