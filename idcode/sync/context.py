"""What the stages share while one desired state is computed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from idcode.config.project import Repository
from idcode.model.addresses import Address
from idcode.model.desired import DesiredState
from idcode.model.diagnostics import Diagnostic, Span
from idcode.model.plans import Reported
from idcode.model.records import LiveObject
from idcode.model.values import Ref
from idcode.sync.containers import Containers
from idcode.sync.gather import DirectoryReading, Gathered
from idcode.sync.identities import Identity, Population
from idcode.sync.links import Decisions
from idcode.sync.programs import IdentityRules, Outbound
from idcode.sync.unique import Register

Presence = Literal["none", "alone", "keep", "create", "restore", "exit", "frozen", "awaiting"]
"""What becomes of an identity's object under a rule: not there, left alone, kept in step, made, brought back,
taken out of service (``on_exit``), not to be touched because something about it is unknown, or brought by a sync that
has not been there yet."""


@dataclass(slots=True)
class Context:
    """Inputs, indexes and the growing result."""

    repository: Repository
    rules: Mapping[str, IdentityRules]
    gathered: Gathered
    as_of: datetime
    decisions: Decisions
    populations: Mapping[str, Population]
    containers: Mapping[str, Containers]
    register: Register
    state: DesiredState = field(default_factory=DesiredState)
    presence: dict[tuple[str, str, str], Presence] = field(default_factory=dict)
    """By identity type, folded key and rule."""
    owners: dict[tuple[str, str], tuple[Identity, Outbound]] = field(default_factory=dict)
    """Who owns an object, by directory and anchor."""
    in_question: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Anchors of synced objects, by directory, of which the files want to write what AD masters while it was not read
    whether the tenant has become their master."""
    declared_at: dict[str, Span] = field(default_factory=dict)
    """Where the files declare a group or OU, by address."""

    def directory(self, name: str) -> DirectoryReading | None:
        """Return the reading of a directory, or ``None`` where this plan did not read it."""
        return self.gathered.directories.get(name)

    def say(
        self,
        severity: Literal["error", "warning", "info"],
        code: str,
        message: str,
        subject: str | None = None,
        hint: str | None = None,
        span: Span | None = None,
    ) -> None:
        """Collect a diagnostic of the plan."""
        self.state.diagnostics.append(Diagnostic(severity, code, message, hint, span, subject))

    def freeze(self, directory: str, address: str, label: str, reason: str, live: LiveObject | None = None) -> None:
        """Report an object that stays as it is because something about it is unknown."""
        self.state.frozen.append(Reported(directory, address, label, reason, live.anchor if live else None))

    def is_held(self, address: str, anchored: str) -> bool:
        """Whether a hold keeps an object (by its address, its person or ``directory/anchor``) from being deleted."""
        meant = {address.lower(), address.partition("@")[0].lower(), anchored}
        today = self.as_of.date()
        return any(
            "delete" in hold.forbid and hold.object.lower() in meant and (hold.until is None or today <= hold.until)
            for hold in self.state.holds
        )

    def find_identity(self, address: Address) -> Identity | None:
        """Return the identity an address names, former keys included."""
        population = self.populations.get(address.type)
        return population.find(address.key) if population else None

    def object_of(self, identity: Identity, directory: str, rule: str | None = None) -> Ref | Literal["frozen"] | None:
        """Return a reference to the person's object in ``directory`` as it will be after this plan.

        An anchor where it exists, an address where this plan creates it, ``None`` where there is and will be none,
        ``"frozen"`` where that cannot be known.
        """
        kind = self.rules[identity.type]
        if rule is None:
            primary = kind.type.primary_rule(directory)
            if primary is None:
                return None
            rule = primary.name
        presence = self.presence.get((identity.type, identity.key, rule), "none")
        if kind.outbound[rule].rule.mode == "shadow" and presence in ("create", "restore", "exit"):
            presence = "none"  # a shadow rule neither makes nor takes away
        live = identity.links.get(rule)
        if live is not None and not live.deleted:
            gone = presence == "exit" and kind.outbound[rule].rule.on_exit == "delete"
            if gone and self.is_held(f"{identity.address}@{directory}/{rule}", f"{directory}/{live.anchor}"):
                gone = False
            return None if gone else Ref(live.anchor)
        if presence in ("create", "restore"):
            return Ref(str(Address(identity.type, identity.key, directory, rule)))
        if presence in ("frozen", "awaiting") or identity.frozen or rule in identity.unlinked:
            return "frozen"
        return None
