"""A service without a network."""

import time

import anyio
import httpx
import pytest

from access_tokens.testing import Service


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_app_serves_in_process(backend):
    service = Service()

    async def call() -> None:
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            headers = {"Authorization": f"Bearer {service.admin_pat}"}
            answer = await http.post("/auth/token", headers=headers)
            headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            assert (await http.get("/admin/tokens", headers=headers)).status_code == 200

    anyio.run(call, backend=backend)


def test_delay_works_in_process():
    service = Service()
    service.delay_next(1, 0.05)

    async def call() -> None:
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            start = time.monotonic()
            await http.get("/")
            assert time.monotonic() - start >= 0.05

    anyio.run(call)


async def call_bare(service: Service, path: str, *, gone: bool = False) -> list[int]:
    """Call the application as a server would that knows only the decoded path."""
    statuses: list[int] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"} if gone else {"type": "http.request", "body": b""}

    async def send(message: object) -> None:
        if isinstance(message, dict) and message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {"type": "http", "method": "PUT", "path": path, "query_string": b"", "headers": []}
    await service.app(scope, receive, send)
    return statuses


def test_server_without_raw_path_will_do():
    service = Service()

    assert anyio.run(call_bare, service, "/é") == [404]
    assert service.requests[0].path == "/%C3%A9"


def test_client_that_goes_away_while_sending_is_not_remembered():
    service = Service()

    async def call() -> list[int]:
        return await call_bare(service, "/", gone=True)

    assert anyio.run(call) == []
    assert service.requests == []


def test_lifespan_is_answered():
    service = Service()
    sent: list[object] = []

    async def call() -> None:
        messages = [{"type": "lifespan.shutdown"}, {"type": "lifespan.startup"}]

        async def receive() -> dict[str, str]:
            return messages.pop()

        async def send(message: object) -> None:
            sent.append(message)

        await service.app({"type": "lifespan", "state": {}}, receive, send)

    anyio.run(call)
    assert sent == [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]


def test_service_starts_with_one_admin():
    service = Service()

    record = service.record(service.admin_token_id)

    assert record is not None
    assert record["isAdmin"] is True
    assert service.record("nobody") is None


def test_issue_makes_a_token_without_a_request():
    service = Service()

    pat = service.issue("user@example.com", is_admin=True, roles=["a"], expires_at=4000000000)

    token_id = pat.removeprefix("pat_").partition(".")[0]
    record = service.record(token_id)
    assert record is not None
    assert record["owner"] == "user@example.com"
    assert record["isAdmin"] is True
    assert record["roles"] == ["a"]
    assert record["expiresAt"] == 4000000000
    assert service.verify(service._backend.exchange(pat))["sub"] == token_id


def test_issue_refuses_what_the_store_refuses():
    with pytest.raises(ValueError, match="Cannot store invalid token record"):
        Service().issue("")


def test_revoke_works_without_a_request():
    service = Service()

    service.revoke(service.admin_token_id)

    record = service.record(service.admin_token_id)
    assert record is not None
    assert "revokedAt" in record
    with pytest.raises(ValueError, match="Token not found: nobody"):
        service.revoke("nobody")


def test_seed_fills_the_table():
    service = Service()

    token_ids = service.seed(2000, roles=["reader"])

    assert len(set(token_ids)) == 2000
    record = service.record(token_ids[1])
    assert record is not None
    assert (record["owner"], record["roles"]) == ("user-2@example.com", ["reader"])


def test_seed_makes_expired_or_revoked_tokens():
    service = Service()
    (expired,) = service.seed(1, expired=True, owner="someone")
    (revoked,) = service.seed(1, revoked=True)

    expired_record, revoked_record = service.record(expired), service.record(revoked)

    assert expired_record is not None
    assert revoked_record is not None
    assert (expired_record["owner"], "expiresAt" in expired_record) == ("someone", True)
    assert ("revokedAt" in revoked_record, "expiresAt" in revoked_record) == (True, False)


def test_record_gives_the_hash_only_when_asked_for():
    service = Service()

    with_hash = service.record(service.admin_token_id, include_secret_phc=True)

    assert with_hash is not None
    assert str(with_hash.pop("secretPhc")).startswith("$scrypt$")
    assert service.record(service.admin_token_id) == with_hash


def test_clock_is_the_real_one_until_advanced():
    service = Service()
    assert abs(service.now() - time.time()) < 1

    service.advance(1000.5)

    assert abs(service.now() - time.time() - 1000.5) < 1


def test_paths_are_fixed_once_the_service_is_there():
    with pytest.raises(AttributeError):
        Service().auth_path = "/other"
