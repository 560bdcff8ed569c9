"""A directory in memory for the engine: it gives what it is asked for, and carries plans out as strictly as a server."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from idcode.model import dn
from idcode.model.diagnostics import Diagnostic
from idcode.model.plans import AttributeChange, Change, Plan
from idcode.model.privileges import Privileges
from idcode.model.records import Fingerprint, LiveObject, ObjectType, Proof, Query, Reading, Scope
from idcode.model.schema import AttributeType, DirectorySchema, Kind
from idcode.model.syntax import key, keys, same, text_of
from idcode.model.values import Ref, Scalar
from idcode.model.writes import Write

BASE = "DC=corp,DC=example"
TEXTS = (
    "adminDescription", "category", "department", "description", "displayName", "employeeID",
    "employeeNumber", "info", "mail", "ou",
    "scope", "title",
)  # fmt: skip
SCHEMA = DirectorySchema(
    [
        *(AttributeType(name) for name in TEXTS),
        AttributeType("cn", unique="container"),
        AttributeType("sAMAccountName", unique="domain"),
        AttributeType("userPrincipalName", unique="forest"),
        AttributeType("carLicense", single=False),
        AttributeType("proxyAddresses", Kind.ADDRESS, single=False, unique="forest"),
        AttributeType("manager", Kind.REFERENCE),
        AttributeType("member", Kind.REFERENCE, single=False),
    ]
)
_PSEUDO = frozenset({"path", "enabled", "protected", "cn", "ou"})
_NAMING = {"ou": "OU"}


class Refused(AssertionError):
    """The directory does not take a change of the plan, as a server would not: the plan is wrong."""


class MemoryDirectory:
    """Objects by anchor.

    ``read`` gives nothing but the attributes of the query, so that what a plan forgets to ask for is not there.
    ``apply`` carries out a plan in its order and raises ``Refused`` for whatever a domain controller would refuse: a
    place that is taken or not there, a unique value that somebody has, an expectation that does not hold.
    """

    def __init__(self, objects: Iterable[LiveObject], name: str = "corp") -> None:
        self.name = name
        self.objects = {live.anchor: live for live in objects}
        self._created: dict[str, str] = {}
        self.power = Privileges()

    def fingerprint(self) -> Fingerprint:
        return Fingerprint("memory", f"S-1-5-21-{self.name}", "memory")

    def schema(self) -> DirectorySchema:
        return SCHEMA

    def read(self, query: Query) -> Reading[LiveObject]:
        for live in self.objects.values():
            asked = {name.lower() for name in query.attributes.get(live.object_type, ())}
            seen = {name: values for name, values in live.attributes.items() if name.lower() in asked}
            inside = frozenset(scope.name for scope in query.scopes if _lies_in(live, scope))
            yield replace(live, attributes=seen, scopes=inside)
        return Proof(True, "memory", len(self.objects))

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
        return [Write(f"{change.id}.1", change.id, change.op, {})]

    def close(self) -> None:
        """Nothing to close."""

    def apply(self, plan: Plan) -> None:
        """Carry out all changes of a plan one after the other."""
        for change in plan.changes:
            self._carry_out(change)

    def _carry_out(self, change: Change) -> None:
        if change.op == "create":
            self._create(change)
            return
        live = self.objects[change.object.anchor or self._created[change.address]]
        self._expect(change, live)
        if change.op == "delete":
            self._delete(live)
            return
        if change.op == "restore":
            live = replace(
                live, deleted=False, dn=self._free_place(change), enabled=False, mark="new", needs_password=True
            )
            self._created[change.address] = live.anchor
        live = self._modified(live, change.attributes)
        self.objects[live.anchor] = self._switched(live, change)
        if change.op == "move":
            self._move(live, self._free_place(change))

    def _create(self, change: Change) -> None:
        place = self._free_place(change)
        anchor = f"new-{change.address}".replace(":", "-")
        naming = "ou" if change.object_type == "ou" else "cn"
        name = {naming: (dn.parse(place)[0].value,)}
        fresh = LiveObject(anchor, place, change.object_type, name)
        if change.object_type == "user":
            fresh = replace(fresh, enabled=False, mark="new", needs_password=True)
        self._created[change.address] = anchor
        self.objects[anchor] = self._switched(self._modified(fresh, change.attributes), change)

    def _expect(self, change: Change, live: LiveObject) -> None:
        expect = change.expect
        if expect.dn is not None and dn.key(expect.dn) != dn.key(live.dn):
            raise Refused(f"{change.address} is at {live.dn}, not at {expect.dn}")
        if expect.enabled is not None and expect.enabled != live.enabled:
            raise Refused(f"{change.address} is {'enabled' if live.enabled else 'disabled'}")
        for name, values in expect.attributes.items():
            held = _held(live, name)
            if not same(self._stored(values), held, SCHEMA.kind(name)):
                raise Refused(f"{name} of {change.address} is {held}, not {values}")

    def _free_place(self, change: Change) -> str:
        place = change.new_dn or ""
        living = {dn.key(live.dn) for live in self.objects.values() if not live.deleted}
        own = self.objects.get(change.object.anchor or "")
        if dn.key(place) in living and (own is None or dn.key(own.dn) != dn.key(place)):
            raise Refused(f"{place} is taken")
        if dn.key(dn.parent(place)) not in living | {dn.key(BASE)}:
            raise Refused(f"there is no container for {place}")
        return place

    def _stored(self, values: Iterable[Scalar]) -> tuple[Scalar, ...]:
        """Return references as a directory keeps them: by DN."""
        return tuple(Ref(self._dn_of(value.target)) if isinstance(value, Ref) else value for value in values)

    def _dn_of(self, target: str) -> str:
        live = self.objects.get(self._created.get(target, target))
        if live is None and "=" not in target:
            raise Refused(f"there is no object {target}")
        return live.dn if live else target

    def _modified(self, live: LiveObject, changes: Mapping[str, AttributeChange]) -> LiveObject:
        attributes = dict(live.attributes)
        for name, change in changes.items():
            if name in _PSEUDO:
                continue
            attribute = SCHEMA.find(name)
            assert attribute is not None
            gone = keys(self._stored(change.remove), attribute.kind)
            kept = tuple(value for value in live.get(name) if change.delta and key(value, attribute.kind) not in gone)
            new = self._stored((*change.after, *change.add))
            self._insist_on_unique(live, attribute, new)
            attributes[name] = (*kept, *new)
            if attribute.single and len(attributes[name]) > 1:
                raise Refused(f"{name} of {live.dn} takes one value, not {attributes[name]}")
        return replace(live, attributes={name: values for name, values in attributes.items() if values})

    def _insist_on_unique(self, live: LiveObject, attribute: AttributeType, values: Iterable[Scalar]) -> None:
        if attribute.unique in (None, "container"):
            return
        for other in self.objects.values():
            if other.anchor != live.anchor and not other.deleted:
                shared = keys(other.get(attribute.name), attribute.kind) & keys(values, attribute.kind)
                if shared:
                    raise Refused(f"{other.dn} has {attribute.name} {shared}, too")

    def _switched(self, live: LiveObject, change: Change) -> LiveObject:
        """Set what has no attribute of its own: enabled, idcode's mark, the password, the deletion protection."""
        if "protected" in change.attributes:
            live = replace(live, protected=bool(change.attributes["protected"].after[0]))
        if change.password:
            live = replace(live, needs_password=False)
        if "enabled" not in change.attributes:
            return live
        if change.attributes["enabled"].after == (True,):
            return replace(live, enabled=True, mark=None)
        return replace(live, enabled=False, mark="disabled" if change.op == "disable" else "new")

    def _move(self, live: LiveObject, place: str) -> None:
        naming = "ou" if live.object_type == "ou" else "cn"
        name = (dn.parse(place)[0].value,)
        self.objects[live.anchor] = replace(live, attributes={**live.attributes, naming: name})
        for other in list(self.objects.values()):
            if not other.deleted and dn.is_under(other.dn, live.dn):
                depth = len(dn.parse(other.dn)) - len(dn.parse(live.dn))
                self._rename(other, dn.build(dn.parse(other.dn)[:depth] + dn.parse(place)))

    def _rename(self, live: LiveObject, new: str) -> None:
        self.objects[live.anchor] = replace(self.objects[live.anchor], dn=new)
        self._follow(live.dn, (Ref(new),))

    def _follow(self, old: str, new: tuple[Scalar, ...]) -> None:
        """Let every reference to ``old`` follow: servers keep links, not names."""
        for other in list(self.objects.values()):
            links: dict[str, tuple[Scalar, ...]] = {}
            for name in ("manager", "member"):
                held = other.get(name)
                links[name] = tuple(
                    n for value in held for n in (new if key(value, Kind.REFERENCE) == dn.key(old) else (value,))
                )
            kept = {name: values for name, values in {**other.attributes, **links}.items() if values}
            self.objects[other.anchor] = replace(other, attributes=kept)

    def _delete(self, live: LiveObject) -> None:
        inside = [o.dn for o in self.objects.values() if not o.deleted and o is not live and dn.is_under(o.dn, live.dn)]
        if inside:
            raise Refused(f"{live.dn} still holds {inside}")
        self._follow(live.dn, ())
        kept = {n: v for n, v in self.objects[live.anchor].attributes.items() if n not in ("manager", "member")}
        gone = f"CN={live.anchor},CN=Deleted Objects,{BASE}"
        self.objects[live.anchor] = replace(live, deleted=True, dn=gone, attributes=kept, needs_password=True)


def _held(live: LiveObject, name: str) -> tuple[Scalar, ...]:
    """Return the values of an attribute, or of what is kept beside the attributes."""
    if name not in ("mark", "protected"):
        return live.get(name)
    value = live.mark if name == "mark" else live.protected
    return () if value is None else (value,)


def _lies_in(live: LiveObject, scope: Scope) -> bool:
    """Whether an object lies in a managed scope; of filters, ``(name=*)`` and ``(name=value)`` are understood."""
    if live.deleted or live.object_type != scope.object_type or not dn.is_under(live.dn, dn.under(BASE, scope.base)):
        return False
    if scope.filter is None:
        return True
    match = re.fullmatch(r"\((\w+)=([^*()]+|\*)\)", scope.filter)
    assert match is not None, f"this directory does not understand {scope.filter}"
    held = live.get(SCHEMA.spelled(match[1]))
    return bool(held) if match[2] == "*" else match[2].lower() in {text_of(value).lower() for value in held}


def read_objects(text: str) -> list[LiveObject]:
    """Read one object a line: ``KIND PATH/NAME | attribute=value | … | disabled``.

    An attribute may be given several times; references are paths. ``disabled`` is by hand, ``disabled-by-idcode`` and
    ``new`` carry idcode's mark, ``no-password`` and ``deleted`` say what they mean. The anchor is the name in small
    letters with ``-`` for blanks, or what ``anchor=`` says.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [_object(line) for line in lines]


def _object(line: str) -> LiveObject:
    head, *words = (part.strip() for part in line.split(" | "))
    kind, _, path = head.partition(" ")
    names = tuple(path.split("/"))
    attributes: dict[str, tuple[Scalar, ...]] = {"ou" if kind == "ou" else "cn": (names[-1],)}
    anchor = names[-1].lower().replace(" ", "-") if kind != "ou" else "ou-" + "-".join(names).lower()
    flags = {word for word in words if "=" not in word}
    for word in words:
        name, equals, value = word.partition("=")
        if name == "anchor":
            anchor = value
        elif equals:
            is_reference = SCHEMA.kind(name) is Kind.REFERENCE
            item: Scalar = Ref(place(value)) if is_reference else value
            attributes[name] = (*attributes.get(name, ()), item)
    types: dict[str, ObjectType] = {"ou": "ou", "user": "user", "group": "group", "contact": "contact"}
    deleted = "deleted" in flags
    live = LiveObject(anchor, place(path, kind), types[kind], attributes, deleted=deleted)
    if deleted:
        live = replace(live, dn=f"CN={anchor},CN=Deleted Objects,{BASE}")
    if kind != "user":
        return live
    live = replace(live, enabled=not flags & {"disabled", "disabled-by-idcode", "new", "deleted"})
    mark = "disabled" if "disabled-by-idcode" in flags else "new" if "new" in flags else None
    return replace(live, mark=mark, needs_password=bool(flags & {"no-password", "deleted"}))  # type: ignore[arg-type]


def place(path: str, kind: str = "user") -> str:
    """Return the DN of ``People/Staff/Ada``."""
    *units, name = path.split("/")
    return dn.child(dn.under(BASE, tuple(units)), _NAMING.get(kind, "CN"), name)
