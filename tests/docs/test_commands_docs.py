"""docs/commands.md has every command with every option, and no other."""

from __future__ import annotations

import re

from tests.docs.pages import DOCS, without_code
from tests.structure.commands import commands, options

PAGE = DOCS / "commands.md"

COMMANDS = commands()


def _documented() -> dict[str, set[str]]:
    """Return the options in the table of every section that begins with a command's name."""
    found = {}
    for name, text in re.findall(r"^## ([\w ]+)\n(.*?)(?=^## |\Z)", without_code(PAGE), re.MULTILINE | re.DOTALL):
        cells = re.findall(r"^\| (`-[^|]*) \|", text, re.MULTILINE)
        if name == "Exit codes":
            continue
        found[name] = {option for cell in cells for option in re.findall(r"`(-[^`]+)`", cell)}
    return found


def test_every_command_has_a_section_with_all_its_options() -> None:
    assert _documented() == {name: options(command) for name, command in COMMANDS.items()}


def test_the_exit_codes_are_those_of_the_errors() -> None:
    from idcode.model import errors

    classes = [getattr(errors, name) for name in dir(errors)]
    codes = {c.exit_code for c in classes if isinstance(c, type) and issubclass(c, errors.IdcodeError)}
    table = without_code(PAGE).split("## Exit codes")[1].split("## ")[0]
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    assert codes <= documented
    assert documented == {0, 1, 2, 3, 4, 5, 130}
