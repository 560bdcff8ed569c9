"""Stages: where each identity stands in its lifecycle at a moment."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from idcode.expressions import Environment, EvaluationError, Program, UnknownValueError
from idcode.model.syntax import text_of
from idcode.model.values import Result, Special, iso, parse_iso
from idcode.sync.attributes import as_moment
from idcode.sync.identities import Identity, Population, evaluate

SINCE = re.compile(r"idcode:missing-since=(\S+)")


def since_text(moment: datetime) -> str:
    """Return the text that marks an object as missing since ``moment``."""
    return f"idcode:missing-since={iso(moment.replace(microsecond=0))}"


def read_since(text: str) -> datetime | None:
    """Read what :func:`since_text` writes; ``None`` for anything else."""
    match = SINCE.fullmatch(text.strip())
    try:
        return parse_iso(match[1]) if match else None
    except ValueError:
        return None


def set_stages(population: Population, as_of: datetime) -> None:
    """Compute ``stage`` for everyone: the last one reached at ``as_of``.

    A stage ``from`` a day is reached at its local start, ``after`` a day at its local end. An end before the start
    of an earlier stage belongs to former employment (a rehire) and is ignored, and so are the stages after it.
    Missing identities get theirs from :func:`set_missing_stage`.
    """
    if not population.rules.stages:
        return
    for identity in population.sorted():
        if identity.missing or identity.frozen:
            identity.values["stage"] = Special.UNKNOWN
            continue
        stage = _stage(population, identity, as_of)
        if isinstance(stage, EvaluationError):
            identity.values["stage"] = Special.UNKNOWN
            identity.freeze(population.creating_incomplete or f"its stage cannot be computed: {stage}")
            if isinstance(stage, UnknownValueError):
                continue  # what is unknown has been said where it was found
            population.say(
                "stage-unknown",
                f"the stage of {identity.address} cannot be computed: {stage}; everything about it stays as it is",
                identity.address,
                "Correct the dates in the source, or let the expression handle them.",
            )
            continue
        identity.stage = stage
        identity.values["stage"] = stage


def _stage(population: Population, identity: Identity, as_of: datetime) -> str | EvaluationError | None:
    environment = Environment(values=identity.values, now=as_of, seed=identity.address)
    zone = _zone(population, environment)
    if isinstance(zone, EvaluationError):
        return zone
    reached: str | None = None
    latest_start: date | None = None
    for name, start, end in population.rules.stages:
        day = _day(start or end, environment)
        if isinstance(day, EvaluationError):
            return day
        if start is None and end is None:
            reached = name
            continue
        if day is None:
            continue
        if end is not None and latest_start is not None and day < latest_start:
            break
        if start is not None:
            latest_start = max(latest_start or day, day)
        first = day if start is not None else day + timedelta(days=1)
        if as_of >= datetime.combine(first, time(), zone).astimezone(UTC):
            reached = name
    return reached


def _zone(population: Population, environment: Environment) -> ZoneInfo | EvaluationError:
    result: Result | EvaluationError = "UTC"
    if population.rules.timezone is not None:
        result = evaluate(population.rules.timezone, environment)
    if isinstance(result, EvaluationError):
        return result
    name = result if isinstance(result, str) and result else "UTC"
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return EvaluationError(f"{name!r} is not a time zone such as Europe/Stockholm")


def _day(program: Program | None, environment: Environment) -> date | EvaluationError | None:
    if program is None:
        return None
    result = evaluate(program, environment)
    if isinstance(result, EvaluationError):
        return result
    if result is None or result == "" or isinstance(result, Special):
        return None
    if isinstance(result, tuple):
        return EvaluationError("several values where one date is needed")
    if isinstance(result, date) and not isinstance(result, datetime):
        return result
    try:
        return as_moment(result).date()
    except (ValueError, OverflowError):
        return EvaluationError(f"{text_of(result)!r} is not a date")


def set_missing_stage(
    identity: Identity, stage: str, since: datetime | None, grace: timedelta, as_of: datetime
) -> None:
    """Give a missing identity its stage once ``grace`` is over; before that nothing about it moves."""
    if since is not None and as_of >= since + grace:
        identity.stage = stage
        identity.values["stage"] = stage
    else:
        identity.values["stage"] = Special.UNKNOWN
