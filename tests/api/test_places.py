"""Where the requests of the generated client go, and where they never go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from access_tokens import AccessTokensError, EndpointError
from access_tokens.testing import LocalService

from ..helpers.api_calls import LIST, OPERATIONS, TOKENS, UPDATE, each, new_id
from ..helpers.callers import SyncCaller

Make = Callable[..., Any]
BASE, LOGIN, MANAGE = "/base/v1", "/o/auth2", "/management"


@pytest.fixture(scope="module")
def moved() -> Iterator[LocalService]:
    """A service below a base path, with mounts of its own."""
    with LocalService(auth_path=BASE + LOGIN, admin_path=BASE + MANAGE) as service:
        yield service


def request(caller: Any, method: str, url: str, **options: Any) -> httpx.Response:
    """Have the HTTP client of the generated one send a request."""
    api = caller.client.api
    if isinstance(caller, SyncCaller):
        answer: httpx.Response = api.get_httpx_client().request(method, url, **options)
    else:
        answer = caller.portal.call(partial(api.get_async_httpx_client().request, method, url, **options))
    return answer


class TestPlaces:
    @each(*OPERATIONS)
    def test_a_base_path_and_the_mounts_are_the_clients(self, moved, make_client, operation):
        client = make_client(
            f"{moved.endpoint}{BASE}/", moved.admin_pat, auth_path=LOGIN, admin_path=f"{MANAGE}/"
        )
        token_id = operation.token(moved)
        answer = operation.call(client, token_id)
        assert isinstance(answer, operation.parsed or type(None))
        path = BASE + operation.path_of(token_id).replace("/admin", MANAGE).replace("/auth", LOGIN)
        assert moved.requests[-1].path == path

    def test_an_error_names_the_path_of_the_document(self, moved, make_client):
        endpoint, token_id = f"{moved.endpoint}{BASE}", new_id()
        client = make_client(endpoint, moved.admin_pat, auth_path=LOGIN, admin_path=MANAGE)
        with pytest.raises(AccessTokensError) as raised:
            UPDATE.call(client, token_id)
        assert raised.value.message == f"Failed to call PATCH /admin/tokens/{token_id}"

    def test_other_paths_go_below_the_endpoint_as_they_are(self, moved, make_client):
        client = make_client(f"{moved.endpoint}{BASE}", moved.admin_pat, auth_path=LOGIN, admin_path=MANAGE)
        for path in ("/reports/usage", "/administration/x", "/authors", "/x%2Fy/admin/tokens", "/"):
            with pytest.raises(EndpointError, match=f"^Failed to call GET {path}: "):
                request(client, "GET", path)
            assert moved.requests[-1].path == f"{BASE}{path}"

    def test_a_mount_itself_is_found_with_a_query_as_well(self, moved, make_client):
        client = make_client(f"{moved.endpoint}{BASE}", moved.admin_pat, auth_path=LOGIN, admin_path=MANAGE)
        with pytest.raises(EndpointError):
            request(client, "GET", "/admin?a=1")
        last = moved.requests[-1]
        assert (last.path, str(last.query)) == (BASE + MANAGE, "a=1")

    def test_a_query_comes_as_it_was_given(self, client, service):
        with pytest.raises(EndpointError):
            request(client, "GET", "/reports", params={"a": ["1", "2"], "b": "r & b", "c": "", "d": "ä+%"})
        assert service.requests[-1].query.multi_items() == [
            *(("a", "1"), ("a", "2"), ("b", "r & b"), ("c", ""), ("d", "ä+%"))
        ]

    @pytest.mark.fault(16, 65)
    def test_another_origin_gets_nothing(self, client, service):
        with LocalService() as elsewhere:
            for url in (f"{elsewhere.endpoint}{TOKENS}", "https://evil.example/admin/tokens"):
                with pytest.raises(ValueError, match="^the URL must lie below the endpoint, http://127"):
                    request(client, "GET", url)
            assert elsewhere.requests == service.requests == []

    @pytest.mark.fault(16, 65)
    def test_what_lies_beside_the_base_path_gets_nothing(self, moved, make_client):
        client = make_client(f"{moved.endpoint}{BASE}", moved.admin_pat, auth_path=LOGIN, admin_path=MANAGE)
        moved.clear_requests()
        for path in ("/other", "/base/v10/x", f"{BASE}/../x", "/"):
            with pytest.raises(ValueError, match="^the URL must lie below the endpoint"):
                request(client, "GET", f"{moved.endpoint}{path}")
        assert moved.requests == []

    @pytest.mark.fault(16, 65)
    def test_a_redirect_is_not_followed(self, client, service):
        with LocalService() as elsewhere:
            service.fail_next(
                1, status=307, headers={"Location": f"{elsewhere.endpoint}{TOKENS}"}, path=TOKENS
            )
            with pytest.raises(EndpointError, match="307"):
                LIST.call(client, "")
            assert elsewhere.requests == []
