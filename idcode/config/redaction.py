"""Values that rules mark with ``Redact(…)``: they stay out of what people read, as those under ``redact`` do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from idcode.config.models.base import Dialect
from idcode.config.models.rules import Flow, InboundRule, OutboundRule
from idcode.config.project import IdentityType
from idcode.expressions import compile_expression


def marked_attributes(types: Iterable[IdentityType]) -> list[str]:
    """Return the attributes, of identities and of objects, that a flow gives a value with ``Redact``."""
    found = {
        name
        for kind in types
        for name, flow, dialect in _flows(kind)
        if not flow.value.is_constant and compile_expression(flow.value.text, dialect=dialect).redacts
    }
    return sorted(found)


def _flows(kind: IdentityType) -> Iterator[tuple[str, Flow, Dialect]]:
    rules: tuple[InboundRule | OutboundRule, ...] = (*kind.inbound, *kind.outbound)
    for rule in rules:
        for name, flow in rule.flow.items():
            yield name, flow, rule.dialect or kind.dialect
