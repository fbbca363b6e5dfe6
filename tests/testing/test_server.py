"""The service on the loopback interface."""

import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress

import httpx
import pytest

from access_tokens.testing import LocalService

Connect = Callable[[LocalService], httpx.Client]


def test_it_listens_on_a_free_loopback_port_while_it_runs(connect):
    with LocalService() as service:
        endpoint = service.endpoint
        assert endpoint.startswith("http://127.0.0.1:")
        http = connect(service)
        assert http.get("/").status_code == 404

    with pytest.raises(httpx.ConnectError):
        http.get("/")


def test_it_has_no_endpoint_while_it_does_not_run():
    service = LocalService()
    with pytest.raises(RuntimeError, match="does not run"):
        _ = service.endpoint
    service.start()
    service.stop()
    with pytest.raises(RuntimeError, match="does not run"):
        _ = service.endpoint


def test_start_and_stop_keep_the_state(connect):
    service = LocalService()
    for _ in range(2):
        service.start()
        headers = {"Authorization": f"Bearer {service.admin_pat}"}
        assert connect(service).post("/auth/token", headers=headers).status_code == 200
        service.stop()
    assert service.exchanges == 2


def test_start_may_be_called_twice(service):
    endpoint = service.endpoint
    service.start()
    assert service.endpoint == endpoint


def test_stop_may_be_called_twice(service):
    service.stop()
    service.stop()


def test_stop_closes_what_was_accepted_just_before():
    """Python warns of what is not closed, of which the test would fail."""
    for _ in range(4):
        with LocalService() as service:
            port = int(service.endpoint.rpartition(":")[2])
            connecting = threading.Thread(target=connect_until_refused, args=[port])
            connecting.start()
            threading.Event().wait(0.005)
        connecting.join()
        del service
        gc.collect()


def connect_until_refused(port: int) -> None:
    with suppress(OSError):
        while True:
            socket.create_connection(("127.0.0.1", port)).close()


def test_taken_port_is_an_error_at_start(service):
    taken = int(service.endpoint.rpartition(":")[2])

    with pytest.raises(OSError, match="in use"):
        LocalService(port=taken).start()


def test_port_is_an_option():
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]

    with LocalService(port=port) as service:
        assert service.endpoint == f"http://127.0.0.1:{port}"


def test_stop_leaves_no_thread(connect):
    before = set(threading.enumerate())
    service = LocalService()
    service.start()
    http = connect(service)
    http.post("/auth/token", headers={"Authorization": f"Bearer {service.admin_pat}"})

    service.stop()

    assert set(threading.enumerate()) <= before


def test_stop_does_not_wait_for_delayed_requests(connect):
    service = LocalService()
    service.start()
    http = connect(service)
    service.delay_next(1, 3600)
    outcome: list[Exception] = []

    def call() -> None:
        try:
            http.get("/")
        except httpx.HTTPError as error:
            outcome.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    while not service.requests:
        threading.Event().wait(0.001)
    service.stop()
    caller.join()

    assert isinstance(outcome[0], httpx.RemoteProtocolError | httpx.ReadError)


def test_it_leaves_signal_handlers_alone():
    before = signal.getsignal(signal.SIGTERM)

    with LocalService():
        assert signal.getsignal(signal.SIGTERM) is before


def test_fifty_callers_are_served_at_once(service, http):
    statuses: list[int] = []

    def call() -> None:
        answer = http.post(
            "/auth/token", headers={"Authorization": f"Bearer {service.admin_pat}"}, timeout=30
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=call) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 50


def test_it_logs_nothing(connect, caplog):
    caplog.set_level(logging.INFO)
    with LocalService() as service:
        http = connect(service)
        service.drop_next()
        with pytest.raises(httpx.RemoteProtocolError):
            http.get("/")
        http.get("/")
        with socket.create_connection(("127.0.0.1", int(service.endpoint.rpartition(":")[2]))) as raw:
            raw.sendall(b"nonsense\r\n\r\n")
            assert b"400" in raw.recv(1000)

    assert [record for record in caplog.records if not record.name.startswith("http")] == []


def test_drop_after_the_client_has_gone_is_no_error(service, http, caplog):
    service.delay_next(1, 30)
    service.drop_next()

    with pytest.raises(httpx.ReadTimeout):
        http.get("/", timeout=0.1)
    service.stop()

    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


def test_another_uvicorn_in_the_process_keeps_its_log(service, caplog):
    caplog.set_level(logging.INFO)

    logging.getLogger("uvicorn.error").info("still here")

    assert "still here" in caplog.text


def test_forwarded_headers_do_not_confuse_a_drop(service, http):
    service.drop_next()

    with pytest.raises(httpx.RemoteProtocolError):
        http.get("/", headers={"X-Forwarded-For": "192.0.2.1"})
