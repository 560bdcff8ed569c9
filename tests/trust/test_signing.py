"""Apply accepts only plans that the job which may make plans has signed."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from idcode.plan.encoding import digest_of
from tests.acceptance.repository import AS_OF, Repository
from tests.docs.pages import DOCS, blocks
from tests.trust.conftest import Keys

PLAN = ("plan", "--sandbox", "--as-of", AS_OF, "--out", "plan.json")
APPLY = ("apply", "plan.json", "--sandbox")


def written(repo: Repository) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((repo.root / "plan.json").read_text("utf-8"))
    return document


def rewrite(repo: Repository, document: dict[str, Any]) -> None:
    """Write an altered plan with a digest that fits, as somebody does who knows how plans are made."""
    document["digest"] = digest_of(document)
    repo.write("plan.json", json.dumps(document))


def runs(repo: Repository) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(repo.run("runs", "--sandbox", "--format", "json").out)
    return found


def refused(repo: Repository, *words: str, command: tuple[str, ...] = APPLY) -> None:
    result = repo.run(*command)
    assert result.code == 5, result.out + result.err
    assert all(word in result.err for word in words), result.err
    assert runs(repo) == []


def test_a_signed_plan_is_applied_where_only_the_public_key_is(keys: Keys) -> None:
    assert keys.repo.run(*PLAN).code == 0
    keys.have(None)
    assert keys.repo.run(*APPLY).code == 0
    assert runs(keys.repo)[0]["status"] == "done"


def test_a_plan_that_nobody_signed_is_refused(keys: Keys) -> None:
    keys.have(None)
    made = keys.repo.run(*PLAN)
    assert made.code == 0
    assert "not signed, because the private key is not here; apply refuses it" in made.err
    refused(keys.repo, "the plan is not signed", "signing.public_keys")


def test_a_plan_that_somebody_else_signed_is_refused(keys: Keys) -> None:
    keys.make("other")
    keys.trust("other")
    keys.have("other")
    assert keys.repo.run(*PLAN).code == 0
    keys.trust("plan")
    refused(keys.repo, "which is none of the public keys")


def _another_title(document: dict[str, Any]) -> None:
    document["changes"][-1]["object"]["label"] = "Somebody Else"


def _no_signature(document: dict[str, Any]) -> None:
    document["signature"] = None


def _later(document: dict[str, Any]) -> None:
    document["expires_at"] = "2099-01-01T00:00:00Z"


def _new_id(document: dict[str, Any]) -> None:
    document["plan_id"] = "another"


def _other_value(document: dict[str, Any]) -> None:
    document["signature"]["value"] = "A" * 86 + "=="


def _no_base64(document: dict[str, Any]) -> None:
    document["signature"]["value"] = "ü"


def _more(document: dict[str, Any]) -> None:
    document["signature"]["comment"] = "looks fine to me"


@pytest.mark.parametrize(
    "alter", [_another_title, _no_signature, _later, _new_id, _other_value, _no_base64, _more], ids=lambda f: f.__name__
)
def test_a_plan_altered_after_it_was_signed_is_refused(keys: Keys, alter: Callable[[dict[str, Any]], None]) -> None:
    assert keys.repo.run(*PLAN).code == 0
    document = written(keys.repo)
    alter(document)
    rewrite(keys.repo, document)
    refused(keys.repo)


def test_the_signature_of_one_plan_does_not_fit_another(keys: Keys) -> None:
    keys.repo.run(*PLAN)
    first = copy.deepcopy(written(keys.repo)["signature"])
    keys.repo.run(*PLAN)
    rewrite(keys.repo, {**written(keys.repo), "signature": first})
    refused(keys.repo, "its signature does not fit")


def test_while_keys_change_plans_of_both_are_accepted(keys: Keys) -> None:
    keys.make("next")
    keys.trust("plan", "next")
    for name in ("plan", "next"):
        keys.have(name)
        assert keys.repo.run(*PLAN).code == 0
        keys.have(None)
        assert keys.repo.run(*APPLY).code == 0
        keys.repo.person("E3", "Cid", "Dorsch", "Sales", mail="cid@contoso.com")


def test_a_rollback_for_review_is_signed_too(keys: Keys) -> None:
    keys.repo.run(*PLAN)
    assert keys.repo.run(*APPLY).code == 0
    (run,) = runs(keys.repo)
    back = ("rollback", run["run_id"], "--sandbox", "--out", "plan.json")
    assert keys.repo.run(*back).code == 0
    keys.have(None)
    assert keys.repo.run(*APPLY).code == 0


def test_where_nobody_trusts_a_key_nothing_is_asked(practising: Repository) -> None:
    assert practising.run(*PLAN).code == 0
    assert written(practising)["signature"] is None
    assert practising.run(*APPLY).code == 0


def test_a_live_directory_is_not_planned_and_applied_at_once_without_the_key(keys: Keys) -> None:
    keys.have(None)
    for command in (("apply", "--yes"), ("rollback", "20261201T080000Z-abcdef", "--yes")):
        refused(keys.repo, "the private key is not here", "idcode apply PLAN", command=command)
    # On a practice domain nobody has to be asked.
    assert keys.repo.run("apply", "--sandbox", "--yes", "--as-of", AS_OF).code == 0


def test_show_says_whether_a_plan_is_signed_and_by_whom(keys: Keys) -> None:
    keys.repo.run(*PLAN)
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", keys.repo.root / "keys/plan.pub", "-outform", "DER"],
        check=True,
        capture_output=True,
    )
    summed = subprocess.run(["sha256sum"], input=der.stdout, check=True, capture_output=True).stdout.decode()
    shown = keys.repo.run("show", "plan.json")
    assert f"plan.json: signed by the key {summed[:16]}, one of the public keys" in shown.err
    assert f"signed by the key {summed[:16]}" in shown.out
    keys.make("other")
    keys.trust("other")
    assert "none of the public keys; apply refuses it" in keys.repo.run("show", "plan.json").err
    keys.have(None)
    keys.repo.run(*PLAN)
    assert "the plan is not signed; apply refuses it" in keys.repo.run("show", "plan.json").err


BAD = {
    "a word": "hunter2-is-no-key",
    "not PEM inside": "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_a_private_key_that_is_none_is_an_error_with_its_place_and_never_printed(keys: Keys, text: str) -> None:
    keys.monkeypatch.setenv("IDCODE_PLAN_KEY", text)
    result = keys.repo.run(*PLAN)
    assert result.code == 1
    assert re.search(r"idcode\.yaml:\d+:\d+: error bad-key: the private key cannot be used", result.err), result.err
    assert "hunter2" not in result.out + result.err
    assert not (keys.repo.root / "plan.json").exists()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (["genpkey", "-algorithm", "rsa"], "it is not an Ed25519 key"),
        (["genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:abcdef"], "it is locked with a passphrase"),
    ],
    ids=["RSA", "with a passphrase"],
)
def test_only_open_ed25519_keys_sign(keys: Keys, make: list[str], why: str) -> None:
    made = subprocess.run(["openssl", *make], check=True, capture_output=True, text=True).stdout
    keys.monkeypatch.setenv("IDCODE_PLAN_KEY", made)
    result = keys.repo.run(*PLAN)
    assert (result.code, why in result.err) == (1, True), result.err


def test_a_private_key_in_a_file_signs_as_well(keys: Keys) -> None:
    keys.monkeypatch.setenv("IDCODE_PLAN_KEY", str(keys.folder / "plan.key"))
    assert keys.repo.run(*PLAN).code == 0
    assert keys.repo.run(*APPLY).code == 0


def test_a_key_that_apply_would_not_trust_signs_nothing(keys: Keys) -> None:
    keys.make("other")
    keys.have("other")
    result = keys.repo.run(*PLAN)
    assert (result.code, "key-not-listed" in result.err) == (1, True)


def test_validate_finds_public_keys_that_are_none_without_any_private_one(keys: Keys) -> None:
    keys.have(None)
    keys.repo.write("keys/plan.pub", "nothing")
    keys.trust("plan", "missing")
    result = keys.repo.run("validate")
    assert result.code == 1
    assert re.search(r":\d+:\d+: error bad-key: the public key keys/plan.pub .* not a public key", result.out), (
        result.out
    )
    assert re.search(r":\d+:\d+: error bad-key: the public key keys/missing.pub .* cannot be read", result.out)


def test_a_private_key_among_the_files_is_an_error_that_does_not_show_it(keys: Keys) -> None:
    key = keys.make("plan")
    body = key.splitlines()[1]
    keys.repo.edit("idcode.yaml", "${env:IDCODE_PLAN_KEY}", key.replace("\n", "\\n"))
    result = keys.repo.run("validate")
    assert (result.code, "key-in-files" in result.out) == (1, True)
    assert body not in result.out + result.err
    keys.trust("plan")
    (keys.repo.root / "keys/plan.pub").write_text(key)
    result = keys.repo.run("validate")
    assert "it is a private key, which does not belong here" in result.out
    assert body not in result.out + result.err


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_the_commands_of_the_page_make_keys_that_work_and_check_a_signature(keys: Keys) -> None:
    lines = [line for block in blocks(DOCS / "approval.md") for line in block.text.splitlines()]
    commands = [line[2:] for line in lines if line.startswith(("$ openssl", "$ jq", "$ mkdir"))]
    making = [line for line in commands if re.search("mkdir|genpkey|pubout", line)]
    checking = [line for line in commands if line not in making]
    assert (len(making), len(checking)) == (3, 4)
    shell = ["bash", "-ec", "\n".join(making)]
    subprocess.run(shell, cwd=keys.repo.root, check=True)
    keys.monkeypatch.setenv("IDCODE_PLAN_KEY", str(keys.repo.root / "plan.key"))
    assert keys.repo.run(*PLAN).code == 0
    done = subprocess.run(["bash", "-ec", "\n".join(checking)], cwd=keys.repo.root, capture_output=True, text=True)
    assert done.stdout.splitlines()[1:] == ["Signature Verified Successfully"], done.stderr
