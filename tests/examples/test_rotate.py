"""A script that rotates a credential."""

import time
from datetime import UTC, datetime

import pytest

from access_tokens import AccessTokensClient, AuthenticationError, UnavailableError
from access_tokens.testing import LocalService
from examples import rotate

from ..helpers.running_examples import id_of, is_revoked

UNKNOWN = "0" * 21
OWNER = "ci@example.com"


def days_left(service: LocalService, token_id: str) -> float:
    record = service.record(token_id) or {}
    return round((int(str(record["expiresAt"])) - time.time()) / 86_400, 1)


@pytest.mark.parametrize("expires_at", [None, 4_000_000_000])
def test_a_credential_is_rotated(service, tmp_path, examples, expires_at):
    old = service.issue(OWNER, roles=["reader", "writer"], expires_at=expires_at)
    file = tmp_path / "pat"
    done = examples.run("rotate", old.token_id, str(file))
    assert (done.status, done.err) == (0, "")
    new = file.read_text()
    record = service.record(id_of(new))
    assert (record["owner"], record["roles"]) == (OWNER, ["reader", "writer"])
    assert (days_left(service, id_of(new)), days_left(service, old.token_id)) == (90, 1)
    assert not file.stat().st_mode & 0o077
    for pat in (old.pat, new):
        with AccessTokensClient(service.endpoint, pat) as holder:
            holder.authenticate()


def test_a_token_that_expires_within_the_overlap_does_so(service, tmp_path, examples):
    end = int(time.time()) + 8640
    old = service.issue(OWNER, expires_at=end).token_id
    done = examples.run("rotate", old, str(tmp_path / "pat"))
    assert done.out.endswith(f"{old}, works until {datetime.fromtimestamp(end, UTC):%Y-%m-%d %H:%M} UTC.\n")
    assert days_left(service, old) == 0.1


def test_it_says_how_it_is_used(examples):
    done = examples.run("rotate", UNKNOWN)
    assert (done.status, "TOKEN_ID NEW_PAT_FILE" in done.err) == (1, True)


def test_an_unknown_token_is_not_rotated(service, tmp_path, examples):
    done = examples.run("rotate", UNKNOWN, str(tmp_path / "pat"))
    assert done.err.startswith("Not rotated: Failed to get token: no token has this id")


def test_a_revoked_token_is_not_rotated(service, client, tmp_path):
    [old] = service.seed(1, revoked=True)
    with pytest.raises(LookupError, match=f"^token {old} is revoked or expired$"):
        rotate.rotate(client, old, tmp_path / "pat")


def active(client: AccessTokensClient) -> list[str]:
    return [record.token_id for record in client.iter_tokens() if record.owner == OWNER]


@pytest.mark.parametrize(
    ("path", "kind"), [("/auth/token", AuthenticationError), ("/admin/tokens/*", UnavailableError)]
)
def test_a_new_pat_that_cannot_be_used_is_withdrawn(service, client, tmp_path, capsys, path, kind):
    [old] = service.seed(1, owner=OWNER)
    client.authenticate()
    refuse = {"status": 401 if kind is AuthenticationError else 503}
    service.fail_next(4, path=path, method="PUT" if kind is UnavailableError else "POST", **refuse)
    with pytest.raises(kind):
        rotate.rotate(client, old, tmp_path / "pat")
    service.clear_faults()
    assert capsys.readouterr().err.endswith(" is withdrawn.\n")
    assert (active(client), [*tmp_path.iterdir()]) == ([old], [])
    assert client.get(old).expires_at is None


def test_it_names_a_new_token_that_cannot_be_withdrawn(service, client, tmp_path, capsys):
    [old] = service.seed(1, owner=OWNER)
    client.authenticate()
    service.fail_next(99, status=401, path="/auth/token")
    service.fail_next(99, status=503, path="*/revoke")
    with pytest.raises(AuthenticationError):
        rotate.rotate(client, old, tmp_path / "pat")
    assert " may be alive, without its PAT: revoke it. Failed to revoke" in capsys.readouterr().err


def test_an_answer_that_is_lost_does_no_harm(service, client, tmp_path):
    [old] = service.seed(1, owner=OWNER)
    service.drop_next(path="/admin/tokens/*", method="PUT", after=True)
    rotate.rotate(client, old, tmp_path / "pat")
    assert set(active(client)) == {old, id_of((tmp_path / "pat").read_text())}


def test_a_file_that_is_there_is_not_touched(service, client, tmp_path):
    [old] = service.seed(1, owner=OWNER)
    file = tmp_path / "pat"
    file.write_text("precious")
    with pytest.raises(FileExistsError):
        rotate.rotate(client, old, file)
    assert (active(client), file.read_text()) == ([old], "precious")


def test_it_says_when_the_old_token_has_got_no_end(service, client, tmp_path, capsys):
    [old] = service.seed(1, owner=OWNER)
    service.fail_next(status=403, method="PATCH")
    with pytest.raises(SystemExit, match=f"^The old one, {old}, may still work for as long as before; give"):
        rotate.rotate(client, old, tmp_path / "pat")
    assert "whose PAT is in" in capsys.readouterr().out
    assert not is_revoked(service, old)
