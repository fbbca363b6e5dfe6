"""The statuses of errors, and the dress of their bodies."""

from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest

from access_tokens.testing import LocalService

Run = Callable[..., LocalService]
Connect = Callable[[LocalService], httpx.Client]

ID = "abcdefghijklmnopqrstu"
PHC = "$scrypt$ln=14,r=8,p=1$" + "A" * 22 + "$" + "A" * 43

NOT_FOUND: list[tuple[str, str, object]] = [
    ("PATCH", f"/admin/tokens/{ID}", {"owner": "x"}),
    ("PUT", f"/admin/tokens/{ID}/revoke", {}),
    ("PUT", f"/admin/tokens/{ID}/restore", {}),
]
REFUSED = [
    ("POST", "/admin/tokens", {"owner": ""}),
    ("POST", "/admin/tokens", {"owner": "x" * 101}),
    ("POST", "/admin/tokens", {"owner": "x", "tokenId": ""}),
    ("POST", "/admin/tokens", {"owner": "x", "tokenId": ID + "x"}),
    ("POST", "/admin/tokens", {"owner": "x", "expiresAt": 1.5}),
    ("PUT", "/admin/tokens/short", {"owner": "x", "secretPhc": PHC}),
    ("PUT", "/admin/tokens/batch", {"owner": "x", "secretPhc": PHC}),
    ("PUT", f"/admin/tokens/{ID}", {"owner": "x", "secretPhc": "x" * 201}),
    ("PUT", f"/admin/tokens/{ID}", {"owner": "x", "secretPhc": ""}),
]


@pytest.fixture(params=[False, True], ids=["reference", "documented"])
def documented(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def service(run: Run, documented: bool) -> LocalService:
    return run(documented=documented)


@pytest.mark.parametrize(("method", "path", "body"), NOT_FOUND)
def test_unknown_id_is_500_or_404(admin, documented, method, path, body):
    answer = admin.request(method, path, json=body)

    assert answer.status_code == (404 if documented else 500)
    assert answer.json() == {"error": {"message": f"Token not found: {ID}"}}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/admin/tokens", {"owner": "x", "tokenId": ID}),
        ("PUT", f"/admin/tokens/{ID}", {"owner": "x", "secretPhc": PHC}),
    ],
)
def test_duplicate_id_is_500_or_409(admin, documented, method, path, body):
    assert admin.request(method, path, json=body).is_success

    answer = admin.request(method, path, json=body)

    assert answer.status_code == (409 if documented else 500)
    assert answer.json() == {"error": {"message": f"Token ID already exists: {ID}"}}


@pytest.mark.parametrize(("method", "path", "body"), REFUSED)
def test_value_that_the_store_refuses_is_500_or_400(admin, documented, method, path, body):
    answer = admin.request(method, path, json=body)

    assert answer.status_code == (400 if documented else 500)
    assert answer.json()["error"]["message"].startswith("Cannot store invalid token record: [\n")


@pytest.mark.parametrize(
    "change",
    [
        {"owner": ""},
        {"owner": "x" * 101},
        {"owner": "\N{GRINNING FACE}" * 51},
        {"secretPhc": ""},
        {"secretPhc": f"$scrypt$ln=14,r=8,p=1$c2FsdA${'A' * 200}"},
        {"expiresAt": 0.5},
        {"expiresAt": -1},
        {"roles": {"add": [f"role-{n}" for n in range(50)]}},
    ],
    ids=lambda change: f"{next(iter(change))} {str(change)[:30]}",
)
def test_what_update_does_not_check_hides_the_record_until_it_is_mended(service, admin, change):
    (token_id,) = service.seed(1, owner="before", roles=["reader"])
    mend = service.record(token_id, include_secret_phc=True) or {}

    assert admin.patch(f"/admin/tokens/{token_id}", json=change).status_code == 204

    assert not is_shown(admin, token_id)
    for name in change:
        admin.patch(f"/admin/tokens/{token_id}", json={name: mend.get(name)})
    assert is_shown(admin, token_id)


def is_shown(admin: httpx.Client, token_id: str) -> bool:
    listed = admin.get("/admin/tokens").json()["records"]
    loaded = admin.post("/admin/tokens/batch", json={"tokenIds": [token_id]}).json()["found"]
    assert (token_id in {each["tokenId"] for each in listed}) == bool(loaded)
    return bool(loaded)


def test_the_pat_of_a_hidden_record_is_500_at_the_exchange(service, admin):
    admin.patch(f"/admin/tokens/{service.admin_token_id}", json={"owner": ""})

    answer = admin.post("/auth/token", headers={"Authorization": f"Bearer {service.admin_pat}"})

    assert answer.status_code == 500
    message = answer.json()["error"]["message"]
    assert message.startswith(f"Cannot load invalid record for token {service.admin_token_id}: [\n")


def test_an_id_that_is_too_long_for_the_store_is_500(admin):
    too_long = "x" * 2049

    answer = admin.post("/admin/tokens/batch", json={"tokenIds": [ID, too_long]})

    assert answer.status_code == 500
    assert "Size of hashkey has exceeded" in answer.json()["error"]["message"]
    assert admin.put(f"/admin/tokens/{too_long}/restore").status_code == 500
    assert admin.get("/admin/tokens", params={"afterTokenId": too_long}).status_code == 500


@pytest.mark.parametrize("expires_at", [1e30, -1e30])
def test_a_number_that_is_none_of_the_stores_is_500(service, admin, expires_at):
    answer = admin.patch(f"/admin/tokens/{service.admin_token_id}", json={"expiresAt": expires_at})

    assert answer.status_code == 500
    assert "SAFE_INTEGER" in answer.json()["error"]["message"]


def fail(run: Run, admin_of: Connect, dress: str, token_id: str) -> httpx.Response:
    return admin_of(run(errors=dress)).put(f"/admin/tokens/{quote(token_id)}/restore")


def test_json_dress(run, admin_of):
    answer = fail(run, admin_of, "json", ID)

    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json() == {"error": {"message": f"Token not found: {ID}"}}


def test_text_dress(run, admin_of):
    answer = fail(run, admin_of, "text", ID)

    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json() == {"error": f"Token not found: {ID}"}


def test_html_dress_is_an_escaped_page_with_a_stack(run, admin_of):
    answer = fail(run, admin_of, "html", "<a&b>")

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<pre>Error: Token not found: &lt;a&amp;b&gt;<br> &nbsp; &nbsp;at " in answer.text


def test_production_dress_is_a_page_with_the_status_phrase_alone(run, admin_of):
    answer = fail(run, admin_of, "production", ID)

    assert (answer.status_code, "<pre>Internal Server Error</pre>" in answer.text) == (500, True)


def test_empty_dress(run, admin_of):
    answer = fail(run, admin_of, "empty", ID)

    assert (answer.status_code, answer.content) == (500, b"")


SHAPES: dict[str, Callable[[httpx.Response], bool]] = {
    "json": lambda answer: answer.status_code == 404 or isinstance(answer.json()["error"], dict),
    "text": lambda answer: isinstance(answer.json()["error"], str),
    "html": lambda answer: ("<pre>" in answer.text and "<br>" in answer.text) or answer.status_code == 404,
    "production": lambda answer: (
        f"<pre>{answer.reason_phrase}</pre>" in answer.text or answer.status_code == 404
    ),
    "empty": lambda answer: answer.content == b"",
}


@pytest.mark.parametrize("dress", SHAPES)
def test_every_error_wears_the_dress(run, admin_of, dress):
    service = run(errors=dress)
    admin = admin_of(service)
    service.fail_next(path="/planned")
    answers = [
        admin.get("/admin/nothing"),
        admin.delete("/admin/tokens"),
        admin.post("/admin/tokens", json={}),
        admin.post("/auth/token", headers={"Authorization": "Bearer x"}),
        admin.get("/planned"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 400, 401, 503]
    assert all(SHAPES[dress](answer) for answer in answers)


@pytest.mark.parametrize("dress", ["json", "html", "production"])
def test_a_missing_route_is_a_page_whatever_handles_errors(run, admin_of, dress):
    answer = admin_of(run(errors=dress)).put("/wrong/tokens/x/revoke?y=1", json={})

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "<pre>Cannot PUT /wrong/tokens/x/revoke</pre>" in answer.text


@pytest.mark.parametrize("dress", ["html", "production"])
def test_a_refused_jwt_is_json_all_the_same(run, admin_of, dress):
    answer = admin_of(run(errors=dress)).get("/admin/tokens", headers={"Authorization": "Bearer x"})

    assert answer.json() == {"error": {"message": "Invalid JWT", "code": "ERR_JWS_INVALID"}}


def test_the_dress_may_change_while_the_service_runs(service, admin):
    service.errors = "empty"

    assert admin.get("/nothing").content == b""


def test_unknown_dress_is_refused():
    with pytest.raises(ValueError, match="errors"):
        LocalService(errors="xml")  # type: ignore[arg-type]  # on purpose
