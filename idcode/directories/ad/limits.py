"""What the directory would refuse of a change, found at plan time.

Samba is lenient where Microsoft's servers are not; these are the rules of the stricter one, so that a plan holds on
both (MS-ADTS 3.1.1.5.3, MS-SAMR 3.1.1.8).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from idcode.directories.ad.constants import (
    NAMING_ATTRIBUTES,
    PSEUDO_ATTRIBUTES,
    UAC_ACCOUNT_TYPES,
    UAC_DISABLED,
    UAC_NOT_STORED,
)
from idcode.directories.ad.entries import group_type
from idcode.directories.ad.schema import AdSchema
from idcode.directories.ad.values import encode
from idcode.model import dn
from idcode.model.diagnostics import Diagnostic
from idcode.model.plans import AttributeChange, Change
from idcode.model.schema import AttributeType, Kind
from idcode.model.syntax import filetime, text_of
from idcode.model.values import Ref, Scalar

_ACCOUNT_NAME_LIMIT = 20
_ACCOUNT_NAME_FORBIDDEN = frozenset('"/\\[]:;|=,+*?<>')
_NAME_LIMIT = 64
_TEXTUAL = frozenset({Kind.TEXT, Kind.EXACT, Kind.ADDRESS})
_RDN = frozenset({"cn", "ou"})
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Limits:
    """Checks changes against one domain's schema and the rules beyond it."""

    schema: AdSchema

    def reject(self, change: Change) -> list[Diagnostic]:
        """Return one finding per problem; none where the directory would take the change."""
        return [
            Diagnostic("error", code, message, hint, subject=change.address)
            for code, message, hint in self._problems(change)
        ]

    def _problems(self, change: Change) -> Iterator[tuple[str, str, str | None]]:
        if change.op in ("create", "move", "restore") and change.new_dn:
            yield from _name_problems(change)
        if change.op == "create" and change.object_type in ("user", "group"):
            yield from self._missing(change)
        for name, item in sorted(change.attributes.items()):
            if name in PSEUDO_ATTRIBUTES:
                yield from _pseudo_problems(change, name, item)
            else:
                yield from self._attribute(change, name, item)

    def _missing(self, change: Change) -> Iterator[tuple[str, str, str | None]]:
        item = change.attributes.get("sAMAccountName")
        if item is None or not (item.add if item.delta else item.after):
            yield (
                "account-name-missing",
                "sAMAccountName has no value; the server would make one up",
                "Flow sAMAccountName.",
            )

    def _attribute(self, change: Change, name: str, item: AttributeChange) -> Iterator[tuple[str, str, str | None]]:
        known = self.schema.attributes.find(name)
        if known is None:
            yield "attribute-unknown", f"the directory's schema has no attribute {name}", "Check the spelling."
            return
        if known.read_only:
            yield "attribute-read-only", f"{known.name} is kept by the server and cannot be written", None
            return
        holds = self.schema.holds.get(change.object_type)
        if holds is not None and known.name.lower() not in holds and known.name.lower() not in _RDN:
            yield "class-cannot-hold", f"an object of type {change.object_type} cannot have {known.name}", None
            return
        given = item.add if item.delta else item.after
        if known.single and len(given) > 1:
            yield "several-values", f"{known.name} holds one value, and there are {len(given)}", None
        for value in given:
            yield from _value_problems(change, known, value)
        if known.name.lower() == "samaccountname" and not given and not item.delta and change.op == "update":
            yield "value-required", "sAMAccountName cannot be cleared", None


def _value_problems(change: Change, known: AttributeType, value: Scalar) -> Iterator[tuple[str, str, str | None]]:
    if known.kind is Kind.REFERENCE and isinstance(value, Ref):
        return  # addresses of objects yet to be created are resolved when they are
    try:
        raw = encode(value, known.kind)
    except ValueError as error:
        code = "value-empty" if not text_of(value) else "value-invalid"
        yield code, f"{known.name} cannot be {_shown(value)}: {error}", None
        return
    yield from _range_problems(known, value, raw)
    match known.name.lower():
        case "samaccountname":
            yield from _account_name_problems(change, text_of(value))
        case "useraccountcontrol":
            yield from _control_problems(int(raw))
        case "pwdlastset":
            if filetime(value) not in (0, -1):
                yield "value-invalid", "pwdLastSet can only be set to 0 or -1", None


def _range_problems(known: AttributeType, value: Scalar, raw: bytes) -> Iterator[tuple[str, str, str | None]]:
    """Compare with rangeLower and rangeUpper: UTF-16 units of text, bytes of binary, the number itself."""
    if known.kind in _TEXTUAL:
        size, unit = len(text_of(value).encode("utf-16-le", "surrogatepass")) // 2, "characters"
    elif known.kind is Kind.BINARY:
        size, unit = len(raw), "bytes"
    elif known.kind is Kind.INTEGER:
        if not -(2**63) <= int(raw) < 2**63:
            yield "value-invalid", f"{known.name} cannot be {_shown(value)}: it does not fit in 64 bits", None
            return
        size, unit = int(raw), "value"
    else:
        return
    if known.max_length is not None and size > known.max_length:
        limit = f"at most {known.max_length}" + ("" if unit == "value" else f" {unit}")
        yield "value-too-long", f"{known.name} takes {limit}, and {_shown(value)} has {size}", None
    if known.min_length is not None and size < known.min_length:
        limit = f"at least {known.min_length}" + ("" if unit == "value" else f" {unit}")
        yield "value-too-short", f"{known.name} takes {limit}, and {_shown(value)} has {size}", None


def _account_name_problems(change: Change, text: str) -> Iterator[tuple[str, str, str | None]]:
    length = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if change.object_type == "user" and length > _ACCOUNT_NAME_LIMIT:
        yield (
            "value-too-long",
            f"sAMAccountName of a user takes at most {_ACCOUNT_NAME_LIMIT} characters, and {text!r} has {length}",
            "Shorten it in the rule, with Left(…, 20).",
        )
    bad = sorted({char for char in text if char in _ACCOUNT_NAME_FORBIDDEN or ord(char) < 32})
    if bad or text.endswith("."):
        what = " ".join(repr(char) for char in bad) or "a dot at the end"
        yield "value-invalid", f"sAMAccountName cannot be {text!r}: it must not have {what}", None
    elif not text.strip(" ."):
        yield "value-invalid", "sAMAccountName cannot be only dots and spaces", None


def _control_problems(control: int) -> Iterator[tuple[str, str, str | None]]:
    dropped = [name for bit, name in UAC_NOT_STORED.items() if control & bit]
    if dropped:
        yield "value-invalid", f"userAccountControl: the server does not keep {', '.join(dropped)}", None
    if control & UAC_DISABLED:
        yield (
            "value-invalid",
            "userAccountControl: whether an account is disabled is decided by enabled",
            "Leave ACCOUNTDISABLE (2) out.",
        )
    if bin(control & UAC_ACCOUNT_TYPES).count("1") > 1:
        yield "value-invalid", f"userAccountControl {control} names more than one account type", None
    if not 0 <= control < 2**32:
        yield "value-invalid", f"userAccountControl {control} is not an unsigned 32-bit number", None


def _name_problems(change: Change) -> Iterator[tuple[str, str, str | None]]:
    new_dn = change.new_dn or ""
    first = dn.parse(new_dn)[0]
    length = len(first.value.encode("utf-16-le", "surrogatepass")) // 2
    if first.type.upper() != NAMING_ATTRIBUTES[change.object_type]:
        yield "name-invalid", f"an object of type {change.object_type} cannot be named {first.type}=…", None
    if length > _NAME_LIMIT:
        yield (
            "value-too-long",
            f"{first.type.lower()} takes at most {_NAME_LIMIT} characters, and {_shown(first.value)} has {length}",
            None,
        )
    if not first.value.strip():
        yield "value-empty", f"{first.type.lower()} is empty", None
    if "\0" in first.value:
        yield "name-invalid", f"{first.type.lower()} must not have a NUL character", None
    if (
        change.op == "move"
        and dn.key(new_dn) != dn.key(change.object.dn)
        and dn.is_under(dn.parent(new_dn), change.object.dn)
    ):
        yield "parent-inside-itself", f"{change.object.dn} cannot be moved below itself", None


def _pseudo_problems(change: Change, name: str, item: AttributeChange) -> Iterator[tuple[str, str, str | None]]:
    if name not in ("category", "scope") or change.object_type != "group" or not item.after:
        return
    word = text_of(item.after[0])
    try:
        group_type(word if name == "category" else "security", word if name == "scope" else "global")
    except ValueError as error:
        yield "value-invalid", f"the group's {error}", None


def _shown(value: Scalar) -> str:
    text = text_of(value)
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")
