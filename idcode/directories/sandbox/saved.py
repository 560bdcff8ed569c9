"""A directory as a snapshot holds it: read again and again, without network or credentials, and never written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import NoReturn

from idcode.directories.ad import filters
from idcode.directories.ad.limits import Limits
from idcode.directories.ad.lowering import Lowering
from idcode.directories.ad.operations import BadFilter
from idcode.directories.ad.reading import Asked
from idcode.directories.ad.values import encode
from idcode.directories.port import Secrets
from idcode.directories.sandbox.filters import compile_filter
from idcode.directories.sandbox.snapshot import SavedDirectory, Snapshot
from idcode.model import dn
from idcode.model.diagnostics import Diagnostic
from idcode.model.errors import DirectoryError
from idcode.model.plans import Change
from idcode.model.privileges import Privileges, follow
from idcode.model.records import Fingerprint, LiveObject, ObjectType, Query, Reading, Scope
from idcode.model.schema import DirectorySchema
from idcode.model.values import Ref, Scalar
from idcode.model.writes import Outcome, Write

_IN_CHAIN = "1.2.840.113556.1.4.1941"
"""LDAP_MATCHING_RULE_TRANSITIVE_EVAL (MS-ADTS 3.1.1.3.4.4.3)."""
_AGAIN = "Take a new snapshot where the directory can be reached: idcode snapshot"
_PSEUDO = frozenset({"category", "scope"})
"""What the adapter makes of groupType, which is always read."""


class SavedDomain:
    """The directory port over one AD domain of a snapshot.

    ``base_dn`` and ``mark_in`` are what the files say now. As the live adapter does, it finds out on first use whether
    they fit: every method raises ``DirectoryError`` where the snapshot does not hold the directory, or another base.
    """

    def __init__(self, name: str, snapshot: Snapshot, base_dn: str, mark_in: str) -> None:
        self.name = name
        self._snapshot = snapshot
        self._base_dn = base_dn
        self._mark_in = mark_in

    @cached_property
    def saved(self) -> SavedDirectory:
        """What the snapshot holds of this directory."""
        saved = self._snapshot.directories.get(self.name)
        if saved is None:
            held = ", ".join(sorted(self._snapshot.directories)) or "none"
            raise DirectoryError(f"the snapshot does not hold directory {self.name}, only: {held}", _AGAIN)
        if dn.key(saved.base_dn) != dn.key(self._base_dn):
            raise DirectoryError(
                f"{self.name}: the snapshot was taken with base_dn {saved.base_dn}, and the files say {self._base_dn}",
                _AGAIN,
            )
        if saved.mark_in.lower() != self._mark_in.lower():
            raise DirectoryError(
                f"{self.name}: the snapshot was taken with disable_mark_in {saved.mark_in}, "
                f"and the files say {self._mark_in}",
                _AGAIN,
            )
        return saved

    def fingerprint(self) -> Fingerprint:
        """Return which directory it was, how far it had come, and when that was."""
        return replace(self.saved.fingerprint, snapshot=self._snapshot.taken_at)

    def schema(self) -> DirectorySchema:
        """Return the attribute types that the directory had."""
        return self.saved.schema.attributes

    def read(self, query: Query) -> Reading[LiveObject]:
        """Yield what the live directory would have yielded then, in the same order; see the port.

        What the snapshot does not hold is unread in the proof: not known, and not empty (DESIGN.md, law 4).
        """
        asked = Asked.of(query, self.saved.schema)
        names = {scope.name: self._objects_in(scope) for scope in query.scopes}
        for live in self.saved.objects:
            wanted = asked.everything | {"lastKnownParent"} if live.deleted else asked.attributes[live.object_type]
            yield replace(
                live,
                attributes=self._seen(live, wanted),
                scopes=frozenset(name for name, anchors in names.items() if live.anchor in anchors),
            )
        unread = self._unread(asked)
        findings = [*self.saved.proof.diagnostics, *self._findings(unread)]
        return replace(self.saved.proof, unread=unread, diagnostics=tuple(findings))

    def _seen(self, live: LiveObject, wanted: frozenset[str]) -> dict[str, tuple[Scalar, ...]]:
        own: dict[str, Scalar] = {"objectGUID": live.anchor, "distinguishedName": Ref(live.dn)}
        found = {name: values for name, values in live.attributes.items() if name in wanted | _PSEUDO}
        return found | {name: (value,) for name, value in own.items() if name in wanted}

    def _unread(self, asked: Asked) -> dict[ObjectType, frozenset[str]]:
        own = {"objectGUID", "distinguishedName"}
        held = self.saved.attributes
        return {kind: names - held.get(kind, frozenset()) - own for kind, names in asked.attributes.items()}

    def _findings(self, unread: Mapping[ObjectType, frozenset[str]]) -> Iterator[Diagnostic]:
        redacted = {name.lower() for name in self._snapshot.redacted}
        for name in sorted(frozenset().union(*unread.values())):
            types = ", ".join(kind for kind, names in unread.items() if name in names)
            yield Diagnostic(
                "warning",
                "attribute-not-in-snapshot",
                f"{name} ({types}) is not in the snapshot of {self.name}: existing objects are not compared, "
                "and what depends on it stays as it is",
                f"Snapshots leave it out because of redact: a plan on the live directory compares {name}."
                if name.lower() in redacted
                else f"Take a new snapshot, which reads what the files use now; or one with --attribute {name}.",
                subject=self.name,
            )

    def _objects_in(self, scope: Scope) -> frozenset[str]:
        """Return the anchors in a managed scope: as the server found them, or by the objects if it was not asked."""
        for known in self.saved.scopes:
            if _place(known) == _place(scope):
                return frozenset(live.anchor for live in self.saved.objects if known.name in live.scopes)
        base = dn.under(self.saved.base_dn, scope.base)
        below = [
            live
            for live in self.saved.objects
            if live.object_type == scope.object_type and not live.deleted and dn.is_under(live.dn, base)
        ]
        if scope.filter is None:
            return frozenset(live.anchor for live in below)
        text = filters.parenthesised(scope.filter)
        filters.check(scope.name, text, self.saved.schema)
        self._insist_on_held(scope, filters.names(text))
        if _IN_CHAIN in text:
            raise filters.bad(scope.name, scope.filter, f"a snapshot cannot follow chains of references ({_IN_CHAIN})")
        try:
            compiled = compile_filter(text, self.saved.schema)
        except BadFilter as error:
            raise filters.bad(scope.name, scope.filter, str(error)) from None
        return frozenset(live.anchor for live in below if compiled.matches(partial(self._raw, live)))

    def _insist_on_held(self, scope: Scope, names: Iterable[str]) -> None:
        held = {name.lower() for name in self.saved.attributes.get(scope.object_type, ())}
        for name in names:
            if name.lower() not in held | {"objectguid", "distinguishedname"}:
                raise DirectoryError(
                    f"the filter of {scope.name} asks for {name}, which is not in the snapshot of {self.name}: "
                    "it cannot be known what is managed",
                    f"{_AGAIN} --attribute {name}",
                )

    def _raw(self, live: LiveObject, name: str) -> Sequence[bytes]:
        spelled = self.schema().spelled(name)
        found = self._seen(live, frozenset({spelled})).get(spelled, ())
        return [encode(value, self.schema().kind(spelled)) for value in found]

    def privileges(self) -> Privileges:
        """Return who administered the domain, as far as the groups that the snapshot holds tell; see the port."""
        return follow(self.saved.objects)

    def reject(self, change: Change) -> list[Diagnostic]:
        """Return what the directory would refuse of ``change``; see the port."""
        return Limits(self.saved.schema).reject(change)

    def review(self, changes: Sequence[Change]) -> list[Diagnostic]:  # noqa: ARG002  the port's signature
        """Return nothing: what a domain refuses, it refuses change by change."""
        return []

    def unseen(self, anchors: Collection[str]) -> frozenset[str]:  # noqa: ARG002  the port's signature
        """Return none; nothing is written here."""
        return frozenset()

    def remember(self, write: Write, live: LiveObject | None, anchor: str | None, at: datetime) -> None:
        """Do nothing; nothing is written here."""

    def lower(self, change: Change, anchors: Mapping[str, str]) -> list[Write]:
        """Return the LDAP operations that make up ``change``; see the port."""
        return Lowering(self.saved.schema, self.saved.mark_in).lower(change, anchors)

    def fetch(self, anchors: Collection[str], attributes: Iterable[str]) -> Mapping[str, LiveObject]:  # noqa: ARG002
        """Never: reading again is for writing, and a snapshot is not written."""
        self._refuse()

    def before_image(self, write: Write, live: LiveObject | None) -> Mapping[str, object]:  # noqa: ARG002
        """Never; see :meth:`write`."""
        self._refuse()

    def write(self, changes: Sequence[Sequence[Write]], secrets: Secrets) -> Iterator[Outcome]:  # noqa: ARG002
        """Never: a snapshot is only read."""
        self._refuse()

    def settle(self, write: Write) -> Outcome:  # noqa: ARG002
        """Never; see :meth:`write`."""
        self._refuse()

    def close(self) -> None:
        """Nothing is open."""

    def _refuse(self) -> NoReturn:
        raise DirectoryError(f"{self.name} is a snapshot, and a snapshot is only read", _AGAIN)


def _place(scope: Scope) -> tuple[ObjectType, tuple[str, ...], str]:
    """Return what makes two scopes the same, whatever rule they belong to."""
    wanted = filters.parenthesised(scope.filter) if scope.filter else ""
    return scope.object_type, tuple(name.lower() for name in scope.base), wanted
