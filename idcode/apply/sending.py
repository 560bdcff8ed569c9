"""Sending journalled writes: outcomes recorded as they arrive, unanswered writes settled, none sent twice blindly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from idcode.directories.port import Directory, Secrets
from idcode.model.errors import DirectoryError
from idcode.model.writes import Outcome, Write

ROUNDS = 3
"""How many rounds without any answer at all it takes to give up on the directory."""
ATTEMPTS = 10
"""How often one write that certainly was not carried out is sent, as long as others are answered."""


@dataclass
class Journey:
    """The writes of one change on their way.

    ``outcome`` is the one that ended it: of its last write where all are done, else of the first that is not.
    ``anchor`` is that of an object it created, ``begun`` whether any of its writes was carried out, ``attempts`` how
    often its next write was sent.
    """

    writes: list[Write]
    outcome: Outcome | None = None
    anchor: str | None = None
    begun: bool = False
    attempts: int = 0

    @property
    def is_done(self) -> bool:
        """Whether all of its writes are carried out."""
        return not self.writes

    @property
    def may_go_on(self) -> bool:
        """Whether its next write is to be sent, once more perhaps."""
        return bool(self.writes) and self.outcome is None and self.attempts < ATTEMPTS


@dataclass
class Sending:
    """Sends the writes of one batch.

    ``record`` journals an outcome; ``stop`` tells whether the user asked to stop. ``interrupted`` is set where the
    sending ended early. An outcome is journalled once it is certain: what may still be sent has none, so that a journal
    without its process never takes a write that was carried out for one that was not.
    """

    directory: Directory
    secrets: Secrets
    record: Callable[[Outcome], None]
    stop: Callable[[], bool]
    interrupted: bool = False
    _trouble: str = field(default="", init=False)

    def send(self, changes: Mapping[str, Sequence[Write]]) -> dict[str, Journey]:
        """Send the writes of independent changes, by change id, and return how each ended.

        One whose outcome is ``skipped`` was not sent, or not to its end, before the sending was interrupted. One
        without writes has no outcome. Raises ``KeyboardInterrupt`` where the user will not wait for what is under way.
        """
        journeys = {change_id: Journey(list(writes)) for change_id, writes in changes.items()}
        silent = 0
        while silent < ROUNDS and not self.interrupted:
            on_the_way = [journey for journey in journeys.values() if journey.may_go_on]
            if not on_the_way:
                break
            if self.stop():
                self.interrupted = True
                break
            outcomes = self._one_round([journey.writes for journey in on_the_way])
            before = sum(len(journey.writes) for journey in on_the_way)
            for journey in on_the_way:
                self._advance(journey, outcomes)
            is_answered = any(outcome.status != "unknown" for outcome in outcomes.values())
            moved = before - sum(len(journey.writes) for journey in on_the_way)
            silent = 0 if is_answered or moved else silent + 1
        for journey in journeys.values():
            if journey.writes:
                self._end(journey)
        return journeys

    def _one_round(self, changes: Sequence[Sequence[Write]]) -> dict[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        stream = self.directory.write(changes, self.secrets)
        try:
            for outcome in stream:
                if outcome.status != "skipped":
                    self.record(outcome)
                outcomes[outcome.write_id] = outcome
                if self.stop():
                    self.interrupted = True
                    break
        except DirectoryError as error:
            self._trouble = str(error)  # what has no outcome now is settled or sent again
        finally:
            close = getattr(stream, "close", None)
            if close is not None:
                close()
        return outcomes

    def _advance(self, journey: Journey, outcomes: Mapping[str, Outcome]) -> None:
        """Take off the writes that are done; leave those that certainly were not carried out to be sent again."""
        journey.attempts += 1
        while journey.writes and journey.outcome is None:
            write = journey.writes[0]
            outcome = outcomes.get(write.id)
            if outcome is None or outcome.status == "unknown":
                outcome = self._settle(write)
            if outcome.status == "skipped":
                return
            if outcome.status == "done":
                journey.writes.pop(0)
                journey.begun, journey.attempts = True, 0
                journey.anchor = outcome.anchor or journey.anchor
            if outcome.status != "done" or not journey.writes:
                journey.outcome = outcome

    def _settle(self, write: Write) -> Outcome:
        """Find out by reading whether an unanswered write was carried out; ``skipped`` where it was not.

        Whether a password was set cannot be read: in doubt a new one is set.
        """
        if write.kind == "password":
            return Outcome(write.id, "skipped", message="unanswered: a new password has to be set")
        try:
            outcome = self.directory.settle(write)
        except DirectoryError as error:
            outcome = Outcome(write.id, "unknown", message=str(error))
        if outcome.status == "failed":
            return replace(outcome, status="skipped")
        self.record(outcome)
        return outcome

    def _end(self, journey: Journey) -> None:
        """Journal how a journey ended that did not come to its end, and that the rest of it was not sent."""
        if journey.outcome is None:
            write = journey.writes[0]
            if self.interrupted:
                journey.outcome = Outcome(write.id, "skipped", message="not sent: the run was interrupted")
            else:
                reason = self._trouble or f"the directory gave no answer in {max(ROUNDS, journey.attempts)} attempts"
                journey.outcome = Outcome(write.id, "unknown", message=reason)
            self.record(journey.outcome)
        for write in journey.writes[1:]:
            self.record(
                Outcome(write.id, "skipped", message=f"write {journey.writes[0].id} comes first and was not done")
            )
