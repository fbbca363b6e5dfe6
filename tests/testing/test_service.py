"""A service without a network, what its methods do, and its options."""

import time
from collections.abc import Iterator, MutableMapping
from datetime import datetime, timedelta, timezone
from typing import Any

import anyio
import httpx
import jwt
import pytest

from access_tokens.testing import LocalService, Service

Message = MutableMapping[str, Any]


@pytest.fixture
def service() -> Service:
    return Service()


def called(service: Service, scope: Message, *messages: Message) -> list[Message]:
    """Call the application as a server would, and return what it sends."""
    received: Iterator[Message] = iter(messages)
    sent: list[Message] = []

    async def receive() -> Message:
        return next(received)

    async def send(message: Message) -> None:
        sent.append(message)

    anyio.run(service.app, scope, receive, send)
    return sent


# Of a server that knows only the decoded path.
BARE: Message = {"type": "http", "method": "PUT", "path": "/é", "query_string": b"", "headers": []}


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_its_app_serves_in_process_and_is_delayed_there(service, backend):
    service.delay_next(1, 0.01)

    async def call() -> None:
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            headers = {"Authorization": f"Bearer {service.admin_pat}"}
            answer = await http.post("/auth/token", headers=headers)
            headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            assert (await http.get("/admin/tokens", headers=headers)).status_code == 200

    anyio.run(call, backend=backend)


def test_a_server_without_the_raw_path_will_do(service):
    start, _ = called(service, BARE, {"type": "http.request", "body": b""})

    assert start["status"] == 404
    assert service.requests[0].path == "/%C3%A9"


def test_a_client_that_goes_away_while_it_sends_is_not_remembered(service):
    assert called(service, BARE, {"type": "http.disconnect"}) == []
    assert service.requests == []


def test_the_lifespan_of_a_server_is_answered(service):
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = called(service, {"type": "lifespan", "state": {}}, *messages)

    assert sent == [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]


def test_it_starts_with_one_administrator_whose_hash_is_given_when_asked_for(service):
    record = service.record(service.admin_token_id)
    with_hash = service.record(service.admin_token_id, include_secret_phc=True)

    assert record["isAdmin"] is True
    assert with_hash.pop("secretPhc").startswith("$scrypt$")
    assert with_hash == record
    assert service.record("nobody") is None


def test_issue_makes_a_token_without_a_request(service):
    issued = service.issue("user@example.com", is_admin=True, roles=["a"], expires_at=4000000000)
    token_id, pat = issued
    record = service.record(token_id)

    assert (record["owner"], record["isAdmin"]) == ("user@example.com", True)
    assert (record["roles"], record["expiresAt"]) == (["a"], 4000000000)
    assert service.verify(service._backend.exchange(pat))["sub"] == token_id
    assert repr(issued) == f"IssuedToken(token_id='{token_id}', pat=<hidden>)"
    with pytest.raises(ValueError, match="Cannot store invalid token record"):
        service.issue("")


def test_revoke_works_without_a_request(service):
    service.revoke(service.admin_token_id)

    assert "revokedAt" in service.record(service.admin_token_id)
    with pytest.raises(ValueError, match="Token not found: nobody"):
        service.revoke("nobody")


def seeded(service: Service, **options: Any) -> Any:
    return service.record(*service.seed(1, **options))


def test_seed_fills_the_table_with_active_expired_or_revoked_tokens(service):
    token_ids = service.seed(2000, roles=["reader"])
    expired, revoked = (seeded(service, owner="x", **{which: True}) for which in ("expired", "revoked"))
    active = service.record(token_ids[1])

    assert len(set(token_ids)) == 2000
    assert (active["owner"], active["roles"]) == ("user-2@example.com", ["reader"])
    assert (expired["owner"], "expiresAt" in expired, "revokedAt" in expired) == ("x", True, False)
    assert ("expiresAt" in revoked, "revokedAt" in revoked) == (False, True)


def test_seed_gives_tokens_any_time_and_right():
    noon = datetime(2030, 1, 1, 12, tzinfo=timezone(timedelta(hours=1)))
    times = {"created_at": 1, "last_used_at": 2, "expires_at": noon, "revoked_at": 4}
    record = seeded(Service(), is_admin=True, **times)
    assert (record["createdAt"], record["lastUsedAt"], record["revokedAt"]) == (1, 2, 4)
    assert (record["expiresAt"], record["isAdmin"]) == (noon.timestamp(), True)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"expired": True, "expires_at": 1}, "either expired or expires_at"),
        ({"revoked": True, "revoked_at": 1}, "either revoked or revoked_at"),
        ({"expires_at": datetime(2030, 1, 1)}, "with a time zone"),  # noqa: DTZ001 - on purpose
        *[
            ({name: -1}, "Cannot store")
            for name in ("created_at", "last_used_at", "expires_at", "revoked_at")
        ],
    ],
    ids=str,
)
def test_what_cannot_be_seeded_is_refused_and_not_stored(service, options, reason):
    with pytest.raises(ValueError, match=reason):
        service.seed(1, **options)
    every = service._backend.page({"includeRevoked": True, "includeExpired": True})
    assert every == [service._backend.store.get(service.admin_token_id)]


def test_its_clock_is_the_real_one_until_it_is_advanced(service):
    before = time.time()
    assert before <= service.now() <= time.time()

    service.advance(1000.5)
    assert before + 1000.5 <= service.now() <= time.time() + 1000.5
    with pytest.raises(ValueError, match="must be a finite number, not nan"):
        service.advance(float("nan"))


def test_put_back_its_clock_makes_valid_what_has_expired_and_keeps_what_is_newer(service):
    service.rate_limit = (1, 60)
    older = service.issue("x", expires_at=int(service.now()) + 100)
    jwt = service._backend.exchange(older.pat)
    service.advance(4000)
    newer = service._backend.exchange(service.issue("y").pat)
    service._backend.admit_exchange()
    for expired in (lambda: service.verify(jwt), lambda: service._backend.exchange(older.pat)):
        with pytest.raises(ValueError, match="JWT|Authorization token"):
            expired()
    service.advance(-4000)
    assert [service.verify(each)["owner"] for each in (jwt, newer)] == ["x", "y"]
    assert service._backend.exchange(older.pat)
    assert service._backend.admit_exchange()["RateLimit-Remaining"] == "0"


PAT = "pat_" + "a" * 21 + ".c2VjcmV0"


def test_its_pat_is_an_option():
    service = Service(admin_pat=PAT)
    assert (service.admin_pat, service.admin_token_id) == (PAT, "a" * 21)
    assert service.verify(service._backend.exchange(PAT))["admin"] is True


@pytest.mark.parametrize(
    "pat", [PAT.removeprefix("pat_"), PAT + "*~" * 100, "pat_" + "b" * 60, "", 7], ids=str
)
def test_a_pat_that_is_none_is_refused_and_not_shown(pat):
    with pytest.raises(ValueError, match="^admin_pat must be a PAT: the prefix 'pat_', 21 letters") as caught:
        Service(admin_pat=pat)
    assert not pat or str(pat) not in str(caught.value)


@pytest.mark.fault(70)
@pytest.mark.parametrize(
    "option",
    [
        *[{"port": port} for port in (-1, 65536, "80", True, None, 1.5)],
        *[{name: path} for name in ("auth_path", "admin_path") for path in ("auth", "/a b", "/a?b", 7)],
        *[{"prefix": prefix} for prefix in ("a b", "\n", "x" * 135, None)],
        *[{"lifetime": lifetime} for lifetime in ("60", True, None, 0.5)],
        *[{"rate_limit": limit} for limit in (5, (5,), (5, 0), ("5", 60), (5, float("nan")), [5, 60, 1])],
        *[{name: 1} for name in ("bootstrap", "empty", "documented", "nulls")],
        *[{"issuer": None}, {"errors": ["json"]}, {"errors": "xml"}],
    ],
    ids=str,
)
def test_an_option_that_makes_no_sense_is_refused_by_name(option):
    [name] = option
    with pytest.raises(ValueError, match=f"^{name} must be "):
        LocalService(**option)


@pytest.mark.fault(70)
def test_it_is_refused_later_as_well(service):
    with pytest.raises(ValueError, match="^rate_limit must be "):
        service.rate_limit = (-1, 60)
    service.rate_limit = (0, 0.5)
    with pytest.raises(AttributeError):
        service.auth_path = "/other"


def test_a_removed_token_has_never_been(service):
    [token_id] = service.seed(1)
    service.remove(token_id)
    assert service.record(token_id) is None
    with pytest.raises(ValueError, match=f"Token not found: {token_id}"):
        service.remove(token_id)
    assert len(service._backend.page({})) == 1


def test_another_api_can_verify_the_jwts_with_the_key_set(service):
    _, pat = service.issue("x")
    token = service._backend.exchange(pat)
    key = jwt.PyJWKSet.from_dict(service.jwks())[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, algorithms=["EdDSA"], issuer=service.issuer) == service.verify(token)
    service.rotate_key()
    assert [each["kid"] for each in service.jwks()["keys"]] != [key.key_id]
