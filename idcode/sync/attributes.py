"""Values of identity attributes: which rule wins, and what its flow gives."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from idcode.config.models.rules import ATTRIBUTE_KIND
from idcode.expressions import Environment, EvaluationError, UnknownValueError
from idcode.model.addresses import Address
from idcode.model.desired import DirectoryView
from idcode.model.records import LiveObject
from idcode.model.schema import DirectorySchema
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
        if rule.name in identity.blocked or (rule.name in population.doubtful and rule.name not in identity.records):
            return Special.UNKNOWN
        result = contribution(population, identity, rule, name, now)
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


def contribution(
    population: Population, identity: Identity, rule: Inbound, name: str, now: datetime
) -> Result | EvaluationError:
    """What ``rule`` alone says of attribute ``name`` for this person; absent where it has no record of them."""
    if rule.rule.source is None and rule.rule.rule in identity.unlinked:
        return Special.UNKNOWN
    if rule.name not in identity.said:
        identity.said[rule.name] = _all_flows(population, identity, rule, now)
    return identity.said[rule.name].get(name, Special.ABSENT)


def _all_flows(
    population: Population, identity: Identity, rule: Inbound, now: datetime
) -> Mapping[str, Result | EvaluationError]:
    """Run all flows of a rule at once; empty where it has nothing of this person in its scope."""
    if rule.rule.source is not None:
        record = identity.records.get(rule.name)
        if record is None:
            return {}
        return rule.run(Environment(values=record.values, now=now, seed=identity.address))
    live = identity.links.get(rule.rule.rule or "")
    if live is None or live.deleted:
        return {}
    view = population.views[rule.rule.directory or ""]
    read = {name for flow in rule.flows.values() for name in flow.attributes}
    read |= rule.scope.attributes if rule.scope else set()
    environment = Environment(values=known_values(live, read, view), now=now, seed=identity.address)
    in_scope = evaluate(rule.scope, environment) if rule.scope else True
    if isinstance(in_scope, EvaluationError):
        return dict.fromkeys(rule.flows, in_scope)
    return rule.run(environment) if is_true(in_scope) else {}


def object_values(live: LiveObject | None, names: Iterable[str], schema: DirectorySchema) -> dict[str, Result]:
    """Return attributes of an object as expressions see them: a scalar, or a tuple where it can hold several values.

    Names count in any letter case; ``objectGUID`` and ``distinguishedName`` are the object's own.
    """
    values: dict[str, Result] = {}
    for name in names:
        if live is None:
            values[name] = None
        elif name.lower() == "objectguid":
            values[name] = uuid.UUID(live.anchor).bytes_le
        elif name.lower() == "distinguishedname":
            values[name] = live.dn
        else:
            held, known = live.get(schema.spelled(name)), schema.find(name)
            several = len(held) > 1 or (known is not None and not known.single)
            values[name] = None if not held else held if several else held[0]
    return values


def known_values(live: LiveObject | None, names: Collection[str], view: DirectoryView) -> dict[str, Result]:
    """Return what :func:`object_values` does, and ``Special.UNKNOWN`` for what was not read."""
    values = object_values(live, names, view.schema)
    if live is not None:
        values |= {name: Special.UNKNOWN for name in names if not view.knows(live, name)}
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
