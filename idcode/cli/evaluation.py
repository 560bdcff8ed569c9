"""``idcode eval``: its arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

Given = Optional[list[str]]  # noqa: UP045 - typer reads the annotation at run time


def evaluate(
    expression: Annotated[Optional[str], typer.Argument(metavar="[EXPRESSION]", help="What to evaluate.")] = None,  # noqa: UP045
    inputs: Annotated[
        Given,
        typer.Option(
            "--input", "-i", metavar="NAME=TEXT", help="An attribute's value; NAME:=JSON for other types and lists."
        ),
    ] = None,
    dialect: Annotated[str, typer.Option("--dialect", help="entra, connect or mim.")] = "entra",
    now: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--now", metavar="TIME", help="What Now() gives (2026-12-01 or 2026-12-01T08:00:00Z)."),
    ] = None,
    params: Annotated[Given, typer.Option("--param", metavar="NAME=TEXT", help="The value of %NAME%.")] = None,
    imported: Annotated[
        Given,
        typer.Option("--imported", metavar="NAME=TEXT", help="What ImportedValue gives; default: the inputs."),
    ] = None,
    taken: Annotated[
        Given, typer.Option("--taken", metavar="TEXT", help="A value that is in use, for SelectUniqueValue.")
    ] = None,
    domain: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--default-domain", metavar="DOMAIN", help="What DefaultDomain gives."),
    ] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Show the value of every part, too.")] = False,
    batch: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--batch", metavar="FILE", help="Evaluate the records of a file of JSON Lines instead."),
    ] = None,
) -> int:
    """Evaluate an expression as a rule would, and print its value and type.

    Example:  idcode eval 'Join(" ", [first], [last])' --input first=Ada --input last=Brisling --trace
    """
    from idcode.cli.commands.eval import Arguments, run, run_batch
    from idcode.model.errors import UsageError

    if (expression is None) == (batch is None):
        raise UsageError("idcode eval needs an expression or --batch FILE, and not both")
    if batch is not None:
        return run_batch(batch)
    return run(
        Arguments(
            expression=expression or "",
            dialect=dialect,
            now=now,
            inputs=tuple(inputs or ()),
            params=tuple(params or ()),
            imported=None if imported is None else tuple(imported),
            taken=tuple(taken or ()),
            domain=domain,
            trace=trace,
        )
    )
