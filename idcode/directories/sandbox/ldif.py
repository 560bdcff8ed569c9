"""LDIF (RFC 2849): directory entries and changes as text."""

from __future__ import annotations

import base64
import binascii
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from idcode.directories.ad.operations import Entry, Modification, ModifyKind
from idcode.model import dn
from idcode.model.diagnostics import Span
from idcode.model.errors import DirectoryError

_NAME = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)(?:;[A-Za-z0-9=*-]+)*")
_TRAILER = frozenset({"search", "ref", "result"})
"""How the parts of ldapsearch's output begin that are no entries."""
_MODIFY_KINDS: dict[str, ModifyKind] = {"add": "add", "delete": "delete", "replace": "replace"}


@dataclass(frozen=True, slots=True)
class ContentRecord:
    """An entry: its values by attribute as first spelled (``objectClass`` always so). ``span`` is its ``dn:`` line."""

    dn: str
    attributes: Mapping[str, Sequence[bytes]]
    span: Span


@dataclass(frozen=True, slots=True)
class AddRecord:
    """``changetype: add``: a new entry."""

    dn: str
    attributes: Mapping[str, Sequence[bytes]]
    span: Span


@dataclass(frozen=True, slots=True)
class ModifyRecord:
    """``changetype: modify``: what happens to which attribute, in order."""

    dn: str
    changes: Mapping[str, Sequence[Modification]]
    span: Span


@dataclass(frozen=True, slots=True)
class RenameRecord:
    """``changetype: modrdn`` (or ``moddn``): a new name, and a new parent unless ``superior`` is ``None``."""

    dn: str
    rdn: str
    superior: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class DeleteRecord:
    """``changetype: delete``."""

    dn: str
    span: Span


ChangeRecord = AddRecord | ModifyRecord | RenameRecord | DeleteRecord
Record = ContentRecord | ChangeRecord


def read_ldif(text: str, file: str) -> list[Record]:
    """Read entries and changes in the order of the text; ``file`` is what messages call it.

    The output of ldapsearch can be read as it is, provided that the search came to its end. Raises ``DirectoryError``
    with place and reason for anything that is not LDIF, for values in other files (``:<``) and for controls.
    """
    records: list[Record] = []
    for number, lines in enumerate(_paragraphs(text, file)):
        if number == 0 and lines[0].name == "version":
            if lines[0].value != b"1":
                raise lines[0].bad("the version of LDIF is 1", "Write version: 1, or leave the line out.")
            lines = lines[1:]
        if not lines:
            continue
        if lines[0].name in _TRAILER:
            _check_complete(lines)
        else:
            records.append(_record(lines))
    return records


def read_content(text: str, file: str) -> list[ContentRecord]:
    """Read entries only; raise ``DirectoryError`` as :func:`read_ldif` does, and for changes."""
    records = []
    for record in read_ldif(text, file):
        if not isinstance(record, ContentRecord):
            raise _bad(record.span, "this is a change, and entries are wanted", "Remove records with changetype.")
        records.append(record)
    return records


def read_changes(text: str, file: str) -> list[ChangeRecord]:
    """Read changes only; raise ``DirectoryError`` as :func:`read_ldif` does, and for entries without changetype."""
    records = []
    for record in read_ldif(text, file):
        if isinstance(record, ContentRecord):
            raise _bad(
                record.span,
                "this record does not say what to do",
                "Write changetype: add, modify, modrdn or delete below its dn.",
            )
        records.append(record)
    return records


def write_ldif(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield the text of ``entries`` record by record: DN, classes, then attributes by name.

    Letters of any language stand as they are and long lines whole, for people to read; Base64 is only what could not
    be read otherwise. That is more than RFC 2849 allows, and every program that reads LDIF as UTF-8 takes it.
    """
    for number, entry in enumerate(entries):
        lines = [_written(name, value) for name, value in _in_order(entry)]
        yield "\n".join([*[""] * bool(number), *lines]) + "\n"


def _in_order(entry: Entry) -> Iterator[tuple[str, bytes]]:
    yield "dn", entry.dn.encode("utf-8")
    for name in sorted(entry.values, key=lambda name: (name.lower() != "objectclass", name.lower())):
        for value in entry.values[name]:
            yield name, bytes(value)


def _written(name: str, value: bytes) -> str:
    text = value.decode("utf-8", "replace")
    if text.isprintable() and "\ufffd" not in text and text == text.strip() and text[:1] not in (":", "<"):
        return f"{name}: {text}".rstrip()
    return f"{name}:: {base64.b64encode(value).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class _Line:
    """An unfolded line: what stands before the colon, and the value with its place. A separator is a name, ``-``."""

    spelled: str
    value: bytes
    span: Span

    @property
    def name(self) -> str:
        return self.spelled.lower()

    def text(self) -> str:
        try:
            return self.value.decode("utf-8")
        except UnicodeDecodeError:
            raise self.bad(f"{self.spelled} is not UTF-8 text", "Save the file as UTF-8.") from None

    def dn(self) -> str:
        """Return the value as a DN; ``<GUID=…>`` and the like are left to the directory."""
        text = self.text()
        if not text.startswith("<"):
            try:
                dn.parse(text)
            except ValueError as error:
                raise self.bad(str(error), "Write it as CN=Ada Brisling,OU=People,DC=corp,DC=example,DC=com.") from None
        return text

    def bad(self, why: str, hint: str) -> DirectoryError:
        return _bad(self.span, why, hint)


def _bad(span: Span, why: str, hint: str) -> DirectoryError:
    return DirectoryError(f"{span}: {why}", hint)


def _paragraphs(text: str, file: str) -> Iterator[list[_Line]]:
    """Yield the lines between empty ones, unfolded and without comments."""
    lines: list[_Line] = []
    for number, line in _unfolded(text, file):
        if line:
            lines.append(_parse(line, Span(file, number)))
        elif lines:
            yield lines
            lines = []
    if lines:
        yield lines


def _unfolded(text: str, file: str) -> Iterator[tuple[int, str]]:
    """Yield each line with its number, continuations joined, comments left out, and an empty line at the end."""
    parts: list[str] = []
    start = 1
    for number, raw in enumerate([*text.removeprefix("\ufeff").split("\n"), ""], 1):
        line = raw.removesuffix("\r")
        if line.startswith(" "):
            if not parts or not parts[0]:
                raise _bad(
                    Span(file, number),
                    "this line begins with a space, and there is none that it could continue",
                    "Remove the space, or the empty line above it.",
                )
            parts.append(line[1:])
            continue
        if parts and not parts[0].startswith("#"):
            yield start, "".join(parts)
        parts, start = [line], number
    yield start, ""


def _parse(line: str, span: Span) -> _Line:
    if line.rstrip() == "-":
        return _Line("-", b"", span)
    name, colon, rest = line.partition(":")
    if not colon or not _NAME.fullmatch(name):
        raise _bad(
            span, f"this is no line of LDIF: {line[:40]!r}", "Write attribute: value, or begin a comment with #."
        )
    encoded, elsewhere = rest.startswith(":"), rest.startswith("<")
    value = rest[encoded or elsewhere :].lstrip(" ")
    place = Span(span.file, span.line, len(line) - len(value) + 1, max(len(value), 1))
    if elsewhere:
        raise _bad(place, f"the value of {name} is in another file", f"Write the value itself, as {name}:: and Base64.")
    if not encoded:
        return _Line(name, value.encode("utf-8"), place)
    try:
        return _Line(name, base64.b64decode(value.strip(), validate=True), place)
    except (binascii.Error, ValueError):
        raise _bad(
            place, f"the value of {name} is not Base64", f"Write {name}: with one colon for plain text."
        ) from None


def _check_complete(lines: Sequence[_Line]) -> None:
    """Insist that a search whose result is in the file came to its end: nothing may rest on half a read."""
    for line in lines:
        if line.name == "result" and not re.match(rb"0\b", line.value):
            raise line.bad(
                f"the search that wrote this file did not come to its end: {line.text()}",
                "Search again, in pages: ldapsearch -E pr=1000/noprompt.",
            )


def _record(lines: Sequence[_Line]) -> Record:
    head, *rest = lines
    if head.name != "dn":
        raise head.bad(
            f"a record begins with dn:, not with {head.spelled}", "Is there an empty line too many above it?"
        )
    name = head.dn()
    if rest and rest[0].name == "control":
        raise rest[0].bad("controls are not supported", "Remove the line.")
    if not rest or rest[0].name != "changetype":
        return ContentRecord(name, _attributes(rest), head.span)
    kind, rest = rest[0], rest[1:]
    match kind.text().strip().lower():
        case "add":
            return AddRecord(name, _attributes(rest), head.span)
        case "modify":
            if not rest:
                raise kind.bad("there is nothing to modify", "Write replace: title, title: Lead, and a line of one -.")
            return ModifyRecord(name, _modifications(rest), head.span)
        case "modrdn" | "moddn":
            return _rename(name, rest, head)
        case "delete":
            if rest:
                raise rest[0].bad("nothing may follow changetype: delete", "Put an empty line between records.")
            return DeleteRecord(name, head.span)
        case _:
            raise kind.bad(f"there is no changetype {kind.text()!r}", "Use add, modify, modrdn or delete.")


def _attributes(lines: Iterable[_Line]) -> dict[str, list[bytes]]:
    attributes: dict[str, list[bytes]] = {}
    spelled = {"objectclass": "objectClass"}  # by this name it is looked for
    for line in lines:
        if line.name in ("-", "dn", "changetype", "control"):
            raise line.bad(
                f"{line.spelled} cannot stand here",
                "Put an empty line between records; changetype is the second line of one.",
            )
        if ";range=" in line.name:
            raise line.bad(
                "this is only a part of the values",
                "Make the file again by a tool that reads all of them, such as idcode snapshot.",
            )
        attributes.setdefault(spelled.setdefault(line.name, line.spelled), []).append(line.value)
    return attributes


def _modifications(lines: Sequence[_Line]) -> dict[str, list[Modification]]:
    """Read parts such as ``replace: title``, ``title: Lead``, ``-``; the last ``-`` may be missing."""
    changes: dict[str, list[Modification]] = {}
    spelled: dict[str, str] = {}
    rest = deque(lines)
    while rest:
        head = rest.popleft()
        kind = _MODIFY_KINDS.get(head.name)
        if kind is None:
            raise head.bad(
                f"{head.spelled} is no way to modify", "Begin with add:, delete: or replace: and an attribute."
            )
        name = head.text().strip()
        values: list[bytes] = []
        while rest and rest[0].name != "-":
            line = rest.popleft()
            if line.name != name.lower():
                raise line.bad(f"{kind}: {name} is followed by {line.spelled}", "End each part with a line of one -.")
            values.append(line.value)
        if rest:
            rest.popleft()
        if kind == "add" and not values:
            raise head.bad(f"add: {name} without a value", f"Write {name}: and a value below it.")
        changes.setdefault(spelled.setdefault(name.lower(), name), []).append((kind, values))
    return changes


def _rename(name: str, lines: Sequence[_Line], head: _Line) -> RenameRecord:
    given = {line.name: line for line in lines}
    for line in lines:
        if line.name not in ("newrdn", "deleteoldrdn", "newsuperior"):
            raise line.bad(f"{line.spelled} has no meaning in a rename", "Use newrdn, deleteoldrdn and newsuperior.")
    if "newrdn" not in given:
        raise head.bad("the new name is missing", "Write newrdn: CN=… below changetype.")
    old = given.get("deleteoldrdn")
    if old is not None and old.value.strip() != b"1":
        raise old.bad("a domain never keeps the old name", "Write deleteoldrdn: 1.")
    superior = given["newsuperior"].dn() if "newsuperior" in given else None
    return RenameRecord(name, given["newrdn"].dn(), superior, head.span)
