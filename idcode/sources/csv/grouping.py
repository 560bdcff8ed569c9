"""The rows of a file by key, and the one of each key that counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from idcode.sources.csv.opening import Table, report_bad_row
from idcode.sources.csv.selection import Order, choose, split_direction
from idcode.sources.csv.settings import CsvRows
from idcode.sources.csv.table import BadRow, Row
from idcode.sources.findings import Findings, counted


@dataclass(slots=True)
class Grouped:
    """The rows that can be read, by key in the order of the file; ``total`` also counts those that cannot."""

    by_key: dict[str, list[Row]] = field(default_factory=dict)
    total: int = 0


def group(table: Table, key: str, findings: Findings) -> Grouped:
    """Read all rows of ``table``; those that cannot be read go into ``findings``."""
    grouped = Grouped()
    width, position = len(table.names), table.names.index(key)
    for row in table.body:
        grouped.total += 1
        if isinstance(row, BadRow):
            report_bad_row(row, findings)
        elif len(row.fields) != width:
            _report_ragged(row, width, position, findings)
        elif not (value := row.fields[position]).strip():
            message = f"the row in line {row.line} of {findings.file} has nothing in the key column {key!r}"
            hint = "Fill in the key, or remove the row: without a key nobody knows whose it is."
            findings.incomplete("source-key-empty", message, hint, row.line)
        else:
            grouped.by_key.setdefault(value, []).append(row)
    return grouped


def pick_rows(
    grouped: Grouped, table: Table, settings: CsvRows | None, findings: Findings
) -> Iterator[tuple[str, Row]]:
    """Yield each key with the row that counts; keys that cannot be read, or with several rows, are left out."""
    order: list[Order] = []
    for column in settings.order_by if settings else ():
        name, descending = split_direction(column)
        order.append(Order(table.names.index(name), descending))
    for key, rows in grouped.by_key.items():
        if key in findings.unreadable:
            continue
        if len(rows) == 1:
            yield key, rows[0]
        elif settings is None:
            _report_doubled(key, rows, findings)
        else:
            choice = choose(rows, order, settings.pick)
            if choice.rival:
                _report_tie(key, choice.row, choice.rival, findings)
            yield key, choice.row


def _report_ragged(row: Row, width: int, position: int, findings: Findings) -> None:
    """Freeze whoever the row may be about."""
    keys = _possible_keys(row.fields, width, position)
    # Several fields may be the key, and the others are nobody's business: only a certain key is named.
    whose = f"the row of {keys[0]!r}" if len(keys) == 1 else "the row"
    fields = counted(len(row.fields), "field")
    message = f"{whose} in line {row.line} of {findings.file} has {fields}, and the header has {width}"
    if keys:
        hint = "Quote values that hold a delimiter or a line end; until then this identity stays as it is."
        findings.freeze(keys, "csv-ragged-row", message, hint, row.line)
    else:
        hint = "Its key cannot be read, so somebody is missing without being named: export the file again."
        findings.incomplete("csv-ragged-row", message, hint, row.line)


def _possible_keys(fields: tuple[str, ...], width: int, position: int) -> list[str]:
    """Return the fields that may be the key of a row with too many or too few; none where it may not be there.

    A delimiter or line end that should have been quoted moves all that follows it, so that behind the first
    column the key may stand anywhere between its own place and the one it was moved to.
    """
    if position >= len(fields):
        return []
    shift = len(fields) - width if position else 0
    low, high = sorted((position, position + shift))
    return [key for key in fields[max(low, 0) : high + 1] if key.strip()]


def _report_doubled(key: str, rows: list[Row], findings: Findings) -> None:
    lines = ", ".join(str(row.line) for row in rows)
    message = f"the key {key!r} has {len(rows)} rows in {findings.file}, in lines {lines}"
    hint = "Correct the export, or say with rows: {order_by: […]} which one counts; until then it stays as it is."
    findings.freeze([key], "csv-duplicate-key", message, hint, rows[1].line)


def _report_tie(key: str, row: Row, rival: Row, findings: Findings) -> None:
    message = (
        f"the rows of {key!r} in lines {row.line} and {rival.line} of {findings.file} are equal by order_by "
        f"and not the same; line {row.line} is used"
    )
    hint = "Add a column to order_by that tells them apart; the order of lines may be another in the next export."
    findings.say("warning", "csv-rows-tied", message, hint, row.line)
