"""A repository with every block of the design validates, and becomes what the other rooms work with."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

import pytest

from idcode.config.loader import load_repository
from idcode.config.models.base import Node
from idcode.config.project import IdentityType, Repository
from tests.config.support import HERE, REGISTRY, lines

CONTOSO = HERE / "valid" / "contoso"


@pytest.fixture(scope="module")
def contoso() -> Repository:
    repository, diagnostics = load_repository(CONTOSO, REGISTRY)
    assert diagnostics == []
    assert repository is not None
    return repository


@pytest.fixture(scope="module")
def person(contoso: Repository) -> IdentityType:
    return contoso.identities["person"]


def test_attributes_are_strings_unless_declared_and_include_the_stage(person: IdentityType) -> None:
    assert person.attributes["department"] == "string"
    assert person.attributes["manager"] == "ref(person)"
    assert person.attributes["accountName"] == "string"
    assert person.attributes["stage"] == "string"


def test_precedence_is_the_order_of_rules_unless_said_otherwise(person: IdentityType) -> None:
    assert person.precedence["givenName"] == ("hr", "contractors")
    assert person.precedence["telephoneNumber"] == ("phonebook",)


def test_everything_is_computed_after_what_it_needs(person: IdentityType) -> None:
    place = {node: position for position, node in enumerate(person.order)}
    assert place["attribute:mail"] < place["records:phonebook"] < place["attribute:telephoneNumber"]
    assert place["attribute:employeeId"] < place["link:account"] < place["attribute:immutableId"]
    assert place["link:account"] < place["generate:accountName"] < place["attribute:accountName"]
    assert place["attribute:startDate"] < place["attribute:stage"]


def test_a_bare_address_means_the_primary_rule(person: IdentityType) -> None:
    rule = person.primary_rule("corp")
    assert rule is not None
    assert rule.name == "account"


def test_scalars_of_settings_are_typed_and_secrets_stay_variables(contoso: Repository) -> None:
    assert contoso.sources["hr"].max_shrink == 2.0  # type: ignore[attr-defined]
    assert contoso.directories["corp"].bind.password == "${env:IDCODE_AD_PASSWORD}"  # type: ignore[attr-defined]


def test_rule_tests_and_the_files_of_sources_are_not_configuration(tmp_path: Path) -> None:
    root = tmp_path / "r"
    shutil.copytree(CONTOSO, root)
    project = root / "idcode.yaml"
    project.write_text(project.read_text().replace("decisions.yaml]", "decisions.yaml, identities/*.yaml]"))
    (root / "rules" / "people.test.yaml").write_text("[")
    assert load_repository(root, REGISTRY)[1] == []


def test_the_digest_follows_the_content_of_every_file_and_nothing_else(tmp_path: Path, contoso: Repository) -> None:
    root = tmp_path / "r"
    shutil.copytree(CONTOSO, root)

    def digest() -> str:
        repository = load_repository(root, REGISTRY)[0]
        assert repository is not None
        return repository.digest

    assert digest() == contoso.digest
    (root / "rules" / "people.test.yaml").write_text("tests: [x]")
    (root / "identities" / "contractors.yaml").write_text("[]")
    assert digest() == contoso.digest
    (root / "objects" / "ou.yaml").rename(root / "objects" / "units.yaml")
    renamed = digest()
    assert renamed != contoso.digest
    (root / "decisions.yaml").write_text((root / "decisions.yaml").read_text() + "\n# reviewed\n")
    assert digest() not in (contoso.digest, renamed)


def test_a_file_that_two_patterns_match_is_loaded_once(tmp_path: Path) -> None:
    root = tmp_path / "r"
    shutil.copytree(CONTOSO, root)
    project = root / "idcode.yaml"
    project.write_text(project.read_text().replace("[rules/*.yaml,", "[rules/*.yaml, rules/people.yaml,"))
    repository, diagnostics = load_repository(root, REGISTRY)
    assert diagnostics == []
    assert repository is not None
    assert len(repository.identities["person"].outbound) == 3


def test_columns_of_a_source_are_the_names_its_rules_may_use() -> None:
    def columns(name: str, settings: Node) -> Collection[str] | None:
        assert type(settings).__name__ == "CsvSettings" or name == "contractors"
        return ("emp_no", "mail", "phone") if name == "phonebook" else None

    repository, diagnostics = load_repository(CONTOSO, REGISTRY, columns_of=columns)
    assert repository is None
    assert lines(diagnostics) == ["rules/people.yaml:36:44: error unknown-attribute"]
    assert diagnostics[0].hint == "did you mean [mail]?"
    assert diagnostics[0].excerpt == "    join: [{employeeId: [emp_no]}, {mail: [email]}]"


def test_a_header_that_was_not_split_is_one_finding_and_not_one_for_each_column() -> None:
    def columns(name: str, settings: Node) -> Collection[str] | None:
        return ("EmployeeID,FirstName,LastName",) if name == "hr" else None

    repository, diagnostics = load_repository(CONTOSO, REGISTRY, columns_of=columns)
    assert repository is None
    assert [(found.code, found.excerpt) for found in diagnostics] == [("csv-column-missing", '    delimiter: ";"')]
    assert "the one column 'EmployeeID,FirstName,LastName'" in diagnostics[0].message
