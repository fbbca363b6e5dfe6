"""A service of a few lines, which knows at every request whether a right client would have made it."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable
from typing import Any

import httpx
from attrs import Factory, define, field, frozen

from ..helpers.callers import Clock
from .state_faults import CEILING, REFUSED, Fault

PAT = "the-pat-canary"


@frozen
class Jwt:
    """A JWT that was handed out."""

    token: str
    at: float
    lifetime: float
    key: int

    @property
    def end(self) -> float:
        return self.at + self.lifetime

    @property
    def renewal(self) -> float:
        """From when on it is to be renewed."""
        return self.end - min(30.0, self.lifetime / 2)


@define
class Episode:
    """What came of the requests of one step of the machine.

    Attributes:
        faults: What befell them.
        exchanged: How many JWTs were handed out.
        created: How many tokens were made.
        endured: Of which kind those were that failed for now.
        denied: Of which kind those were whose PAT or JWT was refused.
        is_unused: Whether a JWT was handed out that no call has used yet.
        is_hopeless: Whether such a JWT was refused.
        gave_up_renewal: Whether the last request was to renew a JWT that lives, and failed.
    """

    faults: list[Fault] = Factory(list)
    exchanged: int = 0
    created: int = 0
    endured: list[str] = Factory(list)
    denied: list[str] = Factory(list)
    is_unused: bool = False
    is_hopeless: bool = False
    gave_up_renewal: bool = False


@define
class Model:
    """The service, and what it knows of the client.

    Attributes:
        current: The JWT that the client was handed last.
        refused: The JWTs that a call was told are no good.
        put_off: Until when the client must not try again to renew a JWT that lives.
        failed_at: When an exchange failed last for a reason that does not pass.
        stands: Until when such a failure stands for the exchanges that would follow.
        is_asked_for: Whether the caller demands an exchange.
        is_shared: Whether several tasks use the client.
        wrongs: What no right client does.
    """

    clock: Clock
    lifetime: float = 3600.0
    exchange_takes: float = 0.0
    key: int = 0
    pat_is_good: bool = True
    handed_out: dict[str, Jwt] = field(factory=dict)
    current: Jwt | None = None
    refused: set[str] = field(factory=set)
    put_off: float = 0.0
    failed_at: float = -math.inf
    stands: float = 0.0
    is_asked_for: bool = False
    is_shared: bool = False
    is_exchanging: bool = False
    exchange_faults: deque[Fault] = field(factory=deque)
    call_faults: deque[Fault] = field(factory=deque)
    tokens: dict[str, bool] = field(factory=dict)
    requests: int = 0
    episode: Episode = Factory(Episode)
    wrongs: list[str] = field(factory=list)

    @property
    def lives(self) -> bool:
        """Whether the client holds a JWT that it may still use, as far as it can know."""
        jwt = self.current
        return jwt is not None and jwt.token not in self.refused and self.clock.time < jwt.end

    @property
    def is_fresh(self) -> bool:
        return self.lives and self.current is not None and self.clock.time < self.current.renewal

    @property
    def is_accepted(self) -> bool:
        """Whether the service would take the JWT that the client holds."""
        return self.lives and self.current is not None and self.current.key == self.key

    def edge(self, name: str) -> float:
        """Return when something about the client's JWT changes, or has changed."""
        if name == "put off":
            return self.put_off
        jwt = self.current
        return 0.0 if jwt is None else {"renewal": jwt.renewal, "end": jwt.end}[name]

    def forget_client(self) -> None:
        """Expect a client that knows nothing."""
        self.current, self.put_off, self.failed_at, self.stands = None, 0.0, -math.inf, 0.0

    def _must(self, condition: bool, wrong: str) -> None:
        if not condition:
            self.wrongs.append(wrong)

    def judge(self, request: httpx.Request) -> str:
        """Judge a request as it comes in, and return of which kind it is."""
        self.requests += 1
        bearer = request.headers["authorization"].removeprefix("Bearer ")
        self._judge_where_secrets_are(request)
        if request.url.path == "/auth/token":
            self._judge_exchange(bearer)
            return "exchange"
        self._judge_call(bearer)
        return "call"

    def _judge_where_secrets_are(self, request: httpx.Request) -> None:
        elsewhere = {name: value for name, value in request.headers.items() if name != "authorization"}
        text = f"{request.url} {elsewhere} {request.content!r}"
        self._must(len(request.headers.get_list("authorization")) == 1, "two Authorization headers")
        self._must(not any(each in text for each in (PAT, *self.handed_out)), "a secret outside its header")

    def _judge_exchange(self, bearer: str) -> None:
        self._must(bearer == PAT, "an exchange without the PAT")
        self._must(not self.is_exchanging, "two exchanges at once")
        is_due = not self.is_fresh and not (self.lives and self.clock.time < self.put_off)
        self._must(is_due or self.is_asked_for, "an exchange without need")
        self._must(not self.episode.is_hopeless or self.is_shared, "an exchange after a new JWT was refused")
        self._must(not self.episode.gave_up_renewal, "a second try to renew before the JWT is used")

    def _judge_call(self, bearer: str) -> None:
        self.episode.gave_up_renewal = False
        jwt = self.handed_out.get(bearer)
        if jwt is None:
            self.wrongs.append("a call without a JWT")
            return
        self._must(self.clock.time < jwt.end, "a call with an expired JWT")
        # One task may have been given a JWT just before another learns that it is refused.
        is_best = jwt is self.current and jwt.token not in self.refused
        self._must(is_best or self.is_shared, "a call with a JWT that was refused or replaced")
        # One task renews it, and the others go on with it.
        is_up_to_date = self.is_fresh or self.clock.time < self.put_off or self.is_shared
        self._must(is_up_to_date, "a call without a due renewal")

    def answer(self, kind: str, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        if kind == "exchange":
            return self._answer_exchange()
        try:
            return self._answer_call(request)
        finally:
            self.episode.is_unused = False

    def _fault(self, kind: str, faults: deque[Fault]) -> Fault | None:
        fault = faults.popleft() if faults else None
        if fault:
            self.episode.faults.append(fault)
            self.episode.endured += [kind] if fault.passes else []
        return fault

    def _answer_exchange(self) -> httpx.Response:
        left = self.current.end - self.clock.time if self.lives and self.current else 0.0
        left = 0.0 if self.is_asked_for else left
        is_renewal = left >= 1.0
        fault = self._fault("renewal" if is_renewal else "exchange", self.exchange_faults)
        if fault or not self.pat_is_good:
            fault = fault or REFUSED
            self._note_failure(fault, is_renewal, left)
            self.episode.denied += ["renewal" if left else "exchange"] if fault.status in {401, 403} else []
            return fault.response()
        self.episode.exchanged += 1
        self.episode.is_unused = True
        self.current = Jwt(
            f"the-jwt-canary-{len(self.handed_out)}.", self.clock.time, self.lifetime, self.key
        )
        self.handed_out[self.current.token] = self.current
        self.put_off, self.failed_at, self.stands = 0.0, -math.inf, 0.0
        self.clock.advance(self.exchange_takes)
        return httpx.Response(
            200,
            json={"access_token": self.current.token, "token_type": "Bearer", "expires_in": self.lifetime},
        )

    def _note_failure(self, fault: Fault, is_renewal: bool, left: float) -> None:
        """Expect a client that goes on with the JWT it has, or is in no hurry to try again."""
        now, asked = self.clock.time, fault.retry_after or 0.0
        self.episode.gave_up_renewal = is_renewal
        lasts = not fault.passes or asked > CEILING
        if left and (is_renewal or lasts):
            self.put_off = now + max(asked if fault.passes else left / 2, 1.0)
        elif lasts:
            self.stands = now + max(min(asked, CEILING), 1.0) if now < self.failed_at + 2.0 else self.stands
            self.failed_at = now

    def _answer_call(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        is_known = self.handed_out[token].key == self.key
        fault = self._fault("call", self.call_faults) if is_known else None
        if not is_known or (fault and fault.status == 401):
            self.refused.add(token)
            self.episode.denied.append("call")
            self.episode.is_hopeless = self.episode.is_unused
            return httpx.Response(401, json={"error": {"message": "Invalid JWT"}})
        if fault and not fault.acts:
            return fault.response()
        answer = self._act(request)
        return fault.response() if fault else answer

    def _act(self, request: httpx.Request) -> httpx.Response:
        acts: dict[str, Callable[[httpx.Request], httpx.Response]] = {
            "GET": self._list,
            "POST": self._issue,
            "PUT": self._revoke,
        }
        return acts[request.method](request)

    def _list(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"records": [record(token_id) for token_id in self.tokens]})

    def _issue(self, request: httpx.Request) -> httpx.Response:
        token_id = json.loads(request.content)["tokenId"]
        if token_id in self.tokens:
            return httpx.Response(500, json={"error": {"message": f"Token ID already exists: {token_id}"}})
        self.tokens[token_id] = True
        self.episode.created += 1
        return httpx.Response(201, json={"token": "a-new-pat", "record": record(token_id)})

    def _revoke(self, request: httpx.Request) -> httpx.Response:
        token_id = request.url.path.split("/")[3]
        if token_id not in self.tokens:
            return httpx.Response(500, json={"error": {"message": f"Token not found: {token_id}"}})
        self.tokens[token_id] = False
        return httpx.Response(204)


def record(token_id: str) -> dict[str, Any]:
    return {"tokenId": token_id, "owner": "x", "isAdmin": False, "createdAt": 1}
