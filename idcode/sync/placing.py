"""Give the records of sources to people: who is there, and whose each record is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime

from idcode.expressions import Environment, EvaluationError, Program
from idcode.model.diagnostics import Span
from idcode.model.records import Record
from idcode.model.syntax import text_of
from idcode.model.values import Ref, Result, Special
from idcode.sync.gather import SourceReading
from idcode.sync.identities import Identity, Population, evaluate, fold, is_true
from idcode.sync.programs import Inbound

JoinIndex = dict[tuple[str, ...], list[Identity]]
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
"""A join by key does not depend on the moment."""


def census(population: Population, sources: Mapping[str, SourceReading], now: datetime) -> None:
    """Collect the keys of all creating sources before ``scope`` (who is there at all)."""
    for name, source in sources.items():
        if not source.proof.complete:
            population.untrusted[name] = "its last read is not proved complete"
    for rule in population.rules.creating_rules():
        source = sources[rule.rule.source or ""]
        seen = population.seen_in[source.name]
        key_flow = rule.flows.get(population.rules.type.key)
        if key_flow is None:
            continue
        for record in source.records.values():
            key = _key(key_flow, record, now)
            if key is not None:
                seen.add(fold(key))
            else:
                population.unidentified = f"record {record.key} of source {source.name} belongs to nobody"
        for unreadable in source.proof.unreadable_keys:
            pseudo = Record(source.name, unreadable, {source.limits.key: unreadable})
            key = _key(key_flow, pseudo, now) or unreadable
            seen.add(fold(key))
            _identity(population, key).freeze(f"its record in source {source.name} cannot be used")


def _key(flow: Program, record: Record, now: datetime) -> str | None:
    result = evaluate(flow, Environment(values=record.values, now=now, seed=record.key))
    if isinstance(result, EvaluationError | Special) or result is None or isinstance(result, tuple):
        return None
    return text_of(result) or None


def place_records(population: Population, rule: Inbound, source: SourceReading, now: datetime) -> None:
    """Give each record in scope of ``rule`` to an identity: by key, or by the rule's joins."""
    key_flow = rule.flows.get(population.rules.type.key)
    index = _join_index(population, rule)
    _block_unreadable(population, rule, source, index)
    for record in source.records.values():
        environment = Environment(values=record.values, now=now, seed=f"{source.name}:{record.key}")
        in_scope = evaluate(rule.scope, environment) if rule.scope else True
        key = _key(key_flow, record, now) if key_flow else None
        if isinstance(in_scope, EvaluationError):
            _unusable(population, rule, record, key, f"its scope cannot be evaluated: {in_scope}")
            continue
        if not is_true(in_scope):
            continue
        if rule.joins:
            matches = _join(rule, index, environment)
            if isinstance(matches, EvaluationError):
                _unusable(population, rule, record, key, f"its join cannot be evaluated: {matches}")
                continue
            if len(matches) > 1:
                names = ", ".join(sorted(identity.address for identity in matches))
                for identity in matches:
                    identity.blocked[rule.name] = f"record {record.key} of source {source.name} fits several people"
                population.say(
                    "ambiguous-join",
                    f"record {record.key} of source {source.name} joins {names} by rule {rule.name}; "
                    "what it contributes is frozen for all of them",
                    matches[0].address,
                    "Correct the source, or join by an attribute that tells them apart.",
                    _at(rule),
                )
                continue
            if matches:
                _attach(population, rule, matches[0], record)
                continue
        if rule.rule.creates:
            _create(population, rule, record, key)


def _create(population: Population, rule: Inbound, record: Record, key: str | None) -> None:
    if key is None:
        _unusable(population, rule, record, None, f"its {population.rules.type.key} is empty or cannot be computed")
        return
    alias = population.aliases.get(fold(key))
    if alias is not None:
        return  # decisions.yaml: this record is the same person's earlier one
    identity = _identity(population, key)
    if identity.key != key:
        identity.freeze(f"keys {identity.key} and {key} differ only in letter case or spaces")
        population.say("key-case", f"keys {identity.key!r} and {key!r} differ only in case or spaces", identity.address)
    creators = [name for name in identity.records if _creates_without_join(population.rules.inbound[name])]
    if rule.name not in identity.records and creators and not rule.joins:
        identity.freeze(f"rules {creators[0]} and {rule.name} both create it")
        population.say(
            "created-twice",
            f"rules {creators[0]} and {rule.name} both create {identity.address}",
            identity.address,
            "Let one of the rules join the other's people (join:), or give the keys a prefix.",
            _at(rule),
        )
        return
    _attach(population, rule, identity, record)


def _identity(population: Population, key: str) -> Identity:
    """Return the identity with this key, a new one where there is none."""
    identity = population.by_key.get(fold(key))
    if identity is None:
        identity = population.by_key[fold(key)] = Identity(population.rules.type.name, key)
        identity.values[population.rules.type.key] = key
    return identity


def _creates_without_join(rule: Inbound) -> bool:
    return rule.rule.creates and not rule.joins


def _attach(population: Population, rule: Inbound, identity: Identity, record: Record) -> None:
    other = identity.records.get(rule.name)
    if other is not None and other.key != record.key:
        identity.blocked[rule.name] = f"records {other.key} and {record.key} both belong to it by rule {rule.name}"
        population.say(
            "several-records",
            f"records {other.key} and {record.key} of source {record.source} both belong to {identity.address}; "
            f"what rule {rule.name} contributes is frozen",
            identity.address,
            "Correct the source, or pick one row per key with rows:.",
            _at(rule),
        )
        return
    identity.records[rule.name] = record


def _unusable(population: Population, rule: Inbound, record: Record, key: str | None, why: str) -> None:
    """A record that cannot be used: its person is frozen; where nobody can be told, the rule is in doubt for all."""
    text = (
        f"record {record.key} of source {record.source} (line {record.line}) cannot be used by rule {rule.name}: {why}"
    )
    subject = record.source
    if key is not None and (rule.rule.creates or fold(key) in population.by_key):
        _identity(population, key).freeze(why)
        subject = f"{population.rules.type.name}:{key}"
    else:
        population.doubtful[rule.name] = f"record {record.key} of source {record.source}: {why}"
    population.say("record-unusable", text, subject, "Correct the record or the rule.", _at(rule))


def _at(rule: Inbound) -> Span:
    return rule.rule.key_at("name")


def _join_index(population: Population, rule: Inbound) -> list[JoinIndex]:
    """Index identities by the attributes of each join of ``rule``."""
    found = []
    for join in rule.joins:
        names = tuple(name for name, _ in join)
        index: JoinIndex = defaultdict(list)
        for identity in population.sorted():
            values = [_join_value(identity.values.get(name)) for name in names]
            if all(values):
                index[tuple(str(value) for value in values)].append(identity)
        found.append(index)
    return found


def _join(rule: Inbound, indexes: list[JoinIndex], environment: Environment) -> list[Identity] | EvaluationError:
    """Return whom the first join that finds anybody finds; an error where an earlier one cannot be evaluated."""
    for join, index in zip(rule.joins, indexes, strict=True):
        values = []
        for _, program in join:
            result = evaluate(program, environment)
            if isinstance(result, EvaluationError):
                return result
            values.append(_join_value(result))
        if all(values) and (matches := index.get(tuple(str(value) for value in values))):
            return matches
    return []


def _block_unreadable(population: Population, rule: Inbound, source: SourceReading, index: list[JoinIndex]) -> None:
    """What a joining rule says of people whose records were there but could not be used is unknown, not absent."""
    for unreadable in sorted(source.proof.unreadable_keys):
        pseudo = {source.limits.key: unreadable}
        reason = f"its record {unreadable} in source {source.name} cannot be used"
        told = False
        for join, joined in zip(rule.joins, index, strict=True):
            if any(program.attributes - pseudo.keys() for _, program in join):
                continue
            found = [evaluate(program, Environment(values=pseudo, now=_NEVER)) for _, program in join]
            values = tuple("" if isinstance(v, EvaluationError) else _join_value(v) or "" for v in found)
            told = True
            for identity in joined.get(values, []):
                identity.blocked[rule.name] = reason
        if not told:
            population.doubtful[rule.name] = reason


def _join_value(value: Result) -> str | None:
    """The text by which a value joins: without case; null, lists and unknown values join nobody."""
    if value is None or isinstance(value, Special | tuple):
        return None
    return text_of(value.target if isinstance(value, Ref) else value).strip().lower() or None
