"""The async client over aiohttp, where it differs from the other."""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import aiohttp as installed
import anyio
import httpx
import pytest
from aiohttp.client_proto import ResponseHandler
from anyio.from_thread import start_blocking_portal

from access_tokens import (
    AsyncAccessTokensClient,
    EndpointError,
    RetryPolicy,
    UnavailableError,
    aiohttp,
)
from access_tokens._aiohttp_network import AiohttpTransport
from access_tokens.testing import LocalService

from .faults.server import EXCHANGE, FaultServer

ONCE = RetryPolicy(retries=0)
WITHOUT = """
import sys
sys.modules[{name!r}] = None
try:
    import access_tokens.aiohttp
except ImportError as error:
    print(error)
"""


def client_of(service: LocalService) -> AsyncAccessTokensClient:
    return aiohttp.AsyncAccessTokensClient(service.endpoint, service.admin_pat, retry=ONCE)


class TestImport:
    def test_one_line_is_all_that_changes(self) -> None:
        assert aiohttp.__all__ == ["AsyncAccessTokensClient"]
        ours, other = aiohttp.AsyncAccessTokensClient, AsyncAccessTokensClient
        assert issubclass(ours, other)
        assert inspect.signature(ours) == inspect.signature(other)
        assert {name for name in vars(ours) if not name.startswith("__")} == {"_new_session"}
        assert (ours.__doc__ or "").startswith(
            "Same as `access_tokens.AsyncAccessTokensClient`, but over aiohttp"
        )
        assert 'pip install "access-tokens-client[aiohttp]"' in (aiohttp.__doc__ or "")

    @pytest.mark.parametrize("name", ["aiohttp", "httpx_aiohttp", "yarl"])
    def test_without_the_extra_it_says_what_to_install(self, name: str) -> None:
        code = [sys.executable, "-c", WITHOUT.format(name=name)]
        said = subprocess.run(code, capture_output=True, text=True, check=True).stdout
        assert said == (
            f'access_tokens.aiohttp needs {name!r}: pip install "access-tokens-client[aiohttp]"\n'
        )


class TestRefusals:
    def test_it_takes_no_http_client(self, service: LocalService) -> None:
        with pytest.raises(ValueError, match="^http_client: "):
            aiohttp.AsyncAccessTokensClient(service.endpoint, "pat_x", http_client=httpx.AsyncClient())

    def test_on_trio_it_says_that_it_is_for_asyncio(self, service: LocalService) -> None:
        client = client_of(service)
        with pytest.raises(RuntimeError, match="is for asyncio"):
            anyio.run(client.list, backend="trio")
        assert service.requests == []

    def test_a_socks_proxy_is_refused_without_its_password(
        self, service: LocalService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", "socks5://user:hunter2@127.0.0.1:1")
        client = aiohttp.AsyncAccessTokensClient("https://api.example.com", "pat_x")
        with pytest.raises(EndpointError, match="aiohttp does not go through a socks5 proxy") as raised:
            anyio.run(client.list)
        assert "hunter2" not in str(raised.value)
        assert raised.value.attempts == 1

    def test_an_aiohttp_that_makes_its_connections_otherwise_is_refused(
        self, service: LocalService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its answers would be taken for those of other requests."""
        monkeypatch.setattr(
            "access_tokens._aiohttp_network.partial", lambda _, loop: lambda: ResponseHandler(loop)
        )
        with pytest.raises(EndpointError, match="does not know this version of aiohttp"):
            anyio.run(client_of(service).list)
        assert service.requests == []

    def test_an_aiohttp_that_may_repeat_requests_by_itself_is_refused(
        self, service: LocalService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(installed, "ClientSession", lambda **_: SimpleNamespace())
        with pytest.raises(EndpointError, match="does not know this version of aiohttp"):
            anyio.run(client_of(service).list)
        assert service.requests == []


@pytest.mark.fault(35)
class TestNobodyCloses:
    """aiohttp complains of its own sessions and connectors, aloud. What asyncio says is asyncio's."""

    @pytest.mark.filterwarnings("ignore:unclosed (transport|<socket):ResourceWarning")
    def test_one_whose_loop_is_over_goes_without_a_word(
        self, service: LocalService, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING)
        client = client_of(service)
        for _ in range(3):
            anyio.run(client.list)
        del client
        gc.collect()
        assert caplog.records == []

    @pytest.mark.parametrize("in_a_circle", [False, True])
    def test_one_whose_loop_goes_on_goes_without_a_word(
        self, service: LocalService, caplog: pytest.LogCaptureFixture, in_a_circle: bool
    ) -> None:
        async def use() -> None:
            client: Any = client_of(service)
            if in_a_circle:
                client.itself = client
            await client.list()

        caplog.set_level(logging.WARNING)
        gc.disable()  # it could run in another thread
        try:
            with start_blocking_portal("asyncio") as portal:
                portal.call(use)
                portal.call(gc.collect)
        finally:
            gc.enable()
        gc.collect()  # what is not closed is complained of
        assert caplog.records == []


class TestConnection:
    def test_no_cookie_is_kept_and_none_complained_of(
        self, service: LocalService, caplog: pytest.LogCaptureFixture
    ) -> None:
        by_name = service.endpoint.replace("127.0.0.1", "localhost")  # no address ever gets a cookie

        async def main() -> None:
            async with aiohttp.AsyncAccessTokensClient(by_name, service.admin_pat) as client:
                for cookie in ("a=b", "a\x7f=pat_issued; Path", "=;;,", "x" * 9999):
                    service.fail_next(1, status=400, headers={"Set-Cookie": cookie}, path="/admin/tokens")
                    with pytest.raises(Exception, match="400"):
                        await client.list()
                assert await client.list()

        caplog.set_level(logging.INFO)
        anyio.run(main)
        assert all("cookie" not in request.headers for request in service.requests)
        assert not [each for each in caplog.records if each.name.startswith("aiohttp")]

    @pytest.mark.fault(60)
    def test_nothing_is_shown_of_an_answer_that_cannot_be_parsed(self) -> None:
        """Not even what could be no secret that is known here, such as that of another token."""
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        garbled = [b"pat_other", b"HTTP/1.1 200 OK\r\nX pat_other\r\n\r\n", chunked + b"pat_other\r\n\r\n"]

        async def main(server: FaultServer) -> None:
            async with aiohttp.AsyncAccessTokensClient(server.endpoint, "pat_x", retry=ONCE) as client:
                for answer in garbled:
                    server.play(EXCHANGE, lambda peer, answer=answer: peer.send(answer))  # type: ignore[misc]
                    with pytest.raises(UnavailableError, match="the answer is not HTTP: [A-Z]") as raised:
                        await client.list()
                    assert "pat_other" not in str(raised.value) + repr(raised.value.cause)

        with FaultServer() as server:
            anyio.run(main, server)

    def test_a_transport_is_closed_though_its_closing_is_cancelled(self, service: LocalService) -> None:
        async def main() -> None:
            client = client_of(service)
            await client.list()
            [transport] = client._session._here().http._idle._since
            assert isinstance(transport, AiohttpTransport)
            closing = asyncio.create_task(transport.aclose())
            await asyncio.sleep(0)
            closing.cancel()
            await asyncio.wait([closing])
            await client.aclose()
            assert asyncio.all_tasks() == {asyncio.current_task()}

        anyio.run(main)
