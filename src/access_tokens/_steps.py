"""The words in which the flow and the sessions talk: the call, the steps it takes, and what comes of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, Generic, Protocol, Self, TypeAlias, TypeVar

import attrs
from attrs import Factory, define, field, frozen

from ._jwt import Jwt
from ._secret import Secret, Unpickled
from .errors import AccessTokensError, UnavailableError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Endpoint(Protocol):
    """A module of the generated core: one operation, in both colours."""

    @property
    def sync_detailed(self) -> Callable[..., Any]: ...

    @property
    def asyncio_detailed(self) -> Callable[..., Any]: ...


@frozen(kw_only=True)
class Call(Generic[T]):
    """One operation of the service, with its arguments.

    Attributes:
        endpoint: The generated module that builds the request and parses the answer.
        arguments: What the generated function is called with.
        result: Turns what it parsed, and the answer, into a value of ours.
        status: The status of a success, where a body is due. Any other 2xx is read as if it were this one.
        failed: The message of the error when the call fails.
        unreadable: The message of the error when the answer cannot be read; `failed` by default.
        token_id: The token that the call is about.
        changes: Whether the call changes anything at the service.
        creates: Whether the call makes a token, so that none with its id is there before.
        api_key: The PAT, when the call is the exchange. Every other call carries the JWT.
        known: Secrets among the arguments, to be hidden should the service send them back.
    """

    endpoint: Endpoint
    arguments: Mapping[str, Any] = field(repr=False)
    result: Callable[[Any, Answer], T]
    failed: str
    status: int | None = None
    unreadable: str = field(default=Factory(lambda self: self.failed, takes_self=True))
    token_id: str | None = None
    changes: bool = True
    creates: bool = False
    api_key: Secret | None = None
    known: tuple[Secret, ...] = ()


Story: TypeAlias = Generator[Call[Any], Any, T]
"""The calls that one method makes, each yielded and answered with its result."""


class Walk(Protocol[T_co]):
    """Items that come page by page."""

    @property
    def is_over(self) -> bool: ...

    def next_page(self) -> Story[Iterable[T_co]]: ...


@frozen
class Send:
    """Send the request with this bearer token. The reply: an `Answer` or a `Failure`."""

    bearer: Secret


@frozen
class Wait:
    """Wait this many seconds. The reply: whether the deadline allows it; if not, nothing was waited."""

    seconds: float


@frozen
class Authorize:
    """Get a JWT. The reply: an `Authorization`; or an `AccessTokensError` is thrown."""


@frozen
class Discard:
    """Forget a JWT that was refused."""

    jwt: Jwt


Step: TypeAlias = Send | Wait | Authorize | Discard


@frozen
class Answer(Unpickled):
    """An answer of the service, with the shape that the generated core reads.

    Attributes:
        attempts: How many requests it took.
        sent_at: When its request was sent, in seconds of the session's clock.
        retry_after: How many seconds the service asked for, on a 429 or 503.
    """

    status_code: int
    headers: Mapping[str, str] = field(repr=False, factory=dict[str, str])
    content: bytes = field(repr=False, default=b"")
    reason: str = ""
    attempts: int = 1
    sent_at: float = 0.0
    retry_after: float | None = None

    def json(self) -> Any:
        """Return the body, parsed."""
        return json.loads(self.content)


@frozen
class Failure:
    """Why there is no answer.

    Attributes:
        cause: An exception that holds no request and no secret.
        acted: Whether the service could have carried out the request.
        kind: The error that it amounts to; an `UnavailableError` may pass.
    """

    cause: Exception
    acted: bool
    kind: type[AccessTokensError] = UnavailableError


Outcome: TypeAlias = Answer | Failure
Flow: TypeAlias = Generator[Step, Any, Answer]


@define
class Seam:
    """Stands where a generated function expects its client, and has the session answer the request.

    Attributes:
        send: Performs the request that the generated core describes.
        status: The status by which the generated core recognises a success, where a body is due.
        answer: What came of it, once it has succeeded.
    """

    send: Callable[[Seam, dict[str, Any]], Any]
    status: int | None = None
    answer: Answer | None = None
    raise_on_unexpected_status: bool = True

    def get_httpx_client(self) -> Self:
        """Return what has the `request` method; the same for both colours."""
        return self

    get_async_httpx_client = get_httpx_client

    def told(self) -> Answer:
        """Return the answer, which a generated function has had before it returns."""
        if self.answer is None:
            raise RuntimeError("the generated core made no request")
        return self.answer

    def expected(self) -> Answer:
        """Return the answer as the generated core expects it."""
        answer = self.told()
        return attrs.evolve(answer, status_code=self.status or answer.status_code)

    def request(self, **kwargs: Any) -> Any:
        """Perform a request; for an async session, return what is to be awaited."""
        return self.send(self, kwargs)
