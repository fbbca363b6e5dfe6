"""What callers pass by mistake or by malice is refused before any request, or does no harm."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from access_tokens import AccessTokensClient, AsyncAccessTokensClient

from ..helpers.canned import Canned
from ..helpers.frames import locals_of

ENDPOINT = "https://api.example.com/base"
PAT = "pat_An6ladUCmSoDfciDaYDE9.q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k="
PHC = "$scrypt$ln=14,r=8,p=1$lzRhbyEcqYp5n5FBCald5Q$oOGvtUqrp8rYPkzIV0LQxMk6s8fehhmhlzRhbyEcqYp"
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJBIn0.c2lnbmF0dXJl"

Make = Callable[..., Any]
Kind = type[AccessTokensClient] | type[AsyncAccessTokensClient]


@pytest.fixture
def service() -> Canned:
    return Canned()


@pytest.fixture
def client(service: Canned, variant: str, make_client: Make) -> Any:
    """A client of each variant, of a service that remembers what it was asked."""
    return make_client(ENDPOINT, PAT, http_client=service.http_client(variant))


# Where an id is a segment of the path, and what comes after it.
IN_PATH: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "revoke": (lambda client, value: client.revoke(value), "/revoke"),
    "restore": (lambda client, value: client.restore(value), "/restore"),
    "update": (lambda client, value: client.update(value, owner="x"), ""),
}
MADE: dict[str, Callable[[Any, Any], Any]] = {
    "register": lambda client, value: client.register(value, PHC, "x"),
    "issue": lambda client, value: client.issue("x", token_id=value),
}
ELSEWHERE: dict[str, Callable[[Any, Any], Any]] = {
    "list": lambda client, value: client.list(after_token_id=value),
    "batch_load": lambda client, value: client.batch_load([value]),
}
TOO_LONG = pytest.param("x" * 2049, id="2,049 bytes")
TOO_LONG_ENCODED = pytest.param("\u00e4" * 1025, id="2,050 bytes")


@pytest.mark.fault(38)
@pytest.mark.parametrize("value", ["", ".", "..", "\ud800", TOO_LONG, TOO_LONG_ENCODED, 7, None])
def test_an_id_that_can_be_no_segment_is_refused(client, service, value):
    calls = [call for call, _ in IN_PATH.values()]
    calls += [] if value is None else [*MADE.values(), *ELSEWHERE.values()]  # where None means: none
    for call in calls:
        with pytest.raises((ValueError, TypeError), match="^(after_)?token_ids? must"):
            call(client, value)
    assert service.requests == []


@pytest.mark.fault(61)
@pytest.mark.parametrize("value", ["short", "A" * 22, "A" * 20 + "-", "A" * 20 + "\u00e4"])
def test_a_token_to_be_made_has_an_id_of_21_letters_and_digits(client, service, value):
    for call in MADE.values():
        with pytest.raises(ValueError, match="^token_id must be 21 ASCII letters and digits$"):
            call(client, value)
    assert service.requests == []


@pytest.mark.fault(38)
@pytest.mark.parametrize("value", ["a/b", "a?b", "a#b", "%2e%2e", "//evil", "\0", "\n"])
def test_any_other_id_is_one_segment_and_leaves_the_rest_of_the_url_alone(client, service, value):
    for call, rest in IN_PATH.values():
        call(client, value)
        assert segment_of(service, rest) == value
    for call in ELSEWHERE.values():
        call(client, value)
        assert service.requests[-1].url.path in {"/base/admin/tokens", "/base/admin/tokens/batch"}
    assert {request.url.host for request in service.requests} == {"api.example.com"}


@pytest.mark.fault(38, 46)
@pytest.mark.parametrize(
    "value",
    [
        PAT,
        f"Bearer {PAT}",
        f"{PAT}\n",
        f'"{PAT}"',
        PAT.rstrip("="),
        JWT,
        PHC,
    ],
    ids=["PAT", "with Bearer", "newline", "quotes", "no padding", "JWT", "hash"],
)
def test_a_secret_in_the_place_of_an_id_is_refused(client, service, value):
    """It would go into the URL, the log and the text of an error."""
    for call in [*(call for call, _ in IN_PATH.values()), *MADE.values(), *ELSEWHERE.values()]:
        with pytest.raises(ValueError, match="^(after_)?token_ids? must be the id of a token"):
            call(client, value)
    assert service.requests == []


@pytest.mark.fault(38)
def test_no_id_changes_the_host_or_the_route(client, service):
    @given(st.text(min_size=1, max_size=50).filter(lambda text: text not in {".", ".."}))
    @example("%2e%2e/%2e%2e")
    @example("\\..\\")
    @example("@evil.example/")
    @settings(max_examples=40)
    def stays(value: str) -> None:
        client.revoke(value)
        assert segment_of(service, "/revoke") == value

    stays()


def segment_of(service: Canned, rest: str) -> str:
    """Return the id in the last request, which went to the right host and the right route."""
    url = service.requests[-1].url
    path = url.raw_path.decode()
    assert (url.scheme, url.host, url.fragment) == ("https", "api.example.com", "")
    assert path.startswith("/base/admin/tokens/")
    assert path.endswith(rest)
    segment = path.removeprefix("/base/admin/tokens/").removesuffix(rest)
    assert not set("/?#\\") & set(segment)
    return unquote(segment, errors="strict")


@pytest.mark.fault(39)
@pytest.mark.parametrize(
    ("endpoint", "base"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
        ("https://api.example.com/base/path", "https://api.example.com/base/path"),
        ("https://api.example.com/base/path/", "https://api.example.com/base/path"),
        ("https://bücher.example/ä/", "https://xn--bcher-kva.example/%C3%A4"),
    ],
)
def test_an_endpoint_may_have_a_slash_a_base_path_and_an_international_name(
    service, variant, make_client, endpoint, base
):
    make_client(endpoint, PAT, http_client=service.http_client(variant)).list()
    urls = [request.url for request in service.requests]
    sent = [f"{url.scheme}://{url.raw_host.decode()}{url.raw_path.decode()}" for url in urls]
    assert sent == [f"{base}/auth/token", f"{base}/admin/tokens"]


BOTH = pytest.mark.parametrize("kind", [AccessTokensClient, AsyncAccessTokensClient])


@pytest.mark.fault(39)
@BOTH
@pytest.mark.parametrize(
    "endpoint",
    [
        "api.example.com",
        "https://user:pass@api.example.com",
        "https://api.example.com?x=1",
        "https://api.example.com#f",
        "ftp://api.example.com",
        "http://api.example.com",
        "https://api.example.com:99999",
    ],
)
def test_an_endpoint_that_is_wrong_or_unsafe_is_refused(kind, endpoint):
    with pytest.raises(ValueError, match="^endpoint must"):
        kind(endpoint, PAT)


@pytest.mark.fault(40)
@BOTH
@pytest.mark.parametrize("name", ["auth_path", "admin_path"])
@pytest.mark.parametrize(
    "path", ["https://evil.example", "//evil", "/..", "/a/../b", "/a?b", "/%2e%2e/x", "\\\\evil"]
)
def test_a_path_that_leads_elsewhere_is_refused(kind, name, path):
    options: dict[str, Any] = {name: path}
    with pytest.raises(ValueError, match=f"^{name} must"):
        kind(ENDPOINT, PAT, **options)


BAD_PATS = {
    "empty": "",
    "None": None,
    "bytes": PAT.encode(),
    "newline": PAT + "\n",
    "CR/LF and a header": f"{PAT}\r\nX-Evil: 1",
    "NUL": f"{PAT}\0",
    "smart quote": f"“{PAT}”",
    "with Bearer": f"Bearer {PAT}",
}


@pytest.mark.fault(41)
@BOTH
@pytest.mark.parametrize("pat", BAD_PATS.values(), ids=BAD_PATS)
def test_a_pat_that_fits_no_header_is_refused_and_not_printed(kind, pat):
    with pytest.raises(ValueError, match="^api_key must") as raised:
        kind(ENDPOINT, pat)
    assert "q83vASNF" not in printed(raised.value)


def printed(error: BaseException) -> str:
    """Return all that can be printed of an error, but for the frames of the tests, which hold the PAT."""
    texts = [text for _, text in locals_of(error.__traceback__)]
    return "\n".join([*traceback.format_exception(error), repr(error), *texts])


@pytest.mark.fault(41)
@BOTH
def test_the_traceback_of_a_refused_pat_can_be_captured_with_its_locals(kind):
    with pytest.raises(ValueError, match="^api_key must") as raised:
        kind(ENDPOINT, "")
    assert traceback.TracebackException.from_exception(raised.value, capture_locals=True)
