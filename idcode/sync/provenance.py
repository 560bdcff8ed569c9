"""Why: where every value comes from, and what it beat (law 10)."""

from __future__ import annotations

from datetime import datetime

from idcode.expressions import EvaluationError, Program
from idcode.model.plans import Origin, Why
from idcode.model.values import Special
from idcode.sync.attributes import contribution
from idcode.sync.context import Context
from idcode.sync.identities import Identity, Population
from idcode.sync.programs import Inbound, Outbound


class Explainer:
    """Answers why an object's attribute has the value it should have."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._identities = {
            f"{identity.address}@{rule.key}": (population, identity, rule)
            for population in context.populations.values()
            for identity in population.by_key.values()
            for rule in population.rules.outbound.values()
        }

    def why(self, address: str, attribute: str) -> Why | None:
        """Return the reason for ``attribute`` (or ``path``, ``enabled``) of the object ``address``."""
        found = self._identities.get(address)
        if found is None:
            span = self._context.declared_at.get(address)
            return Why(at=f"{span.file}:{span.line}") if span and span.file else None
        population, identity, rule = found
        return self._of_rule(population, identity, rule, attribute)

    def _of_rule(self, population: Population, identity: Identity, rule: Outbound, attribute: str) -> Why:
        flow = next((f for f in rule.flows if f.attribute.lower() == attribute.lower()), None)
        if flow is not None:
            programs, span = [p for p in (flow.value, flow.aliases) if p], flow.span
        elif attribute == "path":
            programs, span = [p for p in (rule.path, *rule.segments) if p], rule.rule.key_at("path")
        elif attribute == "enabled":
            programs, span = [p for p in (rule.enabled,) if p], rule.rule.key_at("enabled")
        else:
            programs, span = [], rule.rule.at
        origins: list[Origin] = []
        beat: list[str] = []
        for program in programs:
            for name in sorted(program.attributes):
                found, lost = self.origins(population, identity, name)
                origins += [origin for origin in found if origin not in origins]
                beat += [name for name in lost if name not in beat]
        note = f"stage {identity.stage}" if identity.stage and any("stage" in p.attributes for p in programs) else None
        if identity.missing:
            note = "no source has this person any more"
        return Why(rule.name, f"{span.file}:{span.line}" if span.file else None, tuple(origins), tuple(beat), note)

    def origins(self, population: Population, identity: Identity, name: str) -> tuple[list[Origin], list[str]]:
        """Return where an identity attribute was read, and the rules whose values it beat."""
        if name == "stage":
            dates = {n for _, a, b in population.rules.stages for p in (a, b) if p for n in p.attributes}
            return [o for date in sorted(dates) for o in self.origins(population, identity, date)[0]], []
        if name in population.rules.generate:
            made_of = sorted(population.rules.generate[name].attributes)
            return [o for part in made_of for o in self.origins(population, identity, part)[0]], []
        winner = identity.winners.get(name)
        if winner is None or winner not in population.rules.inbound:
            return [], []
        rule = population.rules.inbound[winner]
        return self._columns(identity, rule, rule.flows.get(name)), self._beaten(population, identity, name, winner)

    def _columns(self, identity: Identity, rule: Inbound, flow: Program | None) -> list[Origin]:
        record = identity.records.get(rule.name)
        source = record.source if record else (rule.rule.directory or rule.name)
        live = identity.links.get(rule.rule.rule or "")
        key = record.key if record else (live.dn if live else "")
        return [Origin(source, key, column) for column in sorted(flow.attributes)] if flow else []

    def _beaten(self, population: Population, identity: Identity, name: str, winner: str) -> list[str]:
        order = population.rules.type.precedence.get(name, ())
        lower = order[order.index(winner) + 1 :] if winner in order else ()
        return [
            rule
            for rule in lower
            if _has_value(population, identity, population.rules.inbound[rule], name, self._context.as_of)
        ]


def _has_value(population: Population, identity: Identity, rule: Inbound, name: str, now: datetime) -> bool:
    result = contribution(population, identity, rule, name, now)
    return not isinstance(result, EvaluationError | Special) and result is not None and result != ""
