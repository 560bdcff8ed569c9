"""What Graph would refuse of one change, told when a plan is made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from idcode.directories.entra import naming
from idcode.directories.entra.requests import PSEUDO, Attributes, difference, first, flag, is_guest
from idcode.directories.entra.schema import EntraSchema
from idcode.directories.entra.tenant import Tenant
from idcode.model.diagnostics import Diagnostic
from idcode.model.plans import AttributeChange, Change
from idcode.model.records import LiveObject, ObjectType
from idcode.model.schema import AUTHORITY, AttributeType, Kind
from idcode.model.syntax import key, keys, moment, text_of
from idcode.model.values import Ref, Scalar

Problem = tuple[str, str, str | None]
_EXCHANGE = ("distribution", "mail-enabled")
_CREATABLE = ("security", "microsoft365")
_ON_PREMISES_STATES = frozenset({"enabled"})
_SHOWN = 40


@dataclass(frozen=True)
class Limits:
    """Checks changes against the schema, the tenant, and ``known``: the objects as they were read, by anchor.

    Made when all of them are there: what several changes ask about is looked up once.
    """

    schema: EntraSchema
    tenant: Tenant
    known: Mapping[str, LiveObject]

    def reject(self, change: Change) -> list[Diagnostic]:
        """Return one finding per problem; none where Graph would take the change."""
        return [
            Diagnostic("error", code, message, hint, subject=change.address)
            for code, message, hint in self._problems(change)
        ]

    def _problems(self, change: Change) -> Iterator[Problem]:
        live = self.known.get(change.object.anchor or "")
        if change.op != "delete":
            for name, item in sorted(change.attributes.items()):
                if name not in PSEUDO:
                    yield from self._attribute(change, name, item)
            if change.object_type == "user":
                yield from self._user(change, live)
        converted = keys(change.expect.attributes.get(AUTHORITY, ()), Kind.BOOLEAN) == {True}
        if live is not None and live.synced and not converted:
            yield from self._synced(change)
        match change.object_type:
            case "group":
                yield from self._group(change, live)
            case "role_assignment":
                yield from self._principals(change)
        if "licences" in change.attributes:
            yield from self._licences(change.attributes["licences"])

    # --- any attribute ---

    def _attribute(self, change: Change, name: str, item: AttributeChange) -> Iterator[Problem]:
        known = self.schema.attributes.find(name)
        if known is None:
            yield "attribute-unknown", f"Graph has no property {name}", "Check the spelling."
            return
        if known.name not in self.schema.holds.get(change.object_type, ()):
            yield "class-cannot-hold", f"an object of type {change.object_type} cannot have {known.name}", None
            return
        if known.read_only:
            yield "attribute-read-only", f"{known.name} is kept by Entra ID and cannot be written", None
            return
        if known.name in self.schema.fixed and change.op not in ("create", "restore"):
            yield "attribute-fixed", f"{known.name} can be given at creation only", "Leave it as it is."
        given = item.add if item.delta else item.after
        if not given and not item.delta and known.name in self.schema.required:
            yield (
                "value-required",
                f"{known.name} cannot be cleared",
                "Flow a value, or leave it out where there is none.",
            )
        if (known.single or known.name == "businessPhones") and len(given) > 1:
            yield "several-values", f"{known.name} holds one value, and there are {len(given)}", None
        for value in given:
            yield from _value_problems(known, value)

    # --- users ---

    def _user(self, change: Change, live: LiveObject | None) -> Iterator[Problem]:
        attributes = change.attributes
        guest = is_guest(attributes)
        if change.op == "create":
            for name in ("mail",) if guest else ("userPrincipalName", "displayName"):
                if not first(attributes, name):
                    yield "value-required", f"a user cannot be created without {name}", f"Flow {name}."
        upn = first(attributes, "userPrincipalName")
        back_as = (upn or (live.dn if live else "")).lower() if change.op == "restore" else ""
        if back_as and back_as in self._names_of_users:
            yield (
                "name-taken",
                f"a deleted user comes back under its name, and {back_as} is somebody else's by now",
                "Flow another userPrincipalName.",
            )
        if upn and not (guest and change.op == "create"):
            for text in naming.upn_problems(upn, self.tenant.organization.domains):
                yield "value-invalid", f"userPrincipalName cannot be {_shown(upn)}: {text}", None
        item = attributes.get("licences")
        wanted = (item.add if item.delta else item.after) if item else ()
        location = attributes.get("usageLocation")
        there = bool(location.after) if location else bool(live and live.get("usageLocation"))
        if wanted and not there:
            yield (
                "usage-location-missing",
                "a licence needs usageLocation, and the user has none",
                "Flow usageLocation, such as SE.",
            )

    @cached_property
    def _names_of_users(self) -> set[str]:
        return {live.dn.lower() for live in self.known.values() if live.object_type == "user" and not live.deleted}

    def _synced(self, change: Change) -> Iterator[Problem]:
        """Say what Active Directory is the master of; plans leave it out themselves, this is the last line."""
        if change.op == "delete":
            yield "mastered-on-premises", "it is synced from Active Directory and has to be deleted there", None
        for name in sorted(change.attributes):
            known = self.schema.attributes.find(name)
            if name in _ON_PREMISES_STATES or (known is not None and known.on_premises):
                yield (
                    "mastered-on-premises",
                    f"{name} of a synced object is mastered by Active Directory",
                    "Let a rule write it there.",
                )

    # --- groups ---

    def _group(self, change: Change, live: LiveObject | None) -> Iterator[Problem]:
        attributes = change.attributes
        category = _text(live, "category") if live else first(attributes, "category") or "security"
        if live is not None and category in _EXCHANGE and (change.op == "delete" or attributes):
            yield "group-read-only", f"Graph cannot change a {category} group", "Change it in Exchange."
            return
        if change.op == "delete" and live is not None and live.get("licences"):
            hint = "Say licences: [] of it first, and delete it once nobody has them through it."
            yield "group-licensed", "Graph deletes no group that gives licences", hint
        if change.op == "create":
            yield from self._new_group(attributes, category)
        nickname = first(attributes, "mailNickname")
        for text in naming.nickname_problems(nickname) if nickname else ():
            yield "value-invalid", f"mailNickname cannot be {_shown(nickname)}: {text}", None
        rule = attributes.get("membershipRule")
        dynamic = bool(rule.after) if rule else bool(live and live.get("membershipRule"))
        assignable = flag(attributes, "isAssignableToRole") is True or (
            live is not None and live.get("isAssignableToRole") == (True,)
        )
        added, removed = difference(attributes["members"]) if "members" in attributes else ((), ())
        if dynamic and (added or removed):
            hint = "Leave members out, or the membership rule."
            yield "group-dynamic", "the members of a group with a membership rule follow that rule", hint
        if dynamic and assignable:
            yield "group-role-assignable", "a group that can be given roles cannot have a membership rule", None
        if category == "microsoft365":
            yield from self._only(added, ("user",), "a Microsoft 365 group")
            if live is not None and "owners" in attributes:
                yield from _last_owner(live, attributes["owners"])
        elif assignable:
            yield from self._only(added, ("user", "other"), "a group that can be given roles")

    def _new_group(self, attributes: Attributes, category: str) -> Iterator[Problem]:
        if category not in _CREATABLE:
            hint = "Create it in Exchange, or choose security or microsoft365."
            yield "group-read-only", f"Graph cannot create a {category} group", hint
        if not first(attributes, "mailNickname"):
            yield "value-required", "a group cannot be created without mailNickname", None
        name = first(attributes, "uniqueName") or first(attributes, "mailNickname")
        holder = self._by_unique_name.get(name.lower()) if name else None
        if holder is not None:
            yield (
                "unique-name-taken",
                f"the group {holder.dn} was created as {name} and keeps that uniqueName for good",
                "Flow another uniqueName to the new group.",
            )

    @cached_property
    def _by_unique_name(self) -> Mapping[str, LiveObject]:
        groups = (live for live in self.known.values() if live.object_type == "group" and not live.deleted)
        return {_text(live, "uniqueName").lower(): live for live in groups}

    def _only(self, added: Sequence[Scalar], types: tuple[ObjectType, ...], what: str) -> Iterator[Problem]:
        for value in added:
            target = value.target if isinstance(value, Ref) else ""
            live = self.known.get(target)
            if live is not None and live.object_type not in types:
                yield "member-not-allowed", f"{live.dn} is a {live.object_type}, and cannot be in {what}", None
            elif target.startswith("group:"):  # one that the same plan creates
                yield "member-not-allowed", f"{target} is a group, and cannot be in {what}", None

    # --- roles and licences ---

    def _principals(self, change: Change) -> Iterator[Problem]:
        added, _ = difference(change.attributes.get("members", AttributeChange()))
        for value in added:
            live = self.known.get(value.target) if isinstance(value, Ref) else None
            if live is None or live.object_type in ("user", "other"):
                continue
            if live.object_type != "group" or live.get("isAssignableToRole") != (True,):
                yield (
                    "principal-not-allowed",
                    f"{live.dn} cannot be given a role: only users, applications and groups made for it can",
                    "Create the group with role_assignable: true; a group that exists cannot be made so.",
                )

    def _licences(self, item: AttributeChange) -> Iterator[Problem]:
        for value in item.add if item.delta else item.after:
            try:
                self.tenant.skus.assignment(value)
            except ValueError as error:
                known = ", ".join(sorted(sku.name for sku in self.tenant.skus)) or "none"
                yield "licence-unknown", f"{text_of(value)}: {error}", f"The tenant has {known}."


def _last_owner(live: LiveObject, owners: AttributeChange) -> Iterator[Problem]:
    added, removed = difference(owners)
    if removed and not added and set(live.get("owners")) <= set(removed):
        hint = "Give it to somebody else, or leave owners out."
        yield "last-owner", f"{live.dn} would have no owner any more, which Graph refuses", hint


def _value_problems(known: AttributeType, value: Scalar) -> Iterator[Problem]:
    text = text_of(value)
    if known.kind is Kind.REFERENCE and not isinstance(value, Ref):
        yield "value-invalid", f"{known.name} cannot be {_shown(text)}: it is no reference", None
    elif known.kind is Kind.TIME:
        try:
            moment(value)
        except ValueError:
            yield "value-invalid", f"{known.name} cannot be {_shown(text)}: it is no date or time", None
    elif known.kind is Kind.BOOLEAN and key(value, Kind.BOOLEAN) not in (True, False):
        yield "value-invalid", f"{known.name} cannot be {_shown(text)}: it is neither true nor false", None
    elif known.kind in (Kind.TEXT, Kind.EXACT, Kind.ADDRESS):
        yield from _text_problems(known, text)


def _text_problems(known: AttributeType, text: str) -> Iterator[Problem]:
    length = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if known.max_length is not None and length > known.max_length:
        yield (
            "value-too-long",
            f"{known.name} takes at most {known.max_length} characters, and {_shown(text)} has {length}",
            f"Shorten it in the rule, with Left(…, {known.max_length}).",
        )
    if known.name == "usageLocation" and not re.fullmatch("[A-Z]{2}", text):
        hint = "Flow the two capital letters of ISO 3166, such as SE."
        yield "value-invalid", f"usageLocation cannot be {_shown(text)}: it is no country code", hint
    if known.name == "mail" and not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        yield "value-invalid", f"mail cannot be {_shown(text)}: it is no address", None


def _text(live: LiveObject, name: str) -> str:
    values = live.get(name)
    return text_of(values[0]) if values else ""


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")
