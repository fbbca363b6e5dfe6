"""`sync` that ends before its end: the next run makes good what is left."""

import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from access_tokens import AccessTokensClient
from access_tokens.testing import LocalService
from tests.helpers.command_line import CommandLine
from tests.helpers.local_service import PHC

from .syncing import ADMIN, LATER, OTHER_PHC, InterruptedAt, changing, entry, new_id, record


def test_what_was_done_is_told_when_a_change_is_broken_off(service, sync, monkeypatch):
    """As by a second Ctrl-C, which does not wait for the change under way."""
    ids, update = service.seed(3, owner="ann"), AccessTokensClient.update

    def broken_off(client: AccessTokensClient, token_id: str, **changes: Any) -> None:
        if token_id == ids[1]:
            raise KeyboardInterrupt
        update(client, token_id, **changes)

    monkeypatch.setattr(AccessTokensClient, "update", broken_off)
    ended = sync([entry(each, owner="bob") for each in ids], "--json")
    assert ended.status == 130
    [endpoint] = ended.json["endpoints"]
    outcomes = {each["tokenId"]: each["outcome"] for each in endpoint["changes"]}
    assert [outcomes[each] for each in ids] == ["done", "unknown", "not done"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is full")
def test_a_reader_that_has_seen_enough_does_not_end_it(service, sync):
    ids = service.seed(5, owner="ann")
    reader, writer = os.pipe()
    os.close(reader)
    with suppress(BrokenPipeError), os.fdopen(writer, "w") as out:
        assert sync([entry(each, owner="bob") for each in ids], out=out).status == 0
    assert {record(service, each)["owner"] for each in ids} == {"bob"}
    with Path("/dev/full").open("w") as full:
        told = sync([entry(each, owner="eve") for each in ids], out=full)
    assert (told.status, told.err) == (1, "Error: what is done cannot be written: No space left on device\n")
    assert {record(service, each)["owner"] for each in ids} == {"eve"}


@pytest.mark.fault(111)
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_it_after_the_change_at_hand(service, sync):
    ids = service.seed(5, owner="ann")
    tokens = [entry(each, owner="bob") for each in ids]
    stopped = sync(tokens, out=InterruptedAt("Updated"))
    assert stopped.status == 130
    assert "stopping after the change that is under way" in stopped.err
    assert "4 more to change: run it again" in stopped.err
    assert len(changing(service)) == 1
    assert sync(tokens).status == 0
    assert len(changing(service)) == 4


class Killer:
    """Kills a process when a service has acted on its request of this number, before it gets the answer."""

    def __init__(self, service: LocalService, number: int) -> None:
        self.left = number
        self.serve, service.app = service.app, self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        answer: list[Any] = []

        async def keep(message: Any) -> None:
            answer.append(message)

        await self.serve(scope, receive, keep)
        self.left -= 1
        if self.left == 0:
            self.victim.kill()
            self.victim.wait()
        for message in answer:
            await send(message)

    def run(self, command_line: CommandLine, *args: object) -> int:
        """Run a command in a process of its own, and return its status: negative if it was killed."""
        self.victim = command_line.started(*args)
        self.victim.communicate()
        return self.victim.returncode


@pytest.mark.fault(111)
@pytest.mark.untraced
@pytest.mark.parametrize("number", [3, 6, 9, 12])
def test_a_process_that_is_killed_is_made_good_by_the_next_run(command_line, file, number):
    """With each request without a process of its own: tests/cli/test_apply.py."""
    service = LocalService()
    killer = Killer(service, number)
    with service:
        there = [*service.seed(3, owner="ann"), *service.seed(1, owner="gone")]
        [revoked] = service.seed(1, owner="ann", revoked=True)
        hidden = new_id(2)
        backend: Any = service._backend
        backend.register(hidden, {"owner": "ann", "secretPhc": OTHER_PHC})
        backend.update(hidden, {"expiresAt": -1})
        wanted = [
            entry(service.admin_token_id, owner=ADMIN),
            entry(there[0], owner="bob"),
            entry(there[1], revoked=True, expiresAt=LATER),
            entry(there[2], roles=["a"], isAdmin=True),
            entry(revoked, owner="bob", revoked=False, expiresAt=LATER),
            entry(new_id(1), secretPhc=PHC, expiresAt=LATER),
            entry(hidden, secretPhc=PHC, expiresAt=None),
        ]
        file.write_text(json.dumps({"tokens": wanted}))
        options = ("sync", "--config", file, "--revoke-orphans", "--no-cache")
        assert killer.run(command_line.use(service), *options) == -signal.SIGKILL
        assert command_line(*options).status == 0
        state = {each: record(service, each) for each in (*there, revoked, new_id(1), hidden)}
    assert state[there[0]]["owner"] == state[revoked]["owner"] == "bob"
    assert {each for each in state if "revokedAt" in state[each]} == {there[1], there[3]}
    assert {state[each]["expiresAt"] for each in (there[1], revoked, new_id(1))} == {LATER}
    assert (state[there[2]]["roles"], state[there[2]]["isAdmin"]) == (["a"], True)
    assert (state[hidden]["secretPhc"], "expiresAt" in state[hidden]) == (PHC, False)
