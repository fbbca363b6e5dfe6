"""Faults on demand."""

import time

import anyio
import httpx
import pytest

from access_tokens.testing import LocalService, Service


def test_next_requests_fail_without_acting(service, admin):
    service.fail_next(2)

    answers = [admin.post("/admin/tokens", json={"owner": "x"}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 201]
    assert answers[0].json() == {"error": {"message": "Service Unavailable"}}
    assert len(admin.get("/admin/tokens").json()["records"]) == 2


def test_failure_has_the_status_and_headers_asked_for(service, admin):
    service.fail_next(status=429, headers={"Retry-After": "7"})

    answer = admin.get("/admin/tokens")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize(
    ("body", "sent"),
    [("text", b"text"), (b"\xff", b"\xff"), ({"a": 1}, b'{"a": 1}'), ("", b"")],
)
def test_failure_has_the_body_asked_for(service, admin, body, sent):
    service.fail_next(body=body)

    assert admin.get("/admin/tokens").content == sent


def test_failure_may_have_a_status_without_a_name(service, admin):
    service.fail_next(status=599)

    assert admin.get("/admin/tokens").json() == {"error": {"message": "599"}}


def test_failure_may_be_a_strange_success(service, admin):
    service.fail_next(status=200, body="<html>", headers={"Content-Type": "text/html"})

    answer = admin.get("/admin/tokens")

    assert (answer.text, answer.headers["Content-Type"]) == ("<html>", "text/html")


def test_faults_are_for_the_path_and_method_asked_for(service, admin):
    service.fail_next(path="/admin/tokens", method="post")

    assert admin.get("/admin/tokens").status_code == 200
    assert admin.post("/admin/tokens/batch", json={"tokenIds": []}).status_code == 200
    assert admin.post("/admin/tokens", json={"owner": "x"}).status_code == 503


def test_path_may_be_a_pattern(service, admin):
    service.fail_next(path="/admin/tokens/*/restore")

    assert admin.put(f"/admin/tokens/{service.admin_token_id}/restore").status_code == 503


def test_faults_come_in_the_order_in_which_they_were_asked_for(service, admin):
    service.fail_next(status=500)
    service.drop_next()
    service.fail_next(status=502)

    assert admin.get("/admin/tokens").status_code == 500
    with pytest.raises(httpx.RemoteProtocolError):
        admin.get("/admin/tokens")
    assert admin.get("/admin/tokens").status_code == 502


def test_connection_is_dropped_before_acting(service, admin):
    service.drop_next()

    with pytest.raises(httpx.RemoteProtocolError):
        admin.post("/admin/tokens", json={"owner": "x"})

    assert len(admin.get("/admin/tokens").json()["records"]) == 1


def test_connection_is_dropped_after_acting(service, admin):
    service.drop_next(after=True)

    with pytest.raises(httpx.RemoteProtocolError):
        admin.post("/admin/tokens", json={"owner": "x"})

    assert len(admin.get("/admin/tokens").json()["records"]) == 2


def test_other_connections_outlive_a_drop(service, admin, http):
    http.get("/")
    service.drop_next(method="PUT")

    with pytest.raises(httpx.RemoteProtocolError):
        admin.put("/")

    assert http.get("/").status_code == 404


def test_requests_are_delayed_before_acting(service, admin):
    service.delay_next(1, 0.2)

    start = time.monotonic()
    assert admin.get("/admin/tokens").status_code == 200
    assert time.monotonic() - start >= 0.2


def test_delay_and_failure_add_up(service, admin):
    service.fail_next()
    service.delay_next(1, 30)

    with pytest.raises(httpx.ReadTimeout):
        admin.get("/admin/tokens", timeout=0.1)
    assert admin.get("/admin/tokens").status_code == 200


def test_delay_does_not_hold_up_others(service, admin):
    service.delay_next(1, 30, path="/slow")

    with pytest.raises(httpx.ReadTimeout):
        admin.get("/slow", timeout=0.1)
    assert admin.get("/admin/tokens").status_code == 200


def test_faults_can_be_cleared(service, admin):
    service.fail_next(10)
    service.drop_next(10)
    service.delay_next(10, 30)

    service.clear_faults()

    assert admin.get("/admin/tokens").status_code == 200


@pytest.mark.parametrize("make", [Service, LocalService])
@pytest.mark.parametrize("after", [False, True])
def test_without_a_network_a_drop_is_an_exception(make, after):
    service = make()
    service.drop_next(after=after)

    async def call() -> None:
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            with pytest.raises(ConnectionResetError, match="GET /x was dropped"):
                await http.get("/x")

    anyio.run(call)
