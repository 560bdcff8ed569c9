"""The ``idcode`` command: arguments, one call, one renderer, an exit code.

Exit codes (DESIGN.md, section 5): 0 done; 1 error, wrong usage included; 2 changes present
(``--detailed-exitcode``); 3 stopped by a guard; 4 applied in part; 5 plan refused; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer
from typer.exceptions import TyperException

from idcode import __version__
from idcode.cli import console
from idcode.cli.evaluation import evaluate
from idcode.cli.options import Allow, AsOf, Folder, Only, Sandbox, Strict, Yes
from idcode.cli.sandbox_app import sandbox_app
from idcode.model.errors import ConfigError, IdcodeError

app = typer.Typer(
    name="idcode",
    help="Identity as code: plan and apply people and groups in Active Directory and Microsoft Entra ID.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(sandbox_app, name="sandbox")


def _version(value: bool) -> None:
    if value:
        console.say(f"idcode {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Identity as code for Active Directory and Microsoft Entra ID.

    A first round:  idcode validate;  idcode plan --out plan.json;  idcode apply plan.json
    """


@app.command()
def init(
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The folder to write to.", file_okay=False)
    ] = Path(),
    example: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--example", metavar="NAME", help="A whole company instead of a small beginning: contoso."),
    ] = None,
) -> int:
    """Write a starting repository that plans on a practice domain at once; never over files that are there.

    Example:  idcode init identities
    """
    from idcode.cli.commands.init import run

    return run(directory, example)


@app.command()
def validate(
    directory: Folder = None,
    output: Annotated[str, typer.Option("--format", help="text, json or github.")] = "text",
) -> int:
    """Check every file and report all problems at once, with file, line and column.

    Needs no network and no environment variables. Example:  idcode validate --format github
    """
    from idcode.cli.commands.validate import run

    return run(directory, output)


@app.command("test")
def run_tests(
    patterns: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="[PATTERN]...", help="Part of the names of tests or of their files; default: all."),
    ] = None,
    directory: Folder = None,
    output: Annotated[str, typer.Option("--format", help="text, junit or json.")] = "text",
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", "-o", help="Write the report to this file, and the text to the screen."),
    ] = None,
) -> int:
    """Run the tests of the rules, rules/*.test.yaml: what becomes of given records, without network and passwords.

    Example:  idcode test --format junit --out tests.xml
    """
    from idcode.cli.commands.test import run

    return run(directory, tuple(patterns or ()), output, out)


@app.command()
def plan(
    directory: Folder = None,
    out: Annotated[Optional[Path], typer.Option("--out", "-o", help="Write the plan to this file, for apply.")] = None,  # noqa: UP045
    output: Annotated[str, typer.Option("--format", help="text, json, markdown or html.")] = "text",
    as_of: AsOf = None,
    only: Only = None,
    allow: Allow = None,
    reapply: Annotated[bool, typer.Option("--reapply", help="Plan again what a rollback undid.")] = False,
    detailed: Annotated[bool, typer.Option("--detailed-exitcode", help="Exit with 2 where there are changes.")] = False,
    strict: Strict = False,
    full: Annotated[bool, typer.Option("--full", help="Do not fold long lists.")] = False,
    sandbox: Sandbox = False,
    snapshot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--snapshot", metavar="FILE", help="Plan on a file of idcode snapshot, to look at only."),
    ] = None,
    prove: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option(
            "--prove/--no-prove", help="Try the plan on a copy of what was read; default: where it costs little."
        ),
    ] = None,
) -> int:
    """Compare the files with the live directories and show what would change, and why.

    Example:  idcode plan --out plan.json --detailed-exitcode
    """
    from idcode.cli.commands.plan import Arguments, run

    chosen, limits = tuple(only or ()), allow or ()
    return run(
        Arguments(
            directory, out, output, as_of, chosen, limits, reapply, detailed, strict, full, sandbox, snapshot, prove
        )
    )


@app.command()
def show(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan written by plan --out.")],
    output: Annotated[str, typer.Option("--format", help="text, json, markdown or html.")] = "text",
    full: Annotated[bool, typer.Option("--full", help="Do not fold long lists.")] = False,
) -> int:
    """Render a saved plan.

    Example:  idcode show plan.json --format markdown
    """
    from idcode.cli.commands.show import run

    return run(plan_file, output, full)


@app.command()
def apply(
    plan_file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(metavar="[PLAN]", help="A saved plan; without it, plan now and ask."),
    ] = None,
    directory: Folder = None,
    yes: Yes = False,
    stop_after_batch: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--stop-after-batch", metavar="N", min=1, help="Stop after batch N; the rest stays to do."),
    ] = None,
    allow: Allow = None,
    as_of: AsOf = None,
    only: Only = None,
    reapply: Annotated[bool, typer.Option("--reapply", help="Apply again what a rollback undid.")] = False,
    resume: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--resume", metavar="RUN", help="Finish a run that was killed or ended early."),
    ] = None,
    sandbox: Sandbox = False,
    approved: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--approved", metavar="PLAN", help="Plan now, and apply only what this plan contains."),
    ] = None,
) -> int:
    """Write a plan to the directories, batch by batch, with a journal that rollback reads.

    Example:  idcode apply plan.json
    """
    if resume is not None:
        from idcode.cli.commands import resume as finishing

        others = {"the plan file": plan_file, "--allow": allow, "--as-of": as_of, "--only": only, "--reapply": reapply}
        return finishing.run(directory, resume, stop_after_batch, sandbox, others)
    from idcode.cli.commands.apply import run

    chosen = tuple(only or ())
    return run(directory, plan_file, yes, stop_after_batch, allow, as_of, chosen, reapply, sandbox, approved)


@app.command()
def rollback(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run from idcode runs.")],
    directory: Folder = None,
    to_batch: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--to-batch", metavar="N", min=0, help="Undo only the batches after N."),
    ] = None,
    out: Annotated[Optional[Path], typer.Option("--out", "-o", help="Write the plan instead of applying it.")] = None,  # noqa: UP045
    output: Annotated[str, typer.Option("--format", help="text, json, markdown or html.")] = "text",
    allow: Allow = None,
    yes: Yes = False,
    sandbox: Sandbox = False,
) -> int:
    """Plan the inverse of a run and apply it through the same door.

    What it undid is held until the files change, or until --reapply. Example:  idcode rollback RUN --out back.json
    """
    from idcode.cli.commands.rollback import run

    return run(directory, run_id, to_batch, out, output, allow, yes, sandbox)


@app.command()
def runs(
    run_id: Annotated[Optional[str], typer.Argument(metavar="[RUN]", help="One run, write by write.")] = None,  # noqa: UP045
    directory: Folder = None,
    output: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    sandbox: Sandbox = False,
) -> int:
    """Show what was applied: all runs, newest first, or one run write by write.

    Example:  idcode runs
    """
    from idcode.cli.commands.runs import run

    return run(directory, run_id, output, sandbox)


@app.command()
def explain(
    address: Annotated[str, typer.Argument(help="A person or object, such as person:E1001 or group:sg-x@corp.")],
    directory: Folder = None,
    attribute: Annotated[Optional[str], typer.Option("--attribute", help="Only this attribute.")] = None,  # noqa: UP045
    as_of: AsOf = None,
    sandbox: Sandbox = False,
) -> int:
    """Tell where every value of a person comes from, and what it beat.

    Example:  idcode explain person:E1001 --attribute telephoneNumber
    """
    from idcode.cli.commands.explain import run

    return run(directory, address, attribute, as_of, sandbox)


app.command("eval")(evaluate)


@app.command()
def snapshot(
    directory: Folder = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The file to write; packed where its name ends in .gz.")
    ] = Path("snapshot.jsonl.gz"),
    names: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--directory", metavar="NAME", help="Only this directory; may be repeated."),
    ] = None,
    attributes: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--attribute", metavar="NAME", help="Read this attribute, too; may be repeated."),
    ] = None,
    sandbox: Sandbox = False,
) -> int:
    """Save what plan reads of the live directories to one file, for plan --snapshot where they cannot be reached.

    Example:  idcode snapshot --out snapshot.jsonl.gz
    """
    from idcode.cli.commands.snapshot import run

    return run(directory, out, tuple(names or ()), tuple(attributes or ()), sandbox)


@app.command()
def unlock(
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="[DIRECTORY]", help="Only the lock of this directory; default: all."),
    ] = None,
    directory: Folder = None,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="Also the lock of a run that is going on; it stops.")] = False,
    sandbox: Sandbox = False,
) -> int:
    """Show which run writes to a directory, and remove the lock of one that cannot be going on any more.

    Example:  idcode unlock corp
    """
    from idcode.cli.commands.unlock import run

    return run(directory, name, yes, force, sandbox)


@app.command()
def schema(
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write to.", file_okay=False)] = Path(
        "schemas"
    ),
) -> int:
    """Write the JSON Schemas of all files, for editors that complete and underline.

    Example:  idcode schema --out schemas
    """
    from idcode.cli.commands.schema import run

    return run(out)


def main() -> None:
    """Run the command line and exit with its code; a user's error never shows a traceback."""
    console.show_anything()
    sys.exit(run_main(sys.argv[1:]))


def run_main(arguments: list[str]) -> int:
    """Run the command line in this process and return the exit code."""
    try:
        result = app(args=arguments, prog_name="idcode", standalone_mode=False)
        return int(result or 0)
    except TyperException as error:
        show_error = getattr(error, "show", None)
        if show_error:
            show_error()
        return 1
    except typer.Abort:
        console.note("interrupted")
        return 130
    except IdcodeError as error:
        _explain_error(error)
        return error.exit_code
    except KeyboardInterrupt:
        console.note("interrupted")
        return 130
    except BrokenPipeError:
        # The reader (head, less) has seen enough; keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1 if _writes(arguments) else 0
    except Exception as error:
        return _unexpected(error, arguments)


def _writes(arguments: list[str]) -> bool:
    """Whether the command writes to directories, so that ending early is more than an unread answer."""
    return arguments[:1] in (["apply"], ["rollback"])


def _explain_error(error: IdcodeError) -> None:
    if isinstance(error, ConfigError):
        console.tell(error.diagnostics)
    console.note(f"error: {_readable(str(error))}")
    if error.hint:
        console.note(f"hint: {_readable(error.hint)}")


def _readable(text: str) -> str:
    """Return a message, which may quote names from anywhere, without anything that a terminal would act on."""
    from idcode.report.visible import visible

    return "\n".join(visible(line) for line in text.splitlines())


def _unexpected(error: Exception, arguments: list[str]) -> int:
    """Report a defect of idcode itself: a short message, and the details in a file of the user's own."""
    import tempfile
    import traceback

    from idcode.config.environment import without_variables

    details = without_variables(traceback.format_exc())
    if os.environ.get("IDCODE_DEBUG"):
        console.note(_readable(details))
        return 1
    descriptor, name = tempfile.mkstemp(prefix="idcode-error-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"idcode {__version__}: {' '.join(arguments)}\n\n{details}")
    message = _readable(without_variables(str(error)))
    console.note(f"error: idcode met a defect of its own: {type(error).__name__}: {message}")
    console.note(f"hint: please report it with the details in {name}")
    if _writes(arguments):
        console.note("hint: what was written before is in the history: idcode runs")
    return 1


if __name__ == "__main__":
    main()
