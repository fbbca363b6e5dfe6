"""A script that gives a token another secret."""

import pytest

from access_tokens import AccessTokensClient, AuthenticationError, NotFoundError
from access_tokens.testing import LocalService
from examples import rotate_in_place

UNKNOWN = "0" * 21


def works(service: LocalService, pat: str) -> bool:
    with AccessTokensClient(service.endpoint, pat) as holder:
        try:
            holder.authenticate()
        except AuthenticationError:
            return False
    return True


def test_the_new_pat_is_in_the_file_and_the_old_one_is_refused(service, tmp_path, examples):
    old, file = service.issue("ci@example.com", roles=["reader"]), tmp_path / "pat"
    done = examples.run("rotate_in_place", old.token_id, str(file))
    assert (done.status, done.err) == (0, "")
    assert (works(service, old.pat), works(service, file.read_text())) == (False, True)
    assert service.record(old.token_id)["roles"] == ["reader"]
    assert not file.stat().st_mode & 0o077


def test_a_lost_answer_does_no_harm(service, client, tmp_path):
    old, file = service.issue("ci@example.com"), tmp_path / "pat"
    service.drop_next(method="PATCH", after=True)
    rotate_in_place.rotate(client, old.token_id, file)
    assert (works(service, old.pat), works(service, file.read_text())) == (False, True)


def test_a_pat_that_has_replaced_nothing_is_not_kept(client, tmp_path):
    with pytest.raises(NotFoundError):
        rotate_in_place.rotate(client, UNKNOWN, tmp_path / "pat")
    assert [*tmp_path.iterdir()] == []


def test_while_the_outcome_is_unknown_the_new_pat_is_kept(service, tmp_path, examples, monkeypatch):
    old, file = service.issue("ci@example.com"), tmp_path / "pat"
    service.drop_next(method="PATCH", after=True)
    service.fail_next(path="/admin/tokens/batch")
    monkeypatch.setattr("access_tokens.retry.RetryPolicy.wait_before", lambda *_: None)
    done = examples.run("rotate_in_place", old.token_id, str(file))
    assert done.err.endswith(f"Keep the old PAT and {file}: one of them is good.\n")
    assert works(service, file.read_text())


@pytest.mark.parametrize(("token_id", "why"), [(UNKNOWN, "File exists"), ("short", "21 letters and digits")])
def test_it_says_why_it_did_not(service, tmp_path, examples, token_id, why):
    (tmp_path / "pat").write_text("precious")
    done = examples.run("rotate_in_place", token_id, str(tmp_path / "pat"))
    assert (done.status, done.err.startswith("Not rotated: "), why in done.err) == (1, True, True)
    assert (tmp_path / "pat").read_text() == "precious"
    assert service.requests == []


def test_it_says_how_it_is_used(examples):
    done = examples.run("rotate_in_place", UNKNOWN)
    assert (done.status, "TOKEN_ID NEW_PAT_FILE" in done.err) == (1, True)
