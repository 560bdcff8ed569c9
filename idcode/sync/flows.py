"""Outbound flows: the wanted attributes of one object (DESIGN.md, section 4, "Values")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from idcode.expressions import Environment, EvaluationError, Program, UnknownValueError
from idcode.model.desired import Wanted
from idcode.model.records import LiveObject
from idcode.model.schema import AttributeType, Kind
from idcode.model.syntax import key, keys, text_of
from idcode.model.values import Result, Scalar, Special, as_tuple
from idcode.sync.identities import evaluate
from idcode.sync.programs import OutboundFlow


@dataclass(frozen=True, slots=True)
class Failed:
    """A flow that could not be computed; ``unknown`` where that needs no further word (an incomplete source)."""

    attribute: str
    reason: str
    unknown: bool


def wanted(
    flow: OutboundFlow,
    attribute: AttributeType,
    environment: Environment,
    present: Iterable[str],
    live: LiveObject | None,
) -> Wanted | Failed | None:
    """Compute one flow; ``None`` leaves the attribute alone.

    ``present`` names the identity attributes that are not absent. A flow that reads only absent attributes is
    absent itself, so that what no rule says is never cleared (law 3).
    """
    if flow.flow.apply == "once" and live is not None:
        return None
    shadow = flow.flow.mode == "shadow"
    result = _run(flow.value, environment, present)
    if isinstance(result, EvaluationError):
        return Failed(attribute.name, str(result), isinstance(result, UnknownValueError))
    if result in (Special.ABSENT, Special.IGNORE_OBJECT):
        return None
    if result is Special.UNKNOWN:
        return Failed(attribute.name, "unknown", True)
    held = live.get(attribute.name) if live else ()
    if flow.flow.mail:
        return _mail(flow, result, environment, present, held, shadow, attribute)
    values = () if isinstance(result, Special) else unique_values(as_tuple(result), attribute.kind)
    if flow.flow.merge == "add-only" and attribute.single:
        return None if held else Wanted(values=values, shadow=shadow)
    if flow.flow.merge == "add-only":
        have = keys(held, attribute.kind)
        missing = tuple(value for value in values if key(value, attribute.kind) not in have)
        return Wanted(add=missing, delta=True, shadow=shadow)
    return Wanted(values=values, shadow=shadow, exact=flow.flow.compare == "exact")


def _run(program: Program, environment: Environment, present: Iterable[str]) -> Result | EvaluationError:
    own = [name for name in program.attributes if not name.startswith("object.")]
    if own and len(own) == len(program.attributes) and not any(name in present for name in own):
        return Special.ABSENT
    return evaluate(program, environment)


def unique_values(values: Iterable[Scalar], kind: Kind) -> tuple[Scalar, ...]:
    """Return the values without those that compare equal to an earlier one, in their order."""
    seen = set()
    result = []
    for value in values:
        comparable = key(value, kind)
        if comparable not in seen:
            seen.add(comparable)
            result.append(value)
    return tuple(result)


def _mail(
    flow: OutboundFlow,
    primary: Result,
    environment: Environment,
    present: Iterable[str],
    held: tuple[Scalar, ...],
    shadow: bool,
    attribute: AttributeType,
) -> Wanted | Failed | None:
    """Compute additions and removals of mail addresses: one primary, other prefixes and addresses untouched."""
    aliases: Result | EvaluationError = None
    if flow.aliases is not None:
        aliases = _run(flow.aliases, environment, present)
    if isinstance(aliases, EvaluationError):
        return Failed(attribute.name, str(aliases), isinstance(aliases, UnknownValueError))
    if isinstance(primary, tuple):
        return Failed(attribute.name, "several values for the primary address", False)
    first = "" if primary is None or isinstance(primary, Special) else _bare(primary)
    others = [] if isinstance(aliases, Special) else [_bare(alias) for alias in as_tuple(aliases)]
    assert flow.flow.mail is not None
    add, remove = mail_changes([text_of(v) for v in held], first, others, demote=flow.flow.mail.on_change == "demote")
    return Wanted(add=tuple(add), remove=tuple(remove), delta=True, shadow=shadow)


def _bare(value: Scalar) -> str:
    text = text_of(value).strip()
    return text[5:] if text.lower().startswith("smtp:") else text


def mail_changes(held: list[str], primary: str, aliases: list[str], *, demote: bool) -> tuple[list[str], list[str]]:
    """Return the proxy addresses to add and to remove.

    ``SMTP:`` marks the primary, ``smtp:`` the others; the address after it has no case. Without a primary the
    present one stays; a former primary is kept as an alias (``demote``) or dropped.
    """
    mail = [value for value in held if value.lower().startswith("smtp:")]
    primaries = [value for value in mail if value.startswith("SMTP:")]
    first = next((value for value in primaries if value[5:].lower() == primary.lower()), f"SMTP:{primary}")
    kept = [first] if primary else mail
    others = {value[5:].lower(): value for value in mail if value not in primaries}
    for value in primaries if demote else ():
        others.setdefault(value[5:].lower(), f"smtp:{value[5:]}")
    for alias in aliases:
        others.setdefault(alias.lower(), f"smtp:{alias}")
    taken = {value[5:].lower() for value in kept}
    wanted = kept + [value for address, value in others.items() if address and address not in taken]
    return [value for value in wanted if value not in mail], [value for value in mail if value not in wanted]
