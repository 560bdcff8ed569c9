"""Editors get the same rules that ``validate`` has.

Regenerate the schemas with ``python -m tests.config.test_schemas``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from idcode.config.schemas import build_schemas, write_schemas
from tests.config.support import HERE, REGISTRY

SCHEMAS = HERE.parent.parent / "schemas"
KINDS = {
    "identity": "rules.schema.json",
    "directory": "objects.schema.json",
    "project": "project.schema.json",
    "tests": "tests.schema.json",
}
REPOSITORIES = [HERE / "valid" / "contoso", HERE / "broken" / "base"]
EXAMPLES = HERE.parent.parent / "examples"
SHAPELESS = (
    "unknown-key", "missing-key", "missing-source-key", "wrong-type-list", "wrong-type-mapping", "empty-section",
    "unknown-value", "wrong-version", "not-a-number", "not-a-boolean", "bad-duration", "bad-percent",
    "not-an-expression", "flow-with-two-values", "group-name-neither-text-nor-expression", "attribute-type",
    "unknown-directory-type", "unknown-source-type", "no-type", "hold-without-reason",
)  # fmt: skip


def typed(path: Path) -> list[Any]:
    """Read a file as editors do: numbers and booleans typed, dates left as text."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.yaml_constructors["tag:yaml.org,2002:timestamp"] = type(yaml.constructor).construct_yaml_str
    return [document for document in yaml.load_all(path.read_text()) if document is not None]


def complaints(path: Path) -> list[str]:
    found = []
    for document in typed(path):
        kind = next((KINDS[key] for key in KINDS if key in document), "decisions.schema.json")
        found += [error.message for error in Draft202012Validator(build_schemas(REGISTRY)[kind]).iter_errors(document)]
    return found


def files(root: Path) -> list[Path]:
    found = [root / "idcode.yaml", *root.glob("rules/*.yaml"), *root.glob("objects/*.yaml"), root / "decisions.yaml"]
    return sorted(path for path in found if path.is_file())


def test_the_schemas_in_the_repository_are_those_of_the_models() -> None:
    for name, schema in build_schemas(REGISTRY).items():
        assert json.loads((SCHEMAS / name).read_text()) == schema, "run: python -m tests.config.test_schemas"


def test_every_schema_is_a_valid_schema() -> None:
    for schema in build_schemas(REGISTRY).values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    "path",
    [path for root in [*REPOSITORIES, *sorted(EXAMPLES.glob("*"))] for path in files(root)],
    ids=lambda path: str(path.relative_to(HERE.parent.parent)),
)
def test_valid_files_satisfy_their_schema(path: Path) -> None:
    assert complaints(path) == []


@pytest.mark.parametrize("name", SHAPELESS)
def test_files_of_the_wrong_shape_do_not(name: str) -> None:
    (case,) = (HERE / "broken").glob(f"*[0-9]-{name}")
    assert any(complaints(path) for path in files(case))


def test_every_mapping_of_a_model_refuses_unknown_keys_and_is_described() -> None:
    for schema in build_schemas(REGISTRY).values():
        for definition in [schema, *schema["$defs"].values()]:
            assert definition["additionalProperties"] is False
            assert definition["description"]


if __name__ == "__main__":
    write_schemas(SCHEMAS, REGISTRY)
