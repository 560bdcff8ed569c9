"""Writing in batches: each call is answered once, repeated where that is safe, and never where it may have worked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.directories.entra.graph.calls import Answer, Call
from idcode.directories.entra.graph.client import GraphClient
from idcode.directories.entra.graph.retry import Budget
from idcode.model.errors import DirectoryError
from tests.entra.graph.service import Answered, Asked, Lost, Service, client, error, throttled

Connect = Callable[..., GraphClient]
BUSY = error(409, "Directory_ConcurrencyViolation", "Please wait briefly and retry.")
NOT_THERE = error(404, "Request_ResourceNotFound", "Resource '7' does not exist.")


def patches(count: int, **others: Any) -> list[Call]:
    return [Call(f"c{number}", "PATCH", f"/users/{number}", {"jobTitle": "Lead"}, **others) for number in range(count)]


def by_id(answers: Iterable[Answer]) -> dict[str, Answer]:
    listed = list(answers)
    assert len({answer.id for answer in listed}) == len(listed)
    return {answer.id: answer for answer in listed}


def in_turn(*answers: Answered | Lost, url: str = "") -> Callable[[Asked], Answered]:
    """Answer the attempts at ``url`` (of every URL, without one) with these, the last one for all further ones."""
    tried: Counter[str] = Counter()

    def script(asked: Asked) -> Answered:
        if url and asked.url != url:
            return Answered(204)
        tried[asked.url] += 1
        answer = answers[min(tried[asked.url], len(answers)) - 1]
        if isinstance(answer, Lost):
            raise answer
        return answer

    return script


def test_calls_go_in_batches_of_20_with_their_own_headers_and_ids_that_may_differ_only_in_case(
    connect: Connect,
) -> None:
    calls = [
        *patches(40),
        Call("a", "PATCH", "/groups(uniqueName='x')", {"displayName": "X"}, {"Prefer": "create-if-missing"}),
        Call("A", "DELETE", "/users/9"),
    ]
    service = Service(lambda asked: Answered(201, {"id": asked.url}) if "groups" in asked.url else Answered(204))
    got = by_id(connect(service).send(calls))
    assert set(got) == {call.id for call in calls}
    assert [request.url.path for request in service.sent] == ["/v1.0/$batch"] * 3
    assert sorted(Counter(asked.batch for asked in service.asked).values()) == [2, 20, 20]
    sent = {asked.name: (asked.body, asked.headers) for asked in service.asked}
    assert sent["PATCH /groups(uniqueName='x')"] == (
        {"displayName": "X"},
        {"Content-Type": "application/json", "Prefer": "create-if-missing"},
    )
    assert sent["DELETE /users/9"] == (None, {})
    assert (got["a"].status, got["a"].body) == (201, {"id": "/groups(uniqueName='x')"})
    assert (got["A"].status, got["A"].body, got["A"].error, got["A"].doubtful) == (204, None, None, False)


def test_a_refused_call_comes_back_with_its_error_and_is_not_repeated(connect: Connect) -> None:
    service = Service(in_turn(error(400, "Request_BadRequest", "Already exist."), url="/users/3"))
    got = by_id(connect(service).send(patches(5)))
    assert (got["c3"].status, got["c3"].error) == (400, "Request_BadRequest: Already exist.")
    assert not got["c3"].ok
    assert got["c2"].ok
    assert len(service.sent) == 1


def test_a_throttled_call_is_repeated_alone(connect: Connect) -> None:
    service = Service(in_turn(throttled(2), throttled(2), Answered(204), url="/users/3"))
    got = by_id(connect(service).send(patches(5)))
    assert got["c3"].ok
    assert not got["c3"].doubtful
    assert Counter(service.names()) == {f"PATCH /users/{number}": 3 if number == 3 else 1 for number in range(5)}


@pytest.mark.parametrize("retry_after", [None, 0])
def test_without_retry_after_the_pauses_grow(connect: Connect, retry_after: int | None) -> None:
    moments: list[float] = []

    def script(_asked: Asked) -> Answered:
        moments.append(graph._exchange.clock.now())
        return throttled(retry_after) if len(moments) < 8 else Answered(204)

    graph = connect(Service(script))
    assert [answer.ok for answer in graph.send(patches(1))] == [True]
    pauses = [after - before for before, after in pairwise(moments)]
    assert all(pause >= 0.5 * min(60, 2**number) for number, pause in enumerate(pauses))


def test_unavailable_is_repeated_and_leaves_a_doubt(connect: Connect) -> None:
    service = Service(in_turn(error(503, "serviceNotAvailable"), error(400, "Request_BadRequest"), url="/users/0"))
    got = by_id(connect(service).send(patches(2)))
    assert (got["c0"].status, got["c0"].doubtful) == (400, True)
    assert (got["c1"].status, got["c1"].doubtful) == (204, False)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_write_that_may_have_worked_is_not_repeated_and_its_outcome_is_unknown(connect: Connect, status: int) -> None:
    service = Service(in_turn(Answered(status), url="/users/0"))
    got = by_id(connect(service).send(patches(2)))
    assert (got["c0"].status, got["c0"].error) == (0, f"HTTP {status}")
    assert len(service.sent) == 1


@pytest.mark.parametrize("kind", [httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError])
def test_after_a_broken_connection_all_writes_of_the_batch_are_unknown(
    connect: Connect, kind: type[httpx.TransportError]
) -> None:
    service = Service(lambda _asked: Answered(204), in_turn_whole(Lost(kind)))
    got = by_id(connect(service).send(patches(30)))
    assert Counter(answer.status for answer in got.values()) in ({0: 20, 204: 10}, {0: 10, 204: 20})
    assert len(service.sent) == 2
    assert all("no answer" in str(answer.error) for answer in got.values() if answer.status == 0)


def in_turn_whole(*answers: Answered | Lost | None) -> Callable[[int], Answered | None]:
    def whole(number: int) -> Answered | None:
        answer = answers[number] if number < len(answers) else None
        if isinstance(answer, Lost):
            raise answer
        return answer

    return whole


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ConnectTimeout])
def test_what_never_left_is_sent_again_without_a_doubt(connect: Connect, kind: type[httpx.TransportError]) -> None:
    service = Service(lambda _asked: Answered(204), in_turn_whole(None, Lost(kind), Lost(kind)))
    graph = connect(service)
    list(graph.send(patches(1)))
    got = by_id(graph.send(patches(4)[1:]))
    assert all(answer.ok and not answer.doubtful for answer in got.values())
    assert len(service.asked) == 4


@pytest.mark.parametrize(("answer", "doubtful"), [(throttled(5), False), (error(503, "busy"), True)])
def test_a_batch_refused_for_the_moment_is_sent_again_as_a_whole(
    connect: Connect, answer: Answered, doubtful: bool
) -> None:
    service = Service(lambda _asked: Answered(204), in_turn_whole(answer))
    got = by_id(connect(service).send(patches(20)))
    assert {(one.status, one.doubtful) for one in got.values()} == {(204, doubtful)}
    assert len(service.sent) == 2


def test_what_the_answer_of_a_batch_leaves_out_is_unknown(connect: Connect) -> None:
    half = Answered(200, {"responses": [{"id": "1", "status": 204}]})
    got = by_id(connect(Service(lambda _asked: Answered(204), lambda _number: half)).send(patches(2)))
    assert (got["c0"].status, got["c1"].status) == (0, 204)


@pytest.mark.parametrize("answer", [Answered(504), Lost(), error(503, "busy"), Answered(500), throttled(1)])
def test_reads_are_repeated_whatever_happened(connect: Connect, answer: Answered | Lost) -> None:
    listed = Answered(200, {"value": [1]})
    calls = [Call("r", "POST", "/directoryObjects/getByIds", {"ids": ["1"]})]
    assert by_id(connect(Service(in_turn(answer, listed))).send(calls))["r"].ok
    assert connect(Service(in_turn(answer, listed))).get("/users/1") == {"value": [1]}
    assert list(connect(Service(in_turn(answer, listed))).read_all(["/users/1"])) == [("/users/1", [1])]


def test_concurrent_changes_of_the_tenant_are_waited_for(connect: Connect) -> None:
    service = Service(in_turn(BUSY, BUSY, Answered(204)))
    got = by_id(connect(service).send(patches(1)))
    assert (got["c0"].status, got["c0"].doubtful) == (204, False)
    other = Service(in_turn(error(409, "Request_MultipleObjectsWithSameKeyValue")))
    assert by_id(connect(other).send(patches(1)))["c0"].status == 409
    assert len(other.sent) == 1


def test_what_was_just_created_is_waited_for_and_what_was_not_is_missing_at_once(connect: Connect) -> None:
    lagging = [NOT_THERE] * 5
    service = Service(in_turn(*lagging, Answered(204)))
    assert by_id(connect(service).send(patches(1, created=True)))["c0"].ok
    service = Service(in_turn(*lagging, Answered(204)))
    assert by_id(connect(service).send(patches(1)))["c0"].status == 404
    assert len(service.sent) == 1


def test_patience_with_what_was_just_created_ends(connect: Connect) -> None:
    service = Service(in_turn(NOT_THERE))
    got = by_id(connect(service, Budget(patience=60)).send(patches(1, created=True)))["c0"]
    assert got.status == 404
    assert "does not exist" in str(got.error)
    assert "sent" in str(got.error)
    assert 5 < len(service.sent) < 25


@pytest.mark.parametrize(
    ("budget", "attempts", "waited"), [(Budget(attempts=4), 4, 30), (Budget(attempts=99, waiting=55), 6, 50)]
)
def test_a_call_that_is_always_throttled_comes_back_when_its_budget_is_used_up(
    connect: Connect, budget: Budget, attempts: int, waited: int
) -> None:
    service = Service(in_turn(throttled(10), url="/users/0"))
    got = by_id(connect(service, budget).send(patches(2)))
    said = f"(sent {attempts} times, waiting {waited} s in between)"
    assert (got["c0"].status, got["c0"].error) == (429, f"TooManyRequests: no {said}")
    assert service.names().count("PATCH /users/0") == attempts
    assert got["c1"].ok
    with pytest.raises(DirectoryError, match=f"does not answer GET /users/0: TooManyRequests: no .sent {attempts} tim"):
        connect(Service(in_turn(throttled(10))), budget).get("/users/0")


def test_a_retry_after_beyond_the_budget_is_not_begun(connect: Connect) -> None:
    service = Service(in_turn(throttled(3600)))
    assert by_id(connect(service, Budget(waiting=900)).send(patches(1)))["c0"].status == 429
    assert len(service.sent) == 1


def test_where_the_service_refuses_batches_the_answers_that_came_are_handed_over_first(connect: Connect) -> None:
    def whole(number: int) -> Answered | None:
        return error(403, "Authorization_RequestDenied") if number >= 6 else None

    service = Service(lambda _asked: Answered(204), whole)
    got: list[Answer] = []
    with pytest.raises(DirectoryError, match="refuses POST /\\$batch: Authorization_RequestDenied"):
        got.extend(connect(service).send(patches(400)))
    assert len(got) == 120
    assert len(service.sent) <= 10


def test_nothing_is_sent_after_the_caller_has_left(connect: Connect) -> None:
    service = Service(lambda _asked: Answered(204))
    stream = connect(service).send(patches(2000))
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    sent = len(service.sent)
    assert sent < 20
    assert connect(service).get("/users/1") is None
    assert len(service.sent) == sent + 1


FAULTS = st.sampled_from(["throttled", "throttled for long", "unavailable", "busy", "timeout after", "timeout before"])


@given(
    count=st.integers(0, 70),
    faults=st.dictionaries(st.integers(0, 69), st.lists(FAULTS, max_size=4), max_size=40),
    lost=st.dictionaries(st.integers(0, 8), st.sampled_from(["before", "after", "throttled", "refused"]), max_size=4),
    seed=st.integers(0, 9),
)
def test_whatever_happens_each_call_is_answered_once_and_carried_out_at_most_once(
    count: int, faults: dict[int, list[str]], lost: dict[int, str], seed: int
) -> None:
    done: Counter[str] = Counter()
    left = {number: list(kinds) for number, kinds in faults.items()}

    def script(asked: Asked) -> Answered:
        kinds = left.get(int(asked.url.rpartition("/")[2]), [])
        fault = kinds.pop(0) if kinds else None
        if fault in ("throttled", "throttled for long"):
            return throttled(2 if fault == "throttled" else 40)
        if fault == "busy":
            return BUSY
        if fault == "timeout before":
            return Answered(504)
        if fault == "unavailable":
            return error(503, "serviceNotAvailable")
        done[asked.url] += 1
        return Answered(504 if fault else 204)

    def whole(number: int) -> Answered | None:
        kind = lost.get(number)
        if kind == "throttled":
            return throttled(3)
        if kind == "refused":
            raise Lost(httpx.ConnectError)
        if kind == "before":
            raise Lost
        return None

    class AfterAll(Service):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            number = len(self.sent)
            response = await super().handle_async_request(request)
            if lost.get(number) == "after":
                raise httpx.ReadTimeout("no answer")
            return response

    graph = client(AfterAll(script, whole))
    try:
        graph.get("/organization/99")
        calls = patches(count)
        Random(seed).shuffle(calls)
        got = by_id(graph.send(calls))
    finally:
        graph.close()
    assert set(got) == {call.id for call in calls}
    for call in calls:
        answer = got[call.id]
        assert answer.status in (0, 204)
        assert done[call.url] <= 1
        assert done[call.url] == 1 or answer.status == 0
