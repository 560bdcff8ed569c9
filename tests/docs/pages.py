"""The pages for users, and the files that they tell their readers to write."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^```(?P<language>[a-z]*)(?: title=\"(?P<title>[^\"]+)\")?$")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the file it is to be saved as, and the heading above it."""

    language: str
    title: str | None
    heading: str
    text: str


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page in order."""
    found: list[Block] = []
    heading, opened = "", None
    lines: list[str] = []
    for line in page.read_text("utf-8").splitlines():
        if opened is not None and line == "```":
            found.append(Block(opened["language"], opened["title"], heading, "\n".join(lines) + "\n"))
            opened, lines = None, []
        elif opened is not None:
            lines.append(line)
        elif match := _FENCE.match(line):
            opened = match
        elif line.startswith("#"):
            heading = line.lstrip("# ")
    assert opened is None, f"{page.name}: a block without end"
    return found


def without_code(page: Path) -> str:
    """Return a page's text without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def section(page: Path, heading: str) -> str:
    """Return the text below ``heading`` up to the next heading of any depth. Raises ``AssertionError`` without one."""
    match = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", without_code(page), re.MULTILINE | re.DOTALL)
    assert match, f"{page.name} has no section {heading!r}"
    return match[1]


def save(root: Path, files: Iterable[Block]) -> None:
    """Write the blocks that have a file name below ``root``, a later one over an earlier one of the same name."""
    for block in files:
        if block.title is not None:
            path = root / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
            if block.language == "sh":
                path.chmod(0o700)
