"""Presence: whether an identity should have its object under an outbound rule at this moment."""

from __future__ import annotations

from collections.abc import Mapping

from idcode.expressions import Environment, EvaluationError, UnknownValueError
from idcode.model.records import LiveObject
from idcode.model.values import Result, Special
from idcode.sync.attributes import known_values
from idcode.sync.context import Context, Presence
from idcode.sync.hybrid import awaits_sync
from idcode.sync.identities import Identity, Population, evaluate, is_true
from idcode.sync.programs import Outbound


def decide(context: Context, population: Population, identity: Identity, rule: Outbound) -> Presence:
    """Say what becomes of the identity's object under ``rule``."""
    if identity.frozen or rule.name in identity.unlinked:
        return "frozen"
    live = identity.links.get(rule.name)
    if live is None and identity.missing:
        return "none"
    where = _stage_position(population, identity, rule)
    if where is None:
        return "alone" if identity.missing else "frozen"
    if where == "before":
        return "alone" if live is not None and not live.deleted else "none"
    in_scope: Result | EvaluationError = True
    if rule.scope is not None:
        in_scope = evaluate(
            rule.scope, environment(context, identity, live, rule.scope.attributes, rule.rule.directory)
        )
    if isinstance(in_scope, UnknownValueError) and identity.missing:
        in_scope = True
    if isinstance(in_scope, EvaluationError) or in_scope is Special.UNKNOWN:
        identity.unlinked[rule.name] = f"its scope cannot be evaluated: {in_scope}"
        if not isinstance(in_scope, UnknownValueError):
            context.say(
                "error",
                "scope-error",
                f"whether {identity.address} is in scope of rule {rule.name} cannot be computed: {in_scope}",
                identity.address,
                "Correct the record, or let the expression handle such values.",
                rule.rule.key_at("scope"),
            )
        return "frozen"
    if not is_true(in_scope) or where == "after":
        return "exit" if live is not None and not live.deleted else "none"
    if live is not None and not live.deleted:
        return "keep"
    if awaits_sync(context, population, identity, rule) is not None:
        return "awaiting"
    if live is not None and live.deleted and live.synced:
        return "none"  # only the sync that deleted it can bring it back
    if not rule.rule.creates:
        return "none"
    if not _may_create(population, identity, rule):
        return "frozen"
    return "create" if live is None else "restore"


def _may_create(population: Population, identity: Identity, rule: Outbound) -> bool:
    """No creation rests on a source that is not proved complete (law 2)."""
    creators = [name for name in identity.records if population.rules.inbound[name].rule.creates]
    untrusted = [n for n in creators if population.rules.inbound[n].rule.source in population.untrusted]
    if untrusted:
        source = population.rules.inbound[untrusted[0]].rule.source
        identity.unlinked[rule.name] = f"source {source} is not proved complete"
    return not untrusted


def _stage_position(population: Population, identity: Identity, rule: Outbound) -> str | None:
    """Where the identity stands relative to the rule's stages: before, in, after; ``None`` where unknown."""
    order = [name for name, _, _ in population.rules.stages]
    if not order or not rule.rule.stages:
        return None if identity.values.get("stage") is Special.UNKNOWN else "in"
    if identity.values.get("stage") is Special.UNKNOWN:
        return None
    if identity.stage is None:
        return "before"
    listed = [order.index(name) for name in rule.rule.stages]
    position = order.index(identity.stage)
    if position < min(listed):
        return "before"
    return "after" if position > max(listed) else "in"


def environment(
    context: Context, identity: Identity, live: LiveObject | None, names: frozenset[str], directory: str, seed: str = ""
) -> Environment:
    """Build what an expression sees: identity attributes, and ``object.x`` of the live object in ``directory``."""
    return Environment(
        values={**identity.values, **held_values(context, live, names, directory)},
        now=context.as_of,
        seed=f"{identity.address}:{seed}",
    )


def held_values(
    context: Context, live: LiveObject | None, names: frozenset[str], directory: str
) -> Mapping[str, Result]:
    """Return what an expression that reads ``names`` sees of the live object, by ``object.x``."""
    read = {name.removeprefix("object.") for name in names if name.startswith("object.")}
    reading = context.directory(directory)
    if not read or reading is None:
        return {}
    return {f"object.{name}": value for name, value in known_values(live, read, reading.view).items()}
