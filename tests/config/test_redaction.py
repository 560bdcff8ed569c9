"""Values that a rule marks with Redact are kept out of reports as if they stood under ``redact``."""

from __future__ import annotations

import shutil
from pathlib import Path

from idcode.config.loader import load_repository
from tests.config.support import HERE, REGISTRY

CONTOSO = HERE / "valid" / "contoso"


def _redacted(root: Path) -> list[str]:
    repository, diagnostics = load_repository(root, REGISTRY)
    assert repository is not None, diagnostics
    return repository.project.redact


def test_attributes_that_a_flow_marks_join_those_that_are_listed(tmp_path: Path) -> None:
    root = tmp_path / "contoso"
    shutil.copytree(CONTOSO, root)
    listed = _redacted(root)
    rules = root / "rules" / "people.yaml"
    text = rules.read_text("utf-8")
    assert "department: [Department]" in text
    text = text.replace("department: [Department]", "department: Redact([Department])")
    assert "sn: [surname]" in text
    text = text.replace("sn: [surname]", 'sn: IIF(IsPresent([surname]), Redact([surname]), "")')
    rules.write_text(text, "utf-8")
    assert _redacted(root) == [*listed, "department", "sn"]
