"""What apply says on the way: it can neither steer a terminal or pipeline nor stop the run."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from idcode.apply.results import ChangeResult
from idcode.cli import console
from idcode.cli.commands.applying import Reporter
from idcode.model.plans import Target
from tests.apply import builders
from tests.apply.test_executor import ADA_DN, ADA_ID, promote


def test_names_and_messages_are_shown_on_one_line_without_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = Target(ADA_ID, ADA_DN, "Q50\n::error title=pwn::x")
    item = replace(promote("c1"), object=named)
    Reporter().change_finished(item, ChangeResult("c1", item.address, "stale", "title is '\x1b[2Jgone'\r\n::stop::"))
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "\x1b" not in told
    assert "Q50\\n::error title=pwn::x" in told


class Lost:
    """A stderr whose reader is gone."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def write(self, _: str) -> int:
        raise self._error

    def flush(self) -> None:
        raise self._error

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(5, "Input/output error"), ValueError("closed file")])
def test_progress_that_nobody_can_hear_is_lost_without_a_word(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(sys, "stderr", Lost(error))
    reporter = Reporter()
    plan: Any = builders.plan([[promote("c1")]])
    reporter.run_started("R1", plan)
    reporter.batch_started(plan.batches[0])
    reporter.change_finished(plan.changes[0], ChangeResult("c1", "person:E1", "done"))
    reporter.change_finished(plan.changes[0], ChangeResult("c1", "person:E1", "failed", "no"))
    console.note("still here")
