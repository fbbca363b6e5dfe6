"""Where the requests of the generated client go, and where they never go."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from access_tokens import EndpointError
from access_tokens.testing import LocalService

from ..helpers.api_calls import LIST, OPERATIONS, TOKENS, each
from ..helpers.callers import SyncCaller

BASE, LOGIN, MANAGE = "/base/v1", "/o/auth2", "/management"


@pytest.fixture(scope="module")
def moved() -> Iterator[LocalService]:
    """A service below a base path, with mounts of its own."""
    with LocalService(auth_path=BASE + LOGIN, admin_path=BASE + MANAGE) as service:
        yield service


@pytest.fixture
def client(moved: LocalService, make_client: Callable[..., Any]) -> Any:
    moved.clear_requests()
    return make_client(f"{moved.endpoint}{BASE}/", moved.admin_pat, auth_path=LOGIN, admin_path=f"{MANAGE}/")


def get(caller: Any, url: str, **options: Any) -> httpx.Response:
    """Have the HTTP client of the generated one send a request."""
    api = caller.client.api
    if isinstance(caller, SyncCaller):
        answer: httpx.Response = api.get_httpx_client().get(url, **options)
    else:
        answer = caller.portal.call(partial(api.get_async_httpx_client().get, url, **options))
    return answer


@each(*OPERATIONS)
def test_the_base_path_and_the_mounts_are_the_clients(moved, client, operation):
    token_id = operation.token(moved)
    assert isinstance(operation.call(client, token_id), operation.parsed or type(None))
    path = BASE + operation.path_of(token_id).replace("/admin", MANAGE).replace("/auth", LOGIN)
    assert moved.requests[-1].path == path


def test_other_paths_go_below_the_endpoint_as_they_are(moved, client):
    for path in ("/reports/usage", "/administration/x", "/authors", "/x%2Fy/admin/tokens", "/"):
        with pytest.raises(EndpointError, match=f"^Failed to call GET {path}: "):
            get(client, path)
        assert moved.requests[-1].path == f"{BASE}{path}"


def test_a_query_comes_as_it_was_given_also_to_a_mount_itself(moved, client):
    with pytest.raises(EndpointError):
        get(client, "/admin", params={"a": ["1", "2"], "b": "r & b", "c": "", "d": "ä+%"})
    last = moved.requests[-1]
    assert last.path == BASE + MANAGE
    assert last.query.multi_items() == [("a", "1"), ("a", "2"), ("b", "r & b"), ("c", ""), ("d", "ä+%")]


@pytest.mark.fault(16, 65)
def test_another_origin_and_what_lies_beside_the_base_path_get_nothing(moved, client, shared_service):
    beside = [f"{moved.endpoint}{path}" for path in ("/other", "/base/v10/x", f"{BASE}/../x", "/")]
    for url in (*beside, f"{shared_service.endpoint}{TOKENS}", "https://evil.example/admin/tokens"):
        with pytest.raises(ValueError, match="^the URL must lie below the endpoint, http://127"):
            get(client, url)
    assert moved.requests == shared_service.requests == []


@pytest.mark.fault(16, 65)
def test_a_redirect_is_not_followed(moved, client, shared_service):
    headers = {"Location": f"{shared_service.endpoint}{TOKENS}"}
    moved.fail_next(1, status=307, headers=headers, path=f"{BASE}{MANAGE}/tokens")
    with pytest.raises(EndpointError, match="^Failed to call GET /admin/tokens: .*307"):
        LIST.call(client, "")
    assert shared_service.requests == []
