"""A service that sends a secret back, anywhere and in any dress, does not get it shown."""

from __future__ import annotations

import html
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens import AccessTokensError

from ..helpers.callers import result_of
from ..helpers.spellings import SPELLINGS
from ..helpers.world import (
    ID,
    JWT,
    ONCE,
    PAT,
    PHC,
    Answer,
    Canned,
    World,
    answers,
    everything_logged,
    exchanged,
)

ECHOED = (PAT, JWT, PHC)
CANARIES = (*ECHOED, PAT.partition(".")[2], JWT.rpartition(".")[2])
JSON, HTML, TEXT = b"application/json; charset=utf-8", b"text/html", b"text/plain"


def typed(content_type: bytes, body: str, status: int) -> Canned:
    return Canned(status, body.encode(), ((b"Content-Type", content_type),))


def error_with(name: str) -> Callable[[str, int], Canned]:
    return lambda text, status: typed(JSON, json.dumps({"error": {"message": "m", name: text}}), status)


def header_with(name: bytes) -> Callable[[str, int], Canned]:
    return lambda text, status: Canned(status, b"{}", ((name, text.encode()),))


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in text)


PLACES: dict[str, Callable[[str, int], Canned]] = {
    "message": error_with("message"),
    "code": error_with("code"),
    "details": error_with("details"),
    "details, deep": lambda text, status: typed(
        JSON, json.dumps({"error": {"message": "m", "details": {text: [{"a": text}, [text]]}}}), status
    ),
    "details, long": lambda text, status: typed(
        JSON,
        json.dumps({"error": {"message": "m", "details": {text: ["x" * 4000, text, "y" * 4000]}}}),
        status,
    ),
    "error": lambda text, status: typed(JSON, json.dumps({"error": text}), status),
    "error, escaped": lambda text, status: typed(JSON, f'{{"error": "{escaped(text)}"}}', status),
    "problem": lambda text, status: typed(b"application/problem+json", json.dumps({"error": text}), status),
    "page": lambda text, status: typed(HTML, f"<pre>Error: {text}<br>at {text}</pre>", status),
    "page, escaped": lambda text, status: typed(
        HTML, f"<pre>{''.join(f'&#{ord(c)};' for c in text)}</pre>", status
    ),
    "page, named": lambda text, status: typed(HTML, f"<pre>{html.escape(text)}</pre>", status),
    "text": lambda text, status: typed(TEXT, text, status),
    "far into a text": lambda text, status: typed(TEXT, "x " * 2020 + text, status),
    "no type": lambda text, status: Canned(status, json.dumps({"error": text}).encode()),
    "reason": lambda text, status: Canned(status, b"", (), text.encode()),
    "content type": header_with(b"Content-Type"),
    "content encoding": header_with(b"Content-Encoding"),
    "retry after": header_with(b"Retry-After"),
    "header": header_with(b"X-Echo"),
    "location": lambda text, status: Canned(307, b"", ((b"Location", f"/{text}".encode()),)),
    "no JSON": lambda text, status: typed(JSON, text, 200),
    "JSON text": lambda text, status: typed(JSON, json.dumps(text), 200),
    "JSON key": lambda text, status: typed(JSON, json.dumps({text: {text: text}}), 200),
    "wrong type": lambda text, status: typed(JSON, json.dumps({"records": [{"tokenId": {text: text}}]}), 200),
    "transport": lambda text, status: Canned(error=httpx.ReadError(text)),
    "protocol": lambda text, status: Canned(
        error=httpx.LocalProtocolError(f"Illegal header value b'{text}'")
    ),
    "system": lambda text, status: Canned(error=OSError(5, text)),
    "anything": lambda text, status: Canned(error=KeyError(text)),
}
CALLS: dict[str, Callable[[Any], Any]] = {
    "list": lambda client: client.list(),
    "issue": lambda client: client.issue("x"),
    "register": lambda client: client.register(ID, PHC, "x"),
    "update": lambda client: client.update(ID, secret_phc=PHC),
    "revoke": lambda client: client.revoke(ID),
    "batch_load": lambda client: client.batch_load([ID]),
    "authenticate": lambda client: client.authenticate(),
}
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
@profile(max_examples=100)
def test_a_secret_that_comes_back_is_never_shown(world, place, secret, call, status, edges, in_exchange):
    echo = PLACES[place](secret.join(edges), status)
    exchange = echo if in_exchange or call == "authenticate" else None
    client = world.client(answers(echo, exchange=exchange), retry=ONCE)
    output = all_shown(lambda: CALLS[call](client))
    assert all(canary not in output for canary in CANARIES)


def windows(text: str) -> set[str]:
    """Return all parts of 12 characters."""
    return {text[at : at + 12] for at in range(len(text) - 11)}


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


def places_that_show(answer: Callable[[Canned], Answer], world: World, **client: Any) -> list[str]:
    """Return the places where an opaque secret comes back and is shown."""
    return [
        place
        for place, make in PLACES.items()
        if OPAQUE in all_shown(world.client(answer(make(OPAQUE, 400)), retry=ONCE, **client).list)
    ]


@pytest.mark.fault(46, 48)
def test_a_jwt_of_no_known_shape_is_hidden_from_the_call_that_carried_it(world):
    assert places_that_show(lambda echo: answers(echo, exchange=exchanged(OPAQUE)), world) == []


@pytest.mark.fault(46, 48)
def test_a_pat_of_no_known_shape_is_hidden_from_the_exchange(world):
    assert places_that_show(lambda echo: answers(exchange=echo), world, pat=OPAQUE) == []


@pytest.mark.fault(46, 48)
def test_a_pat_of_no_known_shape_is_hidden_from_the_calls_that_follow(world):
    assert places_that_show(answers, world, pat=OPAQUE) == []


@pytest.fixture(autouse=True, scope="module")
def silent_httpx() -> Iterator[None]:
    """Keep the caller's own client silent: httpx logs a reason phrase, whatever it holds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger("httpx"), "disabled", True)
        yield
