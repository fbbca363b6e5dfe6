"""The tour shows what the library does, and fails when it does not."""

from __future__ import annotations

import re
from functools import partial

import pytest

from access_tokens.testing import LocalService
from examples.tour import __main__ as tour
from examples.tour import guide, threads

from ..helpers.running_examples import SECRETS, run


def test_the_tour_succeeds():
    done = run("-m", "examples.tour")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"All \d\d checks passed, in \d+\.\d s\.", done.stdout.splitlines()[-1])


def test_the_tour_fits_a_terminal_and_keeps_its_secrets(monkeypatch, capsys):
    sent: set[str] = set()

    class Watched(LocalService):
        def clear_requests(self) -> None:
            self.watch()
            super().clear_requests()

        def stop(self) -> None:
            self.watch()
            super().stop()

        def watch(self) -> None:
            sent.update(request.headers["Authorization"].removeprefix("Bearer ") for request in self.requests)

    monkeypatch.setattr(guide, "LocalService", Watched)
    assert tour.main() == 0
    output = capsys.readouterr().out
    assert output.isascii()
    assert max(map(len, output.splitlines())) <= 100
    assert "pat_..." in output
    assert not SECRETS.search(output)
    assert len(sent) > 6
    assert not [secret for secret in sent if secret in output]


class KeepsItsKey(LocalService):
    def rotate_key(self) -> None:
        pass


@pytest.mark.parametrize(
    ("another", "difference"),
    [
        (partial(LocalService, documented=True), "expected 500, got 404"),
        (KeepsItsKey, "expected 'GET, POST, GET', got 'GET'"),
        (partial(LocalService, prefix="other_"), "expected 'pat_', got 'othe'"),
        (partial(LocalService, admin_path="/elsewhere"), "EndpointError: Failed to list tokens"),
    ],
)
def test_the_tour_ends_where_something_differs(another, difference, monkeypatch, capsys):
    monkeypatch.setattr(guide, "LocalService", another)
    assert tour.main() == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("The tour ends here, after ")
    assert difference in last


def test_the_tour_ends_when_a_task_fails(monkeypatch, capsys):
    monkeypatch.setattr(tour, "from_threads", lambda guide: None)
    monkeypatch.setattr(guide, "LocalService", partial(LocalService, auth_path="/elsewhere"))
    assert tour.main() == 1
    assert "after 0 checks. EndpointError: Failed to authenticate" in capsys.readouterr().out


def test_a_call_that_must_fail_and_does_not_is_a_difference():
    with pytest.raises(guide.Differs, match="the call succeeded"):
        threads.error_of(lambda: None)
