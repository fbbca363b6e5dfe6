"""A proxy that fails or refuses is named, and asked again only where it may help."""

import base64
import gc
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensError, EndpointError, UnavailableError

from ..helpers.fault_server import EXCHANGE, TOKENS, FaultServer, Peer, Play
from ..helpers.operations import ISSUE, LIST, failure_of, keep_jwt
from ..helpers.proxies import ENDPOINT, ESTABLISHED, PASSWORD, TARGET, refuse, with_password

Make = Callable[..., Any]
pytestmark = pytest.mark.fault(89)

PLAIN = "http://api.example.com"
BASIC = base64.b64encode(f"user:{PASSWORD}".encode()).decode()


def check_no_password(error: AccessTokensError) -> None:
    texts = str(error) + repr(error) + repr(error.cause) + str(error.cause)
    assert PASSWORD not in texts
    assert BASIC not in texts


def check_proxys(error: AccessTokensError, proxy: FaultServer, attempts: int, words: str = "") -> None:
    assert type(error) is (EndpointError if attempts == 1 else UnavailableError)
    assert (error.status_code, error.attempts, error.outcome_unknown) == (None, attempts, False)
    assert f": the proxy {proxy.address}: {words}" in str(error)
    check_no_password(error)


@pytest.mark.fault(3, 10, 55)
@pytest.mark.parametrize(
    ("statuses", "attempts"),
    [((301, 400, 403, 404, 405, 407, 408, 429, 501), 1), ((500, 502, 503, 504), 4)],
)
def test_a_proxy_that_refuses_is_asked_again_only_where_it_may_help(
    server, make_client, monkeypatch, statuses, attempts
):
    """It is no answer of the service, whatever its status."""
    monkeypatch.setenv("HTTPS_PROXY", with_password(server))
    client = make_client(ENDPOINT, "pat_x")
    for status in statuses:
        keep_jwt(client)
        client.clock.waits.clear()
        server.always(TARGET, refuse(status, "No such luck"))
        check_proxys(failure_of(ISSUE, client), server, attempts, f"{status} No such luck")
        assert client.clock.waits == [1.0, 2.0, 4.0][: attempts - 1]


@pytest.mark.fault(1, 10, 55)
@pytest.mark.parametrize("endpoint", [ENDPOINT, PLAIN])
@pytest.mark.parametrize("url", ["http://{}", "https://{}", "http://user:secret@no-such-host.invalid:3128"])
def test_a_proxy_that_is_not_there_is_tried_four_times(server, make_client, monkeypatch, url, endpoint):
    server.stop_listening()
    proxy = url.format(f"user:{PASSWORD}@{server.address}")
    monkeypatch.setenv("ALL_PROXY", proxy)
    error = failure_of(LIST, make_client(endpoint, "pat_x", allow_http=True))
    assert (type(error), error.attempts) == (UnavailableError, 4)
    assert isinstance(error.cause, httpx.ConnectError)
    assert f": the proxy {proxy.rpartition('@')[2]}: " in str(error)
    assert "api.example.com" not in str(error)
    assert "user" not in str(error)
    check_no_password(error)


def establish_and(then: Play) -> Play:
    def play(peer: Peer) -> None:
        peer.send(ESTABLISHED)
        then(peer)

    return play


# Which of them fails, and who is named.
TROUBLE: dict[str, tuple[Play, str]] = {
    "says nothing": (Peer.stall, "the proxy {}"),
    "hangs up": (Peer.close, "the proxy {}"),
    "resets": (Peer.reset, "the proxy {}"),
    "speaks no HTTP": (lambda peer: peer.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "the proxy {}"),
    "says nothing in TLS": (establish_and(Peer.stall), "api.example.com"),
    "hangs up in TLS": (establish_and(Peer.close), "api.example.com"),
    "resets in TLS": (establish_and(Peer.reset), "api.example.com"),
}


@pytest.fixture
def nothing_lost() -> Iterator[None]:
    """Before Python 3.13, `ssl` loses a socket that was reset before it is wrapped. It is collected here."""
    yield
    gc.collect()


@pytest.mark.usefixtures("nothing_lost")
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.fault(67)
@pytest.mark.parametrize(("play", "named"), TROUBLE.values(), ids=TROUBLE)
def test_a_proxy_that_does_not_connect_is_asked_again(server, make_client, monkeypatch, play, named):
    """Nothing of the request was sent with what has asked for the tunnel."""
    monkeypatch.setenv("HTTPS_PROXY", with_password(server))
    server.always(TARGET, play)
    client = make_client(ENDPOINT, "pat_x", timeout=0.1)
    keep_jwt(client)
    error = failure_of(ISSUE, client)
    assert (type(error), error.attempts, error.outcome_unknown) == (UnavailableError, 4, False)
    assert client.clock.waits == [1.0, 2.0, 4.0]
    assert f": {named.format(server.address)}: " in str(error)
    assert {each.method for each in server.requests} == {"CONNECT"}
    check_no_password(error)


def test_a_proxy_that_speaks_no_tls_is_named(server, make_client, monkeypatch):
    server.greet(lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    monkeypatch.setenv("HTTPS_PROXY", with_password(server).replace("http:", "https:"))
    check_proxys(failure_of(LIST, make_client(ENDPOINT, "pat_x")), server, 1, "[SSL")


@pytest.mark.parametrize("is_own", [True, False])
def test_a_proxy_of_plain_http_that_wants_a_password_is_named(
    server, make_client, borrowing, monkeypatch, is_own
):
    """By 407, which no service says (RFC 9110, section 15.5.8); nor does the JWT suffer."""
    monkeypatch.setenv("HTTP_PROXY", with_password(server))
    client = make_client(PLAIN, "pat_x", allow_http=True) if is_own else borrowing(PLAIN)
    server.play(TOKENS, refuse(407))
    check_proxys(failure_of(ISSUE, client), server, 1, "407 No")
    assert len(client.list()) == 1
    assert (server.count(EXCHANGE), server.count(TOKENS), client.clock.waits) == (1, 2, [])


@pytest.mark.parametrize("is_gone", [False, True])
def test_the_proxy_of_the_callers_http_client_is_named(server, borrowing, is_gone):
    """Where httpx does not tell how far it has come, beside the host."""
    server.always(TARGET, refuse(403))
    if is_gone:
        server.stop_listening()
    error = failure_of(LIST, borrowing(ENDPOINT, proxy=with_password(server)))
    named = (
        f"api.example.com through the proxy {server.address}" if is_gone else f"the proxy {server.address}"
    )
    assert f": {named}: " in str(error)
    assert error.attempts == (4 if is_gone else 1)
    check_no_password(error)


@pytest.mark.fault(60)
@pytest.mark.parametrize("echo", [PASSWORD, BASIC])
def test_a_proxy_that_echoes_its_password_does_not_get_it_printed(server, make_client, monkeypatch, echo):
    monkeypatch.setenv("HTTPS_PROXY", with_password(server))
    server.always(TARGET, refuse(407, f"denied {echo}"))
    check_proxys(failure_of(LIST, make_client(ENDPOINT, "pat_x")), server, 1, "407 denied [hidden]")
