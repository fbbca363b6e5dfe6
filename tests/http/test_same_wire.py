"""What goes over the wire is the same from tasks as from threads, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from attrs import define
from hypothesis import example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens import AccessTokensError

from ..helpers.callers import caller
from ..helpers.world import ID, PAT, PHC
from .test_request_line import IDS, Recorder, recorder

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@define
class Wires:
    """Both clients, and what they send."""

    server: Recorder
    clients: list[Any]

    def assert_same(self, name: str, *args: Any, **options: Any) -> None:
        from_threads, from_tasks = (self._sent(each, name, args, options) for each in self.clients)
        assert from_threads == from_tasks

    def _sent(self, client: Any, name: str, args: Any, options: Any) -> list[bytes]:
        """Return the heads of what a client sends."""
        self.server.heads.clear()
        with suppress(AccessTokensError):  # what is answered suits few calls
            getattr(client, name)(*args, **options)
        assert self.server.heads
        return list(self.server.heads)


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    with ExitStack() as stack:
        server = stack.enter_context(recorder())
        endpoint = f"http://127.0.0.1:{server.server_address[1]}/base"
        clients = [stack.enter_context(caller(each, endpoint, PAT)) for each in ("sync", "asyncio")]
        yield Wires(server, clients)


CALLS: dict[str, tuple[Any, ...]] = {
    "authenticate": (),
    "list": (),
    "register": (ID, PHC, "me"),
    "revoke": (ID,),
    "restore": (ID,),
    "batch_load": ([ID],),
}


def test_every_call_sends_the_same(wires):
    for name, args in CALLS.items():
        wires.assert_same(name, *args)
    wires.assert_same("issue", "me", token_id=ID)
    wires.assert_same("update", ID, owner="\u00e4")


@pytest.mark.fault(38)
@given(TEXTS)
@profile(max_examples=60)
@example("%41%2d%7E%2f")
@example("+ &=;,/?:@!$'()*~")
def test_every_value_is_sent_the_same(wires, value):
    wires.assert_same("list", has_role=value, after_token_id=value)
    if value not in {".", ".."}:
        wires.assert_same("restore", value)


@pytest.mark.fault(38)
@pytest.mark.parametrize("token_id", IDS, ids=repr)
def test_every_odd_id_is_sent_the_same(wires, token_id):
    wires.assert_same("revoke", token_id)
