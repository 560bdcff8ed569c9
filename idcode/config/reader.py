"""YAML bytes to nodes that know where they stand.

An event loop over ruamel.yaml's C parser (the pure one where the C extension is missing: the same nodes from whatever
both accept).
It reads a deliberately small YAML: every scalar stays the text that was written, so that ``NO``, ``0012345`` and
``12:30:45`` survive; plain ``null``, ``~`` and nothing at all are ``None``. Anchors, aliases, merge keys and tags are
refused, which rules out documents that grow when they are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from idcode.config.located import LocatedDict, LocatedList, LocatedStr, ScalarStyle
from idcode.config.text import SourceText, decode
from idcode.config.yaml_errors import syntax_error
from idcode.model.diagnostics import Diagnostic, Span

MAX_DEPTH = 64
"""How deep mappings and lists may be nested; the deepest model needs a dozen."""
_TAG = re.compile(r"![^\s,\[\]{}]*")
_NULLS = frozenset({"", "~", "null"})
_STYLES: dict[str | None, ScalarStyle] = {"'": "single", '"': "double", "|": "literal", ">": "folded"}


@dataclass(frozen=True, slots=True)
class YamlRead:
    """What a file holds: one value per document, and everything that was wrong with it.

    With an error among ``diagnostics`` the documents may be incomplete and must not be used as data.
    ``text`` gives places and source lines for further findings.
    """

    documents: tuple[Any, ...]
    diagnostics: tuple[Diagnostic, ...]
    text: SourceText

    @property
    def complete(self) -> bool:
        """Whether everything was read without an error."""
        return not any(finding.severity == "error" for finding in self.diagnostics)


def read_yaml(data: bytes, file: str, *, pure: bool = False) -> YamlRead:
    """Read all documents of a YAML file; never raises for what the bytes hold.

    ``file`` is what spans name: the path relative to the project's root with ``/``. A file without any document
    (empty, or comments only) has no documents. ``pure`` forces the parser written in Python.
    """
    text, problem = decode(data, file)
    if problem:
        return YamlRead((), (problem,), text)
    builder = _Builder(text)
    from ruamel.yaml.error import YAMLError

    try:
        for event in _events(text.text, pure):
            if not builder.take(event):
                break
    except YAMLError as error:
        if not pure and "found unexpected ':'" in str(error):
            # libyaml refuses [person:E1001], which YAML allows and which is how members are written.
            return read_yaml(data, file, pure=True)
        builder.findings.append(syntax_error(error, text))
    except (ValueError, OverflowError, RecursionError) as error:
        # The pure parser's own way to refuse a number out of range, such as "\\U99999999" or "%YAML 1.99e9".
        builder.findings.append(text.finding("error", "yaml-syntax", f"this is not valid YAML: {error}", Span(file)))
    return YamlRead(tuple(builder.documents), tuple(builder.findings), text)


def _events(text: str, pure: bool) -> Iterator[Any]:
    if not pure:
        try:
            from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]
        except ImportError:
            pure = True
    if pure:
        from ruamel.yaml import YAML

        parser = YAML(typ="safe", pure=True)
        parser.version = (1, 1)  # what libyaml speaks
        yield from parser.parse(text)
        return
    loop = CParser(text)
    try:
        while (event := loop.get_event()) is not None:
            yield event
    finally:
        loop.dispose()


class _Builder:
    """Builds nodes from events; ``stack`` holds the open collections, ``keys`` the key each mapping waits with."""

    def __init__(self, text: SourceText) -> None:
        self.text = text
        self.documents: list[Any] = []
        self.findings: list[Diagnostic] = []
        self.stack: list[LocatedDict | LocatedList] = []
        self.keys: list[LocatedStr | _NoKey | None] = []

    def take(self, event: Any) -> bool:
        """Take one event; ``False`` where reading must end."""
        kind = type(event).__name__
        if kind == "ScalarEvent":
            if event.anchor is not None or event.tag is not None:
                self._refuse_extras(event)
            self._add(self._scalar(event), event)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._refuse_extras(event)
            return self._open(kind, event)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self.stack.pop()
            self.keys.pop()
        elif kind == "AliasEvent":
            self._error(event, "yaml-anchor", f"the alias *{event.anchor} is not allowed: idcode reads no anchors")
            self._add(None, event)
        elif kind == "DocumentStartEvent" and (event.version or event.tags):
            self._error(event, "yaml-directive", "a %YAML or %TAG directive is not allowed", "remove the line")
        return True

    def _open(self, kind: str, event: Any) -> bool:
        node = LocatedDict() if kind == "MappingStartEvent" else LocatedList()
        node.span = self._span(event, 1)
        if isinstance(node, LocatedDict):
            node.keys_at = {}
        if len(self.stack) >= MAX_DEPTH:
            self._error(event, "yaml-too-deep", f"more than {MAX_DEPTH} levels of nesting")
            return False
        self._add(node, event)
        self.stack.append(node)
        self.keys.append(_NO_KEY)
        return True

    def _add(self, value: Any, event: Any) -> None:
        if not self.stack:
            self.documents.append(value)
            return
        parent = self.stack[-1]
        if isinstance(parent, LocatedList):
            parent.append(value)
            return
        key = self.keys[-1]
        if isinstance(key, _NoKey):
            self.keys[-1] = self._key(parent, value, event)
            return
        self.keys[-1] = _NO_KEY
        if key is not None:
            parent[key] = value

    def _key(self, parent: LocatedDict, value: Any, event: Any) -> LocatedStr | None:
        """Check a key; ``None`` stands for one whose value must be dropped."""
        if not isinstance(value, LocatedStr):
            what = "empty" if value is None else "a mapping or a list"
            self._error(event, "yaml-key", f"a key must be text, this one is {what}")
            return None
        if value == "<<" and value.style == "plain":
            self._error(event, "yaml-anchor", "the merge key << is not allowed: idcode reads no anchors")
            return None
        if value in parent.keys_at:
            first = parent.keys_at[value]
            self._error(
                event,
                "duplicate-key",
                f"the key {str(value)!r} is given twice; the first is in line {first.line}",
                "keep one of them",
            )
            return None
        parent.keys_at[value] = value.span
        return value

    def _scalar(self, event: Any) -> LocatedStr | None:
        value: str = event.value
        style = _STYLES.get(event.style, "plain")
        start, end = event.start_mark, event.end_mark
        if style == "plain":
            if value in _NULLS:
                return None
            if start.line == end.line:  # by far the most: the text is the value
                return LocatedStr.make(value, self._span(event, len(value)), style, value)
        raw = self.text.text[start.index : end.index]
        if style == "plain":
            raw = raw.rstrip()
        return LocatedStr.make(value, self._span(event, len(raw.splitlines()[0])), style, raw)

    def _span(self, event: Any, length: int) -> Span:
        mark = event.start_mark
        return Span(self.text.file, mark.line + 1, mark.column + 1, length)

    def _refuse_extras(self, event: Any) -> None:
        if event.anchor is not None:
            self._error(event, "yaml-anchor", f"the anchor &{event.anchor} is not allowed", "write the value out")
        if event.tag is not None:
            written = _TAG.search(self.text.text, event.start_mark.index)
            tag = written[0] if written else "here"
            self._error(event, "yaml-tag", f"the tag {tag} is not allowed", "remove it; values are read as text")

    def _error(self, event: Any, code: str, message: str, hint: str | None = None) -> None:
        length = event.end_mark.index - event.start_mark.index
        span = self.text.span(event.start_mark.index, max(1, length))
        self.findings.append(self.text.finding("error", code, message, span, hint))


class _NoKey:
    """Marks a mapping that waits for a key."""


_NO_KEY = _NoKey()
