"""New passwords: strong, handed over once, and nowhere else."""

from __future__ import annotations

import json
import re
import stat
import time
from datetime import timedelta
from pathlib import Path

import pytest

from idcode.apply.credentials import CommandSink, NoSink, new_password
from idcode.model.errors import IdcodeError

ACCOUNT = {"address": "person:E1@corp/account", "directory": "corp", "dn": "CN=Zoë,DC=corp", "sAMAccountName": "zoe"}


def sink(folder: Path, script: str, *arguments: str, timeout: float = 10) -> CommandSink:
    path = folder / "deliver.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return CommandSink(["./deliver.sh", *arguments], timedelta(seconds=timeout), folder)


def test_a_password_is_long_of_all_four_classes_and_holds_no_word_or_look_alike() -> None:
    for password in (new_password() for _ in range(200)):
        assert len(password) == 24
        for characters in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"):
            assert re.search(characters, password)
        assert not re.search(r"[lIO01o\"'\\$`&<>,; ]", password)
        assert not re.search(r"[A-Za-z]{3}", password), "names of three letters may not be part of a password"


def test_no_two_passwords_are_the_same() -> None:
    assert len({new_password() for _ in range(200)}) == 200


def test_the_command_gets_one_json_object_on_standard_input_and_runs_in_the_repository(tmp_path: Path) -> None:
    sink(tmp_path, 'cat > taken; echo "$@" > arguments', "; touch hacked").deliver(ACCOUNT, "S3-cret!")
    assert json.loads((tmp_path / "taken").read_text("utf-8")) == {**ACCOUNT, "password": "S3-cret!"}
    assert (tmp_path / "arguments").read_text() == "; touch hacked\n"
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize(
    ("script", "said"),
    [("cat; cat >&2; exit 3", "status 3"), ("exit 1", "status 1"), ("sleep 30", "within 0.3 seconds")],
)
def test_a_command_that_fails_or_hangs_is_said_without_its_output_and_the_password(
    tmp_path: Path, script: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(IdcodeError, match=said) as refused:
        sink(tmp_path, script, timeout=0.3 if "sleep" in script else 10).deliver(ACCOUNT, "S3-cret!")
    shown = "".join((str(refused.value), str(refused.value.hint), *capfd.readouterr()))
    assert "S3-cret!" not in shown
    assert refused.value.__cause__ is None


def test_what_a_hanging_command_started_ends_with_it(tmp_path: Path) -> None:
    script = "(sleep 0.9; touch late) & wait"
    with pytest.raises(IdcodeError):
        sink(tmp_path, script, timeout=0.3).deliver(ACCOUNT, "x")
    time.sleep(1)
    assert not (tmp_path / "late").exists()


def test_a_command_that_is_not_there_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(IdcodeError, match="cannot be started"):
        CommandSink(["./nothing.sh"], timedelta(seconds=1), tmp_path).deliver(ACCOUNT, "x")


def test_without_a_command_no_password_is_made() -> None:
    with pytest.raises(IdcodeError, match="nothing is configured"):
        NoSink().new_password()
    with pytest.raises(IdcodeError, match="nothing is configured"):
        NoSink().deliver(ACCOUNT, "x")
