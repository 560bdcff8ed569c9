"""Which model a document has: told by its top-level keys, not by where the file lies."""

from __future__ import annotations

from typing import Any

from idcode.config.findings import Findings
from idcode.config.models.base import Node
from idcode.config.models.decisions import DecisionFile
from idcode.config.models.objects import ObjectFile
from idcode.config.models.rules import RuleFile
from idcode.config.validation import keys_of
from idcode.model.diagnostics import Span

_TELLING: tuple[tuple[str, type[Node]], ...] = (("identity", RuleFile), ("directory", ObjectFile))
_HINT = "a rule file has `identity`, an object file `directory`, a decision file same, distinct, pins or holds"


def kind_of(document: Any, file: str, findings: Findings) -> type[Node] | None:
    """Return the model of a document: by its telling key, else by the most keys in common; an error where neither."""
    span = getattr(document, "span", Span(file))
    if not isinstance(document, dict):
        findings.error("wrong-type", "expected a mapping (key: value) at the top of the file", span, _HINT)
        return None
    for key, model in _TELLING:
        if key in document:
            return model
    shared = {model: len(set(document) & set(keys_of(model))) for model in (RuleFile, ObjectFile, DecisionFile)}
    best = max(shared, key=lambda model: shared[model])
    if shared[best]:
        return best
    findings.error("unknown-file-kind", "these keys belong to no kind of file", span, _HINT)
    return None
