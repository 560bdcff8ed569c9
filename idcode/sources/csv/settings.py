"""Settings of ``type: csv``; no I/O."""

from __future__ import annotations

import codecs
import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from idcode.config.models.base import Duration, Node
from idcode.config.models.project import SourceLimits

_NOT_CHARACTER_SETS = frozenset(
    {"idna", "punycode", "raw_unicode_escape", "unicode_escape", "undefined", "mbcs", "oem"}
)


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

    @field_validator("trailer")
    @classmethod
    def _counts_rows(cls, pattern: str | None) -> str | None:
        try:
            groups = re.compile(pattern).groupindex if pattern is not None else {"rows": 1}
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        if "rows" not in groups:
            raise ValueError(r"the trailer must have a group named rows, such as '^TOTAL;(?P<rows>\d+)$'")
        return pattern


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

    @field_validator("delimiter")
    @classmethod
    def _can_delimit(cls, delimiter: str | None) -> str | None:
        if delimiter is not None and delimiter in '"\r\n\0':
            raise ValueError("a quotation mark, a line end or NUL cannot be the delimiter")
        return delimiter

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str | None) -> str | None:
        if encoding is not None:
            try:
                known = codecs.lookup(encoding).name.replace("-", "_") not in _NOT_CHARACTER_SETS
                b"    ".decode(encoding)  # refuses codecs such as base64, which do not give text
            except UnicodeError:
                pass  # blanks may well be no text in it
            except (LookupError, ValueError):
                known = False
            if not known:
                raise ValueError(f"{encoding!r} is not an encoding of text; try utf-8 or windows-1252")
        return encoding
