"""A script that rotates a credential."""

import pytest

from access_tokens import AccessTokensClient, ConflictError
from examples import sync_script

from ..helpers.running_examples import id_of, is_revoked

UNKNOWN = "0" * 21


def test_a_credential_is_rotated(service, tmp_path, examples):
    old = id_of(service.issue("ci@example.com", roles=["reader", "writer"], expires_at=4_000_000_000))
    file = tmp_path / "pat"
    done = examples.run("sync_script", old, str(file))
    assert (done.status, done.err) == (0, "")
    pat = file.read_text()
    record = service.record(id_of(pat))
    assert (record["owner"], record["roles"]) == ("ci@example.com", ["reader", "writer"])
    assert record["expiresAt"] == 4_000_000_000
    assert is_revoked(service, old)
    assert not file.stat().st_mode & 0o077
    with AccessTokensClient(service.endpoint, pat) as holder:
        holder.authenticate()


def test_it_says_how_it_is_used(examples):
    done = examples.run("sync_script", UNKNOWN)
    assert (done.status, "TOKEN_ID NEW_PAT_FILE" in done.err) == (1, True)


def test_an_unknown_token_is_not_rotated(service, tmp_path, examples):
    done = examples.run("sync_script", UNKNOWN, str(tmp_path / "pat"))
    assert done.err == f"Not rotated: no token with the id {UNKNOWN} is in use\n"


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
    service.drop_next(4, path="*/revoke", after=True)
    with pytest.raises(SystemExit, match=f"^Not rotated: Failed to revoke.*; look at token {old} before you"):
        sync_script.main(old, str(tmp_path / "pat"))
