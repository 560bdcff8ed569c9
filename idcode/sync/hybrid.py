"""People whose account in a tenant comes from their account in Active Directory, through Entra Connect or Cloud Sync.

Such an object says which account it was synced from: ``onPremisesImmutableId`` is the Base64 of the account's anchor
(Microsoft Entra Connect: Design concepts, "sourceAnchor").
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from idcode.config.models.base import Node
from idcode.model import dn
from idcode.model.addresses import Address, split_path
from idcode.model.desired import DesiredObject
from idcode.model.identifiers import guid_bytes, is_guid
from idcode.model.plans import Reported
from idcode.model.records import LiveObject
from idcode.model.syntax import text_of
from idcode.sync.context import Context
from idcode.sync.gather import DirectoryReading
from idcode.sync.identities import Identity, Population
from idcode.sync.programs import Outbound
from idcode.sync.queries import SYNC_ANCHOR


class SyncedFrom(Protocol):
    """What the settings of a tenant say of a domain that it is synced from."""

    @property
    def directory(self) -> str:
        """The domain."""

    @property
    def anchor(self) -> list[str]:
        """The attributes of an account by which its object is known, the likeliest first."""

    @property
    def scope(self) -> list[str]:
        """The paths below which accounts are synced; none: all."""

    @property
    def expect_within(self) -> timedelta:
        """How long it may take until a new account is there."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One domain that a tenant is synced from, as far as it was read."""

    settings: SyncedFrom
    domain: DirectoryReading

    def brings(self, text: str) -> bool:
        """Whether an object with this DN is in the scope of the sync."""
        bases = [dn.under(self.domain.view.base_dn, split_path(path)) for path in self.settings.scope]
        return not bases or any(dn.is_under(text, base) for base in bases)

    def anchors(self, account: LiveObject) -> list[str]:
        """Return the values of ``onPremisesImmutableId`` by which an account may be known, the likeliest first."""
        found = []
        for name in self.settings.anchor:
            if name.lower() == "objectguid":
                values = [guid_bytes(account.anchor)] if is_guid(account.anchor) else []
            else:
                values = [v for v in account.get(self.domain.view.schema.spelled(name)) if isinstance(v, bytes)]
            found += [base64.b64encode(value).decode("ascii") for value in values]
        return found


def feeds(context: Context, directory: str) -> list[Feed]:
    """Return what a directory is synced from; nothing for one that is not synced, or whose domains were not read."""
    settings: Node | None = context.repository.directories.get(directory)
    found = []
    for synced in getattr(settings, "synced_from", ()):
        domain = context.directory(synced.directory)
        if domain is not None:
            found.append(Feed(synced, domain))
    return found


def account_of(population: Population, identity: Identity, feed: Feed) -> tuple[Outbound | None, LiveObject | None]:
    """Return the rule and the living account that a person has in the domain of ``feed``."""
    primary = population.rules.type.primary_rule(feed.domain.name)
    rule = population.rules.outbound.get(primary.name) if primary else None
    live = identity.links.get(rule.name) if rule else None
    return rule, live if live is not None and not live.deleted else None


def synced_objects(
    context: Context, population: Population, rule: Outbound, reading: DirectoryReading
) -> dict[str, LiveObject]:
    """Return, by address of the person, the object that was synced from their account.

    Who has accounts in several domains has one that is in use; where that does not tell, nobody is linked (law 4).
    """
    sources = feeds(context, reading.name)
    if not sources or rule.rule.object != "user" or not _is_primary(population, rule):
        return {}
    by_anchor: Mapping[str, LiveObject] = {
        text_of(value): live
        for live in reading.view.objects.values()
        if live.object_type == "user" and not live.deleted
        for value in live.get(SYNC_ANCHOR)
    }
    found: dict[str, LiveObject] = {}
    for identity in population.sorted():
        fits: dict[str, tuple[LiveObject, bool]] = {}
        for feed in sources:
            _, account = account_of(population, identity, feed)
            anchors = feed.anchors(account) if account else []
            live = next((by_anchor[anchor] for anchor in anchors if anchor in by_anchor), None)
            if live is not None and account is not None:
                fits[live.anchor] = (live, account.enabled is not False)
        used = [live for live, is_used in fits.values() if is_used] or [live for live, _ in fits.values()]
        if len(used) == 1:
            found[identity.address] = used[0]
        elif used:
            _say_several(context, population, identity, rule, used)
    return found


def _say_several(
    context: Context, population: Population, identity: Identity, rule: Outbound, found: list[LiveObject]
) -> None:
    names = ", ".join(sorted(live.dn for live in found))
    identity.unlinked[rule.name] = f"{len(found)} objects were synced from its accounts"
    population.contested |= {(rule.rule.directory, live.anchor) for live in found}
    context.say(
        "error",
        "ambiguous-link",
        f"{identity.address} has accounts in several domains, and {rule.rule.directory} an object of each: {names}",
        identity.address,
        f"Disable all but one, or decide it with a pin in decisions.yaml: {{object: {rule.rule.directory}/"
        f"{found[0].anchor}, is: {identity.address}@{rule.key}}}",
        rule.rule.at,
    )


def _is_primary(population: Population, rule: Outbound) -> bool:
    primary = population.rules.type.primary_rule(rule.rule.directory)
    return primary is not None and primary.name == rule.name


def awaits_sync(context: Context, population: Population, identity: Identity, rule: Outbound) -> Feed | None:
    """Return the feed that will bring the person's object, where it has not done so yet: it must not be made here."""
    if rule.rule.object != "user" or not _is_primary(population, rule):
        return None
    for feed in feeds(context, rule.rule.directory):
        source, account = account_of(population, identity, feed)
        if source is None:
            continue
        presence = context.presence.get((identity.type, identity.key, source.name))
        if account is not None and presence != "exit" and feed.brings(account.dn):
            return feed
        if account is None and presence in ("create", "restore"):
            return feed
    return None


def report_awaiting(context: Context) -> None:
    """List the people whom the sync has not brought yet; say of whom that takes longer than it should."""
    late: dict[tuple[str, str], list[str]] = defaultdict(list)
    for population, identity, rule in _everybody(context):
        if context.presence.get((identity.type, identity.key, rule.name)) != "awaiting":
            continue
        feed = awaits_sync(context, population, identity, rule)
        assert feed is not None
        _, account = account_of(population, identity, feed)
        since = account.get(feed.domain.view.schema.spelled("whenCreated")) if account else ()
        due = since[0] + feed.settings.expect_within if since and isinstance(since[0], datetime) else None
        if due is not None and due < context.as_of:
            late[(rule.rule.directory, feed.domain.name)].append(identity.label)
        address = str(Address(identity.type, identity.key, rule.rule.directory, rule.name))
        reason = f"{feed.domain.name} has {'the account' if account else 'no account yet'}; the sync brings it"
        context.state.awaiting.append(Reported(rule.rule.directory, address, identity.label, reason))
    for (directory, domain), people in sorted(late.items()):
        shown = ", ".join(sorted(people)[:3]) + (f" and {len(people) - 3} more" if len(people) > 3 else "")
        context.say(
            "warning",
            "sync-late",
            f"{len(people)} accounts of {domain} should have reached {directory} by now: {shown}",
            directory,
            "Look at the sync (its scope, its errors); expect_within says how long it may take.",
            getattr(context.repository.directories[directory], "at", None),
        )


def report_leaving(context: Context) -> None:
    """Say which moves and deletions in a domain take an account out of the sync, which deletes it in the tenant."""
    planned = {(wanted.directory, wanted.live.anchor): wanted for wanted in context.state.objects if wanted.live}
    for population, identity, rule in _everybody(context):
        live = identity.links.get(rule.name)
        if live is None or not live.synced:
            continue
        for feed in feeds(context, rule.rule.directory):
            _, account = account_of(population, identity, feed)
            wanted = planned.get((feed.domain.name, account.anchor)) if account else None
            if wanted is None or account is None or not feed.brings(account.dn) or not _leaves(wanted, feed):
                continue
            what = "deleting it" if wanted.action == "delete" else "its move"
            context.say(
                "warning",
                "leaves-sync-scope",
                f"{wanted.address}: {what} takes it out of what {rule.rule.directory} is synced from, so that the sync "
                f"deletes {live.dn} there, with its mailbox and licences",
                identity.address,
                "Keep it below a path in synced_from: scope, or convert it first (isCloudManaged).",
            )


def _leaves(wanted: DesiredObject, feed: Feed) -> bool:
    return wanted.action == "delete" or (wanted.parent is not None and not feed.brings(wanted.parent))


def _everybody(context: Context) -> Iterator[tuple[Population, Identity, Outbound]]:
    for population in context.populations.values():
        for rule in population.rules.outbound.values():
            if feeds(context, rule.rule.directory):
                yield from ((population, identity, rule) for identity in population.sorted())
