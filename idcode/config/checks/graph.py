"""The order in which records, attributes, links and generated values of one identity type are computed.

Nodes and what they need:

``records:RULE``
    An inbound rule's records joined to identities. It needs the identity attributes it joins by. Where the rule flows
    such an attribute itself, it joins by what the rules *before* it in the files contribute, so that it needs those
    and not the finished attribute, of which its own value is a part.
``attribute:NAME``
    Needs every rule that writes it: ``records:RULE`` for a source, ``link:RULE`` where it is read back from a
    directory, ``generate:NAME`` where it is generated. ``attribute:stage`` needs what the lifecycle's expressions use.
``link:RULE``
    Which live object belongs to the identity under an outbound rule. It needs the attributes its joins use, and where
    the directory is synced from another one, the links to the accounts there.
``generate:NAME``
    Needs the links to the objects it is kept in, and the attributes its expression uses.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping

from idcode.config.checks.context import Context
from idcode.config.checks.rulesets import RuleSet
from idcode.config.models.base import Dialect, Expression
from idcode.config.models.rules import InboundRule
from idcode.config.places import parse_place
from idcode.expressions import ExpressionError, compile_expression
from idcode.model.diagnostics import Span

Needs = dict[str, tuple[str, ...]]


def evaluation_order(rules: RuleSet, context: Context) -> tuple[str, ...]:
    """Return the nodes in an order that respects their needs; an error that shows the path where there is a cycle.

    Among nodes that are ready, the file order decides: records, attributes (by name), links, generated values.
    """
    for found in (rules.inbound, rules.outbound):
        if len({rule.name for rule in found}) < len(found):
            return ()  # nodes are named after rules; two of one name are reported already
    needs = dependencies(rules, synced_from(context))
    order = _sorted(needs)
    if len(order) < len(needs):
        _report_cycle(_cycle({node: needs[node] for node in needs if node not in order}), rules, context)
    return order


def synced_from(context: Context) -> dict[str, list[str]]:
    """Return the directories whose objects are synced from others, with those."""
    return {
        name: [synced.directory for synced in getattr(settings, "synced_from", ())]
        for name, settings in context.directories.items()
    }


def dependencies(rules: RuleSet, synced: Mapping[str, list[str]]) -> Needs:
    """Return every node with the nodes it needs; ``synced`` maps directories to those they are synced from."""
    needs: Needs = {}
    for rule in rules.inbound:
        if rule.source is not None:
            needs[f"records:{rule.name}"] = _unique(_records(rule, rules))
    for name in rules.kinds():
        needs[f"attribute:{name}"] = _unique(_attribute(name, rules))
    for outbound in rules.outbound:
        joins = [expression for join in outbound.join for expression in join.values()]
        used = _used(joins, outbound.dialect or rules.dialect)
        accounts = [rule for name in synced.get(outbound.directory, ()) for rule in rules.rules_in(name)]
        links = [f"link:{rule.name}" for rule in accounts]
        needs[f"link:{outbound.name}"] = _unique([*links, *(f"attribute:{name}" for name in used)])
    for name, made in rules.generate.items():
        used = _used([made.value], made.dialect or rules.dialect)
        links = [link for text in made.kept_in for link in _links(text, rules)]
        needs[f"generate:{name}"] = _unique([*links, *(f"attribute:{other}" for other in used)])
    return {node: tuple(need for need in found if need in needs) for node, found in needs.items()}


def _records(rule: InboundRule, rules: RuleSet) -> Iterable[str]:
    for name in (name for join in rule.join for name in join):
        if name not in rule.flow:
            yield f"attribute:{name}"
            continue
        for other in rules.inbound[: rules.inbound.index(rule)]:
            if name in other.flow:
                yield from _contribution(other, rules)


def _attribute(name: str, rules: RuleSet) -> Iterable[str]:
    for rule in rules.writers(name):
        yield from _contribution(rule, rules)
    if name in rules.generate:
        yield f"generate:{name}"
    if name == "stage" and rules.lifecycle:
        parts = [part for stage in rules.lifecycle.stages for part in (stage.from_, stage.after)]
        used = _used([rules.lifecycle.timezone, *(part for part in parts if part)], rules.dialect)
        yield from (f"attribute:{other}" for other in used if other != "stage")


def _contribution(rule: InboundRule, rules: RuleSet) -> Iterable[str]:
    if rule.source is not None:
        return [f"records:{rule.name}"]
    if rule.rule is not None:
        return [f"link:{rule.rule}"]
    there = rules.rules_in(rule.directory or "")
    primary = [other for other in there if other.primary] or there
    return [f"link:{primary[0].name}"] if primary else []


def _links(text: str, rules: RuleSet) -> list[str]:
    try:
        place = parse_place(text)
    except ValueError:
        return []  # reported where the value itself is checked
    there = rules.rules_in(place.directory)
    return [f"link:{rule.name}" for rule in there if place.rule in (None, rule.name)]


def _used(expressions: Iterable[Expression], dialect: Dialect) -> list[str]:
    names: set[str] = set()
    for expression in expressions:
        if expression.is_constant:
            continue
        try:
            names |= compile_expression(expression.text, dialect=dialect).attributes
        except ExpressionError:
            continue  # reported where the expression itself is checked
    return sorted(names)


def _unique(nodes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(nodes))


def _sorted(needs: Needs) -> tuple[str, ...]:
    rank = {node: position for position, node in enumerate(needs)}
    users: dict[str, list[str]] = {node: [] for node in needs}
    for node, found in needs.items():
        for need in found:
            users[need].append(node)
    waiting = {node: len(found) for node, found in needs.items()}
    ready = [(rank[node], node) for node, count in waiting.items() if not count]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        _, node = heapq.heappop(ready)
        order.append(node)
        for user in users[node]:
            waiting[user] -= 1
            if not waiting[user]:
                heapq.heappush(ready, (rank[user], user))
    return tuple(order)


def _cycle(needs: Needs) -> list[str]:
    """Return one cycle; every node of ``needs`` waits for another one of it."""
    path: list[str] = []
    node = next(iter(needs))
    while node not in path:
        path.append(node)
        node = next(need for need in needs[node] if need in needs)
    cycle = path[path.index(node) :]
    first = min(range(len(cycle)), key=lambda position: (not cycle[position].startswith("link:"), position))
    return cycle[first:] + cycle[:first]


def _report_cycle(cycle: list[str], rules: RuleSet, context: Context) -> None:
    path = " → ".join(_words(node) for node in [*cycle, cycle[0]])
    context.findings.error(
        "dependency-cycle",
        f"these need each other, so that none can come first: {path}",
        _place(cycle[0], rules),
        "join by an attribute that comes from a source",
    )


def _words(node: str) -> str:
    kind, _, name = node.partition(":")
    return {
        "records": f"the records of {name!r}",
        "attribute": f"[{name}]",
        "link": f"the join of {name!r}",
        "generate": f"the generated value {name!r}",
    }[kind]


def _place(node: str, rules: RuleSet) -> Span:
    kind, _, name = node.partition(":")
    if kind == "link":
        rule = next(rule for rule in rules.outbound if rule.name == name)
        return rule.place("join")
    if kind == "records":
        return next(rule for rule in rules.inbound if rule.name == name).place("join")
    return rules.generate[name].at if kind == "generate" else rules.files[0].at
