"""The generated client that `client.api` is, and what goes with its requests."""

import copy
import pickle
from typing import Any

import httpx
import pytest
from access_tokens_api import AuthenticatedClient
from access_tokens_api.api.auth import exchange_token
from access_tokens_api.api.tokens import list_tokens
from access_tokens_api.models import ClientCredentialsForm, ClientCredentialsJson

from access_tokens import AccessTokensError, RequestRejectedError, UnavailableError, generate_token

from ..helpers.api_calls import EXCHANGE, ISSUE, LIST, TOKENS, UPDATE, failing, invoke
from ..helpers.callers import SyncCaller

pytestmark = pytest.mark.fault(65)


@pytest.mark.parametrize(
    ("body", "media_type", "sent"),
    [
        (
            ClientCredentialsForm(grant_type="client_credentials", state="a b&ä"),
            "application/x-www-form-urlencoded",
            "grant_type=client_credentials&state=a+b%26%C3%A4",
        ),
        (ClientCredentialsJson(state="a b&ä"), "application/json", '{"state":"a b&ä"}'),
    ],
)
def test_the_exchange_may_have_a_body_of_either_type(client, service, body, media_type, sent):
    assert invoke(client, exchange_token, body=body).state == "a b&ä"
    [request] = service.requests
    assert (request.path, request.headers["content-type"]) == (EXCHANGE, media_type)
    assert request.body.decode() == sent
    assert request.headers["authorization"] == f"Bearer {service.admin_pat}"


def test_the_headers_of_a_copy_go_along_but_with_no_exchange_and_the_authorization_is_ours(client, service):
    api = client.client.api.with_headers(
        {"X-Trace": "abc", "Authorization": "Bearer else", "User-Agent": "else", "Cookie": "a=b"}
    ).with_cookies({"c": "d"})
    invoke(client, list_tokens, api=api)
    invoke(client, list_tokens, api=api.with_headers({"accept": "text/csv"}))
    accepted = [sent.headers.getlist("accept") for sent in service.requests[1:]]
    assert accepted == [["application/json"], ["text/csv"]]
    assert "x-trace" not in service.requests[0].headers
    for sent in service.requests[1:]:
        assert sent.headers.getlist("x-trace") == ["abc"]
        [bearer] = sent.headers.getlist("authorization")
        assert service.verify(bearer.removeprefix("Bearer "))["sub"] == service.admin_token_id
        assert sent.headers["user-agent"].startswith("access-tokens-client/")
        assert "cookie" not in sent.headers


def test_a_copy_keeps_the_rules(warm, service):
    api = warm.client.api.with_timeout(httpx.Timeout(1.0)).with_headers({"X-Trace": "abc"})
    service.rotate_key()
    service.fail_next(2, status=503, path=TOKENS)
    assert isinstance(invoke(warm, list_tokens, api=api), LIST.parsed or object)
    assert warm.clock.waits == [1.0, 2.0]
    service.fail_next(4, status=503, path=TOKENS)
    with pytest.raises(UnavailableError, match="^Failed to call GET /admin/tokens: "):
        invoke(warm, list_tokens, api=api)


def call_other_kind(caller: Any) -> Any:
    """Call a function that awaits of a sync client, or one that blocks of an async one."""
    if isinstance(caller, SyncCaller):
        return list_tokens.asyncio(client=caller.client.api).send(None)
    return list_tokens.sync(client=caller.client.api)


def test_functions_of_the_other_kind_are_refused(client, service):
    with pytest.raises(RuntimeError, match=r"^this api (blocks|awaits): use that of an? "):
        call_other_kind(client)
    assert service.requests == []


def test_it_is_the_generated_one_and_when_it_is_left_our_client_stays_open(warm):
    def use() -> None:
        with warm.client.api as api:
            list_tokens.sync(client=api)

    async def use_async() -> None:
        async with warm.client.api as api:
            await list_tokens.asyncio(client=api)

    assert type(warm.client.api) is AuthenticatedClient
    use() if isinstance(warm, SyncCaller) else warm.portal.call(use_async)
    assert len(warm.list()) >= 1


@pytest.mark.fault(46)
def test_it_shows_no_secret_and_is_not_copied_with_one(warm, service):
    api = warm.client.api
    invoke(warm, list_tokens, api=api)
    assert service.admin_pat not in repr(api) + repr(vars(type(api))) + api.token
    for copied in (copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            copied(api)


@pytest.mark.fault(60)
def test_a_secret_in_the_place_of_an_id_is_not_sent_in_a_path_and_never_shown(warm, service):
    pat = generate_token().token
    for secret in (pat, service.admin_pat.partition(".")[2]):
        with pytest.raises(ValueError, match="^the path must hold the id of a token, not a secret$"):
            UPDATE.call(warm, secret)
    assert service.requests == []
    error = failing(ISSUE, warm, pat)
    assert isinstance(error, RequestRejectedError)
    assert pat not in str(error) + repr(vars(error))


@pytest.mark.fault(60)
def test_what_the_service_echoes_is_hidden(warm, service):
    LIST.call(warm, "")
    jwt = service.requests[-1].headers["authorization"].removeprefix("Bearer ")
    for secret in (service.admin_pat, jwt):
        body = {"error": {"message": f"not {secret}", "code": secret, "details": {secret: [secret]}}}
        service.fail_next(1, status=400, body=body, path=TOKENS)
        error = failing(LIST, warm, "")
        assert isinstance(error, AccessTokensError)
        assert secret not in str(error) + repr(error.cause) + repr(vars(error))
