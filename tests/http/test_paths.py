"""Where requests go: whatever is passed, the host and the route stay what they are."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import httpx
import idna
import pytest
from hypothesis import assume, example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from ..helpers.callers import caller, result_of
from ..helpers.fault_server import response
from ..helpers.world import PAT, Canned, World, answers, canned_json, exchanged
from .answers import say

# What can be a segment of a path if it is escaped well, and what can be none.
ODD = (
    *("...", "%2e", "%2e%2e", "%2E%2E", ".%2e", "/", "/..", "//evil.example/x", "/../x", "../../auth/token"),
    *("a/b", "a?b=c", "a#b", "a;b", "a@b", "@evil", "a:b", "\\", "..\\", "\\..\\", "\0", "\n", " ", "+"),
    *("a\r\nHost: evil.example\r\n\r\n", " HTTP/1.1", "http://evil.example", "tokens", "batch"),
    *("%", "%2", "%zz", "%00", "%2f..%2f", "ä", "😀", "\u2024\u2024", "\uff0e\uff0e", "x" * 2048, "😀" * 512),
)
NONE = ("", ".", "..", "\ud800", "a\udfffb", "x" * 2049, "/" * 10_240, "😀" * 513)
SHARP = "./%2eE\\?#:@;&=+ \0\r\n\t"
IDS = (
    st.sampled_from(ODD + NONE)
    | st.text(st.characters(exclude_categories=()), max_size=30)
    | st.text(SHARP, max_size=12)
    | st.builds(lambda part, times: part * times, st.text(SHARP + "a😀", min_size=1), st.integers(1, 2000))
)
BY_ID: dict[str, tuple[Callable[[Any, str], Any], str, list[str]]] = {
    "update": (lambda client, token_id: client.update(token_id, owner="x"), "PATCH", []),
    "revoke": (lambda client, token_id: client.revoke(token_id), "PUT", ["revoke"]),
    "restore": (lambda client, token_id: client.restore(token_id), "PUT", ["restore"]),
}
DONE = answers(Canned(204))


def segments(request: httpx.Request) -> list[bytes]:
    """Return the segments of the path that goes on the wire, decoded."""
    return [unquote_to_bytes(part) for part in request.url.raw_path.split(b"/")]


def can_be_a_segment(text: str) -> bool:
    with suppress(UnicodeEncodeError):
        return text not in {"", ".", ".."} and len(text.encode()) <= 2048
    return False


@pytest.mark.fault(38)
@given(st.sampled_from(sorted(BY_ID)), IDS)
@profile(max_examples=80)
def test_any_id_is_refused_or_one_segment_of_the_path(sync_world, operation, token_id):
    call, method, rest = BY_ID[operation]
    result = result_of(lambda: call(sync_world.client(DONE), token_id))
    if not can_be_a_segment(token_id):
        assert isinstance(result, ValueError)
        assert sync_world.requests == []
        return
    [request] = sync_world.calls
    assert request.method == method
    assert (request.url.scheme, request.url.host, request.url.port) == ("https", "api.example.com", None)
    assert request.headers["host"] == "api.example.com"
    assert segments(request) == [part.encode() for part in ("", "base", "admin", "tokens", token_id, *rest)]
    assert request.url.query == b""


@pytest.mark.fault(38)
@given(IDS, IDS)
@profile(max_examples=40)
def test_a_filter_or_a_cursor_stays_in_the_query(sync_world, role, cursor):
    client = sync_world.client(answers(canned_json({"records": []})))
    if isinstance(result_of(lambda: client.list(has_role=role, after_token_id=cursor)), ValueError):
        assert sync_world.requests == []
        return
    [request] = sync_world.calls
    assert request.url.raw_path.partition(b"?")[0] == b"/base/admin/tokens"
    assert dict(request.url.params) == {"hasRole": role, "afterTokenId": cursor}


HOSTS = {
    "https://api.example.com": ("https", "api.example.com", None),
    "HTTPS://API.Example.COM:443": ("https", "api.example.com", None),
    "https://api.example.com:8443": ("https", "api.example.com", 8443),
    "https://bücher.example": ("https", "xn--bcher-kva.example", None),
    "https://[2001:db8::1]:8443": ("https", "2001:db8::1", 8443),
    "http://127.0.0.1:3000": ("http", "127.0.0.1", 3000),
    "http://localhost": ("http", "localhost", None),
}
PLAIN = st.from_regex(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]{1,6}){0,3}/?", fullmatch=True)
ODDLY = st.sampled_from(ODD + NONE).map("/".__add__)
SEGMENTS = PLAIN | ODDLY | st.text(SHARP + "a", max_size=12).map("/".__add__)
MOUNTS = SEGMENTS | st.sampled_from(ODD + NONE) | st.text()


def mounted(*paths: str) -> list[bytes]:
    """Return the segments of paths that are joined."""
    joined = "".join(path.rstrip("/") for path in paths)
    return [unquote_to_bytes(part) for part in joined.split("/")]


@pytest.mark.fault(39, 40)
@given(st.sampled_from(sorted(HOSTS)), SEGMENTS | st.just(""), MOUNTS, MOUNTS)
@profile(max_examples=80)
def test_any_base_and_mount_path_is_refused_by_name_or_kept(sync_world, host, base, auth, admin):
    client = result_of(
        lambda: sync_world.client(DONE, endpoint=host + base, auth_path=auth, admin_path=admin)
    )
    if isinstance(client, (ValueError, TypeError)):
        assert str(client).startswith(("endpoint must ", "auth_path must ", "admin_path must "))
        return
    client.restore("id")
    exchange, call = sync_world.requests
    assert segments(exchange) == [*mounted(base, auth), b"token"]
    assert segments(call) == [*mounted(base, admin), b"tokens", b"id", b"restore"]
    for request in (exchange, call):
        assert (request.url.scheme, request.url.raw_host.decode(), request.url.port) == HOSTS[host]
        assert request.url.query == b""


def in_ascii(name: str) -> str:
    return name if name.isascii() else idna.encode(name.lower(), uts46=True).decode()


@pytest.mark.fault(39)
@given(st.text(st.characters(max_codepoint=0x3000) | st.sampled_from(SHARP + "[]0123456789.a"), max_size=20))
@example("a%2eb")
@example("evil.example\\@api.example.com")
@example("127.1")
@example("[::1]:80")
@example("0x7f.1:")
@example("h:080")
@profile(max_examples=100)
def test_an_endpoint_that_is_taken_has_the_host_that_it_seems_to_have(sync_world, authority):
    """Told by another parser than the one that sends the request."""
    endpoint = f"https://{authority}"
    if isinstance(result_of(lambda: sync_world.client(DONE, endpoint=endpoint).restore("id")), ValueError):
        assert sync_world.requests == []
        return
    for request in sync_world.requests:
        assume(b"%" not in request.url.raw_host)  # no such name is ever found; see below
        seen = urlsplit(endpoint)
        assert request.url.raw_host.decode() == in_ascii(seen.hostname or "")
        assert (request.url.port or 443) == (seen.port or 443)


@pytest.mark.fault(2, 39)
@pytest.mark.parametrize(
    "host", ["^", "[", "a|b", "a%00b", "a%2fb", "a%40evil.example", "a..b", f"{'a' * 64}.invalid"]
)
def test_an_endpoint_with_what_no_host_holds_is_refused(host):
    with pytest.raises(ValueError, match="^endpoint must"):
        World().client(DONE, endpoint=f"https://{host}")


EXCHANGED = response(200, exchanged().body)


@pytest.mark.fault(38)
def test_on_the_wire_an_id_is_one_segment_and_the_host_is_the_endpoints(server, variant):
    """As it leaves httpx, which has an idea of its own of a URL until the last moment."""
    server.always("/base/auth/token", say(EXCHANGED))
    with caller(variant, f"{server.endpoint}/base", PAT) as client:
        for token_id in ODD:
            client.revoke(token_id)
    _, *requests = server.requests
    for token_id, request in zip(ODD, requests, strict=True):
        assert request.headers["host"] == server.address
        *before, segment, last = request.target.split("/")
        assert (request.method, before, last) == ("PUT", ["", "base", "admin", "tokens"], "revoke")
        assert unquote_to_bytes(segment) == token_id.encode()
