"""Where requests go: whatever is passed, the host and the route stay what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import httpx
import idna
import pytest
from hypothesis import assume, example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from ..helpers.callers import result_of
from ..helpers.world import Canned, World, answers, canned_json

NASTY = [
    *("", ".", "..", "...", "%2e", "%2e%2e", "%2E%2E", ".%2e", "/", "//evil", "//evil.example/x", "/../x"),
    *(
        "a/b",
        "a?b",
        "a#b",
        "a;b",
        "a@b",
        "a:b",
        "\\",
        "\\..\\",
        "..\\",
        "\0",
        "\r\nHost: evil",
        "\n",
        " ",
        "+",
    ),
    *(
        "%",
        "%2",
        "%zz",
        "%00",
        "%2f..%2f",
        "\ud800",
        "\udfff",
        "a\ud800b",
        "ä",
        "😀",
        "\u2024\u2024",
        "\uff0e\uff0e",
    ),
    *(
        "x" * 2048,
        "x" * 2049,
        "x" * 10_240,
        "/" * 10_240,
        "😀" * 512,
        "http://evil.example",
        "tokens",
        "batch",
    ),
]
SHARP = "./%2eE\\?#:@;&=+ \0\r\n\t"
IDS = (
    st.sampled_from(NASTY)
    | st.text(st.characters(exclude_categories=()), max_size=30)
    | st.text(SHARP, max_size=12)
    | st.builds(lambda part, times: part * times, st.text(SHARP + "a😀", min_size=1), st.integers(1, 2000))
)
BY_ID: dict[str, Callable[[Any, str], Any]] = {
    "update": lambda client, token_id: client.update(token_id, owner="x"),
    "revoke": lambda client, token_id: client.revoke(token_id),
    "restore": lambda client, token_id: client.restore(token_id),
}
ROUTES = {"update": ("PATCH", []), "revoke": ("PUT", ["revoke"]), "restore": ("PUT", ["restore"])}


def done(request: httpx.Request) -> httpx.Response:
    """Answer as the service answers a success of any of these routes."""
    return answers(Canned(204))(request)


def segments(request: httpx.Request) -> list[bytes]:
    """Return the segments of the path that goes on the wire, decoded."""
    return [unquote_to_bytes(part) for part in request.url.raw_path.split(b"/")]


def called(world: World, operation: str, token_id: str, **client: Any) -> httpx.Request | None:
    """Return the one request of a call, or None when the call was refused before any request."""
    try:
        BY_ID[operation](world.client(done, **client), token_id)
    except (ValueError, TypeError):
        assert world.requests == []
        return None
    [request] = world.calls
    return request


@pytest.mark.fault(38)
@given(st.sampled_from(sorted(BY_ID)), IDS)
@profile(max_examples=120)
def test_any_id_is_refused_or_one_segment_of_the_path(sync_world, operation, token_id):
    request = called(sync_world, operation, token_id)
    if request is None:
        return
    method, rest = ROUTES[operation]
    assert request.method == method
    assert (request.url.scheme, request.url.host, request.url.port) == ("https", "api.example.com", None)
    assert request.headers["host"] == "api.example.com"
    expected = ["", "base", "admin", "tokens", token_id, *rest]
    assert segments(request) == [part.encode() for part in expected]
    assert request.url.query == b""


@pytest.mark.fault(38)
@pytest.mark.parametrize("token_id", ["", ".", "..", "\ud800", "a\udfffb", "x" * 2049, "😀" * 513])
@pytest.mark.parametrize("operation", BY_ID)
def test_an_id_that_can_be_no_segment_is_refused(world, operation, token_id):
    assert called(world, operation, token_id) is None


@pytest.mark.fault(38)
@given(IDS, IDS)
@profile(max_examples=50)
def test_a_filter_or_a_cursor_stays_in_the_query(sync_world, role, cursor):
    client = sync_world.client(answers(canned_json({"records": []})))
    try:
        client.list(has_role=role, after_token_id=cursor)
    except ValueError:
        assert sync_world.requests == []
        return
    [request] = sync_world.calls
    assert segments(request)[:3] == [b"", b"base", b"admin"]
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
SEGMENTS = (
    PLAIN | st.sampled_from(NASTY).map("/".__add__) | st.text(SHARP + "a", max_size=12).map("/".__add__)
)
MOUNTS = SEGMENTS | st.sampled_from(NASTY) | st.text()


def mounted(*paths: str) -> list[bytes]:
    """Return the segments of paths that are joined."""
    joined = "".join(path.rstrip("/") for path in paths)
    return [unquote_to_bytes(part) for part in joined.split("/")]


@pytest.mark.fault(39, 40)
@given(st.sampled_from(sorted(HOSTS)), SEGMENTS | st.just(""), MOUNTS, MOUNTS)
@profile(max_examples=120)
def test_any_base_and_mount_path_is_refused_by_name_or_kept(sync_world, host, base, auth, admin):
    client = result_of(
        lambda: sync_world.client(done, endpoint=host + base, auth_path=auth, admin_path=admin)
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


@pytest.mark.fault(39)
@given(st.text(st.characters(max_codepoint=0x3000) | st.sampled_from(SHARP + "[]0123456789.a"), max_size=20))
@example("a%2eb")
@example("evil.example\\@api.example.com")
@example("127.1")
@example("[::1]:80")
@example("0x7f.1:")
@example("h:080")
@profile(max_examples=150)
def test_an_endpoint_that_is_taken_has_the_host_that_it_seems_to_have(sync_world, authority):
    """Told by another parser than the one that sends the request."""
    endpoint = f"https://{authority}"
    try:
        sync_world.client(done, endpoint=endpoint).restore("id")
    except ValueError:
        assert sync_world.requests == []
        return
    for request in sync_world.requests:
        assume(b"%" not in request.url.raw_host)  # no such name is ever found; see below
        seen = urlsplit(endpoint)
        assert request.url.raw_host.decode() == in_ascii(seen.hostname or "")
        assert (request.url.port or 443) == (seen.port or 443)


def in_ascii(name: str) -> str:
    return name if name.isascii() else idna.encode(name.lower(), uts46=True).decode()


@pytest.mark.fault(39)
@pytest.mark.parametrize("host", ["^", "[", "a|b", "a%00b", "a%2fb", "a%40evil.example"])
def test_an_endpoint_with_what_no_host_holds_is_refused(sync_world, host):
    with pytest.raises(ValueError, match="^endpoint must"):
        sync_world.client(done, endpoint=f"https://{host}")
