"""The rate limit on the exchange."""

from collections.abc import Callable

import httpx

from access_tokens.testing import LocalService

Run = Callable[..., LocalService]
Connect = Callable[[LocalService], httpx.Client]


def exchange(http: httpx.Client, pat: str) -> httpx.Response:
    return http.post("/auth/token", headers={"Authorization": f"Bearer {pat}"})


def test_rate_limit_answers_429_with_retry_after(run, connect):
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


def test_rate_limit_is_over_when_the_time_is(run, connect):
    service = run(rate_limit=(1, 60))
    http = connect(service)
    assert [exchange(http, "x").status_code for _ in range(2)] == [401, 429]

    service.advance(60)

    assert exchange(http, "x").status_code == 401
