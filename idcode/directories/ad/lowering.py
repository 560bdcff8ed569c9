"""From a change to the writes that carry it out: pure, deterministic, and without secrets.

Every request is JSON with ``op`` and a ``target``: ``{"guid": …}`` for objects that exist, ``{"dn": …}`` for those this
change creates. ``operations.py`` carries them out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idcode.directories.ad.constants import (
    LINKS_PER_MODIFY,
    MARK_DISABLED,
    MARK_NEW,
    MARK_PREFIX,
    NEVER,
    PSEUDO_ATTRIBUTES,
    REQUEST_BYTES,
    UAC_DISABLED,
    UAC_NORMAL_ACCOUNT,
)
from idcode.directories.ad.entries import group_type
from idcode.directories.ad.schema import AdSchema
from idcode.directories.ad.values import is_guid
from idcode.model import dn
from idcode.model.errors import DirectoryError
from idcode.model.plans import AttributeChange, Change
from idcode.model.records import ObjectType
from idcode.model.schema import Kind
from idcode.model.syntax import key, text_of
from idcode.model.values import Ref, Scalar, to_json
from idcode.model.writes import Write

Request = dict[str, Any]
_CLASSES: dict[ObjectType, tuple[str, ...]] = {
    "user": ("top", "person", "organizationalPerson", "user"),
    "group": ("top", "group"),
    "contact": ("top", "person", "organizationalPerson", "contact"),
    "computer": ("top", "person", "organizationalPerson", "user", "computer"),
    "ou": ("top", "organizationalUnit"),
    "other": ("top", "container"),
}
_RDN = frozenset({"cn", "ou", "name"})


@dataclass(frozen=True, slots=True)
class Lowering:
    """Lowers changes of one directory. ``mark_in`` is the attribute that holds idcode's mark."""

    schema: AdSchema
    mark_in: str

    def lower(self, change: Change, anchors: Mapping[str, str]) -> list[Write]:
        """Return the writes of ``change`` in order; see the port.

        Raises ``DirectoryError`` for values that ``reject`` would have refused, such as an unknown group scope.
        """
        try:
            requests = list(self._requests(change, anchors))
        except ValueError as error:
            raise DirectoryError(f"{change.address} cannot be written: {error}") from None
        return [
            Write(f"{change.id}.{number}", change.id, str(request["op"]), request)
            for number, request in enumerate(requests, 1)
        ]

    def _requests(self, change: Change, anchors: Mapping[str, str]) -> Iterator[Request]:
        attributes = {name: self._resolved(item, anchors) for name, item in change.attributes.items()}
        plain = {name: item for name, item in attributes.items() if self._is_plain(name)}
        theirs: AttributeChange | None = None
        if change.object_type == "user" and change.op in ("create", "restore", "enable", "disable"):
            theirs = plain.pop(self.mark_in, None)  # a mark is written together with the account's state
        if change.op == "update" and "mark" in attributes:
            # The mark alone, never the account's state: somebody may have disabled it since.
            plain[self.mark_in] = _mark(attributes["mark"])
        target: Request = {"guid": change.object.anchor} if change.object.anchor else {"dn": change.object.dn}
        match change.op:
            case "create":
                yield from self._create(change, attributes, plain)
            case "restore":
                yield from self._restore(change, attributes, plain)
                if theirs is not None and theirs.after and change.object_type == "user":
                    yield from self._modify(target, {self.mark_in: theirs})
            case "delete":
                yield from self._protection(target, attributes)
                yield {"op": "delete", "target": target}
            case "update" | "move" | "enable" | "disable":
                if change.op == "move" and change.new_dn:
                    yield _rename(target, change.new_dn)
                if change.op == "disable":
                    yield from self._account(change, target, attributes)
                yield from self._modify(target, plain)
                yield from _group_type(target, attributes)
                yield from self._protection(target, attributes)
                if change.op != "disable":
                    yield from self._account(change, target, attributes)

    def _is_plain(self, name: str) -> bool:
        return name not in PSEUDO_ATTRIBUTES and name.lower() not in _RDN

    def _create(
        self, change: Change, attributes: Mapping[str, AttributeChange], plain: Mapping[str, AttributeChange]
    ) -> Iterator[Request]:
        name = change.new_dn or change.object.dn
        target: Request = {"dn": name}
        initial: dict[str, list[Any]] = {}
        later: dict[str, AttributeChange] = {}
        for attribute, item in sorted(plain.items()):
            given = item.add if item.delta else item.after
            if not given:
                continue
            if self._linked(attribute) and len(given) > 1:
                later[attribute] = AttributeChange(add=given, delta=True, single=False)
            else:
                initial[attribute] = _json(given)
        initial |= self._born_with(change, attributes, initial)
        yield {"op": "add", "target": target, "classes": list(_CLASSES[change.object_type]), "attributes": initial}
        yield from self._modify(target, later)
        yield from self._protection(target, attributes)
        if change.object_type == "user":
            yield from self._first_password(change, target, attributes)

    def _born_with(
        self, change: Change, attributes: Mapping[str, AttributeChange], initial: Mapping[str, list[Any]]
    ) -> Request:
        """Return what idcode adds of its own: accounts begin disabled and marked, groups with their type."""
        if change.object_type == "user":
            flags = initial.get("userAccountControl", [UAC_NORMAL_ACCOUNT])[0]
            control = int(text_of(flags)) | UAC_DISABLED
            return {"userAccountControl": [control], self.mark_in: [MARK_NEW]}
        if change.object_type == "group":
            category, scope = _word(attributes, "category", "security"), _word(attributes, "scope", "global")
            return {"groupType": [group_type(category, scope)]}
        return {}

    def _restore(
        self, change: Change, attributes: Mapping[str, AttributeChange], plain: Mapping[str, AttributeChange]
    ) -> Iterator[Request]:
        """Bring a deleted object back and fill in what deletion took; its password is gone for good."""
        target: Request = {"guid": change.object.anchor}
        filled = {name: _json(item.add if item.delta else item.after) for name, item in sorted(plain.items())}
        linked = {name: filled.pop(name) for name in list(filled) if self._linked(name) and len(filled[name]) > 1}
        if change.object_type == "user":
            # Restoring leaves PASSWD_NOTREQD set, which no account should be enabled with.
            filled |= self._born_with(change, attributes, filled)
            if "mark" in attributes and not attributes["mark"].after:
                filled[self.mark_in] = []  # somebody else had disabled it, and it is not idcode's to enable
        yield {"op": "restore", "target": target, "dn": change.new_dn}
        if filled:
            yield {"op": "fill", "target": target, "attributes": filled}
        yield from self._modify(
            target, {name: AttributeChange(add=plain[name].add or plain[name].after, delta=True) for name in linked}
        )
        if change.object_type == "group" and attributes.keys() & {"category", "scope"}:
            yield {
                "op": "group-type",
                "target": target,
                "category": _word(attributes, "category", "security"),
                "scope": _word(attributes, "scope", "global"),
            }
        yield from self._protection(target, attributes)
        if change.object_type == "user":
            yield from self._first_password(change, target, attributes)

    def _first_password(
        self, change: Change, target: Request, attributes: Mapping[str, AttributeChange]
    ) -> Iterator[Request]:
        """Set the password before anything else: an account is enabled only once somebody can use it."""
        if change.password:
            yield _password(change, target)
        if _flag(attributes, "enabled") is True:
            yield {"op": "account", "target": target, "enabled": True, "mark": None, "marked": True}
        elif change.password:
            yield {"op": "account", "target": target, "enabled": False, "mark": MARK_DISABLED}

    def _account(self, change: Change, target: Request, attributes: Mapping[str, AttributeChange]) -> Iterator[Request]:
        wanted = _flag(attributes, "enabled")
        if wanted is None and change.op in ("enable", "disable"):
            wanted = change.op == "enable"
        if change.password:
            yield _password(change, target)
        if wanted is None:
            return
        request: Request = {"op": "account", "target": target, "enabled": wanted}
        given = attributes.get("mark")  # a rollback says which mark there was
        if given is not None:
            request["mark"] = MARK_PREFIX + text_of(given.after[0]) if given.after else None
        else:
            request["mark"] = None if wanted else MARK_DISABLED
        if wanted and change.expect.attributes.get("mark"):
            request["marked"] = True
        relied_on = change.expect.attributes.get("userAccountControl")
        if relied_on:
            request["expected"] = int(text_of(relied_on[0]))
        yield request

    def _modify(self, target: Request, plain: Mapping[str, AttributeChange]) -> Iterator[Request]:
        """Yield one modify for all single values, each guarded by its old one, and more for long lists."""
        parts: list[Request] = []
        for name, item in sorted(plain.items()):
            if self._linked(name) and not self._single(name):
                continue
            removed, added = self._difference(name, item)
            if removed or added:
                parts.append({"attribute": name, "delete": _json(removed), "add": _json(added)})
        for chunk in _by_size(parts):
            yield {"op": "modify", "target": target, "changes": chunk}
        for name, item in sorted(plain.items()):
            if self._linked(name) and not self._single(name):
                removed, added = self._difference(name, item)
                yield from _links(target, name, removed, added)

    def _difference(self, name: str, item: AttributeChange) -> tuple[Sequence[Scalar], Sequence[Scalar]]:
        """Return the values to delete and those to add.

        A single value goes as delete-old, add-new: the server refuses where the old one is another by now.
        """
        kind = self.schema.attributes.kind(name)
        if item.delta:
            return _distinct(item.remove, kind), _distinct(item.add, kind)
        before, after = item.before, item.after
        if name.lower() == "accountexpires":
            before, after = before or (NEVER,), after or (NEVER,)  # it cannot be taken away (MS-SAMR 3.1.1.8)
        if self._single(name):
            return before[:1], after[:1]
        there, wanted = {key(v, kind) for v in before}, {key(v, kind) for v in after}
        if there == wanted:  # letter case only, which people asked to be written
            removed = [value for value in before if value not in after]
            return removed, [value for value in after if value not in before]
        removed = [value for value in before if key(value, kind) not in wanted]
        return removed, _distinct([value for value in after if key(value, kind) not in there], kind)

    def _protection(self, target: Request, attributes: Mapping[str, AttributeChange]) -> Iterator[Request]:
        wanted = _flag(attributes, "protected")
        if wanted:
            # The parent first: without its part the object's own denial stops nobody who may delete children.
            yield {"op": "protect-parent", "target": target}
        if wanted is not None:
            yield {"op": "protect", "target": target, "protected": wanted}

    def _resolved(self, item: AttributeChange, anchors: Mapping[str, str]) -> AttributeChange:
        def resolve(found: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
            return tuple(Ref(anchors.get(v.target, v.target)) if isinstance(v, Ref) else v for v in found)

        return AttributeChange(
            resolve(item.before), resolve(item.after), resolve(item.add), resolve(item.remove), item.delta, item.single
        )

    def _linked(self, name: str) -> bool:
        return self.schema.attributes.kind(name) is Kind.REFERENCE

    def _single(self, name: str) -> bool:
        known = self.schema.attributes.find(name)
        return known is None or known.single


def _rename(target: Request, new_dn: str) -> Request:
    first, *rest = dn.parse(new_dn)
    return {"op": "rename", "target": target, "rdn": dn.build((first,)), "parent": dn.build(tuple(rest))}


def _password(change: Change, target: Request) -> Request:
    return {"op": "password", "target": target, "account": {"address": change.address, "directory": change.directory}}


def _group_type(target: Request, attributes: Mapping[str, AttributeChange]) -> Iterator[Request]:
    """Change groupType; between global and domain local only the way through universal is open (MS-SAMR 3.1.1.8.4)."""
    if not attributes.keys() & {"category", "scope"}:
        return
    request: Request = {"op": "group-type", "target": target}
    category, scope = attributes.get("category"), attributes.get("scope")
    if category:
        request |= {"category": _word(attributes, "category", "security"), "category_before": _json(category.before)}
    if scope:
        request |= {"scope": _word(attributes, "scope", "global"), "scope_before": _json(scope.before)}
        words = {text_of(value) for value in (*scope.before, *scope.after)}
        if words == {"global", "domain_local"}:
            half = {"op": "group-type", "target": target, "scope": "universal", "scope_before": _json(scope.before)}
            yield half | {"then": request["scope"]}
            request["scope_before"] = ["universal"]
    yield request


def _links(target: Request, name: str, removed: Sequence[Scalar], added: Sequence[Scalar]) -> Iterator[Request]:
    steps = [("delete", value) for value in removed] + [("add", value) for value in added]
    for start in range(0, len(steps), LINKS_PER_MODIFY):
        some = steps[start : start + LINKS_PER_MODIFY]
        yield {
            "op": "links",
            "target": target,
            "attribute": name,
            "delete": [to_json(value) for step, value in some if step == "delete"],
            "add": [to_json(value) for step, value in some if step == "add"],
        }


def _by_size(parts: Sequence[Request]) -> Iterator[list[Request]]:
    """Put modifications together as far as one request may hold them; a single long list is cut as well."""
    chunk: list[Request] = []
    size = 0
    for part in (piece for whole in parts for piece in _cut(whole)):
        length = len(json.dumps(part))
        if chunk and size + length > REQUEST_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(part)
        size += length
    if chunk:
        yield chunk


def _cut(part: Request) -> Iterator[Request]:
    if len(json.dumps(part)) <= REQUEST_BYTES or len(part["delete"]) + len(part["add"]) <= 2:
        yield part
        return
    for step in ("delete", "add"):
        some: list[Any] = []
        size = 0
        for value in part[step]:
            length = len(json.dumps(value))
            if some and size + length > REQUEST_BYTES:
                yield {"attribute": part["attribute"], "delete": [], "add": [], step: some}
                some, size = [], 0
            some.append(value)
            size += length
        if some:
            yield {"attribute": part["attribute"], "delete": [], "add": [], step: some}


def _distinct(found: Sequence[Scalar], kind: Kind) -> list[Scalar]:
    """Drop repetitions: servers differ in what they make of them, and one stores a member twice."""
    return list({key(value, kind): value for value in reversed(found)}.values())[::-1]


def _json(found: Sequence[Scalar]) -> list[Any]:
    return [to_json(value) for value in found]


def _word(attributes: Mapping[str, AttributeChange], name: str, default: str) -> str:
    item = attributes.get(name)
    return text_of(item.after[0]) if item and item.after else default


def _mark(item: AttributeChange) -> AttributeChange:
    """Return a change of idcode's mark as one of the attribute that holds it."""
    before, after = (tuple(MARK_PREFIX + text_of(value) for value in values) for values in (item.before, item.after))
    return AttributeChange(before, after)


def _flag(attributes: Mapping[str, AttributeChange], name: str) -> bool | None:
    item = attributes.get(name)
    if item is None or not item.after:
        return None
    return key(item.after[0], Kind.BOOLEAN) is True


def unresolved(request: Mapping[str, Any]) -> str | None:
    """Return the address of an object that a request refers to and that nobody has created, if there is one."""
    text: list[str] = []

    def visit(value: Any) -> None:
        if isinstance(value, dict):
            if set(value) == {"$ref"} and not is_guid(value["$ref"]) and "=" not in value["$ref"]:
                text.append(value["$ref"])
            for item in value.values():
                visit(item)
        elif isinstance(value, list):
            for item in value:
                visit(item)

    visit(dict(request))
    return text[0] if text else None
