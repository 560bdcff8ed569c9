"""The order of evaluation: what a rule joins by is finished first; what cannot be ordered is refused."""

from __future__ import annotations

from pathlib import Path

from idcode.config.loader import load_repository
from idcode.model.diagnostics import Diagnostic
from tests.config.support import REGISTRY

PROJECT = """version: 1
project: small
directories:
  corp: {type: ad, servers: [ldaps://dc1.example.com], base_dn: 'DC=example,DC=com', bind: {method: kerberos}}
sources:
  hr: {type: csv, path: hr.csv, key: id, proof: {min_rows: 1}}
  phones: {type: csv, path: phones.csv, key: id, proof: {min_rows: 1}}
"""


def order(tmp_path: Path, rules: str) -> tuple[tuple[str, ...], list[Diagnostic]]:
    (tmp_path / "rules").mkdir()
    (tmp_path / "idcode.yaml").write_text(PROJECT)
    (tmp_path / "rules" / "people.yaml").write_text("identity: person\nkey: id\n" + rules)
    repository, diagnostics = load_repository(tmp_path, REGISTRY)
    return (repository.identities["person"].order if repository else ()), diagnostics


def test_a_rule_that_flows_what_it_joins_by_needs_the_rules_before_it_only(tmp_path: Path) -> None:
    found, diagnostics = order(
        tmp_path,
        """inbound:
  - {name: hr, source: hr, flow: {id: [id], mail: [mail]}}
  - {name: phones, source: phones, join: [{mail: [mail]}], creates: false, flow: {mail: [mail], phone: [phone]}}
""",
    )
    assert diagnostics == []
    assert found.index("records:hr") < found.index("records:phones") < found.index("attribute:mail")


def test_two_rules_that_join_by_what_both_flow_run_in_file_order(tmp_path: Path) -> None:
    found, diagnostics = order(
        tmp_path,
        """inbound:
  - {name: second, source: hr, join: [{id: [id]}], flow: {id: [id]}}
  - {name: first, source: phones, join: [{id: [id]}], flow: {id: [id]}}
""",
    )
    assert diagnostics == []
    assert found == ("records:second", "records:first", "attribute:id")


def test_rules_that_join_by_each_others_attributes_are_a_cycle(tmp_path: Path) -> None:
    found, diagnostics = order(
        tmp_path,
        """inbound:
  - {name: hr, source: hr, flow: {id: [id]}}
  - {name: a, source: hr, join: [{phone: [phone]}], creates: false, flow: {mail: [mail]}}
  - {name: b, source: phones, join: [{mail: [mail]}], creates: false, flow: {phone: [phone]}}
""",
    )
    assert found == ()
    (cycle,) = diagnostics
    assert cycle.code == "dependency-cycle"
    assert "the records of 'a' → [phone] → the records of 'b' → [mail] → the records of 'a'" in cycle.message


def test_a_generated_value_waits_for_the_links_to_where_it_is_kept(tmp_path: Path) -> None:
    found, diagnostics = order(
        tmp_path,
        """inbound:
  - {name: hr, source: hr, flow: {id: [id], last: [last]}}
generate:
  nick: {kept_in: [corp.mailNickname], value: '[last]'}
outbound:
  - {name: a, directory: corp, mode: shadow, primary: true, join: [{employeeID: [id]}], flow: {employeeID: [id]}}
  - {name: b, directory: corp, mode: shadow, join: [{info: [nick]}], flow: {info: [nick]}}
""",
    )
    assert found == ()
    assert [finding.code for finding in diagnostics] == ["dependency-cycle"]
    assert diagnostics[0].span is not None
    assert diagnostics[0].span.line == 9

    (tmp_path / "second").mkdir()
    found, diagnostics = order(
        tmp_path / "second",
        """inbound:
  - {name: hr, source: hr, flow: {id: [id], last: [last]}}
generate:
  nick: {kept_in: [corp/a.mailNickname], value: '[last]'}
outbound:
  - {name: a, directory: corp, mode: shadow, primary: true, join: [{employeeID: [id]}], flow: {employeeID: [id]}}
  - {name: b, directory: corp, mode: shadow, join: [{info: [nick]}], flow: {info: [nick]}}
""",
    )
    assert diagnostics == []
    assert found[-4:] == ("link:a", "generate:nick", "attribute:nick", "link:b")
