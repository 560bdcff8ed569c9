"""From the bytes of a file to its header and the rows below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from idcode.sources.csv.header import check_header
from idcode.sources.csv.proof import Trailer, find_trailer
from idcode.sources.csv.selection import split_direction
from idcode.sources.csv.settings import CsvSettings
from idcode.sources.csv.table import DELIMITERS, BadRow, Row, guess_delimiter, rows
from idcode.sources.csv.text import UndecodableError, decode, position
from idcode.sources.findings import Findings


@dataclass(frozen=True, slots=True)
class Table:
    """The header's ``names`` and what stands below: ``body`` yields each row once.

    ``usable`` says whether the names are clear, and all there that the settings name; ``trailer`` is ``None`` where
    the settings ask for none.
    """

    names: tuple[str, ...]
    usable: bool
    body: Iterator[Row | BadRow]
    trailer: Trailer | None


def open_table(data: bytes, settings: CsvSettings, findings: Findings) -> Table | None:
    """Decode, set the trailer aside and read the header.

    Where there is no header, say why in ``findings`` and return ``None``.
    """
    text = _read_text(data, settings.encoding, findings)
    if text is None:
        return None
    trailer = None
    if settings.proof and settings.proof.trailer:
        trailer = find_trailer(text, settings.proof.trailer)
        text = text[: trailer.end_of_rows]
    delimiter = settings.delimiter or guess_delimiter(text, settings.key)
    body = rows(text, delimiter)
    header = next(body, None)
    if header is None:
        hint = "The first line must name the columns; check whether the export ran to its end."
        findings.incomplete("csv-empty", f"{findings.file} is empty", hint)
        return None
    if isinstance(header, BadRow):
        report_bad_row(header, findings)
        return None
    if settings.delimiter is None:
        message = f"{findings.file} is read with the delimiter {DELIMITERS[delimiter]}, guessed from its first line"
        hint = f"Write delimiter: {_yaml_text(delimiter)} to settle it."
        findings.say("info", "csv-delimiter-guessed", message, hint, header.line)
    usable = check_header(header.fields, header.line, _needed_columns(settings), findings)
    return Table(header.fields, usable, body, trailer)


def report_bad_row(row: BadRow, findings: Findings) -> None:
    """Say that lines could not be read as fields: whoever stands there is unknown."""
    if row.cut:
        message = f"{findings.file} ends inside the quoted field of the row that begins in line {row.line}"
        hint = "The file was cut, or a quotation mark is missing: fetch or export it again."
        findings.incomplete("csv-cut", message, hint, row.line)
        return
    lines = f"line {row.line}" if row.line == row.last else f"lines {row.line} to {row.last}"
    message = f"{lines} of {findings.file} cannot be divided into fields: {row.reason}"
    hint = "Double a quotation mark that is part of a quoted value, and close every quoted value."
    findings.incomplete("csv-bad-quoting", message, hint, row.line)


def _read_text(data: bytes, encoding: str | None, findings: Findings) -> str | None:
    try:
        decoded = decode(data, encoding)
    except UndecodableError as error:
        byte = "" if error.byte is None else f": byte 0x{error.byte:02X}"
        message = f"{findings.file} is not {error.encoding} in line {error.line}, column {error.column}{byte}"
        hint = "Set encoding to what the export writes, such as utf-8 or windows-1252, or export the file again."
        findings.incomplete("csv-encoding", message, hint, error.line, error.column)
        return None
    if decoded.guessed_from:
        message = f"{findings.file} is read as {decoded.encoding}, guessed from {decoded.guessed_from}"
        findings.say("info", "csv-encoding-guessed", message, f"Write encoding: {decoded.encoding} to settle it.")
    if "\0" in decoded.text:
        line, column = position(decoded.text, decoded.text.index("\0"))
        message = f"{findings.file} holds NUL characters, the first in line {line}, column {column}"
        hint = "The file is damaged, or UTF-16 without a byte order mark (then set encoding: utf-16-le)."
        findings.incomplete("csv-nul", message, hint, line, column)
        return None
    return decoded.text


def _needed_columns(settings: CsvSettings) -> list[str]:
    """Return every column that the settings name."""
    order = [split_direction(column)[0] for column in settings.rows.order_by] if settings.rows else []
    return [settings.key, *settings.required, *settings.max_null, *order]


def _yaml_text(delimiter: str) -> str:
    return r'"\t"' if delimiter == "\t" else f'"{delimiter}"'
