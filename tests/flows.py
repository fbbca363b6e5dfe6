"""Flows that are stepped by hand."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any, cast

import attrs
import pytest

from access_tokens import AccessTokensError, RetryPolicy
from access_tokens._flow.flow import calling
from access_tokens._flow.jwt import Authorization, Jwt
from access_tokens._flow.steps import Answer, Authorize, Call, Failure, Send, Wait
from access_tokens._secret import Secret

PAT = Secret("pat_of-the-test")
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
EXCHANGE = attrs.evolve(READ, failed="Failed to authenticate", api_key=PAT)

OK = Answer(200)
UNREACHED = Failure(ConnectionRefusedError("refused"), acted=False)
LOST = Failure(ConnectionResetError("reset"), acted=True)


def answer(status: int, body: Any = None, **attributes: Any) -> Answer:
    content = b"" if body is None else json.dumps(body).encode()
    return Answer(status, {"content-type": "application/json; charset=utf-8"}, content, **attributes)


def error(text: str, status: int = 500) -> Answer:
    return answer(status, {"error": {"message": text}})


def started(call: Call[Any] = READ, authorization: Authorization = CACHED, **policy: Any) -> Flow:
    flow = Flow(calling(call, RetryPolicy(**policy)))
    assert flow.step == Authorize()
    assert flow.reply(authorization) == Send(authorization.jwt.token)
    return flow


class Flow:
    """A flow that remembers its step."""

    def __init__(self, flow: Generator[Any, Any, Answer]) -> None:
        self.flow = flow
        self.step = next(flow)

    def reply(self, value: Any) -> Any:
        self.step = self.flow.send(value)
        return self.step

    def ends(self, value: Any) -> Answer:
        with pytest.raises(StopIteration) as stop:
            self.flow.send(value)
        return cast(Answer, stop.value.value)

    def fails(self, value: Any) -> AccessTokensError:
        with pytest.raises(AccessTokensError) as raised:
            self.flow.send(value)
        return raised.value

    def retries(self, outcome: Any, seconds: float = 1.0) -> None:
        """The outcome is followed by this wait, and a look at the JWT."""
        assert self.reply(outcome) == Wait(seconds)
        assert self.reply(True) == Authorize()

    def retries_after(self, outcome: Any, seconds: float) -> None:
        """The outcome is followed by this wait, a look at the JWT, and the request again."""
        self.retries(outcome, seconds)
        assert isinstance(self.reply(CACHED), Send)
