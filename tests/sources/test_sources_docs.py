"""The page for users names every finding of this room, and only those."""

from __future__ import annotations

import re
from pathlib import Path

from idcode.config.reader import read_yaml
from idcode.model.records import collect
from idcode.sources.csv.settings import CsvSettings
from idcode.sources.yaml.settings import YamlSettings
from tests.sources.reading import NOW, yaml_source

ROOT = Path(__file__).parents[2]


def test_every_finding_of_the_sources_is_explained_and_no_other() -> None:
    code = "".join(path.read_text() for path in (ROOT / "idcode/sources").rglob("*.py"))
    in_code = set(re.findall(r'"((?:csv|yaml|source)-[a-z0-9-]+)"', code))
    explained = set(re.findall(r"^\| `([a-z0-9-]+)` \|", (ROOT / "docs/sources.md").read_text(), re.MULTILINE))
    settings = {name for name in explained if "-" not in name}
    assert explained - settings == in_code


def examples() -> list[bytes]:
    page = (ROOT / "docs/sources.md").read_text()
    return [block.encode() for block in re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)]


def test_the_settings_shown_are_valid() -> None:
    shown = {}
    for example in examples():
        (document,) = read_yaml(example, "docs/sources.md").documents
        if "sources" in document:
            shown.update(document["sources"])
    csv = CsvSettings.model_validate(shown["hr"])
    assert set(shown["hr"]) == set(CsvSettings.model_fields)
    assert csv.rows is not None
    assert YamlSettings.model_validate(shown["contractors"]).key == "id"


def test_the_people_shown_are_a_complete_source(tmp_path: Path) -> None:
    (tmp_path / "identities").mkdir()
    (people,) = [example for example in examples() if example.startswith(b"# identities/contractors.yaml")]
    (tmp_path / "identities/contractors.yaml").write_bytes(people)
    records, proof = collect(yaml_source(tmp_path).read(NOW))
    assert proof.complete
    assert [record.key for record in records] == ["X100", "X101"]
    assert records[0].values["phone"] == "0701234567"
    assert records[1].values["otherMails"] is None
