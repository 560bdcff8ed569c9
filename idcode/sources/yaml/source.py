"""The yaml source: a list of mappings kept in the repository, and a proof."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from idcode.config.located import LocatedDict, LocatedList, LocatedStr
from idcode.config.reader import read_yaml
from idcode.model.records import Reading, Record
from idcode.model.values import Value
from idcode.sources.files import FileContent, check_unchanged, load, relative_name
from idcode.sources.findings import Findings
from idcode.sources.limits import RecordLimits, warn_of_similar_keys
from idcode.sources.yaml.settings import YamlSettings

_KIND = "document"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One item of the list that can be used, except that others may have its key."""

    key: str
    values: Mapping[str, Value]
    line: int


class YamlSource:
    """A YAML file with one list of mappings (``docs/sources.md`` says what its settings mean)."""

    def __init__(self, name: str, settings: YamlSettings, root: Path) -> None:
        self.name = name
        self._settings = settings
        self._root = root
        self._path = root / settings.path

    def files(self) -> tuple[Path, ...]:
        """Return the one file."""
        return (self._path,)

    def columns(self) -> None:
        """Return ``None``: any record may leave any field out, and the next one may bring a new field."""

    def read(self, now: datetime) -> Reading[Record]:  # noqa: ARG002 - as the port has it
        """Yield one record per key in the order of the file; fields that a record leaves out are null.

        A value is the text as written, or a tuple of texts. ``now`` does not matter: what is under version control
        does not age. Nothing that stands in the file makes this raise.
        """
        findings = Findings(self.name, relative_name(self._path, self._root))
        content = load(self._path, findings)
        if content is None:
            return findings.proof(_KIND, 0)
        items = self._items(content, findings)
        if items is not None:
            yield from self._records(items, findings)
        check_unchanged(content, findings)
        return findings.proof(_KIND, len(items or ()), content.digest)

    def _items(self, content: FileContent, findings: Findings) -> LocatedList | None:
        """Return the list that the file holds; ``None``, with the reason in ``findings``, where it is not one."""
        read = read_yaml(content.data, findings.file)
        for diagnostic in read.diagnostics:
            findings.add(replace(diagnostic, subject=self.name))
        if not read.complete:
            # What was read up to the error may lack values, which would pass for null.
            findings.complete = False
            return None
        if len(read.documents) == 1 and isinstance(read.documents[0], LocatedList):
            return read.documents[0]
        number = len(read.documents)
        what = "is empty" if number == 0 else "holds several documents" if number > 1 else "is not a list"
        hint = f"Write one list of mappings, each beginning with '- {self._settings.key}: …'; [] if it has nobody."
        findings.incomplete("yaml-not-a-list", f"{findings.file} {what}, and a source is one list", hint)
        return None

    def _records(self, items: LocatedList, findings: Findings) -> Generator[Record, None, None]:
        by_key: dict[str, list[_Entry]] = {}
        for entry in self._entries(items, findings):
            by_key.setdefault(entry.key, []).append(entry)
        fields = dict.fromkeys(field for entries in by_key.values() for entry in entries for field in entry.values)
        limits = RecordLimits(self._settings, findings)
        for key, entries in by_key.items():
            if len(entries) > 1:
                lines = ", ".join(str(entry.line) for entry in entries)
                message = f"the key {key!r} has {len(entries)} records in {findings.file}, in lines {lines}"
                hint = "Keep one of them, or correct the key; until then this identity stays as it is."
                findings.freeze([key], "yaml-duplicate-key", message, hint, entries[1].line)
            if key in findings.unreadable:
                continue
            values = {field: entries[0].values.get(field) for field in fields}
            if limits.admits(key, values, entries[0].line):
                yield Record(self.name, key, values, entries[0].line)
        limits.finish()
        warn_of_similar_keys(((key, entries[0].line) for key, entries in by_key.items()), findings)

    def _entries(self, items: LocatedList, findings: Findings) -> Iterator[_Entry]:
        """Yield the items that can be used; the others go into ``findings``."""
        for number, item in enumerate(items, 1):
            if not isinstance(item, LocatedDict):
                line = item.span.line if isinstance(item, LocatedStr | LocatedList) else items.span.line
                message = f"item {number} of {findings.file} is not a record"
                hint = f"Write fields with values, such as '- {self._settings.key}: …', or remove the item."
                findings.incomplete("yaml-not-a-record", message, hint, line)
                continue
            key = item.get(self._settings.key)
            if isinstance(key, LocatedStr) and key.strip():
                yield _Entry(str(key), _values(item, str(key), findings), item.span.line)
                continue
            message = f"the record in line {item.span.line} of {findings.file} has no key ({self._settings.key})"
            hint = "Fill in the key, or remove the record: without a key nobody knows whose it is."
            findings.incomplete("source-key-empty", message, hint, item.span.line, item.span.column)


def _values(item: LocatedDict, key: str, findings: Findings) -> dict[str, Value]:
    """Return the fields of a record as plain values; one that holds anything else freezes the record."""
    values: dict[str, Value] = {}
    for field, node in item.items():
        if not _is_value(node):
            message = f"{field!r} of the record {key!r} is neither a text nor a list of texts"
            hint = "Write one text, or a list such as [first, second]; until then this identity stays as it is."
            findings.freeze([key], "yaml-bad-value", message, hint, item.keys_at[field].line)
        elif isinstance(node, LocatedList):
            values[str(field)] = tuple(map(str, node)) or None
        else:
            values[str(field)] = str(node) if node else None
    return values


def _is_value(node: Any) -> bool:
    if isinstance(node, LocatedList):
        return all(isinstance(text, LocatedStr) for text in node)
    return node is None or isinstance(node, LocatedStr)
