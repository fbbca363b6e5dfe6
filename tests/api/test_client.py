"""The generated client that `client.api` is, and what goes with its requests."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from access_tokens_api import AuthenticatedClient
from access_tokens_api.api.auth import exchange_token
from access_tokens_api.api.tokens import list_tokens
from access_tokens_api.models import ClientCredentialsForm, ClientCredentialsJson

from access_tokens import AccessTokensError, RequestRejectedError, UnavailableError, generate_token

from ..helpers.api_calls import EXCHANGE, ISSUE, LIST, OPERATIONS, TOKENS, UPDATE, each, invoke, new_id
from ..helpers.callers import SyncCaller, result_of
from ..helpers.operations import keep_jwt

Make = Callable[..., Any]


def other_way(caller: Any) -> Any:
    """Call a function of the other kind."""
    api = caller.client.api
    if isinstance(caller, SyncCaller):
        return step(list_tokens.asyncio(client=api))
    return list_tokens.sync(client=api)


def step(awaitable: Any) -> Any:
    """Step an awaitable that never waits."""
    try:
        awaitable.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "media_type", "bytes_sent"),
        [
            (
                ClientCredentialsForm(grant_type="client_credentials", state="a b&ä"),
                "application/x-www-form-urlencoded",
                b"grant_type=client_credentials&state=a+b%26%C3%A4",
            ),
            (ClientCredentialsJson(state="a b&ä"), "application/json", '{"state":"a b&ä"}'.encode()),
        ],
    )
    def test_the_exchange_may_have_one_of_either_type(self, client, service, body, media_type, bytes_sent):
        grant = invoke(client, exchange_token, body=body)
        assert grant.state == "a b&ä"
        [sent] = service.requests
        assert (sent.path, sent.headers["content-type"], sent.body) == (EXCHANGE, media_type, bytes_sent)
        assert sent.headers["authorization"] == f"Bearer {service.admin_pat}"


class TestHeaders:
    def test_those_of_a_copy_go_along_and_the_authorization_is_ours(self, client, service):
        api = client.client.api.with_headers(
            {"X-Trace": "abc", "Authorization": "Bearer else", "User-Agent": "else", "Cookie": "a=b"}
        ).with_cookies({"c": "d"})
        invoke(client, list_tokens, api=api)
        invoke(client, list_tokens, api=api)
        for sent in service.requests[1:]:
            assert sent.headers.getlist("x-trace") == ["abc"]
            [bearer] = sent.headers.getlist("authorization")
            assert service.verify(bearer.removeprefix("Bearer "))["sub"] == service.admin_token_id
            assert sent.headers["user-agent"].startswith("access-tokens-client/")
            assert "cookie" not in sent.headers

    def test_the_exchange_that_a_call_needs_has_none_of_them(self, client, service):
        invoke(client, list_tokens, api=client.client.api.with_headers({"X-Trace": "abc"}))
        assert "x-trace" not in service.requests[0].headers

    @pytest.mark.parametrize(
        ("headers", "accepted"), [({}, "application/json"), ({"accept": "text/csv"}, "text/csv")]
    )
    def test_what_is_accepted_is_said_once(self, client, service, headers, accepted):
        invoke(client, list_tokens, api=client.client.api.with_headers(headers))
        assert service.requests[-1].headers.getlist("accept") == [accepted]

    @pytest.mark.fault(65)
    def test_a_copy_keeps_the_rules(self, client, service):
        client.authenticate()
        api = client.client.api.with_timeout(httpx.Timeout(1.0)).with_headers({"X-Trace": "abc"})
        service.rotate_key()
        service.fail_next(2, status=503, path=TOKENS)
        assert isinstance(invoke(client, list_tokens, api=api), LIST.parsed or object)
        assert client.clock.waits == [1.0, 2.0]
        service.fail_next(4, status=503, path=TOKENS)
        with pytest.raises(UnavailableError, match="^Failed to call GET /admin/tokens: "):
            invoke(client, list_tokens, api=api)


class TestTheClientItself:
    def test_it_is_the_generated_one(self, client):
        assert type(client.client.api) is AuthenticatedClient

    def test_functions_of_the_other_kind_are_refused(self, client, service):
        with pytest.raises(RuntimeError, match=r"^this api (blocks|awaits): use that of an? "):
            other_way(client)
        assert service.requests == []

    def test_it_may_be_entered_and_leaves_our_client_open(self, client, service):
        def use(caller: SyncCaller) -> None:
            with caller.client.api as api:
                list_tokens.sync(client=api)

        async def use_async() -> None:
            async with client.client.api as api:
                await list_tokens.asyncio(client=api)

        use(client) if isinstance(client, SyncCaller) else client.portal.call(use_async)
        assert len(client.list()) == 1
        assert service.exchanges == 1

    @pytest.mark.fault(46, 65)
    def test_it_shows_no_secret_and_is_not_copied_with_one(self, client, service):
        api = client.client.api
        invoke(client, list_tokens, api=api)
        assert service.admin_pat not in repr(api) + repr(vars(type(api))) + api.token
        for copied in (copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="neither pickled nor copied"):
                copied(api)

    @pytest.mark.fault(60, 65)
    def test_a_secret_in_the_place_of_an_id_is_told_before_any_request(self, client, service):
        for secret in (generate_token().token, service.admin_pat.partition(".")[2]):
            with pytest.raises(ValueError, match="^the path must hold the id of a token, not a secret$"):
                UPDATE.call(client, secret)
        assert service.requests == []

    @pytest.mark.fault(60, 65)
    def test_a_secret_in_the_place_of_a_new_id_is_not_shown(self, client, service):
        pat = generate_token().token
        error = result_of(lambda: ISSUE.call(client, pat))
        assert isinstance(error, RequestRejectedError)
        assert pat not in str(error) + repr(vars(error))

    @pytest.mark.fault(60, 65)
    def test_what_the_service_echoes_is_hidden(self, client, service):
        LIST.call(client, "")
        jwt = service.requests[-1].headers["authorization"].removeprefix("Bearer ")
        for secret in (service.admin_pat, jwt):
            body = {"error": {"message": f"not {secret}", "code": secret, "details": {secret: [secret]}}}
            service.fail_next(1, status=400, body=body, path=TOKENS)
            error = result_of(lambda: LIST.call(client, ""))
            assert isinstance(error, AccessTokensError)
            assert secret not in str(error) + repr(error.cause) + repr(vars(error))

    def test_an_http_client_of_the_callers_sends_its_requests(self, variant, make_client):
        seen: list[httpx.Request] = []

        def respond(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            body = {"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 60, "records": []}
            return httpx.Response(200, json=body)

        kind: Any = httpx.Client if variant == "sync" else httpx.AsyncClient
        own = kind(transport=httpx.MockTransport(respond))
        client = make_client("https://api.example.com", "pat_x", http_client=own)
        assert LIST.call(client, "").records == []
        assert [str(each.url.copy_with(query=None)) for each in seen] == [
            "https://api.example.com/auth/token",
            "https://api.example.com/admin/tokens",
        ]
        assert [each.headers["authorization"] for each in seen] == ["Bearer pat_x", "Bearer a.b.c"]

    @pytest.mark.fault(1, 65)
    @each(*OPERATIONS)
    def test_a_closed_port_is_told_after_four_attempts(self, make_client, operation):
        client = make_client("http://127.0.0.1:9", "pat_x")
        keep_jwt(client)
        token_id = new_id()
        with pytest.raises(UnavailableError) as raised:
            operation.call(client, token_id)
        error = raised.value
        assert error.message == f"Failed to call {operation.title(token_id)}"
        assert isinstance(error.cause, httpx.ConnectError)
        assert (error.attempts, error.outcome_unknown) == (4, False)
        assert client.clock.waits == [1.0, 2.0, 4.0]
