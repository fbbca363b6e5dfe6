"""A WebSocket on loopback that opens for whoever has a JWT of the service."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from threading import Thread

from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from access_tokens.testing import LocalService

NEWS = "news"


def may_enter(service: LocalService, authorization: str | None) -> bool:
    """Tell whether the value of this header is a good JWT of the service."""
    try:
        return bool(service.verify((authorization or "").removeprefix("Bearer ")))
    except ValueError:
        return False


@contextmanager
def feed(service: LocalService) -> Iterator[str]:
    """Return its URL. It says one word, and answers a handshake with any other JWT by 401."""

    def refusal(connection: ServerConnection, request: Request) -> Response | None:
        is_good = may_enter(service, request.headers.get("Authorization"))
        return None if is_good else connection.respond(HTTPStatus.UNAUTHORIZED, "")

    def tell(connection: ServerConnection) -> None:
        connection.send(NEWS)

    with serve(tell, "127.0.0.1", 0, process_request=refusal) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
