"""A script that rotates a credential."""

import time

import pytest

from access_tokens import AccessTokensClient, AuthenticationError, ConflictError
from access_tokens.testing import LocalService
from examples import sync_script

from ..helpers.running_examples import id_of, is_revoked

UNKNOWN = "0" * 21


def days_left(service: LocalService, token_id: str) -> float:
    record = service.record(token_id) or {}
    return round((int(str(record["expiresAt"])) - time.time()) / 86_400, 1)


@pytest.mark.parametrize("expires_at", [None, 4_000_000_000])
def test_a_credential_is_rotated(service, tmp_path, examples, expires_at):
    old = service.issue("ci@example.com", roles=["reader", "writer"], expires_at=expires_at)
    file = tmp_path / "pat"
    done = examples.run("sync_script", old.token_id, str(file))
    assert (done.status, done.err) == (0, "")
    new = file.read_text()
    record = service.record(id_of(new))
    assert (record["owner"], record["roles"]) == ("ci@example.com", ["reader", "writer"])
    assert (days_left(service, id_of(new)), days_left(service, old.token_id)) == (90, 1)
    assert not file.stat().st_mode & 0o077
    for pat in (old.pat, new):
        with AccessTokensClient(service.endpoint, pat) as holder:
            holder.authenticate()


def test_a_token_that_expires_within_the_overlap_does_so(service, client, tmp_path):
    old = service.issue("ci@example.com", expires_at=int(time.time()) + 8640).token_id
    sync_script.rotate(client, old, tmp_path / "pat")
    assert days_left(service, old) == 0.1


def test_a_new_pat_that_is_refused_is_not_handed_over(service, client, tmp_path):
    [old] = service.seed(1, owner="ci@example.com")
    client.authenticate()
    service.fail_next(status=401, path="/auth/token")
    with pytest.raises(AuthenticationError):
        sync_script.rotate(client, old, tmp_path / "pat")
    assert [record.token_id for record in client.iter_tokens() if record.owner == "ci@example.com"] == [old]
    assert [client.get(old).expires_at, *tmp_path.iterdir()] == [None]


def test_it_says_how_it_is_used(examples):
    done = examples.run("sync_script", UNKNOWN)
    assert (done.status, "TOKEN_ID NEW_PAT_FILE" in done.err) == (1, True)


def test_an_unknown_token_is_not_rotated(service, tmp_path, examples):
    done = examples.run("sync_script", UNKNOWN, str(tmp_path / "pat"))
    assert done.err.startswith("Not rotated: Failed to get token: no token has this id")


def test_a_revoked_token_is_not_rotated(service, client, tmp_path):
    [old] = service.seed(1)
    client.revoke(old)
    with pytest.raises(LookupError, match=f"^token {old} is revoked or expired$"):
        sync_script.rotate(client, old, tmp_path / "pat")


def test_a_new_token_whose_answer_was_lost_is_revoked(service, client, tmp_path):
    [old] = service.seed(1)
    service.drop_next(path="/admin/tokens", method="POST", after=True)
    with pytest.raises(ConflictError) as caught:
        sync_script.rotate(client, old, tmp_path / "pat")
    assert caught.value.outcome_unknown
    assert is_revoked(service, caught.value.token_id or "")
    assert not is_revoked(service, old)


def test_a_new_token_that_cannot_be_handed_over_is_revoked(service, client, tmp_path):
    [old] = service.seed(1, owner="ci@example.com")
    file = tmp_path / "pat"
    file.write_text("precious")
    with pytest.raises(FileExistsError):
        sync_script.rotate(client, old, file)
    assert [record.token_id for record in client.iter_tokens() if record.owner == "ci@example.com"] == [old]
    assert file.read_text() == "precious"


def test_it_says_which_token_to_look_at(service, client, monkeypatch, tmp_path):
    [old] = service.seed(1)
    # What `from_env` makes must not wait between its attempts.
    monkeypatch.setattr(AccessTokensClient, "from_env", lambda: client)
    service.drop_next(4, method="PATCH", after=True)
    with pytest.raises(SystemExit, match=f"^Not rotated: Failed to update.*; look at token {old} before you"):
        sync_script.main(old, str(tmp_path / "pat"))
