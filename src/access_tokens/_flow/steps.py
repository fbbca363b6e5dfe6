"""The words in which the flow and the sessions talk: the call, the steps it takes, and what comes of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from attrs import Factory, field, frozen

from .._secret import Secret, Unpickled
from ..errors import AccessTokensError, UnavailableError
from .bounds import ANY, ONE_RECORD, Bounds
from .jwt import Authorization, Jwt
from .request_id import request_id_in

# What an answer may do to its reader. Any other exception is a mistake of ours, or comes from elsewhere.
UNREADABLE = (ValueError, ArithmeticError, RecursionError, MemoryError)
_LONGEST_INT = 400

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Endpoint(Protocol):
    """A module of the generated core: one operation."""

    @property
    def _get_kwargs(self) -> Callable[..., dict[str, Any]]: ...


@frozen(kw_only=True)
class Call(Generic[T]):
    """One operation of the service, with its arguments.

    Attributes:
        endpoint: The generated module that describes the request.
        arguments: What the generated function is called with.
        result: Turns a successful answer into a value of ours. Where a body is due, any 2xx is one.
        failed: The message of the error when the call fails.
        unreadable: The message of the error when the answer cannot be read; `failed` by default.
        token_id: The token that the call is about.
        token_id_chosen_here: Whether that is an id of this library's choice, which nobody else can have.
        other_ids: What else the service may name when it says that a token is missing, or an id taken.
        changes: Whether the call changes anything at the service.
        removes: Whether what it names may be gone once it is done, and is then not found.
        repeatable: Whether it may be sent again though the service may have acted.
        api_key: The PAT, when the call is the exchange. Every other call carries the JWT.
        known: Secrets among the arguments, to be hidden should the service send them back.
        bounds: The most that an answer may be, unless it is an error.
    """

    endpoint: Endpoint
    arguments: Mapping[str, Any] = field(repr=False)
    result: Callable[[Answer], T]
    failed: str
    unreadable: str = field(default=Factory(lambda self: self.failed, takes_self=True))
    token_id: str | None = None
    token_id_chosen_here: bool = False
    other_ids: tuple[str, ...] = ()
    changes: bool = True
    removes: bool = False
    repeatable: bool = True
    api_key: Secret | None = None
    known: tuple[Secret, ...] = ()
    bounds: Bounds = ONE_RECORD

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that a refusal of this call may name."""
        return self.other_ids if self.token_id is None else (self.token_id, *self.other_ids)

    def request(self) -> dict[str, Any]:
        """Return the request as the generated core describes it, by the parameters of `httpx.request`.

        Its public functions would send it as well, and parse the answer into objects of which ours are made.
        """
        return self.endpoint._get_kwargs(**self.arguments)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


@frozen
class Together:
    """Calls that do not wait for each other. The reply: their results, in order."""

    calls: tuple[Call[Any], ...]


@frozen
class Compute:
    """Work that takes the processor's time, for which no event loop should wait. The reply: its result."""

    work: Callable[[], Any] = field(repr=False)


ProcedureStep: TypeAlias = Call[Any] | Together | Compute
Procedure: TypeAlias = Generator[ProcedureStep, Any, T]

"""The calls that one method makes, and the work between them, each yielded and answered with its result."""


class Walk(Protocol[T_co]):
    """Items that come page by page."""

    @property
    def is_over(self) -> bool: ...

    def next_page(self) -> Procedure[Iterable[T_co]]: ...


@frozen
class SendWithJwt:
    """Get a JWT and send the request with it, once there is a place. The reply: a `Sent`.

    Where there is no JWT to be had, an `AccessTokensError` is thrown instead.
    """


@frozen
class Send:
    """Send the request with this bearer token, once there is a place. The reply: an `Outcome`."""

    bearer: Secret


@frozen
class Authorize:
    """Get a JWT, which takes a place; one that is got just now with `afresh`.

    The reply: an `Authorization`, or a `Failure` where there is no place. Where there is no JWT to be had, an
    `AccessTokensError` is thrown instead.
    """

    afresh: bool = False


@frozen
class Wait:
    """Wait this many seconds. The reply: whether the deadline allows it; if not, nothing was waited."""

    seconds: float


@frozen
class Discard:
    """Forget a JWT that was refused."""

    jwt: Jwt


Step: TypeAlias = SendWithJwt | Send | Authorize | Wait | Discard


@frozen
class Answer(Unpickled):
    """An answer of the service.

    Attributes:
        attempts: How many requests it took.
        sent_at: When its request was sent, in seconds of the session's clock.
        retry_after: How many seconds the service asked for, on a 429 or 503.
        known: Secrets to be hidden should they come back: those that were sent, and the PAT.
        bounds: The most that it may be, unless it is an error.
    """

    status_code: int
    headers: Mapping[str, str] = field(repr=False, factory=dict[str, str])
    content: bytes = field(repr=False, default=b"")
    reason: str = ""
    attempts: int = 1
    sent_at: float = 0.0
    retry_after: float | None = None
    known: tuple[Secret, ...] = ()
    bounds: Bounds = ANY

    @property
    def request_id(self) -> str | None:
        """The id by which its request is found again, with no secret in it."""
        return request_id_in(self.headers, self.known)

    def json(self) -> Any:
        """Return the body, parsed.

        Raises:
            ValueError, RecursionError: It cannot be, or holds more than was asked for.
        """
        self.bounds.check_values(self.content)
        return parsed(self.content)


def parsed(content: bytes) -> Any:
    """Parse JSON."""
    return json.loads(content, parse_int=_number)


def _number(digits: str) -> int | float:
    """Read a whole number. One of thousands of digits takes long, and says no more than infinity does."""
    return int(digits) if len(digits) <= _LONGEST_INT else float(digits)


@frozen
class Failure:
    """Why there is no answer.

    Attributes:
        cause: An exception that holds no request and no secret.
        acted: Whether the service could have carried out the request.
        kind: The error that it amounts to; an `UnavailableError` may pass.
        request_id: The id by which the request is found again, where an answer had begun.
    """

    cause: Exception
    acted: bool
    kind: type[AccessTokensError] = UnavailableError
    request_id: str | None = None


Outcome: TypeAlias = Answer | Failure


@frozen
class Sent:
    """What came of a request with the JWT.

    Attributes:
        outcome: The answer, or why there is none.
        authorization: The JWT with which it was sent; None where there was no place. It is new when it was
            got for this request and has not expired meanwhile.
    """

    outcome: Outcome
    authorization: Authorization | None = None


Flow: TypeAlias = Generator[Step, Any, T]
