"""`POST /auth/token`."""

import base64
from collections.abc import Callable

import httpx
import pytest

from access_tokens.testing import LocalService

Run = Callable[..., LocalService]
Connect = Callable[[LocalService], httpx.Client]

UNKNOWN_PAT = "pat_" + "0" * 21 + "." + "A" * 43 + "="


def exchange(http: httpx.Client, pat: str) -> httpx.Response:
    return http.post("/auth/token", headers={"Authorization": f"Bearer {pat}"})


def basic(text: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


def test_bearer_pat_is_exchanged_for_a_jwt(service, http):
    answer = exchange(http, service.admin_pat)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    token = answer.json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
    assert "state" not in token
    assert service.verify(token["access_token"])["sub"] == service.admin_token_id


def test_jwt_carries_owner_admin_and_roles(service, http):
    pat = service.issue("user@example.com", roles=["reader", "writer"])

    claims = service.verify(exchange(http, pat).json()["access_token"])

    assert claims["owner"] == "user@example.com"
    assert claims["admin"] is False
    assert claims["roles"] == ["reader", "writer"]
    assert claims["iss"] == service.issuer
    assert claims["exp"] == int(str(claims["iat"])) + 3600


def test_lifetime_is_an_option(run, connect):
    service = run(lifetime=60)

    assert exchange(connect(service), service.admin_pat).json()["expires_in"] == 60


def test_two_exchanges_answer_two_jwts(service, http):
    first, second = (exchange(http, service.admin_pat).json()["access_token"] for _ in range(2))

    assert first != second


def test_basic_takes_the_pat_as_password(service, http):
    assert http.post("/auth/token", headers=basic(f"anyone:{service.admin_pat}")).status_code == 200


def test_client_credentials_in_the_body(service, http):
    form = {"grant_type": "client_credentials", "client_secret": service.admin_pat, "scope": "ignored"}

    assert http.post("/auth/token", data=form).status_code == 200
    assert http.post("/auth/token", json=form).status_code == 200


def test_state_is_sent_back(service, http):
    form = {"grant_type": "client_credentials", "client_secret": service.admin_pat, "state": "x y"}

    assert http.post("/auth/token", data=form).json()["state"] == "x y"


def test_the_body_wins_over_the_header(service, http):
    form = {"client_secret": service.admin_pat}

    answer = http.post("/auth/token", data=form, headers={"Authorization": f"Bearer {UNKNOWN_PAT}"})

    assert answer.status_code == 200


def refuse_wrong_secret(service: LocalService) -> str:
    return service.admin_pat.partition(".")[0] + "." + "A" * 43 + "="


def refuse_revoked(service: LocalService) -> str:
    pat = service.issue("user@example.com")
    service.revoke(pat.removeprefix("pat_").partition(".")[0])
    return pat


def refuse_expired(service: LocalService) -> str:
    pat = service.issue("user@example.com", expires_at=int(service.now()) + 10)
    service.advance(11)
    return pat


@pytest.mark.parametrize(
    "prepare",
    [
        lambda _: UNKNOWN_PAT,
        lambda _: "nonsense",
        lambda service: service.admin_pat.removeprefix("pat_"),
        refuse_wrong_secret,
        refuse_revoked,
        refuse_expired,
    ],
    ids=["unknown", "malformed", "prefix", "secret", "revoked", "expired"],
)
def test_bad_pat_is_401(service, http, prepare):
    answer = exchange(http, prepare(service))

    assert answer.status_code == 401
    assert answer.json() == {"error": {"message": "Invalid Authorization token"}}


def test_prefix_is_an_option(run, connect):
    service = run(prefix="acme-")

    assert service.admin_pat.startswith("acme-")
    assert exchange(connect(service), service.admin_pat).status_code == 200


def test_exchange_sets_last_used_at(service, http):
    service.advance(1000)
    before = int(service.now())

    exchange(http, service.admin_pat)

    record = service.record(service.admin_token_id)
    assert record is not None
    assert int(str(record["lastUsedAt"])) >= before
