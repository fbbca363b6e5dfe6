"""Whatever happens in whatever order: no wrong request, and no error without a reason."""

import json
from collections import deque
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from anyio.lowlevel import checkpoint
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from access_tokens import (
    AccessTokensError,
    AuthenticationError,
    ClientClosedError,
    ConflictError,
    RateLimitedError,
    UnavailableError,
)

from ..helpers.callers import result_of
from ..helpers.world import PAT, World

LIFETIME, MARGIN = 60.0, 30.0
# What happens to a request: a status, or a connection that is lost; with True, the service has acted before.
FAULTS = [(503, False), (503, True), (429, False), (None, False), (None, True), (401, False)]
PASSING = (UnavailableError, RateLimitedError)
# Without a search for what failing examples have in common, which takes minutes.
SETTINGS = settings(
    phases=[Phase.generate, Phase.shrink], report_multiple_bugs=False, max_examples=60, stateful_step_count=25
)


class Service:
    """A service of a few lines, which judges each request as it comes."""

    def __init__(self) -> None:
        self.now = lambda: 0.0
        self.key = 0
        self.knows_pat = True
        self.jwts: dict[str, tuple[float, int]] = {}  # when each expires, and the key that it is signed with
        self.refused: set[str] = set()
        self.faults: deque[tuple[int | None, bool]] = deque()
        self.tokens: set[str] = set()
        self.has_failed_to_renew = False
        self.exchanging = 0
        self.is_asked_for = self.is_shared = False
        self.wrongs: list[str] = []

    def respond(self, request: httpx.Request) -> httpx.Response:
        bearer = request.headers["authorization"].removeprefix("Bearer ")
        text = f"{request.url} {request.content!r}"
        self.must(not any(secret in text for secret in (PAT, *self.jwts)), "a secret outside of its header")
        return self.exchange(bearer) if request.url.path.endswith("/token") else self.call(bearer, request)

    async def respond_later(self, request: httpx.Request) -> httpx.Response:
        is_exchange = request.url.path.endswith("/token")
        self.exchanging += is_exchange
        self.must(self.exchanging < 2, "two exchanges at once")
        for _ in range(1 + len(self.jwts) % 3):  # so that one answer overtakes another
            await checkpoint()
        self.exchanging -= is_exchange
        return self.respond(request)

    def must(self, condition: bool, wrong: str) -> None:
        if not condition:
            self.wrongs.append(wrong)

    def exchange(self, bearer: str) -> httpx.Response:
        self.must(bearer == PAT, "an exchange without the PAT")
        last = next(reversed(self.jwts), None)
        is_fresh = last and last not in self.refused and self.now() < self.jwts[last][0] - MARGIN
        self.must(self.is_asked_for or not is_fresh, "an exchange without need")
        self.has_failed_to_renew = True
        if failed := self.failed():
            return failed
        if not self.knows_pat:
            return httpx.Response(401, json={"error": {"message": "Invalid PAT"}})
        self.has_failed_to_renew = False
        jwt = f"the-jwt-canary-{len(self.jwts)}."
        self.jwts[jwt] = self.now() + LIFETIME, self.key
        return httpx.Response(200, json={"access_token": jwt, "token_type": "Bearer", "expires_in": LIFETIME})

    def call(self, bearer: str, request: httpx.Request) -> httpx.Response:
        left = self.jwts[bearer][0] - self.now()
        self.must(left > 0, "a call with an expired JWT")
        self.must(left > MARGIN or self.has_failed_to_renew or self.is_shared, "a call without a due renewal")
        self.must(self.is_shared or bearer not in self.refused, "a call with a JWT that was refused")
        is_of_old_key = self.jwts[bearer][1] != self.key
        failed = None if is_of_old_key else self.failed(lambda: self.act(request))
        if is_of_old_key or (failed and failed.status_code == 401):
            self.refused.add(bearer)
            return httpx.Response(401, json={"error": {"message": "Invalid JWT"}})
        return failed or self.act(request)

    def failed(self, act: Any = lambda: None) -> httpx.Response | None:
        if not self.faults:
            return None
        status, acts = self.faults.popleft()
        if acts:
            act()
        if status is None:
            raise httpx.ReadError("lost")
        return httpx.Response(status, headers={"Retry-After": "5"}, json={"error": {"message": "No"}})

    def act(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"records": []})
        token_id = json.loads(request.content)["tokenId"]
        if token_id in self.tokens:
            return httpx.Response(500, json={"error": {"message": f"Token ID already exists: {token_id}"}})
        self.tokens.add(token_id)
        record = {"tokenId": token_id, "owner": "x", "isAdmin": False, "createdAt": 1}
        return httpx.Response(201, json={"token": "a-new-pat", "record": record})


class AnyOrder(RuleBasedStateMachine):
    """What a caller does, and what happens elsewhere."""

    portal: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.service = Service()
        self.open()

    def open(self) -> None:
        respond: Any = self.service.respond_later if self.portal else self.service.respond
        self.client = World(self.portal).client(respond)
        self.service.now = self.client.clock.now
        self.service.is_asked_for = True  # of what another client has, this one knows nothing
        self.client.authenticate()
        self.service.is_asked_for = False

    @rule(faults=st.lists(st.sampled_from(FAULTS), max_size=6))
    def requests_will_fail(self, faults):
        self.service.faults.extend(faults)

    @rule(seconds=st.sampled_from([0.5, 1.0, 5.0, 3600.0]))
    def time_passes(self, seconds):
        self.client.clock.advance(seconds)

    @rule(before=st.sampled_from([MARGIN, 0.0]), beside=st.sampled_from([-0.5, 0.0, 0.5]))
    def the_jwt_gets_to_an_edge_of_its_life(self, before, beside):
        expires_at, _ = self.service.jwts[next(reversed(self.service.jwts))]
        self.client.clock.time = max(self.client.clock.time, expires_at - before + beside)

    @rule()
    def the_key_is_rotated(self):
        self.service.key += 1

    @rule(is_good=st.booleans())
    def the_pat_is_revoked_or_restored(self, is_good):
        self.service.knows_pat = is_good

    @rule()
    def list_tokens(self):
        self.check(result_of(self.client.list))

    @rule(count=st.integers(2, 5))
    def several_list_tokens_at_once(self, count):
        self.service.is_shared = True
        for result in self.client.at_once(count, lambda client: client.list()):
            self.check(result)
        self.service.is_shared = False

    @rule()
    def issue_a_token(self):
        before = len(self.service.tokens)
        result = result_of(lambda: self.client.issue("x"))
        made = len(self.service.tokens) - before
        assert made <= 1
        self.check(result, ConflictError)
        if isinstance(result, AccessTokensError):
            assert result.outcome_unknown or not made
        else:
            assert result.record.token_id in self.service.tokens

    @rule()
    def authenticate(self):
        self.service.is_asked_for = True
        self.check(result_of(self.client.authenticate))
        self.service.is_asked_for = False

    @rule()
    def close_and_open_another(self):
        self.client.close()
        assert type(result_of(self.client.list)) is ClientClosedError
        self.all_is_well_again()
        self.open()

    def check(self, result, *also):
        if isinstance(result, Exception):
            assert isinstance(result, (*PASSING, AuthenticationError, *also))
            assert not isinstance(result, PASSING) or result.attempts >= 1

    @rule()
    def all_is_well_again(self):
        self.service.faults.clear()
        self.service.knows_pat = True
        self.client.clock.advance(150.0)  # no failure stands for others any more
        if not self.client.client._session._closed:
            assert self.client.list() == []

    @invariant()
    def nothing_wrong_was_done(self):
        assert self.service.wrongs == []
        assert max(self.client.clock.waits, default=0.0) <= 120.0

    def teardown(self):
        self.all_is_well_again()
        self.client.close()


@pytest.mark.fault(21, 22, 25, 27, 29, 34, 45)
def test_a_client_for_threads_survives_any_order_of_events():
    run_state_machine_as_test(AnyOrder, settings=SETTINGS)


@pytest.mark.fault(21, 22, 25, 26, 27, 29, 31, 32, 34, 45)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_client_for_tasks_survives_any_order_of_events(backend):
    with start_blocking_portal(backend) as portal:
        machine = type("Tasks", (AnyOrder,), {"portal": portal})
        run_state_machine_as_test(machine, settings=SETTINGS)
