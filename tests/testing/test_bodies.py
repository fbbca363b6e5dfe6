"""What the admin routes refuse with 400, before anything is done."""

from collections.abc import Iterator

import httpx
import pytest

from access_tokens.testing import LocalService

ID = "abcdefghijklmnopqrstu"
PHC = "$scrypt$ln=14,r=8,p=1$" + "A" * 22 + "$" + "A" * 43

ISSUE = ("POST", "/admin/tokens")
REGISTER = ("PUT", f"/admin/tokens/{ID}")
UPDATE = ("PATCH", f"/admin/tokens/{ID}")
REVOKE = ("PUT", f"/admin/tokens/{ID}/revoke")
BATCH = ("POST", "/admin/tokens/batch")
TAKING_A_BODY = [ISSUE, REGISTER, UPDATE, REVOKE, BATCH]


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    """One for all: nothing here changes it."""
    with LocalService() as service:
        yield service


@pytest.fixture(scope="module")
def admin(service: LocalService) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.endpoint, verify=False) as http:
        jwt = service._backend.exchange(service.admin_pat)
        http.headers["Authorization"] = f"Bearer {jwt}"
        yield http


@pytest.mark.parametrize(
    ("route", "body", "details"),
    [
        (ISSUE, {}, "owner:\n  is required"),
        (ISSUE, {"owner": None}, "owner:\n  must be a string"),
        (ISSUE, {"owner": 1}, "owner:\n  must be a string"),
        (ISSUE, {"owner": "x", "surprise": 1, "b": 1}, "request:\n  unknown fields: b, surprise"),
        (ISSUE, {"owner": "x", "tokenId": None}, "tokenId:\n  must be a string"),
        (ISSUE, {"owner": "x", "isAdmin": 1}, "isAdmin:\n  must be a boolean"),
        (ISSUE, {"owner": "x", "isAdmin": None}, "isAdmin:\n  must be a boolean"),
        (ISSUE, {"owner": "x", "expiresAt": None}, "expiresAt:\n  must be a number"),
        (ISSUE, {"owner": "x", "expiresAt": True}, "expiresAt:\n  must be a number"),
        (ISSUE, {"owner": "x", "expiresAt": "1"}, "expiresAt:\n  must be a number"),
        (ISSUE, {"owner": "x", "expiresAt": -1}, "expiresAt:\n  must be a Unix time"),
        (ISSUE, {"owner": "x", "expiresAt": 1e300}, "expiresAt:\n  must be a Unix time"),
        (ISSUE, {"owner": "x", "roles": None}, "roles:\n  must be an array"),
        (ISSUE, {"owner": "x", "roles": "admin"}, "roles:\n  must be an array"),
        (ISSUE, {"owner": "x", "roles": {"add": []}}, "roles:\n  must be an array"),
        (ISSUE, {"owner": "x", "roles": ["x"] * 51}, "roles:\n  must have 50 items at most"),
        (ISSUE, {"owner": "x", "roles": ["x", ""]}, "roles[1]:\n  must have 1 to 100 characters"),
        (ISSUE, {"owner": "x", "roles": ["x" * 101]}, "roles[0]:\n  must have 1 to 100 characters"),
        (ISSUE, {"owner": "x", "roles": [1]}, "roles[0]:\n  must be a string"),
        (ISSUE, [], "request:\n  must be an object"),
        (REGISTER, {"owner": "x"}, "secretPhc:\n  is required"),
        (REGISTER, {"owner": "x", "secretPhc": PHC, "tokenId": ID}, "request:\n  unknown fields: tokenId"),
        (REGISTER, {"owner": "x", "secretPhc": 1}, "secretPhc:\n  must be a string"),
        (UPDATE, {"tokenId": ID}, "request:\n  unknown fields: tokenId"),
        (UPDATE, {"owner": None}, "owner:\n  must be a string"),
        (UPDATE, {"secretPhc": None}, "secretPhc:\n  must be a string"),
        (UPDATE, {"roles": None}, "roles:\n  must be an array"),
        (UPDATE, {"roles": {}}, "roles.remove:\n  is required"),
        (UPDATE, {"roles": {"add": [], "remove": []}}, "roles:\n  unknown fields: remove"),
        (UPDATE, {"roles": {"add": ["x"] * 51}}, "roles.add:\n  must have 50 items at most"),
        (UPDATE, {"roles": {"remove": [""]}}, "roles.remove[0]:\n  must have 1 to 100 characters"),
        (REVOKE, {"expiresAt": None}, "expiresAt:\n  must be a number"),
        (REVOKE, {"reason": "x"}, "request:\n  unknown fields: reason"),
        (BATCH, {}, "tokenIds:\n  is required"),
        (BATCH, {"tokenIds": ID}, "tokenIds:\n  must be an array"),
        (BATCH, {"tokenIds": [1]}, "tokenIds[0]:\n  must be a string"),
        (BATCH, {"tokenIds": [], "includeSecretPhc": "true"}, "includeSecretPhc:\n  must be a boolean"),
    ],
)
def test_what_does_not_fit_the_schema_is_400(
    service: LocalService, admin: httpx.Client, route: tuple[str, str], body: object, details: str
) -> None:
    answer = admin.request(*route, json=body)

    assert answer.status_code == 400
    assert answer.json() == {"error": {"message": "Invalid request", "details": details}}
    assert service.record(ID) is None


def test_details_name_every_problem(admin: httpx.Client) -> None:
    answer = admin.post("/admin/tokens", json={"isAdmin": 0, "roles": [1, "x", ""]})

    assert answer.json()["error"]["details"].splitlines() == [
        "owner:",
        "  is required",
        "isAdmin:",
        "  must be a boolean",
        "roles[0]:",
        "  must be a string",
        "roles[2]:",
        "  must have 1 to 100 characters",
    ]


@pytest.mark.parametrize("route", TAKING_A_BODY)
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"owner": NaN}', b"[" * 90_000, b"1" * 5000])
def test_malformed_json_is_400(admin: httpx.Client, route: tuple[str, str], body: bytes) -> None:
    answer = admin.request(*route, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert answer.json() == {"error": {"message": "Malformed JSON"}}


@pytest.mark.parametrize("route", TAKING_A_BODY)
def test_body_has_to_say_that_it_is_json(admin: httpx.Client, route: tuple[str, str]) -> None:
    answer = admin.request(*route, content=b"{}", headers={"Content-Type": "text/plain"})

    assert answer.status_code == 400
    assert "application/json" in answer.json()["error"]["message"]


def test_charset_of_json_does_not_matter(admin: httpx.Client) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}

    assert admin.post("/admin/tokens", content=b'{"owner":"x"}', headers=headers).status_code == 201


def padded(size: int) -> bytes:
    start = b'{"owner":"x"'
    return start + b" " * (size - len(start) - 1) + b"}"


def test_body_over_100_kb_is_413(admin: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}

    assert admin.post("/admin/tokens", content=padded(102_400), headers=headers).status_code == 201
    assert admin.post("/admin/tokens", content=padded(102_401), headers=headers).status_code == 413
    assert admin.post("/auth/token", content=padded(102_401), headers=headers).status_code == 413
