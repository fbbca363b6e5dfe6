"""The statuses of errors, and the dress of their bodies."""

from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest

from ..helpers.local_service import PHC, exchange

documented = pytest.mark.parametrize("documented", [False, True], ids=["reference", "documented"])


@documented
@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [("PATCH", "", {"owner": "x"}), ("PUT", "/revoke", {}), ("PUT", "/restore", {})],
)
def test_an_unknown_id_is_500_or_404(service, admin, token_id, documented, method, suffix, body):
    service.documented = documented
    answer = admin.request(method, f"/admin/tokens/{token_id}{suffix}", json=body)

    assert answer.status_code == (404 if documented else 500)
    assert answer.json() == {"error": {"message": f"Token not found: {token_id}"}}


@documented
def test_a_duplicate_id_is_500_or_409(service, admin, documented):
    service.documented = documented
    [token_id] = service.seed(1)
    issued = admin.post("/admin/tokens", json={"owner": "x", "tokenId": token_id})
    registered = admin.put(f"/admin/tokens/{token_id}", json={"owner": "x", "secretPhc": PHC})

    for answer in (issued, registered):
        assert answer.status_code == (409 if documented else 500)
        assert answer.json() == {"error": {"message": f"Token ID already exists: {token_id}"}}


@documented
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/admin/tokens", {"owner": "x" * 101}),
        ("POST", "/admin/tokens", {"owner": "x", "tokenId": ""}),
        ("POST", "/admin/tokens", {"owner": "x", "expiresAt": 1.5}),
        ("PUT", "/admin/tokens/batch", {"owner": "x", "secretPhc": PHC}),
        ("PUT", f"/admin/tokens/{'z' * 21}", {"owner": "x", "secretPhc": "x" * 201}),
    ],
)
def test_a_value_that_the_store_refuses_is_500_or_400(service, admin, documented, method, path, body):
    service.documented = documented
    answer = admin.request(method, path, json=body)

    assert answer.status_code == (400 if documented else 500)
    assert answer.json()["error"]["message"].startswith("Cannot store invalid token record: [\n")


def test_an_id_that_is_too_long_for_the_store_is_500(admin, token_id):
    too_long = "x" * 2049
    answer = admin.post("/admin/tokens/batch", json={"tokenIds": [token_id, too_long]})

    assert answer.status_code == 500
    assert "Size of hashkey has exceeded" in answer.json()["error"]["message"]
    assert admin.put(f"/admin/tokens/{too_long}/restore").status_code == 500
    assert admin.get("/admin/tokens", params={"afterTokenId": too_long}).status_code == 500


@pytest.mark.parametrize("expires_at", [1e30, -1e30])
def test_a_number_that_is_none_of_the_stores_is_500(service, admin, expires_at):
    answer = admin.patch(f"/admin/tokens/{service.admin_token_id}", json={"expiresAt": expires_at})

    assert answer.status_code == 500
    assert "SAFE_INTEGER" in answer.json()["error"]["message"]


JSON, PAGE = "application/json; charset=utf-8", "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("dress", "media", "text"),
    [
        ("json", JSON, '{"error": {"message": "Token not found: <a&b>"}}'),
        ("text", JSON, '{"error": "Token not found: <a&b>"}'),
        ("html", PAGE, "<pre>Error: Token not found: &lt;a&amp;b&gt;<br> &nbsp; &nbsp;at "),
        ("production", PAGE, "<pre>Internal Server Error</pre>"),
        ("empty", None, ""),
    ],
)
def test_an_error_wears_the_dress_that_may_change_while_the_service_runs(service, admin, dress, media, text):
    service.errors = dress
    answer = admin.put(f"/admin/tokens/{quote('<a&b>')}/restore")

    assert (answer.status_code, answer.headers.get("Content-Type")) == (500, media)
    assert text in answer.text
    assert bool(answer.content) is bool(text)


WEARS: dict[str, Callable[[httpx.Response], bool]] = {
    "json": lambda answer: isinstance(answer.json()["error"], dict),
    "text": lambda answer: isinstance(answer.json()["error"], str),
    "html": lambda answer: "<pre>" in answer.text and "<br>" in answer.text,
    "production": lambda answer: f"<pre>{answer.reason_phrase}</pre>" in answer.text,
    "empty": lambda answer: answer.content == b"",
}


@pytest.mark.parametrize("dress", WEARS)
def test_every_error_wears_the_dress_but_a_missing_route_and_a_refused_jwt(service, admin, dress):
    service.errors = dress
    service.fail_next(path="/planned")
    answers = [admin.post("/admin/tokens", json={}), exchange(admin, "x"), admin.get("/planned")]
    assert [answer.status_code for answer in answers] == [400, 401, 503]
    assert all(WEARS[dress](answer) for answer in answers)

    missing = admin.put("/wrong/tokens/x/revoke?y=1", json={})
    assert ("<pre>Cannot PUT /wrong/tokens/x/revoke</pre>" in missing.text) is (
        dress not in {"text", "empty"}
    )
    refused = admin.get("/admin/tokens", headers={"Authorization": "Bearer x"})
    assert (refused.content == b"") is (dress == "empty")
