"""Services of a process that forks."""

import os

from access_tokens import AccessTokensClient
from access_tokens.testing import LocalService

from ..helpers.children import Child, forks
from ..helpers.threads import outcomes

pytestmark = forks


def answers(service: LocalService) -> bool:
    with AccessTokensClient(service.endpoint, service.admin_pat) as client:
        return len(client.list()) == 1


def restarted(service: LocalService) -> bool:
    service.start()
    good = answers(service)
    service.stop()
    return good


def test_a_child_may_start_its_own_and_leaves_that_of_the_parent_alone():
    with LocalService() as service:
        assert Child(lambda: answers(service) and restarted(service)).succeeds()
        assert answers(service)


def test_a_child_may_take_the_port_over():
    """It does not listen there for the parent."""
    reading, writing = os.pipe()
    with LocalService() as service:
        service.port = int(service.endpoint.rpartition(":")[2])
        child = Child(lambda: os.read(reading, 1) and restarted(service))
    os.write(writing, b"x")
    assert child.succeeds()
    os.close(reading)
    os.close(writing)


def test_a_child_may_be_forked_while_another_thread_starts_one():
    services = [LocalService() for _ in range(4)]

    def fork() -> bool:
        return Child(lambda: all(restarted(service) for service in services)).succeeds()

    assert all(outcomes(*[service.start for service in services], fork)[-1:])
    for service in services:
        service.stop()
