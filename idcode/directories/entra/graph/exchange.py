"""Single requests and batches, each repeated as long as that helps and the budget lasts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import orjson

from idcode.directories.entra.graph import errors
from idcode.directories.entra.graph.calls import Answer, Call
from idcode.directories.entra.graph.clock import Clock
from idcode.directories.entra.graph.connection import Connection, NoAnswer
from idcode.directories.entra.graph.quota import Quota
from idcode.directories.entra.graph.retry import Budget, Result, Trial

_log = logging.getLogger(__name__)


class Exchange:
    """Everything that goes to one tenant goes through here, and keeps its quota."""

    def __init__(self, connection: Connection, clock: Clock, random: Random, budget: Budget) -> None:
        self.connection = connection
        self.clock = clock
        self._random = random
        self._budget = budget
        self._quota = Quota(clock, random)

    def trial(self, call: Call) -> Trial:
        """Return a call that is ready to be sent."""
        return Trial(call, self._budget)

    async def read(self, url: str, headers: Mapping[str, str]) -> Result:
        """GET ``url``, relative to the version or absolute, until there is an answer that repeating would not change.

        Raises ``DirectoryError`` where there is none within the budget.
        """
        trial = self.trial(Call("", "GET", url, headers=headers))
        while True:
            await self._quota.take(0)
            result = await self._request("GET", url, headers)
            wait = self._again(trial, result)
            if wait is None:
                break
            await self.clock.sleep(wait)
        if result.status in (0, 429) or result.status >= 500:
            raise errors.problem("GET", url, result.status, trial.error(result), result.headers)
        return result

    async def batch(self, trials: Sequence[Trial]) -> tuple[list[Answer], list[Trial]]:
        """Send up to 20 calls as one ``$batch`` (page "Combine multiple HTTP requests using JSON batching").

        Returns the answers that are final, and what has to be sent again at its ``ready_at``. Raises
        ``DirectoryError`` where the service refuses the batch as a whole.
        """
        await self._quota.take(sum(not trial.call.reads for trial in trials))
        results = await self._results([trial.call for trial in trials])
        answers, again = [], []
        for trial, result in zip(trials, results, strict=True):
            wait = self._again(trial, result)
            if wait is None:
                answers.append(trial.answer(result))
            else:
                again.append(trial)
        return answers, again

    def _again(self, trial: Trial, result: Result) -> float | None:
        wait = trial.again(result, self._random)
        asked = result.retry_after if result.status in (429, 503) else None
        if asked and asked <= self._budget.waiting:
            self._quota.close(asked, overdrawn=result.status == 429 and not trial.call.reads)
        if wait is not None:
            _log.debug("%s: %s, again in %.1f s", errors.where(trial.call.method, trial.call.url), result.error, wait)
            trial.ready_at = self.clock.now() + wait
        return wait

    async def _results(self, calls: Sequence[Call]) -> list[Result]:
        """Return what each call came to.

        A batch with writes that is under way is not abandoned: what it does has ended before anybody reads what became
        of it.
        """
        request = asyncio.ensure_future(self._request("POST", "/$batch", _JSON, _body(calls)))
        try:
            whole = await asyncio.shield(request)
        except asyncio.CancelledError:
            if all(call.reads for call in calls):
                request.cancel()
            await asyncio.gather(request, return_exceptions=True)
            raise
        if whole.status == 200:
            return _parts(whole, len(calls))
        if whole.status in (0, 429) or whole.status >= 500:
            return [whole] * len(calls)
        raise errors.problem("POST", "/$batch", whole.status, whole.error, whole.headers)

    async def _request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Result:
        try:
            response = await self.connection.request(method, url, headers, body)
        except NoAnswer as error:
            return Result(0, problem=str(error), sent=error.sent)
        return Result(response.status, errors.decode(response.content), response.headers)


_JSON = {"Content-Type": "application/json"}


def _body(calls: Sequence[Call]) -> bytes:
    """Number the calls: ids in a batch must differ even in another case, which the caller's need not."""
    requests: list[dict[str, Any]] = []
    for number, call in enumerate(calls):
        request: dict[str, Any] = {"id": str(number), "method": call.method, "url": call.url}
        headers = dict(call.headers)
        if call.body is not None:
            request["body"] = call.body
            headers = _JSON | headers
        if headers:
            request["headers"] = headers
        requests.append(request)
    return orjson.dumps({"requests": requests})


def _parts(whole: Result, count: int) -> list[Result]:
    """Return the answers within a batch by their numbers, as they come in any order."""
    responses = whole.body.get("responses") if isinstance(whole.body, dict) else None
    by_id = {str(part.get("id")): part for part in responses or [] if isinstance(part, dict)}
    missing = Result(0, problem="the answer to the batch leaves it out")
    return [_part(by_id[str(number)]) if str(number) in by_id else missing for number in range(count)]


def _part(part: Mapping[str, Any]) -> Result:
    return Result(int(part.get("status") or 0), part.get("body"), part.get("headers") or {})
