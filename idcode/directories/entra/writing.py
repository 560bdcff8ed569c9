"""Carrying out the writes of many changes side by side, and what is there before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from idcode.directories.entra import settling
from idcode.directories.entra.bench import Bench
from idcode.directories.entra.graph.calls import Answer, Call
from idcode.directories.entra.noting import note
from idcode.directories.entra.performing import Calls, perform
from idcode.directories.entra.problems import Step
from idcode.directories.entra.schema import NESTED
from idcode.directories.port import Secrets
from idcode.model.errors import DirectoryError
from idcode.model.records import LiveObject
from idcode.model.values import Ref, to_json
from idcode.model.writes import Outcome, Write


@dataclass(slots=True)
class _Journey:
    """The writes of one change on their way, one at a time: writes to one object must not overtake each other."""

    bench: Bench
    secrets: Secrets
    writes: list[Write]
    calls: Calls | None = None
    outcomes: list[Outcome] = field(default_factory=list)

    def next_call(self, answer: Answer | None = None) -> Call | None:
        """Go on to the next call that has to be sent, ``None`` at the end of the change."""
        while self.writes:
            try:
                if self.calls is None:
                    self.calls = perform(self.bench, self.writes[0], self.secrets)
                    return next(self.calls)
                assert answer is not None
                return self.calls.send(answer)
            except StopIteration as end:
                self._ended(end.value)
        return None

    def _ended(self, step: Step) -> None:
        write = self.writes.pop(0)
        self.calls = None
        self.outcomes.append(Outcome(write.id, step.status, step.code, step.message, step.anchor))
        if step.status != "done":
            reason = f"write {write.id} of the same change is {step.status}"
            self.outcomes += [Outcome(one.id, "skipped", message=reason) for one in self.writes]
            self.writes = []

    def take(self) -> Iterator[Outcome]:
        """Yield the outcomes since the last time."""
        ended, self.outcomes = self.outcomes, []
        yield from ended


def write(bench: Bench, changes: Sequence[Sequence[Write]], secrets: Secrets) -> Iterator[Outcome]:
    """Carry out the writes of each change in order; see the port.

    The first calls of all changes go out together, in batches, then the second ones, and so on.
    """
    journeys = {change[0].change_id: _Journey(bench, secrets, list(change)) for change in changes if change}
    waiting: dict[str, tuple[_Journey, Call]] = {}
    for journey in journeys.values():
        call = journey.next_call()
        yield from journey.take()
        if call is not None:
            waiting[call.id] = (journey, call)
    while waiting:
        sent, waiting = waiting, {}
        for answer in bench.graph.send([call for _, call in sent.values()]):
            journey, _ = sent[answer.id]
            call = journey.next_call(answer)
            yield from journey.take()
            if call is not None:
                waiting[call.id] = (journey, call)


def settle(bench: Bench, item: Write, since: float) -> Outcome:
    """Read whether a write was carried out; waits for replicas until the patience that began at ``since`` is over."""
    if item.kind == "password":
        return Outcome(item.id, "failed", "unsettled", "whether the password was set cannot be read; set a new one")
    try:
        anchor = settling.reached(bench, item, since)
    except DirectoryError as error:
        return Outcome(item.id, "unknown", message=str(error))
    if anchor is None:
        return Outcome(item.id, "failed", "not-done", "it was not carried out")
    note(bench, item, anchor)
    creates = item.request["op"] in ("create", "invite", "grant")
    return Outcome(item.id, "done", "settled", anchor=anchor if creates else None)


def before_image(item: Write, live: LiveObject | None) -> Mapping[str, object]:
    """Return what ``item`` is about to change as ``live`` has it: name, state and the attributes concerned."""
    if live is None:
        return {}
    request = item.request
    image: dict[str, object] = {"dn": live.dn}
    match request["op"]:
        case "password":
            image |= {"enabled": live.enabled, "mark": live.mark}
        case "account":
            image |= {"enabled": live.enabled, "mark": live.mark, "attributes": _values(live, _names(request))}
        case "update":
            image["attributes"] = _values(live, _names(request))
        case "manager":
            image["attributes"] = _values(live, ["manager"])
        case "licences":
            image["attributes"] = _values(live, ["licences"])
        case "authority":
            image["attributes"] = _values(live, ["isCloudManaged"])
        case "link" | "unlink":
            name = request["attribute"]
            image["attributes"] = {name: _touched(live, name, [*request.get("add", ()), *_one(request, "remove")])}
        case "grant" | "revoke":
            image["attributes"] = {"members": _touched(live, "members", [request["principal"]])}
        case "delete":
            image |= {"object_type": live.object_type, "enabled": live.enabled, "mark": live.mark}
            image["attributes"] = _values(live, live.attributes)
    return image


def _names(request: Mapping[str, Any]) -> list[str]:
    """Return the attributes that the body of a request speaks of."""
    found = [*request.get("merge", ())]
    for name, value in request["body"].items():
        found += value if name in NESTED and isinstance(value, Mapping) else [name]
    return sorted(set(found) - {"accountEnabled"})


def _values(live: LiveObject, names: Any) -> dict[str, object]:
    return {name: [to_json(value) for value in live.get(name)] for name in sorted(names)}


def _one(request: Mapping[str, Any], name: str) -> list[Mapping[str, str]]:
    return [request[name]] if name in request else []


def _touched(live: LiveObject, name: str, references: Sequence[Mapping[str, str]]) -> list[object]:
    """Return which of the references that a write touches are there now; the lists themselves may be long."""
    there = set(live.get(name))
    return [dict(reference) for reference in references if Ref(reference["$ref"]) in there]
