"""What fails before the first byte of a request is written: nothing was sent, and nothing is unknown."""

from __future__ import annotations

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
import trio

from access_tokens import AccessTokensError, ClientClosedError, EndpointError, RetryPolicy, UnavailableError
from access_tokens._http.tls import Tls

from ..helpers.fault_server import FaultServer, Peer, Play
from ..helpers.operations import ISSUE, failure_of, hurry, keep_jwt
from ..helpers.operations import TOKEN_ID as ID
from ..helpers.proxies import ESTABLISHED
from ..helpers.sessions import session
from ..helpers.threads import PATIENCE, Task

Make = Callable[..., Any]
pytestmark = pytest.mark.fault(67)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def check_passing(error: AccessTokensError, client: Any) -> None:
    assert type(error) is UnavailableError
    assert (error.attempts, client.clock.waits, error.outcome_unknown) == (4, [1.0, 2.0, 4.0], False)


def check_hopeless(error: AccessTokensError, client: Any) -> None:
    assert type(error) is EndpointError
    assert (error.attempts, client.clock.waits, error.outcome_unknown) == (1, [], False)


NO_DESCRIPTOR = OSError(errno.EMFILE, "Too many open files")
# What a handshake calls, on threads and on tasks. It is there that threads take another descriptor.
HANDSHAKE: dict[str, dict[str, tuple[Any, str]]] = {
    "a descriptor": {"sync": (os, "dup"), "async": (ssl.SSLContext, "wrap_bio")},
    "the context": {"sync": (ssl.SSLContext, "wrap_socket"), "async": (ssl.SSLContext, "wrap_bio")},
    "the handshake": {"sync": (ssl.SSLSocket, "do_handshake"), "async": (ssl.SSLObject, "do_handshake")},
}
TROUBLE = [
    NO_DESCRIPTOR,
    OSError(errno.ENOBUFS, "No buffer space"),
    ConnectionResetError(),
    ssl.SSLError(1, "x"),
]


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("place", HANDSHAKE)
@pytest.mark.parametrize("trouble", TROUBLE, ids=repr)
def test_trouble_in_a_handshake_is_tried_again(context, make_client, variant, monkeypatch, trouble, place):
    with FaultServer(context) as server:
        client = make_client(server.endpoint, "pat_x")
        keep_jwt(client)
        target, name = HANDSHAKE[place]["sync" if variant == "sync" else "async"]
        monkeypatch.setattr(target, name, raising(trouble))
        check_passing(failure_of(ISSUE, client), client)
        assert server.requests == []


def test_no_descriptor_for_the_certificates_is_tried_again(make_client, monkeypatch, tmp_path):
    """Though the environment names them, it is not at fault."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path))
    client = make_client("https://127.0.0.1:1", "pat_x")
    keep_jwt(client)
    monkeypatch.setattr(ssl, "create_default_context", raising(NO_DESCRIPTOR))
    check_passing(failure_of(ISSUE, client), client)


def test_no_thread_for_the_name_server_is_tried_again(server, make_client, variant, monkeypatch):
    """Threads ask it themselves then."""
    client = make_client(server.endpoint.replace("127.0.0.1", "localhost"), "pat_x")
    keep_jwt(client)
    start_none(client, monkeypatch)
    if variant == "sync":
        assert client.issue("x")
    else:
        check_passing(failure_of(ISSUE, client), client)
        assert server.requests == []


def start_none(client: Any, patch: pytest.MonkeyPatch) -> None:
    """Let the thread or event loop of a client start no threads."""
    start, portal = threading.Thread.start, getattr(client, "portal", None)
    caller = portal.call(threading.get_ident) if portal else threading.get_ident()

    def refuse(thread: threading.Thread) -> None:
        if threading.get_ident() == caller:
            raise no_thread
        start(thread)

    no_thread = RuntimeError("can't start new thread")
    patch.setattr(threading.Thread, "start", refuse)
    patch.setattr(trio.to_thread, "run_sync", raising(no_thread))  # it has idle ones


def test_a_token_is_made_without_a_thread(server, make_client, monkeypatch):
    client = make_client(server.endpoint, "pat_x")
    client.list()
    start_none(client, monkeypatch)
    server.always(f"/admin/tokens/{ID}", Peer.answer)
    assert client.issue("x", token_id=ID, generate_locally=True).token.startswith(f"pat_{ID}.")


TARGET = "api.example.com:443"


def establish_and(then: Play) -> Play:
    def play(peer: Peer) -> None:
        peer.send(ESTABLISHED)
        then(peer)

    return play


PROXIES: dict[str, Play] = {
    "says nothing": Peer.stall,
    "hangs up": Peer.close,
    "resets": Peer.reset,
    "speaks no HTTP": lambda peer: peer.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "says nothing in TLS": establish_and(Peer.stall),
    "hangs up in TLS": establish_and(Peer.close),
    "resets in TLS": establish_and(Peer.reset),
}


# `ssl` loses a socket that was reset before it is wrapped.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.parametrize("play", PROXIES.values(), ids=PROXIES)
def test_a_proxy_that_does_not_connect_is_asked_again(server, make_client, monkeypatch, play):
    """Nothing of the request was sent with what has asked for the tunnel."""
    monkeypatch.setenv("HTTPS_PROXY", server.endpoint)
    server.always(TARGET, play)
    client = make_client("https://api.example.com", "pat_x", timeout=0.1)
    keep_jwt(client)
    check_passing(failure_of(ISSUE, client), client)
    assert {each.method for each in server.requests} == {"CONNECT"}


def test_a_request_to_a_proxy_of_plain_http_may_have_been_passed_on(server, make_client, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", server.endpoint)
    server.always("/admin/tokens", Peer.reset)
    client = make_client("http://api.example.com", "pat_x", allow_http=True)
    keep_jwt(client)
    assert failure_of(ISSUE, client).outcome_unknown


@pytest.mark.parametrize("is_proxied", [False, True])
def test_a_client_that_is_closed_while_it_connects_has_sent_nothing(
    server, make_client, monkeypatch, is_proxied
):
    greeted = threading.Event()

    def greet(peer: Peer) -> None:
        peer.socket.recv(1, socket.MSG_PEEK)
        greeted.set()
        if not is_proxied:
            peer.stall()

    server.greet(greet)
    server.always(TARGET, Peer.stall)
    if is_proxied:
        monkeypatch.setenv("HTTPS_PROXY", server.endpoint)
    client = make_client("https://api.example.com" if is_proxied else f"https://{server.address}", "pat_x")
    keep_jwt(client)
    call = Task(lambda: ISSUE.call(client))
    assert greeted.wait(PATIENCE)
    client.close()
    error = call.outcome()
    assert (type(error), error.outcome_unknown) == (ClientClosedError, False)


def test_a_deadline_that_ends_in_a_second_wait_of_the_same_connection_has_sent_nothing(
    server, make_client, monkeypatch
):
    """Each wait alone would have had the time."""
    monkeypatch.setenv("HTTPS_PROXY", server.endpoint)

    def establish_late(peer: Peer) -> None:
        peer.over.wait(0.1)
        establish_and(Peer.stall)(peer)

    server.always(TARGET, establish_late)
    client = make_client("https://api.example.com", "pat_x")
    hurry(client, 0.15)
    assert not failure_of(ISSUE, client).outcome_unknown


def test_over_the_callers_own_http_client_the_exception_tells(variant, make_client):
    """As far as it can: what has been sent there is not known."""
    kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
    for error, is_unknown in (
        (NO_DESCRIPTOR, True),
        (httpx.ReadTimeout("x"), True),
        (httpx.ConnectError("x"), False),
    ):
        own = kind(transport=httpx.MockTransport(raising(error)))
        client = make_client(
            "https://api.example.com", "pat_x", http_client=own, retry=RetryPolicy(retries=0)
        )
        keep_jwt(client)
        assert failure_of(ISSUE, client).outcome_unknown is is_unknown


VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SSL_CERT_FILE", "missing"),
        ("SSL_CERT_FILE", "."),
        ("SSL_CERT_FILE", "file"),
        ("SSL_CERT_DIR", "missing"),
        ("SSL_CERT_DIR", "file"),
        ("SSL_CERT_DIR", f"file{os.pathsep}missing"),
        ("SSLKEYLOGFILE", "missing/log"),
        ("SSLKEYLOGFILE", "."),
    ],
)
@pytest.mark.parametrize("others", [False, True])
def test_the_variable_that_is_at_fault_is_named_at_once(
    make_client, tmp_path, monkeypatch, name, value, others
):
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    if others:
        monkeypatch.setenv("SSLKEYLOGFILE", "log")
        if name == "SSLKEYLOGFILE":
            monkeypatch.setenv("SSL_CERT_DIR", ".")
    monkeypatch.setenv(name, value)
    client = make_client("https://127.0.0.1:1", "pat_x")
    keep_jwt(client)
    error = failure_of(ISSUE, client)
    check_hopeless(error, client)
    assert [each for each in VARIABLES if each in str(error)] == [name]


@pytest.mark.parametrize("directories", [".", f"missing{os.pathsep}."])
def test_directories_of_authorities_are_used_if_there_is_one(tmp_path, monkeypatch, directories):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SSL_CERT_DIR", directories)
    assert Tls(session().settings).context().verify_mode == ssl.CERT_REQUIRED


WITHOUT_DESCRIPTORS = """
import asyncio, os, resource, sys
from access_tokens import AccessTokensClient, AsyncAccessTokensClient, RetryPolicy, UnavailableError

def fails(error):
    print(type(error).__name__, error.outcome_unknown)

def take_all():
    first_free = max(map(int, os.listdir("/proc/self/fd"))) + 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (first_free, first_free))
    held = []
    try:
        while True:
            held.append(os.dup(0))
    except OSError:
        return held

def release(held):
    for each in held:
        os.close(each)

options = {"retry": RetryPolicy(backoff=0)}
outside = AsyncAccessTokensClient(ENDPOINT, "pat_x", **options)

def sync():
    client, held = AccessTokensClient(ENDPOINT, "pat_x", **options), take_all()
    try:
        client.revoke("A" * 21)
    except UnavailableError as caught:
        error = caught
    release(held)
    fails(error)
    client.close()

async def main(client):
    held = take_all()
    try:
        await client.revoke("A" * 21)
    except UnavailableError as caught:
        error = caught
    release(held)
    fails(error)
    await client.aclose()

async def inside():
    await main(AsyncAccessTokensClient(ENDPOINT, "pat_x", **options))
"""
HOW = {
    "sync": "sync()",
    "asyncio": "asyncio.run(inside())",
    "asyncio, made outside": "asyncio.run(main(outside))",
    "trio": "import trio; trio.run(inside)",
    "trio, made outside": "import trio; trio.run(main, outside)",
}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not tell its descriptors")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
def test_a_first_call_without_a_free_descriptor_fails_typed(how, scheme):
    script = f"ENDPOINT = {scheme + '://127.0.0.1:1'!r}{WITHOUT_DESCRIPTORS}{how}"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.stdout, done.stderr) == ("UnavailableError False\n", "")
