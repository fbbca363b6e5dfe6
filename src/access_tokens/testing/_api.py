"""The HTTP API of the service. As in the reference, bodies are parsed before routing and authorization."""

from collections.abc import Iterable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from access_tokens.testing import _errors as errors
from access_tokens.testing import _parsers as parsers
from access_tokens.testing import _presented as presented
from access_tokens.testing import _record as records
from access_tokens.testing import _responses as responses
from access_tokens.testing import _schemas as schemas
from access_tokens.testing import _validation as validation
from access_tokens.testing._backend import Backend
from access_tokens.testing._credentials import Pat
from access_tokens.testing._errors import NoRouteError, ServiceError
from access_tokens.testing._offload import Offload
from access_tokens.testing._record import Record
from access_tokens.testing._responses import Json
from access_tokens.testing._routing import Call, Handler, Router


class Api:
    """An ASGI application that serves the API of a backend."""

    def __init__(self, backend: Backend, offload: Offload) -> None:
        self._backend = backend
        self._settings = backend.settings
        self._offload = offload
        self._router = self._routes(f"{self._settings.admin_path}/tokens")

    def _routes(self, tokens: str) -> Router:
        router = Router()
        router.add("POST", f"{self._settings.auth_path}/token", self._limited(self._exchange))
        router.add("GET", tokens, self._admin(self._list))
        router.add("POST", f"{tokens}/batch", self._admin(self._batch_load))
        router.add("POST", tokens, self._admin(self._issue))
        router.add("PUT", f"{tokens}/:id", self._admin(self._register))
        router.add("PATCH", f"{tokens}/:id", self._admin(self._update))
        router.add("PUT", f"{tokens}/:id/revoke", self._admin(self._revoke))
        router.add("PUT", f"{tokens}/:id/restore", self._admin(self._restore))
        return router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an HTTP request; the ASGI server calls this."""
        response = await self._response(Request(scope, receive))
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        try:
            body = parsers.json_body(request.headers, await request.body())
            return responses.if_changed(request, await self._router.handle(request, body))
        except ServiceError as error:
            return responses.of_error(error, self._settings.errors, documented=self._settings.documented)
        except NoRouteError as error:
            return responses.of_no_route(error, self._settings.errors)

    def _limited(self, handler: Handler) -> Handler:
        async def limited(call: Call) -> Response:
            headers = self._backend.admit_exchange()
            try:
                response = await handler(call)
            except ServiceError as error:
                error.headers = {**error.headers, **headers}
                raise
            response.headers.update(headers)
            return response

        return limited

    def _admin(self, handler: Handler) -> Handler:
        async def guarded(call: Call) -> Response:
            if not self._backend.verify(presented.jwt(call.request)).get("admin"):
                raise errors.forbidden()
            return await handler(call)

        return guarded

    async def _exchange(self, call: Call) -> Response:
        form = validation.client_credentials(await self._exchange_body(call))
        if form.get("grant_type", "") not in {"", "client_credentials"}:
            raise errors.invalid_request("Unsupported grant_type")
        pat = presented.pat(call.request, form)
        jwt = await self._offload.run(partial(self._backend.exchange, pat))
        state = {"state": form["state"]} if "state" in form else {}
        lifetime = self._settings.lifetime
        return Json({"access_token": jwt, "token_type": "Bearer", "expires_in": lifetime, **state})

    async def _exchange_body(self, call: Call) -> object:
        if call.body is not None:
            return call.body
        return parsers.form_body(call.request.headers, await call.request.body())

    async def _list(self, call: Call) -> Response:
        query = validation.list_query(parsers.query(call.request.url.query))
        page = self._backend.page(query)
        return Json({"records": self._records(page, secret_phc=query.get("includeSecretPhc", False))})

    async def _issue(self, call: Call) -> Response:
        body = validation.body(call.body, schemas.Issue)
        pat = Pat.generate(body.get("tokenId"))
        record = await self._offload.run(partial(self._backend.issue, pat, body))
        return Json({"token": pat.text(self._settings.prefix), "record": self._record(record)}, 201)

    async def _batch_load(self, call: Call) -> Response:
        body = validation.body(call.body, schemas.BatchLoad)
        loaded = {token_id: self._backend.store.find(token_id) for token_id in body["tokenIds"]}
        found = [record for record in loaded.values() if record]
        not_found = [token_id for token_id, record in loaded.items() if not record]
        secret_phc = body.get("includeSecretPhc", False)
        return Json({"found": self._records(found, secret_phc=secret_phc), "notFound": not_found})

    async def _register(self, call: Call) -> Response:
        body = validation.body(call.body, schemas.Register)
        record = self._backend.register(call.token_id, body)
        return Json({"record": self._record(record, secret_phc=True)})

    async def _update(self, call: Call) -> Response:
        self._backend.update(call.token_id, validation.body(call.body, schemas.Update))
        return Response(status_code=204)

    async def _revoke(self, call: Call) -> Response:
        body = validation.body(call.body, schemas.Revoke)
        self._backend.revoke(call.token_id, body.get("expiresAt"))
        return Response(status_code=204)

    async def _restore(self, call: Call) -> Response:
        self._backend.restore(call.token_id)
        return Response(status_code=204)

    def _records(self, found: Iterable[Record], *, secret_phc: bool) -> list[dict[str, object]]:
        return [self._record(record, secret_phc=secret_phc) for record in found]

    def _record(self, record: Record, *, secret_phc: bool = False) -> dict[str, object]:
        return records.public(record, secret_phc=secret_phc, nulls=self._settings.nulls)
