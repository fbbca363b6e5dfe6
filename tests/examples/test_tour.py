"""The tour shows what the library does, and fails when it does not."""

import re
from functools import partial

import pytest

from access_tokens.testing import LocalService
from examples.tour import __main__ as tour
from examples.tour import guide


def test_the_tour_succeeds_fits_a_terminal_and_keeps_its_secrets(monkeypatch, examples):
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
    done = examples.run("tour")
    assert (done.status, done.err) == (0, "")
    assert re.fullmatch(r"All \d\d checks passed, in \d+\.\d s\.", done.out.splitlines()[-1])
    assert done.out.isascii()
    assert max(map(len, done.out.splitlines())) <= 100
    assert "pat_..." in done.out
    assert len(sent) > 6
    assert not [secret for secret in sent if secret in done.out]


class KeepsItsKey(LocalService):
    def rotate_key(self) -> None:
        pass


@pytest.mark.parametrize(
    ("another", "difference"),
    [
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
