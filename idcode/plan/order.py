"""The order of changes: one topological sort, ties broken by rank, directory and address."""

from __future__ import annotations

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Iterable

from idcode.model import dn
from idcode.model.plans import PHASES, AttributeChange, Expect
from idcode.model.syntax import text_of
from idcode.model.values import Scalar
from idcode.plan.drafts import Draft, Token

_RANK = {phase: position for position, phase in enumerate(PHASES)}


def dependencies(drafts: Iterable[Draft]) -> dict[Draft, set[Draft]]:
    """Return, for every draft, those that must come before it."""
    providers: dict[Token, list[Draft]] = defaultdict(list)
    listed = list(drafts)
    for draft in listed:
        for token in draft.provides:
            providers[token].append(draft)
    return {
        draft: {other for token in draft.needs for other in providers.get(token, ()) if other is not draft}
        for draft in listed
    }


def dependants(drafts: Iterable[Draft], roots: Iterable[Draft]) -> set[Draft]:
    """Return every draft that needs one of ``roots``, directly or through others."""
    needs = dependencies(drafts)
    found = set(roots)
    grown = True
    while grown:
        more = {draft for draft, before in needs.items() if draft not in found and before & found}
        found |= more
        grown = bool(more)
    return found - set(roots)


def ordered(drafts: Iterable[Draft]) -> tuple[list[Draft], dict[Draft, set[Draft]]]:
    """Return the drafts in the order in which they are written, and what each depends on.

    A circle of values (two people swapping a logon name) is opened by giving one of them a temporary value first;
    both steps are in the result.
    """
    listed = sorted(drafts, key=_priority)
    while True:
        needs = dependencies(listed)
        result = _sorted(listed, needs)
        placed = set(result)
        stuck = [draft for draft in listed if draft not in placed]
        if not stuck:
            return result, needs
        listed = sorted(_open_circle(listed, _on_circle(stuck, needs)), key=_priority)


def _priority(draft: Draft) -> tuple[int, str, str, str, str]:
    return (_RANK[draft.phase], draft.directory, draft.address, draft.op, ",".join(sorted(draft.attributes)))


def _sorted(drafts: list[Draft], needs: dict[Draft, set[Draft]]) -> list[Draft]:
    """Kahn's algorithm with a heap: among the ready drafts the lowest rank comes first."""
    waiting = {draft: len(before) for draft, before in needs.items()}
    followers: dict[Draft, list[Draft]] = defaultdict(list)
    for draft, before in needs.items():
        for other in before:
            followers[other].append(draft)
    position = {draft: index for index, draft in enumerate(drafts)}
    ready = [position[draft] for draft in drafts if not waiting[draft]]
    heapq.heapify(ready)
    result = []
    while ready:
        draft = drafts[heapq.heappop(ready)]
        result.append(draft)
        for follower in followers[draft]:
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(ready, position[follower])
    return result


def _on_circle(stuck: list[Draft], needs: dict[Draft, set[Draft]]) -> list[Draft]:
    """Return the drafts of one circle, found by walking dependencies among the stuck ones until one repeats."""
    among = set(stuck)
    path: list[Draft] = [stuck[0]]
    while True:
        following = min((d for d in needs[path[-1]] if d in among), key=_priority)
        if following in path:
            return path[path.index(following) :]
        path.append(following)


def _open_circle(drafts: list[Draft], circle: list[Draft]) -> list[Draft]:
    """Split one draft of the circle into a step that frees what it holds and the step that was planned."""
    for draft in sorted(circle, key=_priority):
        before = circle[circle.index(draft) - 1]  # the one that needs what this draft provides
        wanted = before.needs & draft.provides
        for token in sorted(wanted, key=repr):
            step = _free_value(draft, token) if token[0] == "free" else _free_name(draft, token)
            if step is not None:
                return [*drafts, step]
    # No value can be freed first: drop the needs between them, so that the directory decides, in a fixed order.
    for draft in circle:
        draft.needs = {token for token in draft.needs if not any(token in other.provides for other in circle)}
    return drafts


def _temporary(draft: Draft, value: Scalar) -> str:
    text = text_of(value)
    mark = hashlib.sha256(f"{draft.address}:{text}".encode()).hexdigest()[:10]
    local, at, suffix = text.partition("@")
    return f"idcode-{mark}{at}{suffix}" if local else f"idcode-{mark}"


def _free_value(draft: Draft, token: Token) -> Draft | None:
    name = str(token[2])
    change = draft.attributes.get(name)
    if change is None or change.delta or not change.before:
        return None
    value = _temporary(draft, change.before[0])
    step = _step(draft)
    step.attributes[name] = AttributeChange(change.before, (value,), single=change.single, why=change.why)
    step.expect = Expect(draft.expect.dn, None, {name: change.before})
    draft.attributes[name] = AttributeChange((value,), change.after, single=change.single, why=change.why)
    draft.expect = Expect(draft.expect.dn, draft.expect.enabled, {**draft.expect.attributes, name: (value,)})
    _hand_over(draft, step, token)
    return step


def _free_name(draft: Draft, token: Token) -> Draft | None:
    if token[0] != "free-dn" or draft.op != "move" or draft.new_dn is None:
        return None
    old = dn.parse(draft.dn)
    step = _step(draft)
    step.op = "move"
    step.new_dn = dn.child(dn.build(old[1:]), old[0].type, _temporary(draft, old[0].value))
    name = "ou" if draft.object_type == "ou" else "cn"
    value = dn.parse(step.new_dn)[0].value
    why = next(iter(draft.attributes.values())).why if draft.attributes else None
    step.attributes[name] = AttributeChange((old[0].value,), (value,), why=why)
    after = dn.parse(draft.new_dn)[0].value
    draft.attributes[name] = AttributeChange((value,), (after,), why=why)
    step.expect = Expect(draft.expect.dn, None, draft.expect.attributes)
    draft.expect = Expect(step.new_dn, None, draft.expect.attributes)
    _hand_over(draft, step, token)
    return step


def _step(draft: Draft) -> Draft:
    return Draft(
        draft.directory,
        draft.object_type,
        draft.address,
        draft.label,
        draft.anchor,
        draft.dn,
        "update",
        "release",
        draft.scope,
    )


def _hand_over(draft: Draft, step: Draft, token: Token) -> None:
    draft.provides.discard(token)
    step.provides |= {token, ("step", draft.address, token)}
    draft.needs.add(("step", draft.address, token))
