"""What every source may insist on of its records: columns that are filled, and keys that are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from idcode.config.models.project import SourceLimits
from idcode.model.values import Value
from idcode.sources.findings import Findings


def is_blank(value: Value) -> bool:
    """Whether nothing can be made of a value: null, or only white space."""
    return value is None or (isinstance(value, str) and not value.strip())


class RecordLimits:
    """Checks ``required`` record by record and counts for ``max_null``."""

    def __init__(self, settings: SourceLimits, findings: Findings) -> None:
        self._required = settings.required
        self._max_null = settings.max_null
        self._findings = findings
        self._records = 0
        self._nulls = dict.fromkeys(settings.max_null, 0)

    def admits(self, key: str, values: Mapping[str, Value], line: int) -> bool:
        """Count a record; return whether it has all it must have. One that has not freezes its key."""
        self._records += 1
        for column in self._nulls:
            self._nulls[column] += is_blank(values.get(column))
        empty = [column for column in self._required if is_blank(values.get(column))]
        if empty:
            message = f"the record {key!r} has no {' and no '.join(empty)}, which the source requires"
            hint = "Fill it in where the data comes from; until then this identity stays as it is."
            self._findings.freeze([key], "source-required-empty", message, hint, line)
        return not empty

    def finish(self) -> None:
        """Say which columns are empty more often than ``max_null`` allows."""
        for column, percent in self._max_null.items():
            nulls = self._nulls[column]
            if nulls * 100 > percent * self._records:
                share = f"{nulls} of {self._records} records ({nulls / self._records:.1%})"
                message = f"{column} is empty in {share} of {self._findings.file}, and max_null allows {percent:g}%"
                hint = f"Check the export of {column}; raise max_null if this is how it is meant to be."
                self._findings.incomplete("source-too-many-nulls", message, hint)


def warn_of_similar_keys(keys: Iterable[tuple[str, int]], findings: Findings) -> None:
    """Say which keys (each with its line) differ only by letter case or by spaces around them."""
    first: dict[str, str] = {}
    for key, line in keys:
        other = first.setdefault(key.strip().lower(), key)
        if other != key:
            message = f"the keys {other!r} and {key!r} differ only by letter case or by spaces around them"
            hint = "They are taken for two identities; write them alike, or correct the one that is wrong."
            findings.say("warning", "source-similar-keys", message, hint, line)
