"""No method of the clients is left out of the tests: each is called, in each variant, and succeeds."""

import inspect

import pytest

from access_tokens import AccessTokensClient

from ..helpers.failing_calls import ALL_CALLS, ID, PHC

METHODS = {name for name, member in vars(AccessTokensClient).items() if inspect.isfunction(member)}
# Tested by themselves: tests/session/test_closing.py and its neighbours.
OF_THE_CLIENT = {"close"}


@pytest.mark.parametrize("name", ALL_CALLS)
def test_it_succeeds(client, name):
    if name != "register":
        client.register(ID, PHC, "x")
    ALL_CALLS[name](client)


def test_there_is_a_call_of_each():
    called = {name.replace(",", "").split()[0] for name in ALL_CALLS}
    missing = {name for name in METHODS - called - OF_THE_CLIENT if not name.startswith("_")}
    assert not missing, f"add {', '.join(missing)} to CALLS in tests/helpers/failing_calls.py"
