"""What a store may return, and whole numbers of seconds."""

import pytest

from access_tokens._secret import Secret
from access_tokens._stores.seal import Seal, SharedJwt

SEAL = Seal(Secret("pat"), "https://service/auth")


@pytest.mark.parametrize(
    "value",
    [5, True, ["text"], {"a": 1}, object(), "é", b"", "A" * 200_000],
    ids=lambda each: type(each).__name__,
)
def test_what_is_no_entry_is_ignored(value: object) -> None:
    assert SEAL.open(value) is None


def test_whole_seconds_come_back() -> None:
    shared = SharedJwt(Secret("jwt"), 1, 300)
    found = SEAL.open(SEAL.close(shared))
    assert found
    assert (found.token.reveal(), found.obtained_at, found.lifetime) == ("jwt", 1, 300)
