"""A token gets another secret, with the service and under busy callers (case 102)."""

import threading

import anyio
import pytest

from access_tokens import (
    AccessTokensClient,
    AsyncAccessTokensClient,
    AuthenticationError,
    GeneratedToken,
    NotFoundError,
    UnavailableError,
    generate_token,
)
from access_tokens.testing import LocalService

from ..helpers.callers import in_tasks, listing, result_of, run, until_more
from ..helpers.fault_server import EXCHANGE
from ..helpers.plays import Held, refuse
from ..helpers.stories import ID
from ..helpers.threads import Task

pytestmark = pytest.mark.fault(102)

TOKENS, BATCH = "/admin/tokens", "/admin/tokens/batch"
PHC = f"$scrypt$ln=14,r=8,p=1${'s' * 22}${'h' * 43}"
OLD = f"pat_{'A' * 21}.{'q83v' * 10}q8s="
NEW = GeneratedToken(token=f"pat_{ID}.{'vASN' * 10}vAS=", token_id=ID, secret_phc=PHC)


def refused(service: LocalService, pat: str) -> bool:
    with AccessTokensClient(service.endpoint, pat) as client:
        return isinstance(result_of(client.authenticate), AuthenticationError)


@pytest.mark.parametrize("lost", [0, 1, 4])
def test_the_old_pat_of_another_is_refused_from_then_on_and_its_jwt_lives(service, client, make_client, lost):
    old = service.issue("x")
    theirs = make_client(service.endpoint, old.pat)
    jwt = theirs.bearer().access_token
    new = generate_token(token_id=old.token_id)
    service.drop_next(lost, path=f"{TOKENS}/{old.token_id}", after=True)
    client.rotate(new)
    assert (refused(service, old.pat), refused(service, new.token)) == (True, False)
    assert service.verify(jwt)["sub"] == old.token_id
    assert client.token_id == service.admin_token_id


@pytest.mark.parametrize(
    ("errors", "kind", "outcome_unknown"),
    [("json", NotFoundError, False), ("html", NotFoundError, False), ("production", UnavailableError, True)],
)
def test_an_id_that_is_not_there(service, client, errors, kind, outcome_unknown):
    service.errors = errors
    error = result_of(lambda: client.rotate(NEW))
    assert (type(error), error.outcome_unknown, error.token_id) == (kind, outcome_unknown, ID)


@pytest.mark.parametrize("lost", [0, 1, 4])
def test_its_own_pat_is_replaced_under_busy_callers_and_no_call_fails(service, make_client, lost):
    old = service.issue("x", is_admin=True)
    client, is_over = make_client(service.endpoint, old.pat), threading.Event()
    crowd = Task(lambda: client.at_once(20, listing(client, is_over)))
    until_more(service)
    new = generate_token(token_id=old.token_id)
    service.drop_next(lost, path=f"{TOKENS}/{old.token_id}", method="PATCH", after=True)
    # Once, while the outcome is unknown or afterwards, every JWT is refused.
    steps = iter([service.rotate_key])
    client.clock.meanwhile = lambda: [each() for each in steps]
    client.with_options(deadline=100.0).rotate(new)
    client.clock.meanwhile()
    until_more(service)
    is_over.set()
    assert crowd.outcome() == [None] * 20
    client.authenticate()
    assert (refused(service, old.pat), client.token_id) == (True, old.token_id)


@pytest.mark.parametrize("was_done", [True, False])
def test_while_the_outcome_is_unknown_a_client_tries_both_pats(service, make_client, was_done):
    old = service.issue("x", is_admin=True)
    client = make_client(service.endpoint, old.pat)
    client.authenticate()
    new = generate_token(token_id=old.token_id)
    service.drop_next(4, path=f"{TOKENS}/{old.token_id}", after=was_done)
    service.fail_next(4, path=BATCH)
    assert result_of(lambda: client.rotate(new)).outcome_unknown
    client.authenticate()
    assert refused(service, old.pat) is was_done
    client.rotate(new)  # as the README advises
    client.authenticate()
    assert refused(service, old.pat)


def test_a_file_or_a_function_goes_on_to_provide_the_pat(service, make_client):
    old = service.issue("x", is_admin=True)
    pats = [old.pat]
    client = make_client(service.endpoint, lambda: pats[-1])
    new = generate_token(token_id=old.token_id)
    client.rotate(new)
    error = result_of(client.authenticate)
    assert (type(error), error.attempts) == (AuthenticationError, 1)
    pats.append(new.token)
    client.authenticate()


@in_tasks
def test_a_task_that_is_cancelled_in_the_midst_leaves_a_client_that_tries_both(server, variant):
    held_back = Held()
    server.play(f"{TOKENS}/{ID}", held_back)

    async def main() -> None:
        async with AsyncAccessTokensClient(server.endpoint, OLD) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(client.rotate, NEW)
                await anyio.to_thread.run_sync(held_back.came)
                group.cancel_scope.cancel()
            server.play(EXCHANGE, refuse(401))
            await client.authenticate()

    run(variant, main)
    held_back.go_on()
    exchanges = [each.headers["authorization"] for each in server.requests if each.path == EXCHANGE]
    assert exchanges == [f"Bearer {each}" for each in (OLD, OLD, NEW.token)]
