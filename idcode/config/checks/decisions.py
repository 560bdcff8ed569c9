"""Decisions: addresses that can be read, about types and directories that exist, without contradictions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from idcode.config.checks.addresses import check_address, check_identity
from idcode.config.checks.context import Context
from idcode.config.checks.rulesets import RuleSet
from idcode.config.models.decisions import DecisionFile
from idcode.model.addresses import Address
from idcode.model.diagnostics import Span

_OBJECT = re.compile(r"([\w-]+)/(.+)")
_DECLARED = ("group", "ou", "administrative_unit")


def check_decisions(files: Sequence[DecisionFile], sets: Mapping[str, RuleSet], context: Context) -> None:
    """Check all decision files."""
    groups: dict[Address, tuple[int, Span]] = {}
    number = 0
    for file in files:
        for entry in file.same:
            number += 1
            places = [(entry.keep, entry.place("keep"))]
            places += [(text, entry.place("was", index)) for index, text in enumerate(entry.was)]
            for text, span in places:
                address = _person(text, span, sets, context)
                if address is None:
                    continue
                _, first = groups.setdefault(address, (number, span))
                if first != span:
                    message = f"{text!r} is decided already, in {first}"
                    hint = "put all numbers of one person into one entry"
                    context.findings.error("decided-twice", message, span, hint)
    for file in files:
        _distinct(file, groups, sets, context)
        _pins(file, sets, context)
        for hold in file.holds:
            check_object(hold.object, hold.place("object"), sets, context)


def _person(text: str, span: Span, sets: Mapping[str, RuleSet], context: Context) -> Address | None:
    address = check_address(text, span, context)
    if address is None or not check_identity(address, span, sets, context):
        return None
    if address.directory is not None:
        message = f"{text!r} is an object, not a person"
        context.findings.error("bad-address", message, span, f"write {address.identity}")
        return None
    return address


def _distinct(
    file: DecisionFile, groups: Mapping[Address, tuple[int, Span]], sets: Mapping[str, RuleSet], context: Context
) -> None:
    for position, entry in enumerate(file.distinct):
        seen: dict[int, str] = {}
        for index, text in enumerate(entry):
            span = file.place("distinct", position, index)
            address = _person(text, span, sets, context)
            if address is None or address not in groups:
                continue
            number = groups[address][0]
            if number in seen:
                message = f"{seen[number]!r} and {text!r} are the same person in {groups[address][1]}"
                context.findings.error("decided-twice", message, span, "decide one of the two")
            seen.setdefault(number, text)


def _pins(file: DecisionFile, sets: Mapping[str, RuleSet], context: Context) -> None:
    seen: dict[str, Span] = {}
    for pin in file.pins:
        span = pin.place("object")
        directory = _directory_of(pin.object, span, context)
        first = seen.setdefault(pin.object.lower(), span)
        if first != span:
            context.findings.error("decided-twice", f"{pin.object!r} is pinned already, in {first}", span)
        place = pin.place("is")
        address = check_address(pin.is_, place, context)
        if address is None or not check_identity(address, place, sets, context) or directory is None:
            continue
        if address.directory not in (None, directory):
            message = f"{pin.object!r} is in {directory!r} and {pin.is_!r} is not"
            context.findings.error("other-directory", message, place)
        elif address.rule is None:
            context.need_primary(address.type, directory, place, f"{pin.is_!r} names no rule")


def _directory_of(text: str, span: Span, context: Context) -> str | None:
    match = _OBJECT.fullmatch(text)
    if not match:
        message = f"{text!r} names no object of a directory"
        context.findings.error("bad-address", message, span, "write directory/objectGUID, for instance corp/8c5c1d3e-…")
        return None
    return match[1] if context.known_directory(match[1], span) else None


def check_object(text: str, span: Span, sets: Mapping[str, RuleSet], context: Context) -> None:
    """Check what a person or object is named by: an address, or ``directory/`` and its anchor or name."""
    match = _OBJECT.fullmatch(text)
    if match and ":" not in match[1]:
        context.known_directory(match[1], span)
        return
    address = check_address(text, span, context)
    if address and address.type not in _DECLARED:
        check_identity(address, span, sets, context)
