"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

Folder = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
    typer.Option("--dir", "-C", help="The repository, or a folder in it; default: here.", file_okay=False),
]
Allow = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--allow", metavar="GUARD=N", help="Let a guard pass up to N changes in this run; may be repeated."),
]
AsOf = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--as-of", metavar="TIME", help="Plan for this moment (2026-12-01 or 2026-12-01T08:00:00Z); default: now."
    ),
]
Only = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--only", metavar="ADDRESS", help="Only this person or object, and what it needs; may be repeated."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 where there are errors about single people.")]
Sandbox = Annotated[
    bool, typer.Option("--sandbox", help="Use practice domains in .idcode/sandbox instead of the live directories.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
