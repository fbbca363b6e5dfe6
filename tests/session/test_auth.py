"""The client's JWT for another API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, AuthenticationError, generate_token
from access_tokens.testing import LocalService

API = "https://other.example/things"
Make = Callable[..., Any]


class OtherApi:
    """An API that the service's JWT opens."""

    def __init__(self, service: LocalService) -> None:
        self.service = service
        self.bodies: list[bytes] = []
        self.requests: list[httpx.Request] = []
        self.redirects: dict[str, httpx.Response] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.content)
        self.requests.append(request)
        if redirect := self.redirects.get(request.url.path):
            return redirect
        try:
            self.service.verify(request.headers.get("authorization", "").removeprefix("Bearer "))
        except ValueError:
            return httpx.Response(401)
        return httpx.Response(200)


@pytest.fixture
def api(service: LocalService) -> OtherApi:
    return OtherApi(service)


@pytest.fixture
def request_api(api: OtherApi, variant: str) -> Callable[..., httpx.Response]:
    """Calls the other API in the variant of the client."""

    def call(client: Any, method: str = "POST", url: str = API, **options: Any) -> httpx.Response:
        transport = httpx.MockTransport(api)
        if variant == "sync":
            with httpx.Client(transport=transport, auth=client.auth) as http:
                return http.request(method, url, **options)

        async def call_async() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, auth=client.auth) as http:
                return await http.request(method, url, **options)

        response: httpx.Response = client.portal.call(call_async)
        return response

    return call


def test_it_opens_another_api_with_the_jwt_of_the_client(client, service, request_api):
    client.list()
    assert request_api(client).status_code == 200
    assert service.exchanges == 1


def test_it_exchanges_the_pat_when_there_is_no_jwt(client, service, request_api):
    assert request_api(client).status_code == 200
    client.list()
    assert service.exchanges == 1


@pytest.mark.fault(25)
def test_it_repeats_a_request_with_its_body_after_a_401(client, service, request_api, api):
    client.list()
    service.rotate_key()
    assert request_api(client, content=b"hello").status_code == 200
    assert api.bodies == [b"hello", b"hello"]
    client.list()
    assert service.exchanges == 2


@pytest.mark.fault(25)
def test_a_401_on_a_jwt_got_just_now_is_the_answer(client, service, api, request_api, monkeypatch):
    def refuse(jwt: str) -> None:
        raise ValueError

    monkeypatch.setattr(api, "service", type("Refusing", (), {"verify": staticmethod(refuse)}))
    assert request_api(client).status_code == 401
    assert (len(api.bodies), service.exchanges) == (1, 1)


@pytest.mark.fault(25)
def test_an_api_that_refuses_every_jwt_costs_one_exchange_and_not_one_each(
    client, service, api, request_api, monkeypatch
):
    client.list()

    def refuse(jwt: str) -> None:
        raise ValueError

    monkeypatch.setattr(api, "service", type("Refusing", (), {"verify": staticmethod(refuse)}))
    assert [request_api(client).status_code for _ in range(5)] == [401] * 5
    assert service.exchanges == 2


ELSEWHERE = "https://elsewhere.example/target"


def redirected(status: int, location: str) -> httpx.Response:
    return httpx.Response(status, headers={"Location": location})


@pytest.mark.fault(75)
@pytest.mark.parametrize("location", ["/target", ELSEWHERE, "http://other.example/target"])
@pytest.mark.parametrize("status", [302, 303, 308])
def test_a_post_that_was_redirected_is_not_sent_again(client, service, api, request_api, status, location):
    """It may have been carried out. A JWT that was refused is not used again; one that was not sent is."""
    client.list()
    service.rotate_key()
    api.redirects["/things"] = redirected(status, location)
    assert request_api(client, content=b"once", follow_redirects=True).status_code == 401
    assert [each.url.path for each in api.requests] == ["/things", "/target"]
    is_refused = location == "/target"
    assert ("authorization" in api.requests[-1].headers) is is_refused
    request_api(client, url=f"{API}/other")
    assert service.exchanges == 2
    assert len(api.requests) == (3 if is_refused else 4)


@pytest.mark.fault(75)
def test_a_get_that_was_redirected_is_sent_again_with_another_jwt(client, service, api, request_api):
    client.list()
    service.rotate_key()
    api.redirects["/things"] = redirected(308, "/things/")
    assert request_api(client, "GET", follow_redirects=True).status_code == 200
    assert [each.url.path for each in api.requests] == ["/things", "/things/"] * 2
    assert service.exchanges == 2


@pytest.mark.fault(75)
@pytest.mark.parametrize("is_new", [False, True], ids=["old", "new"])
def test_a_401_of_another_origin_says_nothing_of_the_jwt(client, service, api, request_api, is_new):
    """Neither of an old one, which is kept, nor of a new one: the host that redirects refuses none."""
    if not is_new:
        client.list()
    api.redirects["/things"] = redirected(307, ELSEWHERE)
    assert request_api(client, "GET", follow_redirects=True).status_code == 401
    assert (len(api.requests), service.exchanges) == (2, 1)
    del api.redirects["/things"]
    service.rotate_key()
    assert request_api(client).status_code == 200
    assert service.exchanges == 2


@pytest.mark.fault(75)
def test_a_401_on_what_a_hook_has_put_in_the_place_of_the_jwt_says_nothing_of_it(service, api):
    def replace(request: httpx.Request) -> None:
        request.headers["Authorization"] = "Basic eDp5"

    with AccessTokensClient(service.endpoint, service.admin_pat) as client:
        client.list()
        hooks = {"request": [replace]}
        with httpx.Client(transport=httpx.MockTransport(api), auth=client.auth, event_hooks=hooks) as http:
            assert http.get(API).status_code == 401
        client.list()
    assert (len(api.requests), service.exchanges) == (1, 1)


def test_a_body_that_was_streamed_is_not_sent_again(service):
    with AccessTokensClient(service.endpoint, service.admin_pat) as client:
        client.list()
        request = httpx.Request("POST", API, content=(chunk for chunk in [b"hello"]))
        flow = client.auth.sync_auth_flow(request)
        assert next(flow) is request
        with pytest.raises(StopIteration):
            flow.send(httpx.Response(401))


def test_a_pat_that_is_refused_is_an_error_of_ours(service, make_client, request_api):
    with pytest.raises(AuthenticationError, match="Failed to authenticate"):
        request_api(make_client(service.endpoint, generate_token().token))


def test_it_is_not_sent_in_the_clear(client, api, request_api):
    with pytest.raises(ValueError, match="https://"):
        request_api(client, url="http://other.example")
    assert api.bodies == []


def test_it_is_not_sent_to_where_a_redirect_leads(service):
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"Location": "https://evil.example"} if len(seen) == 1 else {})

    with AccessTokensClient(service.endpoint, service.admin_pat) as client:
        transport = httpx.MockTransport(respond)
        with httpx.Client(transport=transport, auth=client.auth, follow_redirects=True) as http:
            http.get(API)
    assert ["authorization" in request.headers for request in seen] == [True, False]


def test_each_variant_has_its_own():
    request = httpx.Request("GET", API)
    with pytest.raises(RuntimeError, match="AsyncAccessTokensClient"):
        AccessTokensClient("https://h", "pat_x").auth.async_auth_flow(request)
    with pytest.raises(RuntimeError, match=" AccessTokensClient"):
        AsyncAccessTokensClient("https://h", "pat_x").auth.sync_auth_flow(request)
