"""A service that sends a secret back, anywhere and in any dress, does not get it shown."""

import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens import AccessTokensError

from ..helpers.callers import result_of
from ..helpers.echoes import PLACES
from ..helpers.failing_calls import ALL_CALLS, AUTHORIZING, PHC
from ..helpers.spellings import SPELLINGS, windows
from ..helpers.world import JWT, ONCE, PAT, answers, everything_logged, exchanged

ECHOED = (PAT, JWT, PHC)
CANARIES = (*ECHOED, PAT.partition(".")[2], JWT.rpartition(".")[2])
CALLS = {name: call for name, call in ALL_CALLS.items() if name not in {"issue, made here", "another API"}}
# What stands beside a secret, such as quotes; letters glued to one are another matter.
EDGES = st.sampled_from(["", " ", "=", '"', "'", "Bearer ", "<", "\\", "(", ":"]) | st.text(
    "$%&./:;=?@[]^{|}~", max_size=3
)
STATUSES = st.sampled_from([400, 401, 403, 404, 409, 429, 500, 503])


def shown(error: BaseException) -> Iterator[str]:
    """Yield every text that an error could be printed as."""
    for each in (error, error.__cause__, error.__context__):
        if each is not None:
            yield from (str(each), repr(each), repr(each.args), repr(vars(each)))
            yield "".join(traceback.format_exception(each))
    cause = getattr(error, "cause", None)
    yield from (str(cause), repr(cause), repr(getattr(cause, "details", None)))


def all_shown(call: Callable[[], Any]) -> str:
    """Return all that a call that fails shows and logs."""
    with everything_logged() as lines:
        error = result_of(call)
    assert isinstance(error, AccessTokensError)
    return "\n".join([*shown(error), *lines])


@pytest.mark.fault(46, 48, 49, 60)
@given(
    st.sampled_from(sorted(PLACES)),
    st.sampled_from(ECHOED),
    st.sampled_from(sorted(CALLS)),
    STATUSES,
    st.tuples(EDGES, EDGES),
    st.booleans(),
)
@profile(max_examples=60)
def test_a_secret_that_comes_back_is_never_shown(world, place, secret, call, status, edges, in_exchange):
    echo = PLACES[place](secret.join(edges), status)
    exchange = echo if in_exchange or call in AUTHORIZING else None
    client = world.client(answers(echo, exchange=exchange), retry=ONCE)
    output = all_shown(lambda: CALLS[call](client))
    assert all(canary not in output for canary in CANARIES)


@pytest.mark.fault(72, 60)
@given(
    st.sampled_from(sorted(PLACES)),
    st.sampled_from([*ECHOED, *CANARIES]),
    st.sampled_from(sorted(SPELLINGS)),
    st.sampled_from(["register", "update", "authenticate"]),
    STATUSES,
)
@profile(max_examples=100)
def test_a_secret_that_comes_back_in_another_spelling_is_never_shown(
    sync_world, place, secret, spelling, call, status
):
    if call == "authenticate" and secret not in PAT:  # nobody has sent it
        return
    spell = SPELLINGS[spelling]
    echo = PLACES[place](f"sent <{spell(secret)}>", status)
    client = sync_world.client(answers(echo, exchange=echo if call == "authenticate" else None), retry=ONCE)
    output = all_shown(lambda: CALLS[call](client))
    vital = secret.rpartition(".")[2]
    assert not [each for each in windows(spell(vital)) | windows(vital) if each in output]


# Shorter than any secret of the service's, and without a shape of its own.
OPAQUE = "Opaque-0123456789-canary"


@pytest.mark.fault(46, 48)
@pytest.mark.parametrize(
    ("answer", "options"),
    [
        (lambda echo: answers(echo, exchange=exchanged(OPAQUE)), {}),
        (lambda echo: answers(exchange=echo), {"pat": OPAQUE}),
        (answers, {"pat": OPAQUE}),
    ],
    ids=["a JWT from its call", "a PAT from the exchange", "a PAT from the calls that follow"],
)
def test_a_secret_of_no_known_shape_is_hidden_from_who_carried_it(world, answer, options):
    for name, make in PLACES.items():
        client = world.client(answer(make(OPAQUE, 400)), retry=ONCE, **options)
        assert OPAQUE not in all_shown(client.list), name


@pytest.fixture(autouse=True, scope="module")
def silent_httpx() -> Iterator[None]:
    """Keep the caller's own client silent: httpx logs a reason phrase, whatever it holds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger("httpx"), "disabled", True)
        yield
