"""Values of identity attributes: which rule wins, and what its flow gives."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from idcode.config.models.rules import ATTRIBUTE_KIND
from idcode.expressions import Environment, EvaluationError, UnknownValueError
from idcode.model.addresses import Address
from idcode.model.records import LiveObject
from idcode.model.syntax import moment, text_of
from idcode.model.values import Ref, Result, Scalar, Special, Value
from idcode.sync.identities import Identity, Population, evaluate, is_true
from idcode.sync.programs import Inbound


def fill_attribute(population: Population, name: str, now: datetime) -> None:
    """Compute identity attribute ``name`` for everyone, by the precedence of the rules that flow it."""
    rules = [population.rules.inbound[rule] for rule in population.rules.type.precedence.get(name, ())]
    kind = population.rules.type.attributes[name]
    for identity in population.sorted():
        if name == population.rules.type.key:
            identity.winners[name] = next((rule.name for rule in rules if rule.name in identity.records), "")
            continue
        if identity.missing or identity.frozen:
            identity.values.setdefault(name, Special.UNKNOWN)
            continue
        value = _attribute(population, identity, name, rules, kind, now)
        if value is not Special.ABSENT:
            identity.values[name] = value


def _attribute(
    population: Population, identity: Identity, name: str, rules: Iterable[Inbound], kind: str, now: datetime
) -> Result:
    found: Result = Special.ABSENT
    for rule in rules:
        source = rule.rule.source
        if source is not None and source in population.untrusted:
            return Special.UNKNOWN
        if rule.name in identity.blocked:
            return Special.UNKNOWN
        result = contribution(identity, rule, name, now)
        if result is Special.ABSENT:
            continue
        if result is Special.IGNORE_OBJECT:
            identity.freeze(f"rule {rule.name} ignores it")
            return Special.UNKNOWN
        if result is Special.AUTHORITATIVE_NULL:
            identity.winners[name] = rule.name
            return None
        if not isinstance(result, EvaluationError):
            result = _coerced(result, kind)
        if isinstance(result, EvaluationError):
            if not isinstance(result, UnknownValueError):
                _say_flow_error(population, identity, rule, name, result)
            return Special.UNKNOWN
        if result is Special.UNKNOWN:
            return Special.UNKNOWN
        if result is not None and result != ():
            identity.winners[name] = rule.name
            return result
        found = None
        identity.winners.setdefault(name, rule.name)
    return found


def contribution(identity: Identity, rule: Inbound, name: str, now: datetime) -> Result | EvaluationError:
    """What ``rule`` alone says of attribute ``name`` for this person; absent where it has no record of them."""
    if rule.rule.source is not None:
        record = identity.records.get(rule.name)
        if record is None:
            return Special.ABSENT
        values: Mapping[str, Result] = record.values
    else:
        linked = rule.rule.rule or ""
        if linked in identity.unlinked:
            return Special.UNKNOWN
        live = identity.links.get(linked)
        if live is None or live.deleted:
            return Special.ABSENT
        values = object_values(live, rule.flows[name].attributes)
        environment = Environment(values=values, now=now, seed=identity.address)
        if rule.scope is not None:
            scope_values = object_values(live, rule.scope.attributes)
            in_scope = evaluate(rule.scope, Environment(values=scope_values, now=now))
            if isinstance(in_scope, EvaluationError):
                return in_scope
            if not is_true(in_scope):
                return Special.ABSENT
        return evaluate(rule.flows[name], environment)
    return evaluate(rule.flows[name], Environment(values=values, now=now, seed=f"{identity.address}:{name}"))


def object_values(live: LiveObject | None, names: Iterable[str]) -> dict[str, Result]:
    """Return attributes of an object as expressions see them: one value as a scalar, several as a tuple."""
    values: dict[str, Result] = {}
    for name in names:
        if live is None:
            values[name] = None
            continue
        if name == "objectGUID":
            values[name] = uuid.UUID(live.anchor).bytes_le
            continue
        held = live.get(name)
        values[name] = None if not held else held[0] if len(held) == 1 else held
    return values


def _say_flow_error(
    population: Population, identity: Identity, rule: Inbound, name: str, error: EvaluationError
) -> None:
    record = identity.records.get(rule.name)
    where = f" (record {record.key} of source {record.source})" if record else ""
    population.say(
        "flow-error",
        f"{name} of {identity.address} cannot be computed by rule {rule.name}{where}: {error}; it stays as it is",
        identity.address,
        "Correct the record, or let the expression handle such values.",
        rule.rule.flow[name].value.span,
    )


def _coerced(value: Value | Special, kind: str) -> Result | EvaluationError:
    """Bring a flow's result to the declared type of its attribute."""
    if value is None or isinstance(value, Special):
        return value
    match = ATTRIBUTE_KIND.fullmatch(kind)
    assert match is not None
    items = value if isinstance(value, tuple) else (value,)
    converted = []
    for item in items:
        if item == "":
            continue
        try:
            converted.append(_scalar(item, match[1], match[2]))
        except (ValueError, InvalidOperation):
            return EvaluationError(f"{text_of(item)!r} is not a {match[1]}")
    if match[3]:
        return tuple(converted) or None
    if len(converted) > 1:
        return EvaluationError(f"{len(converted)} values for a single-valued attribute")
    return converted[0] if converted else None


def _scalar(item: Scalar, kind: str, target: str | None) -> Scalar:
    if target is not None:
        return item if isinstance(item, Ref) else Ref(str(Address(target, text_of(item).strip())))
    if kind == "string":
        return item if isinstance(item, str) else _as_text(item)
    if kind == "integer":
        number = Decimal(text_of(item).strip())
        if number != number.to_integral_value():
            raise ValueError
        return int(number)
    if kind == "boolean":
        if isinstance(item, bool):
            return item
        word = text_of(item).strip().lower()
        if word not in ("true", "false"):
            raise ValueError
        return word == "true"
    if kind == "date":
        if isinstance(item, date) and not isinstance(item, datetime):
            return item
        return as_moment(item).date()
    if kind == "datetime":
        return as_moment(item)
    if not isinstance(item, bytes):
        raise ValueError
    return item


def _as_text(item: Scalar) -> str:
    return ("True" if item else "False") if isinstance(item, bool) else text_of(item)


def as_moment(item: Scalar) -> datetime:
    """Read a date or moment in any form a flow may give; raise ``ValueError`` otherwise."""
    try:
        return moment(item)
    except ValueError:
        # Entra dates travel as text: M/d/yyyy h:mm:ss tt (provisioning expression reference, CDate).
        return moment(datetime.strptime(text_of(item).strip(), "%m/%d/%Y %I:%M:%S %p"))
