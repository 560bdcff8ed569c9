"""Settings of directories and sources: validated by each adapter's own model, found by its type name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from idcode.config.environment import malformed_variables
from idcode.config.findings import Findings
from idcode.config.models.base import Node, place_in
from idcode.config.nearest import suggestion
from idcode.config.validation import validate
from idcode.model.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Registry:
    """Type name → ``"package.module:SettingsClass"``, imported when a repository uses the type."""

    directories: Mapping[str, str]
    sources: Mapping[str, str]


def settings_class(where: str) -> type[Node]:
    """Import a settings model by its ``package.module:Class`` name."""
    module, _, name = where.partition(":")
    found = getattr(import_module(module), name)
    if not (isinstance(found, type) and issubclass(found, Node)):
        raise TypeError(f"{where} is not a settings model")
    return found


def load_settings(
    section: str, entries: Any, known: Mapping[str, str], file: str, findings: Findings
) -> dict[str, Node]:
    """Validate the entries of ``directories:`` or ``sources:`` (``section``), each by its ``type``.

    Entries that cannot be used are left out, with an error among ``findings``.
    """
    loaded: dict[str, Node] = {}
    for name, data in entries.items():
        key_span = place_in(entries, (name,), Span(file))
        if not _is_name(name):
            findings.error("bad-name", f"{name!r} may hold only letters, digits, '-' and '_'", key_span)
        if not isinstance(data, dict):
            findings.error("wrong-type", f"expected the settings of {name!r} as a mapping (key: value)", key_span)
            continue
        kind = data.get("type")
        if not isinstance(kind, str):
            findings.error(
                "missing-key",
                f"{name!r} needs a type: {', '.join(sorted(known))}",
                place_in(data, ("type",) if "type" in data else (), key_span),
            )
            continue
        if kind not in known:
            what = "directory" if section == "directories" else "source"
            hint = suggestion(kind, known, f"{what} types")
            findings.error(
                "unknown-type", f"unknown {what} type {str(kind)!r}", place_in(data, ("type",), key_span), hint
            )
            continue
        settings, problems = validate(settings_class(known[kind]), data, file)
        findings.extend(problems)
        for span, text in malformed_variables(data):
            findings.error("bad-variable", f"{text!r} is not a variable", span, "write ${env:NAME}")
        if settings is not None:
            loaded[name] = settings
    return loaded


def _is_name(name: str) -> bool:
    return bool(name) and name.replace("-", "").replace("_", "").isalnum()
