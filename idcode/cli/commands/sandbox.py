"""``idcode sandbox``: practice directories made anew; practice domains looked at, and edited by hand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from idcode.cli import console, wiring
from idcode.cli.commands import sandbox_tenant
from idcode.cli.commands.common import confirm
from idcode.cli.commands.sandbox_tenant import Beginning
from idcode.config.project import Repository
from idcode.model import dn
from idcode.model.errors import DirectoryError, UsageError

if TYPE_CHECKING:
    from idcode.directories.ad.operations import Result, Session
    from idcode.directories.sandbox.domain import Domain
    from idcode.directories.sandbox.ldif import ChangeRecord
    from idcode.directories.sandbox.settings import SandboxSettings


def reset(
    directory: Path | None, source: Path | None, name: str | None, recycle_bin: bool, exchange: bool, yes: bool
) -> int:
    """Make practice directories anew: empty, or with what ``source`` holds.

    LDIF and snapshots are of domains, JSON is of a tenant; without ``source`` both kinds are made anew.
    """
    repository, tenants = sandbox_tenant.tenants(directory)
    is_json = source is not None and source.suffix == ".json"
    wanted: list[Beginning] = []
    # All of them first: a file that cannot be used must not leave half of the directories empty.
    if not is_json and name not in tenants and (name is not None or source is not None or _has_domains(repository)):
        wanted += _domains(directory, source, name, recycle_bin, exchange)
    if name in tenants or is_json or (source is None and name is None):
        wanted += sandbox_tenant.beginnings(repository, tenants, source, name)
    for beginning in wanted:
        beginning.check()
    there = [beginning.name for beginning in wanted if beginning.path.exists()]
    if there and not yes and not confirm(f"Lose everything in the practice directory {', '.join(there)}?"):
        console.note("Nothing was changed.")
        return 1
    for beginning in wanted:
        beginning.make()
        console.say(
            f"{beginning.name}: {beginning.told}, {f'as in {beginning.source}' if beginning.source else 'empty'}"
        )
    return 0


def _domains(
    directory: Path | None, source: Path | None, name: str | None, recycle_bin: bool, exchange: bool
) -> list[Beginning]:
    from idcode.directories.sandbox.directory import file_of
    from idcode.directories.sandbox.storage import check_replaceable, create

    repository, settings = _practice(directory)
    if name is not None:
        settings = dict([_chosen(settings, name)])
    found = []
    for key, node in settings.items():
        domain, path = _beginning(key, node, source, recycle_bin, exchange), file_of(key, node, repository.root)
        check = partial(check_replaceable, path) if node.path else _nothing  # elsewhere only idcode puts files
        found.append(Beginning(key, path, check, partial(create, path, domain), domain.root_dn, source))
    return found


def _has_domains(repository: Repository) -> bool:
    from idcode.directories.sandbox.settings import SandboxSettings

    return any(isinstance(node, SandboxSettings) for node in repository.directories.values())


def _nothing() -> None:
    """Check nothing."""


def show(
    directory: Path | None, text: str | None, attributes: list[str] | None, name: str | None, deleted: bool
) -> int:
    """Print what a filter finds, or everything below ``base_dn``, as LDIF."""
    from idcode.directories.ad.operations import BadFilter
    from idcode.directories.ad.paging import pages
    from idcode.directories.ad.reading import SHOW_DELETED
    from idcode.directories.sandbox.ldif import write_ldif
    from idcode.directories.sandbox.session import EmbeddedSession

    repository, settings = _practice(directory)
    key, node = _chosen(settings, name)
    domain = _domain(repository, key, node)
    # Deleted objects are kept at the root, wherever they lived.
    base, controls = (domain.root_dn, [SHOW_DELETED]) if deleted else (node.base_dn, [])
    try:
        found = list(pages(EmbeddedSession(domain), base, text or "(objectClass=*)", attributes or ["*"], controls))
    except BadFilter as error:
        raise UsageError(f"{text!r} is not a filter: {error}", "Such as '(sAMAccountName=abrisling)'.") from None
    console.say("".join(write_ldif(found)) if found else "# nothing found")
    return 0


def edit(directory: Path | None, file: Path, name: str | None) -> int:
    """Carry out LDIF change records in a practice domain, up to the first that it refuses."""
    from idcode.directories.sandbox.ldif import read_changes
    from idcode.directories.sandbox.session import EmbeddedSession

    repository, settings = _practice(directory)
    key, node = _chosen(settings, name)
    changes = read_changes(_text_of(file), str(file))
    session = EmbeddedSession(_domain(repository, key, node))
    for number, change in enumerate(changes):
        result = _carry_out(session, change)
        if not result.ok:
            done = f"The {number} before it are done; take them out before you try again." if number else None
            raise DirectoryError(f"{change.span}: {key} refuses to change {change.dn}: {result}", done)
    console.say(f"{key}: {len(changes)} {'change' if len(changes) == 1 else 'changes'} made")
    return 0


def _practice(directory: Path | None) -> tuple[Repository, dict[str, SandboxSettings]]:
    """Return the repository and its practice domains by name, resolved."""
    from idcode.directories.sandbox.settings import SandboxSettings

    repository, _ = wiring.load(directory, sandbox=True)
    nodes = {name: node for name, node in repository.directories.items() if isinstance(node, SandboxSettings)}
    if not nodes:
        raise UsageError("no directory of this repository can be practised on", "A sandbox stands in for type ad.")
    resolved = wiring.for_directories(repository, nodes).directories
    return repository, {name: node for name, node in resolved.items() if isinstance(node, SandboxSettings)}


def _chosen(settings: Mapping[str, SandboxSettings], name: str | None) -> tuple[str, SandboxSettings]:
    if name is None and len(settings) > 1:
        raise UsageError(f"there are several directories: {', '.join(settings)}", "Name one with --directory.")
    key = name or next(iter(settings))
    if key not in settings:
        raise UsageError(f"there is no practice domain {key!r}", f"There is {', '.join(settings)}.")
    return key, settings[key]


def _domain(repository: Repository, name: str, settings: SandboxSettings) -> Domain:
    from idcode.directories.sandbox.directory import open_practice

    return open_practice(name, settings, repository.root)


def _beginning(name: str, settings: SandboxSettings, source: Path | None, recycle_bin: bool, exchange: bool) -> Domain:
    """Return what a practice domain begins with."""
    from idcode.directories.sandbox.directory import empty_domain
    from idcode.directories.sandbox.ldif import read_content
    from idcode.directories.sandbox.seeding import Seed, load
    from idcode.directories.sandbox.snapshot import is_snapshot

    if source is not None and is_snapshot(source):
        return _from_snapshot(name, settings, source, recycle_bin)
    domain = empty_domain(name, settings.base_dn, recycle_bin=recycle_bin, exchange=exchange)
    if source is not None:
        records = read_content(_text_of(source), str(source))
        if not records:
            raise UsageError(f"there are no objects in {source}", "Leave --from out to begin with an empty domain.")
        dropped = load(domain, [Seed(record.dn, record.attributes) for record in records])
        if dropped:
            console.note(f"{name}: {dropped} references to objects that are not in {source} were left out")
    return domain


def _from_snapshot(name: str, settings: SandboxSettings, source: Path, recycle_bin: bool) -> Domain:
    from idcode.directories.sandbox.copying import domain_with
    from idcode.directories.sandbox.directory import domain_of
    from idcode.directories.sandbox.snapshot import read_snapshot

    saved = read_snapshot(source).directories.get(name)
    if saved is None:
        raise UsageError(f"the snapshot {source} holds no directory {name}", "Name one that it holds with --directory.")
    ours, theirs = domain_of(name, settings.base_dn), domain_of(name, saved.base_dn)
    if dn.key(ours) != dn.key(theirs):
        raise UsageError(
            f"the snapshot {source} is of {theirs}, and base_dn of {name} lies in {ours}",
            "Use a snapshot of this domain, or correct base_dn.",
        )
    return domain_with(
        name, settings.base_dn, saved.schema, saved.mark_in, saved.objects, saved.fingerprint.identity, recycle_bin
    )


def _carry_out(session: Session, change: ChangeRecord) -> Result:
    from idcode.directories.sandbox import ldif

    match change:
        case ldif.AddRecord(dn, attributes, _):
            classes = [raw.decode("utf-8", "replace") for raw in attributes.get("objectClass", ())]
            others = {name: values for name, values in attributes.items() if name != "objectClass"}
            return session.add(dn, classes, others)
        case ldif.ModifyRecord(dn, changes, _):
            return session.modify(dn, changes)
        case ldif.RenameRecord(dn, rdn, superior, _):
            return session.rename(dn, rdn, superior)
        case ldif.DeleteRecord(dn, _):
            return session.delete(dn)


def _text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{file} is not UTF-8: byte {error.start + 1} is no part of a character", "Save it as UTF-8."
        ) from None
