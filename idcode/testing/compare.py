"""Expectations against what came of them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from idcode.config.models.tests import Expectation, ObjectExpectation, RuleTest, Value
from idcode.model.addresses import Address
from idcode.model.diagnostics import Diagnostic, Span
from idcode.model.plans import Why
from idcode.model.schema import Kind
from idcode.model.syntax import key, text_of
from idcode.model.testing import Mismatch, Said
from idcode.model.values import Ref, Result, Scalar, Special
from idcode.sync.explanation import explain
from idcode.sync.identities import Identity
from idcode.sync.programs import Outbound
from idcode.sync.provenance import Explainer
from idcode.testing.outcome import ObjectAfter, Outcome

_NULL = Said(word="null")
_NONE = Said(word="no value")
_WORDS = {
    Special.ABSENT: "absent: no rule applies",
    Special.UNKNOWN: "unknown: it cannot be computed",
    Special.AUTHORITATIVE_NULL: "null",
}
_KINDS = {"integer": Kind.INTEGER, "boolean": Kind.BOOLEAN, "datetime": Kind.TIME}
"""By declared kind of an identity's attribute; all others compare by their exact text."""
_LETTERS = frozenset({Kind.TEXT, Kind.EXACT, Kind.ADDRESS, Kind.SID})
"""Kinds whose values a test writes letter by letter, although a directory may not tell their case apart."""


def compare(test: RuleTest, outcome: Outcome, explainer: Explainer) -> list[Mismatch]:
    """Return every expectation of ``test`` that did not come true, in the order in which they are written."""
    found: list[Mismatch] = []
    for address, expected in test.expect.items():
        found += _Person(outcome, explainer, address, expected, test.place_of_key("expect", address)).mismatches()
    return found


def about(outcome: Outcome, address: str) -> list[Diagnostic]:
    """Return the plan's diagnostics about a person and their objects."""
    directories = outcome.context.repository.directories

    def person(text: str) -> str:
        try:
            return str(Address.parse(text, directories).identity).lower()
        except ValueError:
            return ""  # a source, a directory or a rule

    return [found for found in outcome.plan.diagnostics if person(found.subject or "") == address.lower()]


@dataclass(frozen=True, slots=True)
class _Person:
    """One person's expectations."""

    outcome: Outcome
    explainer: Explainer
    address: str
    expected: Expectation
    at: Span

    def mismatches(self) -> Iterator[Mismatch]:
        """Yield what differs; of somebody who is not there only that."""
        context = self.outcome.context
        identity = context.find_identity(Address.parse(self.address, context.repository.directories))
        expected = self.expected
        state = "absent" if identity is None else "missing" if identity.missing else "present"
        if identity is not None and identity.frozen:
            state = "frozen"
        wanted = expected.state or ("present" if identity is None else state)
        if state != wanted:
            why = Why(note=identity.frozen) if identity is not None and identity.frozen else None
            yield self._differs("state", expected.place("state"), Said(word=wanted), Said(word=state), why)
        if identity is not None:
            yield from self._stage(identity)
            yield from self._attributes(identity)
            for name, of_rule in expected.objects.items():
                rule = self.outcome.context.rules[identity.type].outbound[name]
                place = expected.place_of_key("objects", name)
                yield from _Object(self.outcome, self.explainer, identity, rule, of_rule, place).mismatches()
        if expected.diagnostics is not None:
            codes = sorted({found.code for found in about(self.outcome, self.address)})
            if codes != sorted(set(expected.diagnostics)):
                place = expected.place("diagnostics")
                yield self._differs("diagnostics", place, _codes(expected.diagnostics), _codes(codes), None)

    def _differs(self, what: str, at: Span, expected: Said, got: Said, why: Why | None) -> Mismatch:
        return Mismatch(self.address, what, at if at.file else self.at, expected, got, why)

    def _stage(self, identity: Identity) -> Iterator[Mismatch]:
        if "stage" not in self.expected.model_fields_set:
            return
        unknown = identity.values.get("stage") is Special.UNKNOWN
        stage = "unknown" if unknown else identity.stage
        if stage == self.expected.stage:
            return
        lifecycle = self.outcome.context.rules[identity.type].type.lifecycle
        said = explain(self.outcome.context, self.explainer, identity.address, "stage").stage_why
        at = f"{lifecycle.at.file}:{lifecycle.at.line}" if lifecycle else None
        why = Why(at=at, origins=said.origins if said else (), note=identity.frozen)
        wanted, got = (Said(word=name or "none: before the first stage") for name in (self.expected.stage, stage))
        yield self._differs("stage", self.expected.place("stage"), wanted, got, why)

    def _attributes(self, identity: Identity) -> Iterator[Mismatch]:
        kinds = self.outcome.context.rules[identity.type].type.attributes
        for name, wanted in self.expected.attributes.items():
            value = identity.values.get(name, Special.ABSENT)
            if not _equal(value, wanted, kinds[name]):
                place = self.expected.place("attributes", name)
                yield self._differs(name, place, _said(wanted, _NULL), _result(value), self._why(identity, name))
        for part, special in (("absent", Special.ABSENT), ("unknown", Special.UNKNOWN)):
            for position, name in enumerate(getattr(self.expected, part)):
                value = identity.values.get(name, Special.ABSENT)
                if value is not special:
                    place = self.expected.place(part, position)
                    why = self._why(identity, name)
                    yield self._differs(name, place, Said(word=_WORDS[special]), _result(value), why)

    def _why(self, identity: Identity, name: str) -> Why | None:
        return explain(self.outcome.context, self.explainer, identity.address, name).attributes[0].why


@dataclass(frozen=True, slots=True)
class _Object:
    """The expectations of one person's object."""

    outcome: Outcome
    explainer: Explainer
    identity: Identity
    rule: Outbound
    expected: ObjectExpectation
    at: Span

    def mismatches(self) -> Iterator[Mismatch]:
        """Yield what differs; of an object that is not there only that."""
        found = self.outcome.object(self.identity, self.rule)
        expected = self.expected
        wanted = expected.state or ("there" if found.dn is None else found.state)
        if found.state != wanted:
            why = Why(self.rule.name, self._place_of_rule(), note=found.reason)
            yield self._differs(found, "state", expected.place("state"), Said(word=wanted), Said(word=found.state), why)
        if found.dn is None:
            return
        if expected.enabled is not None and expected.enabled != found.enabled:
            words = [Said(word="true" if value else "false") for value in (expected.enabled, found.enabled)]
            reason = self._why(found, "enabled")
            yield self._differs(found, "enabled", expected.place("enabled"), words[0], words[1], reason)
        path = self.outcome.path(found.dn, self.rule.rule.directory)
        if expected.path is not None and expected.path.lower() != path.lower():
            wanted_path, got = Said((expected.path,)), Said((path,))
            reason = self._why(found, "path")
            yield self._differs(found, "path", expected.place("path"), wanted_path, got, reason)
        yield from self._attributes(found)
        yield from self._shadow(found)
        yield from self._groups(found)

    def _place_of_rule(self) -> str:
        return f"{self.rule.rule.at.file}:{self.rule.rule.at.line}"

    def _differs(self, found: ObjectAfter, what: str, at: Span, expected: Said, got: Said, why: Why | None) -> Mismatch:
        return Mismatch(found.address, what, at if at.file else self.at, expected, got, why)

    def _why(self, found: ObjectAfter, name: str) -> Why | None:
        why = self.explainer.why(found.address, name)
        return Why(why.rule, why.at, why.origins, why.beat, found.reason or why.note) if why else None

    def _attributes(self, found: ObjectAfter) -> Iterator[Mismatch]:
        schema = self.outcome.reading(self.rule).view.schema
        for name, wanted in self.expected.attributes.items():
            place = self.expected.place("attributes", name)
            if schema.find(name) is None:
                got = Said(word=f"directory {self.rule.rule.directory} has no such attribute")
                yield self._differs(found, name, place, _said(wanted, _NONE), got, None)
                continue
            values = (found.values or {}).get(schema.spelled(name), ())
            yield from self._compared(found, name, place, wanted, values)

    def _shadow(self, found: ObjectAfter) -> Iterator[Mismatch]:
        schema = self.outcome.reading(self.rule).view.schema
        for name, wanted in self.expected.shadow.items():
            place = self.expected.place("shadow", name)
            values = self.outcome.shadow(found, self.rule, schema.spelled(name))
            if values is None:
                got = Said(word="no shadow flow gives it")
                yield self._differs(found, name, place, _said(wanted, _NONE), got, self._why(found, name))
                continue
            yield from self._compared(found, name, place, wanted, values)

    def _compared(
        self, found: ObjectAfter, name: str, place: Span, wanted: Value, values: tuple[Scalar, ...]
    ) -> Iterator[Mismatch]:
        kind = self.outcome.reading(self.rule).view.schema.kind(name)
        directory = self.rule.rule.directory
        if kind is Kind.REFERENCE:
            got = tuple(self.outcome.named(value, directory) for value in values)
            equal = {text.lower() for text in got} == {self._full(text).lower() for text in _texts(wanted)}
        else:
            got = tuple(_text(value) for value in values)
            equal = {_letters(value, kind) for value in values} == {_letters(text, kind) for text in _texts(wanted)}
        if not equal:
            said = Said(got) if got else _NONE
            yield self._differs(found, name, place, _said(wanted, _NONE), said, self._why(found, name))

    def _full(self, text: str) -> str:
        """Complete an address by directory and rule; leave a path and name as it is."""
        context, directory = self.outcome.context, self.rule.rule.directory
        with suppress(ValueError):
            address = Address.parse(text, context.gathered.directories)
            if address.type in context.rules and address.rule is None:
                primary = context.rules[address.type].type.primary_rule(directory)
                return str(address.identity.at(directory, primary.name if primary else None))
            return str(address.identity.at(directory, address.rule))
        return text

    def _groups(self, found: ObjectAfter) -> Iterator[Mismatch]:
        own = self.outcome.reference(found, self.identity, self.rule)
        for part, wanted in (("in", self.expected.in_), ("not_in", self.expected.not_in)):
            for position, text in enumerate(wanted):
                group = str(Address.parse(text, self.outcome.context.gathered.directories).identity)
                group = f"{group}@{self.rule.rule.directory}"
                members = self.outcome.members(group)
                inside = members is not None and own in members
                if inside != (part == "in"):
                    got = "a member" if inside else "no member" if members is not None else "there is no such group"
                    said = Said(word="a member" if part == "in" else "no member"), Said(word=got)
                    place, why = self.expected.place(part, position), self.explainer.why(group, "member")
                    yield self._differs(found, text, place, said[0], said[1], why)


def _texts(wanted: Value) -> tuple[str, ...]:
    return () if wanted is None else (wanted,) if isinstance(wanted, str) else wanted


def _said(wanted: Value, none: Said) -> Said:
    return none if wanted is None else Said(_texts(wanted))


def _codes(codes: list[str]) -> Said:
    return Said(tuple(sorted(set(codes)))) if codes else Said(word="none")


def _result(value: Result) -> Said:
    if value is None:
        return _NULL
    if isinstance(value, Special):
        return Said(word=_WORDS.get(value, value.value))
    return Said(tuple(_text(item) for item in (value if isinstance(value, tuple) else (value,))))


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else text_of(value)


def _equal(value: Result, wanted: Value, declared: str) -> bool:
    """Whether an identity's attribute is what a test says; the order of several values counts."""
    if value is None or value is Special.AUTHORITATIVE_NULL:
        return wanted is None
    if isinstance(value, Special) or wanted is None:
        return False
    items = value if isinstance(value, tuple) else (value,)
    kind = _KINDS.get(declared.removesuffix("[]"), Kind.EXACT)
    return [_letters(item, kind) for item in items] == [_letters(text, kind) for text in _texts(wanted)]


def _letters(value: Scalar, kind: Kind) -> object:
    """What two spellings of one value have in common for a test: the letters of texts count, case included."""
    if isinstance(value, Ref):
        return value.target
    return _text(value) if kind in _LETTERS or kind is Kind.BINARY else key(value, kind)
