"""What fails before the first byte of a request is written: nothing was sent, and nothing is unknown."""

import errno
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensError, ClientClosedError, UnavailableError

from ..helpers.fault_server import Peer
from ..helpers.operations import ISSUE, failure_of, keep_jwt
from ..helpers.proxies import ENDPOINT
from ..helpers.threads import PATIENCE, Task

pytestmark = pytest.mark.fault(67)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def check_passing(error: AccessTokensError, client: Any) -> None:
    assert type(error) is UnavailableError
    assert (error.attempts, client.clock.waits, error.outcome_unknown) == (4, [1.0, 2.0, 4.0], False)


NO_DESCRIPTOR = OSError(errno.EMFILE, "Too many open files")
# What a handshake calls, for threads and for tasks, and what may go wrong there.
WRAP_BIO = (ssl.SSLContext, "wrap_bio")
SHAKE = {"sync": (ssl.SSLSocket, "do_handshake"), "async": (ssl.SSLObject, "do_handshake")}
HANDSHAKE: list[tuple[dict[str, tuple[Any, str]], Exception]] = [
    ({"sync": (os, "dup"), "async": WRAP_BIO}, NO_DESCRIPTOR),
    ({"sync": (ssl.SSLContext, "wrap_socket"), "async": WRAP_BIO}, OSError(errno.ENOBUFS, "No buffer space")),
    (SHAKE, ConnectionResetError()),
    (SHAKE, ssl.SSLError(1, "x")),
]


@pytest.mark.parametrize(("places", "trouble"), HANDSHAKE)
def test_trouble_in_a_handshake_is_tried_again(encrypted, make_client, variant, monkeypatch, places, trouble):
    client = make_client(encrypted.endpoint, "pat_x")
    keep_jwt(client)
    monkeypatch.setattr(*places["sync" if variant == "sync" else "async"], raising(trouble))
    check_passing(failure_of(ISSUE, client), client)
    assert encrypted.requests == []


def test_no_descriptor_for_the_certificates_is_tried_again(make_client, monkeypatch, tmp_path):
    """Though the environment names them, it is not at fault."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path))
    client = make_client("https://127.0.0.1:1", "pat_x")
    keep_jwt(client)
    monkeypatch.setattr(ssl, "create_default_context", raising(NO_DESCRIPTOR))
    check_passing(failure_of(ISSUE, client), client)


@pytest.mark.parametrize("is_proxied", [False, True])
def test_a_client_that_is_closed_while_it_connects_has_sent_nothing(
    server, make_client, monkeypatch, is_proxied
):
    greeted = threading.Event()

    def greet(peer: Peer) -> None:
        peer.socket.recv(1, socket.MSG_PEEK)
        greeted.set()
        peer.stall()

    server.greet(greet)
    if is_proxied:
        monkeypatch.setenv("HTTPS_PROXY", server.endpoint)
    client = make_client(ENDPOINT if is_proxied else f"https://{server.address}", "pat_x")
    keep_jwt(client)
    call = Task(lambda: ISSUE.call(client))
    assert greeted.wait(PATIENCE)
    client.close()
    error = call.outcome()
    assert (type(error), error.outcome_unknown) == (ClientClosedError, False)


@pytest.mark.parametrize(
    ("error", "is_unknown"), [(httpx.ReadTimeout("x"), True), (httpx.ConnectError("x"), False)]
)
def test_over_the_callers_own_http_client_the_exception_tells(borrowing, error, is_unknown):
    """As far as it can: what has been sent there is not known."""
    client = borrowing(ENDPOINT, transport=httpx.MockTransport(raising(error)))
    keep_jwt(client)
    assert failure_of(ISSUE, client).outcome_unknown is is_unknown


WITHOUT_DESCRIPTORS = """
import asyncio, os, resource
from access_tokens import AccessTokensClient, AsyncAccessTokensClient, RetryPolicy, UnavailableError

def take_all():
    first_free = max(map(int, os.listdir("/proc/self/fd"))) + 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (first_free, first_free))
    held = []
    try:
        while True:
            held.append(os.dup(0))
    except OSError:
        return held

def tell(held, error):
    for each in held:
        os.close(each)
    print(type(error).__name__, error.outcome_unknown)

options = {"retry": RetryPolicy(backoff=0)}
outside = AsyncAccessTokensClient(ENDPOINT, "pat_x", **options)

def sync():
    client, held = AccessTokensClient(ENDPOINT, "pat_x", **options), take_all()
    try:
        client.revoke("A" * 21)
    except UnavailableError as error:
        tell(held, error)
    client.close()

async def main(client):
    held = take_all()
    try:
        await client.revoke("A" * 21)
    except UnavailableError as error:
        tell(held, error)
    await client.aclose()

async def inside():
    await main(AsyncAccessTokensClient(ENDPOINT, "pat_x", **options))
"""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not tell its descriptors")
@pytest.mark.parametrize(
    ("how", "scheme"),
    [
        ("sync()", "http"),
        ("sync()", "https"),
        ("asyncio.run(inside())", "https"),
        ("asyncio.run(main(outside))", "http"),
        ("import trio; trio.run(inside)", "https"),
        ("import trio; trio.run(main, outside)", "http"),
    ],
)
def test_a_first_call_without_a_free_descriptor_fails_typed(how, scheme):
    script = f"ENDPOINT = {scheme + '://127.0.0.1:1'!r}{WITHOUT_DESCRIPTORS}{how}"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.stdout, done.stderr) == ("UnavailableError False\n", "")
