"""The commands that there are."""

from __future__ import annotations

from typing import Any

import typer.main

from idcode.cli.main import app


def commands() -> dict[str, Any]:
    """Return all commands by their full names, such as ``plan`` and ``sandbox show``."""
    return _in(typer.main.get_command(app))


def options(command: Any) -> set[str]:
    """Return the options of a command, those that say no included."""
    names = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return {name for name in names if name.startswith("-")}


def _in(group: Any, prefix: str = "") -> dict[str, Any]:
    found = {}
    for name, command in group.commands.items():
        nested = hasattr(command, "commands")
        found |= _in(command, f"{prefix}{name} ") if nested else {f"{prefix}{name}": command}
    return found
