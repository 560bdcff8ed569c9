"""Identities: people (or other types), and what is known of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from idcode.expressions import Environment, EvaluationError, Program
from idcode.model.addresses import Address
from idcode.model.desired import DirectoryView
from idcode.model.diagnostics import Diagnostic, Span
from idcode.model.records import LiveObject, Record
from idcode.model.syntax import text_of
from idcode.model.values import Result
from idcode.sync.programs import IdentityRules


@dataclass(slots=True)
class Identity:
    """One person: values by attribute (absent ones are not in the mapping), and where they came from.

    ``records`` holds the joined record per inbound rule, ``winners`` the rule whose value counts, ``blocked`` the
    rules that cannot be trusted for this person and why. ``frozen`` is the reason why nothing about the
    person may change. ``links`` maps outbound rules to the live object, ``None`` where there is none; rules in
    ``unlinked`` could not be decided. ``said`` keeps what each inbound rule gives, computed once.
    """

    type: str
    key: str
    values: dict[str, Result] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    winners: dict[str, str] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)
    frozen: str | None = None
    missing: bool = False
    links: dict[str, LiveObject | None] = field(default_factory=dict)
    unlinked: dict[str, str] = field(default_factory=dict)
    stage: str | None = None
    said: dict[str, Mapping[str, Result | EvaluationError]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """``person:E1001``."""
        return str(Address(self.type, self.key))

    @property
    def label(self) -> str:
        """A name people recognise: the display name, or first and last name, or the key."""
        for names in (("displayName",), ("givenName", "surname"), ("givenName", "sn"), ("name",)):
            words = [self.values.get(name) for name in names]
            if all(isinstance(word, str) and word for word in words):
                return " ".join(str(word) for word in words)
        for live in self.links.values():
            if live is not None:
                return text_of(next(iter(live.get("displayName") or live.get("cn")), self.key))
        return self.key

    def freeze(self, reason: str) -> None:
        """Leave everything about this person as it is; the first reason counts."""
        self.frozen = self.frozen or reason


@dataclass
class Population:
    """All identities of one type.

    ``seen_in`` holds every key of each creating source before ``scope``. ``untrusted`` names the sources without
    proof and why; ``unidentified`` says that some record could not be given to anyone, so that nobody can be called
    missing. ``doubtful`` names rules with a record that could be anybody's: what they say of people without a record
    is unknown. ``contested`` holds the objects (directory, anchor) that somebody may own: never orphans.
    """

    rules: IdentityRules
    by_key: dict[str, Identity] = field(default_factory=dict)
    seen_in: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    aliases: dict[str, str] = field(default_factory=dict)
    untrusted: dict[str, str] = field(default_factory=dict)
    unidentified: str | None = None
    doubtful: dict[str, str] = field(default_factory=dict)
    contested: set[tuple[str, str]] = field(default_factory=set)
    views: Mapping[str, DirectoryView] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @cached_property
    def former(self) -> Mapping[str, list[str]]:
        """The earlier keys (folded) of each folded key, as ``decisions.yaml`` joins them."""
        found: dict[str, list[str]] = defaultdict(list)
        for old, keep in self.aliases.items():
            found[keep].append(old)
        return found

    @cached_property
    def seen(self) -> set[str]:
        """Every key of any creating source; asked for only after the census."""
        return set().union(*self.seen_in.values())

    def find(self, key: str) -> Identity | None:
        """Return the identity with this key (or a former one) in any letter case."""
        folded = fold(key)
        return self.by_key.get(self.aliases.get(folded, folded))

    def sorted(self) -> list[Identity]:
        """Identities in the order of their keys."""
        return [self.by_key[key] for key in sorted(self.by_key)]

    def say(self, code: str, message: str, subject: str, hint: str | None = None, span: Span | None = None) -> None:
        """Collect an error about one person, source or rule."""
        self.diagnostics.append(Diagnostic("error", code, message, hint, span, subject))

    @property
    def creating_incomplete(self) -> str | None:
        """Why absence of a key proves nothing, or ``None`` where every creating source was read completely."""
        for rule in self.rules.creating_rules():
            if rule.rule.source in self.untrusted:
                return f"source {rule.rule.source}: {self.untrusted[rule.rule.source]}"
        return self.unidentified


def fold(key: str) -> str:
    """Keys are compared without case: directories store them in attributes that are."""
    return key.strip().lower()


def evaluate(program: Program, environment: Environment) -> Result | EvaluationError:
    """Run a program; an error is a result, since it concerns one person and not the run."""
    try:
        return program(environment)
    except EvaluationError as error:
        return error


def is_true(result: object) -> bool:
    """Whether a condition holds: true, or the text that sources write for it."""
    return result is True or (isinstance(result, str) and result.strip().lower() == "true")
