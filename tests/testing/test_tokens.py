"""Issuing, registering, changing and revoking tokens. Which bodies are refused is in conformance/."""

import threading
from typing import Any

import httpx
import pytest

from ..helpers.local_service import PHC, exchange
from ..helpers.openapi import SCHEMAS

LATER = 4_000_000_000


def issue(admin: httpx.Client, **body: object) -> dict[str, Any]:
    answer = admin.post("/admin/tokens", json={"owner": "user@example.com", **body})
    assert answer.status_code == 201, answer.text
    record: dict[str, Any] = answer.json()["record"]
    return record


def load(admin: httpx.Client, token_id: str) -> dict[str, Any]:
    answer = admin.post("/admin/tokens/batch", json={"tokenIds": [token_id], "includeSecretPhc": True})
    record: dict[str, Any] = answer.json()["found"][0]
    return record


def test_issue_answers_a_pat_that_works_until_it_is_revoked(admin, http):
    answer = admin.post("/admin/tokens", json={"owner": "user@example.com"})
    token, token_id = answer.json()["token"], answer.json()["record"]["tokenId"]
    assert token.startswith(f"pat_{token_id}.")

    statuses = [exchange(http, token).status_code]
    for step in ("revoke", "restore"):
        admin.put(f"/admin/tokens/{token_id}/{step}", json={})
        statuses.append(exchange(http, token).status_code)

    assert statuses == [200, 401, 200]


def test_issue_takes_every_property(admin, token_id):
    record = issue(admin, tokenId=token_id, isAdmin=True, roles=["b", "a", "b"], expiresAt=4000000000.0)

    assert isinstance(record.pop("createdAt"), int)
    assert record == {
        "tokenId": token_id,
        "owner": "user@example.com",
        "isAdmin": True,
        "roles": ["b", "a", "b"],
        "expiresAt": LATER,
    }


def test_unset_properties_are_absent_or_null_on_demand(admin, run, admin_of):
    assert set(issue(admin, roles=[])) == {"tokenId", "owner", "isAdmin", "createdAt"}

    record = issue(admin_of(run(nulls=True)))
    unset = set(SCHEMAS["TokenRecord"]["properties"]) - set(SCHEMAS["TokenRecord"]["required"])
    assert {name for name, value in record.items() if value is None} == unset


def test_details_name_every_problem_in_the_words_of_zod(admin):
    answer = admin.post("/admin/tokens", json={"isAdmin": 0, "roles": [1, "x", ""]})

    assert answer.json()["error"]["message"] == "Invalid request body"
    assert answer.json()["error"]["details"].splitlines() == [
        "✖ Invalid input: expected a value, received undefined",
        "  → at owner",
        "✖ Invalid input: expected boolean, received number",
        "  → at isAdmin",
        "✖ Invalid input: expected string, received number",
        "  → at roles[0]",
        "✖ Too small: expected string to have >=1 characters",
        "  → at roles[2]",
    ]


def test_json_too_deep_to_be_read_is_400(admin):
    headers = {"Content-Type": "application/json"}
    assert admin.post("/admin/tokens", content=b"[" * 90_000, headers=headers).status_code == 400


def test_batch_load_tells_found_from_not_found(service, admin):
    [token_id] = service.seed(1, revoked=True)

    ids = ", ".join(f'"{each}"' for each in (token_id, "nonsense", "z" * 21, r"\ud800", token_id))
    headers = {"Content-Type": "application/json"}
    answer = admin.post("/admin/tokens/batch", content=f'{{"tokenIds": [{ids}]}}', headers=headers).json()

    assert [record["tokenId"] for record in answer["found"]] == [token_id]
    assert answer["notFound"] == ["nonsense", "z" * 21, "\ud800"]
    assert "secretPhc" not in answer["found"][0]


def test_update_changes_what_is_named(admin, token_id):
    before = issue(admin, tokenId=token_id, roles=["a"], expiresAt=LATER)
    change = {"owner": "new", "isAdmin": True, "secretPhc": PHC}
    answer = admin.patch(f"/admin/tokens/{token_id}", json=change)

    assert (answer.status_code, answer.content) == (204, b"")
    assert load(admin, token_id) == before | change
    admin.patch(f"/admin/tokens/{token_id}", json={"expiresAt": None})
    assert load(admin, token_id)["expiresAt"] is None


@pytest.mark.parametrize(
    ("change", "roles"),
    [
        (["c"], ["c"]),
        ({"add": ["b", "c"]}, ["a", "b", "c"]),
        ({"remove": ["b", "c"]}, ["a"]),
        ([], None),
    ],
)
def test_update_of_roles(admin, token_id, change, roles):
    issue(admin, tokenId=token_id, roles=["a", "b"])
    for _ in range(2):  # idempotent
        assert admin.patch(f"/admin/tokens/{token_id}", json={"roles": change}).status_code == 204

    assert load(admin, token_id).get("roles") == roles


def test_roles_are_added_atomically(admin, token_id):
    issue(admin, tokenId=token_id)

    def add(role: str) -> None:
        admin.patch(f"/admin/tokens/{token_id}", json={"roles": {"add": [role]}})

    threads = [threading.Thread(target=add, args=[f"role-{n}"]) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(load(admin, token_id)["roles"]) == 20


@pytest.mark.parametrize(("body", "expires_at"), [({"expiresAt": LATER}, LATER), ({}, None)])
def test_revoke_sets_the_time_and_the_expiry_once(admin, token_id, body, expires_at):
    issue(admin, tokenId=token_id, expiresAt=5_000_000_000)
    for each in (body, {"expiresAt": 1}):  # the second does nothing
        answer = admin.put(f"/admin/tokens/{token_id}/revoke", json=each)
        assert (answer.status_code, answer.content) == (204, b"")

    assert load(admin, token_id)["expiresAt"] == expires_at
    assert isinstance(load(admin, token_id)["revokedAt"], int)


def test_restore_undoes_a_revoke_and_clears_the_expiry(admin, token_id):
    before = issue(admin, tokenId=token_id)
    admin.put(f"/admin/tokens/{token_id}/revoke", json={"expiresAt": LATER})
    admin.put(f"/admin/tokens/{token_id}/restore")

    record = load(admin, token_id)
    del record["secretPhc"]
    assert record == before


def test_restore_of_an_active_token_does_nothing(admin, token_id):
    issue(admin, tokenId=token_id, expiresAt=LATER)

    assert admin.put(f"/admin/tokens/{token_id}/restore").status_code == 204
    assert load(admin, token_id)["expiresAt"] == LATER
