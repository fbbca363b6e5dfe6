"""Faults on demand."""

import anyio
import httpx
import pytest

from access_tokens.testing import LocalService, Service

SHORT = httpx.Timeout(30, read=0.05)


def test_the_next_requests_fail_without_acting(service, admin, token_id):
    service.fail_next(2)
    answers = [admin.post("/admin/tokens", json={"owner": "x", "tokenId": token_id}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 201]
    assert answers[0].json() == {"error": {"message": "Service Unavailable"}}


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ({"body": "text"}, 503, b"text"),
        ({"body": b"\xff"}, 503, b"\xff"),
        ({"body": {"a": 1}}, 503, b'{"a": 1}'),
        ({"body": ""}, 503, b""),
        ({"status": 599}, 599, b'{"error": {"message": "599"}}'),
        ({"status": 200, "body": "<html>"}, 200, b"<html>"),
    ],
)
def test_a_failure_has_the_status_the_headers_and_the_body_asked_for(service, admin, fault, status, body):
    service.fail_next(headers={"Retry-After": "7", "Content-Type": "text/x"}, **fault)
    answer = admin.get("/admin/tokens")

    assert (answer.status_code, answer.content) == (status, body)
    assert (answer.headers["Retry-After"], answer.headers["Content-Type"]) == ("7", "text/x")


def test_faults_are_for_the_path_and_method_asked_for(service, admin):
    service.fail_next(path="/admin/tokens", method="post")
    service.fail_next(path="/admin/tokens/*/restore")

    assert admin.get("/admin/tokens").status_code == 200
    assert admin.post("/admin/tokens/batch", json={"tokenIds": []}).status_code == 200
    assert admin.post("/admin/tokens", json={"owner": "x"}).status_code == 503
    assert admin.put(f"/admin/tokens/{service.admin_token_id}/restore").status_code == 503


def test_faults_come_in_the_order_in_which_they_were_asked_for(service, admin):
    service.fail_next(status=500)
    service.drop_next()
    service.fail_next(status=502)

    assert admin.get("/admin/tokens").status_code == 500
    with pytest.raises(httpx.RemoteProtocolError):
        admin.get("/admin/tokens")
    assert admin.get("/admin/tokens").status_code == 502


@pytest.mark.parametrize("after", [False, True])
def test_a_connection_is_dropped_before_or_after_acting(service, admin, token_id, after):
    service.drop_next(after=after)
    with pytest.raises(httpx.RemoteProtocolError):
        admin.post("/admin/tokens", json={"owner": "x", "tokenId": token_id})

    assert (service.record(token_id) is not None) is after


def test_other_connections_outlive_a_drop_which_forwarded_headers_do_not_confuse(service, admin, http):
    http.get("/")
    service.drop_next(method="PUT")
    with pytest.raises(httpx.RemoteProtocolError):
        admin.put("/", headers={"X-Forwarded-For": "192.0.2.1"})

    assert http.get("/").status_code == 404


def test_a_request_is_delayed_before_acting_and_no_other_waits(service, admin, token_id):
    service.delay_next(1, 30, method="POST")
    service.delay_next(1, 0.01, method="GET")
    with pytest.raises(httpx.ReadTimeout):
        admin.post("/admin/tokens", json={"owner": "x", "tokenId": token_id}, timeout=SHORT)

    assert admin.get("/admin/tokens").status_code == 200
    assert service.record(token_id) is None


def test_a_delay_and_a_failure_add_up(service, admin):
    service.fail_next()
    service.delay_next(1, 30)
    with pytest.raises(httpx.ReadTimeout):
        admin.get("/admin/tokens", timeout=SHORT)

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


def test_a_drop_after_the_client_has_gone_is_no_error(fresh, connect, caplog):
    http = connect(fresh)
    fresh.delay_next(1, 30)
    fresh.drop_next()
    with pytest.raises(httpx.ReadTimeout):
        http.get("/", timeout=SHORT)
    fresh.stop()

    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []
