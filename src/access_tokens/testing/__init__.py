"""A faithful local copy of the service, for demos and for tests of code that uses this library.

It keeps everything in memory, and behaves like the reference service, even in its quirks: with real
scrypt hashes, real signed JWTs, and the same statuses and error bodies.

* `LocalService` listens on a free port of the loopback interface: `with LocalService() as service: ...`
* `Service` is the same without a network, as an ASGI application: `service.app`
* `ReceivedRequest` is a request that such a service has recorded, `IssuedToken` what its `issue` returns.

`python -m access_tokens.testing` runs a local service from a shell. The pytest fixtures
`access_tokens_service`, `access_tokens_env`, `access_tokens_client`, `access_tokens_async_client` and
`access_tokens_no_waits` are available as soon as the package is installed.

Needs the extra: `pip install "access-tokens-client[testing]"`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from access_tokens.testing._direct import IssuedToken
    from access_tokens.testing._journal import ReceivedRequest
    from access_tokens.testing._server import LocalService
    from access_tokens.testing._service import Service

__all__ = ["IssuedToken", "LocalService", "ReceivedRequest", "Service"]

_HOMES = {
    "IssuedToken": "_direct",
    "LocalService": "_server",
    "ReceivedRequest": "_journal",
    "Service": "_service",
}

if not TYPE_CHECKING:
    # Import on first use, because pytest imports this package for its plugin, even without the extra.
    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        except ModuleNotFoundError as error:
            raise ImportError(
                f'access_tokens.testing needs {error.name!r}: pip install "access-tokens-client[testing]"',
            ) from error


def __dir__() -> list[str]:
    return __all__
