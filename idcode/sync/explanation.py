"""The answer of ``idcode explain``: everything that is known of one person or object, and from where."""

from __future__ import annotations

import difflib

from idcode.expressions import EvaluationError
from idcode.model import dn
from idcode.model.addresses import Address
from idcode.model.desired import DesiredObject, Wanted
from idcode.model.diagnostics import Diagnostic
from idcode.model.errors import UsageError
from idcode.model.explain import (
    AttributeExplanation,
    Candidate,
    Explanation,
    ObjectAttribute,
    ObjectExplanation,
)
from idcode.model.plans import Reference, Why
from idcode.model.records import LiveObject
from idcode.model.schema import Kind
from idcode.model.syntax import key, keys, same
from idcode.model.values import Ref, Result, Scalar, Special
from idcode.sync.attributes import contribution
from idcode.sync.context import Context
from idcode.sync.identities import Identity, Population
from idcode.sync.provenance import Explainer


def explain(context: Context, explainer: Explainer, text: str, attribute: str | None) -> Explanation:
    """Explain an address. Raises ``UsageError`` where nobody has it or the attribute, with the nearest there is."""
    if attribute is not None:
        _insist_on_attribute(context, attribute)
    try:
        address = Address.parse(text, context.gathered.directories)
    except ValueError as error:
        raise UsageError(str(error), "Such as person:E1001 or group:sg-x@corp.") from None
    population = context.populations.get(address.type)
    identity = population.find(address.key) if population else None
    if population is not None and identity is not None:
        return _of_identity(context, explainer, population, identity, address, attribute)
    found = [w for w in context.state.objects if w.address == text or w.address.rpartition("@")[0] == text]
    if not found:
        known = [i.address for p in context.populations.values() for i in p.by_key.values()]
        near = difflib.get_close_matches(text, known + [w.address for w in context.state.objects], 1)
        raise UsageError(f"there is no {text}", f"Did you mean {near[0]}?" if near else None)
    objects = tuple(_object(context, explainer, wanted, attribute) for wanted in found)
    return Explanation(found[0].address, found[0].label, objects=objects, diagnostics=_about(context, found[0].address))


def _insist_on_attribute(context: Context, attribute: str) -> None:
    known = {name for wanted in context.state.objects for name in wanted.attributes}
    for population in context.populations.values():
        known |= population.rules.type.attributes.keys()
        known |= {name for rule in population.rules.outbound.values() for name in rule.rule.flow}
    if attribute not in known:
        near = difflib.get_close_matches(attribute, sorted(known), 1)
        raise UsageError(
            f"no rule and no declared object names the attribute {attribute}",
            f"Did you mean {near[0]}?" if near else None,
        )


def named(context: Context, explanation: Explanation) -> dict[str, Reference]:
    """Return the names of the objects that the values of an explanation refer to, by their anchors."""
    shown = [
        value
        for item in explanation.objects
        for a in item.attributes
        for value in (*(a.live or ()), *(a.desired or ()))
    ]
    targets = {value.target for value in shown if isinstance(value, Ref)}
    owners = {wanted.live.anchor: wanted for wanted in context.state.objects if wanted.live is not None}
    found = {}
    for reading in context.gathered.directories.values():
        for target in targets & reading.view.objects.keys():
            live, owner = reading.view.objects[target], owners.get(target)
            label = owner.label if owner else dn.name_of(live.dn)
            found[target] = Reference(owner.address if owner else None, live.dn, label)
    return found


def _of_identity(
    context: Context,
    explainer: Explainer,
    population: Population,
    identity: Identity,
    address: Address,
    attribute: str | None,
) -> Explanation:
    names = [n for n in population.rules.type.attributes if n != "stage" and attribute in (None, n)]
    objects = []
    for rule in population.rules.outbound.values():
        if address.rule not in (None, rule.name) or address.directory not in (None, rule.rule.directory):
            continue
        place = str(Address(identity.type, identity.key, rule.rule.directory, rule.name))
        wanted = next((w for w in context.state.objects if w.address == place), None)
        objects.append(
            _object(context, explainer, wanted, attribute)
            if wanted
            else _no_object(context, identity, rule.name, place)
        )
    stage_origins = explainer.origins(population, identity, "stage")[0]
    return Explanation(
        identity.address,
        identity.label,
        stage=identity.stage,
        stage_why=Why(origins=tuple(stage_origins)) if identity.stage else None,
        attributes=tuple(_attribute(context, explainer, population, identity, name) for name in names),
        objects=tuple(objects),
        diagnostics=_about(context, identity.address),
    )


def _about(context: Context, subject: str) -> tuple[Diagnostic, ...]:
    return tuple(d for d in context.state.diagnostics if d.subject == subject)


def _attribute(
    context: Context, explainer: Explainer, population: Population, identity: Identity, name: str
) -> AttributeExplanation:
    value = identity.values.get(name, Special.ABSENT)
    origins, beat = explainer.origins(population, identity, name)
    winner = identity.winners.get(name)
    at = None
    if winner is not None and winner in population.rules.inbound:
        span = population.rules.inbound[winner].rule.flow[name].value.span
        at = f"{span.file}:{span.line}" if span.file else None
    elif name in population.rules.generate:
        span = population.rules.type.generate[name].value.span
        winner, at = "generate", f"{span.file}:{span.line}" if span.file else None
    candidates = []
    for rule_name in population.rules.type.precedence.get(name, ()):
        rule = population.rules.inbound[rule_name]
        said = contribution(population, identity, rule, name, context.as_of)
        span = rule.rule.flow[name].value.span
        reason = None if rule_name == winner else _why_not(said, rule_name in beat, identity.blocked.get(rule_name))
        candidates.append(Candidate(rule_name, f"{span.file}:{span.line}" if span.file else None, _shown(said), reason))
    states = {Special.ABSENT: "absent", Special.UNKNOWN: "unknown", Special.AUTHORITATIVE_NULL: "null", None: "null"}
    state = states.get(value, "value") if isinstance(value, Special) or value is None else "value"
    why = Why(winner or None, at, tuple(origins), tuple(beat))
    return AttributeExplanation(name, _shown(value), state, why, tuple(candidates))  # type: ignore[arg-type]


def _why_not(said: Result | EvaluationError, beaten: bool, blocked: str | None) -> str:
    if blocked:
        return blocked
    if isinstance(said, EvaluationError):
        return f"error: {said}"
    if said is Special.ABSENT:
        return "has no record of it"
    if said is None or said == "":
        return "null"
    return "beaten" if beaten else "not asked"


def _shown(value: Result | EvaluationError) -> tuple[Scalar, ...]:
    if isinstance(value, Special | EvaluationError) or value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _no_object(context: Context, identity: Identity, rule: str, place: str) -> ObjectExplanation:
    frozen = next((item for item in context.state.frozen if item.address == place), None)
    live = identity.links.get(rule)
    if frozen is not None:
        return ObjectExplanation(
            place, "frozen", live.dn if live else None, live.anchor if live else None, None, frozen.reason
        )
    return ObjectExplanation(place, "none", reason="out of scope, or not in a stage of the rule")


def _object(context: Context, explainer: Explainer, wanted: DesiredObject, attribute: str | None) -> ObjectExplanation:
    reading = context.directory(wanted.directory)
    held = next((item for item in context.state.held if item.address == wanted.address), None)
    live = wanted.live
    attributes = []
    for name, value in wanted.attributes.items():
        if attribute not in (None, name):
            continue
        kind = Kind.EXACT if value.exact else reading.view.schema.kind(name) if reading else Kind.TEXT
        now = _live_values(context, wanted, name, kind)
        desired, equal = _desired(value, now, kind)
        note = "shadow: never written" if value.shadow else None
        why = explainer.why(wanted.address, name)
        attributes.append(ObjectAttribute(name, desired, now if live else None, equal, why, note))
    state = "held" if held else "new" if live is None or live.deleted else "linked"
    return ObjectExplanation(
        wanted.address,
        state,  # type: ignore[arg-type]
        live.dn if live else None,
        live.anchor if live else None,
        ", ".join(wanted.relied) or None,
        held.reason if held else None,
        tuple(attributes),
    )


def _live_values(context: Context, wanted: DesiredObject, name: str, kind: Kind) -> tuple[Scalar, ...]:
    live: LiveObject | None = wanted.live
    reading = context.directory(wanted.directory)
    if live is None or reading is None:
        return ()
    if name == "protected":
        return () if live.protected is None else (live.protected,)
    values = live.get(name)
    if kind is not Kind.REFERENCE:
        return values
    anchored = ((v, reading.at(v.target)) if isinstance(v, Ref) else (v, None) for v in values)
    return tuple(Ref(found.anchor) if found else v for v, found in anchored)


def _desired(value: Wanted, now: tuple[Scalar, ...], kind: Kind) -> tuple[tuple[Scalar, ...], bool]:
    if not value.delta:
        return value.values, same(now, value.values, kind)
    removed = keys(value.remove, kind)
    have = keys(now, kind)
    desired = tuple(v for v in now if key(v, kind) not in removed)
    desired += tuple(v for v in value.add if key(v, kind) not in have)
    return desired, same(now, desired, kind)
