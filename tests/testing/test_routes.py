"""Which requests reach the admin routes, and whose."""

from collections.abc import Callable

import httpx
import pytest

from access_tokens.testing import LocalService

Run = Callable[..., LocalService]
Connect = Callable[[LocalService], httpx.Client]

ID = "abcdefghijklmnopqrstu"


def test_admin_routes_need_a_jwt(http):
    answer = http.get("/admin/tokens")

    assert answer.status_code == 401
    assert answer.json() == {"error": {"message": "Missing or invalid Authorization header"}}
    assert "WWW-Authenticate" not in answer.headers


def test_basic_does_not_open_admin_routes(service, http):
    assert http.get("/admin/tokens", auth=("x", service.admin_pat)).status_code == 401


def test_pat_does_not_open_admin_routes(service, http):
    answer = http.get("/admin/tokens", headers={"Authorization": f"Bearer {service.admin_pat}"})

    assert answer.status_code == 401
    assert answer.json()["error"] == {"message": "Invalid JWT", "code": "ERR_JWS_INVALID"}


def test_jwt_of_another_than_an_admin_is_403(service, http):
    pat = service.issue("user@example.com")
    jwt = http.post("/auth/token", headers={"Authorization": f"Bearer {pat}"}).json()["access_token"]

    answer = http.get("/admin/tokens", headers={"Authorization": f"Bearer {jwt}"})

    assert answer.status_code == 403
    assert answer.json() == {"error": {"message": "Admin access required"}}


def test_jwt_outlives_the_revocation_of_its_token(service, admin):
    service.revoke(service.admin_token_id)

    assert admin.get("/admin/tokens").status_code == 200


def test_an_id_is_one_segment_of_the_path_however_it_is_spelled(admin):
    answer = admin.put("/admin/tokens/a%2F%C3%A9%3Fb/restore")

    assert answer.json()["error"]["message"] == "Token not found: a/é?b"


def test_an_id_that_is_not_utf8_is_400(admin):
    assert admin.put("/admin/tokens/%ff/restore").status_code == 400


def test_unknown_route_is_404(admin):
    answer = admin.get("/admin/nothing")

    assert (answer.status_code, "Cannot GET /admin/nothing" in answer.text) == (404, True)


def test_wrong_method_is_404_and_options_tells_the_right_ones(admin):
    assert admin.delete(f"/admin/tokens/{ID}").status_code == 404
    assert admin.options(f"/admin/tokens/{ID}").headers["Allow"] == "PATCH, PUT"


def test_what_the_caller_has_is_not_sent_again(admin):
    etag = admin.get("/admin/tokens").headers["ETag"]

    again = admin.get("/admin/tokens", headers={"If-None-Match": etag})

    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)


def test_head_is_answered_where_get_is(admin):
    assert admin.head("/admin/tokens").status_code == 200


@pytest.mark.parametrize(("auth_path", "admin_path"), [("/v1/a", "/v1/b"), ("", "/"), ("/x/", "/x/")])
def test_paths_are_options(run, connect, auth_path, admin_path):
    service = run(auth_path=auth_path, admin_path=admin_path)
    http = connect(service)

    answer = http.post(f"{service.auth_path}/token", headers={"Authorization": f"Bearer {service.admin_pat}"})
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    assert http.get(f"{service.admin_path}/tokens", headers=headers).status_code == 200
    assert service.exchanges == 1
