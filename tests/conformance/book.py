"""Cases as people read them: one Markdown page a theme, one heading a case (``cases/README.md`` explains the form)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

CASES = Path(__file__).with_name("cases")
TEXTS = ("start", "operations", "plan", "handed over", "after", "rollback")
"""The blocks that are no files of the repository."""
KEYS = ("as of", "base", "domain", "only", "proof", "plan exits", "apply exits", "rollback exits")

_OPEN = re.compile(r'^```(?P<language>[a-z]+) title="(?P<title>[^"]+)"$')
_KEY = re.compile(r"^- (?P<key>[a-z ]+): (?P<value>.+)$")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page: what it is called, and its lines."""

    language: str
    title: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the lines as a file has them."""
        return "".join(f"{line}\n" for line in self.lines)


@dataclass(frozen=True, slots=True)
class Case:
    """One case: the files it begins with, what is in the domain, and what is expected.

    ``blocks`` are those under its own heading, ``inherited`` the files of the page and of ``README.md``, ``prose`` is
    what is told to readers.
    """

    page: Path
    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    inherited: tuple[Block, ...] = ()
    prose: str = ""

    def __str__(self) -> str:
        return f"{self.page.stem}: {self.name}"

    def text(self, title: str, server: str) -> tuple[str, ...] | None:
        """Return the lines of ``title``, those for one server before those for all; ``None`` where there are none."""
        for wanted in (f"{title} on {server}", title):
            for block in self.blocks:
                if block.title == wanted:
                    return block.lines
        return None

    def files(self) -> dict[str, str]:
        """Return the repository's files: whole ones take the place of inherited ones, differences change them."""
        found: dict[str, str] = {}
        for block in (*self.inherited, *self.blocks):
            if block.title.partition(" on ")[0] in TEXTS:
                continue
            found[block.title] = (
                changed(found[block.title], block, f"{self}") if block.language == "diff" else block.text
            )
        return found


def changed(text: str, difference: Block, where: str) -> str:
    """Carry out a difference: its lines without ``+`` must stand together in ``text``, exactly once.

    Several such places are separated by a line ``@``. Raises ``AssertionError`` where a place is not found.
    """
    hunks: list[list[str]] = [[]]
    for line in difference.lines:
        if line == "@":
            hunks.append([])
        else:
            hunks[-1].append(line)
    for hunk in hunks:
        old = "".join(f"{line[1:]}\n" for line in hunk if not line.startswith("+"))
        new = "".join(f"{line[1:]}\n" for line in hunk if not line.startswith("-"))
        assert f"\n{text}".count(f"\n{old}") == 1, f"{where}: {difference.title} has not once:\n{old}"
        text = f"\n{text}".replace(f"\n{old}", f"\n{new}", 1)[1:]
    return text


def read_page(page: Path, common: tuple[Block, ...] = ()) -> tuple[tuple[Block, ...], list[Case]]:
    """Return the blocks before the first case, and the cases. Raises ``AssertionError`` for what is no such page."""
    inherited: tuple[Block, ...] = ()
    cases: list[Case] = []
    opened: re.Match[str] | None = None
    lines: list[str] = []
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        if opened is not None and line != "```":
            lines.append(line)
        elif opened is not None:
            block = Block(opened["language"], opened["title"], tuple(lines))
            if cases:
                cases[-1] = replace(cases[-1], blocks=(*cases[-1].blocks, block))
            else:
                inherited += (block,)
            opened, lines = None, []
        elif line.startswith("## "):
            cases.append(Case(page, line[3:], {}, (), (*common, *inherited)))
        elif line.startswith("```"):
            opened = _OPEN.match(line)
            assert opened, f"{page.name}:{number}: a block needs a language and a title"
        elif cases and (match := _KEY.match(line)):
            assert match["key"] in KEYS, f"{page.name}:{number}: no such key: {match['key']}"
            cases[-1] = replace(cases[-1], settings={**cases[-1].settings, match["key"]: match["value"]})
        elif cases and line:
            cases[-1] = replace(cases[-1], prose=f"{cases[-1].prose}{line}\n")
    assert opened is None, f"{page.name}: a block without end"
    return inherited, cases


def all_cases(folder: Path = CASES) -> list[Case]:
    """Return the cases of all pages in ``folder``."""
    common, none = read_page(folder / "README.md")
    assert not none, "README.md has cases"
    pages = sorted(page for page in folder.glob("*.md") if page.stem != "README")
    return [case for page in pages for case in read_page(page, common)[1]]


def write_text(case: Case, title: str, lines: list[str]) -> None:
    """Put the block ``title`` of a case into its page, in place of the one that is there; no lines take it away."""
    before, own, behind = _parted(case.page.read_text("utf-8"), case.name)
    language = "diff" if title.startswith("rollback") else "text"
    block = [f'```{language} title="{title}"', *lines, "```", ""] if lines else []
    blocks = [(place, end) for place, end, found in _blocks(own) if found == title]
    if blocks:
        place, end = blocks[0]
        own[place : end + 1] = block or own[place:place]
        if not block and own[place : place + 1] == [""]:
            del own[place]
        elif block and own[place + len(block) : place + len(block) + 1] == [""]:
            del own[place + len(block)]
    else:
        order = {name: position for position, name in enumerate(TEXTS)}
        rank = order[title.partition(" on ")[0]]
        later = [place for place, _, found in _blocks(own) if order.get(found.partition(" on ")[0], -1) > rank]
        place = later[0] if later else len(own)
        while not later and place and not own[place - 1]:
            place -= 1
        own[place:place] = block if later else ["", *block[:-1]] if block else []
    case.page.write_text("\n".join([*before, *own, *behind]).rstrip("\n") + "\n", "utf-8")


def _parted(text: str, name: str) -> tuple[list[str], list[str], list[str]]:
    lines = text.splitlines()
    begin = lines.index(f"## {name}")
    end = next((place for place in range(begin + 1, len(lines)) if lines[place].startswith("## ")), len(lines))
    return lines[:begin], lines[begin:end], lines[end:]


def _blocks(lines: list[str]) -> list[tuple[int, int, str]]:
    """Return where blocks begin and end, and their titles."""
    found: list[tuple[int, int, str]] = []
    opened: tuple[int, str] | None = None
    for place, line in enumerate(lines):
        if opened is not None and line == "```":
            found.append((opened[0], place, opened[1]))
            opened = None
        elif opened is None and (match := _OPEN.match(line)):
            opened = (place, match["title"])
    return found
