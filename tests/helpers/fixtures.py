"""Fixtures for all tests: services, clients of each variant, and what TLS needs."""

import signal
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from access_tokens.testing import LocalService

from .callers import VARIANTS, caller
from .fault_server import EXCHANGE, JWT, FaultServer, response
from .operations import keep_jwt
from .plays import Issuer
from .pools import Pools
from .world import World, world_of


@pytest.fixture
def service() -> Iterator[LocalService]:
    """A live local service."""
    with LocalService() as running:
        yield running


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> str:
    """Sync, asyncio and trio, one after the other."""
    return str(request.param)


@pytest.fixture
def make_client(variant: str) -> Iterator[Callable[..., Any]]:
    """Makes clients of the variant, whose methods block and whose waits take no time."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(caller(variant, *args, **options))


@pytest.fixture
def client(service: LocalService, make_client: Callable[..., Any]) -> Any:
    """A client of the live service, with an administrator's PAT."""
    return make_client(service.endpoint, service.admin_pat)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the machine's proxies nor its authorities have a say."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Have Ctrl-C its usual effect, also where the tests were started so that it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A service of raw sockets that misbehaves as it is told."""
    with FaultServer() as running:
        yield running


@pytest.fixture
def victim(server: FaultServer, make_client: Callable[..., Any]) -> Any:
    """A client of that service, whose waits take no time."""
    return make_client(server.endpoint, "pat_x")


@pytest.fixture
def warm(server: FaultServer, victim: Any) -> Any:
    """The same client with a JWT, and without a connection."""
    server.play(EXCHANGE, lambda peer: peer.send(response(200, JWT, "Connection: close")))
    victim.authenticate()
    return victim


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """What signs certificates, and nobody trusts by itself."""
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody trusts the authority."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.fixture
def context(authority: trustme.CA) -> ssl.SSLContext:
    """How a service with a certificate speaks TLS."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "api.example.com").configure_cert(made)
    return made


@pytest.fixture
def issuer(server: FaultServer) -> Issuer:
    return Issuer(server)


@pytest.fixture(scope="module")
def one_service() -> Iterator[LocalService]:
    with LocalService() as running:
        yield running


@pytest.fixture
def shared_service(one_service: LocalService) -> LocalService:
    """A local service that all tests of a file share, whatever they leave in it."""
    one_service.clear_faults()
    one_service.clear_requests()
    one_service.errors, one_service.documented = "json", False
    return one_service


@pytest.fixture
def pools(monkeypatch: pytest.MonkeyPatch) -> Pools:
    return Pools(monkeypatch)


@pytest.fixture(params=["own", "borrowed"])
def narrow(
    request: pytest.FixtureRequest,
    server: FaultServer,
    make_client: Callable[..., Any],
    variant: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Any]]:
    """Makes clients with a JWT and so many connections, their own or those of an HTTP client."""
    made: list[Any] = []

    def make(width: int, **options: Any) -> Any:
        if request.param == "borrowed":
            kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
            options["http_client"] = kind(limits=httpx.Limits(max_connections=width))
        monkeypatch.setattr("access_tokens._http.limits.MAX_CONNECTIONS", width)
        made.append(make_client(server.endpoint, "pat_x", **options))
        keep_jwt(made[-1])
        return made[-1]

    yield make
    for each in made:
        own = each.client._session._borrowed
        if own is not None:
            own.close() if variant == "sync" else each.portal.call(own.aclose)


@pytest.fixture(params=VARIANTS, scope="module")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Clients of each variant, one after the other."""
    with world_of(request.param) as made:
        yield made


@pytest.fixture(scope="module")
def sync_world() -> World:
    """Clients for threads, where what is tested comes before the variants part."""
    return World()
