"""Stories stepped by hand: a call goes through the generated core, and no further."""

import json
from typing import Any

from access_tokens._flow.steps import Answer, Call, Procedure

ID = "A" * 21
PHC = "$scrypt$ln=14,r=8,p=1$c2FsdA$aGFzaA"
RECORD = {"tokenId": ID, "owner": "x", "isAdmin": False, "createdAt": 1}


def call_of(story: Procedure[Any]) -> Call[Any]:
    """Return the first call of a story."""
    call = next(story)
    assert isinstance(call, Call)
    return call


def performed(call: Call[Any], body: Any = None) -> tuple[dict[str, Any], Any]:
    """Return the request that the generated core makes for a call, and what the call makes of an answer."""
    # Where a body is due, any success is read as the one that is expected.
    answer = Answer(204) if body is None else Answer(299, content=json.dumps(body).encode(), sent_at=7.0)
    return call.request(), call.result(answer)


def result_of(story: Procedure[Any], reply: Any) -> Any:
    """Answer the call that a story has made, and return what the story returns."""
    try:
        story.send(reply)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the story goes on")
