"""Forked children of a test."""

import faulthandler
import gc
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs
from weakref import WeakSet

import pytest

from access_tokens import AsyncAccessTokensClient

from .fault_server import RECORD, Peer, response
from .threads import PATIENCE, until

forks = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    # Python warns that what is tested here is dangerous.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


class Child:
    """A child that makes a call and ends.

    Args:
        call: Returns whether all is well.
    """

    def __init__(self, call: Callable[[], Any]) -> None:
        self.pid = _forked()
        if self.pid == 0:
            os._exit(_exit_code(call))

    def succeeds(self) -> bool:
        """Wait for the end, and tell whether all was well."""
        return _succeeds(self.pid)


class Twin:
    """A child that is forked in the midst of a call, and goes on with it as its parent does.

    Attributes:
        begin: What the child does first; returns whether all is well.
    """

    def __init__(self, begin: Callable[[], Any] = lambda: True) -> None:
        self.begin = begin
        self._pid: int | None = None
        self._is_well = True

    def fork(self) -> None:
        """Fork, where the call is now."""
        self._pid = _forked()
        if self._pid == 0:
            self._is_well = _exit_code(self.begin) == 0

    @property
    def is_parent(self) -> bool:
        return self._pid != 0

    def call(self, call: Callable[[], Any]) -> Any:
        """Make a call, and return what it returns; the child ends with it."""
        try:
            result = call()
        except BaseException:
            if self._pid == 0:
                traceback.print_exc()
                os._exit(2)
            raise
        if self._pid == 0:
            os._exit(0 if self._is_well and result else 1)
        return result

    def succeeds(self) -> bool:
        """Wait for the end of the child, and tell whether all was well."""
        assert self._pid, "nothing was forked"
        return _succeeds(self._pid)


def _forked() -> int:
    """Fork. A child that hangs is ended by an alarm, says where, and handles no alarm as its parent does."""
    pid = os.fork()
    if pid == 0:
        gc.freeze()  # or a collection would copy the memory of the parent
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        faulthandler.register(signal.SIGALRM, file=sys.__stderr__ or sys.stderr, chain=True)
        signal.alarm(int(PATIENCE))
        # Another thread may have been writing to the log, whose file stays locked here for ever.
        logging.disable()
    return pid


def _succeeds(pid: int) -> bool:
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code != -signal.SIGALRM, "the child hangs"
    return code == 0


def _exit_code(call: Callable[[], Any]) -> int:
    try:
        return 0 if call() else 1
    except BaseException:  # noqa: BLE001 - nothing may return from here into the test
        traceback.print_exc()
        return 2


def echo(peer: Peer) -> None:
    """Answer a list with a record whose owner is the role that was asked for."""
    [role] = parse_qs(peer.request.target.partition("?")[2])["hasRole"]
    peer.send(response(200, {"records": [RECORD | {"owner": role}]}))


def owners(client: Any, role: str) -> set[str]:
    """Return whose answer a client gets."""
    return {record.owner for record in client.list(has_role=role)}


def gets_its_own(client: Any, name: str, calls: int = 1) -> bool:
    """Tell whether each of some calls is answered with what it has asked for."""
    roles = [f"{name}-{number}" for number in range(calls)]
    return all(owners(client, role) == {role} for role in roles)


def locks_of(owner: Any, seen: set[int] | None = None) -> Iterator[Any]:
    """Find the locks of an object of the package, wherever it keeps them."""
    seen = set() if seen is None else seen
    for value in [*getattr(owner, "__dict__", {}).values(), *_slots(owner)]:
        if id(value) in seen:
            continue
        seen.add(id(value))
        if hasattr(value, "acquire") and hasattr(value, "release"):
            yield value
        elif type(value).__module__.startswith("access_tokens"):
            yield from locks_of(value, seen)


def _slots(owner: Any) -> list[Any]:
    names = [name for kind in type(owner).__mro__ for name in getattr(kind, "__slots__", ())]
    return [getattr(owner, name) for name in names if hasattr(owner, name)]


@contextmanager
def left_behind(
    endpoint: str, **options: Any
) -> Generator[Callable[[], AsyncAccessTokensClient], None, None]:
    """Make clients that nobody closes, and see in the end that they are gone.

    The warnings that their sockets are unclosed would fall upon another test otherwise.
    """
    sessions = WeakSet[Any]()

    def make() -> AsyncAccessTokensClient:
        client = AsyncAccessTokensClient(endpoint, "pat_x", **options)
        sessions.add(client._session)
        return client

    yield make
    until(lambda: gc.collect() >= 0 and not sessions)
