"""What the pages tell their readers to write is valid, and what they point to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from idcode.config.models.base import Node
from idcode.config.models.decisions import DecisionFile
from idcode.config.models.objects import ObjectFile
from idcode.config.models.project import Project
from idcode.config.models.rules import OutboundRule, RuleFile
from idcode.config.reader import read_yaml
from idcode.config.validation import keys_of, validate
from tests.docs.pages import DOCS, README, ROOT, blocks, without_code

PAGES = [README, *sorted(DOCS.glob("*.md"))]


@pytest.mark.parametrize(
    "page",
    [
        DOCS / name
        for name in ("getting-started.md", "configuration.md", "concepts.md", "expressions.md", "rollback.md")
    ],
    ids=lambda page: page.name,
)
def test_every_fragment_of_a_page_is_valid_where_it_belongs(page: Path) -> None:
    models: tuple[type[Node], ...] = (Project, RuleFile, ObjectFile, DecisionFile, OutboundRule)
    for block in blocks(page):
        if block.language != "yaml":
            continue
        (document,) = read_yaml(block.text.encode(), page.name).documents
        model = max(models, key=lambda model: len(set(document) & set(keys_of(model))))
        _, problems = validate(model, document, page.name)
        # A fragment leaves out what its example is not about.
        assert [p for p in problems if p.code != "missing-key" or p.span != document.span] == [], block.text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_pages_and_headings_that_exist(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.is_relative_to(ROOT), target
        assert path.exists(), target
        if anchor:
            assert anchor in _anchors(path), target


def test_the_readme_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\(docs/([\w-]+\.md)", README.read_text("utf-8")))
    assert linked == {page.name for page in DOCS.glob("*.md")}


def _anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", without_code(page), re.MULTILINE)
    found: dict[str, int] = {}
    anchors = set()
    for heading in headings:
        text = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = found.setdefault(text, 0)
        found[text] += 1
        anchors.add(f"{text}-{count}" if count else text)
    return anchors
