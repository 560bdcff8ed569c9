"""Directories of ``idcode.yaml``: files of their own, and what a tenant is synchronised from."""

from __future__ import annotations

from pathlib import Path

from idcode.config.checks.context import Context
from idcode.config.checks.outbound import check_path


def check_project(context: Context) -> None:
    """Check what the project file and the settings of its directories refer to."""
    _own_files(context)
    for name, settings in context.directories.items():
        for link in getattr(settings, "synced_from", ()):
            span = link.place("directory")
            if context.known_directory(link.directory, span) and context.directory_type(link.directory) == "entra":
                message = f"{name!r} is synchronised from an Active Directory domain, which {link.directory!r} is not"
                context.findings.error("other-directory", message, span)
            for index, path in enumerate(link.scope):
                check_path(path, link.place("scope", index), context)


def _own_files(context: Context) -> None:
    """Two practice directories in one file would each be what the other left of it."""
    users: dict[str, str] = {}
    for name, settings in context.directories.items():
        path = getattr(settings, "path", None) or f".idcode/sandbox/{name}.db"
        if (
            getattr(settings, "type", "") in ("sandbox", "sandbox-tenant")
            and users.setdefault(str(Path(path)), name) != name
        ):
            context.findings.error(
                "same-file",
                f"{users[str(Path(path))]!r} and {name!r} are kept in one file, {path}",
                settings.place("path"),
                "give each a path of its own, or leave path out",
            )
