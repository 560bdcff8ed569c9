"""``idcode sandbox …``: the arguments of its commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from idcode.cli.options import Folder, Yes

sandbox_app = typer.Typer(
    help="Practice directories, which --sandbox uses: begin anew, look, edit by hand, serve.", no_args_is_help=True
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
        typer.Option(
            "--from",
            metavar="FILE",
            help="Begin with what this LDIF file or snapshot (of a tenant: .json) holds.",
        ),
    ] = None,
    name: Practised = None,
    recycle_bin: Annotated[bool, typer.Option("--recycle-bin", help="With the AD Recycle Bin.")] = False,
    exchange: Annotated[
        bool, typer.Option("--exchange", help="With the Exchange schema (extensionAttribute1 …).")
    ] = False,
    yes: Yes = False,
) -> int:
    """Make practice domains and tenants anew: empty, or with what a file holds.

    Example:  idcode sandbox reset --from estate.ldif
    """
    from idcode.cli.commands.sandbox import reset

    return reset(directory, source, name, recycle_bin, exchange, yes)


@sandbox_app.command("show")
def sandbox_show(
    text: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            metavar="[FILTER]", help="An LDAP filter (without it, everything below base_dn), or a path of Graph."
        ),
    ] = None,
    attributes: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="[ATTRIBUTE]...", help="Only these attributes."),
    ] = None,
    directory: Folder = None,
    name: Practised = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="Deleted objects, too.")] = False,
) -> int:
    """Print objects of a practice domain as LDIF, or what a practice tenant answers as JSON.

    Example:  idcode sandbox show '(sAMAccountName=abrisling)' department memberOf
    Example:  idcode sandbox show '/users?$select=displayName,jobTitle'
    """
    from idcode.cli.commands import sandbox_tenant
    from idcode.cli.commands.sandbox import show

    if text is not None and text.startswith("/"):
        return sandbox_tenant.show(directory, text, name)
    return show(directory, text, attributes, name, deleted)


@sandbox_app.command("edit")
def sandbox_edit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="LDIF change records; .json: requests of Graph.")],
    directory: Folder = None,
    name: Practised = None,
) -> int:
    """Change a practice domain or tenant by hand, as a colleague would.

    Example:  idcode sandbox edit colleague.ldif
    """
    from idcode.cli.commands import sandbox_tenant
    from idcode.cli.commands.sandbox import edit

    if file.suffix == ".json":
        return sandbox_tenant.edit(directory, file, name)
    return edit(directory, file, name)


@sandbox_app.command("sync")
def sandbox_sync(directory: Folder = None, name: Practised = None) -> int:
    """Bring the accounts of the practice domains into a practice tenant, as Entra Connect does.

    Example:  idcode sandbox sync
    """
    from idcode.cli.commands.sandbox_tenant import sync

    return sync(directory, name)


@sandbox_app.command("serve")
def sandbox_serve(
    directory: Folder = None,
    name: Practised = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0: any that is free.")] = 8443,
    lag: Annotated[float, typer.Option("--lag", metavar="SECONDS", min=0, help="How far reads are behind writes.")] = 0,
    throttle: Annotated[bool, typer.Option("--throttle/--no-throttle", help="With the quotas of Graph.")] = True,
    time_scale: Annotated[
        float, typer.Option("--time-scale", metavar="N", min=0.001, help="Let the tenant's time run N times as fast.")
    ] = 1,
    client_secret: Annotated[
        str, typer.Option("--client-secret", metavar="TEXT", help="What clients show to get a token.")
    ] = "practice",
) -> int:
    """Serve a practice tenant to any client of Microsoft Graph on this machine, until Ctrl-C.

    Example:  idcode sandbox serve --lag 5
    """
    from idcode.cli.commands.sandbox_serve import Arguments, run

    return run(Arguments(directory, name, port, lag, throttle, time_scale, client_secret))
