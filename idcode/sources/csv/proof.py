"""Evidence that a delimited file is whole: its trailer, a manifest beside it, or a least number of rows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from idcode.sources.csv.settings import CsvProof
from idcode.sources.csv.table import LastLine, last_line
from idcode.sources.files import FileContent
from idcode.sources.findings import Findings, counted

_CHECKSUM = re.compile(r"(?P<sha256>[0-9A-Fa-f]{64}) [ *](?P<name>.+)")
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a second file says of the first."""

    rows: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Trailer:
    """The last line of a file: where the rows end, and how many it says there are (``None``: it is no trailer)."""

    end_of_rows: int
    line: int
    rows: int | None


def proof_kind(settings: CsvProof | None) -> str:
    """Return how proofs name the evidence; several kinds, all of which must hold, are joined with ``+``."""
    if settings is None:
        return "none"
    given = {"trailer": settings.trailer, "manifest": settings.manifest, "min-rows": settings.min_rows}
    return "+".join(kind for kind, setting in given.items() if setting is not None)


def find_trailer(text: str, pattern: str) -> Trailer:
    """Look at the last line that is not blank; it is the trailer where ``pattern`` matches all of it."""
    last = last_line(text) or LastLine(len(text), 1, "")
    match = re.fullmatch(pattern, last.text)
    rows = match["rows"] if match else None
    # A group that took no part, or that matched something else than digits, counts nothing.
    if rows is None or not re.fullmatch(r"\s*[0-9]{1,18}\s*", rows):
        return Trailer(len(text), last.line, None)
    return Trailer(last.start, last.line, int(rows))


def check_trailer(trailer: Trailer, rows: int, findings: Findings) -> None:
    """Compare the number in the trailer with the ``rows`` that were read."""
    if trailer.rows is None:
        message = f"{findings.file} does not end with its trailer; its last line is line {trailer.line}"
        hint = (
            "The file was probably cut: fetch or export it again. Change proof.trailer if trailers look different now."
        )
        findings.incomplete("source-trailer-missing", message, hint, trailer.line)
    elif trailer.rows != rows:
        message = f"{findings.file} has {counted(rows, 'row')}, and its trailer says {trailer.rows}"
        hint = "Rows were lost or added on the way: fetch or export the file again."
        findings.incomplete("source-trailer-mismatch", message, hint, trailer.line)


def check_min_rows(least: int, rows: int, findings: Findings) -> None:
    """Compare the number of rows with the least that are expected."""
    if rows < least:
        message = f"{findings.file} has {counted(rows, 'row')}, and min_rows asks for {least}"
        hint = "Check the export; lower min_rows if so few are right."
        findings.incomplete("source-too-few-rows", message, hint)


def check_manifest(path: Path, name: str, content: FileContent, rows: int, findings: Findings) -> None:
    """Compare a file with what the manifest at ``path`` (shown as ``name``) says of it."""
    try:
        manifest = read_manifest(path.read_bytes(), content.path.name)
    except FileNotFoundError:
        message = f"the manifest {name} of {findings.file} does not exist"
        findings.incomplete("source-manifest-missing", message, "Check proof.manifest, and whether the export ran.")
        return
    except OSError as error:
        message = f"the manifest {name} cannot be read: {error.strerror or error}"
        hint = "Give the account that runs idcode the right to read it."
        findings.incomplete("source-manifest-unreadable", message, hint)
        return
    except ValueError as error:
        message = f"the manifest {name} cannot be used: {error}"
        hint = 'Write {"rows": 120, "sha256": "…"} with one of the two or both, or what sha256sum writes.'
        findings.incomplete("source-manifest-unreadable", message, hint)
        return
    hint = "The file and its manifest are not from one export, or the file is damaged: fetch both again."
    if manifest.rows is not None and manifest.rows != rows:
        message = f"{findings.file} has {counted(rows, 'row')}, and its manifest {name} says {manifest.rows}"
        findings.incomplete("source-manifest-mismatch", message, hint)
    if manifest.sha256 is not None and manifest.sha256 != content.sha256:
        message = f"{findings.file} has SHA-256 {content.sha256}, and its manifest {name} says {manifest.sha256}"
        findings.incomplete("source-manifest-mismatch", message, hint)


def read_manifest(data: bytes, file_name: str) -> Manifest:
    """Read ``{"rows": N, "sha256": "…"}`` (either may be left out), or the line of ``sha256sum`` for ``file_name``.

    Raises ``ValueError`` saying what is wrong.
    """
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    return _read_json(text) if text.startswith("{") else _read_checksums(text, file_name)


def _read_json(text: str) -> Manifest:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it begins like JSON and is not") from None
    rows, sha256 = content.get("rows"), content.get("sha256")
    if rows is None and sha256 is None:
        raise ValueError("it has neither rows nor sha256")
    if rows is not None and (not isinstance(rows, int) or isinstance(rows, bool)):
        raise ValueError("its rows is not a whole number")
    if sha256 is not None and not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        raise ValueError("its sha256 is not 64 hexadecimal digits")
    return Manifest(rows, sha256.lower() if sha256 else None)


def _read_checksums(text: str, file_name: str) -> Manifest:
    for line in text.splitlines():
        match = _CHECKSUM.fullmatch(line.strip())
        if match and file_name in (PurePosixPath(match["name"]).name, PureWindowsPath(match["name"]).name):
            return Manifest(sha256=match["sha256"].lower())
    raise ValueError(f"it has no checksum of {file_name}")
