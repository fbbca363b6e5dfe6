"""The client's JWT for another API."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import httpx2
import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, AuthenticationError, generate_token
from access_tokens.testing import LocalService

API = "https://other.example/things"
ELSEWHERE = "https://elsewhere.example/target"


class OtherApi:
    """An API that the service's JWT opens.

    Attributes:
        requests: What it was asked, redirected or not.
        redirects: Where it redirects to, by path.
        refuses: Whether it refuses all the same.
    """

    def __init__(self, service: LocalService, library: Any) -> None:
        self.service = service
        self.library = library
        self.requests: list[httpx.Request] = []
        self.redirects: dict[str, tuple[int, str]] = {}
        self.refuses = False

    def __call__(self, request: httpx.Request) -> Any:
        request.read()
        self.requests.append(request)
        if request.url.path in self.redirects:
            status, location = self.redirects[request.url.path]
            return self.library.Response(status, headers={"Location": location})
        return self.library.Response(401 if self.refuses or not self._is_good(request) else 200)

    def _is_good(self, request: httpx.Request) -> bool:
        try:
            return bool(self.service.verify(request.headers.get("authorization", "").removeprefix("Bearer ")))
        except ValueError:
            return False

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]


@pytest.fixture
def service(shared_service: LocalService) -> LocalService:
    return shared_service


@pytest.fixture
def client(service: LocalService, make_client: Callable[..., Any]) -> Any:
    """A client of the local service, with an administrator's PAT."""
    return make_client(service.endpoint, service.admin_pat)


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> Any:
    """What the other API is called with."""
    return request.param


@pytest.fixture
def api(service: LocalService, library: Any) -> OtherApi:
    return OtherApi(service, library)


@pytest.fixture
def request_api(api: OtherApi, variant: str, library: Any) -> Callable[..., int]:
    """Calls the other API in the variant of the client, follows redirects, and returns the status."""

    def call(client: Any, method: str = "POST", url: str = API, **options: Any) -> int:
        http_options: Any = {
            "transport": library.MockTransport(api),
            "auth": client.auth,
            "follow_redirects": True,
        }

        async def call_async() -> Any:
            async with library.AsyncClient(**http_options) as http:
                return await http.request(method, url, **options)

        if variant != "sync":
            return int(client.portal.call(call_async).status_code)
        with library.Client(**http_options) as http:
            return int(http.request(method, url, **options).status_code)

    return call


@pytest.mark.parametrize("is_warm", [True, False])
def test_it_opens_another_api_with_the_jwt_of_the_client(client, service, request_api, is_warm):
    if is_warm:
        client.list()
    assert request_api(client) == 200
    client.list()
    assert service.exchanges == 1


@pytest.mark.fault(25)
def test_it_repeats_a_request_with_its_body_after_a_401(client, service, request_api, api):
    client.list()
    service.rotate_key()
    assert request_api(client, content=b"hello") == 200
    assert [request.content for request in api.requests] == [b"hello", b"hello"]
    client.list()
    assert service.exchanges == 2


@pytest.mark.fault(25)
def test_a_401_on_a_jwt_got_just_now_is_the_answer(client, service, api, request_api):
    api.refuses = True
    assert request_api(client) == 401
    assert (len(api.requests), service.exchanges) == (1, 1)


def test_an_api_that_takes_a_jwt_again_is_helped_again(client, service, api, request_api):
    api.refuses = True
    assert request_api(client) == 401
    api.refuses = False
    assert request_api(client) == 200
    service.rotate_key()
    assert request_api(client) == 200
    assert service.exchanges == 2


@pytest.mark.fault(25)
def test_an_api_that_refuses_every_jwt_costs_one_exchange_and_not_one_each(client, service, api, request_api):
    client.list()
    api.refuses = True
    assert [request_api(client) for _ in range(5)] == [401] * 5
    assert service.exchanges == 2


@pytest.mark.fault(75)
@pytest.mark.parametrize("location", ["/target", ELSEWHERE, "http://other.example/target"])
@pytest.mark.parametrize("status", [302, 308])
def test_a_post_that_was_redirected_is_not_sent_again(client, service, api, request_api, status, location):
    """It may have been carried out. A JWT that was refused is not used again; one that was not sent is."""
    client.list()
    service.rotate_key()
    api.redirects["/things"] = status, location
    assert request_api(client, content=b"once") == 401
    assert api.paths == ["/things", "/target"]
    is_refused = location == "/target"
    assert ("authorization" in api.requests[-1].headers) is is_refused
    request_api(client, url=f"{API}/other")
    assert service.exchanges == 2
    assert len(api.requests) == (3 if is_refused else 4)


@pytest.mark.fault(75)
def test_a_get_that_was_redirected_is_sent_again_with_another_jwt(client, service, api, request_api):
    client.list()
    service.rotate_key()
    api.redirects["/things"] = 308, "/things/"
    assert request_api(client, "GET") == 200
    assert api.paths == ["/things", "/things/"] * 2
    assert service.exchanges == 2


@pytest.mark.fault(75)
@pytest.mark.parametrize("is_new", [False, True], ids=["old", "new"])
def test_a_401_of_another_origin_says_nothing_of_the_jwt(client, service, api, request_api, is_new):
    """Neither of an old one, which is kept, nor of a new one: the host that redirects refuses none."""
    if not is_new:
        client.list()
    api.redirects["/things"] = 307, ELSEWHERE
    assert request_api(client, "GET") == 401
    assert ["authorization" in request.headers for request in api.requests] == [True, False]
    assert service.exchanges == 1
    del api.redirects["/things"]
    service.rotate_key()
    assert request_api(client) == 200
    assert service.exchanges == 2


@pytest.mark.fault(75)
def test_a_401_on_what_a_hook_has_put_in_the_place_of_the_jwt_says_nothing_of_it(service, api, library):
    def replace(request: httpx.Request) -> None:
        request.headers["Authorization"] = "Basic eDp5"

    with AccessTokensClient(service.endpoint, service.admin_pat) as client:
        client.list()
        hooks = {"request": [replace]}
        with library.Client(
            transport=library.MockTransport(api), auth=client.auth, event_hooks=hooks
        ) as http:
            assert http.get(API).status_code == 401
        client.list()
    assert (len(api.requests), service.exchanges) == (1, 1)


def test_a_body_that_was_streamed_is_not_sent_again(service, library):
    with AccessTokensClient(service.endpoint, service.admin_pat) as client:
        client.list()
        request = library.Request("POST", API, content=(chunk for chunk in [b"hello"]))
        flow = client.auth.sync_auth_flow(request)
        assert next(flow) is request
        with pytest.raises(StopIteration):
            flow.send(library.Response(401))


def test_a_pat_that_is_refused_is_an_error_of_ours(service, make_client, request_api):
    with pytest.raises(AuthenticationError, match="Failed to authenticate"):
        request_api(make_client(service.endpoint, generate_token().token))


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_it_is_not_sent_in_the_clear(client, api, request_api, scheme):
    with pytest.raises(ValueError, match="https://"):
        request_api(client, url=f"{scheme}://other.example")
    assert api.requests == []


def test_it_opens_a_websocket_over_tls(client, request_api):
    assert request_api(client, "GET", "wss://other.example") == 200


def test_each_variant_has_its_own(library):
    with pytest.raises(RuntimeError, match=" AccessTokensClient"), library.Client() as http:
        http.get(API, auth=AsyncAccessTokensClient("https://h", "pat_x").auth)

    async def mixed_up() -> None:
        async with library.AsyncClient() as http:
            await http.get(API, auth=AccessTokensClient("https://h", "pat_x").auth)

    with pytest.raises(RuntimeError, match="AsyncAccessTokensClient"):
        anyio.run(mixed_up)


BEFORE_HTTPX2 = """
import pickle, sys
from access_tokens import AccessTokensClient

auth = AccessTokensClient("https://h", "pat_x").auth
assert "httpx2" not in sys.modules
import httpx, httpx2

httpx.Client(auth=auth).close()
httpx2.Client(auth=auth).close()
assert repr(auth).startswith("<access_tokens._session.auth.SyncAuth object")
try:
    pickle.dumps(auth)
except TypeError as error:
    print(error)
"""


def test_httpx2_is_not_imported_for_it_and_takes_what_was_made_before():
    done = subprocess.check_output([sys.executable, "-c", BEFORE_HTTPX2], text=True)
    assert done.startswith("SyncAuth holds a secret")
