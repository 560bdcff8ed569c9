"""Reading collections: every page, none twice, and never fewer than there are without an error."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from idcode.directories.entra.graph.client import GraphClient
from idcode.directories.entra.graph.errors import ListingExpired, ResyncError
from idcode.model.errors import DirectoryError
from tests.entra.graph.service import BASE, Answered, Asked, Service, error

Connect = Callable[..., GraphClient]


def page(values: list[object], link: str | None = None, delta: str | None = None) -> Answered:
    links = {"@odata.nextLink": link, "@odata.deltaLink": delta}
    return Answered(200, {"value": values, **{name: url for name, url in links.items() if url}})


def listing(*sizes: int, last: Answered | None = None) -> Callable[[Asked], Answered]:
    """Serve pages of these sizes, with numbers counted through; ``last`` answers where the listing would end."""

    def answer(asked: Asked) -> Answered:
        number = int(asked.url.partition("$skiptoken=m~")[2] or 0)
        begin = sum(sizes[:number])
        values = list(range(begin, begin + sizes[number]))
        if number + 1 < len(sizes):
            return page(values, f"{BASE}/users?$skiptoken=m~{number + 1}")
        return page(values) if last is None else last

    return answer


def test_a_listing_is_read_to_the_page_without_a_next_link(connect: Connect) -> None:
    service = Service(listing(3, 0, 2))
    assert list(connect(service).pages("/users?$top=3")) == [[0, 1, 2], [], [3, 4]]


def test_next_links_are_followed_as_they_are_with_the_headers_of_the_first_request(connect: Connect) -> None:
    odd = f"{BASE}/users?%24skiptoken=RFNwdAIA%2bAB%20c&$select=id,displayName&$filter=a%20eq%20'%C3%A5'"

    def script(asked: Asked) -> Answered:
        return page([1], odd) if len(service.asked) == 1 else page([2])

    service = Service(script)
    list(connect(service).pages("/users?$count=true", {"ConsistencyLevel": "eventual"}))
    assert [request.url.raw_path for request in service.sent] == [
        b"/v1.0/users?$count=true",
        odd.removeprefix("https://graph.microsoft.com").encode(),
    ]
    assert [asked.headers.get("consistencylevel") for asked in service.asked] == ["eventual", "eventual"]


@pytest.mark.parametrize("again", ["/users?$top=1", "/users?$skiptoken=1"], ids=["the first page", "a later page"])
def test_a_listing_that_leads_back_to_a_page_it_had_is_an_error(connect: Connect, again: str) -> None:
    def script(asked: Asked) -> Answered:
        return page([1], BASE + ("/users?$skiptoken=1" if asked.url == "/users?$top=1" else again))

    with pytest.raises(DirectoryError, match="leads back"):
        list(connect(Service(script)).pages("/users?$top=1"))


def test_the_token_is_not_taken_to_another_address(connect: Connect) -> None:
    service = Service(lambda _asked: page([1], "https://graph.microsoft.com.example.net/v1.0/users?$skiptoken=1"))
    with pytest.raises(DirectoryError, match="goes on at another address"):
        list(connect(service).pages("/users"))
    with pytest.raises(DirectoryError, match="goes on at another address"):
        list(connect(service).read_all(["/users"]))
    assert {request.url.host for request in service.sent} == {"graph.microsoft.com"}


@pytest.mark.parametrize("body", [{"id": "1"}, b"<html>gateway</html>", None, {"value": 3}])
def test_what_is_not_a_page_is_not_an_empty_collection(connect: Connect, body: object) -> None:
    with pytest.raises(DirectoryError, match=r"GET /users\?\$top is not a page"):
        list(connect(Service(lambda _asked: Answered(200, body))).pages("/users?$top=9"))


def test_a_listing_that_breaks_off_ends_with_an_error_after_the_pages_before(connect: Connect) -> None:
    broken = error(400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified.")
    stream = connect(Service(listing(2, 2, last=broken))).pages("/users")
    assert next(stream) == [0, 1]
    with pytest.raises(DirectoryError, match="Request_UnsupportedQuery: Unsupported or invalid"):
        next(stream)


def test_a_listing_that_took_too_long_is_not_begun_anew_behind_the_callers_back(connect: Connect) -> None:
    stream = connect(Service(listing(2, 2, last=error(400, "Directory_ExpiredPageToken")))).pages("/users")
    assert next(stream) == [0, 1]
    with pytest.raises(ListingExpired):
        next(stream)


def test_the_next_page_is_read_while_the_caller_works_and_not_the_whole_listing(connect: Connect) -> None:
    third = threading.Event()

    def script(asked: Asked) -> Answered:
        if asked.url.endswith("m~2"):
            third.set()
        return listing(*[1] * 50)(asked)

    service = Service(script)
    stream = connect(service).pages("/users")
    assert next(stream) == [0]
    assert third.wait(10)
    assert len(service.asked) <= 4
    assert [values[0] for values in stream] == list(range(1, 50))


def test_a_resource_that_does_not_exist_is_none_and_one_that_may_not_be_read_is_an_error(connect: Connect) -> None:
    def script(asked: Asked) -> Answered:
        if asked.url == "/users/gone":
            return error(404, "Request_ResourceNotFound")
        return error(403, "Authorization_RequestDenied", "Insufficient privileges.", {"request-id": "r-1"})

    graph = connect(Service(script))
    assert graph.get("/users/gone") is None
    with pytest.raises(DirectoryError) as caught:
        graph.get("/groups/1/members?$filter=displayName%20eq%20'Ada%20Brisling'&$top=5")
    assert str(caught.value) == (
        "Microsoft Graph refuses GET /groups/1/members?$filter&$top: "
        "Authorization_RequestDenied: Insufficient privileges. (request-id r-1)"
    )
    assert "Group.Read.All" in str(caught.value.hint)


def test_many_collections_are_read_in_batches_each_to_its_end(connect: Connect) -> None:
    def script(asked: Asked) -> Answered:
        path, _, token = asked.url.partition("?")
        number = int(path.split("/")[2])
        if number == 7:
            return error(404, "Request_ResourceNotFound")
        if number == 8:
            return Answered(200, {"id": "8"})
        if number % 10 == 0 and not token:
            return page([number], f"{BASE}{path}?$skiptoken=2")
        return page([number + 0.5] if token else [number])

    service = Service(script)
    urls = [f"/groups/{number}/members" for number in range(100)]
    got = dict(connect(service).read_all(urls))
    expected = {url: [number] for number, url in enumerate(urls)}
    expected |= {urls[number]: [number, number + 0.5] for number in range(0, 100, 10)}
    assert got == {**expected, urls[7]: None, urls[8]: [{"id": "8"}]}
    assert len(service.sent) <= 10  # 5 batches, and at most as many for the second pages


def test_a_collection_that_took_too_long_is_begun_anew_once_as_nobody_has_seen_it_yet(connect: Connect) -> None:
    def script(asked: Asked) -> Answered:
        if "skiptoken" not in asked.url:
            return page([1], f"{BASE}/groups/1/members?$skiptoken={len(service.asked)}")
        return page([2]) if len(service.asked) > 2 and healed else error(400, "Directory_ExpiredPageToken")

    healed = True
    service = Service(script)
    assert list(connect(service).read_all(["/groups/1/members"])) == [("/groups/1/members", [1, 2])]
    healed = False
    with pytest.raises(ListingExpired):
        list(connect(service).read_all(["/groups/1/members"]))


def test_a_delta_ends_with_the_link_that_the_next_one_begins_with(connect: Connect) -> None:
    link = f"{BASE}/users/delta?$deltatoken=abc%2b"

    def script(asked: Asked) -> Answered:
        if asked.url == "/users/delta?$select=id":
            return page([1], f"{BASE}/users/delta?$skiptoken=x")
        return page([2], delta=link) if "skiptoken" in asked.url else page([3], delta=link)

    service = Service(script)
    graph = connect(service)
    assert list(graph.delta("/users/delta?$select=id", None)) == [[1], [2], link]
    assert list(graph.delta("/users/delta?$select=id", link)) == [[3], link]
    assert service.sent[-1].url.raw_path == b"/v1.0/users/delta?$deltatoken=abc%2b"


@pytest.mark.parametrize(
    "answer",
    [error(410, "resyncRequired"), Answered(410), error(400, "SyncStateNotFound"), error(404, "resyncRequired")],
)
def test_a_forgotten_delta_link_asks_for_reading_anew(connect: Connect, answer: Answered) -> None:
    with pytest.raises(ResyncError):
        list(connect(Service(lambda _asked: answer)).delta("/users/delta", f"{BASE}/users/delta?$deltatoken=old"))


def test_a_delta_without_a_delta_link_is_incomplete(connect: Connect) -> None:
    with pytest.raises(DirectoryError, match="without a delta link"):
        list(connect(Service(lambda _asked: page([1]))).delta("/users/delta", None))
