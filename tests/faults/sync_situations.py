"""What a thread may be doing when it is interrupted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import httpx
import pytest

from access_tokens import AccessTokensClient, ClientClosedError

from ..helpers.scripted import PATIENCE, UNAVAILABLE
from .sync_stage import A_MOMENT, Call, Stage

# The situations: each prepares a call


def leader(stage: Stage) -> Call:
    """One whose exchange another waits for, which has come just before the interrupt."""
    stage.meanwhile = lambda: stage.beside(stage.client.list).join(A_MOMENT)
    return stage.client.list


def renewal(stage: Stage) -> Call:
    stage.with_jwt()
    stage.client._session.now = lambda: time.monotonic() + 3580
    stage.exchanges = 3
    return stage.client.list


def retry_wait(stage: Stage) -> Call:
    stage.with_jwt()
    stage.service.answers.append(UNAVAILABLE)
    return stage.client.list


def waiter(stage: Stage) -> Call:
    """One that waits for the exchange of another."""
    stage.exchanges = 1
    return stage.behind(stage.client.list)


def queued(stage: Stage) -> Call:
    """One that waits for the connection of another."""
    stage.with_jwt()
    return stage.behind(stage.client.list)


def http_client(stage: Stage) -> Call:
    """One that goes through the caller's own HTTP stack."""
    own = stage.stack.enter_context(httpx.Client())
    stage.client = stage.new_client(http_client=own)
    stage.next_call = stage.client.list
    return stage.client.list


def iteration(stage: Stage) -> Call:
    stage.with_jwt()
    return lambda: list(stage.client.iter_tokens())


def auth(stage: Stage) -> Call:
    """A request to another API, which refuses the JWT at first."""
    stage.with_jwt()
    stage.exchanges = 3
    refusals = iter([401])
    transport = httpx.MockTransport(lambda request: httpx.Response(next(refusals, 200)))
    own = stage.stack.enter_context(httpx.Client(auth=stage.client.auth, transport=transport))
    stage.next_call = lambda: own.get("https://other.example").is_success
    return stage.next_call


def closing(stage: Stage) -> Call:
    """It is done again after the interrupt, and ends what others do."""
    stage.with_jwt()
    stage.stack.callback(stage.held(lambda: is_closed(stage.client)))
    stage.afterwards = stage.client.close
    stage.next_call = lambda: is_closed(stage.client)

    def close() -> bool:
        stage.client.close()
        return True

    return close


def is_closed(client: AccessTokensClient) -> bool:
    with pytest.raises(ClientClosedError):
        client.list()
    return True


Situation = Callable[[Stage], Call]
SITUATIONS: list[Situation] = [
    leader,
    renewal,
    retry_wait,
    waiter,
    queued,
    http_client,
    iteration,
    auth,
    closing,
]


# The waits: each prepares a call that waits, and has it interrupted then


def for_an_answer(stage: Stage, interrupt: Call) -> Call:
    stage.service.before = _instead_of_answering(stage, interrupt)
    return stage.client.list


def for_the_rest_of_an_answer(stage: Stage, interrupt: Call) -> Call:
    stage.with_jwt()
    stage.service.halfway = _instead_of_answering(stage, interrupt)
    return stage.client.list


def _instead_of_answering(stage: Stage, interrupt: Call) -> Callable[..., None]:
    come = threading.Event()

    def answer(*_: str) -> None:
        interrupt()
        come.wait(PATIENCE)

    def afterwards() -> None:
        stage.service.before, stage.service.halfway = (lambda _: None), None
        come.set()

    stage.afterwards = afterwards
    return answer


def for_a_retry(stage: Stage, interrupt: Call) -> Call:
    stage.with_jwt()
    stage.service.answers.append(UNAVAILABLE)
    sleep = stage.client._session._sleep

    def fall_asleep(seconds: float) -> None:
        threading.Timer(A_MOMENT, interrupt).start()
        sleep(PATIENCE)

    stage.client._session._sleep = fall_asleep  # type: ignore[method-assign]
    return stage.client.list


def for_an_exchange(stage: Stage, interrupt: Call) -> Call:
    stage.exchanges = 1
    stage.afterwards = stage.held(stage.client.list)

    def wait() -> None:
        threading.Timer(A_MOMENT, interrupt).start()
        stage.client.list()

    return wait


def for_a_connection(stage: Stage, interrupt: Call) -> Call:
    stage.with_jwt()
    return for_an_exchange(stage, interrupt)


Wait = Callable[[Stage, Call], Call]
WAITS: list[Wait] = [
    for_an_answer,
    for_the_rest_of_an_answer,
    for_a_retry,
    for_an_exchange,
    for_a_connection,
]
