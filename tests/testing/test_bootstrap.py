"""The first exchange on an empty table."""

import threading
from collections.abc import Callable

import httpx

from access_tokens.testing import LocalService

Run = Callable[..., LocalService]
Connect = Callable[[LocalService], httpx.Client]

UNKNOWN_PAT = "pat_" + "0" * 21 + "." + "A" * 43 + "="


def exchange(http: httpx.Client, pat: str) -> httpx.Response:
    return http.post("/auth/token", headers={"Authorization": f"Bearer {pat}"})


def test_the_configured_pat_becomes_the_admin_on_an_empty_table(run, connect):
    service = run(empty=True)
    assert service.record(service.admin_token_id) is None

    answer = exchange(connect(service), service.admin_pat)

    claims = service.verify(answer.json()["access_token"])
    assert (claims["sub"], claims["owner"], claims["admin"]) == (service.admin_token_id, "admin", True)
    assert exchange(connect(service), UNKNOWN_PAT).status_code == 401


def test_no_other_pat_bootstraps(run, connect):
    service = run(empty=True)

    assert exchange(connect(service), UNKNOWN_PAT).status_code == 401
    assert exchange(connect(service), service.admin_pat).status_code == 200


def test_the_configured_secret_bootstraps_under_any_id(run, connect):
    service = run(empty=True)
    pat = f"pat_{'0' * 21}.{service.admin_pat.partition('.')[2]}"

    answer = exchange(connect(service), pat)

    assert service.verify(answer.json()["access_token"])["sub"] == "0" * 21
    assert exchange(connect(service), service.admin_pat).status_code == 401


def test_a_table_that_is_not_empty_bootstraps_nobody(run, connect):
    service = run(empty=True)
    service.seed(1)

    assert exchange(connect(service), service.admin_pat).status_code == 401


def test_malformed_pat_does_not_bootstrap(run, connect):
    assert exchange(connect(run(empty=True)), "pat_nonsense").status_code == 401


def test_bootstrap_can_be_switched_off(run, connect):
    service = run(empty=True, bootstrap=False)

    assert exchange(connect(service), service.admin_pat).status_code == 401


def test_only_one_of_several_exchanges_bootstraps(run, connect):
    service = run(empty=True)
    secret = service.admin_pat.partition(".")[2]
    pats = [f"pat_{n:021}.{secret}" for n in range(6)]
    statuses: list[int] = []

    def present(http: httpx.Client, pat: str) -> None:
        statuses.append(exchange(http, pat).status_code)

    threads = [threading.Thread(target=present, args=[connect(service), pat]) for pat in pats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200] + [401] * 5
