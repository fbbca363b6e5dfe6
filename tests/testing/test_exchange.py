"""`POST /auth/token`, the first exchange on an empty table, and the limit of its rate."""

import threading

import httpx

from ..helpers.local_service import UNKNOWN_PAT, exchange


def test_a_jwt_carries_owner_admin_and_roles(service, http):
    answer = exchange(http, service.issue("user@example.com", roles=["reader", "writer"]).pat).json()
    claims = service.verify(answer["access_token"])

    assert (answer["token_type"], answer["expires_in"], "state" in answer) == ("Bearer", 3600, False)
    assert (claims["owner"], claims["admin"]) == ("user@example.com", False)
    assert (claims["roles"], claims["iss"]) == (["reader", "writer"], service.issuer)
    assert claims["exp"] == int(str(claims["iat"])) + 3600


def test_lifetime_and_prefix_are_options(run, connect):
    service = run(lifetime=60, prefix="acme-")

    assert service.admin_pat.startswith("acme-")
    assert exchange(connect(service), service.admin_pat).json()["expires_in"] == 60


def test_two_exchanges_answer_two_jwts(service, http):
    first, second = (exchange(http, service.admin_pat).json()["access_token"] for _ in range(2))
    assert first != second


def test_state_is_sent_back(service, http):
    body = {"client_secret": service.admin_pat, "state": "x y"}
    assert http.post("/auth/token", data=body).json()["state"] == "x y"


def test_a_pat_expires_by_the_clock_of_the_service(fresh, connect):
    _, pat = fresh.issue("x", expires_at=int(fresh.now()) + 10)
    fresh.advance(11)
    assert exchange(connect(fresh), pat).status_code == 401


def test_an_exchange_sets_last_used_at(fresh, connect):
    fresh.advance(1000)
    before = int(fresh.now())
    exchange(connect(fresh), fresh.admin_pat)

    record = fresh.record(fresh.admin_token_id) or {}
    assert int(str(record["lastUsedAt"])) >= before


def test_the_configured_pat_alone_becomes_the_admin_on_an_empty_table(run, connect):
    service = run(empty=True)
    assert service.record(service.admin_token_id) is None
    for unknown in (UNKNOWN_PAT, "pat_nonsense"):
        assert exchange(connect(service), unknown).status_code == 401

    answer = exchange(connect(service), service.admin_pat)
    claims = service.verify(answer.json()["access_token"])
    assert (claims["sub"], claims["owner"], claims["admin"]) == (service.admin_token_id, "admin", True)
    assert exchange(connect(service), UNKNOWN_PAT).status_code == 401


def test_the_configured_secret_bootstraps_under_any_id_but_only_once(run, connect):
    service = run(empty=True)
    secret = service.admin_pat.partition(".")[2]
    statuses: list[int] = []

    def present(http: httpx.Client, pat: str) -> None:
        statuses.append(exchange(http, pat).status_code)

    pats = [f"pat_{n:021}.{secret}" for n in range(6)]
    threads = [threading.Thread(target=present, args=[connect(service), pat]) for pat in pats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200] + [401] * 5
    assert exchange(connect(service), service.admin_pat).status_code == 401


def test_bootstrap_can_be_switched_off_and_needs_an_empty_table(run, connect):
    off, not_empty = run(empty=True, bootstrap=False), run(empty=True)
    not_empty.seed(1)

    for service in (off, not_empty):
        assert exchange(connect(service), service.admin_pat).status_code == 401


def test_a_rate_limit_answers_429_with_retry_after_until_the_time_is_over(run, connect):
    service = run(rate_limit=(2, 60), errors="empty")
    http = connect(service)
    answers = [exchange(http, service.admin_pat) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert answers[2].json() == {"error": {"message": "Too many requests, try again in a minute"}}
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[0].headers["RateLimit-Policy"] == "2;w=60"
    assert answers[0].headers["RateLimit-Limit"] == "2"
    assert 1 <= int(answers[0].headers["RateLimit-Reset"]) <= 60
    service.advance(60)
    assert exchange(http, service.admin_pat).status_code == 200
