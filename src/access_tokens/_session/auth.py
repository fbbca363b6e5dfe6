"""The client's JWT for any other API that it opens."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

from .._flow.jwt import Jwt
from .._secret import Uncopied
from .._settings import is_private_enough

if TYPE_CHECKING:
    from .async_session import AsyncSession
    from .sync_session import SyncSession


class SyncAuth(Uncopied, httpx.Auth):
    """Sends the client's JWT with each request, and once more with a new one when it is answered 401."""

    def __init__(self, session: SyncSession) -> None:
        self._session = session

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Authorize one request; httpx calls this."""
        _check_target(request, self._session.settings.allow_http)
        authorization = self._session.authorize()
        response = yield _with_bearer(request, authorization.jwt)
        if _is_refused(response) and self._session.may_replace(authorization, request.url.netloc.decode()):
            self._session.discard(authorization.jwt)
            del request.headers["Authorization"]  # lest the request of an error shows it
            if _can_be_replayed(request):
                authorization = self._session.authorize()
                response = yield _with_bearer(request, authorization.jwt)
                if _is_refused(response):
                    self._session.may_replace(authorization, request.url.netloc.decode())

    def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Refuse: it would block the event loop."""
        del request
        raise RuntimeError("this auth blocks: use that of an AsyncAccessTokensClient in async code")


class AsyncAuth(Uncopied, httpx.Auth):
    """Same as `SyncAuth`, for an `httpx.AsyncClient`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Authorize one request; httpx calls this."""
        _check_target(request, self._session.settings.allow_http)
        authorization = await self._session.authorize()
        response = yield _with_bearer(request, authorization.jwt)
        if _is_refused(response) and self._session.may_replace(authorization, request.url.netloc.decode()):
            self._session.discard(authorization.jwt)
            del request.headers["Authorization"]
            if _can_be_replayed(request):
                authorization = await self._session.authorize()
                response = yield _with_bearer(request, authorization.jwt)
                if _is_refused(response):
                    self._session.may_replace(authorization, request.url.netloc.decode())

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Refuse: it could not await."""
        del request
        raise RuntimeError("this auth awaits: use that of an AccessTokensClient in sync code")


def _check_target(request: httpx.Request, allow_http: bool) -> None:
    if not is_private_enough(request.url, allow_http):
        raise ValueError("the JWT is sent to https:// URLs only (allow_http=True sends it in the clear)")


def _is_refused(response: httpx.Response) -> bool:
    return response.status_code == HTTPStatus.UNAUTHORIZED


def _with_bearer(request: httpx.Request, jwt: Jwt) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {jwt.token.reveal()}"
    return request


def _can_be_replayed(request: httpx.Request) -> bool:
    """Tell whether the body is at hand: one that was streamed is gone."""
    try:
        request.content  # noqa: B018 - raises when there is none
    except httpx.RequestNotRead:
        return False
    return True
