"""What Graph says when it refuses a write, in words that tell what to do."""

from __future__ import annotations

from dataclasses import dataclass

from idcode.directories.entra.graph.calls import Answer
from idcode.model.writes import OutcomeStatus

_ALREADY = ("already exist", "do not exist for", "conflicting object", "does not have a corresponding license")
"""Parts of messages that may mean that a write was carried out before; several of them share one code."""
_HINTS = (
    ("insufficient privileges", "the application lacks a permission for it, or the object is protected from it"),
    ("on-premises mastered", "Active Directory is the master of it: change it there"),
    ("originated within an external service", "Exchange is the master of it: change it there"),
    ("mail-enabled security groups", "Exchange is the master of this group: change it there"),
    ("does not have any available licenses", "buy more, or take them from others first"),
    ("quota limit", "delete objects for good, or have the quota raised"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """How one write ended; its :class:`Outcome` without the id."""

    status: OutcomeStatus
    code: str | None = None
    message: str | None = None
    anchor: str | None = None


DONE = Step("done", "graph:200")


def may_be_done(answer: Answer) -> bool:
    """Whether a refusal may be about what is as wanted already, so that it has to be settled by reading."""
    return answer.status in (400, 404, 409)


def says_already(answer: Answer) -> bool:
    """Whether a refusal says so itself, or follows an attempt that had no answer: then reading waits for it."""
    return answer.doubtful or any(part in (answer.error or "").lower() for part in _ALREADY)


def refused(answer: Answer) -> Step:
    """Return the step of a write that was not carried out, or that nobody knows of."""
    if answer.status == 0 or answer.status >= 500:
        return Step("unknown", message=answer.error or "no answer came")
    code, _, said = (answer.error or f"HTTP {answer.status}: ").partition(": ")
    text = said or f"HTTP {answer.status}"
    if answer.status == 429:  # certainly not carried out, and to be sent again
        return Step("skipped", f"graph:{code}", text)
    if answer.status == 404:
        return Step("stale", f"graph:{code}", f"the object, or one that it refers to, is not there any more: {text}")
    hint = next((hint for part, hint in _HINTS if part in text.lower()), None)
    return Step("failed", f"graph:{code}", f"{text.rstrip('.')}: {hint}" if hint else text)
