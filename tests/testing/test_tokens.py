"""Issuing, registering, changing and revoking tokens over HTTP."""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from access_tokens.testing import LocalService

Run = Callable[..., LocalService]
Connect = Callable[[LocalService], httpx.Client]

ID = "abcdefghijklmnopqrstu"
OTHER_ID = "ABCDEFGHIJKLMNOPQRSTU"
PHC = "$scrypt$ln=14,r=8,p=1$" + "A" * 22 + "$" + "A" * 43


def issue(admin: httpx.Client, **body: object) -> dict[str, Any]:
    answer = admin.post("/admin/tokens", json={"owner": "user@example.com", **body})
    assert answer.status_code == 201, answer.text
    record: dict[str, Any] = answer.json()["record"]
    return record


def load(admin: httpx.Client, token_id: str) -> dict[str, Any]:
    answer = admin.post("/admin/tokens/batch", json={"tokenIds": [token_id], "includeSecretPhc": True})
    record: dict[str, Any] = answer.json()["found"][0]
    return record


def test_issue_answers_a_pat_that_works(admin, http):
    answer = admin.post("/admin/tokens", json={"owner": "user@example.com"})

    assert answer.status_code == 201
    token, record = answer.json()["token"], answer.json()["record"]
    assert token.startswith(f"pat_{record['tokenId']}.")
    assert http.post("/auth/token", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_issue_takes_every_property(admin):
    record = issue(admin, tokenId=ID, isAdmin=True, roles=["b", "a", "b"], expiresAt=4000000000)

    created_at = record.pop("createdAt")
    assert isinstance(created_at, int)
    assert record == {
        "tokenId": ID,
        "owner": "user@example.com",
        "isAdmin": True,
        "roles": ["b", "a", "b"],
        "expiresAt": 4000000000,
    }


def test_unset_properties_are_absent(admin):
    assert set(issue(admin, roles=[])) == {"tokenId", "owner", "isAdmin", "createdAt"}


def test_unset_properties_are_null_on_demand(run, admin_of):
    record = issue(admin_of(run(nulls=True)))

    unset = {"roles", "secretPhc", "lastUsedAt", "expiresAt", "revokedAt"}
    assert {name for name, value in record.items() if value is None} == unset


def test_whole_number_spelled_as_a_fraction_is_a_time(admin):
    assert issue(admin, expiresAt=4000000000.0)["expiresAt"] == 4000000000


def test_register_stores_the_hash(admin):
    body = {"owner": "user@example.com", "secretPhc": PHC, "isAdmin": True, "roles": ["a"], "expiresAt": 9}

    answer = admin.put(f"/admin/tokens/{ID}", json=body)

    assert answer.status_code == 200
    assert answer.json()["record"]["tokenId"] == ID
    assert answer.json()["record"]["secretPhc"] == PHC
    assert load(admin, ID)["secretPhc"] == PHC


def test_batch_load_tells_found_from_not_found(admin):
    issue(admin, tokenId=ID, expiresAt=1)
    admin.put(f"/admin/tokens/{ID}/revoke", json={})

    half_a_pair = r'"\ud800"'
    body = f'{{"tokenIds": ["{ID}", "nonsense", "{OTHER_ID}", {half_a_pair}, "{ID}"]}}'
    answer = admin.post("/admin/tokens/batch", content=body, headers={"Content-Type": "application/json"})

    assert [record["tokenId"] for record in answer.json()["found"]] == [ID]
    assert answer.json()["notFound"] == ["nonsense", OTHER_ID, "\ud800"]
    assert "secretPhc" not in answer.json()["found"][0]


def test_update_changes_what_is_named(admin):
    issue(admin, tokenId=ID, roles=["a"], expiresAt=4000000000)

    answer = admin.patch(f"/admin/tokens/{ID}", json={"owner": "new", "isAdmin": True, "secretPhc": PHC})

    assert (answer.status_code, answer.content) == (204, b"")
    record = load(admin, ID)
    assert (record["owner"], record["isAdmin"], record["secretPhc"]) == ("new", True, PHC)
    assert (record["roles"], record["expiresAt"]) == (["a"], 4000000000)


def test_update_with_null_removes_the_expiry(admin):
    issue(admin, tokenId=ID, expiresAt=4000000000)

    admin.patch(f"/admin/tokens/{ID}", json={"expiresAt": None})

    assert load(admin, ID)["expiresAt"] is None


def test_an_update_without_a_change_is_204_whatever_the_id(admin):
    changes: list[dict[str, object]] = [{}, {"roles": {"add": []}}, {"roles": {"remove": []}}]
    for change in changes:
        assert admin.patch(f"/admin/tokens/{ID}", json=change).status_code == 204
    assert admin.patch(f"/admin/tokens/{ID}", json={"roles": []}).status_code == 500


@pytest.mark.parametrize(
    ("change", "roles"),
    [
        (["c"], ["c"]),
        ({"add": ["b", "c"]}, ["a", "b", "c"]),
        ({"remove": ["b", "c"]}, ["a"]),
        ([], None),
    ],
)
def test_update_of_roles(admin, change, roles):
    issue(admin, tokenId=ID, roles=["a", "b"])

    for _ in range(2):  # idempotent
        assert admin.patch(f"/admin/tokens/{ID}", json={"roles": change}).status_code == 204

    assert load(admin, ID).get("roles") == roles


def test_roles_are_added_atomically(service, admin, admin_of):
    issue(admin, tokenId=ID)

    def add(client: httpx.Client, role: str) -> None:
        client.patch(f"/admin/tokens/{ID}", json={"roles": {"add": [role]}})

    threads = [threading.Thread(target=add, args=[admin, f"role-{n}"]) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(load(admin, ID)["roles"]) == 20


def test_revoke_sets_the_time_and_the_expiry(admin):
    issue(admin, tokenId=ID)

    answer = admin.put(f"/admin/tokens/{ID}/revoke", json={"expiresAt": 4000000000})

    assert (answer.status_code, answer.content) == (204, b"")
    assert load(admin, ID)["expiresAt"] == 4000000000
    assert isinstance(load(admin, ID)["revokedAt"], int)


def test_revoke_without_an_expiry_clears_the_old_one(admin):
    issue(admin, tokenId=ID, expiresAt=4000000000)

    admin.put(f"/admin/tokens/{ID}/revoke", json={})

    assert load(admin, ID)["expiresAt"] is None


def test_revoke_of_a_revoked_token_does_nothing(service, admin):
    issue(admin, tokenId=ID)
    admin.put(f"/admin/tokens/{ID}/revoke", json={})
    before = load(admin, ID)
    service.advance(10)

    answer = admin.put(f"/admin/tokens/{ID}/revoke", json={"expiresAt": 4000000000})

    assert answer.status_code == 204
    assert load(admin, ID) == before


def test_revoke_needs_a_body(admin):
    issue(admin, tokenId=ID)

    assert admin.put(f"/admin/tokens/{ID}/revoke").status_code == 400
    assert "revokedAt" not in load(admin, ID)


def test_restore_undoes_a_revoke_and_clears_the_expiry(admin):
    before = issue(admin, tokenId=ID)
    admin.put(f"/admin/tokens/{ID}/revoke", json={"expiresAt": 4000000000})

    answer = admin.put(f"/admin/tokens/{ID}/restore")

    assert (answer.status_code, answer.content) == (204, b"")
    record = load(admin, ID)
    del record["secretPhc"]
    assert record == before


def test_restore_of_an_active_token_does_nothing(admin):
    issue(admin, tokenId=ID, expiresAt=4000000000)

    assert admin.put(f"/admin/tokens/{ID}/restore").status_code == 204
    assert load(admin, ID)["expiresAt"] == 4000000000


def test_revoked_pat_is_refused_and_restored_accepted(service, admin):
    pat = admin.post("/admin/tokens", json={"owner": "x", "tokenId": ID}).json()["token"]
    statuses: list[int] = []

    for step in ("revoke", "restore"):
        admin.put(f"/admin/tokens/{ID}/{step}", json={})
        statuses.append(admin.post("/auth/token", headers={"Authorization": f"Bearer {pat}"}).status_code)

    assert statuses == [401, 200]
