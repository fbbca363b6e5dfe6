"""Ways in which calls fail, with secrets in whatever the service says."""

from collections.abc import Callable
from typing import Any

import httpx

from access_tokens import GeneratedToken, RetryPolicy
from access_tokens.testing import LocalService

from .callers import AsyncCaller

PHC = "$scrypt$ln=14,r=8,p=1$lzRhbyEcqYp5n5FBCald5Q$" + "o" * 43
OTHER_PAT = "pat_" + "B" * 21 + "." + "q83v" * 10 + "q8s="
ID = "A" * 21
GENERATED = GeneratedToken(f"pat_{ID}." + "q83v" * 10 + "q8s=", ID, PHC)
EXCHANGE = "/auth/token"
ONCE = RetryPolicy(retries=0)

# What a JWT looks like, and a service would refuse.
JWT = f"eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJBIn0.{'s' * 86}"

Make = Callable[..., Any]
FailingClient = Callable[[LocalService, Make], Any]


def call_another_api(client: Any) -> Any:
    """Call an API that refuses every JWT, so that another is got."""
    transport = httpx.MockTransport(lambda request: httpx.Response(401))
    if isinstance(client, AsyncCaller):
        return client.portal.call(_call_from_a_task, client.auth, transport)
    with httpx.Client(transport=transport, auth=client.auth) as http:
        return http.get("https://other.example.com")


async def _call_from_a_task(auth: httpx.Auth, transport: httpx.MockTransport) -> httpx.Response:
    async with httpx.AsyncClient(transport=transport, auth=auth) as http:
        return await http.get("https://other.example.com")


CALLS: dict[str, Callable[[Any], Any]] = {
    "list": lambda client: client.list(include_secret_phc=True),
    "issue": lambda client: client.issue("x"),
    "issue, made here": lambda client: client.issue("x", generate_locally=True),
    "register": lambda client: client.register(ID, PHC, "x"),
    "update": lambda client: client.update(ID, secret_phc=PHC),
    "rotate": lambda client: client.rotate(GENERATED),
    "revoke": lambda client: client.revoke(ID),
    "restore": lambda client: client.restore(ID),
    "get": lambda client: client.get(ID, include_secret_phc=True),
    "batch_load": lambda client: client.batch_load([ID], include_secret_phc=True),
    "batch_load in two parts": lambda client: client.batch_load(f"{number:02000}" for number in range(80)),
}
# Those that only get a JWT.
AUTHORIZING: dict[str, Callable[[Any], Any]] = {
    "authenticate": lambda client: client.authenticate(),
    "bearer": lambda client: client.bearer(),
    "discard": lambda client: client.discard(client.bearer()),
    "whoami": lambda client: client.whoami(),
    "another API": call_another_api,
}
ALL_CALLS = {
    **CALLS,
    **AUTHORIZING,
    "iter_tokens": lambda client: client.iter_tokens(include_secret_phc=True),
    "with_options": lambda client: client.with_options(deadline=100.0).update(ID, owner="y"),
}


def a_jwt_without_an_exchange(service: LocalService) -> None:
    """Spare the service its hash, which takes longer than all the rest."""
    body = {"access_token": JWT, "token_type": "Bearer", "expires_in": 3600}
    service.fail_next(999, status=200, body=body, path=EXCHANGE)


def answered(status: int, body: Any, path: str = "/admin/*", **headers: str) -> FailingClient:
    """Every request is answered like this, with secrets in the body."""

    def prepare(service: LocalService, make_client: Make) -> Any:
        said = body(service.admin_pat) if callable(body) else body
        service.fail_next(999, status=status, body=said, path=path, headers=headers)
        a_jwt_without_an_exchange(service)
        return make_client(service.endpoint, service.admin_pat, retry=ONCE)

    return prepare


def echo(pat: str) -> dict[str, Any]:
    return {"error": {"message": f"bad {pat} {JWT}", "code": OTHER_PAT, "details": {PHC: [pat, JWT]}}}


def wrong_shape(pat: str) -> dict[str, Any]:
    record = {"tokenId": PHC, "owner": 7, "secretPhc": PHC}
    return {"token": OTHER_PAT, "record": record, "records": [record], "found": [record], "notFound": [pat]}


def refused_connection(service: LocalService, make_client: Make) -> Any:
    with LocalService(empty=True) as gone:
        endpoint = gone.endpoint
    return make_client(endpoint, service.admin_pat, retry=ONCE)


def lost_connection(service: LocalService, make_client: Make) -> Any:
    service.drop_next(999, path="/admin/*")
    a_jwt_without_an_exchange(service)
    return make_client(service.endpoint, service.admin_pat, retry=ONCE)


def closed_client(service: LocalService, make_client: Make) -> Any:
    client = make_client(service.endpoint, service.admin_pat)
    client.close()
    return client


def deadline(service: LocalService, make_client: Make) -> Any:
    service.fail_next(999, status=503, path="/admin/*")
    a_jwt_without_an_exchange(service)
    return make_client(service.endpoint, service.admin_pat, deadline=0.5)


FAILING: dict[str, FailingClient] = {
    "401": answered(401, echo),
    "500": answered(500, echo),
    "invalid JSON": answered(200, lambda pat: f'{{"token": "{pat}"'),
    "HTML": answered(200, lambda pat: f"<pre>Error: {pat}"),
    "HTML and 500": answered(500, lambda pat: f"<pre>Error: {pat} {PHC}", **{"Content-Type": "text/html"}),
    "wrong shape": answered(200, wrong_shape),
    "redirect": answered(302, echo, Location="https://evil.example"),
    "500 at the exchange": answered(500, echo, EXCHANGE),
    "invalid JSON at the exchange": answered(200, '{"access_token": "eyJhbGciOiJ', EXCHANGE),
    "bad PAT": lambda service, make_client: make_client(service.endpoint, OTHER_PAT),
    "refused connection": refused_connection,
    "lost connection": lost_connection,
    "closed client": closed_client,
    "deadline": deadline,
}
