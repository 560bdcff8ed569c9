"""``$batch`` as Graph documents it: what is refused as a whole, and what each request in it can rely on."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.directories.sandbox.tenant.errors import not_found
from idcode.directories.sandbox.tenant.exchange import Reply, Request
from idcode.directories.sandbox.tenant.http.batch import Batches
from idcode.directories.sandbox.tenant.http.refusals import refusal
from tests.tenant.shelf import JSON, Shelf, creating, step, upn


def send(service: Shelf, *steps: Any, **headers: str) -> Reply:
    return Batches(service).handle(Request("POST", "/$batch", headers=headers, body={"requests": list(steps)}))


def answers(service: Shelf, *steps: Any) -> dict[str, Any]:
    reply = send(service, *steps)
    assert reply.status == 200, reply.body
    return {answer["id"]: answer for answer in reply.body["responses"]}


def get(identifier: str, url: str = "/users", **more: Any) -> dict[str, Any]:
    return step(identifier, "GET", url, **more)


def test_every_request_has_a_status_and_a_body_of_its_own() -> None:
    shelf = Shelf()
    found = answers(shelf, creating("1", "ada"), get("2", f"/users/{upn('nobody')}"), get("3", f"users/{upn('ada')}"))
    assert found["1"]["status"] == 201
    assert found["2"]["status"] == 404
    assert found["2"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert found["3"] == {
        "id": "3",
        "status": 200,
        "headers": {"Content-Type": "application/json"},
        "body": {"displayName": "Ada"},
    }


def test_what_has_no_content_has_no_body() -> None:
    shelf = Shelf()
    found = answers(shelf, creating("1", "ada"), step("2", "DELETE", f"/users/{upn('ada')}"))
    assert found["2"]["status"] == 204
    assert "body" not in found["2"]


def test_a_body_that_is_no_json_is_base64() -> None:
    found = answers(Shelf(), creating("1", "ada"), get("2", "/users/$count"))
    assert base64.b64decode(found["2"]["body"]) == b"1"


def test_urls_are_decoded_and_may_begin_without_a_slash() -> None:
    shelf = Shelf()
    answers(shelf, get("1", "users/ada%40contoso.example?$select=id,displayName&$filter=a%20eq%20'b'"))
    (request,) = shelf.requests
    assert request.path == "/users/ada@contoso.example"
    assert request.query == {"$select": "id,displayName", "$filter": "a eq 'b'"}


def test_headers_of_the_batch_reach_no_request_in_it() -> None:
    shelf = Shelf()
    send(shelf, get("1"), get("2", headers={"ConsistencyLevel": "eventual"}), consistencylevel="eventual")
    assert [dict(request.headers) for request in shelf.requests] == [{}, {"consistencylevel": "eventual"}]


def test_answers_come_in_another_order_than_requests_and_in_the_same_one_each_time() -> None:
    steps = [get(str(number)) for number in range(20)]
    orders = [[answer["id"] for answer in send(Shelf(), *steps).body["responses"]] for _ in range(2)]
    assert orders[0] == orders[1]
    assert orders[0] != [step["id"] for step in steps]
    assert sorted(orders[0]) == sorted(step["id"] for step in steps)


def test_what_depends_on_a_failure_is_not_carried_out() -> None:
    shelf = Shelf()
    found = answers(
        shelf,
        get("a", f"/users/{upn('nobody')}"),
        creating("b", "ada", dependsOn=["A"]),
        creating("c", "cid", dependsOn=["b"]),
        creating("d", "greta"),
        creating("e", "hugo", dependsOn=["d"]),
    )
    assert {name: answer["status"] for name, answer in found.items()} == {
        "a": 404,
        "b": 424,
        "c": 424,
        "d": 201,
        "e": 201,
    }
    assert shelf.names == {"Greta", "Hugo"}


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([get(str(number)) for number in range(21)], "exceeds the maximum value of 20"),
        ([get("a"), get("A")], "Request Id A has to be unique in a batch."),
        ([{"id": "1", "method": "GET"}], "Invalid batch payload format."),
        ([{"id": 1, "method": "GET", "url": "/users"}], "Invalid batch payload format."),
        (["GET /users"], "Invalid batch payload format."),
        ([get("1", "https://graph.microsoft.com/v1.0/users")], "Invalid batch payload format."),
        ([step("1", "FETCH", "/users")], "Invalid batch payload format."),
        ([step("1", "POST", "/$batch", body={"requests": []}, headers=JSON)], "Invalid batch"),
        ([creating("1", "ada", headers={})], "does not contain Content-Type header or body"),
        ([step("1", "POST", "/users", headers=JSON)], "Content-Type header or body"),
        ([get("1", dependsOn=["2"]), get("2")], "Invalid dependency for request Id : 1"),
        ([get("1", dependsOn=["1"])], "Invalid dependency"),
    ],
)
def test_a_batch_that_cannot_be_is_refused_before_anything_is_done(steps: list[Any], says: str) -> None:
    shelf = Shelf()
    reply = send(shelf, creating("first", "ada"), *steps)
    assert reply.status == 400
    assert says in reply.body["error"]["message"]
    assert shelf.requests == []


@pytest.mark.parametrize("body", [None, [], {"requests": []}, {"requests": "all"}, {"request": [get("1")]}])
def test_a_body_that_is_no_batch_is_refused(body: Any) -> None:
    reply = Batches(Shelf()).handle(Request("POST", "/$batch", body=body))
    assert (reply.status, reply.body["error"]["code"]) == (400, "BadRequest")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
STEPS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["1", "2", "a", "A"]) | JSON_VALUES,
        "method": st.sampled_from(["GET", "DELETE", "post"]) | JSON_VALUES,
        "url": st.sampled_from(["users", "//[", "/users?$top=%", "http://[", "/$batch/"]) | JSON_VALUES,
    },
    optional={"headers": JSON_VALUES, "body": JSON_VALUES, "dependsOn": JSON_VALUES},
)


@given(body=JSON_VALUES | st.fixed_dictionaries({"requests": st.lists(STEPS, max_size=4)}))
def test_whatever_is_sent_is_answered(body: Any) -> None:
    class Nothing:
        def handle(self, request: Request) -> Reply:
            return refusal(not_found(request.path), request)

    reply = Batches(Nothing()).handle(Request("POST", "/$batch", body=body))
    assert reply.status in (200, 400)
    if reply.status == 200:
        sent, answered = body["requests"], reply.body["responses"]
        assert sorted(each["id"] for each in sent) == sorted(each["id"] for each in answered)


def test_a_batch_is_posted() -> None:
    assert Batches(Shelf()).handle(Request("GET", "/$batch")).status == 405


def test_single_requests_pass() -> None:
    assert Batches(Shelf()).handle(Request("GET", f"/users/{upn('nobody')}")).status == 404
