"""A directory in memory that behaves like a server with compare-and-set, and fails on command."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from idcode.directories.port import Secrets
from idcode.model import dn
from idcode.model.diagnostics import Diagnostic
from idcode.model.errors import DirectoryError, IdcodeError
from idcode.model.plans import Change
from idcode.model.privileges import Privileges
from idcode.model.records import Fingerprint, LiveObject, Proof, Query, Reading
from idcode.model.schema import AttributeType, DirectorySchema, Kind
from idcode.model.values import Ref, Scalar, as_tuple, from_json, to_json
from idcode.model.writes import Outcome, Write

SCHEMA = DirectorySchema(
    [
        AttributeType("title"),
        AttributeType("employeeID"),
        AttributeType("description"),
        AttributeType("manager", Kind.REFERENCE),
        AttributeType("member", Kind.REFERENCE, single=False),
        AttributeType("memberOf", Kind.REFERENCE, single=False, read_only=True),
        AttributeType("proxyAddresses", Kind.ADDRESS, single=False),
        AttributeType("whenChanged", Kind.TIME, read_only=True),
    ]
)
Fault = Callable[[Write], str | None]
"""Says what goes wrong: ``drop`` (lost before the server), ``swallow`` (its answer lost), ``refuse``, ``kill`` …"""


class MemoryDirectory:
    """Objects by anchor. ``fault`` is asked before each write, ``log`` lists what was carried out."""

    name = "corp"

    def __init__(self, *objects: LiveObject) -> None:
        self.objects = {item.anchor: item for item in objects}
        self.fault: Fault = lambda write: None
        self.log: list[str] = []
        self.passwords: dict[str, str] = {}
        self.usn = 7
        self.type, self.identity, self.invocation_id = "memory", "S-1-5-21-1", "inv-1"
        self.fetches: list[tuple[set[str], list[str]]] = []
        self.down = False
        self.power = Privileges()

    def fingerprint(self) -> Fingerprint:
        return Fingerprint(self.type, self.identity, "dc1", self.invocation_id, self.usn)

    def schema(self) -> DirectorySchema:
        return SCHEMA

    def read(self, query: Query) -> Reading[LiveObject]:
        yield from self.objects.values()
        return Proof(True, "document", len(self.objects))

    def fetch(self, anchors: Collection[str], attributes: Iterable[str]) -> Mapping[str, LiveObject]:
        names = list(attributes)
        self.fetches.append((set(anchors), names))
        if self.down:
            raise DirectoryError("dc1 does not answer")
        return {anchor: self._seen(anchor, names) for anchor in anchors if anchor in self.objects}

    def _seen(self, anchor: str, names: list[str]) -> LiveObject:
        item = self.objects[anchor]
        groups = tuple(Ref(o.dn) for o in self.objects.values() if Ref(item.dn) in o.get("member"))
        attributes = {**item.attributes, **({"memberOf": groups} if groups else {})}
        return replace(
            item, attributes={name: values for name, values in attributes.items() if "*" in names or name in names}
        )

    def privileges(self) -> Privileges:
        return self.power

    def reject(self, change: Change) -> list[Diagnostic]:
        return []

    def review(self, changes: Sequence[Change]) -> list[Any]:
        return []

    def unseen(self, anchors: Collection[str]) -> frozenset[str]:
        return frozenset()

    def remember(self, write: Write, live: LiveObject | None, anchor: str | None, at: Any) -> None:
        """Nothing to remember: it shows at once what it has taken."""

    def lower(self, change: Change, anchors: Mapping[str, str]) -> list[Write]:
        requests: list[tuple[str, dict[str, Any]]] = []
        attributes = {name: item for name, item in change.attributes.items() if name not in ("path", "enabled")}
        modify = [
            [name, [to_json(v) for v in item.before + item.remove], [to_json(v) for v in item.after + item.add]]
            for name, item in attributes.items()
        ]
        target = {"anchor": change.object.anchor, "modify": modify}
        if change.op in ("create", "restore"):
            requests.append((change.op, {**target, "dn": change.new_dn, "type": change.object_type}))
        elif change.op == "delete":
            requests.append(("delete", target))
        elif modify:
            requests.append(("modify", target))
        if change.op in ("move", "update") and change.new_dn:
            requests.append(("move", {**target, "dn": change.new_dn}))
        where = {"anchor": change.object.anchor, "address": change.address}
        if change.password:
            requests.append(("password", where))
        if "enabled" in change.attributes and change.attributes["enabled"].after == (True,):
            requests.append(("enable", where))
        if "enabled" in change.attributes and change.op == "disable":
            requests.append(("disable", where))
        writes = []
        for number, (kind, request) in enumerate(requests, start=1):
            writes.append(Write(f"{change.id}.{number}", change.id, kind, self._resolved(request, anchors, change)))
        return writes

    def _resolved(self, request: dict[str, Any], anchors: Mapping[str, str], change: Change) -> dict[str, Any]:
        def dn_of(value: Any) -> Any:
            if not (isinstance(value, dict) and "$ref" in value):
                return value
            anchor = anchors.get(value["$ref"], value["$ref"])
            if anchor not in self.objects and "=" not in anchor:
                raise IdcodeError(f"no object {anchor}")
            return {"$ref": self.objects[anchor].dn if anchor in self.objects else anchor}

        if "modify" in request:
            request["modify"] = [
                [name, [dn_of(v) for v in gone], [dn_of(v) for v in new]] for name, gone, new in request["modify"]
            ]
        return {**request, "address": change.address}

    def before_image(self, write: Write, live: LiveObject | None) -> Mapping[str, object]:
        return {} if live is None else {name: [to_json(v) for v in live.get(name)] for name in live.attributes}

    def write(self, changes: Sequence[Sequence[Write]], secrets: Secrets) -> Iterator[Outcome]:
        for writes in changes:
            created: str | None = None
            ended = False
            for write in writes:
                outcome = Outcome(write.id, "skipped") if ended else self._one(write, created, secrets)
                created = outcome.anchor or created
                ended = ended or outcome.status != "done"
                yield outcome

    def _one(self, write: Write, created: str | None, secrets: Secrets) -> Outcome:
        fault = self.fault(write)
        if fault == "refuse":
            return Outcome(write.id, "failed", "ldap:50", "insufficient access rights")
        if fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault == "interrupt":
            raise KeyboardInterrupt
        if fault == "drop":
            return Outcome(write.id, "unknown", message="connection lost")
        outcome = self._carry_out(write, created or write.request.get("anchor") or self._by(write), secrets)
        if fault == "kill-after":
            os.kill(os.getpid(), signal.SIGKILL)
        return Outcome(write.id, "unknown", message="connection lost") if fault == "swallow" else outcome

    def _by(self, write: Write) -> str | None:
        found = [a for a, o in self.objects.items() if o.get("address") == (write.request["address"],)]
        return found[0] if found else None

    def _carry_out(self, write: Write, anchor: str | None, secrets: Secrets) -> Outcome:
        request, live = write.request, self.objects.get(anchor or "")
        if write.kind == "create":
            if any(dn.key(o.dn) == dn.key(request["dn"]) and not o.deleted for o in self.objects.values()):
                return Outcome(write.id, "stale", "ldap:68", "the name is taken")
            anchor = str(uuid.uuid5(uuid.NAMESPACE_DNS, request["dn"] + str(len(self.log))))
            enabled = False if request["type"] == "user" else None
            mark = {"address": (request["address"],)}
            live = LiveObject(anchor, request["dn"], request["type"], mark, enabled, needs_password=True)
        if live is None:
            return Outcome(write.id, "failed", "ldap:32", "no such object")
        if write.kind in ("create", "modify", "restore"):
            changed = self._modified(live, request["modify"])
            if changed is None:
                return Outcome(write.id, "stale", "ldap:16", "a value is not what it was")
            live = changed
        if write.kind == "restore":
            is_account = live.enabled is not None
            lost: Any = "new" if is_account else None
            live = replace(live, deleted=False, dn=request["dn"], enabled=False if is_account else None, mark=lost)
        if write.kind == "password":
            try:
                password = secrets.new_password()
                secrets.deliver({"address": request["address"], "dn": live.dn}, password)
            except IdcodeError as error:
                return Outcome(write.id, "failed", message=str(error))
            self.passwords[live.anchor] = password
            live = replace(live, needs_password=False)
        if write.kind in ("enable", "disable"):
            live = replace(live, enabled=write.kind == "enable", mark=None if write.kind == "enable" else "disabled")
        self.log.append(write.id)
        if write.kind == "delete":
            self._delete(live)
        elif write.kind == "move":
            self._move(live, request["dn"])
        else:
            self.objects[live.anchor] = live
        return Outcome(write.id, "done", "ldap:0", anchor=live.anchor if write.kind == "create" else None)

    def _modified(self, live: LiveObject, modify: list[Any]) -> LiveObject | None:
        attributes: dict[str, tuple[Scalar, ...]] = dict(live.attributes)
        for name, gone, new in modify:
            values = list(attributes.get(name, ()))
            for value in as_tuple(from_json(gone)):
                if value not in values:
                    return None
                values.remove(value)
            values += [value for value in as_tuple(from_json(new)) if value not in values]
            attributes = {**attributes, name: tuple(values)}
        return replace(live, attributes={name: values for name, values in attributes.items() if values})

    def _delete(self, live: LiveObject) -> None:
        kept = {name: live.attributes[name] for name in ("address",) if name in live.attributes}
        gone = f"CN={live.anchor},CN=Deleted Objects,DC=corp,DC=example"
        self.objects[live.anchor] = replace(live, deleted=True, dn=gone, attributes=kept, needs_password=True)
        self._relink(live.dn, None)

    def _move(self, live: LiveObject, new: str) -> None:
        old = live.dn
        for anchor, item in list(self.objects.items()):
            if not item.deleted and dn.is_under(item.dn, old):
                depth = len(dn.parse(item.dn)) - len(dn.parse(old))
                moved = dn.build(dn.parse(item.dn)[:depth] + dn.parse(new))
                self.objects[anchor] = replace(item, dn=moved)
                self._relink(item.dn, moved)

    def _relink(self, old: str, new: str | None) -> None:
        for anchor, item in list(self.objects.items()):
            changed = {
                name: tuple(
                    Ref(new) if value == Ref(old) and new else value for value in values if new or value != Ref(old)
                )
                for name, values in item.attributes.items()
            }
            self.objects[anchor] = replace(item, attributes={n: v for n, v in changed.items() if v})

    def settle(self, write: Write) -> Outcome:
        done = write.id in self.log
        anchor = self._by(write) if done and write.kind == "create" else None
        return Outcome(write.id, "done" if done else "failed", message="found by reading", anchor=anchor)

    def close(self) -> None:
        """Nothing to close."""

    def dump(self) -> dict[str, Any]:
        """Return everything that people would notice."""
        return {
            item.anchor: (
                item.dn.lower(), item.enabled, item.mark, {name: frozenset(v) for name, v in item.attributes.items()},
            )
            for item in self.objects.values()
            if not item.deleted
        }  # fmt: skip
