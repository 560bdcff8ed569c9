"""The directory port over one AD domain, whoever holds it: a domain controller or the sandbox."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from idcode.directories.ad import writing
from idcode.directories.ad.bench import Bench
from idcode.directories.ad.constants import NO_SUCH_OBJECT
from idcode.directories.ad.entries import Decoder
from idcode.directories.ad.limits import Limits
from idcode.directories.ad.lowering import Lowering
from idcode.directories.ad.operations import Entry, Session
from idcode.directories.ad.privileges import read_privileges
from idcode.directories.ad.reading import Reader
from idcode.directories.ad.schema import AdSchema, read_schema
from idcode.directories.ad.values import guid_text, sid_text
from idcode.directories.port import Secrets
from idcode.model import dn
from idcode.model.diagnostics import Diagnostic
from idcode.model.errors import DirectoryError
from idcode.model.plans import Change
from idcode.model.privileges import Privileges
from idcode.model.records import Fingerprint, LiveObject, Query, Reading
from idcode.model.schema import DirectorySchema
from idcode.model.writes import Outcome, Write

_ROOT_FIELDS = (
    "defaultNamingContext",
    "schemaNamingContext",
    "dnsHostName",
    "dsServiceName",
    "highestCommittedUSN",
)


@dataclass(frozen=True, slots=True)
class _Domain:
    """What stays the same for as long as the adapter lives."""

    root_dn: str
    decoder: Decoder
    schema: AdSchema


class AdDomain:
    """One AD domain behind ``session``.

    ``base_dn`` is where the project's paths begin, ``mark_in`` the attribute that holds idcode's mark, and ``type``
    what plans call the directory. ``schema`` spares reading it from the domain, where it is known. Every method that
    talks to the domain raises ``DirectoryError`` where it cannot be reached, refuses the account or gives an answer
    that is no proof.
    """

    def __init__(
        self,
        name: str,
        session: Session,
        base_dn: str,
        mark_in: str,
        *,
        type: str = "ad",  # noqa: A002  the word of the files
        schema: AdSchema | None = None,
    ) -> None:
        self.name = name
        self._session = session
        self._base_dn = base_dn
        self._mark_in = mark_in
        self._type = type
        self._schema = schema
        self._domain: _Domain | None = None

    def fingerprint(self) -> Fingerprint:
        """Return the domain's SID, the pinned server, and how far it has come; see the port."""
        root = self._root_dse()
        domain = self._known(root)
        sid = self._one(domain.root_dn, "objectSid")
        invocation = self._one(_text(root, "dsServiceName"), "invocationId")
        return Fingerprint(
            type=self._type,
            identity=sid_text(sid),
            server=_text(root, "dnsHostName"),
            invocation_id=guid_text(invocation),
            usn=int(_text(root, "highestCommittedUSN")),
        )

    def schema(self) -> DirectorySchema:
        """Return the attribute types of the domain."""
        return self._known().schema.attributes

    @property
    def definitions(self) -> AdSchema:
        """The whole schema of the domain, object types and links included."""
        return self._known().schema

    @property
    def mark_in(self) -> str:
        """The attribute that holds idcode's mark, in the schema's spelling."""
        return self._known().decoder.mark_in

    def read(self, query: Query) -> Reading[LiveObject]:
        """Read the whole domain; see the port."""
        return (yield from self._reader().read(query))

    def fetch(self, anchors: Collection[str], attributes: Iterable[str]) -> Mapping[str, LiveObject]:
        """Read single objects; ``*`` among ``attributes`` means all of them. See the port."""
        return self._reader().fetch(anchors, attributes)

    def privileges(self) -> Privileges:
        """Return who administers the domain, and the account of this connection; see the port."""
        domain = self._known()
        return read_privileges(self._session, domain.root_dn, sid_text(self._one(domain.root_dn, "objectSid")))

    def reject(self, change: Change) -> list[Diagnostic]:
        """Return what the domain would refuse of ``change``, and what only Microsoft's servers would."""
        return Limits(self._known().schema).reject(change)

    def review(self, changes: Sequence[Change]) -> list[Diagnostic]:  # noqa: ARG002  the port's signature
        """Return nothing: what a domain refuses, it refuses change by change."""
        return []

    def lower(self, change: Change, anchors: Mapping[str, str]) -> list[Write]:
        """Return the LDAP operations that make up ``change``; see the port."""
        return Lowering(self._known().schema, self._known().decoder.mark_in).lower(change, anchors)

    def before_image(self, write: Write, live: LiveObject | None) -> Mapping[str, object]:
        """Return what ``write`` will change, as ``live`` has it; see the port."""
        return writing.before_image(self._bench(), write, live)

    def write(self, changes: Sequence[Sequence[Write]], secrets: Secrets) -> Iterator[Outcome]:
        """Carry out the writes; see the port."""
        return writing.write(self._bench(), changes, secrets)

    def settle(self, write: Write) -> Outcome:
        """Find out by reading whether ``write`` was carried out; see the port."""
        return writing.settle(self._bench(), write)

    def unseen(self, anchors: Collection[str]) -> frozenset[str]:  # noqa: ARG002  the port's signature
        """Return none: a domain controller shows at once what it has taken."""
        return frozenset()

    def remember(self, write: Write, live: LiveObject | None, anchor: str | None, at: datetime) -> None:
        """Do nothing: a domain controller shows at once what it has taken, and new objects have their name."""

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        self._session.close()

    def _reader(self) -> Reader:
        domain = self._known()
        return Reader(self.name, self._session, domain.decoder, domain.root_dn, self._base_dn)

    def _bench(self) -> Bench:
        domain = self._known()
        return Bench(self._session, domain.decoder, domain.root_dn)

    def _known(self, root: Entry | None = None) -> _Domain:
        if self._domain is None:
            root = root or self._root_dse()
            root_dn = _text(root, "defaultNamingContext")
            self._check_base(root_dn)
            schema = self._schema or read_schema(self._session, _text(root, "schemaNamingContext"))
            self._domain = _Domain(root_dn, Decoder(schema, self._mark_attribute(schema)), schema)
        return self._domain

    def _check_base(self, root_dn: str) -> None:
        base = self._base_dn
        try:
            inside = dn.is_under(base, root_dn)
        except ValueError as error:
            raise DirectoryError(f"{self.name}: base_dn: {error}", "Write it as DC=corp,DC=example,DC=com.") from None
        if not inside:
            raise DirectoryError(
                f"{self.name}: base_dn {base} does not lie in the domain of {self._session.url}, {root_dn}",
                "Correct base_dn or servers; every domain is a directory of its own.",
            )
        # Below a base that is not there everybody would seem to be outside of it, and be moved.
        answer = self._session.search(base, attributes=["objectClass"], scope="base")
        if answer.result.code == NO_SUCH_OBJECT or (answer.result.ok and not answer.entries):
            raise DirectoryError(
                f"{self.name}: base_dn {base} does not exist in {root_dn}, or the service account may not see it",
                "Correct base_dn, or create that container first: only what is below it is managed.",
            )
        if not answer.result.ok:
            raise DirectoryError(f"{self.name}: base_dn {base} cannot be read: {answer.result}")

    def _mark_attribute(self, schema: AdSchema) -> str:
        wanted = self._mark_in
        known = schema.attributes.find(wanted)
        if known is None or known.read_only or "user" not in schema.holds or wanted.lower() not in schema.holds["user"]:
            raise DirectoryError(
                f"{self.name}: disable_mark_in {wanted} is not an attribute that users of this domain can have",
                "Name a text attribute of users that nothing else uses, such as adminDescription.",
            )
        return known.name

    def _root_dse(self) -> Entry:
        answer = self._session.search("", attributes=_ROOT_FIELDS, scope="base")
        if not answer.result.ok or not answer.entries:
            raise DirectoryError(f"{self._session.url} does not describe itself: {answer.result}")
        entry = answer.entries[0]
        missing = [name for name in _ROOT_FIELDS if not entry.first(name)]
        if missing:
            raise DirectoryError(
                f"{self._session.url} is not a domain controller of Active Directory: it has no {', '.join(missing)}"
            )
        return entry

    def _one(self, name: str, attribute: str) -> bytes:
        answer = self._session.search(name, attributes=[attribute], scope="base")
        raw = answer.entries[0].first(attribute) if answer.entries else None
        if not answer.result.ok or raw is None:
            raise DirectoryError(f"{attribute} of {name} cannot be read: {answer.result}")
        return bytes(raw)


def _text(entry: Entry, name: str) -> str:
    return (entry.first(name) or b"").decode("utf-8")
