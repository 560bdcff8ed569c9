"""Reading a source the way the engine does: settings as in a file, a real file, records and proof."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from idcode.model.diagnostics import Diagnostic
from idcode.model.records import Proof, Record
from idcode.sources.csv.settings import CsvSettings
from idcode.sources.csv.source import CsvSource
from idcode.sources.yaml.settings import YamlSettings
from idcode.sources.yaml.source import YamlSource

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
TRAILER = {"trailer": r"^TOTAL;(?P<rows>\d+)$"}


class Read:
    """What one read gave."""

    def __init__(self, records: list[Record], proof: Proof) -> None:
        self.records, self.proof = records, proof
        self.keys = [record.key for record in records]
        self.values = {record.key: dict(record.values) for record in records}

    def codes(self, severity: str = "error") -> list[str]:
        return [found.code for found in self.proof.diagnostics if found.severity == severity]

    def found(self, code: str) -> Diagnostic:
        (only,) = [found for found in self.proof.diagnostics if found.code == code]
        return only


def csv_source(root: Path, **settings: Any) -> CsvSource:
    given = {"type": "csv", "path": "data/hr.csv", "key": "id"} | settings
    return CsvSource("hr", CsvSettings.model_validate(given), root)


def yaml_source(root: Path, **settings: Any) -> YamlSource:
    given = {"type": "yaml", "path": "identities/contractors.yaml", "key": "id"} | settings
    return YamlSource("contractors", YamlSettings.model_validate(given), root)
