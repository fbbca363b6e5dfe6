"""`GET /admin/tokens`."""

import hashlib
from typing import Any

import httpx
import pytest

from access_tokens.testing import LocalService


@pytest.fixture
def service(fresh: LocalService) -> LocalService:
    return fresh


def ids(admin: httpx.Client, **query: Any) -> list[str]:
    answer = admin.get("/admin/tokens", params=query)
    assert answer.status_code == 200, answer.text
    return [record["tokenId"] for record in answer.json()["records"]]


def in_order(token_ids: list[str]) -> list[str]:
    return sorted(token_ids, key=lambda token_id: hashlib.sha224(token_id.encode()).digest())


def test_order_is_the_stores_own_and_the_administrator_comes_early(service, admin):
    everything = [*service.seed(20), service.admin_token_id]

    assert ids(admin) == ids(admin) == in_order(everything)
    assert hashlib.sha224(service.admin_token_id.encode()).digest()[0] == 0


def test_pages_follow_the_cursor_which_need_not_exist(service, admin):
    cursor = "0" * 21
    everything = in_order([*service.seed(20), service.admin_token_id, cursor])

    first = ids(admin, limit=5)
    assert [*first, *ids(admin, afterTokenId=first[-1])] == [each for each in everything if each != cursor]
    assert ids(admin, afterTokenId=cursor) == everything[everything.index(cursor) + 1 :]


@pytest.mark.parametrize(
    ("query", "length"), [({}, 100), ({"limit": "1001"}, 1000), ({"limit": "9" * 30}, 1000)]
)
def test_limit_is_100_when_absent_and_1000_at_most_silently(service, admin, query, length):
    service.seed(1100)
    assert len(ids(admin, **query)) == length


def test_revoked_and_expired_are_left_out_unless_asked_for(service, admin):
    live = service.admin_token_id
    (revoked,) = service.seed(1, revoked=True)
    (expired,) = service.seed(1, expired=True)
    (both,) = service.seed(1, expired=True, revoked=True)

    assert set(ids(admin)) == {live}
    assert set(ids(admin, includeRevoked="true")) == {live, revoked}
    assert set(ids(admin, includeExpired="true")) == {live, expired}
    assert set(ids(admin, includeRevoked="true", includeExpired="true")) == {live, revoked, expired, both}
    assert set(ids(admin, includeRevoked="false", includeExpired="false")) == {live}


def test_revoked_are_dropped_after_the_limit(service, admin):
    """A page may be short, even empty, without being the last."""
    revoked = service.seed(30, revoked=True)
    everything = in_order([*revoked, service.admin_token_id])
    pages = [ids(admin, limit=1, afterTokenId=one) for one in everything[:-1]]

    assert pages.count([]) >= 29
    assert ids(admin, limit=31) == [service.admin_token_id]


def test_role_filter_comes_before_the_limit(service, admin):
    service.seed(30)
    readers = service.seed(3, roles=["reader"])

    assert set(ids(admin, hasRole="reader", limit=3)) == set(readers)


def test_expiry_follows_the_clock_of_the_service(service, admin):
    service.issue("user@example.com", expires_at=int(service.now()) + 100)
    assert len(ids(admin)) == 2

    service.advance(101)  # a list drops it a second later than the exchange does
    assert ids(admin) == [service.admin_token_id]


def test_an_expiry_of_0_is_over_in_a_list(service, admin):
    service.issue("user@example.com", expires_at=0)

    assert ids(admin) == [service.admin_token_id]
    assert len(ids(admin, includeExpired="true")) == 2


def test_hashes_are_sent_only_when_asked_for(admin):
    without = admin.get("/admin/tokens").json()["records"][0]
    with_hash = admin.get("/admin/tokens", params={"includeSecretPhc": "true"}).json()["records"][0]

    assert "secretPhc" not in without
    assert with_hash["secretPhc"].startswith("$scrypt$ln=14,r=8,p=1$")
