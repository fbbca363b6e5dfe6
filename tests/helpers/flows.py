"""Flows that are stepped by hand."""

import json
from collections.abc import Generator
from typing import Any, cast

import attrs
import pytest

from access_tokens import AccessTokensError, RetryPolicy
from access_tokens._flow.flow import calling
from access_tokens._flow.jwt import Authorization, Jwt
from access_tokens._flow.steps import Answer, Call, Discard, Failure, SendWithJwt, Sent, Wait
from access_tokens._secret import Secret

PAT, NEW_PAT = Secret("pat_of-the-test"), Secret("pat_rotated")
OLD, NEW = (Jwt(Secret(text), sent_at=0.0, lifetime=3600.0) for text in ("old-jwt", "new-jwt"))
CACHED, GOT = Authorization(OLD), Authorization(NEW, is_new=True)

READ = Call[Any](
    endpoint=cast(Any, None),  # the flow never looks at it
    arguments={},
    result=lambda answer: answer,
    failed="Failed to list tokens",
    unreadable="Invalid list tokens response",
    changes=False,
)
REVOKE = attrs.evolve(READ, failed="Failed to revoke token", unreadable="", token_id="some-id", changes=True)
ISSUE = attrs.evolve(REVOKE, failed="Failed to issue token", unreadable="Invalid issue token response")
EXCHANGE = attrs.evolve(READ, failed="Failed to authenticate", is_exchange=True)

OK = Answer(200)
UNREACHED = Failure(ConnectionRefusedError("refused"), acted=False)
LOST = Failure(ConnectionResetError("reset"), acted=True)


def answer(status: int, body: Any = None, **attributes: Any) -> Answer:
    content = b"" if body is None else json.dumps(body).encode()
    return Answer(status, {"content-type": "application/json; charset=utf-8"}, content, **attributes)


def error(text: str, status: int = 500) -> Answer:
    return answer(status, {"error": {"message": text}})


def started(call: Call[Any] = READ, authorization: Authorization | None = CACHED, **policy: Any) -> "Flow":
    """A call that is to be sent, with this JWT when it is."""
    flow = Flow(calling(call, RetryPolicy(**policy)), authorization)
    assert flow.step == SendWithJwt()
    return flow


class Flow:
    """A flow that remembers its step.

    Args:
        flow: The flow.
        authorization: The JWT with which its next requests are sent, if they are.
    """

    def __init__(self, flow: Generator[Any, Any, Any], authorization: Authorization | None = None) -> None:
        self.flow = flow
        self.authorization = authorization
        self.step = next(flow)

    def _send(self, value: Any) -> Any:
        is_outcome = self.step == SendWithJwt()
        return self.flow.send(Sent(value, self.authorization) if is_outcome else value)

    def reply(self, value: Any) -> Any:
        self.step = self._send(value)
        return self.step

    def ends(self, value: Any) -> Any:
        with pytest.raises(StopIteration) as stop:
            self._send(value)
        return stop.value.value

    def fails(self, value: Any) -> AccessTokensError:
        with pytest.raises(AccessTokensError) as raised:
            self._send(value)
        return raised.value

    def retries(self, outcome: Any, seconds: float = 1.0) -> None:
        """The outcome is followed by this wait, and the request again."""
        assert self.reply(outcome) == Wait(seconds)
        assert self.reply(True) == SendWithJwt()

    def replays(self, authorization: Authorization) -> None:
        """A 401 is followed by the request again, with this JWT."""
        assert self.authorization
        assert self.reply(Answer(401)) == Discard(self.authorization.jwt, is_replaced=True)
        assert self.reply(None) == SendWithJwt()
        self.authorization = authorization
