"""Somebody who does what a page says: saves its files, types its commands, and compares what is shown."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idcode.cli.main import run_main
from tests.docs.pages import Block, blocks, save

CHANGING = {
    r"\d{8}T\d{6}Z-[0-9a-f]{6}": "run",
    r"\d{4}-\d\d-\d\d \d\d:\d\d UTC": None,
    r"took \d+ seconds?": None,
}
"""What is not the same for everybody, as patterns; a page and a screen agree on which run is which."""


class Reader:
    """Follows a page from top to bottom in one folder.

    Blocks with a title are files to be saved. In ``console`` blocks a line that begins with ``$`` is typed and must end
    with 0, unless ``echo $?`` comes next; the lines below it are all that it shows, where ``…`` on a line of its own
    stands for lines that the page leaves out. Blocks of other languages are for reading only.
    """

    def __init__(self, folder: Path, amend: Callable[[Path], None] = lambda _: None) -> None:
        self._folder, self._amend = folder, amend
        self._runs: dict[str, str] = {}
        self._code = 0

    def follow(self, page: Path, *headings: str) -> int:
        """Do what the page says, or the parts below some headings; return how many commands were typed."""
        typed = 0
        for block in blocks(page):
            if headings and block.heading not in headings:
                continue
            if block.title is not None:
                save(self._folder, [block])
                self._amend(self._folder / block.title)
            elif block.language == "console":
                typed += self._console(block)
        return typed

    def _console(self, block: Block) -> int:
        typed = list(_typed(block))
        for position, (command, shown) in enumerate(typed):
            said = self._type(command)
            asked = position + 1 < len(typed) and typed[position + 1][0] == "echo $?"
            if self._code and not asked:
                pytest.fail(f"{block.heading}: {command} ended with {self._code}\n{said}")
            self._compare(f"{block.heading}: {command}", shown, said)
        return len(typed)

    def _type(self, command: str) -> str:
        for shown, run in self._runs.items():
            command = command.replace(shown, run)
        if command == "echo $?":
            code, self._code = self._code, 0
            return f"{code}\n"
        words = command.split()
        if words[0] == "cd":
            self._folder = self._folder / words[1]
            assert self._folder.is_dir(), command
            return ""
        if words[0] != "idcode":
            done = subprocess.run(["sh", "-c", command], cwd=self._folder, capture_output=True, text=True)
            self._code = done.returncode
            return done.stdout + done.stderr
        return self._idcode(command)

    def _idcode(self, command: str) -> str:
        """Run ``idcode`` in this process, after a shell has read the words."""
        words = subprocess.run(["sh", "-c", f"printf '%s\\0' {command}"], capture_output=True, text=True, check=True)
        screen = io.StringIO()
        before = Path.cwd()
        os.chdir(self._folder)
        try:
            with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
                self._code = run_main(words.stdout.split("\0")[1:-1])
        finally:
            os.chdir(before)
        return screen.getvalue()

    def _compare(self, place: str, shown: str, said: str) -> None:
        pattern, runs = "", []
        for line in shown.splitlines():
            if line == "…":
                pattern += r"(?:.*\n)*?"
                continue
            found = re.split("(" + "|".join(CHANGING) + ")", line)
            for text, changing in zip(found[::2], [*found[1::2], ""], strict=True):
                pattern += re.escape(text)
                for form, name in CHANGING.items():
                    if changing and re.fullmatch(form, changing):
                        pattern += f"({form})" if name else form
                        runs += [changing] if name else []
            pattern += r" *\n"
        match = re.fullmatch(pattern, said)
        assert match, f"{place}\n--- the page shows\n{shown}--- the screen shows\n{said}"
        for told, run in zip(runs, match.groups(), strict=True):
            assert self._runs.setdefault(told, run) == run, f"{place}: {told} is not the run that it was"


def _typed(block: Block) -> Iterator[tuple[str, str]]:
    """Yield each command of a block with what is shown below it."""
    for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        command, _, shown = part.partition("\n")
        yield re.sub(r"\s+# .*$", "", command), shown.strip("\n") + "\n" if shown.strip() else ""
