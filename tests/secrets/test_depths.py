"""The search below errors finds what it looks for, or nothing that passes by it would mean anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from access_tokens_api.models import RegisterTokenRequest

import access_tokens
from access_tokens._flow.steps import Answer

from ..helpers.callers import result_of
from ..helpers.depths import bearers_in, seen_in
from ..helpers.troubles import OTHER_PAT, PHC


def raise_below_the_library(**held: Any) -> BaseException:
    """Return an error that came through a frame of the library with these locals."""
    names = ", ".join(held)
    code = compile(f"def fail({names}):\n    raise ValueError", access_tokens.__file__, "exec")
    exec(code, space := dict[str, Any]())
    error = result_of(lambda: space["fail"](**held))
    assert isinstance(error, ValueError)
    return error


def suspended(secret: str) -> Iterator[str]:
    def hold(secret: str) -> Iterator[str]:
        yield ""
        yield secret

    next(generator := hold(secret))
    return generator


@pytest.mark.fault(47)
@pytest.mark.parametrize(
    "held",
    [
        PHC,
        PHC.encode(),
        {"json": {"secretPhc": PHC}},
        {PHC: 1},
        [RegisterTokenRequest(PHC, "x")],
        Answer(200, {}, PHC.encode()),
        suspended(PHC),
    ],
)
def test_a_secret_that_an_error_brings_along_is_found(held):
    error = raise_below_the_library(held=held)
    for carrier in (error, chained(cause=error), chained(context=error), BaseExceptionGroup("", [error])):
        assert seen_in(carrier, [PHC])


def chained(cause: BaseException | None = None, context: BaseException | None = None) -> ValueError:
    error = ValueError()
    error.__cause__, error.__context__ = cause, context
    return error


@pytest.mark.fault(49)
def test_a_bearer_that_an_error_keeps_alive_is_found():
    request = httpx.Request("GET", "https://h", headers={"Authorization": f"Bearer {OTHER_PAT}"})
    assert {"Request", "bytes"} <= set(
        bearers_in(chained(cause=raise_below_the_library(held=[{"a": request}])))
    )
    assert bearers_in(httpx.ReadError("", request=request))
    assert bearers_in(httpx.ReadError("", request=httpx.Request("GET", "https://h"))) == []
