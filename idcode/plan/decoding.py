"""Plans as JSON: the reading side of ``idcode.plan/1``.

Every field is checked for presence and type, because a plan file comes from another machine and ``apply`` acts on
it. Unknown fields are left alone for ``show`` and refused for ``apply``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args

from idcode.model.diagnostics import Diagnostic, Severity, Span
from idcode.model.errors import PlanRefused
from idcode.model.plans import (
    PHASES,
    AttributeChange,
    Batch,
    Change,
    DirectoryState,
    Expect,
    GuardResult,
    Op,
    Origin,
    Override,
    Plan,
    Population,
    Project,
    Reference,
    Reported,
    Reversibility,
    SourceState,
    Target,
    Verdict,
    Why,
)
from idcode.model.records import ObjectType
from idcode.model.signatures import Signature
from idcode.model.values import Scalar, from_json
from idcode.plan.encoding import FORMAT, digest_of

T = TypeVar("T")
_REQUIRED: Any = object()
_AGAIN = "make a new one with: idcode plan --out FILE"


def decode(document: Any, *, strict: bool) -> Plan:
    """Read what :func:`idcode.plan.encoding.encode` writes.

    ``strict`` is for applying: an unknown field or a wrong digest refuses the plan. Without it unknown fields are
    left alone and the digest is the caller's to check (:func:`verify`). Raises :class:`PlanRefused` for anything
    that is no plan.
    """
    if not isinstance(document, dict) or "format" not in document:
        raise PlanRefused("this is not a plan", hint=_AGAIN)
    if document["format"] != FORMAT:
        raise PlanRefused(
            f"the plan has format {document['format']!r}, this idcode reads {FORMAT!r}",
            hint="use the version of idcode that made it, or " + _AGAIN,
        )
    if strict and (damage := verify(document)):
        raise PlanRefused(damage, hint=_AGAIN)
    return _plan(_Fields(document, "", strict))


def verify(document: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the document's digest, or ``None`` where it is as it was made."""
    try:
        found = digest_of(document)
    except (ValueError, RecursionError):
        return "the plan was altered after it was made: it holds something that no plan holds"
    if document.get("digest") is None:
        return "the plan has no digest: it was printed for reading, with values hidden (redact)"
    if document.get("digest") != found:
        return "the plan was altered or damaged after it was made: its digest does not fit its content"
    return None


class _Fields:
    """The fields of one JSON object, taken one by one; ``done`` refuses what is left."""

    def __init__(self, document: Any, path: str, strict: bool) -> None:
        self.path, self.strict = path, strict
        if not isinstance(document, dict):
            raise self.wrong("an object", document)
        self.document: dict[str, Any] = document
        self.taken: set[str] = set()

    def wrong(self, expected: str, found: Any, name: str = "") -> PlanRefused:
        place = ".".join(part for part in (self.path, name) if part) or "the document"
        return PlanRefused(f"not a plan: {place} should be {expected}, not {type(found).__name__}", hint=_AGAIN)

    def take(self, name: str, kind: type[T], default: Any = _REQUIRED) -> T:
        """Return field ``name``, which must be a ``kind``; ``default`` where it is missing or null."""
        self.taken.add(name)
        value = self.document.get(name)
        if value is None and default is not _REQUIRED:
            found: T = default
            return found
        # bool is an int for Python, not for JSON
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(f"of type {kind.__name__}", value, name)
        return value

    def choice(self, name: str, allowed: tuple[str, ...], *, optional: bool = False) -> Any:
        value = self.take(name, str, None) if optional else self.take(name, str)
        if value not in allowed and not (optional and value is None):
            raise PlanRefused(f"not a plan: {self.path}.{name} is {value!r}, not one of {', '.join(allowed)}", _AGAIN)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        values = self.take(name, list, [])
        if not all(isinstance(value, str) for value in values):
            raise self.wrong("a list of texts", values, name)
        return tuple(values)

    def many(self, name: str, read: Callable[[_Fields], T]) -> tuple[T, ...]:
        items = self.take(name, list, [])
        return tuple(self._nested(read, item, f"{name}[{index}]") for index, item in enumerate(items))

    def named(self, name: str, read: Callable[[_Fields], T]) -> dict[str, T]:
        items: dict[str, Any] = self.take(name, dict, {})
        return {key: self._nested(read, item, f"{name}.{key}") for key, item in items.items()}

    def one(self, name: str, read: Callable[[_Fields], T]) -> T:
        return self._nested(read, self.take(name, dict), name)

    def maybe(self, name: str, read: Callable[[_Fields], T]) -> T | None:
        value: dict[str, Any] | None = self.take(name, dict, None)
        return None if value is None else self._nested(read, value, name)

    def _nested(self, read: Callable[[_Fields], T], item: Any, name: str) -> T:
        fields = _Fields(item, f"{self.path}.{name}" if self.path else name, self.strict)
        value = read(fields)
        fields.done()
        return value

    def values(self, name: str) -> tuple[Scalar, ...]:
        """Return a typed value or list of values as the tuple an attribute holds."""
        self.taken.add(name)
        try:
            value = from_json(self.document.get(name))
        except ValueError as error:
            raise PlanRefused(f"not a plan: {self.path}.{name}: {error}", hint=_AGAIN) from None
        if value is None:
            return ()
        return value if isinstance(value, tuple) else (value,)

    def done(self) -> None:
        unknown = sorted(set(self.document) - self.taken)
        if self.strict and unknown:
            place = f"{self.path}.{unknown[0]}" if self.path else unknown[0]
            raise PlanRefused(f"the plan has a field this idcode does not know: {place}", hint=_AGAIN)


def _plan(fields: _Fields) -> Plan:
    for name in ("format", "digest"):
        fields.taken.add(name)
    summary: dict[str, int] = fields.take("summary", dict, {})
    if not all(isinstance(count, int) for count in summary.values()):
        raise fields.wrong("counts", summary, "summary")
    plan = Plan(
        plan_id=fields.take("plan_id", str),
        created_at=fields.take("created_at", str),
        expires_at=fields.take("expires_at", str),
        as_of=fields.take("as_of", str),
        idcode_version=fields.take("idcode_version", str),
        project=fields.one("project", _project),
        directories=fields.named("directories", _directory),
        sources=fields.named("sources", _source),
        summary=summary,
        changes=fields.many("changes", _change),
        batches=fields.many("batches", _batch),
        guards=fields.many("guards", _guard),
        overrides=fields.many("overrides", _override),
        shadow=fields.many("shadow", _reported),
        orphans=fields.many("orphans", _reported),
        frozen=fields.many("frozen", _reported),
        missing=fields.many("missing", _reported),
        awaiting_sync=fields.many("awaiting_sync", _reported),
        held=fields.many("held", _reported),
        diagnostics=fields.many("diagnostics", _diagnostic),
        references=fields.named("references", _reference),
        populations=fields.named("populations", _population),
        kind=fields.choice("kind", ("apply", "rollback")),
        rolls_back=fields.take("rolls_back", str, None),
        proof=fields.choice("proof", get_args(Verdict), optional=True),
        approved=fields.take("approved", str, None),
        signature=fields.maybe("signature", _signature),
    )
    fields.done()
    return plan


def decode_change(document: Any, *, strict: bool = True) -> Change:
    """Read one change, as the journal keeps it. Raises :class:`PlanRefused` where it is none."""
    fields = _Fields(document, "change", strict)
    change = _change(fields)
    fields.done()
    return change


def _change(fields: _Fields) -> Change:
    return Change(
        id=fields.take("id", str),
        key=fields.take("key", str),
        directory=fields.take("directory", str),
        object_type=fields.choice("object_type", get_args(ObjectType)),
        address=fields.take("address", str),
        object=fields.one("object", _target),
        op=fields.choice("op", get_args(Op)),
        phase=fields.choice("phase", PHASES),
        batch=fields.take("batch", int),
        scope=fields.take("scope", str, None),
        new_dn=fields.take("new_dn", str, None),
        password=fields.take("password", bool, False),
        attributes=fields.named("attributes", _attribute),
        expect=fields.one("expect", _expect),
        why=fields.maybe("why", _why),
        depends_on=fields.texts("depends_on"),
        writes=fields.take("writes", int, 1),
        reversibility=fields.one("reversibility", _reversibility),
    )


def _attribute(fields: _Fields) -> AttributeChange:
    why = fields.maybe("why", _why)
    if "add" in fields.document or "remove" in fields.document:
        return AttributeChange(
            add=fields.values("add"), remove=fields.values("remove"), delta=True, single=False, why=why
        )
    lists = any(isinstance(fields.document.get(name), list) for name in ("before", "after"))
    return AttributeChange(before=fields.values("before"), after=fields.values("after"), single=not lists, why=why)


def _expect(fields: _Fields) -> Expect:
    attributes: dict[str, Any] = fields.take("attributes", dict, {})
    inner = _Fields(attributes, f"{fields.path}.attributes", fields.strict)
    return Expect(
        dn=fields.take("dn", str, None),
        enabled=fields.take("enabled", bool, None),
        attributes={name: inner.values(name) for name in attributes},
    )


def _target(fields: _Fields) -> Target:
    return Target(fields.take("anchor", str, None), fields.take("dn", str), fields.take("label", str))


def _why(fields: _Fields) -> Why:
    return Why(
        rule=fields.take("rule", str, None),
        at=fields.take("at", str, None),
        origins=fields.many("from", _origin),
        beat=fields.texts("beat"),
        note=fields.take("note", str, None),
    )


def _origin(fields: _Fields) -> Origin:
    return Origin(fields.take("source", str), fields.take("record", str), fields.take("column", str))


def _reversibility(fields: _Fields) -> Reversibility:
    kind = fields.choice("kind", ("reversible", "restorable", "irreversible"))
    return Reversibility(kind, fields.take("until", str, None), fields.take("note", str, None))


def _project(fields: _Fields) -> Project:
    return Project(
        fields.take("name", str),
        fields.take("commit", str, None),
        fields.take("config_digest", str),
        fields.texts("only"),
    )


def _directory(fields: _Fields) -> DirectoryState:
    return DirectoryState(
        type=fields.take("type", str),
        fingerprint=fields.take("fingerprint", str),
        server=fields.take("server", str),
        invocation_id=fields.take("invocation_id", str, None),
        usn=fields.take("usn", int, None),
        complete=fields.take("complete", bool),
        objects=fields.take("objects", int),
        snapshot=fields.take("snapshot", str, None),
    )


def _source(fields: _Fields) -> SourceState:
    return SourceState(
        type=fields.take("type", str),
        rows=fields.take("rows", int),
        complete=fields.take("complete", bool),
        proof=fields.take("proof", str),
        digest=fields.take("digest", str, None),
    )


def _batch(fields: _Fields) -> Batch:
    return Batch(
        number=fields.take("number", int),
        directory=fields.take("directory", str),
        phase=fields.choice("phase", PHASES),
        changes=fields.texts("changes"),
    )


def _guard(fields: _Fields) -> GuardResult:
    return GuardResult(
        name=fields.take("name", str),
        scope=fields.take("scope", str),
        status=fields.choice("status", ("ok", "held", "stopped", "overridden")),
        count=fields.take("count", int),
        limit=fields.take("limit", int, None),
        population=fields.take("population", int),
        message=fields.take("message", str, None),
    )


def _override(fields: _Fields) -> Override:
    return Override(
        guard=fields.take("guard", str),
        max=fields.take("max", int),
        scope=fields.take("scope", str, None),
        until=fields.take("until", str, None),
        reason=fields.take("reason", str, None),
    )


def _reported(fields: _Fields) -> Reported:
    return Reported(
        directory=fields.take("directory", str, None),
        address=fields.take("address", str, None),
        label=fields.take("label", str),
        reason=fields.take("reason", str),
        anchor=fields.take("anchor", str, None),
        attributes=fields.named("attributes", _attribute),
    )


def _diagnostic(fields: _Fields) -> Diagnostic:
    file = fields.take("file", str, None)
    place = [fields.take(name, int, 1) for name in ("line", "column", "length")]
    return Diagnostic(
        severity=fields.choice("severity", get_args(Severity)),
        code=fields.take("code", str),
        message=fields.take("message", str),
        hint=fields.take("hint", str, None),
        span=None if file is None else Span(file, *place),
        subject=fields.take("subject", str, None),
        excerpt=fields.take("excerpt", str, None),
    )


def _signature(fields: _Fields) -> Signature:
    return Signature(fields.take("key", str), fields.take("value", str))


def _population(fields: _Fields) -> Population:
    return Population(fields.take("objects", int), fields.take("memberships", int, 0))


def _reference(fields: _Fields) -> Reference:
    return Reference(fields.take("address", str, None), fields.take("dn", str), fields.take("label", str))
