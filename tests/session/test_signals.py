"""What a signal handler has raised is told from what a connection has raised, by where it was raised."""

import signal
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import Mock

import httpcore
import httpx
import pytest

from access_tokens._http.private_names import send_over
from access_tokens._signals import is_from_handler, mark, pass_on, suppress

from ..helpers.signals import handled_by, needs_signals

pytestmark = [pytest.mark.fault(66), needs_signals]


def fail() -> None:
    raise TimeoutError


def any_arguments(*_: Any) -> None:
    raise TimeoutError


def deleting(signum: int, frame: object) -> None:
    del signum, frame
    raise TimeoutError


def rebinding(signum: int, frame: object) -> None:
    signum, frame = 0, None  # noqa: F841 - so that they are gone
    raise TimeoutError


def restoring(signum: int, frame: object) -> None:
    signal.signal(signum, signal.SIG_DFL)
    fail()


def enclosing(signum: int, frame: object) -> None:
    def interrupted() -> object:
        return frame

    fail()
    interrupted()


class Limit:
    def __call__(self, signum: int, frame: object) -> None:
        fail()

    def method(self, signum: int, frame: object) -> None:
        del signum, frame
        fail()


def decorated(function: Callable[..., None]) -> Callable[..., None]:
    def call(*args: Any) -> None:
        function(*args)

    return call


HANDLERS: dict[str, Callable[..., Any]] = {
    "a function": restoring,
    "one that deletes its parameters": deleting,
    "one that rebinds them": rebinding,
    "one with a closure": enclosing,
    "any arguments": any_arguments,
    "decorated": decorated(deleting),
    "a lambda": lambda *_: fail(),
    "a method": Limit().method,
    "an object": Limit(),
    "partial": partial(lambda text, signum, frame: fail(), "too late"),
    "partial, and deletes them": partial(deleting),
    "a mock": Mock(side_effect=TimeoutError),
}


def interrupted() -> None:
    signal.raise_signal(signal.SIGUSR1)


def caught(call: Callable[[], Any]) -> Exception:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - any
        call()
    return raised.value


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
def test_every_sort_of_handler_is_known_and_what_others_raise_meanwhile_is_not_its(handler):
    with handled_by(handler):
        assert is_from_handler(caught(interrupted))
        assert not is_from_handler(caught(fail))
        assert not is_from_handler(caught(Mock(side_effect=OSError)))
        assert not is_from_handler(caught(decorated(fail)))


def test_a_class_of_the_transports_is_a_connections():
    def handler(signum: int, frame: object) -> None:
        raise httpx.ReadTimeout("x")

    with handled_by(handler):
        assert not is_from_handler(caught(interrupted))


class Interrupted(httpcore.SyncBackend):
    """Is interrupted while it connects."""

    def connect_tcp(self, *_: Any, **__: Any) -> Any:
        with httpcore._exceptions.map_exceptions({TimeoutError: httpcore.ConnectTimeout}):
            interrupted()


def mapped_twice() -> None:
    """By httpcore, and by httpx."""
    with httpx.HTTPTransport() as transport:
        send_over(transport, httpcore.ConnectionPool(network_backend=Interrupted()))
        transport.handle_request(httpx.Request("GET", "http://x"))


def raise_again(error: Exception) -> None:
    raise error


def test_what_libraries_have_made_another_exception_of_is_passed_on():
    limit = TimeoutError()
    with handled_by(lambda *_: raise_again(limit)):
        mapped = caught(mapped_twice)
    assert type(mapped) is httpx.ConnectTimeout
    assert caught(lambda: pass_on(mapped)) is limit
    assert limit.__context__ is None


def convert() -> None:
    """As a transport of one's own does, with a limit of its own."""
    try:
        interrupted()
    except TimeoutError as error:
        raise httpx.ReadTimeout("x") from error


def try_another() -> None:
    try:
        interrupted()
    except TimeoutError:
        fail()


@pytest.mark.parametrize("transport", [convert, try_another])
def test_what_the_caller_has_caught_is_not_passed_on(transport):
    with handled_by(restoring):
        pass_on(caught(transport))


def test_a_handlers_exception_is_known_when_its_traceback_is_gone():
    with handled_by(restoring):
        error, other = caught(interrupted), caught(fail)
    for each in (error, other):
        mark(each)
        each.__traceback__ = None
    assert (is_from_handler(error), is_from_handler(other)) == (True, False)


def test_what_a_handler_raises_is_not_suppressed():
    with handled_by(restoring):
        with suppress(TimeoutError):
            fail()
        with pytest.raises(TimeoutError), suppress(TimeoutError):
            interrupted()
