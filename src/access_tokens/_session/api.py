"""Connects the generated client to a session, so that generated functions work as the client's methods do.

The generated functions send their requests through an httpx client. Its transport here sends nothing itself:
it turns each request into a call, which the session carries out with the JWT, the retries and the deadline.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

import httpx
from access_tokens_api import AuthenticatedClient
from attrs import frozen

from .._flow.bounds import ANY
from .._flow.steps import Answer, Call, Procedure
from .._http.request import SAFE_METHODS
from .._secret import Secret, Uncopied, redact, secrets_in
from .._settings import Settings
from .._signals import pass_on
from ..errors import UnreadableError

if TYPE_CHECKING:
    from .async_session import AsyncSession
    from .sync_session import SyncSession

_IDEMPOTENT = SAFE_METHODS | {"PUT", "DELETE"}  # RFC 9110, section 9.2.2
# Headers that the session sets itself, or that describe the bytes on another connection.
_NOT_PASSED_ON = {
    *("accept-encoding", "authorization", "connection", "content-encoding", "content-length", "cookie"),
    *("host", "set-cookie", "transfer-encoding", "user-agent"),
}


class SyncApiTransport(Uncopied, httpx.BaseTransport, httpx.AsyncBaseTransport):
    """An httpx transport that lets a sync session carry out the requests of generated functions."""

    def __init__(self, session: SyncSession) -> None:
        self._session = session

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry out a request; httpx calls this.

        Raises:
            AccessTokensError: The call failed.
        """
        return _response(self._session.run(_procedure(self._session.settings, request, request.read())))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Refuse to work in async code, where this class would block the event loop."""
        del request
        raise RuntimeError("this api blocks: use that of an AsyncAccessTokensClient in async code")


class AsyncApiTransport(Uncopied, httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Same as `SyncApiTransport`, for an async session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Same as `SyncApiTransport.handle_request`."""
        content = await request.aread()
        return _response(await self._session.run(_procedure(self._session.settings, request, content)))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Refuse to work in sync code, where this class cannot await."""
        del request
        raise RuntimeError("this api awaits: use that of an AccessTokensClient in sync code")


def generated_client(
    settings: Settings, transport: SyncApiTransport | AsyncApiTransport
) -> AuthenticatedClient:
    """Return the generated client. Its token is empty, since the session authorizes each request."""
    options = {"transport": transport, "trust_env": False}
    return AuthenticatedClient(base_url=settings.base, token="", httpx_args=options)


@frozen(eq=False, repr=False)
class _AsItIs:
    """Stands for a generated module where the arguments for httpx are known already."""

    kwargs: dict[str, Any]
    __name__ = ""

    def _get_kwargs(self) -> dict[str, Any]:
        return self.kwargs


class _Rules(NamedTuple):
    """How an operation of the API is to be treated.

    Attributes:
        changes: Whether the operation changes anything at the service.
        repeatable: Whether the request may be sent again even if the service may have acted on it.
        token_id: The id of the token that the operation is about.
        is_exchange: Whether the request is sent with the PAT instead of the JWT.
    """

    changes: bool
    repeatable: bool
    token_id: str | None = None
    is_exchange: bool = False


def _procedure(settings: Settings, request: httpx.Request, content: bytes) -> Procedure[Answer]:
    path = _path_below(settings, request.url)
    segments = _segments(path, settings.pat.known)
    rules = _rules_for(request.method, segments, content)
    what = f"{request.method} {path}"
    answer: Answer = yield Call(
        endpoint=_AsItIs(_described(request, path, content)),
        arguments={},
        result=_readable,
        failed=f"Failed to call {what}",
        unreadable=f"Invalid response to {what}",
        token_id=rules.token_id,
        other_ids=tuple(filter(None, segments)),
        changes=rules.changes,
        removes=request.method == "DELETE",
        repeatable=rules.repeatable,
        is_exchange=rules.is_exchange,
        known=secrets_in(content.decode(errors="replace")),
        bounds=ANY,
    )
    return answer


def _segments(path: str, known: tuple[Secret, ...]) -> list[str]:
    """Return the segments of a path, decoded.

    Raises:
        ValueError: A segment holds a secret, which errors and logs would show.
    """
    segments = [unquote(each) for each in path.split("/")[1:]]
    if any(redact(each, *known) != each for each in segments):
        raise ValueError("the path must hold the id of a token, not a secret")
    return segments


def _path_below(settings: Settings, url: httpx.URL) -> str:
    """Return the path of a URL, relative to the endpoint, as in openapi.yaml.

    Raises:
        ValueError: The URL is not below the endpoint. The JWT must not be sent anywhere else.
    """
    base = httpx.URL(settings.base)
    root, path = base.raw_path.decode().rstrip("/"), url.raw_path.decode().partition("?")[0]
    if (url.scheme, url.netloc) != (base.scheme, base.netloc) or not path.startswith(f"{root}/"):
        raise ValueError(f"the URL must lie below the endpoint, {settings.base}")
    return path.removeprefix(root)


def _described(request: httpx.Request, path: str, content: bytes) -> dict[str, Any]:
    query, headers = request.url.params, request.headers.items()
    return {
        "method": request.method,
        "url": path,
        "params": {name: tuple(query.get_list(name)) for name in query},
        # In title case, like the session's default headers, which they are to replace.
        "headers": {name.title(): value for name, value in headers if _is_passed_on(name, value)},
        "content": content,
    }


def _is_passed_on(name: str, value: str) -> bool:
    return name not in _NOT_PASSED_ON and (name, value) != ("accept", "*/*")


def _rules_for(method: str, segments: list[str], content: bytes) -> _Rules:
    """Return the rules for an operation; for an operation unknown to this library, those for its method."""
    match method, segments:
        case "POST", ["auth", "token"]:
            return _Rules(changes=False, repeatable=True, is_exchange=True)
        case "POST", ["admin", "tokens", "batch"]:
            return _Rules(changes=False, repeatable=True)
        case "POST", ["admin", "tokens"]:  # repeatable with an id: the service refuses to issue it twice
            token_id = _token_id_in(content)
            return _Rules(changes=True, repeatable=token_id is not None, token_id=token_id)
        case "PUT", ["admin", "tokens", token_id]:  # the service refuses a repeat, as if the first had failed
            return _Rules(changes=True, repeatable=False, token_id=token_id)
        case "PATCH", ["admin", "tokens", token_id]:
            return _Rules(changes=True, repeatable=True, token_id=token_id)
        case _:
            token_id = segments[2] if segments[:2] == ["admin", "tokens"] and len(segments) > 2 else None
            return _Rules(method not in SAFE_METHODS, method in _IDEMPOTENT, token_id)


def _token_id_in(content: bytes) -> str | None:
    try:
        token_id = json.loads(content)["tokenId"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        pass_on(error)
        return None
    return token_id if isinstance(token_id, str) and redact(token_id) == token_id else None


def _readable(answer: Answer) -> Answer:
    """Check that the generated parser can read an answer, and return the answer."""
    HTTPStatus(answer.status_code)  # raises ValueError for an unknown status, as the parser would
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in {"text/html", "application/xhtml+xml"}:
        raise UnreadableError("an HTML page, which is no answer of the service")
    if answer.content and (media_type == "application/json" or media_type.endswith("+json")):
        answer.json()
    return answer


def _response(answer: Answer) -> httpx.Response:
    # Copy the headers as bytes, since a service may use any encoding.
    raw = httpx.Headers(answer.headers).raw
    headers = [(name, value) for name, value in raw if name.decode("latin-1").lower() not in _NOT_PASSED_ON]
    return httpx.Response(answer.status_code, headers=headers, content=answer.content)
