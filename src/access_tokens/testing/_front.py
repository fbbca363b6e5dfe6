"""The outermost ASGI layer: records requests, and applies the faults that a test has requested."""

from collections.abc import Callable
from urllib.parse import quote

import anyio
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from access_tokens.testing import _responses as responses
from access_tokens.testing._errors import ServiceError
from access_tokens.testing._faults import Dropping, Failing, Faults
from access_tokens.testing._journal import Journal, ReceivedRequest
from access_tokens.testing._settings import Settings

# Handles everything that is not an HTTP request: lifespan events and WebSockets.
_OTHERS = Starlette()


class Front:
    """An ASGI application around the API.

    Args:
        app: The ASGI application of the API.
        settings: The options of the service.
        hang_up: Closes the connection of a request, or raises if there is no network.
    """

    def __init__(self, app: ASGIApp, settings: Settings, hang_up: Callable[[Scope], None]) -> None:
        self.journal = Journal()
        self.delays = Faults[float]()
        self.faults = Faults[Failing | Dropping]()
        self._app = app
        self._settings = settings
        self._hang_up = hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record and handle a request; the ASGI server calls this."""
        if scope["type"] != "http":
            await _OTHERS(scope, receive, send)
            return
        # Route by the undecoded path: in the decoded one, an id with a slash would look like two segments.
        scope = {**scope, "path": _path_as_sent(scope)}
        try:
            request = await _read(Request(scope, receive))
        except ClientDisconnect:
            return
        self.journal.append(request)
        await self._handle(request, scope, receive, send)

    async def _handle(self, request: ReceivedRequest, scope: Scope, receive: Receive, send: Send) -> None:
        target = request.method, request.path
        replay = _replay(request.body, receive)
        if seconds := self.delays.take(*target):
            await _wait(seconds, receive)
        match self.faults.take(*target):
            case Failing() as failing:
                await self._failure(failing)(scope, replay, send)
            case Dropping(after=after):
                if after:
                    await self._app(scope, replay, _discard)
                self._hang_up(scope)
                await _wait_for_disconnect(receive)
            case None:
                await self._app(scope, replay, send)

    def _failure(self, failing: Failing) -> Response:
        match failing.body:
            case None:
                error = ServiceError(
                    responses.phrase(failing.status), failing.status, headers=failing.headers
                )
                return responses.of_error(error, self._settings.errors, documented=False)
            case str() | bytes() as body:
                return Response(body, failing.status, failing.headers)
            case body:
                return responses.Json(body, failing.status, failing.headers)


def _path_as_sent(scope: Scope) -> str:
    raw_path = scope.get("raw_path")
    return raw_path.decode("latin-1") if raw_path else quote(scope["path"])


async def _read(request: Request) -> ReceivedRequest:
    return ReceivedRequest(
        method=request.method,
        path=request.scope["path"],
        query=request.query_params,
        headers=request.headers,
        body=await request.body(),
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


async def _discard(message: Message) -> None:
    pass


async def _wait(seconds: float, receive: Receive) -> None:
    # Not a plain sleep, so that the wait ends when the server stops and disconnects the client.
    with anyio.move_on_after(seconds):
        await _wait_for_disconnect(receive)


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
