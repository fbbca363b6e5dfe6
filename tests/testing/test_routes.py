"""Which requests reach the admin routes, and whose. Most of it is in conformance/."""

import pytest


def test_a_jwt_outlives_the_revocation_of_its_token(fresh, admin_of):
    admin = admin_of(fresh)
    fresh.revoke(fresh.admin_token_id)

    assert admin.get("/admin/tokens").status_code == 200


def test_an_id_is_one_segment_of_the_path_however_it_is_spelled(admin):
    answer = admin.put("/admin/tokens/a%2F%C3%A9%3Fb/restore")

    assert answer.json()["error"]["message"] == "Token not found: a/é?b"


def test_what_the_caller_has_is_not_sent_again(admin):
    etag = admin.get("/admin/tokens").headers["ETag"]
    again = admin.get("/admin/tokens", headers={"If-None-Match": etag})

    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)


@pytest.mark.parametrize(("auth_path", "admin_path"), [("/v1/a", "/v1/b"), ("", "/"), ("/x/", "/x/")])
def test_paths_are_options(run, connect, auth_path, admin_path):
    service = run(auth_path=auth_path, admin_path=admin_path)
    http, headers = connect(service), {"Authorization": f"Bearer {service.admin_pat}"}
    answer = http.post(f"{service.auth_path}/token", headers=headers)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    assert http.get(f"{service.admin_path}/tokens", headers=headers).status_code == 200
    assert service.exchanges == 1
