"""The types that flows and sessions exchange: calls, their steps, and the results of the steps."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from attrs import Factory, field, frozen

from .._secret import Secret, Unpickled
from ..errors import AccessTokensError, UnavailableError
from .bounds import ANY, ONE_RECORD, Bounds
from .json_parsing import parsed
from .jwt import Authorization, Jwt
from .request_id import request_id_in

# The exceptions that reading an invalid answer may raise. Any other exception is a bug of this library, or is
# raised by other code.
UNREADABLE = (ValueError, ArithmeticError, RecursionError, MemoryError)

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Endpoint(Protocol):
    """A module of the generated code, which describes one operation."""

    @property
    def __name__(self) -> str: ...

    @property
    def _get_kwargs(self) -> Callable[..., dict[str, Any]]: ...


@frozen(kw_only=True)
class Call(Generic[T]):
    """One operation of the service, with its arguments.

    Attributes:
        endpoint: The generated module that describes the request.
        arguments: The arguments for the generated function.
        result: Turns a successful answer, with any 2xx status, into the result of the call.
        failed: The message of the error when the call fails.
        unreadable: The message of the error when the answer cannot be read; `failed` by default.
        token_id: The id of the token that the call is about.
        token_id_chosen_here: Whether this library has generated that id, so that no other token can have it.
        other_ids: Other ids that the service may name in "Token not found" or "Token ID already exists".
        changes: Whether the call changes anything at the service.
        removes: Whether the call may remove its token, so that a repeat is answered with "not found".
        repeatable: Whether the request may be sent again even if the service may have acted on it.
        is_exchange: Whether the call is sent with the PAT. Every other call is sent with the JWT.
        known: Secrets among the arguments, to be hidden if the service sends them back.
        bounds: The largest size of a successful answer.
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
    is_exchange: bool = False
    known: tuple[Secret, ...] = ()
    bounds: Bounds = ONE_RECORD

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that a refusal of this call may name."""
        return self.other_ids if self.token_id is None else (self.token_id, *self.other_ids)

    @property
    def operation(self) -> str | None:
        """The operation of openapi.yaml, as the generated function is named; None if it is unknown."""
        return self.endpoint.__name__.rpartition(".")[2] or None

    def request(self) -> dict[str, Any]:
        """Return the request as keyword arguments for `httpx.request`, made by the generated code.

        Calls a private function of the generated code: the public functions also send the request, and parse
        the answer into classes of their own.
        """
        return self.endpoint._get_kwargs(**self.arguments)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


class Together(NamedTuple):
    """Make calls that are independent of each other. The reply: their results, in order."""

    calls: tuple[Call[Any], ...]


@frozen
class Compute:
    """Run a CPU-bound function, which must not block an event loop. The reply: its result."""

    work: Callable[[], Any] = field(repr=False)


ProcedureStep: TypeAlias = Call[Any] | Together | Compute
Procedure: TypeAlias = Generator[ProcedureStep, Any, T]

"""A generator for one method of the client: it yields calls and computations, and is sent their results."""


class Walk(Protocol[T_co]):
    """A listing that is fetched page by page."""

    @property
    def is_over(self) -> bool: ...

    def next_page(self) -> Procedure[Iterable[T_co]]: ...


@frozen
class SendWithJwt:
    """Wait for a place in the pool, get a JWT, and send the request with it. The reply: a `Sent`.

    If no JWT can be obtained, an `AccessTokensError` is thrown into the flow instead.
    """


class ReadPat(NamedTuple):
    """Get the PAT from where it comes from. The reply: the PAT.

    If it cannot be got, an `AccessTokensError` is thrown into the flow instead.

    Attributes:
        refused: The PAT that the service has just refused, so that another is wanted, if there is one.
    """

    refused: Secret | None = None


@frozen  # a tuple would equal a `ReadPat` of the same secret
class Send:
    """Wait for a place in the pool, and send the request with this bearer token. The reply: an `Outcome`."""

    bearer: Secret


class Authorize(NamedTuple):
    """Wait for a place in the pool, and get a JWT.

    The reply: an `Authorization`, or a `Failure` if no place is free in time. If no JWT can be obtained, an
    `AccessTokensError` is thrown into the flow instead.

    Attributes:
        afresh: Whether the JWT must be obtained since this step began.
        renewed: Whether to wait for a renewal that is under way, rather than take the JWT that it renews.
    """

    afresh: bool = False
    renewed: bool = False


ANY_JWT = Authorize()


class Wait(NamedTuple):
    """Wait this many seconds. The reply: True, or at once False if the deadline does not allow the wait."""

    seconds: float


class Discard(NamedTuple):
    """Forget a JWT that was refused.

    Attributes:
        jwt: The JWT.
        is_replaced: Whether the request is sent again, with a new JWT.
    """

    jwt: Jwt
    is_replaced: bool


Step: TypeAlias = SendWithJwt | ReadPat | Send | Authorize | Wait | Discard


@frozen
class Answer(Unpickled):
    """An HTTP response of the service.

    Attributes:
        attempts: How many requests were sent to get this answer.
        sent_at: When the last request was sent, in seconds of the session's clock.
        retry_after: How many seconds the service asked to wait, with status 429 or 503.
        known: Secrets to hide if the answer repeats them: those that were sent, and the PAT.
        bounds: The largest size of the answer if it is a success.
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
        """The request ID in the headers, with secrets hidden."""
        return request_id_in(self.headers, self.known)

    def json(self) -> Any:
        """Return the body, parsed as JSON.

        Raises:
            ValueError, RecursionError: The body is not valid JSON, or has more values than the bounds allow.
        """
        return parsed(self.bounded_content())

    def bounded_content(self) -> bytes:
        """Return the body, which may not be valid JSON.

        Raises:
            UnreadableError: It has more values than the bounds allow.
        """
        self.bounds.check_values(self.content)
        return self.content


class Failure(NamedTuple):
    """The reason why there is no answer to a request.

    Attributes:
        cause: An exception that holds no request and no secret.
        acted: Whether the service could have carried out the request.
        kind: The class of the error to raise. An `UnavailableError` may pass, so it is worth a retry.
        request_id: The request ID, if the headers of the response had arrived.
    """

    cause: Exception
    acted: bool
    kind: type[AccessTokensError] = UnavailableError
    request_id: str | None = None


Outcome: TypeAlias = Answer | Failure


class Sent(NamedTuple):
    """The result of sending a request with the JWT.

    Attributes:
        outcome: The answer, or the failure.
        authorization: The JWT that was sent; None if no place in the pool was free. It is marked as new if it
            was issued for this request and has not expired meanwhile.
    """

    outcome: Outcome
    authorization: Authorization | None = None


Flow: TypeAlias = Generator[Step, Any, T]
