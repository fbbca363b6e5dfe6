"""Services that several threads and processes start and stop, or that find no IPv4, or have odd options."""

import errno
import os
import socket
import subprocess
import sys
from typing import Any

import pytest

from access_tokens import AccessTokensClient
from access_tokens.testing import LocalService

from ..helpers.children import Child, forks
from ..helpers.threads import PATIENCE, outcomes


def answers(service: LocalService) -> bool:
    with AccessTokensClient(service.endpoint, service.admin_pat) as client:
        return len(client.list()) == 1


def test_threads_that_start_it_at_once_have_one_server():
    service = LocalService()

    def start() -> str:
        service.start()
        return service.endpoint

    for _ in range(5):
        assert len(set(outcomes(*[start] * 8))) == 1
        assert answers(service)
        service.stop()


def test_threads_may_stop_it_at_once():
    service = LocalService()
    for _ in range(5):
        service.start()
        assert outcomes(*[service.stop] * 8) == [None] * 8
        with pytest.raises(RuntimeError, match="does not run"):
            _ = service.endpoint


def test_threads_may_start_and_stop_it_at_once():
    """Whatever comes of it, no server is lost: Python warns of what is not closed."""
    service = LocalService()
    for _ in range(10):
        assert outcomes(*[service.start, service.stop] * 4) == [None] * 8
    service.start()
    assert answers(service)
    service.stop()


FORKED = """
import gc, os, sys
from access_tokens import AccessTokensClient
from access_tokens.testing import LocalService

def answers(service):
    with AccessTokensClient(service.endpoint, service.admin_pat) as client:
        return len(client.list()) == 1

with LocalService() as service:
    assert answers(service)
    endpoint = service.endpoint
    child = os.fork()
    if child == 0:
        assert answers(service) and service.endpoint == endpoint
        service.start()
        assert answers(service) and service.endpoint != endpoint
        service.stop()
        gc.collect()
        sys.stderr.flush()
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), answers(service))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_may_start_its_own_and_leaves_that_of_the_parent_alone():
    command = [sys.executable, "-W", "error", "-W", "ignore:This process", "-X", "dev", "-c", FORKED]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ended.stdout, ended.stderr) == ("0 True\n", "")


class TestForks:
    pytestmark = forks

    def test_a_child_may_take_the_port_over(self):
        """It does not listen there for the parent."""
        reading, writing = os.pipe()
        with LocalService() as service:
            service.port = int(service.endpoint.rpartition(":")[2])
            child = Child(lambda: os.read(reading, 1) and restarted(service))
        os.write(writing, b"x")
        assert child.succeeds()
        os.close(reading)
        os.close(writing)

    def test_a_child_may_be_forked_while_another_thread_starts_one(self):
        services = [LocalService() for _ in range(8)]

        def fork() -> bool:
            return Child(lambda: all(restarted(service) for service in services)).succeeds()

        assert all(outcomes(*[service.start for service in services], fork)[-1:])
        for service in services:
            service.stop()


def restarted(service: LocalService) -> bool:
    service.start()
    good = answers(service)
    service.stop()
    return good


FINALIZED = """
from access_tokens.testing import LocalService

def hold():
    with LocalService() as service:
        yield service

class Owner:
    def __init__(self):
        self.itself, self.held = self, hold()
        next(self.held)

    def __del__(self):
        self.held.close()
        try:
            LocalService().start()
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


@pytest.mark.parametrize("missing", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
@pytest.mark.skipif(not socket.has_ipv6, reason="this system has no IPv6")
def test_it_listens_on_ipv6_where_there_is_no_other(missing, monkeypatch):
    create_server = socket.create_server

    def create(address: Any, **options: Any) -> socket.socket:
        if options.get("family") != socket.AF_INET6:
            raise OSError(missing, os.strerror(missing))
        return create_server(address, **options)

    monkeypatch.setattr(socket, "create_server", create)
    with LocalService() as service:
        assert service.endpoint.startswith("http://[::1]:")
        service.drop_next()
        assert answers(service)
        assert len(service.requests) == 3


@pytest.mark.fault(70)
@pytest.mark.parametrize(
    "option",
    [
        *[{"port": port} for port in (-1, 65536, "80", True, None, 1.5)],
        *[{name: path} for name in ("auth_path", "admin_path") for path in ("auth", "/a b", "/a?b", 7)],
        *[{"prefix": prefix} for prefix in ("a b", "\n", "x" * 135, None)],
        *[{"lifetime": lifetime} for lifetime in ("60", True, None, 0.5)],
        *[{"rate_limit": limit} for limit in (5, (5,), (5, 0), ("5", 60), (5, float("nan")), [5, 60, 1])],
        {"issuer": None},
        *[{name: 1} for name in ("bootstrap", "empty", "documented", "nulls")],
        {"errors": ["json"]},
    ],
    ids=str,
)
def test_an_option_that_makes_no_sense_is_refused_by_name(option):
    [name] = option
    with pytest.raises(ValueError, match=f"^{name} must be "):
        LocalService(**option)


@pytest.mark.fault(70)
def test_it_is_refused_later_as_well(service):
    with pytest.raises(ValueError, match="^rate_limit must be "):
        service.rate_limit = (-1, 60)
    service.rate_limit = (0, 0.5)
