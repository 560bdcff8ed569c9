"""What every test with a practice tenant relies on: that whatever passes is judged."""

from __future__ import annotations

from typing import Any

import pytest

from idcode.directories.sandbox.tenant.exchange import Reply, Request
from tests.graph.recording import Record, judge
from tests.graph.schema import ABSENT, AVAILABLE

pytestmark = pytest.mark.skipif(not AVAILABLE, reason=ABSENT)

CONTEXT = "https://graph.microsoft.com/v1.0/$metadata#users"
ADA = {"id": "87d349ed-44d7-43e1-9a83-5f2406dee5bd", "displayName": "Ada Brisling"}
INNER = {"date": "2026-11-23T10:17:06", "request-id": "1", "client-request-id": "1"}
REFUSED = Reply(400, {"error": {"code": "Request_BadRequest", "message": "No.", "innerError": INNER}})


def _page(**items: Any) -> Reply:
    return Reply(200, {"@odata.context": CONTEXT, "value": [ADA | items]})


def test_a_sound_exchange_is_not_mentioned() -> None:
    assert judge(Request("GET", "/users", {"$select": "displayName"}), _page()) == []


def test_a_problem_names_the_request_and_whose_fault_it_is() -> None:
    (problem,) = judge(Request("GET", "/users", {"$select": "displayName"}), _page(shoeSize=38))
    assert problem.startswith("GET /users?$select=displayName: reply: value[0]")
    (problem,) = judge(Request("GET", "/users", {"$select": "displayName", "$skip": "5"}), _page())
    assert problem.startswith("GET /users?$select=displayName&$skip=5: request: $skip")


def test_a_bad_request_that_is_refused_is_no_problem_but_a_bad_refusal_is() -> None:
    assert judge(Request("GET", "/users", {"$top": "1000"}), REFUSED) == []
    assert judge(Request("GET", "/users", {"$top": "1000"}), Reply(400, {"error": "No."}))


def test_the_last_object_of_a_long_page_is_not_looked_at_alone() -> None:
    page = Reply(200, {"@odata.context": CONTEXT, "value": [ADA | {"shoeSize": 38}] * 999})
    assert 10 < len(judge(Request("GET", "/users", {"$select": "displayName"}), page)) < 100


def test_whoever_answers_is_watched_and_answers_as_before() -> None:
    record = Record()
    reply = _page(shoeSize=38)
    watched = record.watch(lambda service, request: reply, batches=False)
    assert watched(None, Request("GET", "/users", {"$select": "displayName"})) is reply
    assert len(record.problems) == 1


def test_a_batch_is_judged_as_a_whole() -> None:
    batch = {"requests": [{"id": "a", "method": "GET", "url": "/users"}, {"id": "A", "method": "GET", "url": "/users"}]}
    record = Record()
    watched = record.watch(lambda service, request: Reply(200, {"responses": []}), batches=True)
    watched(None, Request("POST", "/$batch", body=batch))
    assert record.problems == ["POST /$batch: request: $batch A: no id of its own"]
