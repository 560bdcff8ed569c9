"""The csv source: one record per key, and a proof."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from pathlib import Path

from idcode.model.records import Reading, Record
from idcode.sources.csv.grouping import group, pick_rows
from idcode.sources.csv.opening import Table, open_table
from idcode.sources.csv.proof import check_manifest, check_min_rows, check_trailer, proof_kind
from idcode.sources.csv.settings import CsvSettings
from idcode.sources.files import FileContent, check_age, check_unchanged, load, relative_name
from idcode.sources.findings import Findings
from idcode.sources.limits import RecordLimits, warn_of_similar_keys


class CsvSource:
    """A delimited text file (``docs/sources.md`` says what its settings mean and what is made of bad rows)."""

    def __init__(self, name: str, settings: CsvSettings, root: Path) -> None:
        self.name = name
        self._settings = settings
        self._root = root
        self._path = root / settings.path
        self._manifest = root / settings.proof.manifest if settings.proof and settings.proof.manifest else None

    def files(self) -> tuple[Path, ...]:
        """Return the data file, and the manifest where the settings name one."""
        return (self._path, self._manifest) if self._manifest else (self._path,)

    def columns(self) -> tuple[str, ...] | None:
        """Return the names in the header, or ``None`` where none can be read."""
        findings = self._findings()
        content = load(self._path, findings)
        table = open_table(content.data, self._settings, findings) if content else None
        return tuple(dict.fromkeys(name for name in table.names if name.strip())) if table else None

    def read(self, now: datetime) -> Reading[Record]:
        """Yield one record per key in the order of the file; an empty cell is null, all others are as written.

        The proof counts rows. Nothing that stands in the file makes this raise.
        """
        findings = self._findings()
        kind = proof_kind(self._settings.proof)
        content = load(self._path, findings)
        if content is None:
            return findings.proof(kind, 0)
        check_age(content, self._settings.max_age, now, findings)
        table = open_table(content.data, self._settings, findings)
        rows = 0
        if table and table.usable:
            rows = yield from self._records(table, findings)
            self._prove(content, table, rows, findings)
        check_unchanged(content, findings)
        return findings.proof(kind, rows, content.digest)

    def _findings(self) -> Findings:
        return Findings(self.name, relative_name(self._path, self._root))

    def _records(self, table: Table, findings: Findings) -> Generator[Record, None, int]:
        """Yield the records; return the number of rows."""
        grouped = group(table, self._settings.key, findings)
        limits = RecordLimits(self._settings, findings)
        columns = [(position, name) for position, name in enumerate(table.names) if name.strip()]
        for key, row in pick_rows(grouped, table, self._settings.rows, findings):
            values = {name: row.fields[position] or None for position, name in columns}
            if limits.admits(key, values, row.line):
                yield Record(self.name, key, values, row.line)
        limits.finish()
        warn_of_similar_keys(((key, rows[0].line) for key, rows in grouped.by_key.items()), findings)
        return grouped.total

    def _prove(self, content: FileContent, table: Table, rows: int, findings: Findings) -> None:
        """Hold the file against every proof that the settings name."""
        proof = self._settings.proof
        if proof is None:
            message = f"nothing proves that {findings.file} is whole"
            hint = (
                "Configure proof: {trailer: …}, {manifest: …} or {min_rows: …}. Until then nobody is created from "
                "this source, nobody counts as missing, and what it gives stays as it is."
            )
            findings.complete = False
            findings.say("warning", "source-no-proof", message, hint)
            return
        if table.trailer:
            check_trailer(table.trailer, rows, findings)
        if self._manifest:
            check_manifest(self._manifest, relative_name(self._manifest, self._root), content, rows, findings)
        if proof.min_rows is not None:
            check_min_rows(proof.min_rows, rows, findings)
