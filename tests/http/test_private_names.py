"""Names of other libraries that are not public: where one is missing, no promise is dropped."""

import h11
import httpcore
import httpx
import pytest

from access_tokens import EndpointError
from access_tokens._http.private_names import check_libraries

from ..helpers.callers import in_tasks
from ..helpers.operations import LIST, failure_of

pytestmark = pytest.mark.fault(100)
MISSING = "this version of access-tokens-client does not know httpx .*, httpcore .*, anyio "


@pytest.fixture(autouse=True)
def looked_for_again():
    check_libraries.cache_clear()
    yield
    check_libraries.cache_clear()


def check_nothing_was_sent(server, client):
    error = failure_of(LIST, client)
    assert (type(error), error.attempts, error.outcome_unknown) == (EndpointError, 1, False)
    assert isinstance(error.cause, Exception)
    with pytest.raises(Exception, match=MISSING):
        raise error.cause
    assert server.requests == []


def test_a_transport_that_sends_over_something_else_makes_no_connection(server, victim, monkeypatch):
    monkeypatch.setattr(httpx.HTTPTransport, "__init__", lambda self, **options: None)
    check_nothing_was_sent(server, victim)


def test_a_connection_of_which_no_surplus_is_told_is_not_made(server, victim, monkeypatch):
    monkeypatch.delattr(h11.Connection, "trailing_data")
    check_nothing_was_sent(server, victim)


@in_tasks
def test_a_stream_in_which_bytes_may_wait_unseen_is_not_used(server, victim, monkeypatch):
    closed = []

    class Stream(httpcore.AsyncMockStream):
        async def aclose(self) -> None:
            closed.append(self)

    async def connect(*args: object, **options: object) -> httpcore.AsyncNetworkStream:
        return Stream([])

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    check_nothing_was_sent(server, victim)
    assert len(closed) == 1


def test_they_are_looked_for_without_a_request_that_a_mock_would_answer(monkeypatch):
    """As by respx, which replaces these methods, and refuses what no route is for."""
    for owner in (httpcore.HTTPConnection, httpcore.ConnectionPool):
        monkeypatch.setattr(owner, "handle_request", lambda self, request: pytest.fail("it was sent"))
    check_libraries()
