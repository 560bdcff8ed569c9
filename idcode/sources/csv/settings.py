"""Settings of ``type: csv``; no I/O."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from idcode.config.models.base import Duration, Node
from idcode.config.models.project import SourceLimits


class CsvProof(Node):
    """Evidence that a file is whole: a last line, a second file, or a least number of rows."""

    trailer: str | None = None
    manifest: str | None = None
    min_rows: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one(self) -> CsvProof:
        if not any((self.trailer, self.manifest, self.min_rows)):
            raise ValueError("name a proof: trailer, manifest or min_rows")
        return self


class CsvRows(Node):
    """Which of several rows of one key counts: sorted by ``order_by`` (``-`` descending), the first or last."""

    order_by: Annotated[list[str], Field(min_length=1)]
    pick: Literal["first", "last"] = "first"


class CsvSettings(SourceLimits):
    """A delimited text file."""

    type: Literal["csv"]
    path: str
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str | None = None
    rows: CsvRows | None = None
    proof: CsvProof | None = None
    max_age: Duration | None = None
