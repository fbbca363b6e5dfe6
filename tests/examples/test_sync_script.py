"""A script that rotates a credential."""

from __future__ import annotations

import pytest

from access_tokens import AccessTokensClient, ConflictError, UnavailableError
from access_tokens.testing import LocalService
from examples import sync_script

from ..helpers.running_examples import DAY, NO_WAIT, UNKNOWN, id_of, revoked, run_example


def test_a_credential_is_rotated(service, tmp_path):
    expires_at = int(service.now()) + DAY
    old = id_of(service.issue("ci@example.com", roles=["reader", "writer"], expires_at=expires_at))
    file = tmp_path / "pat"
    done = run_example("sync_script", service, old, str(file))
    assert (done.returncode, done.stderr) == (0, "")
    pat = file.read_text()
    record = service.record(id_of(pat))
    assert record is not None
    assert (record["owner"], record["roles"]) == ("ci@example.com", ["reader", "writer"])
    assert record["expiresAt"] == expires_at
    assert revoked(service, old)
    assert not file.stat().st_mode & 0o077
    with AccessTokensClient(service.endpoint, pat) as holder:
        holder.authenticate()


@pytest.mark.parametrize("arguments", [(), (UNKNOWN,)])
def test_the_rotation_says_how_it_is_used(service, arguments):
    done = run_example("sync_script", service, *arguments)
    assert done.returncode == 1
    assert "TOKEN_ID NEW_PAT_FILE" in done.stderr


def test_an_unknown_token_is_not_rotated(service, tmp_path):
    done = run_example("sync_script", service, UNKNOWN, str(tmp_path / "pat"))
    assert done.returncode == 1
    assert done.stderr == f"Not rotated: no token with the id {UNKNOWN} is in use\n"


def test_a_new_token_whose_answer_was_lost_is_revoked(service, client, tmp_path):
    [old] = service.seed(1)
    service.drop_next(path="/admin/tokens", method="POST", after=True)
    with pytest.raises(ConflictError) as caught:
        sync_script.rotate(client, old, tmp_path / "pat")
    assert caught.value.outcome_unknown
    assert revoked(service, caught.value.token_id or "")
    assert not revoked(service, old)


def test_a_new_token_that_was_never_issued_needs_no_revocation(service, client, tmp_path):
    [old] = service.seed(1)
    service.fail_next(4, status=503, path="/admin/tokens", method="POST")
    with pytest.raises(UnavailableError) as caught:
        sync_script.rotate(client, old, tmp_path / "pat")
    assert caught.value.outcome_unknown
    assert not revoked(service, old)


def test_a_new_token_that_cannot_be_handed_over_is_revoked(service, client, tmp_path):
    [old] = service.seed(1, owner="ci@example.com")
    file = tmp_path / "pat"
    file.write_text("precious")
    with pytest.raises(FileExistsError):
        sync_script.rotate(client, old, file)
    assert [record.token_id for record in client.iter_tokens() if record.owner == "ci@example.com"] == [old]
    assert file.read_text() == "precious"


def test_the_rotation_reports_what_fails(service, monkeypatch, tmp_path):
    [old] = service.seed(1)
    service.fail_next(1, status=500, body={"error": f"Token not found: {old}"}, path="*/revoke")
    monkeypatch.setenv("ACCESS_TOKENS_ENDPOINT", service.endpoint)
    monkeypatch.setenv("ACCESS_TOKENS_API_KEY", service.admin_pat)
    with pytest.raises(SystemExit, match="Not rotated: Failed to revoke token: Token not found"):
        sync_script.main(old, str(tmp_path / "pat"))


def test_the_rotation_says_which_token_to_look_at(service, monkeypatch, tmp_path):
    [old] = service.seed(1)
    # What `from_env` makes must not wait between its attempts.
    monkeypatch.setattr(AccessTokensClient, "from_env", lambda: client_of(service))
    service.drop_next(4, path="*/revoke", after=True)
    with pytest.raises(SystemExit, match=f"look at token {old} before you try again"):
        sync_script.main(old, str(tmp_path / "pat"))


def client_of(service: LocalService) -> AccessTokensClient:
    return AccessTokensClient(service.endpoint, service.admin_pat, retry=NO_WAIT)
