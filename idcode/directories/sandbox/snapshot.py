"""Saved reads of directories: one file that a plan is computed from instead of the live directories.

The file is JSON Lines (UTF-8), packed with gzip where its name ends in ``.gz``. The first line says what was read:
the directories with their schema, managed scopes and the attributes that were asked for. Then comes one line for each
object, and at last the proof that every read was complete (DESIGN.md, law 2), whose last field is the SHA-256 of all
bytes before that field.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import secrets
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast, get_args

from idcode.directories.ad.schema import AdSchema
from idcode.directories.sandbox.schema import decode_schema, encode_schema
from idcode.model.errors import DirectoryError, UsageError
from idcode.model.records import Fingerprint, LiveObject, ObjectType, Proof, Scope
from idcode.model.values import Scalar, from_json, iso, parse_iso, to_json

FORMAT = "idcode.snapshot/1"
_FAMILY = FORMAT.partition("/")[0]
_AGAIN = "Take a new one where the directories can be reached: idcode snapshot --out FILE"
_GZIP = b"\x1f\x8b"
_SEAL = b'"sha256":"%s"}\n'
_SEALED = len(_SEAL % (b"0" * 64))


@dataclass(frozen=True, slots=True)
class SavedDirectory:
    """One AD domain as it was read.

    ``attributes`` names by object type what was asked for, in the schema's spelling: of these, what an object does not
    have is empty, and of all others it is not known. ``mark_in`` is the attribute that held idcode's mark.
    """

    fingerprint: Fingerprint
    base_dn: str
    mark_in: str
    schema: AdSchema
    attributes: Mapping[ObjectType, frozenset[str]]
    scopes: tuple[Scope, ...]
    objects: tuple[LiveObject, ...]
    proof: Proof


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a file holds. ``taken_at`` is ISO 8601 in UTC, ``redacted`` what was left out on purpose (``redact``)."""

    taken_at: str
    idcode_version: str
    project: str
    redacted: tuple[str, ...]
    directories: Mapping[str, SavedDirectory]


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Write ``snapshot`` to ``path`` with mode 0600: it holds personal data.

    The file appears whole or not at all. Raises ``UsageError`` where it cannot be written, and ``ValueError`` for a
    read that is not complete: of such a one there is no snapshot.
    """
    if not all(saved.proof.complete for saved in snapshot.directories.values()):
        raise ValueError("the read was not complete")
    try:
        target = path.resolve()
        if path.exists() and not target.is_file():
            raise UsageError(
                f"cannot write the snapshot to {path}: it is no file", "Name one, such as snapshot.jsonl.gz."
            )
        partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                _write(file, _lines(snapshot), packed=target.suffix == ".gz")
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"cannot write the snapshot to {path}: {reason}", "Name a file in a folder that exists."
        ) from None


def _write(file: BinaryIO, lines: Iterable[bytes], packed: bool) -> None:
    if packed:
        # Without name and time, so that one content always gives one file.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as inner:
            _write(cast(BinaryIO, inner), lines, packed=False)
        return
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
        file.write(line)
    file.write(_SEAL % digest.hexdigest().encode("ascii"))


def _lines(snapshot: Snapshot) -> Iterator[bytes]:
    """Yield all lines, the last one up to its seal."""
    yield _line(_header(snapshot))
    for name, saved in snapshot.directories.items():
        for live in saved.objects:
            yield _line(_object(name, live))
    proofs = {
        name: {"complete": saved.proof.complete, "kind": saved.proof.kind, "count": saved.proof.count}
        for name, saved in snapshot.directories.items()
    }
    total = sum(saved.proof.count for saved in snapshot.directories.values())
    yield _line({"proof": proofs, "total": total})[:-2] + b","


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"


def _header(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "taken_at": snapshot.taken_at,
        "idcode_version": snapshot.idcode_version,
        "project": snapshot.project,
        "redacted": list(snapshot.redacted),
        "directories": {name: _directory(saved) for name, saved in snapshot.directories.items()},
    }


def _directory(saved: SavedDirectory) -> dict[str, Any]:
    return {
        "type": saved.fingerprint.type,
        "identity": saved.fingerprint.identity,
        "server": saved.fingerprint.server,
        "invocation_id": saved.fingerprint.invocation_id,
        "usn": saved.fingerprint.usn,
        "base_dn": saved.base_dn,
        "mark_in": saved.mark_in,
        "attributes": {object_type: sorted(names) for object_type, names in sorted(saved.attributes.items())},
        "scopes": [
            {"name": s.name, "object_type": s.object_type, "base": list(s.base), "filter": s.filter}
            for s in saved.scopes
        ],
        "schema": encode_schema(saved.schema),
    }


def _object(directory: str, live: LiveObject) -> dict[str, Any]:
    return {
        "directory": directory,
        "anchor": live.anchor,
        "dn": live.dn,
        "type": live.object_type,
        "attributes": {name: to_json(values) for name, values in live.attributes.items()},
        "enabled": live.enabled,
        "mark": live.mark,
        "needs_password": live.needs_password,
        "protected": live.protected,
        "deleted": live.deleted,
        "scopes": sorted(live.scopes),
    }


def is_snapshot(path: Path) -> bool:
    """Whether a file looks like a snapshot rather than text of another kind, by its first bytes."""
    try:
        with path.open("rb") as file:
            return file.read(2).startswith((_GZIP, b"{"))
    except OSError:
        return False


def read_snapshot(path: Path) -> Snapshot:
    """Read what :func:`write_snapshot` wrote.

    Raises ``UsageError`` for a file that cannot be opened, and ``DirectoryError`` for anything but a whole, unaltered
    snapshot of a format that this version knows.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the snapshot {path}: {error.strerror or error}", _AGAIN) from None
    lines = _unpacked(path, raw).splitlines(keepends=True)
    header = _first(path, lines)
    _check_seal(path, lines)
    try:
        objects: dict[str, list[LiveObject]] = {name: [] for name in header["directories"]}
        for line in lines[1:-1]:
            document = json.loads(line)
            objects[document["directory"]].append(_decoded_object(document))
        proofs = json.loads(lines[-1])["proof"]
        directories = {
            name: _decoded_directory(data, proofs[name], tuple(objects[name]))
            for name, data in header["directories"].items()
        }
        return Snapshot(
            taken_at=iso(parse_iso(header["taken_at"])),
            idcode_version=str(header["idcode_version"]),
            project=str(header["project"]),
            redacted=tuple(map(str, header["redacted"])),
            directories=directories,
        )
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        raise DirectoryError(
            f"{path} is not a snapshot that idcode wrote: something is missing in it", _AGAIN
        ) from None


def _unpacked(path: Path, raw: bytes) -> bytes:
    if not raw.startswith(_GZIP):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        raise DirectoryError(f"the snapshot {path} is damaged or cut off: it cannot be unpacked", _AGAIN) from None


def _first(path: Path, lines: list[bytes]) -> dict[str, Any]:
    """Return the first line of a snapshot of the known format."""
    try:
        header = json.loads(lines[0])
        found = str(header["format"])
    except (IndexError, KeyError, RecursionError, TypeError, ValueError):
        found = ""
    if found == FORMAT:
        return cast("dict[str, Any]", header)
    if found.startswith(f"{_FAMILY}/"):
        raise DirectoryError(
            f"the snapshot {path} has the format {found}, and this version of idcode reads {FORMAT}",
            "Use the version that made it, or take a new one: idcode snapshot --out FILE",
        )
    raise DirectoryError(f"{path} is not a snapshot", _AGAIN)


def _check_seal(path: Path, lines: list[bytes]) -> None:
    """Raise ``DirectoryError`` unless the last line seals all bytes before it."""
    last = lines[-1]
    if not last.startswith(b'{"proof"') or not last.endswith(b"}\n"):
        raise DirectoryError(
            f"the snapshot {path} is cut off: the line that proves it complete is missing at its end", _AGAIN
        )
    digest = hashlib.sha256()
    for line in lines[:-1]:
        digest.update(line)
    digest.update(last[:-_SEALED])
    if last[-_SEALED:] != _SEAL % digest.hexdigest().encode("ascii"):
        raise DirectoryError(
            f"the snapshot {path} was altered or damaged after it was made: its checksum does not fit", _AGAIN
        )


def _decoded_directory(
    data: Mapping[str, Any], proof: Mapping[str, Any], objects: tuple[LiveObject, ...]
) -> SavedDirectory:
    if proof["complete"] is not True or proof["count"] != len(objects):
        raise ValueError("not complete")
    return SavedDirectory(
        fingerprint=Fingerprint(data["type"], data["identity"], data["server"], data["invocation_id"], data["usn"]),
        base_dn=str(data["base_dn"]),
        mark_in=str(data["mark_in"]),
        schema=decode_schema(data["schema"]),
        attributes={_object_type(kind): frozenset(names) for kind, names in data["attributes"].items()},
        scopes=tuple(
            Scope(s["name"], _object_type(s["object_type"]), tuple(s["base"]), s["filter"]) for s in data["scopes"]
        ),
        objects=objects,
        proof=Proof(True, str(proof["kind"]), len(objects)),
    )


def _decoded_object(data: Mapping[str, Any]) -> LiveObject:
    attributes = {name: cast("tuple[Scalar, ...]", from_json(values)) for name, values in data["attributes"].items()}
    if not all(isinstance(values, tuple) and values for values in attributes.values()):
        raise ValueError("an attribute without values")
    return LiveObject(
        anchor=str(data["anchor"]),
        dn=str(data["dn"]),
        object_type=_object_type(data["type"]),
        attributes=attributes,
        enabled=data["enabled"],
        mark=data["mark"],
        needs_password=bool(data["needs_password"]),
        protected=data["protected"],
        deleted=bool(data["deleted"]),
        scopes=frozenset(data["scopes"]),
    )


def _object_type(word: str) -> ObjectType:
    if word not in get_args(ObjectType):
        raise ValueError(f"no object type: {word}")
    return cast(ObjectType, word)
