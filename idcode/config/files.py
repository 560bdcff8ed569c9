"""Which files belong to a repository, and reading them: inside the root, regular, readable, of sane size."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from idcode.config.findings import Findings
from idcode.config.models.project import Project
from idcode.config.reader import YamlRead, read_yaml
from idcode.model.canonical import digest
from idcode.model.diagnostics import Span
from idcode.model.errors import UsageError

PROJECT_FILE = "idcode.yaml"
RULE_TESTS = ".test.yaml"
MAX_BYTES = 16 * 1024 * 1024
"""No rule or object file comes near this; people belong into a source."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as read: ``name`` relative to the root with ``/``."""

    name: str
    sha256: str
    yaml: YamlRead


def find_root(start: Path) -> Path:
    """Return the nearest folder with an ``idcode.yaml``, from ``start`` upwards. Raises ``UsageError`` otherwise."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise UsageError(
        f"there is no {PROJECT_FILE} in {start} or any folder above it",
        hint="change into the repository, name it with --dir, or begin one: idcode init",
    )


def config_digest(files: list[ReadFile]) -> str:
    """Return ``config_digest`` of the plan format: paths and hashes of all files used."""
    return digest(sorted([file.name, file.sha256] for file in files))


def read_file(root: Path, name: str, findings: Findings, span: Span | None = None) -> ReadFile | None:
    """Read one YAML file; ``None`` with an error among ``findings`` where it cannot be read at all.

    ``span`` is what asked for the file; without it, problems are placed at the file's beginning.
    """
    place = span or Span(name)
    path = root / name
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(root.resolve()):
            findings.error("path-outside", f"{name} leads out of the repository", place, "keep files below the root")
            return None
        if not real.is_file():
            findings.error("not-a-file", f"{name} is not a file", place, "rename the folder, or change `include`")
            return None
        if real.stat().st_size > MAX_BYTES:
            findings.error("file-too-large", f"{name} is larger than {MAX_BYTES // 2**20} MiB", place)
            return None
        data = real.read_bytes()
    except FileNotFoundError:
        findings.error("file-not-found", f"there is no {name}", place)
        return None
    except (OSError, RuntimeError) as problem:
        reason = getattr(problem, "strerror", None) or "symbolic links that go round in circles"
        findings.error("unreadable-file", f"{name} cannot be read: {reason}", place)
        return None
    read = read_yaml(data, name)
    findings.texts[name] = read.text
    findings.extend(read.diagnostics)
    return ReadFile(name, hashlib.sha256(data).hexdigest(), read)


def included(root: Path, project: Project, skip: frozenset[str], findings: Findings) -> Iterator[ReadFile]:
    """Yield the files that ``include`` names: by pattern, then by name, each once.

    Rule tests, ``idcode.yaml`` itself and the names in ``skip`` (files of sources) are left out.
    """
    defaults = type(project).model_fields["include"].default
    seen: set[Path] = set()
    for position, pattern in enumerate(project.include):
        span = project.place("include", position)
        if not _stays_inside(pattern):
            findings.error(
                "path-outside",
                f"the pattern {pattern!r} leads out of the repository",
                span,
                "name files below the root",
            )
            continue
        try:
            names = _matches(root, pattern)
        except ValueError as problem:
            findings.error("bad-pattern", f"{pattern!r} is no file pattern: {problem}", span)
            continue
        if not names and pattern not in defaults:
            findings.warning("include-matches-nothing", f"no file matches {pattern!r}", span)
        for name in names:
            if name == PROJECT_FILE or name.endswith(RULE_TESTS) or name in skip:
                continue
            real = _real(root / name)
            if real in seen:
                continue
            seen.add(real)
            file = read_file(root, name, findings)
            if file:
                yield file


def rule_test_files(root: Path, project: Project) -> list[str]:
    """Return the rule tests among the files that ``include`` names, each once; its problems are reported elsewhere."""
    found: dict[Path, str] = {}
    for pattern in project.include:
        with contextlib.suppress(ValueError):
            for name in _matches(root, pattern) if _stays_inside(pattern) else ():
                if name.endswith(RULE_TESTS):
                    found.setdefault(_real(root / name), name)
    return sorted(found.values())


def _stays_inside(pattern: str) -> bool:
    parts = PurePosixPath(pattern).parts
    return bool(parts) and not pattern.startswith(("/", "~")) and ".." not in parts and "\\" not in pattern


def _matches(root: Path, pattern: str) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.glob(pattern))


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path
