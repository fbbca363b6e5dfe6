"""Names and entries in a store: nobody without the PAT can make anything of them."""

import json

import pytest

from access_tokens._secret import Secret
from access_tokens._stores.seal import Seal, SharedJwt

ENDPOINT = "https://api.example.com/auth/token"
SHARED = SharedJwt(Secret("canary-7f3a"), 1_800_000_000.5, 3600.0)

# The name and an entry of pat_x.
NAME = "48ca0cf293003bcc907f25a5c9b6308aaceb784b85315cd3a7efa3dc41b07d09"
VALUE = "v4w5G_q0hCLKH_5iAUE51s0A8ZDsBrrdzfCilUvIZ4MW2XxdlhtganU9wdvUo4Y="


def seal(pat: str = "pat_canary", endpoint: str = ENDPOINT) -> Seal:
    return Seal(Secret(pat), endpoint)


def test_what_was_closed_is_opened_by_who_has_the_pat():
    value = seal().close(SHARED)
    for each in (value, value.encode()):
        opened = seal().open(each)
        assert opened
        assert (opened.token.reveal(), opened.obtained_at) == ("canary-7f3a", 1_800_000_000.5)
        assert opened.lifetime == 3600.0
    assert value.isascii()
    assert "canary" not in repr([SHARED, seal(), vars(seal())])


def test_the_format_stays_as_other_releases_know_it():
    assert Seal(Secret("pat_x"), ENDPOINT).name == NAME
    opened = Seal(Secret("pat_x"), ENDPOINT).open(VALUE)
    assert opened
    assert (opened.token.reveal(), opened.obtained_at, opened.lifetime) == ("a.b.c", 1.0, 2.0)


def test_each_pat_and_endpoint_has_a_name_of_its_own_and_each_entry_another_text():
    seals = [seal(), seal("pat_other"), seal(endpoint=f"{ENDPOINT}/")]
    assert len({each.name for each in seals}) == 3
    assert all(len(each.name) == 64 and int(each.name, 16) for each in seals)
    assert len({seal().close(SHARED) for _ in range(3)}) == 3


def test_another_pat_another_place_and_a_changed_entry_open_nothing():
    value = seal().close(SHARED)
    changed = [value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :] for at in (0, 20, 60)]
    assert all(
        seal().open(each) is None for each in [*changed, value[:-4], value[4:], "", "=", "é", 5, ["a"]]
    )
    assert seal().open("A" * 2**20) is None
    assert seal("pat_other").open(value) is None
    assert seal(endpoint="https://other/token").open(value) is None


@pytest.mark.parametrize(
    "plain",
    ["[]", "{}", "5", "nonsense", '["a", 1.0]', '["a", 1, 2.0]', '["a", NaN, 1.0]', '["a", 1.0, Infinity]'],
)
def test_an_entry_of_another_shape_opens_nothing(plain, monkeypatch):
    monkeypatch.setattr("access_tokens._stores.seal._plain", lambda shared: plain.encode())
    assert seal().open(seal().close(SHARED)) is None


def test_whole_seconds_come_back():
    opened = seal().open(seal().close(SharedJwt(Secret("a"), 1, 300)))
    assert opened
    assert (opened.obtained_at, opened.lifetime) == (1.0, 300.0)


def test_the_longest_jwt_that_the_service_may_send_fits():
    opened = seal().open(seal().close(SharedJwt(Secret("a" * 16_384), 1.0, 2.0)))
    assert opened
    assert len(json.dumps(opened.token.reveal())) == 16_386
