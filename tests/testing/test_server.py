"""The service on the loopback interface."""

import errno
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing, suppress
from typing import Any

import httpx
import pytest

from access_tokens.testing import LocalService

from ..helpers.local_service import exchange
from ..helpers.threads import PATIENCE, outcomes


def port_of(service: LocalService) -> int:
    return int(service.endpoint.rpartition(":")[2])


def test_it_has_an_endpoint_while_it_runs_and_keeps_its_state(connect):
    service = LocalService()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="does not run"):
            _ = service.endpoint
        service.start()
        assert service.endpoint.startswith("http://127.0.0.1:")
        http = connect(service)
        assert exchange(http, service.admin_pat).status_code == 200
        service.stop()
        with pytest.raises(httpx.ConnectError):
            http.get("/")
    assert service.exchanges == 2


def test_start_and_stop_may_be_called_by_several_threads_at_once():
    service = LocalService()

    def start() -> str:
        service.start()
        return service.endpoint

    for _ in range(3):
        assert len(set(outcomes(*[start] * 8))) == 1
        assert outcomes(*[service.stop] * 8) == [None] * 8
        with pytest.raises(RuntimeError, match="does not run"):
            _ = service.endpoint


def test_start_and_stop_may_be_called_in_any_order(connect):
    """Whatever comes of it, no server is lost: Python warns of what is not closed."""
    service = LocalService()
    for _ in range(5):
        assert outcomes(*[service.start, service.stop] * 4) == [None] * 8
    with service:
        assert exchange(connect(service), service.admin_pat).status_code == 200


def test_stop_closes_what_was_accepted_just_before():
    """Python warns of what is not closed, of which the test would fail."""
    for _ in range(4):
        with LocalService() as service:
            connecting = threading.Thread(target=connect_until_refused, args=[port_of(service)])
            connecting.start()
            threading.Event().wait(0.005)
        connecting.join()
        del service
    gc.collect()


def connect_until_refused(port: int) -> None:
    with suppress(OSError):
        while True:
            socket.create_connection(("127.0.0.1", port)).close()


def test_its_port_is_an_option_and_must_be_free(service):
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    with LocalService(port=port) as chosen:
        assert chosen.endpoint == f"http://127.0.0.1:{port}"

    with pytest.raises(OSError, match="in use"):
        LocalService(port=port_of(service)).start()


@pytest.mark.parametrize("missing", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
@pytest.mark.skipif(not socket.has_ipv6, reason="this system has no IPv6")
def test_it_listens_on_ipv6_where_there_is_no_other(missing, monkeypatch, connect):
    create_server = socket.create_server

    def create(address: Any, **options: Any) -> socket.socket:
        if options.get("family") != socket.AF_INET6:
            raise OSError(missing, os.strerror(missing))
        return create_server(address, **options)

    monkeypatch.setattr(socket, "create_server", create)
    with LocalService() as service:
        assert service.endpoint.startswith("http://[::1]:")
        service.drop_next()
        with pytest.raises(httpx.RemoteProtocolError):
            connect(service).get("/")


def test_stop_leaves_no_thread(connect):
    before = set(threading.enumerate())
    with LocalService() as service:
        exchange(connect(service), service.admin_pat)

    assert set(threading.enumerate()) <= before


def test_stop_does_not_wait_for_delayed_requests(fresh, connect):
    http, outcome = connect(fresh), []
    fresh.delay_next(1, 3600)

    def call() -> None:
        try:
            http.get("/")
        except httpx.HTTPError as error:
            outcome.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    while not fresh.requests:
        threading.Event().wait(0.001)
    fresh.stop()
    caller.join()

    assert isinstance(outcome[0], httpx.RemoteProtocolError | httpx.ReadError)


def test_it_leaves_signal_handlers_alone():
    before = signal.getsignal(signal.SIGTERM)
    with LocalService():
        assert signal.getsignal(signal.SIGTERM) is before


FINALIZED = """
import gc
from access_tokens.testing import LocalService

gc.disable()  # so that the owner is found by the interpreter at its end, and not before

def hold():
    with LocalService() as service:
        yield service

class Owner:
    def __init__(self):
        self.itself, self.held, self.other = self, hold(), LocalService()
        next(self.held)

    def __del__(self):
        self.held.close()
        try:
            self.other.start()
        except RuntimeError as error:
            print(error)

Owner()
"""


@pytest.mark.fault(69)
def test_it_may_be_stopped_when_no_thread_runs_any_more():
    """And a start fails, for want of a thread."""
    command = [sys.executable, "-c", FINALIZED]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ended.stdout, ended.stderr) == ("can't start new thread\n", "")


def test_it_logs_nothing_and_leaves_other_logs_of_uvicorn_alone(service, http, caplog):
    caplog.set_level(logging.INFO)
    service.drop_next()
    with pytest.raises(httpx.RemoteProtocolError):
        http.get("/")
    http.get("/")
    with socket.create_connection(("127.0.0.1", port_of(service))) as raw:
        raw.sendall(b"nonsense\r\n\r\n")
        assert b"400" in raw.recv(1000)

    assert [record for record in caplog.records if not record.name.startswith("http")] == []
    logging.getLogger("uvicorn.error").info("still here")
    assert "still here" in caplog.text
