"""The statuses of errors, and the dress of their bodies."""

from collections.abc import Callable

import httpx
import pytest

from access_tokens.testing import LocalService

Run = Callable[..., LocalService]
Connect = Callable[[LocalService], httpx.Client]

ID = "abcdefghijklmnopqrstu"
PHC = "$scrypt$ln=14,r=8,p=1$" + "A" * 22 + "$" + "A" * 43

NOT_FOUND: list[tuple[str, str, object]] = [
    ("PATCH", f"/admin/tokens/{ID}", {}),
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
def test_unknown_id_is_500_or_404(
    admin: httpx.Client, documented: bool, method: str, path: str, body: object
) -> None:
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
def test_duplicate_id_is_500_or_409(
    admin: httpx.Client, documented: bool, method: str, path: str, body: object
) -> None:
    assert admin.request(method, path, json=body).is_success

    answer = admin.request(method, path, json=body)

    assert answer.status_code == (409 if documented else 500)
    assert answer.json() == {"error": {"message": f"Token ID already exists: {ID}"}}


@pytest.mark.parametrize(("method", "path", "body"), REFUSED)
def test_value_that_the_store_refuses_is_500_or_400(
    admin: httpx.Client, documented: bool, method: str, path: str, body: object
) -> None:
    answer = admin.request(method, path, json=body)

    assert answer.status_code == (400 if documented else 500)
    assert answer.json()["error"]["message"].startswith("Invalid value: ")


@pytest.mark.parametrize("body", [{"owner": ""}, {"secretPhc": "x" * 201}, {"expiresAt": 0.5}])
def test_update_to_a_refused_value_changes_nothing(
    service: LocalService, admin: httpx.Client, documented: bool, body: object
) -> None:
    before = service.record(service.admin_token_id, include_secret_phc=True)

    answer = admin.patch(f"/admin/tokens/{service.admin_token_id}", json=body)

    assert answer.status_code == (400 if documented else 500)
    assert service.record(service.admin_token_id, include_secret_phc=True) == before


def fail(run: Run, admin_of: Connect, dress: str, token_id: str) -> httpx.Response:
    return admin_of(run(errors=dress)).patch(f"/admin/tokens/{token_id}", json={})


def test_json_dress(run: Run, admin_of: Connect) -> None:
    answer = fail(run, admin_of, "json", ID)

    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json() == {"error": {"message": f"Token not found: {ID}"}}


def test_text_dress(run: Run, admin_of: Connect) -> None:
    answer = fail(run, admin_of, "text", ID)

    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json() == {"error": f"Token not found: {ID}"}


def test_html_dress_is_an_escaped_page_with_a_stack(run: Run, admin_of: Connect) -> None:
    answer = fail(run, admin_of, "html", "<a&b>")

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<pre>Error: Token not found: &lt;a&amp;b&gt;<br> &nbsp; &nbsp;at " in answer.text


def test_empty_dress(run: Run, admin_of: Connect) -> None:
    answer = fail(run, admin_of, "empty", ID)

    assert (answer.status_code, answer.content) == (500, b"")


@pytest.mark.parametrize("dress", ["json", "text", "html", "empty"])
def test_every_error_wears_the_dress(run: Run, admin_of: Connect, dress: str) -> None:
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

    shapes: dict[str, Callable[[httpx.Response], bool]] = {
        "json": lambda answer: isinstance(answer.json()["error"], dict),
        "text": lambda answer: isinstance(answer.json()["error"], str),
        "html": lambda answer: "<pre>Error: " in answer.text,
        "empty": lambda answer: answer.content == b"",
    }
    assert [answer.status_code for answer in answers] == [404, 405, 400, 401, 503]
    assert all(shapes[dress](answer) for answer in answers)
    assert "Allow" in answers[1].headers


def test_the_dress_may_change_while_the_service_runs(service: LocalService, admin: httpx.Client) -> None:
    service.errors = "empty"

    assert admin.get("/nothing").content == b""


def test_unknown_dress_is_refused() -> None:
    with pytest.raises(ValueError, match="errors"):
        LocalService(errors="xml")  # type: ignore[arg-type]  # on purpose
