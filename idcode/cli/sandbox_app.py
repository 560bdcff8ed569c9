"""``idcode sandbox …``: the arguments of its commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from idcode.cli.options import Folder, Yes

sandbox_app = typer.Typer(
    help="Practice domains, which --sandbox uses: begin anew, look, and edit by hand.", no_args_is_help=True
)
Practised = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--directory", metavar="NAME", help="The directory, where the files have several."),
]


@sandbox_app.command("reset")
def sandbox_reset(
    directory: Folder = None,
    source: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--from", metavar="FILE", help="Begin with what this LDIF file or snapshot holds."),
    ] = None,
    name: Practised = None,
    recycle_bin: Annotated[bool, typer.Option("--recycle-bin", help="With the AD Recycle Bin.")] = False,
    exchange: Annotated[
        bool, typer.Option("--exchange", help="With the Exchange schema (extensionAttribute1 …).")
    ] = False,
    yes: Yes = False,
) -> int:
    """Make the practice domains anew: empty, or with what a file holds.

    Example:  idcode sandbox reset --from estate.ldif
    """
    from idcode.cli.commands.sandbox import reset

    return reset(directory, source, name, recycle_bin, exchange, yes)


@sandbox_app.command("show")
def sandbox_show(
    text: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="[FILTER]", help="An LDAP filter; without it, everything below base_dn."),
    ] = None,
    attributes: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="[ATTRIBUTE]...", help="Only these attributes."),
    ] = None,
    directory: Folder = None,
    name: Practised = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="Deleted objects, too.")] = False,
) -> int:
    """Print objects of a practice domain as LDIF.

    Example:  idcode sandbox show '(sAMAccountName=abrisling)' department memberOf
    """
    from idcode.cli.commands.sandbox import show

    return show(directory, text, attributes, name, deleted)


@sandbox_app.command("edit")
def sandbox_edit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="LDIF change records (RFC 2849).")],
    directory: Folder = None,
    name: Practised = None,
) -> int:
    """Change a practice domain by hand, as a colleague would.

    Example:  idcode sandbox edit colleague.ldif
    """
    from idcode.cli.commands.sandbox import edit

    return edit(directory, file, name)
