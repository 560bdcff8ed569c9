"""JSON Schemas of all files, from the same models that validate them, for editors."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, JsonSchemaWarningKind, models_json_schema
from pydantic_core import core_schema

from idcode.config.models.base import Node
from idcode.config.models.decisions import DecisionFile
from idcode.config.models.objects import ObjectFile
from idcode.config.models.project import Project
from idcode.config.models.rules import RuleFile
from idcode.config.models.tests import RuleTestFile
from idcode.config.registry import Registry, settings_class

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ROOTS: dict[str, type[Node]] = {
    "project.schema.json": Project,
    "rules.schema.json": RuleFile,
    "objects.schema.json": ObjectFile,
    "decisions.schema.json": DecisionFile,
    "tests.schema.json": RuleTestFile,
}


class _Generator(GenerateJsonSchema):
    """What an editor should be told: editors type YAML scalars, idcode reads them as text."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {"non-serializable-default"}

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        written = super().str_schema(schema)
        if "pattern" not in written:
            written["type"] = ["string", "number", "boolean"]
        return written

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = super().default_schema(schema)
        if described.get("default") in (None, "", [], {}) or isinstance(described.get("default"), dict):
            described.pop("default", None)
        return described

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def build_schemas(registry: Registry) -> dict[str, dict[str, Any]]:
    """Return every schema by file name; the settings of ``registry``'s adapters are part of the project's."""
    directories = [settings_class(where) for _, where in sorted(registry.directories.items())]
    sources = [settings_class(where) for _, where in sorted(registry.sources.items())]
    schemas = {}
    for name, root in _ROOTS.items():
        settings = [*directories, *sources] if root is Project else []
        schema = _schema([root, *settings])
        if root is Project:
            properties = schema["properties"]
            properties["directories"] = _entries(directories, properties["directories"])
            properties["sources"] = _entries(sources, properties["sources"])
        schemas[name] = schema
    return schemas


def write_schemas(directory: Path, registry: Registry) -> list[Path]:
    """Write all schemas into ``directory`` (made if need be) and return their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in schema_texts(registry).items():
        path = directory / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def schema_texts(registry: Registry) -> dict[str, str]:
    """Return what is in the file of each schema, by file name."""
    return {
        name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in build_schemas(registry).items()
    }


def _schema(models: Iterable[type[Node]]) -> dict[str, Any]:
    """Return the schema of the first model, with the definitions that it and the other models need."""
    models = list(models)
    references, shared = models_json_schema([(model, "validation") for model in models], schema_generator=_Generator)
    definitions = shared["$defs"]
    root = references[(models[0], "validation")]["$ref"].rsplit("/", 1)[1]
    schema = definitions.pop(root)
    return {"$schema": DIALECT, "title": f"idcode {root}", **schema, "$defs": definitions}


def _entries(models: list[type[Node]], described: dict[str, Any]) -> dict[str, Any]:
    references = [{"$ref": f"#/$defs/{model.__name__}"} for model in models]
    return {**described, "type": "object", "additionalProperties": {"oneOf": references}}
