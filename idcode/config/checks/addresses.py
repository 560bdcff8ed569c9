"""Addresses in object and decision files: well-formed, of a known kind, leading to something declared."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from idcode.config.checks.context import Context
from idcode.config.checks.rulesets import RuleSet
from idcode.config.nearest import suggestion
from idcode.model.addresses import Address, join_path, split_path
from idcode.model.diagnostics import Span

_WORDS = {"group": "group", "ou": "organizational unit", "administrative_unit": "administrative unit"}


@dataclass(slots=True)
class Declared:
    """What the object files declare, by kind, directory and name without case.

    ``computed`` are the directories with groups whose names are computed: there, a group that is not declared by
    name may exist all the same.
    """

    places: dict[tuple[str, str, str], tuple[str, Span]] = field(default_factory=dict)
    computed: set[str] = field(default_factory=set)

    def add(self, kind: str, directory: str, name: str, span: Span, context: Context) -> None:
        """Add one object; an error where it is there already."""
        _, first = self.places.setdefault((kind, directory, _key(kind, name)), (name, span))
        if first != span:
            message = f"the {_WORDS[kind]} {name!r} is declared already, in {first}"
            context.findings.error("declared-twice", message, span, "one object has one declaration; remove the other")

    def find(self, kind: str, directory: str, name: str) -> Span | None:
        """Return where an object is declared."""
        found = self.places.get((kind, directory, _key(kind, name)))
        return found[1] if found else None

    def names(self, kind: str, directory: str) -> list[str]:
        """Return what is declared of one kind in a directory, as first written."""
        return [name for (of, place, _), (name, _) in self.places.items() if (of, place) == (kind, directory)]

    def check(self, address: Address, span: Span, directory: str, context: Context) -> None:
        """Report an address that leads to nothing; ``directory`` is meant where it names none."""
        directory = address.directory or directory
        if self.find(address.type, directory, address.key):
            return
        if address.type == "group" and directory in self.computed:
            return
        word = _WORDS[address.type]
        hint = suggestion(address.key, self.names(address.type, directory), f"{word}s in {directory}")
        code = f"unknown-{word.replace(' ', '-')}"
        context.findings.error(code, f"no file declares the {word} {address.key!r} in {directory!r}", span, hint)


def _key(kind: str, name: str) -> str:
    """What all spellings of one name have in common: directories do not tell case apart."""
    if kind == "ou":
        with suppress(ValueError):  # reported where the path is checked
            name = join_path(split_path(name))
    return name.lower()


def check_address(text: str, span: Span, context: Context) -> Address | None:
    """Read an address; an error and ``None`` where it is none."""
    try:
        return Address.parse(text, context.project.directories)
    except ValueError as problem:
        context.findings.error("bad-address", str(problem), span, "for instance person:E1001 or group:sg-staff")
        return None


def check_identity(address: Address, span: Span, sets: Mapping[str, RuleSet], context: Context) -> bool:
    """Whether the address is of a known identity type and, if it names a rule, of a rule that there is."""
    if address.type not in sets:
        hint = suggestion(address.type, sets, "identity types")
        context.findings.error("unknown-identity-type", f"there is no identity type {address.type!r}", span, hint)
        return False
    return address.rule is None or check_identity_rule(address, span, sets, context)


def check_identity_rule(address: Address, span: Span, sets: Mapping[str, RuleSet], context: Context) -> bool:
    """Whether the rule that an identity's address names exists in its directory."""
    directory = address.directory or ""
    names = [rule.name for rule in sets[address.type].rules_in(directory)]
    return context.known("rule", address.rule or "", names, span, f"rules of {address.type} in {directory}")
