"""A client whose thread is interrupted, and what must hold afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from attrs import Factory, define

from access_tokens import AccessTokensClient, RetryPolicy

from ..helpers.callers import result_of
from ..helpers.pools import Pools
from ..helpers.scripted import PATIENCE, ScriptedService, scripted_service

_SOON = RetryPolicy(backoff=0.001)
# How long others get to come so far; when they do not, the test is another one, and no wrong one.
A_MOMENT = 0.002
Call = Callable[[], Any]


@define(eq=False)
class Stage:
    """Where a call is interrupted, and what must hold afterwards.

    Attributes:
        exchanges: How many exchanges there may be in all.
        meanwhile: What happens just before the interrupt.
        afterwards: What happens just after it.
        next_call: Is made by this thread and by another one, and must return something.
    """

    service: ScriptedService
    pools: Pools
    stack: ExitStack
    client: AccessTokensClient = Factory(lambda self: self.new_client(), takes_self=True)
    exchanges: int = 2
    meanwhile: Call = lambda: None
    afterwards: Call = lambda: None
    next_call: Call = Factory(lambda self: self.client.list, takes_self=True)
    others: list[tuple[threading.Thread, list[Any]]] = Factory(list)

    def new_client(self, **options: Any) -> AccessTokensClient:
        # Nothing is helped on by the deadline.
        return AccessTokensClient(
            self.service.endpoint, "pat_x", retry=_SOON, deadline=3 * PATIENCE, **options
        )

    def with_jwt(self) -> None:
        self.client.authenticate()
        self.exchanges = 1

    def beside(self, call: Call) -> threading.Thread:
        """Make a call in a thread of its own, which must return something."""
        results: list[Any] = []
        # A daemon, so that one that hangs ends with the tests.
        thread = threading.Thread(target=lambda: results.append(result_of(call)), daemon=True)
        thread.start()
        self.others.append((thread, results))
        return thread

    def check_others(self) -> None:
        """Check that the calls beside are over, and went well."""
        for thread, results in self.others:
            thread.join(PATIENCE)
            assert results, "a thread hangs"
            assert results[0], results
            assert not isinstance(results[0], Exception), results
        self.others.clear()

    def check(self) -> None:
        """Check that no exchange is under way and no connection in use."""
        assert self.client._session._pending is None
        self.pools.check()
        assert self.service.exchanges <= self.exchanges

    def held(self, call: Call) -> Call:
        """Make a call beside, which the service does not answer before what this returns is called."""
        arrived, released = threading.Event(), threading.Event()

        def before(path: str) -> None:
            arrived.set()
            released.wait(10 * PATIENCE)

        self.service.before = before
        self.beside(call)
        assert arrived.wait(PATIENCE)
        return released.set

    def behind(self, call: Call) -> Call:
        """Begin a call, which the service does not answer before the call that this returns waits for it."""
        self.afterwards = go_on = self.held(call)

        def wait() -> Any:
            threading.Timer(A_MOMENT, go_on).start()
            return self.client.list()

        return wait


@contextmanager
def on_stage(pools: Pools) -> Iterator[Stage]:
    """Look at what is left of a client that was interrupted, or forked."""
    pools.reset()
    with scripted_service() as service:
        with ExitStack() as stack:
            yield (stage := Stage(service, pools, stack))
            stack.callback(stage.client.close)
            stage.afterwards()
            stage.check_others()
            stage.check()
            stage.beside(stage.next_call)
            stage.check_others()
            assert stage.next_call()
            stage.check()
        assert service.is_left_alone()
