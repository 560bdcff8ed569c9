"""What the tests of this room share."""

from __future__ import annotations

from pathlib import Path

from idcode.config.registry import Registry
from idcode.model.diagnostics import Diagnostic

HERE = Path(__file__).parent
REGISTRY = Registry(
    directories={
        "ad": "idcode.directories.ad.settings:AdSettings",
        "sandbox": "idcode.directories.sandbox.settings:SandboxSettings",
        "sandbox-tenant": "idcode.directories.sandbox.tenant.settings:TenantSettings",
        "entra": "idcode.directories.entra.settings:EntraSettings",
    },
    sources={
        "csv": "idcode.sources.csv.settings:CsvSettings",
        "yaml": "idcode.sources.yaml.settings:YamlSettings",
    },
)


def lines(diagnostics: list[Diagnostic]) -> list[str]:
    """Return ``file:line:column: severity code`` of each diagnostic."""
    return [f"{finding.span}: {finding.severity} {finding.code}" for finding in diagnostics]
