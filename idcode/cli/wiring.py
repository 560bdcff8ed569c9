"""The composition root: which adapters there are, and how a repository becomes running parts.

A new source or directory is one folder and one line here, or an entry point of another package in the groups
``idcode.sources`` and ``idcode.directories`` whose value names a :class:`Kind`.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idcode.model.errors import ConfigError

if TYPE_CHECKING:
    from idcode.config.models.base import Node
    from idcode.config.project import Repository
    from idcode.config.registry import Registry
    from idcode.directories.port import Directory, Secrets
    from idcode.directories.sandbox.snapshot import Snapshot
    from idcode.model.diagnostics import Diagnostic
    from idcode.sources.port import Source
    from idcode.store.store import Store


@dataclass(frozen=True, slots=True)
class Kind:
    """Where the settings model and the adapter of a ``type:`` live, as ``module:Class``.

    ``adapter`` is ``None`` while a type can be validated but not yet used.
    """

    settings: str
    adapter: str | None


SOURCES = {
    "csv": Kind("idcode.sources.csv.settings:CsvSettings", "idcode.sources.csv.source:CsvSource"),
    "yaml": Kind("idcode.sources.yaml.settings:YamlSettings", "idcode.sources.yaml.source:YamlSource"),
}
DIRECTORIES = {
    "ad": Kind("idcode.directories.ad.settings:AdSettings", "idcode.directories.ad.directory:AdDirectory"),
    "entra": Kind(
        "idcode.directories.entra.settings:EntraSettings", "idcode.directories.entra.directory:EntraDirectory"
    ),
    "sandbox": Kind(
        "idcode.directories.sandbox.settings:SandboxSettings", "idcode.directories.sandbox.directory:SandboxDirectory"
    ),
    "sandbox-tenant": Kind(
        "idcode.directories.sandbox.tenant.settings:TenantSettings",
        "idcode.directories.sandbox.tenant.directory:TenantDirectory",
    ),
}
PRACTICE_TYPES = frozenset({"sandbox", "sandbox-tenant"})
"""The directories that are nobody's."""

PRACTICE_STORE = "sqlite:///.idcode/sandbox-history.db"
"""The history of what was tried with ``--sandbox``; it must not hold anything back in the live directories."""


def kinds(group: str, built_in: Mapping[str, Kind]) -> dict[str, Kind]:
    """Return the built-in kinds and those that installed packages bring; the built-in ones win."""
    from importlib.metadata import entry_points

    found = {point.name: point.load() for point in entry_points(group=f"idcode.{group}")}
    return {**found, **built_in}


def registry() -> Registry:
    """Return the settings models by type, for the config room."""
    from idcode.config.registry import Registry

    return Registry(
        directories={name: kind.settings for name, kind in kinds("directories", DIRECTORIES).items()},
        sources={name: kind.settings for name, kind in kinds("sources", SOURCES).items()},
    )


def _class(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def load(
    root: Path | None, *, check_columns: bool = False, sandbox: bool = False
) -> tuple[Repository, list[Diagnostic]]:
    """Load and validate the repository at or above ``root``.

    ``check_columns`` compares the columns that rules name with the sources at hand, for commands that read those
    anyway. With ``sandbox`` practice domains take the place of its directories. Returns the repository with its
    warnings. Raises ``ConfigError`` with every problem where it has errors.
    """
    from idcode.config.files import find_root
    from idcode.config.loader import load_repository

    folder = find_root(root or Path.cwd())
    columns_of = columns_in(folder) if check_columns else lambda _name, _settings: None
    repository, diagnostics = load_repository(folder, registry(), columns_of=columns_of)
    if repository is None:
        count = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
        raise ConfigError(f"the repository has {count} error{'s' if count != 1 else ''}", diagnostics)
    return (practice(repository) if sandbox else repository), diagnostics


def practice(repository: Repository) -> Repository:
    """Return the repository with a practice directory in place of each real one, and a history of their own.

    New passwords go nowhere: the program that delivers them would give them to real people.
    """
    from idcode.directories.sandbox import settings as domains
    from idcode.directories.sandbox.tenant import settings as tenants

    stand_ins: dict[str, Callable[[Any], Node]] = {"ad": domains.in_place_of, "entra": tenants.in_place_of}
    directories = dict(repository.directories)
    for name, node in repository.directories.items():
        stand_in = stand_ins.get(str(getattr(node, "type", "")))
        if stand_in is not None:
            directories[name] = stand_in(node)
    project = repository.project.model_copy(update={"store": PRACTICE_STORE, "credentials": None})
    return replace(repository, project=project, directories=directories)


def is_practice(repository: Repository) -> bool:
    """Whether :func:`practice` made the repository what it is."""
    return repository.project.store == PRACTICE_STORE


def columns_in(root: Path) -> Callable[[str, Node], tuple[str, ...] | None]:
    """Return what tells the columns of a source whose file is at hand, ``None`` where they cannot be known now.

    Each source is asked once, however many rules read it.
    """
    known: dict[str, tuple[str, ...] | None] = {}

    def columns(name: str, settings: Node) -> tuple[str, ...] | None:
        if name not in known:
            kind = kinds("sources", SOURCES).get(str(getattr(settings, "type", "")))
            adapter = kind.adapter if kind else None
            known[name] = _class(adapter)(name, settings, root).columns() if adapter else None
        return known[name]

    return columns


def for_planning(repository: Repository) -> Repository:
    """Return the repository with ``${env:…}`` replaced wherever planning needs it, directories and sources included.

    Directories that this version does not read stay as they are. Raises ``ConfigError`` where variables are not set.
    """
    directories = for_directories(repository, repository.directories)
    return replace(directories, sources=_resolved(repository.sources))


def for_directories(repository: Repository, names: Collection[str]) -> Repository:
    """Return the repository with only the directories ``names``, resolved with the project's own settings.

    For commands that write what is already planned: no source, and no other directory. Names that the files do not
    have are left out. Raises ``ConfigError`` where variables are not set.
    """
    return with_store(only_directories(repository, names))


def for_snapshot(repository: Repository) -> Repository:
    """Return the repository with what planning on a snapshot needs: the sources, and where paths of directories begin.

    A history that is not a local file is not asked (``store`` is empty then): this needs no network and no secret.
    """
    from idcode.directories.sandbox.settings import in_place_of

    others = {name: node for name, node in repository.directories.items() if getattr(node, "type", "") != "ad"}
    saved: dict[str, Node] = {
        name: in_place_of(node) for name, node in repository.directories.items() if name not in others
    }
    store = repository.project.store
    is_file = store.startswith("sqlite:///") and "${env:" not in store
    project = repository.project.model_copy(update={"store": store if is_file else "", "credentials": None})
    planned = for_planning(replace(repository, project=project, directories=saved))
    return replace(planned, directories={**planned.directories, **others})


def only_directories(repository: Repository, names: Collection[str]) -> Repository:
    """Return the repository with only the directories ``names``, resolved; for commands that only read those.

    Raises ``ConfigError`` where variables are not set.
    """
    known = kinds("directories", DIRECTORIES)
    usable = {
        name: node
        for name, node in repository.directories.items()
        if name in names and known[str(getattr(node, "type", ""))].adapter is not None
    }
    others = {name: node for name, node in repository.directories.items() if name not in usable and name in names}
    otherwise = "; a practice domain needs no account: --sandbox"
    return replace(repository, directories={**_resolved(usable, otherwise), **others})


def with_store(repository: Repository) -> Repository:
    """Return the repository with only the project's own settings resolved: history needs no directory.

    Not those of signing, which are resolved by who signs: nobody else needs to have the private key.
    """
    from idcode.config.environment import resolve_environment

    signing = repository.project.signing
    project = resolve_environment(repository.project.model_copy(update={"signing": None}), os.environ)
    return replace(repository, project=project.model_copy(update={"signing": signing}))


def _resolved(nodes: Mapping[str, Node], otherwise: str = "") -> dict[str, Node]:
    from idcode.config.environment import resolve_environment

    return {
        name: resolve_environment(node, os.environ, otherwise if getattr(node, "type", "") == "ad" else "")
        for name, node in nodes.items()
    }


def build_sources(repository: Repository) -> dict[str, Source]:
    """Return the sources of a resolved repository, ready to be read."""
    return _build(repository.sources, kinds("sources", SOURCES), repository.root)


def build_directories(repository: Repository) -> dict[str, Directory]:
    """Return the directories of a resolved repository, not connected yet; of a practice one only practice domains."""
    nodes = repository.directories
    if is_practice(repository):
        nodes = {name: node for name, node in nodes.items() if getattr(node, "type", "") in PRACTICE_TYPES}
    return _build(nodes, kinds("directories", DIRECTORIES), repository.root)


def build_saved(repository: Repository, snapshot: Snapshot) -> dict[str, Directory]:
    """Return the directories of a repository that :func:`for_snapshot` made, as the snapshot holds them."""
    from idcode.directories.sandbox.saved import SavedDomain
    from idcode.directories.sandbox.settings import SandboxSettings

    return {
        name: SavedDomain(name, snapshot, node.base_dn, node.disable_mark_in)
        for name, node in repository.directories.items()
        if isinstance(node, SandboxSettings)
    }


def _build(nodes: Mapping[str, Node], known: Mapping[str, Kind], root: Path) -> dict[str, Any]:
    found = {}
    for name, settings in nodes.items():
        adapter = known[str(getattr(settings, "type", ""))].adapter
        if adapter is not None:
            found[name] = _class(adapter)(name, settings, root)
    return found


def build_store(repository: Repository) -> Store:
    """Open the history of a resolved repository; what it has to tell goes to stderr.

    Raises ``StoreError`` where that fails.
    """
    from idcode.cli import console
    from idcode.store.store import open_store

    return open_store(repository.project.store, repository.root, note=lambda text: console.note(f"note: {text}"))


def build_secrets(repository: Repository) -> Secrets | None:
    """Return what makes passwords and hands them to the configured command.

    Where every directory is a sandbox none is needed: practice passwords go nowhere. ``None`` where one is needed and
    not configured.
    """
    from idcode.apply.credentials import CommandSink, PracticeSink

    credentials = repository.project.credentials
    if credentials:
        return CommandSink(credentials.command, credentials.timeout, repository.root)
    types = {str(getattr(node, "type", "")) for node in repository.directories.values()}
    used = {name for name in types if kinds("directories", DIRECTORIES)[name].adapter is not None}
    return PracticeSink() if used <= PRACTICE_TYPES else None
