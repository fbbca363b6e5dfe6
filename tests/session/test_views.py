"""Views of a client with other patience, which share everything else (case 104)."""

from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from access_tokens_api.api.tokens import list_tokens

from access_tokens import (
    AccessTokensClient,
    AuthenticationError,
    ClientClosedError,
    RetryPolicy,
    UnavailableError,
)

from ..helpers.api_calls import invoke
from ..helpers.callers import ASYNC, SyncCaller, in_tasks, result_of, run
from ..helpers.children import Child, forks
from ..helpers.failing_calls import call_another_api
from ..helpers.fault_server import EXCHANGE, TOKENS, Peer
from ..helpers.plays import Held, refuse
from ..helpers.threads import Task
from .crowds import until_waiting

pytestmark = pytest.mark.fault(104)
ONCE = RetryPolicy(retries=0)


def test_its_options_hold_and_those_of_the_client_go_on_to(client, server):
    view = client.with_options(retry=RetryPolicy(retries=1, backoff=0.5))
    server.always(TOKENS, refuse(503))
    assert result_of(view.list).attempts == 2
    assert result_of(client.list).attempts == 4
    assert client.clock.waits == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    "options", [{"timeout": 0.05}, {"timeout": httpx.Timeout(0.05)}, {"deadline": 0.05}], ids=str
)
def test_its_patience_is_its_own(client, server, options):
    client.authenticate()
    server.play(TOKENS, Peer.stall)
    error = result_of(client.with_options(retry=ONCE, **options).list)
    assert isinstance(error, UnavailableError)
    held = Held()
    server.play(TOKENS, held)
    call = Task(client.list)
    held.came()
    held.go_on()
    assert call.outcome()
    assert server.count(EXCHANGE) == 1


def test_a_view_of_a_view_keeps_what_it_does_not_change(make_client, server):
    client = make_client(server.endpoint, "pat_x", timeout=7, deadline=70)
    settings = client.with_options(deadline=60).with_options(retry=ONCE).client._session.settings
    assert (settings.deadline, settings.retry, settings.timeout.read) == (60, ONCE, 7)
    same = client.with_options().client._session.settings
    assert same == client.client._session.settings
    assert client.with_options(timeout=httpx.Timeout(None)).client._session.settings.timeout.read is None


def test_they_share_connections_and_jwt(client, server):
    view = client.with_options(deadline=50)
    view.list()
    client.list()
    view.with_options(timeout=5).list()
    view.authenticate()
    assert (server.count(EXCHANGE), server.connections) == (2, 1)
    assert client.bearer() == view.bearer()
    view.discard(client.bearer())
    client.list()
    assert server.count(EXCHANGE) == 3
    assert (view.token_id, repr(view.client)) == (client.token_id, repr(client.client))


@pytest.mark.parametrize("closes_view", [True, False])
def test_closing_one_closes_all(client, server, closes_view):
    view = client.with_options(deadline=50)
    held = Held()
    server.play(TOKENS, held)
    closing, other = (view, client) if closes_view else (client, view)
    call = Task(lambda: result_of(other.list))
    held.came()
    closing.close()
    assert isinstance(call.outcome(), ClientClosedError)
    held.go_on()
    for each in (other, closing, view.with_options(timeout=3)):
        assert isinstance(result_of(each.list), ClientClosedError)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"timeout": 0}, "^timeout must be a number of seconds"),
        ({"timeout": "5"}, "^timeout must be a number of seconds or an httpx.Timeout, not str"),
        ({"timeout": httpx.Timeout(5, read=-1)}, r"^timeout\.read must be"),
        ({"deadline": float("nan")}, "^deadline must be"),
        ({"deadline": True}, "^deadline must be"),
        ({"retry": 3}, "^retry must be a RetryPolicy, not int"),
    ],
)
def test_a_mistake_is_told_at_once(client, server, options, problem):
    with pytest.raises((ValueError, TypeError), match=problem):
        client.with_options(**options)
    assert server.requests == []


def waiting(caller: Any, count: int = 1) -> Task:
    """Return a call that waits for the exchange of another, as the last of so many."""
    if isinstance(caller, SyncCaller):
        task = Task(lambda: result_of(caller.list))
        until_waiting(caller, count)
        return task
    future = caller.portal.start_task_soon(caller.client.list)
    caller.portal.call(anyio.wait_all_tasks_blocked)
    return Task(lambda: result_of(future.result))


def test_who_gives_up_an_exchange_does_not_fail_those_who_wait_longer(client, server):
    """They make another. One that is as impatient shares the failure."""
    held, hasty = Held(refuse(503)), client.with_options(retry=ONCE)
    server.play(EXCHANGE, held)
    leader = Task(lambda: result_of(hasty.list))
    held.came()
    waiters = [waiting(client), waiting(client.with_options(retry=ONCE), 2)]
    held.go_on()
    assert isinstance(leader.outcome(), UnavailableError)
    assert [type(each.outcome()) for each in waiters] == [list, UnavailableError]
    assert (server.count(EXCHANGE), client.clock.waits) == (2, [])


def test_who_does_not_wait_for_an_exchange_leaves_it_to_those_who_do(client, server):
    held = Held()
    server.play(EXCHANGE, held)
    leader = Task(client.list)
    held.came()
    error = result_of(client.with_options(deadline=0.05).list)
    assert isinstance(error, UnavailableError)
    assert "within the deadline of 0.05 s" in str(error)
    held.go_on()
    assert leader.outcome()
    assert server.count(EXCHANGE) == 1


def test_a_pat_that_is_refused_is_refused_for_all(client, server):
    held = Held(refuse(401))
    server.play(EXCHANGE, held)
    leader = Task(lambda: result_of(client.with_options(retry=ONCE).list))
    held.came()
    waiter = waiting(client)
    held.go_on()
    assert [type(each.outcome()) for each in (leader, waiter)] == [AuthenticationError] * 2
    assert server.count(EXCHANGE) == 1


def test_what_it_carries_has_its_patience_too(client, server):
    """`auth`, `api` and `iter_tokens`: a failed exchange is repeated by the policy of the view."""
    server.always(EXCHANGE, refuse(503))
    view = client.with_options(retry=RetryPolicy(retries=1, backoff=0.25))
    calls: list[Callable[[Any], Any]] = [
        call_another_api,
        lambda each: each.iter_tokens(),
        lambda each: each.bearer(),
        lambda each: invoke(each, list_tokens),
    ]
    for call in calls:
        assert isinstance(result_of(lambda call=call: call(view)), UnavailableError)  # type: ignore[misc]
    assert client.clock.waits == [0.25] * 4


class Named(AccessTokensClient):
    """A client with an attribute and a method of its own."""

    def __init__(self, *args: Any, name: str) -> None:
        super().__init__(*args)
        self.name = name

    def owners(self) -> str:
        return self.name + "".join(each.owner for each in self.list())


def test_a_view_is_of_the_same_class(server):
    with Named(server.endpoint, "pat_x", name="of ") as client:
        view = client.with_options(deadline=9)
        assert (type(view), view.owners()) == (Named, "of x")


@pytest.mark.parametrize("forked", ["before", "in use"])
@pytest.mark.fault(36)
@forks[0]
@forks[1]
def test_a_view_works_in_a_forked_child(server, forked):
    with AccessTokensClient(server.endpoint, "pat_x") as client:
        view = client.with_options(deadline=9)
        if forked == "in use":
            view.list()
        child = Child(lambda: view.list() and client.list() and client.with_options(timeout=3).list())
        assert child.succeeds()
        assert view.list()


@in_tasks
def test_a_view_works_in_several_event_loops(make_shared, server, variant):
    shared = make_shared()
    view = shared.with_options(deadline=9)
    for loop in (variant, *ASYNC):
        assert run(loop, view.list) == run(loop, shared.list)
    assert server.count(EXCHANGE) == 1
    run(variant, view.aclose)
    assert isinstance(result_of(lambda: run(variant, shared.list)), ClientClosedError)
