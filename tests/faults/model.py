"""A model of the service, and of what may happen to each request on its way there and back.

A history is a list of events, one for each request that a call makes, exchanges included. `Run` steps a
method through one without I/O, and keeps account of what the service has really done.
"""

from collections.abc import Iterator
from typing import Any

from access_tokens_api.api.tokens import batch_load_tokens, issue_token, register_token
from attrs import Factory, define

from access_tokens import AccessTokensError, RetryPolicy
from access_tokens._flow.error_mapping import result_of
from access_tokens._flow.flow import calling, exchanging
from access_tokens._flow.jwt import Authorization
from access_tokens._flow.steps import (
    Answer,
    Call,
    Compute,
    Discard,
    Failure,
    Procedure,
    ReadPat,
    Send,
    SendWithJwt,
    Sent,
    Together,
    Wait,
)
from access_tokens._secret import Secret

from .events import (
    CREATED,
    EXCHANGED,
    FOUND,
    GOES_WELL,
    JWT,
    MADE,
    MISSING,
    NEVER,
    NO_PLACE,
    OURS,
    PAGE_OF_NONE,
    TAKEN,
    Event,
    NoJwt,
)

PAT = Secret("pat_of-the-model")
# With fewer attempts than usual, so that short histories are whole ones.
POLICY = RetryPolicy(retries=2)


class MoreError(Exception):
    """The history is at its end, and the call goes on: to an exchange, or to another request."""

    def __init__(self, *, is_exchange: bool, changes: bool = False) -> None:
        self.is_exchange = is_exchange
        self.changes = changes


@define
class Run:
    """A method of the client that goes through a history.

    Attributes:
        history: What happens to its requests, one by one.
        goes_on: Whether all goes well after its end.
        stored: The hash of the record at the service, if there is one.
        is_cold: Whether the client has no JWT yet.
        done: How many times the service has carried the call out.
        perhaps: Whether the service may have done so for all that the client can see.
        sent: How many requests of the first call were sent.
        got_no_jwt: Whether an exchange has failed, whose error then tells of its own attempts.
        calls: How many calls were made.
        looked: Whether the client has seen afterwards what the service has.
    """

    history: tuple[Event | NoJwt, ...]
    goes_on: bool
    stored: str | None
    is_cold: bool
    done: int = 0
    perhaps: bool = False
    sent: int = 0
    calls: int = 0
    looked: bool = False
    has_time: bool = True
    got_no_jwt: bool = False
    _first: Call[Any] | None = None
    _events: Iterator[Event | NoJwt] = Factory(lambda self: iter(self.history), takes_self=True)

    def result_of(self, procedure: Procedure[Any]) -> Any:
        """Carry out what a method does, and return what it returns."""
        try:
            step = next(procedure)
            while True:
                try:
                    reply = self._perform(step)
                except AccessTokensError as error:
                    step = procedure.throw(error)
                else:
                    step = procedure.send(reply)
        except StopIteration as end:
            return end.value

    def _perform(self, step: Any) -> Any:
        match step:
            case Compute():
                return MADE
            case Together(calls):
                return [self._perform(call) for call in calls]
            case _:
                return self._called(step)

    def _called(self, call: Call[Any]) -> Any:
        self.calls += 1
        flow = exchanging(call, POLICY) if call.is_exchange else calling(call, POLICY)
        try:
            step = next(flow)
            while True:
                try:
                    reply = self._taken(step, call)
                except AccessTokensError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(reply)
        except StopIteration as end:
            return result_of(call, end.value)

    def _taken(self, step: Any, call: Call[Any]) -> Any:
        match step:
            case ReadPat():
                return PAT
            case Send(bearer):
                assert bearer is PAT
                assert call.is_exchange, "the PAT goes to the exchange alone"
                return self._sent(call)
            case SendWithJwt():
                assert not call.is_exchange
                authorization, outcome = self._authorized(), self._sent(call)
                return Sent(outcome, None if outcome is NO_PLACE else authorization)
            case Wait():
                return self.has_time
            case Discard():
                self.is_cold = True
        return None

    def _authorized(self) -> Authorization:
        if not self.is_cold:
            return Authorization(JWT)
        exchange = self._next(NoJwt())
        if exchange is None:
            raise MoreError(is_exchange=True)
        if exchange.error:
            self.got_no_jwt = True
            raise exchange.error("Failed to authenticate", cause="so it is", attempts=1)
        self.is_cold = False
        return Authorization(JWT, is_new=True)

    def _sent(self, call: Call[Any]) -> Answer | Failure:
        event = self._next(GOES_WELL)
        if event is None:
            raise MoreError(is_exchange=False, changes=call.changes)
        self._first = self._first or call
        self.sent += self._first is call
        answer = self._processed(call) if event.processed else None
        self.looked = call is not self._first and event is GOES_WELL
        self.perhaps = self.perhaps or (call.changes and event.perhaps)
        if event.then:
            event.then(self)
        return event.outcome or answer or NEVER

    def _next(self, well: Any) -> Any:
        return next(self._events, well if self.goes_on else None)

    def _processed(self, call: Call[Any]) -> Answer:
        """What the service does, and says of it where that is not lost."""
        if call.is_exchange:
            return EXCHANGED
        if call.endpoint is batch_load_tokens:
            return FOUND[self.stored]
        if call.endpoint is issue_token or call.endpoint is register_token:
            return self._made()
        if not call.changes:
            return PAGE_OF_NONE
        if call.token_id and not self.stored:
            return MISSING
        self.done += 1
        return Answer(204)

    def _made(self) -> Answer:
        if self.stored:
            return TAKEN
        self.done += 1
        self.stored = OURS
        return CREATED
