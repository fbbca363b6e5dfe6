"""`httpx.Auth` classes that send the client's JWT to other APIs that accept it. httpx2 takes them as well."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Generator
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx

from .._flow.jwt import Jwt
from .._http.request import SAFE_METHODS
from .._secret import Uncopied
from .._settings import is_private_enough

if TYPE_CHECKING:
    import httpx2

    from .async_session import AsyncSession
    from .sync_session import SyncSession

    class Auth(httpx.Auth, httpx2.Auth):  # type: ignore[misc]  # their flows differ in type
        """`client.auth` for type checkers, so that clients of both may take it. httpx2 may be missing."""

else:
    Auth = httpx.Auth


class _AuthOfBoth(Uncopied, httpx.Auth):
    """An instance of `httpx.Auth`, and of `httpx2.Auth` as soon as httpx2 is imported.

    The two packages share no base class, and httpx2 takes an instance of its own alone. `isinstance` asks for
    `__class__` where the type itself is no answer.
    """

    @property  # type: ignore[misc]  # `object` has a setter too
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return getattr(sys.modules.get("httpx2"), "Auth", type(self))


class SyncAuth(_AuthOfBoth):
    """Sends the client's JWT with each request; after a 401, repeats the request once with a new JWT.

    A request that was redirected is repeated only if its method is safe: a POST may have been carried out
    before the redirect.
    """

    def __init__(self, session: SyncSession) -> None:
        self._session = session

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Authorize one request; httpx calls this."""
        _check_target(request, self._session.settings.allow_http)
        for replays in count():
            authorization = self._session.authorize()
            response = yield _with_bearer(request, authorization.jwt)
            if not _is_refused(authorization.jwt, request, response):
                self._session.note_answer(_host(request), response.status_code)
                return
            may_help = self._session.may_replace(authorization, _host(request))
            if not may_help or replays >= authorization.most_replays:
                return
            self._session.discard(authorization.jwt)
            if not _may_be_replayed(request, response):
                return
            del request.headers["Authorization"]  # so that an error's `request` does not show it

    def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Refuse to work in async code, where this class would block the event loop."""
        del request
        raise RuntimeError("this auth blocks: use that of an AsyncAccessTokensClient in async code")


class AsyncAuth(_AuthOfBoth):
    """Same as `SyncAuth`, for an `AsyncClient`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Authorize one request; httpx calls this."""
        _check_target(request, self._session.settings.allow_http)
        for replays in count():
            authorization = await self._session.authorize()
            response = yield _with_bearer(request, authorization.jwt)
            if not _is_refused(authorization.jwt, request, response):
                self._session.note_answer(_host(request), response.status_code)
                return
            may_help = self._session.may_replace(authorization, _host(request))
            if not may_help or replays >= authorization.most_replays:
                return
            await self._session.discard(authorization.jwt)
            if not _may_be_replayed(request, response):
                return
            del request.headers["Authorization"]

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Refuse to work in sync code, where this class cannot await."""
        del request
        raise RuntimeError("this auth awaits: use that of an AccessTokensClient in sync code")


def _check_target(request: httpx.Request, allow_http: bool) -> None:
    if not is_private_enough(request.url, allow_http):
        raise ValueError("the JWT is sent to https:// URLs only (allow_http=True sends it in the clear)")


def _host(request: httpx.Request) -> str:
    return request.url.netloc.decode()


def _bearer(jwt: Jwt) -> str:
    return f"Bearer {jwt.token.reveal()}"


def _with_bearer(request: httpx.Request, jwt: Jwt) -> httpx.Request:
    request.headers["Authorization"] = _bearer(jwt)
    return request


def _answered(request: httpx.Request, response: httpx.Response) -> httpx.Request:
    """Return the request that the response is for, which after a redirect is another one."""
    try:
        return response.request
    except RuntimeError:  # a caller who drives the auth flow by hand need not set `response.request`
        return request


def _is_refused(jwt: Jwt, request: httpx.Request, response: httpx.Response) -> bool:
    """Tell whether this JWT was refused. A redirect or a hook may have sent another JWT, or none."""
    headers = _answered(request, response).headers
    return response.status_code == HTTPStatus.UNAUTHORIZED and headers.get("Authorization") == _bearer(jwt)


def _may_be_replayed(request: httpx.Request, response: httpx.Response) -> bool:
    """Tell whether the request can be repeated.

    It must not have been carried out before a redirect, unless its method is safe, and its body must still
    be available.
    """
    is_undone = _answered(request, response) is request or request.method in SAFE_METHODS
    return is_undone and _has_content(request)


def _has_content(request: httpx.Request) -> bool:
    """Tell whether the body of a request is available; a body that was streamed is not."""
    try:
        request.content  # noqa: B018 - raises if the body was streamed
    except RuntimeError:  # `httpx.RequestNotRead` or `httpx2.RequestNotRead`
        return False
    return True
