"""What operations work with: looking at one object, encoding values, and saying how a step went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idcode.directories.ad import problems
from idcode.directories.ad.constants import CONTROL_EXTENDED_DN, NO_SUCH_ATTRIBUTE, NO_SUCH_OBJECT, VALUE_EXISTS
from idcode.directories.ad.entries import Decoder, complete_ranges
from idcode.directories.ad.operations import Control, Entry, Result, Session
from idcode.directories.ad.reading import DACL_ONLY, SHOW_DELETED
from idcode.directories.ad.values import decode, encode
from idcode.model import dn
from idcode.model.errors import DirectoryError
from idcode.model.schema import Kind
from idcode.model.syntax import key, text_of
from idcode.model.values import Ref, Scalar, from_json
from idcode.model.writes import OutcomeStatus

Request = Mapping[str, Any]
# LDAP_SERVER_EXTENDED_DN_OID with flag 1: GUIDs in string form (MS-ADTS 3.1.1.3.4.1.5).
_EXTENDED_DN: Control = (CONTROL_EXTENDED_DN, True, bytes.fromhex("3003020101"))


@dataclass(frozen=True, slots=True)
class Step:
    """How one operation ended; the write's own :class:`Outcome` without its id."""

    status: OutcomeStatus
    code: str | None = None
    message: str | None = None
    anchor: str | None = None


DONE = Step("done", "ldap:0")


class Missing(DirectoryError):
    """The object of an operation is not there."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One domain's session and decoder. ``mark_in`` is the attribute that holds idcode's mark."""

    session: Session
    decoder: Decoder
    root_dn: str

    @property
    def mark_in(self) -> str:
        """The attribute of idcode's mark."""
        return self.decoder.mark_in

    def kind(self, name: str) -> Kind:
        """Return the kind of an attribute."""
        return self.decoder.schema.attributes.kind(name)

    def address(self, request: Request) -> str:
        """Return what addresses the object of a request on the wire: its GUID, or the DN it was created with."""
        target = request["target"]
        return f"<GUID={target['guid']}>" if "guid" in target else str(target["dn"])

    def look(
        self, request: Request, attributes: Iterable[str] = (), controls: Sequence[Control] = (), deleted: bool = False
    ) -> Entry | None:
        """Read the request's object as it is now; ``None`` where it is not there."""
        return self.look_at(self.address(request), attributes, [*controls, *([SHOW_DELETED] if deleted else [])])

    def look_at(self, name: str, attributes: Iterable[str] = (), controls: Sequence[Control] = ()) -> Entry | None:
        """Read the object with this DN; raise ``DirectoryError`` where the server does not say whether it exists."""
        answer = self.session.search(name, attributes=["objectGUID", *attributes], scope="base", controls=controls)
        if answer.result.code == NO_SUCH_OBJECT or (answer.result.ok and not answer.entries):
            return None
        if not answer.result.ok:
            raise DirectoryError(f"{name} cannot be read: {answer.result}")
        return complete_ranges(self.session, answer.entries[0], controls)

    def need(self, request: Request, attributes: Iterable[str] = (), controls: Sequence[Control] = ()) -> Entry:
        """Read the request's object; raise :class:`Missing` where it is not there."""
        entry = self.look(request, attributes, controls)
        if entry is None:
            raise Missing("the object is not there any more")
        return entry

    def need_descriptor(self, name: str) -> Entry:
        """Read an object's access control list."""
        entry = self.look_at(name, ["nTSecurityDescriptor"], [DACL_ONLY])
        if entry is None:
            raise Missing(f"{name} is not there any more")
        return entry

    def encode(self, name: str, found: Iterable[Any]) -> list[bytes]:
        """Return JSON values as the wire wants them; raise ``ValueError`` naming the attribute."""
        raw = []
        for item in found:
            try:
                raw.append(encode(scalar(item), self.kind(name)))
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return raw

    def current(self, request: Request, names: Iterable[str]) -> Held | None:
        """Read attributes for comparison; ``None`` where the object is not there."""
        wanted = list(names)
        linked = any(self.kind(name) is Kind.REFERENCE for name in wanted)
        entry = self.look(request, wanted, [_EXTENDED_DN] if linked else [])
        return None if entry is None else Held(entry, self)


@dataclass(frozen=True, slots=True)
class Held:
    """The values an object holds, compared as the directory compares them; references by GUID and by DN."""

    entry: Entry
    bench: Bench

    def values(self, name: str) -> list[Scalar]:
        """Return the values of an attribute, references without their GUID."""
        found = (raw for spelled, raw in self.entry.values.items() if spelled.lower() == name.lower())
        kind = self.bench.kind(name)
        return [decode(_split_extended(bytes(raw))[1], kind) for raw in next(found, ())]

    def has(self, name: str, value: Any, exact: bool = False) -> bool:
        """Whether the object holds ``value`` (JSON form); ``exact`` with letter case."""
        kind = self.bench.kind(name)
        wanted = scalar(value)
        if kind is Kind.REFERENCE:
            return self._refers(name, wanted)
        if exact:
            return text_of(wanted) in [text_of(held) for held in self.values(name)]
        return key(wanted, kind) in {key(held, kind) for held in self.values(name)}

    def is_exactly(self, name: str, found: Iterable[Any]) -> bool:
        """Whether the attribute holds these values and no others."""
        wanted = list(found)
        return len(wanted) == len(self.values(name)) and all(self.has(name, value) for value in wanted)

    def _refers(self, name: str, wanted: Scalar) -> bool:
        target = wanted.target if isinstance(wanted, Ref) else text_of(wanted)
        raws = (raw for spelled, raw in self.entry.values.items() if spelled.lower() == name.lower())
        for raw in next(raws, ()):
            guid, plain = _split_extended(bytes(raw))
            if guid == target.lower() or ("=" in target and dn.key(plain.decode("utf-8")) == dn.key(target)):
                return True
        return False


def scalar(value: Any) -> Scalar:
    """Read one JSON value of a request."""
    read = from_json(value)
    if read is None or isinstance(read, tuple):
        raise ValueError("not a single value")
    return read


def refused(result: Result, held: str | None = None) -> Step:
    """Return the step of an operation that the server refused; ``held`` says what is not as it was."""
    code = f"ldap:{result.code}"
    if result.code == NO_SUCH_OBJECT:
        return Step("stale", code, f"the object, or one that it refers to, is not there any more: {result}")
    if result.code in (NO_SUCH_ATTRIBUTE, VALUE_EXISTS) and held is not None:
        return Step("stale", code, f"it was changed meanwhile: {held}")
    if problems.is_password_policy(result.code, result.message):
        return Step("failed", code, f"{problems.PASSWORD_POLICY}: {problems.clean(result.message)}")
    return Step("failed", code, str(result))


def _split_extended(raw: bytes) -> tuple[str | None, bytes]:
    """Take ``<GUID=…>;<SID=…>;CN=…`` apart; a value without a GUID comes back whole."""
    if not raw.startswith(b"<GUID="):
        return None, raw
    guid, _, rest = raw.partition(b">;")
    while rest.startswith(b"<"):
        rest = rest.partition(b">;")[2]
    return guid[6:].decode("ascii", "replace").lower(), rest
