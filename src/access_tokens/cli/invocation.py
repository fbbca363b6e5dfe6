"""What every command has: its output, its input, and a client for the service that was named."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from attrs import frozen

from .exit_status import Declined
from .output import Output, can_ask
from .standard_input import read_pat

if TYPE_CHECKING:
    from .._stores.protocol import JwtStore
    from ..client import AccessTokensClient
    from .target import Given, Target


@frozen(kw_only=True)
class Invocation:
    """One run of a command.

    Attributes:
        output: What is printed, and how.
        given: What the command line says about the service and the PAT.
        shares_jwt: Whether the JWT is kept in a file for the next commands.
        allow_http: Whether an http:// URL that is not on loopback is allowed.
    """

    output: Output
    given: Given
    shares_jwt: bool = True
    allow_http: bool = False

    @property
    def reads_pat(self) -> bool:
        """Whether the PAT comes from standard input."""
        token = self.given.admin_token
        return "-" in (self.given.admin_token_file, token and token.reveal())

    @contextmanager
    def client(self) -> Generator[AccessTokensClient]:
        """Give out a client for the service that was named.

        Raises:
            click.UsageError: No service is named, or something about it is wrong.
        """
        from .endpoints import target

        with self.client_of(target(self.given, read_pat, self.output.warn)) as client:
            yield client

    @contextmanager
    def client_of(self, target: Target) -> Generator[AccessTokensClient]:
        """Give out a client for one service."""
        self._show_log()
        paths = f"exchange {target.auth_path}, management {target.admin_path}"
        if self.output.is_verbose:
            self.output.trace(f"the service: {target.url}, {paths}")
        with self._made(target) as client:
            yield client

    def _made(self, target: Target) -> AccessTokensClient:
        from ..client import AccessTokensClient

        store = self._store()
        try:
            return AccessTokensClient(
                target.url,
                target.pat.reveal(),
                auth_path=target.auth_path,
                admin_path=target.admin_path,
                allow_http=self.allow_http,
                jwt_store=store,
            )
        except (TypeError, ValueError) as error:
            problem = str(error).replace("allow_http=True", "--allow-http")
        raise click.UsageError(f"{target.name}: {problem}")

    def _store(self) -> JwtStore | None:
        if not self.shares_jwt:
            return None
        from .._stores.file import FileJwtStore

        try:
            return FileJwtStore()
        except ValueError as error:
            self.output.warn(f"the JWT is not shared with other commands: {error}")
            return None

    def _show_log(self) -> None:
        log = logging.getLogger("access_tokens")
        log.setLevel(logging.DEBUG if self.output.is_verbose else logging.WARNING)
        log.propagate = False
        log.handlers = [_Handler(self.output)]

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something that cannot be undone.

        Args:
            question: What would be done, without a question mark.
            yes: Whether the command line has the answer.

        Raises:
            Declined: The answer is no.
            click.UsageError: There is nobody to ask.
        """
        if yes:
            return
        if not can_ask():
            raise click.UsageError(f"{question}: give --yes where nobody can be asked.")
        if not click.confirm(f"{question}?", err=True):
            raise Declined("declined: nothing was done")


class _Handler(logging.Handler):
    """Writes the log of the library to standard error."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            self._output.warn(record.getMessage())
        elif self._output.is_verbose:
            self._output.trace(record.getMessage())
