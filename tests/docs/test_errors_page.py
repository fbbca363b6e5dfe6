"""The page about errors: each text on it is what is printed, and each error has its section."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from typing import Any

import pytest

import access_tokens
from access_tokens import AccessTokensClient, AccessTokensError, RetryPolicy, generate_token
from access_tokens.testing import LocalService

from ..helpers.fault_server import silent_service
from ..helpers.pages import text_of

PAGE = text_of("docs/errors.md")
ID, HOST, FILE = "2wVzK8tYq4RmN6bXcJdPa", "tokens.example.com", "/run/secrets/pat"
DETAILS = {"error": {"message": "Invalid request", "details": "owner: not of this company"}}
FORGED = {"error": {"message": "Invalid JWT", "code": "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"}}
IMPATIENT = RetryPolicy(retries=0)


def texts_in(section: str) -> list[str]:
    """Return what a section says that is printed, one text after the other, with its broken lines joined."""
    body = re.split(r"^## ", PAGE.partition(f"\n## {section}\n")[2], flags=re.MULTILINE)[0]
    [block] = re.findall(r"```text\n(.*?)```", body, re.DOTALL)
    return re.sub(r"\n  +", " ", block).splitlines()


@pytest.fixture
def printed(service: LocalService) -> Callable[[Callable[[], Any]], str]:
    """What is printed of the error of a call, with the names that the page has for passing ones."""

    def of(call: Callable[[], Any]) -> str:
        with pytest.raises((AccessTokensError, ValueError, TypeError)) as caught:
            call()
        name = "" if isinstance(caught.value, AccessTokensError) else f"{caught.type.__name__}: "
        text = re.sub(r"127\.0\.0\.1:\d+", HOST, f"{name}{caught.value}")
        text = re.sub(r"(?<=token )\w{21}\b|(?<=tokens/)\w{21}\b|(?<=exists: )\w{21}\b", ID, text)
        return re.sub(r"_ssl\.c:\d+", "_ssl.c:1006", text).replace("of 0.1 s", "of 5 s")

    return of


@pytest.fixture
def client_of(service: LocalService, access_tokens_no_waits: list[float]) -> Iterator[Callable[..., Any]]:
    """Makes clients that do not wait between attempts: of a PAT, and of the service or another endpoint."""
    with ExitStack() as opened:

        def make(pat: Any = service.admin_pat, endpoint: str = service.endpoint, **options: Any) -> Any:
            return opened.enter_context(AccessTokensClient(endpoint, pat, **options))

        yield make


@pytest.fixture
def client(client_of: Callable[..., AccessTokensClient]) -> AccessTokensClient:
    return client_of()


def test_each_error_has_a_section():
    kinds = {name for name in access_tokens.__all__ if name.endswith("Error")} - {
        "AccessTokensError",
        "ApiError",
    }
    assert kinds == set(re.findall(r"^## (\w+Error)$", PAGE, re.MULTILINE))
    assert kinds == set(re.findall(r"^\| \[`(\w+Error)`\]", PAGE, re.MULTILINE))


def test_each_attribute_is_explained():
    attributes = {*vars(AccessTokensError("")), "reason"}
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert attributes <= rows


def test_authentication(service, client, client_of, printed, tmp_path):
    file = tmp_path / "pat"
    file.write_text(service.admin_pat)
    of_file = client_of(file)
    file.unlink()
    token_id, hidden = service.issue("ann@example.com", roles=[f"r{number}" for number in range(50)])
    client.update(token_id, add_roles=["one-too-many"])
    service.fail_next(2, path="/admin/*", status=401, body=FORGED)
    assert texts_in("AuthenticationError") == [
        printed(client_of(generate_token().token).list),
        printed(of_file.list).replace(str(file), FILE),
        printed(client_of(hidden).list),
        printed(client.list),
    ]


def test_permission(service, client_of, printed):
    _, pat = service.issue("ann@example.com")
    assert texts_in("PermissionDeniedError") == [printed(client_of(pat).list)]


def test_not_found(client, printed):
    calls = [partial(client.revoke, "no-such-id"), partial(client.get, "no-such-id")]
    assert texts_in("NotFoundError") == [printed(call) for call in calls]


def test_conflict(service, client, printed):
    taken, _ = service.issue("ann@example.com")
    first = printed(lambda: client.issue("ann@example.com", token_id=taken))
    service.drop_next(1, path="/admin/tokens", method="POST", after=True)
    second = printed(lambda: client.issue("ann@example.com"))
    service.drop_next(1, path="/admin/tokens", method="POST", after=True)
    third = printed(lambda: client.issue("ann@example.com", token_id=generate_token().token_id))
    assert texts_in("ConflictError") == [first, second, third]


def test_rejected(service, client, printed):
    service.fail_next(status=400, path="/admin/*", body=DETAILS)
    assert texts_in("RequestRejectedError") == [printed(lambda: client.issue("ann@example.org"))]


def test_rate(service, client_of, printed):
    service.rate_limit = (0, 60)
    limited = client_of(retry=IMPATIENT)
    assert texts_in("RateLimitedError") == [printed(limited.list)]


def test_unavailable(service, client, client_of, printed):
    service.fail_next(4, path="/admin/*", status=503)
    texts = [printed(client.list)]
    service.fail_next(path="/admin/*", status=503, headers={"Retry-After": "600", "X-Request-Id": "7f3a"})
    texts.append(printed(client.list))
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = f"http://127.0.0.1:{gone.getsockname()[1]}"
    texts.append(printed(client_of(endpoint=nobody).list))
    with silent_service() as (silent, _):
        texts.append(printed(client_of(endpoint=silent, timeout=0.05).list))
        texts.append(printed(client_of(endpoint=silent, deadline=0.1).list))
    service.drop_next(4, path="/admin/*", method="PATCH")
    texts.append(printed(lambda: client.update(generate_token().token_id, owner="ann@example.com")))
    assert texts_in("UnavailableError") == texts


def test_endpoint(service, client, client_of, printed):
    page = {"Content-Type": "text/html"}
    texts = [printed(lambda: client_of(admin_path="/api").revoke(ID))]
    service.fail_next(path="/admin/*", status=403, headers=page, body="<html><h1>Blocked</h1></html>")
    texts.append(printed(client.list))
    service.fail_next(path="/admin/*", status=302, headers={"Location": "https://login.example.com"})
    texts.append(printed(client.list))
    with_tls = service.endpoint.replace("http:", "https:")
    texts.append(printed(client_of(endpoint=with_tls).list))
    assert texts_in("EndpointError") == texts


def test_invalid_response(service, client, printed):
    service.fail_next(path="/admin/*", status=200, body="<html>Welcome</html>")
    texts = [printed(client.list)]
    service.fail_next(path="/admin/*", status=200, body="{}")
    texts.append(printed(lambda: client.update(ID, owner="ann@example.com")))
    assert texts_in("InvalidResponseError") == texts


def test_closed(client, printed):
    client.close()
    assert texts_in("ClientClosedError") == [printed(client.list)]


def test_arguments(service, client, client_of, printed):
    owner = "ann@example.com"
    calls: list[Callable[[], Any]] = [
        lambda: client.issue(owner, roles="admin"),
        lambda: client.issue(owner, expires_at=1_893_456_000_000),
        lambda: client.issue(owner, expires_at=datetime(2030, 1, 1)),  # noqa: DTZ001 - the mistake
        lambda: client.update(ID, roles=["reader"], add_roles=["writer"]),
        lambda: client_of(endpoint="http://tokens.example.com"),
        lambda: client_of("pat_x\n"),
    ]
    assert texts_in("ValueError and TypeError") == [printed(call) for call in calls]
    assert service.requests == []


def test_production(service, client, printed):
    service.errors = "production"
    assert texts_in("A service that gives no reasons") == [printed(lambda: client.revoke("no-such-id"))]
