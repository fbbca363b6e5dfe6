"""What a service remembers of requests."""

import attrs
import httpx
import pytest

from access_tokens.testing import ReceivedRequest


def test_a_request_is_remembered_as_it_arrived(service, admin):
    admin.put("/admin/tokens/a%2Fb/revoke?x=1&y=%20", json={}, headers={"X-Trace": "7"})
    (request,) = service.requests

    assert (request.method, request.path) == ("PUT", "/admin/tokens/a%2Fb/revoke")
    assert dict(request.query) == {"x": "1", "y": " "}
    assert request.headers["x-trace"] == "7"
    assert request.headers["Authorization"] == admin.headers["Authorization"]
    assert request.body == b"{}"


def test_no_repr_shows_a_credential(service, admin):
    admin.post("/auth/token", json={"grant_type": "client_credentials", "client_secret": service.admin_pat})
    text = repr(service.requests) + repr(service.requests[0].headers) + repr(service)

    assert "authorization" in text
    assert admin.headers["Authorization"].removeprefix("Bearer ") not in text
    assert service.admin_pat not in text
    assert "scrypt" not in repr(service._backend.store.get(service.admin_token_id))


def test_requests_that_fail_or_are_dropped_are_remembered_until_they_are_forgotten(service, admin):
    service.fail_next()
    service.drop_next()
    admin.get("/1")
    with pytest.raises(httpx.RemoteProtocolError):
        admin.get("/2")
    admin.get("/3")

    assert [request.path for request in service.requests] == ["/1", "/2", "/3"]
    service.clear_requests()
    assert (service.requests, service.exchanges) == ([], 0)


def test_exchanges_counts_what_arrived_at_the_exchange(service, http):
    service.fail_next()
    for method, path in (
        ("POST", "/auth/token"),
        ("POST", "/auth/token"),
        ("GET", "/auth/token"),
        ("GET", "/"),
    ):
        http.request(method, path)

    assert service.exchanges == 2


def test_what_is_remembered_cannot_be_changed(service, http):
    http.get("/")
    service.requests.clear()
    (request,) = service.requests

    assert isinstance(request, ReceivedRequest)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        request.method = "POST"  # type: ignore[misc]  # on purpose
