"""What asyncio's connections do beneath httpcore, whose own tests are of anyio's."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from functools import wraps
from pathlib import Path

import anyio
import httpcore
import pytest

from access_tokens._http.async_connection import _Backend
from access_tokens._http.asyncio_stream import AsyncioStream, over_asyncio
from access_tokens._http.asyncio_tcp import TcpConnection

Test = Callable[[AsyncioStream, socket.socket], Awaitable[None]]
MEGABYTE = bytes(2**20)
AT_ONCE = 0.0


def with_a_peer(test: Test) -> Callable[[], None]:
    """Run a test with a stream and the socket at the other end."""

    async def main() -> None:
        here, peer = socket.socketpair()
        _, connection = await asyncio.get_running_loop().create_connection(TcpConnection, sock=here)
        stream = AsyncioStream(connection, connection)
        with peer:
            await test(stream, peer)
        await stream.aclose()

    @wraps(test)
    def run() -> None:
        asyncio.run(main())

    del run.__wrapped__  # pytest would take the parameters for fixtures
    return run


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@with_a_peer
async def test_bytes_are_read_in_order_and_at_most_so_many(stream, peer):
    peer.sendall(b"abcdef")
    assert await stream.read(4) == b"abcd"
    assert await stream.read(4) == b"ef"
    reading = asyncio.create_task(stream.read(4))
    await turns()
    peer.sendall(b"gh")
    assert await reading == b"gh"


@with_a_peer
async def test_after_the_last_bytes_comes_the_end_and_writing_goes_on(stream, peer):
    peer.sendall(b"last")
    peer.shutdown(socket.SHUT_WR)
    assert [await stream.read(9), await stream.read(9), await stream.read(9)] == [b"last", b"", b""]
    await stream.write(b"more")
    assert peer.recv(9) == b"more"


@with_a_peer
async def test_a_read_ends_in_time(stream, peer):
    with pytest.raises(httpcore.ReadTimeout):
        await stream.read(1, AT_ONCE)
    peer.sendall(b"x")
    assert await stream.read(1, 20) == b"x"


@with_a_peer
async def test_a_write_that_the_peer_does_not_take_ends_in_time(stream, peer):
    with pytest.raises(httpcore.WriteTimeout):
        await stream.write(16 * MEGABYTE, AT_ONCE)
    await stream.aclose()
    received, loop = 0, asyncio.get_running_loop()
    peer.setblocking(False)
    while chunk := await loop.sock_recv(peer, 2**20):
        received += len(chunk)
    assert received < len(16 * MEGABYTE)  # what was left is not sent any more


@with_a_peer
async def test_a_wait_is_not_made_longer_by_what_is_not_waited_for(stream, peer):
    """Such as bytes that come while a write waits, or a piece of a record of TLS."""
    ends = []
    call_at = asyncio.BaseEventLoop.call_at

    def noted(loop, when, *args, **options):
        ends.append(when)
        return call_at(loop, when, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.BaseEventLoop, "call_at", noted)
        writing = asyncio.create_task(stream.write(16 * MEGABYTE, 20))
        await turns()
        for _ in range(3):
            peer.sendall(b"x")
            await turns()
        writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert len(ends) > 1
    assert len(set(ends)) == 1


@with_a_peer
async def test_a_write_ends_when_the_peer_has_taken_it(stream, peer):
    peer.setblocking(False)
    writing = asyncio.create_task(stream.write(4 * MEGABYTE, 20))
    await turns()
    assert not writing.done()
    left = len(4 * MEGABYTE)
    while left:
        left -= len(await asyncio.get_running_loop().sock_recv(peer, 2**18))
    await writing


@with_a_peer
async def test_a_cancelled_read_loses_no_bytes(stream, peer):
    with anyio.move_on_after(AT_ONCE):
        await stream.read(1)
    peer.sendall(b"x")
    assert await stream.read(1) == b"x"


@pytest.mark.fault(118)
@with_a_peer
async def test_what_nobody_reads_is_not_taken_without_end(stream, peer):
    peer.setblocking(False)
    sending = asyncio.create_task(asyncio.get_running_loop().sock_sendall(peer, 8 * MEGABYTE))
    await turns()
    assert len(stream._connection.received) <= 320 * 1024
    assert stream.get_extra_info("is_readable")  # so that httpcore does not use it again
    got = 0
    while got < len(8 * MEGABYTE):
        got += len(await stream.read(2**16, 20))
    await sending


@with_a_peer
async def test_a_connection_that_the_peer_resets_is_broken(stream, peer):
    await stream.write(b"unread")
    peer.close()
    with pytest.raises(httpcore.ReadError) as raised:
        await stream.read(1)
    broken = raised.value.__cause__
    assert broken is not None
    assert isinstance(broken.__cause__, ConnectionError)
    with pytest.raises(httpcore.WriteError):
        await stream.write(b"more")


@with_a_peer
async def test_a_write_after_one_that_failed_is_not_taken_for_sent(stream, peer):
    peer.close()
    await stream.write(b"lost")  # the transport will tell in the next turn
    with pytest.raises(httpcore.WriteError):
        await stream.write(b"more")


@with_a_peer
async def test_a_closed_stream_neither_reads_nor_writes(stream, peer):
    await stream.aclose()
    with pytest.raises(httpcore.ReadError):
        await stream.read(1)
    with pytest.raises(httpcore.WriteError):
        await stream.write(b"x")
    assert peer.recv(1) == b""


@with_a_peer
async def test_an_idle_stream_tells_of_bytes_of_the_end_and_of_its_loss(stream, peer):
    assert stream.get_extra_info("is_readable") is False
    peer.sendall(b"x")
    assert stream.get_extra_info("is_readable") is True  # not taken from the socket yet
    await turns()
    assert stream.get_extra_info("is_readable") is True
    assert await stream.read(1) == b"x"
    assert stream.get_extra_info("is_readable") is False
    peer.close()
    await turns()
    assert stream.get_extra_info("is_readable") is True
    await stream.aclose()
    assert stream.get_extra_info("is_readable") is True


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def connected(listener: socket.socket) -> httpcore.AsyncNetworkStream:
    return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", listener.getsockname()[1], 20)


def test_a_connection_is_taken_over_with_its_addresses_and_leaves_no_descriptor(listener):
    async def main() -> None:
        before = descriptors()
        anyios = await connected(listener)
        ends = [anyios.get_extra_info(name) for name in ("client_addr", "server_addr")]
        stream = await over_asyncio(anyios)
        assert isinstance(stream, AsyncioStream)
        assert [stream.get_extra_info(name) for name in ("client_addr", "server_addr")] == ends
        assert (stream.get_extra_info("ssl_object"), stream.get_extra_info("other")) == (None, None)
        assert descriptors() == before + 1
        await stream.aclose()
        assert descriptors() == before

    asyncio.run(main())


def test_without_a_free_descriptor_anyios_stream_is_used(listener, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(24, "Too many open files")

    async def main() -> None:
        anyios = await connected(listener)
        monkeypatch.setattr(socket, "fromfd", refuse)
        assert await over_asyncio(anyios) is anyios
        await anyios.write(b"GET ")
        await anyios.aclose()

    asyncio.run(main())


def test_a_cancelled_take_over_closes_both(listener):
    async def main() -> None:
        before = descriptors()
        anyios = await connected(listener)
        with anyio.CancelScope() as scope:
            scope.cancel()
            await over_asyncio(anyios)
        assert scope.cancelled_caught
        await turns()
        assert descriptors() == before

    asyncio.run(main())


def test_a_connection_that_is_closed_without_its_loop_leaves_its_number_to_the_next():
    async def main() -> bytes:
        loop, backend = asyncio.get_running_loop(), _Backend()
        first, its_peer = socket.socketpair()
        number = first.fileno()
        _, connection = await loop.create_connection(TcpConnection, sock=first)
        backend.connected = AsyncioStream(connection, connection)
        await turns()
        backend.sever()
        second, peer = socket.socketpair()
        assert second.fileno() == number
        _, connection = await loop.create_connection(TcpConnection, sock=second)
        stream = AsyncioStream(connection, connection)
        with its_peer, peer:
            peer.sendall(b"x")
            received = await stream.read(1, 5)
        await stream.aclose()
        return received

    assert asyncio.run(main()) == b"x"
