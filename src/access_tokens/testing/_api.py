"""The routes."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from access_tokens.testing import _bodies as bodies
from access_tokens.testing import _errors as errors
from access_tokens.testing import _presented as presented
from access_tokens.testing import _schemas as schemas
from access_tokens.testing._backend import Backend
from access_tokens.testing._credentials import Pat
from access_tokens.testing._errors import Json, ServiceError
from access_tokens.testing._offload import Offload
from access_tokens.testing._record import Record

_Handler = Callable[[Request], Awaitable[Response]]


class Api:
    """The HTTP side of a backend."""

    def __init__(self, backend: Backend, offload: Offload) -> None:
        self._backend = backend
        self._settings = backend.settings
        self._offload = offload

    def app(self) -> Starlette:
        """Make the ASGI application."""
        tokens = f"{self._settings.admin_path}/tokens"
        one = f"{tokens}/{{token_id}}"
        routes = [
            self._route(f"{self._settings.auth_path}/token", POST=self._exchange),
            self._route(tokens, GET=self._admin(self._list), POST=self._admin(self._issue)),
            self._route(f"{tokens}/batch", POST=self._admin(self._batch_load)),
            self._route(one, PUT=self._admin(self._register), PATCH=self._admin(self._update)),
            self._route(f"{one}/revoke", PUT=self._admin(self._revoke)),
            self._route(f"{one}/restore", PUT=self._admin(self._restore)),
        ]
        app = Starlette(routes=routes, exception_handlers={HTTPException: self._no_route})
        app.router.redirect_slashes = False
        return app

    def _route(self, path: str, **handlers: _Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                await bodies.refuse_large(request)
                return await handlers["GET" if request.method == "HEAD" else request.method](request)
            except ServiceError as error:
                return self._answer(error)

        return Route(path, endpoint, methods=list(handlers))

    def _admin(self, handler: _Handler) -> _Handler:
        async def guarded(request: Request) -> Response:
            if not self._backend.verify(presented.jwt(request))["admin"]:
                raise ServiceError("Admin access required", 403)
            return await handler(request)

        return guarded

    async def _no_route(self, _: Request, error: Exception) -> Response:
        status: int = getattr(error, "status_code", 500)
        headers: Mapping[str, str] | None = getattr(error, "headers", None)
        return self._answer(ServiceError(errors.phrase(status), status, headers=headers or {}))

    def _answer(self, error: ServiceError) -> Response:
        return errors.answer(error, self._settings.errors, documented=self._settings.documented)

    async def _exchange(self, request: Request) -> Response:
        if wait := self._backend.admit_exchange():
            return errors.rate_limited(wait)
        form = await bodies.read_client_credentials(request)
        pat = presented.pat(request, form)
        jwt = await self._offload.run(partial(self._backend.exchange, pat))
        state = {"state": form["state"]} if form and "state" in form else {}
        lifetime = self._settings.lifetime
        return Json({"access_token": jwt, "token_type": "Bearer", "expires_in": lifetime, **state})

    async def _list(self, request: Request) -> Response:
        query = bodies.read_query(request.query_params)
        records = self._backend.page(query)
        return Json({"records": self._records(records, secret_phc=query.get("includeSecretPhc", False))})

    async def _issue(self, request: Request) -> Response:
        body = await bodies.read_json(request, schemas.Issue)
        pat = Pat.generate(body.get("tokenId"))
        add = partial(
            self._backend.add,
            pat,
            body["owner"],
            is_admin=body.get("isAdmin", False),
            roles=body.get("roles", ()),
            expires_at=body.get("expiresAt"),
        )
        record = await self._offload.run(add)
        return Json({"token": pat.text(self._settings.prefix), "record": self._record(record)}, 201)

    async def _batch_load(self, request: Request) -> Response:
        body = await bodies.read_json(request, schemas.BatchLoad)
        loaded = {token_id: self._backend.store.get(token_id) for token_id in body["tokenIds"]}
        found = [record for record in loaded.values() if record]
        return Json(
            {
                "found": self._records(found, secret_phc=body.get("includeSecretPhc", False)),
                "notFound": [token_id for token_id, record in loaded.items() if not record],
            }
        )

    async def _register(self, request: Request) -> Response:
        body = await bodies.read_json(request, schemas.Register)
        record = self._backend.new_record(
            _token_id(request),
            body["owner"],
            body["secretPhc"],
            is_admin=body.get("isAdmin", False),
            roles=body.get("roles", ()),
            expires_at=body.get("expiresAt"),
        )
        self._backend.store.add(record)
        return Json({"record": self._record(record)})

    async def _update(self, request: Request) -> Response:
        changes = await bodies.read_json(request, schemas.Update)
        self._backend.store.edit(_token_id(request), lambda record: record.updated(changes))
        return Response(status_code=204)

    async def _revoke(self, request: Request) -> Response:
        body = await bodies.read_json(request, schemas.Revoke)
        self._backend.revoke(_token_id(request), body.get("expiresAt"))
        return Response(status_code=204)

    async def _restore(self, request: Request) -> Response:
        self._backend.store.edit(_token_id(request), Record.restored)
        return Response(status_code=204)

    def _records(self, records: Iterable[Record], *, secret_phc: bool) -> list[dict[str, object]]:
        return [self._record(record, secret_phc=secret_phc) for record in records]

    def _record(self, record: Record, *, secret_phc: bool = False) -> dict[str, object]:
        return record.as_json(secret_phc=secret_phc, nulls=self._settings.nulls)


def _token_id(request: Request) -> str:
    try:
        return unquote(request.path_params["token_id"], errors="strict")
    except ValueError as error:
        raise errors.invalid_request("Failed to decode the token id") from error
