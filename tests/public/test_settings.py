"""The constructor's arguments."""

import ssl
import traceback
from decimal import Decimal
from typing import Any

import anyio
import attrs
import httpx
import httpx2
import pytest

from access_tokens import AccessTokensClient, AsyncAccessTokensClient, RetryPolicy
from access_tokens._http.borrowed import timeout_of
from access_tokens._pat import pat_source
from access_tokens._secret import Secret
from access_tokens._settings import Settings, is_private_enough, settings
from access_tokens.retry import LONGEST_WAIT

from ..helpers.frames import locals_of
from ..helpers.sessions import SETTINGS

ENDPOINT = "https://api.example.com"
PAT = "pat_An6ladUCmSoDfciDaYDE9.q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k="
LABEL = "a" * 63
LONGEST_HOST = f"{LABEL}.{LABEL}.{LABEL}.{'a' * 61}"


def checked(endpoint: Any = ENDPOINT, api_key: Any = PAT, **changes: Any) -> Settings:
    return settings(endpoint, pat_source(Secret(api_key), may_await=False), **(SETTINGS | changes))


@pytest.mark.fault(39)
@pytest.mark.parametrize(
    ("endpoint", "base"),
    [
        (ENDPOINT, ENDPOINT),
        (f"{ENDPOINT}/", ENDPOINT),
        (f"{ENDPOINT}:8443/base/path/", f"{ENDPOINT}:8443/base/path"),
        ("HTTPS://API.EXAMPLE.COM/MAX", f"{ENDPOINT}/MAX"),
        (f"{ENDPOINT}:1", f"{ENDPOINT}:1"),
        (f"{ENDPOINT}:65535", f"{ENDPOINT}:65535"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://api.localhost", "http://api.localhost"),
        ("http://127.8.9.1:80", "http://127.8.9.1"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        # A host may be as long as a name server takes.
        *((f"https://{host}", f"https://{host}") for host in (LABEL, LONGEST_HOST, "a.b", "example.com.")),
    ],
)
def test_an_endpoint_is_joined_with_the_routes(endpoint, base):
    assert str(httpx.URL(checked(endpoint).url("/admin/tokens"))) == f"{base}/admin/tokens"


@pytest.mark.fault(39)
@pytest.mark.parametrize(
    "endpoint",
    [
        *("", "api.example.com", "//api.example.com", "https://", "ftp://api.example.com", 7, None),
        *("https://user:pass@api.example.com", "https://@api.example.com"),
        *(f"{ENDPOINT}?x=1", f"{ENDPOINT}?", f"{ENDPOINT}/#f"),
        *(f"{ENDPOINT}:{port}" for port in (0, 65536, 99999, "port")),
        *(f"{ENDPOINT}/a/../b", f"{ENDPOINT}/a/%2E%2e/b", f"{ENDPOINT}\n", "https://api example.com"),
        *("http://api.example.com", "http://127.0.0.1.example.com", "http://localhost.example.com"),
        "http://10.0.0.1",
        # A name server could not be asked for these.
        *(f"https://{host}" for host in (f"a{LABEL}", f"{LONGEST_HOST}a", "a..b", ".a", "xn--")),
    ],
)
def test_an_endpoint_that_is_wrong_or_unsafe_is_refused(endpoint):
    with pytest.raises((ValueError, TypeError), match="^endpoint must"):
        checked(endpoint)


@pytest.mark.fault(40)
@pytest.mark.parametrize("name", ["auth_path", "admin_path"])
@pytest.mark.parametrize(
    "path",
    [
        *("https://evil.example", "//evil.example", "/a/../b", "/%2e%2e", "/.", "\\\\evil"),
        *("/a?b", "/a#b", "auth", "/a b", "/a\n", 7),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(name, path):
    with pytest.raises((ValueError, TypeError), match=f"^{name} must"):
        checked(**{name: path})


@pytest.mark.parametrize(
    ("path", "base"),
    [("/APEX/", "/APEX"), ("/v1/pats", "/v1/pats"), ("/", ""), ("", ""), ("/%C3%A4", "/%C3%A4")],
)
def test_a_deployment_may_have_its_routes_elsewhere(path, base):
    moved = checked(admin_path=path, auth_path=path)
    assert moved.url("/auth/token") == f"{ENDPOINT}{base}/token"
    assert moved.url("/admin/tokens/a%2Fb/revoke") == f"{ENDPOINT}{base}/tokens/a%2Fb/revoke"
    assert moved.url("/audit/log") == f"{ENDPOINT}/audit/log"


@pytest.mark.parametrize(
    ("url", "is_private"),
    [("wss://a.b", True), ("ws://a.b", False), ("ws://localhost", True), ("ftp://localhost", False)],
)
def test_a_websocket_is_as_private_as_http_is(url, is_private):
    assert is_private_enough(httpx.URL(url), allow_http=False) == is_private


def test_http_is_allowed_when_asked_for():
    allowed = checked("http://api.example.com", allow_http=True)
    assert (allowed.base, allowed.allow_http) == ("http://api.example.com", True)


@pytest.mark.parametrize(
    ("make", "last", "next_one"),
    [
        (lambda n: checked(auth_path="/".ljust(n, "a")), 4096, 4097),
        (lambda n: checked("https://h/".ljust(n + 9, "a")), 4096, 4097),
        (lambda n: checked(api_key="x" * n), 200, 201),
        (lambda n: checked(api_key=f"!{chr(n)}"), ord("~"), ord("~") + 1),
        (lambda n: checked(deadline=n), LONGEST_WAIT, LONGEST_WAIT + 1),
    ],
)
def test_a_limit_can_be_reached_and_not_passed(make, last, next_one):
    make(last)
    with pytest.raises(ValueError, match=" must "):
        make(next_one)


@pytest.mark.parametrize("prefix", ["pat_", "bearer_", "X", ""])
def test_a_pat_may_have_any_prefix(prefix):
    assert checked(api_key=prefix + PAT[4:]).pat.held().reveal() == prefix + PAT[4:]


WRONG_PATS = [
    *("", None, 7, PAT.encode(), PAT + "x" * 150, f"{PAT}\n", f"{PAT}\r\nX-Evil: 1", f"{PAT}\0", f"“{PAT}”"),
    *(f'"{PAT}"', f"'{PAT}'"),
    *(f"{scheme} {PAT}" for scheme in ("Bearer", "bearer", "BEARER")),
]


@pytest.mark.fault(41)
@pytest.mark.parametrize("kind", [AccessTokensClient, AsyncAccessTokensClient])
@pytest.mark.parametrize("pat", WRONG_PATS, ids=range(len(WRONG_PATS)))
def test_a_pat_that_fits_no_header_is_refused_and_not_printed(kind, pat):
    with pytest.raises(ValueError if isinstance(pat, str) else TypeError, match="^api_key must") as raised:
        kind(ENDPOINT, pat)
    # Nothing is printed of it, with the locals of all frames but those of the tests.
    printed = [*traceback.format_exception(raised.value), repr(raised.value)]
    held = [text for _, text in locals_of(raised.value.__traceback__)]
    assert "q83vASNF" not in "\n".join([*printed, *held])
    assert traceback.TracebackException.from_exception(raised.value, capture_locals=True)


@pytest.mark.fault(39, 40)
@pytest.mark.parametrize("kind", [AccessTokensClient, AsyncAccessTokensClient])
@pytest.mark.parametrize("wrong", [{"endpoint": "http://h.com"}, {"auth_path": "//x"}, {"admin_path": "/.."}])
def test_both_clients_check_where_they_go(kind, wrong):
    with pytest.raises(ValueError, match=f"^{next(iter(wrong))} must"):
        kind(**({"endpoint": ENDPOINT, "api_key": PAT} | wrong))


def test_five_seconds_of_the_timeout_are_to_connect():
    usual = timeout_of(None, checked(timeout=None))
    assert usual == checked(timeout=30.0).timeout == httpx.Timeout(30.0, connect=5.0)
    assert checked(timeout=2).timeout == httpx.Timeout(2.0)
    assert checked(timeout=0.5).timeout == httpx.Timeout(0.5)
    assert checked(timeout=httpx.Timeout(7.0)).timeout == httpx.Timeout(7.0)


PARTS = ("connect", "read", "write", "pool")


@pytest.mark.fault(70)
@pytest.mark.parametrize(
    "value", [0, -1, float("nan"), float("inf"), 10**400, 1e10, True, "30", Decimal(30), (5, 30)]
)
def test_a_duration_and_each_part_of_a_timeout_is_a_number_of_seconds(value):
    parts: dict[str, Any] = {f"timeout.{part}": httpx.Timeout(5.0, **{part: value}) for part in PARTS}
    for name, wrong in {"timeout": value, "deadline": value, **parts}.items():
        with pytest.raises((ValueError, TypeError), match=f"^{name} must be a number of seconds"):
            checked(**{name.partition(".")[0]: wrong})


@pytest.mark.fault(70)
def test_a_part_of_a_timeout_may_be_none_and_does_not_change_later():
    mine = httpx.Timeout(None, connect=7)
    kept = checked(timeout=mine).timeout
    mine.connect = -1
    assert kept == httpx.Timeout(None, connect=7.0)


@pytest.mark.parametrize(
    ("kind", "http_client", "told"),
    [
        (AccessTokensClient, httpx.AsyncClient(), "httpx.Client, not httpx.AsyncClient"),
        (AccessTokensClient, httpx2.Client(), "httpx.Client, not httpx2.Client"),
        (AsyncAccessTokensClient, httpx.Client(), "httpx.AsyncClient, not httpx.Client"),
        (AsyncAccessTokensClient, httpx2.AsyncClient(), "httpx.AsyncClient, not httpx2.AsyncClient"),
        (AsyncAccessTokensClient, "x", "httpx.AsyncClient, not str"),
    ],
)
def test_an_http_client_is_of_httpx_and_has_the_variant_of_the_client(kind, http_client, told):
    with pytest.raises(TypeError, match=f"^http_client must be an {told}$"):
        kind(ENDPOINT, PAT, http_client=http_client)


@pytest.mark.fault(70)
def test_an_http_client_is_open():
    borrowed, of_tasks = httpx.Client(), httpx.AsyncClient()
    borrowed.close()
    anyio.run(of_tasks.aclose)
    with pytest.raises(ValueError, match="^http_client must not be closed$"):
        AccessTokensClient(ENDPOINT, PAT, http_client=borrowed)
    with pytest.raises(ValueError, match="^http_client must not be closed$"):
        AsyncAccessTokensClient(ENDPOINT, PAT, http_client=of_tasks)


CONTEXT = ssl.create_default_context()


def test_a_context_is_one_of_a_client_and_not_shown():
    assert checked(ssl_context=CONTEXT).ssl_context is CONTEXT
    client = AccessTokensClient(ENDPOINT, PAT, ssl_context=CONTEXT)
    assert "SSLContext" not in repr(client) + repr(client._session.settings)
    with pytest.raises(TypeError, match=r"^ssl_context must be an ssl\.SSLContext, not bool$"):
        AccessTokensClient(ENDPOINT, PAT, ssl_context=False)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^ssl_context must be one of a client, such as .*_context\(\)$"):
        AccessTokensClient(ENDPOINT, PAT, ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    with pytest.raises(ValueError, match="^ssl_context must not be given with http_client, which would not"):
        AccessTokensClient(ENDPOINT, PAT, ssl_context=CONTEXT, http_client=httpx.Client())
    AccessTokensClient(ENDPOINT, PAT, http_client=httpx.Client())


@pytest.mark.fault(104)
def test_a_view_has_what_is_given_and_the_rest_of_its_client():
    ours = checked(timeout=3.0, deadline=7.0, retry=RetryPolicy(retries=1))
    assert ours.with_options(None, None, None) == ours
    for changed in (
        ours.with_options(2.0, None, None),
        ours.with_options(None, 5.0, None),
        ours.with_options(None, None, RetryPolicy(retries=2)),
    ):
        assert changed.pat is ours.pat
        assert changed != ours
    assert ours.with_options(2.0, 5.0, RetryPolicy()) == attrs.evolve(
        ours, timeout=httpx.Timeout(2.0), deadline=5.0, retry=RetryPolicy()
    )


@pytest.mark.fault(104)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("2", None, None), "timeout must be a number of seconds"),
        ((None, 0, None), "deadline must be a number of seconds"),
        ((None, None, 3), "retry must be a RetryPolicy, not int"),
    ],
)
def test_a_view_of_what_makes_no_sense_is_refused(options, message):
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        checked().with_options(*options)
